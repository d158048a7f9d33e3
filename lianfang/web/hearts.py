"""Hearts: the counselling line's desk with its rota, disputes with their mediators, worries with approved answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import area
from lianfang.domains.editions.queries import entries_of, kind
from lianfang.domains.grid.queries import household_seen
from lianfang.domains.needs.queries import hearts
from lianfang.domains.needs.queries.hearts import CALL, WORRY
from lianfang.domains.needs.services import (
    answer_worry,
    draft_answer,
    give_dispute,
    log_worry,
    record_call,
    record_dispute,
)
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import door_label, personal_of
from lianfang.domains.work.rules import state_of
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.messages import sentence
from lianfang.web.rosters import cell
from lianfang.web.words import said

TAKE = "needs.take"
TABS = (  # address name, words, rights of which one shows it
    ("line", gettext_noop("Counselling line"), (hearts.COUNSEL, hearts.COUNSEL_LEAD)),
    ("disputes", gettext_noop("Disputes"), (hearts.MEDIATE, hearts.MEDIATE_LEAD)),
    ("worries", gettext_noop("Questions and worries"), (TAKE,)),
    ("pairing", gettext_noop("Classes and helpers"), (hearts.PAIR,)),
)
NO_NEXT = 0


def tabs(by: Actor, shown: str) -> list[dict[str, Any]]:
    """The pages of this place that the actor may open."""
    found = [(n, w) for n, w, rights in TABS if any(may(by, r) for r in rights)]
    return [{"name": n, "words": gettext(w), "is_here": n == shown} for n, w in found]


@signed_in
def front(request: HttpRequest) -> HttpResponse:
    """The first of these pages that serves the actor."""
    found = tabs(actor_of(request), "")
    if not found:
        raise RightMissing(right=hearts.COUNSEL)
    return redirect(found[0]["name"])


def item_row(i: Item) -> dict[str, Any]:
    """An item of these desks: state, topic and risk in words; what of it is open to a list."""
    body = kind(i.kind, i.version)
    state = state_of(body, i.state)
    return {"i": i, "state": said(state["words"]), "tone": state["tone"], "who": getattr(i, "owner_label", "") or "",
            "topic": _choice(i.kind, "topic", i.values.get("topic")),
            "risk": _choice(i.kind, "risk", i.values.get("risk")) if i.kind == CALL else ""}  # fmt: skip


def _choice(kind_name: str, field: str, chosen: Any) -> str:
    return next((said(c) for c in hearts.choices_of(kind_name, field) if c["value"] == chosen), "")


def _choices(kind_name: str, field: str) -> list[tuple[str, str]]:
    return [(c["value"], said(c)) for c in hearts.choices_of(kind_name, field)]


def span_words(hours: int) -> str:
    """In two hours, tomorrow, in three days: when somebody calls again."""
    if hours % 24:
        return ngettext("in %(n)s hour", "in %(n)s hours", hours) % {"n": hours}
    return ngettext("in %(n)s day", "in %(n)s days", hours // 24) % {"n": hours // 24}


Write = Callable[[HttpRequest, Actor, datetime], HttpResponse]
Show = Callable[[HttpRequest, Actor, datetime], dict[str, Any]]


def _answered(request: HttpRequest, template: str, show: Show, write: Write) -> HttpResponse:
    """A page with its form: what was typed stays where it could not be taken, with the reason above."""
    by, at = actor_of(request), clock.now()
    if request.method != "POST":
        return page(request, template, show(request, by, at))
    try:
        return write(request, by, at)
    except Refused as wrong:
        if wrong.status == 403:
            raise
        told = {"said": sentence(wrong.code, wrong.values), "code": wrong.code, "typed": request.POST}
        answer = page(request, template, show(request, by, at) | told, status=wrong.status)
        answer.is_refusal = True  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
        return answer


@signed_in
def line(request: HttpRequest) -> HttpResponse:
    """The counselling line: a call in three taps; who needs somebody now, what is to follow up; tonight's rota."""
    by = actor_of(request)
    if not hearts.may_see_line(by):
        require(by, hearts.COUNSEL)
    return _answered(request, "hearts/line.html", _line_context, _recorded)


