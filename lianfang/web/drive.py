"""A driver's phone: his trips, the next step with one button, also with no signal; the car disinfected; fuel."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.base.numerals import whole_in
from lianfang.domains.dispatch import queries
from lianfang.domains.dispatch.models import Ride, Trip
from lianfang.domains.dispatch.rules import OVER, STEPS, is_past
from lianfang.domains.dispatch.services import cancel_trip, log_trip, start_trip, step_ride
from lianfang.web.door import actor_of, signed_in
from lianfang.web.kept import kept_page, noted_at
from lianfang.web.trips import ride_row, trip_row

SHOWN = timedelta(hours=12)
STOP_STEPS = {"in": ("load",), "out": ("arrive", "hand_over")}


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """My trips: the one under way first, its next stop large, with one button."""
    by, at = actor_of(request), clock.now()
    trips = queries.trips_driven(by, since=at - SHOWN)
    rides = [s.ride for t in trips for s in t.stops.all() if s.what == "in"]
    told, plates = queries.told_of(rides, by=by), queries.plates_of([t.vehicle for t in trips], by=by)
    return kept_page(request, "trips/drive.html", {"trips": [_shown(t) for t in trips], "told": told, "plates": plates})


def _shown(t: Trip) -> dict[str, Any]:
    """A trip with its next step and all after it: a phone without signal is sent no new page between them."""
    stops = [{"s": s, "row": ride_row(s.ride)} for s in t.stops.all()]
    steps = [{**stop, "step": step} for stop in stops for step in _steps(stop["s"].ride, stop["s"].what)]
    goes = t.state in ("planned", "out")
    return trip_row(t) | {
        "all": stops,
        "next": steps[0] if steps and goes else None,
        "after": steps[1:] if goes else [],
    }


def _steps(r: Ride, what: str) -> list[str]:
    """What is still to be pressed at a stop of a ride, in its order."""
    if r.state in OVER:
        return []
    return [s for s in STOP_STEPS[what] if not is_past(r.state, STEPS[s][1])]


@require_POST
@signed_in
def step(request: HttpRequest, ride_id: UUID) -> HttpResponse:
    """The next step of a ride, with the time at which it was pressed."""
    sent = request.POST
    step_ride(ride_id=ride_id, step=sent.get("step", ""), post=sent.get("post", ""), why=sent.get("why", ""),
              by=actor_of(request), at=noted_at(request))  # fmt: skip
    return redirect(reverse("drive") + "?said=dispatch.stepped")


@require_POST
@signed_in
def start(request: HttpRequest, trip_id: UUID) -> HttpResponse:
    """The car leaves, or cannot: then its rides wait for another."""
    by, at = actor_of(request), noted_at(request)
    if request.POST.get("says") == "fails":
        cancel_trip(trip_id=trip_id, why=request.POST.get("why", ""), by=by, at=at)
        return redirect(reverse("drive") + "?said=dispatch.trip_cancelled")
    start_trip(trip_id=trip_id, by=by, at=at)
    return redirect(reverse("drive") + "?said=dispatch.left")


@require_POST
@signed_in
def log(request: HttpRequest, trip_id: UUID) -> HttpResponse:
    """Kilometres and fuel of a trip."""
    fuel = request.POST.get("fuel", "").strip()
    try:
        litres = Decimal(fuel).quantize(Decimal("0.1")) if fuel else None
    except InvalidOperation:
        raise Invalid(field="fuel", fix="12.5") from None
    log_trip(
        trip_id=trip_id, km=whole_in(request.POST.get("km", "")), fuel_l=litres, by=actor_of(request), at=clock.now()
    )
    return redirect(reverse("drive") + "?said=dispatch.logged")
