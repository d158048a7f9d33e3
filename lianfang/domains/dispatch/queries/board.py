"""The dispatcher's board: rides that wait, trips of today, and what was carried, each kind in its own unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.queries.kinds import trip_kinds
from lianfang.domains.dispatch.queries.seen import READ, rides_seen, trips_seen
from lianfang.domains.dispatch.rules import counted


def rides_waiting(area_id: UUID, *, by: Actor, kind: str = "", limit: int = 200) -> tuple[list[Ride], int]:
    """Rides of an area and below that nobody was sent for, the first to leave first; and how many there are in all."""
    rows = rides_seen(by).filter(area_id__in=ids_below(area_id), state="asked")
    rows = rows.filter(kind=kind) if kind else rows
    first = list(rows.select_related("area").defer("area__outline").order_by("ready_at", "number")[:limit])
    return first, rows.count() if len(first) == limit else len(first)


def trips_here(area_id: UUID, *, by: Actor, since: datetime, limit: int = 200) -> list[Trip]:
    """Trips of an area and below that are not over, and those over since a time; the next first."""
    stops = Prefetch("stops", Stop.objects.select_related("ride").order_by("position"))
    rows = (
        trips_seen(by)
        .filter(area_id__in=ids_below(area_id))
        .filter(~Q(state__in=("closed", "cancelled")) | Q(ended_at__gte=since))
    )
    rows = rows.select_related("vehicle", "area").defer("area__outline").prefetch_related(stops)
    return list(rows.annotate(driver=post_of("driver_id")).order_by("starts_at", "id")[:limit])


def rides_of_item(item_id: UUID, *, by: Actor) -> list[Ride]:
    """Rides of a piece of work that the actor sees, as they were asked for."""
    return list(rides_seen(by).filter(item_id=item_id).select_related("trip").order_by("number"))


def rides_of_plea(plea_id: UUID, *, by: Actor) -> list[Ride]:
    """Rides of a plea that the actor sees, as they were asked for."""
    return list(rides_seen(by).filter(plea_id=plea_id).select_related("trip").order_by("number"))


@dataclass(frozen=True)
class Carried:
    """What was carried of a kind: handed over since a time, in the kind's own unit."""

    kind: str
    words: Mapping[str, Any]
    unit: Mapping[str, str]
    count: int


def carried_since(area_id: UUID, *, by: Actor, since: datetime, until: datetime) -> list[Carried]:
    """Each kind in its own unit (person-times, runs, loads), counted from rides handed over, never from plans.

    Edge: a load that changes vehicles at a relay point is one load, counted where it ends; each of its legs is a run.
    """
    rows = _handed_over(since, until).filter(held(by, READ), area_id__in=ids_below(area_id))
    loads = Count("id", filter=Q(onward=None))
    found = rows.values("kind").annotate(rides=loads, heads=Sum("heads"), trips=Count("trip_id", distinct=True))
    sums = {r["kind"]: {n: r[n] or 0 for n in ("rides", "heads", "trips")} for r in found}
    return [Carried(name, body["words"], body["counted"], counted(body, **sums[name]))
            for name, body in trip_kinds().items() if name in sums]  # fmt: skip


def _handed_over(since: datetime, until: datetime) -> QuerySet[Ride]:
    return Ride.objects.filter(handed_over_at__gte=since, handed_over_at__lt=until)