def _line_context(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    here = home_id(by)
    rows = [item_row(i) for i in hearts.line_calls(here, by=by)]
    rota = hearts.line_rota(here, by=by, at=at)
    skills = {n: said(s["words"]) for n, s in entries_of("skills").items()}
    cells = [cell(s, p.crews.get(s.id), skills) for p in rota.posts for s in p.shifts]
    counts = hearts.line_counts(here, by=by, at=at)
    return {"tabs": tabs(by, "line"), "area": area(here), "takes": may(by, hearts.COUNSEL, area_id=here),
            "topics": _choices(CALL, "topic"), "risks": _choices(CALL, "risk"),
            "nexts": [(h, span_words(h)) for h in hearts.next_choices(here, at=at)], "no_next": NO_NEXT,
            "alarms": [r for r in rows if r["i"].state == "alarm"],
            "rows": [r for r in rows if r["i"].state != "alarm"], "rota": rota, "cells": cells,
            "leads": may(by, "calls.lead", area_id=here), "counts": [
                (w, n) for f in ("risk", "topic") for v, n in counts[f] if (w := _choice(CALL, f, v))]}  # fmt: skip


def _recorded(request: HttpRequest, by: Actor, at: datetime) -> HttpResponse:
    sent, here = request.POST, home_id(by)
    risk = sent.get("risk", "")
    hours = whole_in(sent.get("next_hours", ""))
    record_call(item_id=new_id(request), area_id=here, incident_id=response_in(request, here),
                topic=sent.get("topic", ""), risk=risk, next_hours=hours or NO_NEXT, called=sent.get("called", ""),
                phone=sent.get("phone", ""), words=sent.get("words", ""), by=by, at=at)  # fmt: skip
    return redirect(reverse("line") + f"?said=hearts.{'alarm' if risk == 'high' else 'kept'}")


@signed_in
def disputes(request: HttpRequest) -> HttpResponse:
    """Disputes I mediate, and those of my area if I lead them; a new one, which nobody else sees."""
    by = actor_of(request)
    if not may(by, hearts.MEDIATE_LEAD):
        require(by, hearts.MEDIATE)
    return _answered(request, "hearts/disputes.html", _disputes_context, _noted)


def _disputes_context(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    here, closed = home_id(by), request.GET.get("show") == "ended"
    found = hearts.disputes(by=by, is_open=not closed)
    told = personal_of(found, by=by)
    leads = {i.id for i in found if may(by, hearts.MEDIATE_LEAD, area_id=i.area_id, incident_id=i.incident_id)}
    door = uuid_in(request.GET.get("door") or request.POST.get("door"))
    home = household_seen(door, by=by, at=at) if door else None
    return {"tabs": tabs(by, "disputes"), "area": area(here), "closed": closed, "home": home,
            "home_words": door_label(home) if home else "", "writes": may(by, hearts.MEDIATE, area_id=here),
            "rows": [item_row(i) | {"told": told.get(i.id, {}), "leads": i.id in leads} for i in found],
            "mediators": hearts.mediators(here, at=at) if leads else []}  # fmt: skip


def _noted(request: HttpRequest, by: Actor, at: datetime) -> HttpResponse:
    sent, door = request.POST, uuid_in(request.POST.get("door"))
    home = household_seen(door, by=by, at=at) if door else None
    here = home.area_id if home else home_id(by)
    record_dispute(item_id=new_id(request), area_id=here, household_id=home.id if home else None,
                   incident_id=response_in(request, here), what=sent.get("what", ""), parties=sent.get("parties", ""),
                   phone=sent.get("phone", ""), by=by, at=at)  # fmt: skip
    return redirect(reverse("disputes") + "?said=hearts.dispute_kept")


@require_POST
@signed_in
def give(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Give a dispute to another mediator."""
    chosen = uuid_in(request.POST.get("mediator"))
    give_dispute(item_id=item_id, mediator_id=chosen or item_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("disputes") + "?said=hearts.given")


@signed_in
def worries(request: HttpRequest) -> HttpResponse:
    """What people ask and fear, by topic; approved answers to reuse; who is very worried goes to the line's desk."""
    require(actor_of(request), TAKE)
    return _answered(request, "hearts/worries.html", _worries_context, _logged)


def _worries_context(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    here, topic = home_id(by), request.GET.get("topic", "")
    found = hearts.worries_open(here, by=by, topic=topic)
    told, known = personal_of(found, by=by), hearts.answers(by=by)
    fit = _by_topic(known)
    rows = [item_row(i) | {"told": told.get(i.id, {}), "level": _choice(WORRY, "worry", i.values.get("worry")),
                           "answers": fit.get(i.values.get("topic"), [])} for i in found]  # fmt: skip
    counts = hearts.worry_counts(here, by=by, since=at - timedelta(days=7))
    return {"tabs": tabs(by, "worries"), "area": area(here), "rows": rows, "topic": topic,
            "topics": _choices(WORRY, "topic"), "levels": _choices(WORRY, "worry"),
            "takes": may(by, TAKE, area_id=here),
            "counts": [(t, _choice(WORRY, "topic", t), *n) for t, *n in counts],
            "answers": [item_row(i) for i in known if not topic or i.values.get("topic") == topic],
            "drafts": [item_row(i) for i in hearts.answers(by=by, state="draft")]}  # fmt: skip


def _by_topic(known: Sequence[Item]) -> Mapping[Any, list[Item]]:
    out: dict[Any, list[Item]] = {}
    for i in known:
        out.setdefault(i.values.get("topic"), []).append(i)
    return out


def _logged(request: HttpRequest, by: Actor, at: datetime) -> HttpResponse:
    sent, here = request.POST, home_id(by)
    log_worry(item_id=new_id(request), area_id=here, incident_id=response_in(request, here),
              topic=sent.get("topic", ""), worry=sent.get("worry", ""), words=sent.get("words", ""),
              phone=sent.get("phone", ""), by=by, at=at)  # fmt: skip
    return redirect(reverse("worries") + f"?said=hearts.{'handed' if sent.get('worry') == 'high' else 'logged'}")


@require_POST
@signed_in
def use_answer(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Answer a worry with an approved answer."""
    chosen = uuid_in(request.POST.get("answer"))
    answer_worry(item_id=item_id, answer_id=chosen or item_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("worries") + "?said=hearts.answered")


@require_POST
@signed_in
def draft(request: HttpRequest) -> HttpResponse:
    """Propose an answer; another approves it."""
    by, sent = actor_of(request), request.POST
    draft_answer(item_id=new_id(request), area_id=home_id(by), topic=sent.get("topic", ""),
                 question=sent.get("question", ""), answer=sent.get("answer", ""), by=by, at=clock.now())  # fmt: skip
    return redirect(reverse("worries") + "?said=hearts.drafted")
