"""Calling samplers up by institution: how many the plan needs, who was asked for how many, who has agreed and come."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from lianfang.base import clock
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.calls.queries import CalledUp, called_up, takers_by_body
from lianfang.domains.responders.queries import bodies_around
from lianfang.domains.rounds import queries
from lianfang.domains.rounds.models import Round
from lianfang.flows.call_up import call_of, call_up
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.places import whole
from lianfang.web.rounds import needs_in


@signed_in
def people(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Institutions with people who take shifts: asked, with a place, present; beside it what the plan still lacks."""
    by, at = actor_of(request), clock.now()
    found = queries.round_seen(round_id, by=by)
    require(by, "rounds.plan", area_id=found.area_id, incident_id=found.incident_id)
    if request.method == "POST":
        call_up(round_id=round_id, asked=_asked(request, found), by=by, at=at)
        return redirect(f"{reverse('round-people', args=[round_id])}?said=rounds.called_up")
    bodies, asked = list(bodies_around(found.area_id)), called_up(found.id)
    people_of = takers_by_body([b.id for b in bodies], at=at)
    rows = [{"body": b, "has": people_of.get(b.id, 0), "c": asked.get(b.id, CalledUp()), "is_asked": b.id in asked,
             "call": call_of(found.id, b.id)} for b in bodies if b.id in people_of or b.id in asked]  # fmt: skip
    rows.sort(key=lambda r: (-r["c"].asked, -r["has"]))
    context = {"round": found, "rows": rows, "may_ask": may(by, "calls.post", area_id=found.area_id),
               "is_running": found.state in ("planned", "staffed", "open")} | call_up_shown(found, asked)  # fmt: skip
    return page(request, "rounds/people.html", context)


def call_up_shown(found: Round, asked: dict[UUID, CalledUp]) -> dict[str, Any]:
    """The sums of a call-up beside the plan: needed, asked, with a place, come, and still short of places taken."""
    needed = needs_in(found, "adopted").staff or needs_in(found, "proposed").staff
    sums = {n: sum(getattr(c, n) for c in asked.values()) for n in ("asked", "taken", "waiting", "come")}
    return {"needed": needed, "sums": sums, "lacking": max(0, needed - sums["taken"]),
            "not_asked": max(0, needed - sums["asked"])}  # fmt: skip


def _asked(request: HttpRequest, found: Round) -> dict[UUID, int]:
    """Numbers typed beside institutions, by body; an empty field asks nothing. Raises Invalid."""
    out = {}
    for body in bodies_around(found.area_id):
        text = request.POST.get(f"n-{body.id}", "").strip().replace(",", "")
        if text and (n := whole(text, field="places")):
            out[body.id] = n
    return out
