"""A new plan of the day's cars, adopted in one press: trips that were planned otherwise go, others are sent instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.dispatch.models import Trip
from lianfang.domains.dispatch.services import adopt_trip, withdraw_trips


@dataclass(frozen=True)
class NewTrip:
    """A trip of the new plan, as adopt_trip takes it."""

    id: UUID
    vehicle_id: UUID
    driver_id: UUID
    starts_at: datetime
    stops: Sequence[tuple[UUID, str, datetime]]


def adopt_replan(*, off: Collection[UUID], trips: Sequence[NewTrip], why: str, by: Actor, at: datetime) -> list[Trip]:
    """All of it or nothing: each new trip is tested as one that is sent alone; what has left meanwhile refuses it.

    Repeat: trips of these ids are there: they, and nothing else. Rights, raises: as withdraw_trips and adopt_trip.
    """
    known = list(Trip.objects.filter(id__in=[t.id for t in trips]))
    if known and len(known) == len(trips):
        return known
    with transaction.atomic():
        vehicles = set(Trip.objects.filter(id__in=off).values_list("vehicle_id", flat=True))
        instead = {ride: t.driver_id for t in trips for ride, _, _ in t.stops}
        withdraw_trips(trip_ids=off, instead=instead, vehicle_ids=vehicles | {t.vehicle_id for t in trips}, why=why,
                       by=by, at=at)  # fmt: skip
        return [adopt_trip(trip_id=t.id, vehicle_id=t.vehicle_id, driver_id=t.driver_id, starts_at=t.starts_at,
                           stops=t.stops, why={"how": "replanned"}, by=by, at=at)
                for t in sorted(trips, key=lambda t: t.starts_at)]  # fmt: skip
