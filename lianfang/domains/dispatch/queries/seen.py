"""Which rides, trips and vehicles an actor sees, and what he may do with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import held, holders_of, may, post_of
from lianfang.domains.areas.queries import ids_above, ids_below
from lianfang.domains.dispatch.errors import RideMissing, TripMissing, VehicleMissing
from lianfang.domains.dispatch.models import Ride, Stop, Trip, Turn, Vehicle
from lianfang.domains.privacy.queries import opened

READ, PLAN = "dispatch.read", "dispatch.plan"
DISPATCHERS = ("street-lead", "duty-officer")
MOST_TOLD = 3
SAID = ("words", "start", "end", "phone", "escort", "carers", "contact")


def rides_seen(by: Actor) -> QuerySet[Ride]:
    """Rides of the actor's areas, those he asked for, his own, and those of the trips he drives."""
    fit = held(by, READ) | Q(asked_by=by.id) | Q(trip__driver_id=by.id)
    return Ride.objects.filter(fit | Q(person_id=by.person_id) if by.person_id else fit)


def ride_seen(ride_id: UUID, *, by: Actor) -> Ride:
    """One ride with its trip and the post that asked (`asker`). Raises RideMissing."""
    rows = rides_seen(by).select_related("area", "trip__vehicle", "outward", "follows", "onward").defer("area__outline")
    found = rows.annotate(asker=post_of("asked_by")).filter(id=ride_id).first()
    if found is None:
        raise RideMissing()
    return found


def trips_seen(by: Actor) -> QuerySet[Trip]:
    """Trips of the actor's areas, and those he drives."""
    return Trip.objects.filter(held(by, READ) | Q(driver_id=by.id))


def trip_seen(trip_id: UUID, *, by: Actor) -> Trip:
    """One trip with its vehicle, its stops in order and the posts of driver and dispatcher. Raises TripMissing."""
    stops = Prefetch("stops", Stop.objects.select_related("ride__trip").order_by("position"))
    rows = trips_seen(by).select_related("vehicle", "area").defer("area__outline").prefetch_related(stops)
    found = rows.annotate(driver=post_of("driver_id"), sender=post_of("adopted_by")).filter(id=trip_id).first()
    if found is None:
        raise TripMissing()
    return found


def trips_driven(by: Actor, *, since: datetime, limit: int = 12) -> list[Trip]:
    """The actor's own trips that are not over, and those over since a time; the next first."""
    stops = Prefetch("stops", Stop.objects.select_related("ride__trip").order_by("position"))
    rows = Trip.objects.filter(driver_id=by.id).filter(
        Q(state__in=("planned", "out", "to_clean")) | Q(ended_at__gte=since)
    )
    rows = rows.exclude(state="cancelled").select_related("vehicle").prefetch_related(stops)
    return list(rows.order_by("starts_at", "id")[:limit])


# Locks are taken in one order, so that nobody waits in a ring: vehicle, driver, trip, rides in the order of their ids.


def locked_driver(account_id: UUID) -> Account | None:
    """The account of a driver, its row locked: nobody is sent twice at the same hour."""
    return Account.objects.select_for_update(of=("self",)).filter(id=account_id, is_active=True).first()


def locked_trip_of(
    *, trip_id: UUID | None = None, ride_id: UUID | None = None
) -> tuple[Vehicle, Trip, dict[UUID, Ride]]:
    """A trip, or that of a ride, with its vehicle and all its rides locked. Raises TripMissing, RideMissing."""
    if trip_id is None:
        found = Ride.objects.filter(id=ride_id).values_list("trip_id", flat=True).first()
        if found is None:
            raise RideMissing()
        trip_id = found
    vehicle_id = Trip.objects.filter(id=trip_id).values_list("vehicle_id", flat=True).first()
    if vehicle_id is None:
        raise TripMissing()
    vehicle, trip = locked_vehicle(vehicle_id), locked_trip(trip_id)
    rows = Ride.objects.select_for_update(of=("self",)).filter(trip=trip).order_by("id")
    rides = {r.id: r for r in rows}
    if ride_id is not None and ride_id not in rides:  # it was taken off this trip meanwhile
        raise RideMissing()
    return vehicle, trip, rides


def locked_ride(ride_id: UUID) -> Ride:
    """A ride, its row locked. Raises RideMissing."""
    found = Ride.objects.select_for_update(of=("self",)).filter(id=ride_id).first()
    if found is None:
        raise RideMissing()
    return found


