"""What ends before it was driven: a ride that nobody needs, a trip that cannot go; nobody is forgotten by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import is_self
from lianfang.domains.dispatch.errors import RideState, RideUnfit
from lianfang.domains.dispatch.models import Ride, Stop, Trip, Vehicle
from lianfang.domains.dispatch.queries.kinds import ride_groups
from lianfang.domains.dispatch.queries.seen import heard_by, locked_ride, locked_trip_of, may_plan
from lianfang.domains.dispatch.rules import OVER
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.services import free_stays

ASK = "dispatch.ask"
OPEN = ("asked", "assigned")


@service("dispatch.cancel_ride", told=("why",))
def cancel_ride(*, ride_id: UUID, why: str, by: Actor, at: datetime) -> Ride:
    """Nobody need be fetched any more, nor home again; a reserved place is free, the driver hears, a trip that has
    nobody else to bring does not go. Who is on board is brought to the end.

    Repeat: cancelled. Rights: dispatch.ask where it begins, who asked, or whom it is for. Raises: RideMissing,
    RideState, RideUnfit (no reason).
    """
    trip_id = Ride.objects.filter(id=ride_id).values_list("trip_id", flat=True).first()
    vehicle, trip, rides = locked_trip_of(trip_id=trip_id) if trip_id else (None, None, dict[UUID, Ride]())
    row = rides.get(ride_id) or locked_ride(ride_id)
    own = by.id == row.asked_by or (row.person_id is not None and is_self(by, row.person_id))
    if not own:
        may_plan(row, by, right=ASK)
    if row.state == "cancelled":
        raise Repeated(row)
    if row.state not in OPEN or (row.trip_id is not None and trip is None):  # sent at this very moment
        raise RideState(state=row.state, next="cancelled")
    if not why.strip():
        raise RideUnfit(field="reason", fix="")
    _off([row], why.strip()[:200], by, at)
    if vehicle is not None and trip is not None:
        end_if_over(vehicle, trip, at)
    drop_returns(row, by, at)
    return row


def _off(rows: Sequence[Ride], why: str, by: Actor, at: datetime) -> None:
    """These rides are cancelled: their beds are free, their stops gone, their drivers hear."""
    free_stays(person_ids=[], stay_ids=[r.stay_id for r in rows if r.stay_id], by=by, at=at)
    Stop.objects.filter(ride__in=rows, done_at=None).delete()
    drivers = dict(Trip.objects.filter(id__in=[r.trip_id for r in rows if r.trip_id]).values_list("id", "driver_id"))
    lines: dict[UUID | None, list[Writing]] = {}
    for r in rows:
        r.state, r.why, r.stay_id = "cancelled", why, None
        if r.trip_id in drivers:
            lines.setdefault(r.incident_id, []).append(
                Writing(uuid5(r.id, f"off {r.trip_id}"), "account", drivers[r.trip_id],
                        {"number": str(r.number), "why": why}, r.id, r.area_id))  # fmt: skip
    Ride.objects.bulk_update(rows, ["state", "why", "stay_id"])
    for incident_id, some in lines.items():
        write_messages(writings=some, edition=common_edition(), template="ride-off", incident_id=incident_id, by=by,
                       at=at)  # fmt: skip


def drop_returns(row: Ride, by: Actor, at: datetime) -> None:
    """Who was not brought there is not fetched home either; a load that does not come does not go on."""
    after = Ride.objects.filter(Q(outward=row) | Q(follows=row), state__in=OPEN)
    found = list(after.values_list("id", "trip_id"))
    for ride_id, trip_id in found:  # one: the way home, or on from the relay point
        vehicle, trip, rides = locked_trip_of(trip_id=trip_id) if trip_id else (None, None, dict[UUID, Ride]())
        back = rides.get(ride_id) or locked_ride(ride_id)
        if back.state in OPEN:
            _off([back], row.why, by, at)
        if vehicle is not None and trip is not None:
            end_if_over(vehicle, trip, at)


def end_if_over(vehicle: Vehicle, trip: Trip, at: datetime) -> None:
    """A trip with nobody left to bring is over; one that never left does not go."""
    if trip.state not in ("planned", "out", "cancelled") or trip.rides.exclude(state__in=OVER).exists():
        return
    if trip.state == "planned":
        trip.state, trip.ended_at = "cancelled", at
        trip.save(update_fields=["state", "ended_at"])
        return
    carried = trip.rides.filter(state="handed_over").exists()
    dirty = carried and bool(ride_groups()[trip.group]["each"])
    trip.state, trip.ended_at = ("to_clean" if dirty else "closed"), at
    trip.save(update_fields=["state", "ended_at"])
    if not dirty:
        trip.rides.filter(state="handed_over").update(state="closed", closed_at=at)
    if not carried:
        vehicle.carried = ""
        vehicle.save(update_fields=["carried"])


@service("dispatch.cancel_trip", told=("why",))
def cancel_trip(*, trip_id: UUID, why: str, by: Actor, at: datetime) -> Trip:
    """A planned trip does not go: the car failed, the driver is ill. Its rides wait again, first in line, and who
    asked hears. A trip under way ends too: who is on board waits in the car, and the ride says so.

    Repeat: cancelled. Rights: its driver; dispatch.plan in its area. Raises: TripMissing, RideState, RideUnfit.
    """
    vehicle, trip, rides = locked_trip_of(trip_id=trip_id)
    if trip.driver_id != by.id:
        may_plan(trip, by)
    if trip.state == "cancelled":
        raise Repeated(trip)
    if trip.state not in ("planned", "out"):
        raise RideState(state=trip.state, next="cancelled")
    if not why.strip():
        raise RideUnfit(field="reason", fix="")
    rows = [r for r in rides.values() if r.state in ("assigned", "loaded")]
    free_stays(person_ids=[], stay_ids=[r.stay_id for r in rows if r.stay_id], by=by, at=at)
    Stop.objects.filter(trip=trip, ride__in=rows).delete()
    for r in rows:  # loaded_at stays: he sits in a car that does not go on
        r.state, r.trip, r.assigned_at, r.stay_id, r.told_at, r.why = "asked", None, None, None, None, why.strip()[:200]
    Ride.objects.bulk_update(rows, ["state", "trip", "assigned_at", "stay_id", "told_at", "why"])
    if trip.state == "out":
        vehicle.carried = trip.group
        vehicle.save(update_fields=["carried"])
    trip.state, trip.ended_at, trip.why = "cancelled", at, {**trip.why, "cancelled": why.strip()[:200]}
    trip.save(update_fields=["state", "ended_at", "why"])
    _tell_waiting(rows, trip, why.strip()[:200], by, at)
    return trip


def _tell_waiting(rows: Sequence[Ride], trip: Trip, why: str, by: Actor, at: datetime) -> None:
    heard = heard_by(rows)
    writings = [Writing(uuid5(trip.id, f"off {r.id} {who}"), "account", who, {"number": str(r.number), "why": why},
                        r.id, r.area_id) for r in rows for who in heard[r.id]]  # fmt: skip
    if writings:
        write_messages(writings=writings, edition=common_edition(), template="ride-waits-again",
                       incident_id=trip.incident_id, by=by, at=at)  # fmt: skip
