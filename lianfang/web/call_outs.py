"""Call-outs: asking people at once whether they come, who answers what, who has come; and answering with one tap."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require, rights_on
from lianfang.domains.calls import queries
from lianfang.domains.calls.errors import CallOutMissing, raise_refusal
from lianfang.domains.calls.services import answer_call_outs, call_out, close_call_out, tick_muster
from lianfang.domains.editions.queries import entries_of, roles
from lianfang.domains.incidents.queries import responses_over
from lianfang.domains.places.queries import place_seen, places_in, places_seen
from lianfang.domains.responders.queries import organisations_in, teams_of
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.kept import kept_page
from lianfang.web.map import path_to
from lianfang.web.people import named_of
from lianfang.web.places import whole
from lianfang.web.readiness import readiness_shown
from lianfang.web.words import moment_in, said
from lianfang.web.zones import ids_in

CALL = "calls.post"
MUSTER = ("come", "departed", "on-post")
MOST_SITES = 200


def audience_in(request: HttpRequest) -> dict[str, Any]:
    """Whom a form asks: bodies, kinds of people, skills, teams, the reserve, who lives in an area."""
    sent = request.POST
    found: dict[str, Any] = {
        n: some for n in ("people", "skills", "teams", "homes") if (some := [v for v in sent.getlist(n) if v])
    }
    bodies = [str(b) for b in ids_in(request, "bodies")]
    if bodies:
        found["bodies"] = bodies
    if sent.get("reserve") == "1":
        found["reserve"] = True
    return found


def audience_choices(area_id: UUID, request: HttpRequest) -> dict[str, Any]:
    """What such a form offers in an area."""
    by, at = actor_of(request), clock.now()
    return {"people_kinds": named_of("responder_kinds"), "skills": named_of("skills"),
            "bodies": list(organisations_in(area_id)[:200]), "teams": teams_of(area_id, by=by, at=at)}  # fmt: skip


@signed_in
def call_outs(request: HttpRequest) -> HttpResponse:
    """Call-outs of my areas with their counts, and the form for a new one."""
    by = actor_of(request)
    path = path_to(request, by)
    area = path[-1]
    require(by, CALL, area_id=area.id)
    context = {"area": area, "rows": queries.call_outs_kept(by), "rights_here": rights_on(by, path),
               "responses": responses_over(area.id), "sites": list(places_in(area.id, by=by)[:MOST_SITES])}  # fmt: skip
    return page(request, "people/call_outs.html", context | audience_choices(area.id, request))


@require_POST
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Call out everybody of an audience in an area, now."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    area_id = uuid_in(sent.get("area")) or home_id(by)
    require(by, CALL, area_id=area_id)
    people = queries.accounts_reached(area_id, audience_in(request), at=at)
    made = call_out(call_out_id=new_id(request), area_id=area_id, incident_id=response_in(request, area_id),
                    account_ids=[p for p in people if p != by.id],
                    words={"zh": sent.get("words", "").strip()[:200], "en": sent.get("words_en", "").strip()[:200]},
                    where=sent.get("where", ""), place_id=site_in(sent.get("site"), by),
                    needed=whole(sent.get("needed", ""), field="people"),
                    meet_at=moment_in(sent.get("meet", ""), field="meet"),
                    repeat_minutes=whole(sent.get("minutes", "10"), field="repeats"),
                    repeats=whole(sent.get("repeats", "3"), field="repeats"), by=by, at=at)  # fmt: skip
    return _to(made.id, "calls.called_out")


def site_in(text: str | None, by: Actor) -> UUID | None:
    """The site something is for, if one was chosen that may be seen."""
    chosen = uuid_in(text)
    return place_seen(chosen, by=by).id if chosen else None


def _to(call_out_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("call-out", args=[call_out_id]) + f"?said={code}")


@signed_in
def kept(request: HttpRequest, call_out_id: UUID) -> HttpResponse:
    """One call-out: the count of answers by body, the list with the silent first, times to the meeting point."""
    by = actor_of(request)
    found = queries.call_out_kept(call_out_id, by=by)
    rows = queries.answers_to(call_out_id, by=by)
    context = {"out": found, "rows": rows, "bodies": queries.muster_of(call_out_id, by=by),
               "missing": max(0, found.needed - found.coming)}  # type: ignore[attr-defined]  # counted  # fmt: skip
    if found.place_id and (site := places_seen(by).filter(id=found.place_id).first()):
        context |= {"site": site, **readiness_shown(site)}
    return page(request, "people/call_out.html", context)


@require_POST
@signed_in
def note(request: HttpRequest, call_out_id: UUID) -> HttpResponse:
    """For those ticked: note by telephone that they come or cannot; that they have come, left, or are on post."""
    by, at, says = actor_of(request), clock.now(), request.POST.get("says", "")
    people = ids_in(request, "people")
    if says in MUSTER:
        for done in tick_muster(call_out_id=call_out_id, account_ids=people, step=says, by=by, at=at):
            raise_refusal(done)
    else:
        answer_call_outs(call_out_id=call_out_id, account_ids=people, says=says, by=by, at=at)
    return _to(call_out_id, "calls.ticked")


@require_POST
@signed_in
def close(request: HttpRequest, call_out_id: UUID) -> HttpResponse:
    """Nobody is asked any more."""
    close_call_out(call_out_id=call_out_id, by=actor_of(request), at=clock.now())
    return _to(call_out_id, "calls.call_out_closed")


@signed_in
def called(request: HttpRequest, call_out_id: UUID) -> HttpResponse:
    """I am called out: coming, or cannot, with one tap."""
    return kept_page(request, "people/called.html", {"a": queries.my_call_out(call_out_id, by=actor_of(request))})


@require_POST
@signed_in
def answer(request: HttpRequest, call_out_id: UUID) -> HttpResponse:
    """My answer."""
    by = actor_of(request)
    done = answer_call_outs(call_out_id=call_out_id, account_ids=[by.id], says=request.POST.get("says", ""), by=by,
                            at=clock.now())[0]  # fmt: skip
    if done.code == CallOutMissing.code:
        raise CallOutMissing()
    return redirect(reverse("called", args=[call_out_id]) + "?said=calls.answered")


def role_words() -> dict[str, str]:
    """Roles of the catalogue in words."""
    return {n: said(r["words"]) for n, r in roles().items()}


def outside_desks() -> list[dict[str, Any]]:
    """Desks outside the house with their numbers, as the editions list them."""
    return [{"words": said(e["words"]), "phone": e["phone"], "what": said(e.get("what", {}))}
            for e in entries_of("outside_desks").values()]  # fmt: skip