def locked_trip(trip_id: UUID) -> Trip:
    """A trip, its row locked. Raises TripMissing."""
    found = Trip.objects.select_for_update(of=("self",)).filter(id=trip_id).first()
    if found is None:
        raise TripMissing()
    return found


def locked_vehicle(vehicle_id: UUID) -> Vehicle:
    """A vehicle, its row locked: two who send it at once do so one after the other. Raises VehicleMissing."""
    found = Vehicle.objects.select_for_update(of=("self",)).filter(id=vehicle_id).first()
    if found is None:
        raise VehicleMissing()
    return found


def dispatchers_of(area_ids: Iterable[UUID], at: datetime) -> dict[UUID, list[UUID]]:
    """Who sends cars for each of some areas: its street's lead, and the district's duty officers."""
    out = {}
    for area_id in set(area_ids):
        found = [a for role in DISPATCHERS for a in holders_of(role, above=ids_above(area_id), at=at)[:MOST_TOLD]]
        out[area_id] = list(dict.fromkeys(found))
    return out


def heard_by(rides: Iterable[Ride]) -> dict[UUID, list[UUID]]:
    """Who hears of each of some rides: who asked, and whoever is carried where he has an account."""
    rows = list(rides)
    people = {r.person_id for r in rows if r.person_id}
    own: dict[UUID, list[UUID]] = {}
    for a in Account.objects.filter(person_id__in=people, is_active=True):
        if a.person_id is not None:
            own.setdefault(a.person_id, []).append(a.id)
    return {r.id: list(dict.fromkeys([r.asked_by, *(own.get(r.person_id, []) if r.person_id else [])])) for r in rows}


def may_plan(row: Ride | Trip, by: Actor, *, right: str = PLAN) -> None:
    """Whether the actor holds a right where a ride or trip belongs; to others it is not there. Raises *Missing."""
    if not may(by, right, area_id=row.area_id, incident_id=row.incident_id):
        raise RideMissing() if isinstance(row, Ride) else TripMissing()


def told_of(rides: list[Ride], *, by: Actor) -> dict[UUID, Mapping[str, str]]:
    """What was said of rides that were seen: whole for who asked, drives, sends, or is it about; masked for others."""
    out: dict[UUID, Mapping[str, str]] = {}
    whole = [r for r in rides if _addressed(r, by)]
    for some, is_whole in ((whole, True), ([r for r in rides if r not in whole], False)):
        out |= opened(some, by=by, fields=SAID, whole=is_whole, subject="subject_id")
    return out


def _addressed(r: Ride, by: Actor) -> bool:
    drives = r.trip is not None and r.trip.driver_id == by.id and r.state not in ("closed", "cancelled")
    own = r.asked_by == by.id or (r.person_id is not None and r.person_id == by.person_id)
    return drives or own or may(by, PLAN, area_id=r.area_id, incident_id=r.incident_id)


def vehicles_seen(by: Actor) -> QuerySet[Vehicle]:
    """Vehicles that serve in the actor's areas, and his own."""
    return Vehicle.objects.filter(held(by, READ) | Q(account_id=by.id))


def vehicle_seen(vehicle_id: UUID, *, by: Actor) -> Vehicle:
    """One vehicle. Raises VehicleMissing."""
    found = vehicles_seen(by).select_related("area").defer("area__outline").filter(id=vehicle_id).first()
    if found is None:
        raise VehicleMissing()
    return found


def vehicles_here(area_id: UUID, *, by: Actor, at: datetime, limit: int = 300) -> list[Vehicle]:
    """Vehicles that serve an area or below now or later, with the turns from now on."""
    turns = Prefetch(
        "turns", Turn.objects.filter(until_at__gt=at).order_by("from_at").annotate(post=post_of("account_id"))
    )
    rows = vehicles_seen(by).filter(Q(until_at=None) | Q(until_at__gt=at), area_id__in=ids_below(area_id))
    return list(
        rows.select_related("area").defer("area__outline").prefetch_related(turns).order_by("kind", "number")[:limit]
    )


def plates_of(vehicles: list[Vehicle], *, by: Actor) -> dict[UUID, str]:
    """Their number plates, whole: whoever sees a vehicle must know it on the street."""
    return {
        i: v["plate"] for i, v in opened(vehicles, by=by, fields=("plate",), whole=True, subject="account_id").items()
    }
