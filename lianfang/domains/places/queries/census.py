"""Cases counted each day by the places that have them, and their sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.places.models import Place, PlaceDay
from lianfang.domains.places.queries.register import place_kinds
from lianfang.domains.places.rules import Reporter, expected_active, is_open_on

LOCAL = ZoneInfo("Asia/Shanghai")
NUMBERS = ("admitted", "discharged", "moved", "died", "active")


def census_kinds() -> list[str]:
    """Kinds of places that count cases each day."""
    return [name for name, body in place_kinds().items() if body.get("census")]


def counting_places(area_id: UUID, *, incident_id: UUID | None = None) -> list[Place]:
    """Places below an area whose kind counts cases; with an incident, those of it or of none. No person is shown."""
    rows = Place.objects.filter(kind__in=census_kinds(), area_id__in=ids_below(area_id))
    if incident_id:
        rows = rows.filter(Q(incident_id=None) | Q(incident_id=incident_id))
    return list(rows.select_related("area").defer("area__outline").order_by("name", "id"))


def days_of(place_ids: Iterable[UUID], *, since: date | None = None) -> list[PlaceDay]:
    """The newest version of every day that some places counted, the earliest first."""
    rows = PlaceDay.objects.filter(place_id__in=set(place_ids))
    rows = rows.filter(on__gte=since) if since else rows
    return list(rows.order_by("on", "place_id", "-number").distinct("on", "place_id"))


def reporters_of(places: Sequence[Place]) -> list[Reporter]:
    """Places as the rule of zero days sees them: a place that is open and never counted is missing from its opening."""
    return [Reporter(p.id, p.opens_on if p.state == "open" else None, p.state == "closed") for p in places]


def active_by_place(days: Iterable[PlaceDay]) -> dict[UUID, dict[date, int]]:
    """Active cases by place and day."""
    out: dict[UUID, dict[date, int]] = {}
    for d in days:
        out.setdefault(d.place_id, {})[d.on] = d.active
    return out


@dataclass(frozen=True)
class Line:
    """One place on one day: its count, what the day before leads to expect, and whether a count is missing."""

    place: Place
    count: PlaceDay | None
    expected: int | None
    is_missing: bool

    @property
    def difference(self) -> int:
        """By how much the count of active cases differs from the day before and what happened since."""
        return 0 if self.count is None or self.expected is None else self.count.active - self.expected


@dataclass(frozen=True)
class Day:
    """One day of an area: the sums of what was counted, and how many places have not counted."""

    on: date
    sums: Mapping[str, int]
    n_missing: int


@dataclass(frozen=True)
class Census:
    """The counts of an area: a line a place for the chosen day, and the sums of the days before."""

    lines: list[Line]
    days: list[Day]


def census_of(area_id: UUID, *, by: Actor, kind: str, on: date, since: date) -> Census:
    """Counts of the places of an area that the actor may see: the lines of one day, and the sums from a day to it."""
    seen = set(visible_areas(by, "places.read"))
    places = [p for p in counting_places(area_id) if p.area_id in seen and (not kind or p.kind == kind)]
    rows = days_of([p.id for p in places])
    by_place: dict[UUID, dict[date, PlaceDay]] = {}
    for r in rows:
        by_place.setdefault(r.place_id, {})[r.on] = r
    lines = [_line(p, by_place.get(p.id, {}), on) for p in places]
    shown = sorted({r.on for r in rows if since <= r.on <= on} | {on}, reverse=True)
    return Census([x for x in lines if x.count or x.is_missing], [_day(places, by_place, d) for d in shown])


def _line(place: Place, own: Mapping[date, PlaceDay], on: date) -> Line:
    count, earlier = own.get(on), [d for d in own if d < on]
    before = own[max(earlier)].active if earlier else None
    expected = None
    if count is not None and before is not None:
        done: dict[str, Any] = {n: getattr(count, n) for n in NUMBERS if n != "active"}
        expected = expected_active(before, **done)
    is_over = place.state == "closed" and not before
    counts = (bool(earlier) or is_open_on(place.state, place.opens_on, on)) and not is_over
    return Line(place, count, expected, count is None and counts)


def _day(places: Sequence[Place], by_place: Mapping[UUID, Mapping[date, PlaceDay]], on: date) -> Day:
    lines = [_line(p, by_place.get(p.id, {}), on) for p in places]
    sums = {n: sum(getattr(x.count, n) for x in lines if x.count) for n in NUMBERS}
    return Day(on, sums, sum(1 for x in lines if x.is_missing))


def last_days(place: Place, *, limit: int = 7) -> list[PlaceDay]:
    """What a place counted on its last days, newest first."""
    rows = PlaceDay.objects.filter(place=place).order_by("-on", "-number").distinct("on")
    return list(rows[:limit])
