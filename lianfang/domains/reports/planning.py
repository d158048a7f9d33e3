"""Figures by area for a map: counts of several domains added up to the areas that are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import below_at, child_above, children_of, ids_below
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


def area_figures(
    area_id: UUID, *, by: Actor, at: datetime, levels: Sequence[str] = ("",)
) -> tuple[tuple[int, int, int], list[list[AreaFigures]]]:
    """People living, work open, late and in all: of an area as a whole, and of its parts, once for each asked level.

    Takes:   levels: "" for the children, else a level below, such as "committee".
    Gives:   (left, late, all) of the whole, and a list of parts for each level. Parts sum to the whole, but for what
             lies directly on the area and on no part.
    """
    work = open_by_area(area_id, by=by, at=at)
    lives = counts_by_area(ids_below(area_id))
    found = []
    for level in levels:
        parents = child_above(area_id, level)
        sums = [rolled_up({a: w[k] for a, w in work.items()}, parents) for k in range(3)]
        parts = below_at(area_id, level) if level else children_of(area_id)
        found.append([_figures(a, rolled_up(lives, parents), *sums) for a in parts])
    left, late, all_ = (sum(w[k] for w in work.values()) for k in range(3))
    return (left, late, all_), found


def _figures(
    a: Area,
    persons: Mapping[UUID, float],
    left: Mapping[UUID, float],
    late: Mapping[UUID, float],
    all_: Mapping[UUID, float],
) -> AreaFigures:
    n = [int(m.get(a.id, 0)) for m in (persons, left, late, all_)]
    return AreaFigures(a, n[0], n[1], n[2], n[3], left_class(n[1], n[3]))
