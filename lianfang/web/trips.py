"""The dispatcher's board: who waits for a car, which trips run, what is proposed, adopted, called off."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import labels_of, may, require
from lianfang.domains.areas.queries import area
from lianfang.domains.dispatch import queries
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.planning import Proposal, ProposedTrip, propose_trips
from lianfang.domains.dispatch.services import adopt_trip, cancel_trip, clean_vehicle
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.places import typed_day
from lianfang.web.words import LOCAL, said

READ, PLAN = "dispatch.read", "dispatch.plan"
RIDE = {
    "asked": (gettext_noop("waits for a car"), "todo"), "assigned": (gettext_noop("car is arranged"), "doing"),
    "loaded": (gettext_noop("on the way"), "doing"), "arrived": (gettext_noop("has arrived"), "doing"),
    "handed_over": (gettext_noop("handed over"), "done"), "closed": (gettext_noop("over"), "done"),
    "absent": (gettext_noop("was not at the door"), "bad"), "cancelled": (gettext_noop("not needed"), "other"),
}  # fmt: skip
TRIP = {
    "planned": (gettext_noop("planned"), "todo"), "out": (gettext_noop("on the way"), "doing"),
    "to_clean": (gettext_noop("to be disinfected"), "tried"), "closed": (gettext_noop("over"), "done"),
    "cancelled": (gettext_noop("called off"), "other"),
}  # fmt: skip
WHY_LEFT = {
    "place": gettext_noop("no vehicle has such a place (seat, wheelchair, stretcher, load)"),
    "risk": gettext_noop("no vehicle with the place may carry this group"),
    "crew": gettext_noop("no driver is protected enough"),
    "window": gettext_noop("no vehicle is there in time, not even alone"),
    "ride": gettext_noop("the way takes longer than anybody may sit in a car"),
    "linked": gettext_noop("the way there, or home again, finds no car"),
    "full": gettext_noop("all vehicles that could are taken by others, or none has a driver"),
    "kind": gettext_noop("no vehicle of the kind it needs has a driver"),
    "cut_off": gettext_noop("every road there is closed"),
    "moved": gettext_noop("lives behind another door by now: call it off and ask anew"),
    "relay": gettext_noop("the first leg has no car yet: it goes on once that is sent"),
    "terms": gettext_noop("the other side has not said yes"),
}
PLACE_WORDS = {"seat": gettext_noop("seats"), "wheelchair": gettext_noop("wheelchairs"),
               "stretcher": gettext_noop("stretchers"), "load": gettext_noop("kg")}  # fmt: skip


def ride_row(r: Ride) -> dict[str, Any]:
    """A ride as a row, in words."""
    words, look = RIDE[r.state]
    kinds, groups = queries.trip_kinds(), queries.ride_groups()
    return {"r": r, "state": gettext(words), "look": look, "kind": said(kinds[r.kind]["words"]),
            "group": said(groups[r.group]["words"]), "takes": taken(r.places)}  # fmt: skip


def taken(places: dict[str, int]) -> str:
    """Places in words: 2 seats, 1 stretcher."""
    return " · ".join(f"{n} {gettext(PLACE_WORDS[p])}" for p, n in places.items() if n)


def trip_row(t: Trip) -> dict[str, Any]:
    """A trip as a row, in words, with its stops where they were asked for."""
    words, look = TRIP[t.state]
    return {"t": t, "state": gettext(words), "look": look, "group": said(queries.ride_groups()[t.group]["words"]),
            "vehicle": said(queries.vehicle_kinds()[t.vehicle.kind]["words"]), "stops": list(t.stops.all()),
            }  # fmt: skip


@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """Who waits for a car, the first to leave first; trips that run; what was carried today, each kind in its unit."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    require(by, READ)
    area_id = uuid_in(asked.get("area")) or home_id(by)
    today = at.astimezone(LOCAL).date()
    day = min(typed_day(asked.get("day", ""), today), today)
    carried = _carried(area_id, by, day)
    return page(request, "trips/board.html", {**_board(area_id, by, at, asked.get("kind", "")), **carried,
                                              "today": today})  # fmt: skip


def _carried(area_id: UUID, by: Any, day: date) -> dict[str, Any]:
    """What was handed over on a day, each kind in its own unit."""
    since = datetime.combine(day, time.min, LOCAL)
    rows = queries.carried_since(area_id, by=by, since=since, until=since + timedelta(days=1))
    return {"carried": [{"c": c, "words": said(c.words), "unit": said(c.unit)} for c in rows], "day": day,
            "before": day - timedelta(days=1), "after": day + timedelta(days=1)}  # fmt: skip


def _board(area_id: UUID, by: Any, at: datetime, kind: str) -> dict[str, Any]:
    midnight = at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    trips = queries.trips_here(area_id, by=by, since=midnight)
    vehicles, groups = queries.vehicles_here(area_id, by=by, at=at), queries.ride_groups()
    rides, n_rides = queries.rides_waiting(area_id, by=by, kind=kind)
    return {"area": area(area_id), "rides": [ride_row(r) for r in rides], "n_rides": n_rides,
            "trips": [trip_row(t) for t in trips], "plates": queries.plates_of([t.vehicle for t in trips], by=by),
            "kinds": [(n, said(k["words"])) for n, k in queries.trip_kinds().items()], "kind": kind,
            "n_vehicles": len(vehicles),
            "n_dirty": sum(1 for v in vehicles if v.carried and groups[v.carried]["each"])}  # fmt: skip


