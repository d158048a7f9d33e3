"""A new plan when a job comes or a car fails: what changes for whom is shown, and one press adopts it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import labels_of, require
from lianfang.domains.areas.queries import area
from lianfang.domains.dispatch import queries
from lianfang.domains.dispatch.planning import MovedRide, Replan, replan_trips
from lianfang.flows.replan_trips import NewTrip, adopt_replan
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.trips import PLAN, WHY_LEFT, proposed_row, ride_row, stops_in

MOST_TRIPS = 100


@require_POST
@signed_in
def replan(request: HttpRequest) -> HttpResponse:
    """A new plan for what waits and what has not left, moving least of what was said; without a car that failed."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    require(by, PLAN)
    area_id, without = uuid_in(sent.get("area")) or home_id(by), uuid_in(sent.get("without"))
    found = replan_trips(area_id, by=by, at=at, without=without)
    return page(request, "trips/replan.html", {"area": area(area_id), "why": sent.get("why", "")[:80],
                                               **_shown(found, by)})  # fmt: skip


def _shown(found: Replan, by: Actor) -> dict[str, Any]:
    vehicles = {v.id: v for v in (*(t.vehicle for t in found.off), *(t.vehicle for t in found.trips))}
    posts = labels_of({t.driver_id for t in (*found.off, *found.trips)})
    plates = queries.plates_of(list(vehicles.values()), by=by)
    told = queries.told_of([r for t in found.trips for r, what, _ in t.stops if what == "in"], by=by)
    trips = [proposed_row(t) | {"driver": posts.get(t.driver_id, ""), "plate": plates.get(t.vehicle.id, "")}
             for t in found.trips]  # fmt: skip
    return {"trips": trips, "told": told, "off": found.off, "n_kept": found.n_kept, "plates": plates,
            "moved": [_moved_row(m) for m in found.moved], "fresh": [ride_row(r) for r in found.fresh],
            "left": [ride_row(x.ride) | {"why": gettext(WHY_LEFT[x.why])} for x in found.left]}  # fmt: skip


def _moved_row(m: MovedRide) -> dict[str, Any]:
    return ride_row(m.ride) | {"m": m, "later": m.later_minutes, "earlier": -m.later_minutes}


@require_POST
@signed_in
def adopt(request: HttpRequest) -> HttpResponse:
    """The whole new plan is sent, or nothing of it; each trip tested once more, since others adopt and leave too."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    off = [i for i in map(uuid_in, sent.getlist("off")[:MOST_TRIPS]) if i]
    trips = _trips_in(new_id(request), sent.getlist("trip"), sent.getlist("stop"))
    if not off and not trips:
        raise Invalid(field="trip", fix="")
    adopt_replan(off=off, trips=trips, why=sent.get("why", "").strip()[:80] or gettext("planned anew"), by=by, at=at)
    return redirect(reverse("trips") + "?said=dispatch.replanned")


def _trips_in(plan_id: UUID, trips: list[str], stops: list[str]) -> list[NewTrip]:
    """Trips as a new plan's form sends them: number, vehicle, driver, start; their stops by number. Raises Invalid."""
    of: dict[str, list[str]] = {}
    for text in stops:
        n, _, rest = text.partition("|")
        of.setdefault(n, []).append(rest)
    out = []
    for text in trips[:MOST_TRIPS]:
        n, vehicle, driver, starts = (text.split("|") + [""] * 3)[:4]
        vehicle_id, driver_id = uuid_in(vehicle), uuid_in(driver)
        try:
            when = datetime.fromisoformat(starts)
        except ValueError:
            when = None
        if vehicle_id is None or driver_id is None or when is None or when.tzinfo is None or n not in of:
            raise Invalid(field="trip", fix="")
        out.append(NewTrip(uuid5(plan_id, n), vehicle_id, driver_id, when, stops_in(of[n])))
    return out
