"""Planned trips that go another way: withdrawn without anybody waiting for it, since others are sent instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.dispatch.errors import RideState
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.queries.seen import heard_by, locked_driver, locked_trip_of, locked_vehicle, may_plan
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.services import free_stays


@service("dispatch.withdraw_trips", door=False)
def withdraw_trips(*, trip_ids: Collection[UUID], instead: Mapping[UUID, UUID], vehicle_ids: Collection[UUID],
                   why: str, by: Actor, at: datetime) -> list[Trip]:  # fmt: skip
    """Trips that have not left are not driven as they were planned; their rides wait, beds are free again.

    instead: by ride the driver who fetches it by the new plan. Who has none is told that he waits again; a driver who
    fetches somebody no more is told so. vehicle_ids: all that the new plan touches, locked first and in order.
    Repeat: all of them withdrawn so. Rights: dispatch.plan where each trip belongs. Raises: TripMissing, RideState (one
    has left, or ended otherwise).
    """
    done = list(Trip.objects.filter(id__in=trip_ids, state="cancelled", why__has_key="replanned"))
    if trip_ids and len(done) == len(set(trip_ids)):
        raise Repeated(done)
    for v in sorted(set(vehicle_ids)):
        locked_vehicle(v)
    for d in sorted(set(instead.values())):
        locked_driver(d)
    return [_withdrawn(i, instead, why, by, at) for i in sorted(set(trip_ids))]


def _withdrawn(trip_id: UUID, instead: Mapping[UUID, UUID], why: str, by: Actor, at: datetime) -> Trip:
    _, trip, found = locked_trip_of(trip_id=trip_id)
    may_plan(trip, by)
    if trip.state != "planned":
        raise RideState(state=trip.state, next="cancelled")
    rides = [r for r in found.values() if r.state == "assigned"]
    free_stays(person_ids=[], stay_ids=[r.stay_id for r in rides if r.stay_id], by=by, at=at)
    Stop.objects.filter(trip=trip, ride__in=rides).delete()
    for r in rides:
        r.state, r.trip, r.assigned_at, r.stay_id, r.told_at = "asked", None, None, None, None
    Ride.objects.bulk_update(rides, ["state", "trip", "assigned_at", "stay_id", "told_at"])
    trip.state, trip.ended_at, trip.why = "cancelled", at, {**trip.why, "replanned": True}
    trip.save(update_fields=["state", "ended_at", "why"])
    _tell(trip, rides, instead, why, by, at)
    return trip


def _tell(trip: Trip, rides: Collection[Ride], instead: Mapping[UUID, UUID], why: str, by: Actor, at: datetime) -> None:
    wait = [r for r in rides if r.id not in instead]
    heard = heard_by(wait)
    lines = {
        "ride-waits-again": [(who, r, f"off {r.id} {who}") for r in wait for who in heard[r.id]],
        "ride-off": [(trip.driver_id, r, f"no more {r.id}") for r in rides if instead.get(r.id) != trip.driver_id],
    }
    for template, some in lines.items():
        writings = [Writing(uuid5(trip.id, key), "account", who, {"number": str(r.number), "why": why}, r.id, r.area_id)
                    for who, r, key in some]  # fmt: skip
        if writings:
            write_messages(writings=writings, edition=common_edition(), template=template,
                           incident_id=trip.incident_id, by=by, at=at)  # fmt: skip
