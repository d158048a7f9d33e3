"""What a driver presses, stop by stop, also later than it was: picked up, not there, arrived, handed over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.dispatch.errors import NotCleaned, RelayFirst, RideState, RideUnfit
from lianfang.domains.dispatch.models import Ride, Stop, Trip, Vehicle
from lianfang.domains.dispatch.queries.kinds import ride_groups
from lianfang.domains.dispatch.queries.seen import heard_by, locked_trip, locked_trip_of, may_plan
from lianfang.domains.dispatch.rules import STEPS, is_past, must_clean
from lianfang.domains.dispatch.services.ending import drop_returns, end_if_over
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
    vehicle, trip, _ = locked_trip_of(trip_id=trip_id)
    _drives(trip, by)
    if trip.state == "out":
        raise Repeated(trip)
    if trip.state != "planned":
        raise RideState(state=trip.state, next="out")
    _leave(vehicle, trip, at)
    return trip


def _leave(vehicle: Vehicle, trip: Trip, at: datetime) -> None:
    if must_clean(vehicle.carried, trip.group, ride_groups()):
        raise NotCleaned(group=vehicle.carried)
    trip.state, trip.started_at = "out", at
    trip.save(update_fields=["state", "started_at"])
    vehicle.carried = trip.group
    vehicle.save(update_fields=["carried"])


@service("dispatch.step_ride", told=("why",))
def step_ride(*, ride_id: UUID, step: str, post: str, why: str, by: Actor, at: datetime) -> Ride:
    """The next step of a ride: load, absent (he was not at the door), arrive, hand_over (to a post that took over).

    The first one picked up starts the trip; when nobody is left to be brought it is over, and the car is to be cleaned
    where its group asks for it. Repeat: that step, or one after it, was taken. Locks: vehicle, trip, its rides.
    Whom nobody found is not fetched home either. Rights: the trip's driver; dispatch.plan in its area.
    Raises: RideMissing, RideState, RideUnfit, NotCleaned, RelayFirst.
    """
    vehicle, trip, rides = locked_trip_of(ride_id=ride_id)
    row = rides[ride_id]
    _drives(trip, by)
    if step not in STEPS:
        raise RideUnfit(field="step", fix=" ".join(STEPS))
    before, after = STEPS[step]
    if is_past(row.state, after):
        raise Repeated(row)
    if row.state != before:
        raise RideState(state=row.state, next=after)
    if step == "hand_over" and not post.strip():
        raise RideUnfit(field="post", fix="")
    if step == "load":
        _is_there(row)
    if trip.state == "planned":
        _leave(vehicle, trip, at)
    row.state = after
    if step in STAMPS:
        setattr(row, STAMPS[step], at)
    if step == "hand_over":
        row.received_by = post.strip()[:80]
    if step == "absent":
        row.why = why.strip()[:200]
        free_stays(person_ids=[], stay_ids=[row.stay_id] if row.stay_id else [], by=by, at=at)
        _tell_absent(row, by, at)
    row.save(update_fields=["state", "loaded_at", "arrived_at", "handed_over_at", "received_by", "why"])
    if step == "absent":
        drop_returns(row, by, at)
    Stop.objects.filter(trip=trip, ride=row, what="in" if step in ("load", "absent") else "out", done_at=None).update(
        done_at=at
    )
    end_if_over(vehicle, trip, at)
    return row


def _is_there(row: Ride) -> None:
    """A load that comes by a relay point is taken up once its first vehicle has set it down. Raises RelayFirst."""
    first = Ride.objects.filter(id=row.follows_id).first() if row.follows_id else None
    if first is not None and first.handed_over_at is None:
        raise RelayFirst(number=first.number, state=first.state)


def _tell_absent(row: Ride, by: Actor, at: datetime) -> None:
    """Who asked, and he himself, hear at once that nobody was at the door: somebody may lie behind it."""
    said = {"number": str(row.number)}
    writings = [Writing(uuid5(row.id, f"absent {row.trip_id} {who}"), "account", who, said, row.id, row.area_id)
                for who in heard_by([row])[row.id]]  # fmt: skip
    write_messages(writings=writings, edition=common_edition(), template="ride-absent", incident_id=row.incident_id,
                   by=by, at=at)  # fmt: skip


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
