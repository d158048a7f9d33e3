"""Convoys of relief goods: asked for with the gates of their way, expected there, let through, late ones explained."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid, Refused
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ancestor_at, area
from lianfang.domains.dispatch.queries import plates_of, trip_seen
from lianfang.domains.gates import queries
from lianfang.domains.gates.services import announce_convoy, pass_convoy, say_delay
from lianfang.domains.gates.services.convoys import ASK
from lianfang.web.accounts import areas_offered
from lianfang.web.convoy_words import way_rows
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.gate_words import said_at_gate
from lianfang.web.incidents import response_in
from lianfang.web.kept import noted_anyhow
from lianfang.web.messages import sentence
from lianfang.web.permits import permit_row
from lianfang.web.words import moment_typed, typed_moment

LINES = 4  # gates offered on the form at first; more lines come with those that are filled


@signed_in
def convoys(request: HttpRequest) -> HttpResponse:
    """Convoys I may see: decided or not, each gate of their way with when it was due, passed, and why it was late."""
    by, at = actor_of(request), clock.now()
    require(by, ASK)
    found = queries.convoys_listed(by=by)
    ways = way_rows(found, at)
    rows = [permit_row(p) | {"way": ways[p.id]} for p in found]
    return page(request, "permits/convoys.html", {"rows": rows, "area": area(home_id(by))})


@signed_in
def convoy_new(request: HttpRequest) -> HttpResponse:
    """Ask that a convoy's way be cleared: what it carries, how many vehicles, which gates, when; a trip fills it."""
    by, at = actor_of(request), clock.now()
    require(by, ASK)
    typed: dict[str, Any] = request.POST.dict() if request.method == "POST" else _first(request, by, at)
    wrong: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _announced(request, by, at)
        except Refused as refused:
            wrong = {"said": sentence(refused.code, refused.values), "code": refused.code, "status": refused.status}
    county = ancestor_at(home_id(by), "county")
    sent = request.POST
    lines = list(zip(sent.getlist("gate"), sent.getlist("gate_area"), sent.getlist("due"), strict=False))
    lines += [("", "", "")] * max(1, LINES - len(lines))
    context = {"typed": typed, "areas": areas_offered(county.id if county else home_id(by)), "lines": lines, **wrong}
    answer = page(request, "permits/convoy_new.html", context, status=wrong.get("status", 200))
    answer.is_refusal = bool(wrong)  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
    return answer


def _first(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    """What the form says before anybody types: from now for a day; of a planned trip its car and its start."""
    typed = {"from": typed_moment(at), "until": typed_moment(at + timedelta(days=1)), "vehicles": "1"}
    trip_id = uuid_in(request.GET.get("trip"))
    if trip_id is None:
        return typed
    trip = trip_seen(trip_id, by=by)
    plates = plates_of([trip.vehicle], by=by)
    begins = typed_moment(min(at, trip.starts_at))
    return typed | {"from": begins, "until": typed_moment(trip.ends_at + timedelta(hours=12)),
                    "plates": plates.get(trip.vehicle_id, "")}  # fmt: skip


def _announced(request: HttpRequest, by: Actor, at: datetime) -> HttpResponse:
    sent = request.POST
    begins, ends = (moment_typed(sent.get(n, ""), field=n) for n in ("from", "until"))
    if begins is None or ends is None:
        raise Invalid(field="from", fix="YYYY-MM-DD HH:MM")
    gates = []
    for name, where, due in zip(sent.getlist("gate"), sent.getlist("gate_area"), sent.getlist("due"), strict=False):
        if not (name.strip() or due.strip()):
            continue
        place, when = uuid_in(where), moment_typed(due, field="due")
        if place is None or when is None:
            raise Invalid(field="due", fix="YYYY-MM-DD HH:MM")
        gates.append((place, name, when))
    home = home_id(by)
    made = announce_convoy(
        permit_id=new_id(request), area_id=home, goods=sent.get("goods", ""), where=sent.get("where", ""),
        plates=sent.get("plates", ""), vehicles=whole_in(sent.get("vehicles", "")) or 0, from_at=begins, until_at=ends,
        gates=gates, why=sent.get("why", ""), incident_id=response_in(request, home), by=by, at=at,
    )  # fmt: skip
    return redirect(reverse("permit", args=[made.id]) + "?said=gates.applied")


@require_POST
@signed_in
def convoy_pass(request: HttpRequest, crossing_id: UUID) -> HttpResponse:
    """At the gate: so many vehicles of a convoy are let through, or turned back where its pass does not hold."""
    vehicles, has_passed = whole_in(request.POST.get("vehicles", "")) or 0, bool(request.POST.get("noted_at"))
    done = pass_convoy(passage_id=new_id(request), crossing_id=crossing_id, vehicles=vehicles, by=actor_of(request),
                       at=noted_anyhow(request), has_passed=has_passed)  # fmt: skip
    why: str = done.refused  # type: ignore[attr-defined]  # the service's own
    said = "gates.convoy_through" if not why else "gates.slipped" if has_passed else "gates.refused"
    return said_at_gate(said, why)


@require_POST
@signed_in
def convoy_delay(request: HttpRequest, crossing_id: UUID) -> HttpResponse:
    """Why a convoy is late, in one tap."""
    sent = request.POST
    say_delay(crossing_id=crossing_id, why=sent.get("why", ""), words=sent.get("words", ""), by=actor_of(request),
              at=noted_anyhow(request))  # fmt: skip
    return redirect(reverse("gate") + "?said=gates.delay_said")
