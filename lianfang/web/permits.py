"""Permits: who asks to go out and by when, the carrier's page with its square, the gate, what is looked at after."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid, Refused
from lianfang.domains.accounts.queries import labels_of, may, require
from lianfang.domains.areas.queries import area
from lianfang.domains.decisions.queries import about_many
from lianfang.domains.gates import queries
from lianfang.domains.gates.errors import PermitMissing
from lianfang.domains.gates.models import Permit
from lianfang.domains.gates.rules import CONVOY, MODES, WAYS
from lianfang.domains.gates.services import (
    apply_permit,
    call_back_permit,
    pass_gate,
    release,
    review_permit,
    review_release,
)
from lianfang.domains.grid.queries import contact_of
from lianfang.domains.needs.queries import plea_seen
from lianfang.web.convoy_words import at_gate, way_rows
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.gate_words import MODE_WORDS, WHY_NOT, gate_told, said_at_gate
from lianfang.web.incidents import response_in
from lianfang.web.kept import kept_page, noted_anyhow
from lianfang.web.messages import sentence
from lianfang.web.words import moment_typed, said, typed_moment

READ, CHECK = "gates.read", "gates.check"
STATES = {
    "applied": (gettext_noop("to be decided"), "todo"), "returned": (gettext_noop("returned for more"), "tried"),
    "refused": (gettext_noop("not granted"), "other"), "issued": (gettext_noop("granted"), "done"),
    "out": (gettext_noop("out"), "doing"), "back": (gettext_noop("back"), "done"),
    "gone": (gettext_noop("gone for good"), "done"), "void": (gettext_noop("void"), "other"),
}  # fmt: skip
CONVOY_STATES = {"out": gettext_noop("on its way"), "back": gettext_noop("through its last gate")}
VIEWS = {"": gettext_noop("all"), "applied": gettext_noop("to be decided"), "issued": gettext_noop("granted"),
         "out": gettext_noop("out"), "review": gettext_noop("to look at afterwards")}  # fmt: skip


def permit_row(p: Permit) -> dict[str, Any]:
    """A permit as a row, in words."""
    words, look = STATES[p.state]
    words = CONVOY_STATES.get(p.state, words) if p.kind == CONVOY else words
    late = p.state == "out" and p.kind != CONVOY and p.until_at < clock.now()
    body = queries.permit_kinds()[p.kind]
    return {"p": p, "state": gettext(words), "look": look, "kind": said(body["words"]), "one_way": body["one_way"],
            "mode": gettext(MODE_WORDS[p.mode]), "late": late}  # fmt: skip


@signed_in
def permits(request: HttpRequest) -> HttpResponse:
    """Permits of my areas: to decide, out, late; what took the fast lane and is to be looked at."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    require(by, READ)
    area_id = uuid_in(asked.get("area")) or home_id(by)
    shown = asked.get("show", "") if asked.get("show") in VIEWS else ""
    rows = [permit_row(p) for p in queries.permits_listed(area_id, by=by, state=shown)]
    let_out = queries.releases_to_review(area_id, by=by)
    words = queries.words_of(let_out, by=by)
    rows_let = [
        {"x": x, "words": words.get(x.id, ""), "why": gettext(WHY_NOT[x.reason]) if x.reason else ""} for x in let_out
    ]
    context = {"area": area(area_id), "rows": rows, "counts": queries.counts_of(area_id, by=by, at=at), "shown": shown,
               "views": [(v, gettext(w)) for v, w in VIEWS.items()],
               "releases": rows_let}  # fmt: skip
    return page(request, "permits/list.html", context)


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a permit: for oneself, for somebody met at the door, for a task or a vehicle."""
    by, at = actor_of(request), clock.now()
    typed = request.POST or _first(request, by, at)
    person = uuid_in(typed.get("person")) or (by.person_id if not may(by, "work.open") else None)
    wrong: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _applied(request, person)
        except Refused as refused:
            wrong = {"said": sentence(refused.code, refused.values), "code": refused.code, "status": refused.status}
    known = contact_of(person, by=by, at=at) if person and person != by.person_id else None
    context = {"typed": typed, "person": person, "name": known["name"] if known else "", "own": person == by.person_id,
               "kinds": _kinds(person is not None),
               "modes": [(m, gettext(MODE_WORDS[m])) for m in MODES], **wrong}  # fmt: skip
    answer = page(request, "permits/new.html", context, status=wrong.get("status", 200))
    answer.is_refusal = bool(wrong)  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
    return answer


def _kinds(of_person: bool) -> list[tuple[str, str]]:
    """Kinds that are asked for on this page; departures and convoys have pages of their own."""
    return [(k, said(b["words"])) for k, b in queries.permit_kinds().items()
            if not b["one_way"] and k != CONVOY and (k == "exit" or not of_person)]  # fmt: skip


def _applied(request: HttpRequest, person: UUID | None) -> HttpResponse:
    by, sent, at = actor_of(request), request.POST, clock.now()
    begins, ends = (moment_typed(sent.get(n, ""), field=n) for n in ("from", "until"))
    if begins is None or ends is None:
        raise Invalid(field="from", fix="YYYY-MM-DD HH:MM")
    own = getattr(request.user, "area_id", None)  # a resident holds no grant that would say where he is
    place = (own if person else uuid_in(sent.get("area"))) or home_id(by)  # of a person: the permit takes the home
    kind = "exit" if person else sent.get("kind", "task")
    made = apply_permit(
        permit_id=new_id(request), kind=kind, person_id=person, account_id=by.id if kind == "task" else None,
        plea_id=uuid_in(sent.get("plea")), area_id=place, purpose=sent.get("purpose", ""), where=sent.get("where", ""),
        plate=sent.get("plate", ""), mode=sent.get("mode", "walk"), from_at=begins, until_at=ends,
        deadline_at=moment_typed(sent.get("deadline", ""), field="deadline"), is_fast=sent.get("fast") == "1",
        fast_why=sent.get("fast_why", ""), incident_id=response_in(request, place), by=by, at=at,
    )  # fmt: skip
    return redirect(reverse("permit", args=[made.id]) + "?said=gates.applied")


def _first(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    """What the form says before anybody types: one goes out now; of a plea, who, where to and by when."""
    asked = {"from": typed_moment(at), **request.GET.dict()}
    plea_id = uuid_in(asked.get("plea"))
    if plea_id is None:
        return asked
    p = plea_seen(plea_id, by=by)
    return asked | {"person": str(p.person_id or ""), "where": p.deadline_where, "mode": "car",
                    "deadline": typed_moment(p.deadline_at)}  # fmt: skip


@signed_in
def permit(request: HttpRequest, permit_id: UUID) -> HttpResponse:
    """One permit: its square for the gate, each step with who said what, and where it stands."""
    by, at = actor_of(request), clock.now()
    found = queries.permit_seen(permit_id, by=by)
    asked = about_many([found.id]).get(found.id)
    steps = list(asked.steps.all()) if asked else []
    posts = labels_of({v.by for s in steps for v in s.spoken.all()})
    shown = [{"s": s, "area": area(s.area_id),
              "voices": [{"who": posts.get(v.by, ""), "v": v} for v in s.spoken.all()]} for s in steps]  # fmt: skip
    context = {"row": permit_row(found), "p": found, "told": queries.told_of(found, by=by), "steps": shown,
               "decides": queries.may_decide(found, by), "d": asked, "passages": found.passages.order_by("at"),
               "waits": asked is not None and asked.state == "asked" and asked.asked_by != by.id}  # fmt: skip
    if found.kind == CONVOY:
        context["way"] = way_rows([found], at)[found.id]
    if found.state in ("issued", "out"):
        text = queries.pass_text(found, by=by, at=at)
        context |= {"text": text, "qr": segno.make_qr(text, error="m").svg_data_uri(scale=5, border=4)}
    return page(request, "permits/permit.html", context)


@require_POST
@signed_in
def call_back(request: HttpRequest, permit_id: UUID) -> HttpResponse:
    """It holds no more, and why."""
    call_back_permit(permit_id=permit_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return redirect(reverse("permit", args=[permit_id]) + "?said=gates.called_back")


@require_POST
@signed_in
def review(request: HttpRequest) -> HttpResponse:
    """Looked at afterwards: a permit of the fast lane, somebody let out at once, or without signal though it did not
    hold."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    fast, let_out = uuid_in(sent.get("permit")), uuid_in(sent.get("passage"))
    if fast:
        review_permit(permit_id=fast, finding=sent.get("finding", ""), by=by, at=at)
    elif let_out:
        review_release(passage_id=let_out, finding=sent.get("finding", ""), by=by, at=at)
    else:
        raise PermitMissing()
    return redirect(reverse("permits") + "?show=review&said=gates.reviewed")


