"""What a driver presses, stop by stop, also later than it was: picked up, not there, arrived, handed over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.dispatch.errors import NotCleaned, RideMissing, RideState, RideUnfit
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.queries.kinds import ride_groups
from lianfang.domains.dispatch.queries.seen import locked_ride, locked_trip, locked_vehicle, may_plan
from lianfang.domains.dispatch.rules import OVER, RIDE_STATES, STEPS, must_clean
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.services import free_stays

STAMPS = {"load": "loaded_at", "arrive": "arrived_at", "hand_over": "handed_over_at"}


def _drives(trip: Trip, by: Actor) -> None:
    if trip.driver_id != by.id:
        may_plan(trip, by)


@service("dispatch.start_trip")
def start_trip(*, trip_id: UUID, by: Actor, at: datetime) -> Trip:
    """The car leaves: clean, if it carried others. Repeat: it has left.

    Rights: its driver; dispatch.plan in its area. Raises: TripMissing, RideState, NotCleaned.
    """
    trip = locked_trip(trip_id)
    _drives(trip, by)
    if trip.state == "out":
        raise Repeated(trip)
    if trip.state != "planned":
        raise RideState(state=trip.state, next="out")
    vehicle = locked_vehicle(trip.vehicle_id)
    if must_clean(vehicle.carried, trip.group, ride_groups()):
        raise NotCleaned(group=vehicle.carried)
    trip.state, trip.started_at = "out", at
    trip.save(update_fields=["state", "started_at"])
    vehicle.carried = trip.group
    vehicle.save(update_fields=["carried"])
    return trip


@service("dispatch.step_ride", told=("why",))
def step_ride(*, ride_id: UUID, step: str, post: str, why: str, by: Actor, at: datetime) -> Ride:
    """The next step of a ride: load, absent (he was not at the door), arrive, hand_over (to a post that took over).

    The first one picked up starts the trip; when nobody is left to be brought it is over, and the car is to be cleaned
    where its group asks for it. Repeat: that step, or one after it, was taken. Locks: the ride, then its trip.
    Rights: the trip's driver; dispatch.plan in its area. Raises: RideMissing, RideState, RideUnfit, NotCleaned.
    """
    row = locked_ride(ride_id)
    if row.trip_id is None or step not in STEPS:
        raise RideMissing() if row.trip_id is None else RideUnfit(field="step", fix=" ".join(STEPS))
    trip = locked_trip(row.trip_id)
    _drives(trip, by)
    before, after = STEPS[step]
    if row.state == after or (step != "absent" and row.state in OVER and RIDE_STATES.index(row.state) in (4, 5)):
        raise Repeated(row)
    if row.state != before:
        raise RideState(state=row.state, next=after)
    if step == "hand_over" and not post.strip():
        raise RideUnfit(field="post", fix="")
    if trip.state == "planned":
        start_trip(trip_id=trip.id, by=by, at=at)
        trip.refresh_from_db()
    row.state = after
    if step in STAMPS:
        setattr(row, STAMPS[step], at)
    if step == "hand_over":
        row.received_by = post.strip()[:80]
    if step == "absent":
        row.why = why.strip()[:200]
        free_stays(person_ids=[], stay_ids=[row.stay_id] if row.stay_id else [], by=by, at=at)
        _tell_absent(row, by, at)
    row.save()
    Stop.objects.filter(trip=trip, ride=row, what="in" if step in ("load", "absent") else "out", done_at=None).update(
        done_at=at
    )
    _end_if_over(trip, by, at)
    return row


def _tell_absent(row: Ride, by: Actor, at: datetime) -> None:
    """Who asked hears at once that nobody was at the door: somebody may lie behind it."""
    writing = Writing(
        uuid5(row.id, f"absent {row.trip_id}"),
        "account",
        row.asked_by,
        {"number": str(row.number)},
        row.id,
        row.area_id,
    )
    write_messages(writings=[writing], edition=common_edition(), template="ride-absent", incident_id=row.incident_id,
                   by=by, at=at)  # fmt: skip


def _end_if_over(trip: Trip, by: Actor, at: datetime) -> None:
    if trip.rides.exclude(state__in=OVER).exists():
        return
    vehicle = locked_vehicle(trip.vehicle_id)
    carried = trip.rides.filter(state="handed_over").exists()
    dirty = carried and bool(ride_groups()[trip.group]["each"])
    trip.state, trip.ended_at = ("to_clean" if dirty else "closed"), at
    trip.save(update_fields=["state", "ended_at"])
    if not dirty:
        trip.rides.filter(state="handed_over").update(state="closed", closed_at=at)
    if not carried:
        vehicle.carried = ""
        vehicle.save(update_fields=["carried"])


@service("dispatch.log_trip")
def log_trip(*, trip_id: UUID, km: int | None, fuel_l: Decimal | None, by: Actor, at: datetime) -> Trip:
    """Kilometres and fuel of a trip, as its driver read them. Repeat: the same figures; others correct them.

    Rights: its driver; dispatch.plan in its area. Raises: TripMissing, RideUnfit.
    """
    trip = locked_trip(trip_id)
    _drives(trip, by)
    if (km is not None and not 0 <= km <= 5000) or (fuel_l is not None and not 0 <= fuel_l <= 2000):
        raise RideUnfit(field="km" if km is not None and not 0 <= km <= 5000 else "fuel", fix="")
    if (trip.km, trip.fuel_l) == (km, fuel_l):
        raise Repeated(trip)
    trip.km, trip.fuel_l = km, fuel_l
    trip.save(update_fields=["km", "fuel_l"])
    return trip