@require_POST
@signed_in
def propose(request: HttpRequest) -> HttpResponse:
    """Which car fetches whom when: proposed with its reasons; each trip is adopted by a press of its own."""
    by, at = actor_of(request), clock.now()
    require(by, PLAN)
    area_id = uuid_in(request.POST.get("area")) or home_id(by)
    chosen = [i for i in map(uuid_in, request.POST.getlist("ride")) if i]
    found = propose_trips(area_id, by=by, at=at, ride_ids=chosen)
    return page(request, "trips/proposal.html", {"area": area(area_id), **_proposed(found, by)})


def _proposed(found: Proposal, by: Any) -> dict[str, Any]:
    posts = labels_of({t.driver_id for t in found.trips})
    plates = queries.plates_of([t.vehicle for t in found.trips], by=by)
    told = queries.told_of([r for t in found.trips for r, what, _ in t.stops if what == "in"], by=by)
    return {"trips": [proposed_row(t) | {"driver": posts.get(t.driver_id, ""), "plate": plates.get(t.vehicle.id, "")}
                      for t in found.trips], "told": told,
            "left": [ride_row(x.ride) | {"why": gettext(WHY_LEFT[x.why])} for x in found.left],
            "n_cars": found.n_cars, "ground": found.ground}  # fmt: skip


def proposed_row(t: ProposedTrip) -> dict[str, Any]:
    """A proposed trip as a row, in words, with its stops as its form sends them."""
    return {"t": t, "vehicle": said(queries.vehicle_kinds()[t.vehicle.kind]["words"]),
            "group": said(queries.ride_groups()[t.group]["words"]),
            "stops": [{"row": ride_row(r), "what": what, "at": moment, "sent": f"{r.id}|{what}|{moment.isoformat()}"}
                      for r, what, moment in t.stops]}  # fmt: skip


def stops_in(values: list[str]) -> list[tuple[UUID, str, datetime]]:
    """Stops as the form of a proposal sends them. Raises Invalid."""
    out = []
    for text in values[:400]:
        ride, _, rest = text.partition("|")
        what, _, moment = rest.partition("|")
        ride_id = uuid_in(ride)
        try:
            when = datetime.fromisoformat(moment)
        except ValueError:
            when = None
        if ride_id is None or what not in ("in", "out") or when is None or when.tzinfo is None:
            raise Invalid(field="stop", fix="")
        out.append((ride_id, what, when))
    return out


@require_POST
@signed_in
def adopt(request: HttpRequest) -> HttpResponse:
    """A proposed trip is sent; tested once more, since others adopt too."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    vehicle_id, driver_id = uuid_in(sent.get("vehicle")), uuid_in(sent.get("driver"))
    stops = stops_in(sent.getlist("stop"))
    try:
        starts = datetime.fromisoformat(sent.get("starts", ""))
    except ValueError:
        starts = None
    if vehicle_id is None or driver_id is None or not stops or starts is None or starts.tzinfo is None:
        raise Invalid(field="stop", fix="")
    trip = adopt_trip(trip_id=new_id(request), vehicle_id=vehicle_id, driver_id=driver_id, starts_at=starts,
                      stops=stops, why={"how": sent.get("how", "")[:40]}, by=by, at=at)  # fmt: skip
    return redirect(reverse("trip", args=[trip.id]) + "?said=dispatch.sent")


@signed_in
def trip(request: HttpRequest, trip_id: UUID) -> HttpResponse:
    """One trip: its vehicle and driver, stop by stop what was planned and what was, its cleaning, fuel and why it."""
    by = actor_of(request)
    found = queries.trip_seen(trip_id, by=by)
    stops: list[Stop] = list(found.stops.all())
    told = queries.told_of([s.ride for s in stops if s.what == "in"], by=by)
    plans = may(by, PLAN, area_id=found.area_id, incident_id=found.incident_id)
    context = {"row": trip_row(found), "t": found, "may_cancel": found.driver_id == by.id or plans,
               "may_replan": plans and found.state in ("planned", "cancelled"), "home": home_id(by),
               "told": told, "rides": {s.ride_id: ride_row(s.ride) for s in stops},
               "plate": queries.plates_of([found.vehicle], by=by).get(found.vehicle_id, "")}  # fmt: skip
    return page(request, "trips/trip.html", context)


@require_POST
@signed_in
def cancel(request: HttpRequest, trip_id: UUID) -> HttpResponse:
    """The car failed, or nobody need go: its rides wait again, first in line."""
    cancel_trip(trip_id=trip_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return redirect(reverse("trip", args=[trip_id]) + "?said=dispatch.trip_cancelled")


@require_POST
@signed_in
def clean(request: HttpRequest, vehicle_id: UUID) -> HttpResponse:
    """A vehicle is disinfected."""
    clean_vehicle(vehicle_id=vehicle_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("fleet" if request.POST.get("then") == "fleet" else "drive") + "?said=dispatch.cleaned")