@signed_in
def gate(request: HttpRequest) -> HttpResponse:
    """The gate: one verdict a screen by square or number; out at once where a life is in danger; also without
    signal."""
    by, at = actor_of(request), clock.now()
    require(by, CHECK)
    text = (request.POST or request.GET).get("pass", "").strip()
    found, missing = None, False
    if text:
        try:
            found = queries.permit_by(text, by=by, at=at)
        except PermitMissing:
            missing = True
    since = WHY_NOT.get(request.GET.get("why", ""))
    context: dict[str, Any] = {"text": text, "missing": missing, "told": gate_told(by, at), **at_gate(by, at),
                               "since": gettext(since) if since else ""}  # fmt: skip
    if found:
        context |= {"row": permit_row(found), "p": found, "verdicts": queries.verdicts_of(found, at=at),
                    "plate": queries.plate_of(found, by=by)}  # fmt: skip
        why = context["verdicts"]["out"]
        context["why"] = gettext(WHY_NOT[why]) if why else ""
    return (page if text else kept_page)(request, "permits/gate.html", context)  # a verdict is of its moment


@require_POST
@signed_in
def gate_pass(request: HttpRequest) -> HttpResponse:
    """Out, back or turned back with a permit, or out at once without any paper; now, or as noted without signal."""
    by, at, sent = actor_of(request), noted_anyhow(request), request.POST
    place = uuid_in(sent.get("area")) or home_id(by)
    if sent.get("way") == "release":
        release(passage_id=new_id(request), words=sent.get("words", ""), place_id=None, area_id=place,
                incident_id=response_in(request, place), by=by, at=at)  # fmt: skip
        return redirect(reverse("gate") + "?said=gates.released")
    found, way, seen = uuid_in(sent.get("permit")), sent.get("way", ""), "through" if sent.get("noted_at") else ""
    way, seen = ("out", "turned") if way == "turned" else (way, seen)
    if found is None or way not in WAYS:
        raise Invalid(field="way", fix=" ".join((*WAYS, "turned")))
    done = pass_gate(passage_id=new_id(request), permit_id=found, way=way, place_id=None, area_id=place, seen=seen,
                     by=by, at=at)  # fmt: skip
    said = {"refuse": "gates.refused", "slipped": "gates.slipped"}.get(done.verdict, f"gates.{way}")
    return said_at_gate(said, done.reason)
