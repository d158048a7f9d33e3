"""Figures by area for a map: counts of several domains added up to the areas that are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import below_at, child_above, children_of
from lianfang.domains.grid.queries import counts_by_area
from lianfang.domains.reports.rules import left_class, rolled_up
from lianfang.domains.work.queries import open_by_area


@dataclass(frozen=True)
class AreaFigures:
    """What a map and its list show of one area."""

    area: Area
    persons: int
    left: int
    late: int
    all: int
    shade: int | None  # class of the share that is left, None where there is no work

    @property
    def done(self) -> int:
        """How many are finished."""
        return self.all - self.left


def area_figures(area_id: UUID, *, by: Actor, at: datetime, level: str = "") -> list[AreaFigures]:
    """People living, work open, late and in all, for each child of an area, or each area of a level below it.

    Parts sum to the whole of the area, but for what lies directly on it and on no part.
    """
    parts = list(below_at(area_id, level) if level else children_of(area_id))
    parents = child_above(area_id, level)
    work = open_by_area(area_id, by=by, at=at)
    persons = rolled_up(counts_by_area(list(parents)), parents)
    sums = [rolled_up({a: w[k] for a, w in work.items()}, parents) for k in range(3)]
    return [_figures(a, persons, *sums) for a in parts]


def _figures(
    a: Area,
    persons: Mapping[UUID, float],
    left: Mapping[UUID, float],
    late: Mapping[UUID, float],
    all_: Mapping[UUID, float],
) -> AreaFigures:
    n = [int(m.get(a.id, 0)) for m in (persons, left, late, all_)]
    return AreaFigures(a, n[0], n[1], n[2], n[3], left_class(n[1], n[3]))


def own_work(area_id: UUID, *, by: Actor, at: datetime) -> tuple[int, int, int]:
    """Work open, late and in all of an area as a whole, what lies directly on it included."""
    rows = open_by_area(area_id, by=by, at=at).values()
    left, late, all_ = (sum(r[k] for r in rows) for k in range(3))
    return left, late, all_
