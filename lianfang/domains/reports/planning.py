"""Figures by area for a map: counts of several domains added up to the areas that are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ids_below, tree_below
from lianfang.domains.grid.queries import counts_by_area
from lianfang.domains.reports.rules import left_class, rolled_up
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.queries import Coverage, coverage_by_area
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


@dataclass(frozen=True)
class Whole:
    """Work of an area as a whole; `direct` is what is left on the area itself and on no part: parts + direct = left."""

    left: int
    late: int
    all: int
    direct: int

    @property
    def done(self) -> int:
        """How many are finished."""
        return self.all - self.left


def area_figures(
    area_id: UUID, *, by: Actor, at: datetime, levels: Sequence[str] = ("",), people: bool = True
) -> tuple[Whole, list[list[AreaFigures]]]:
    """People living, work open, late and in all: of an area as a whole, and of its parts, once for each asked level.

    Takes:   levels: "" for the children, else a level below, such as "committee"; people: whether they are counted.
    Gives:   the whole, and a list of parts for each level; the whole names what lies on no part of the first level.
    """
    work = open_by_area(area_id, by=by, at=at)
    lives = counts_by_area(ids_below(area_id)) if people else {}
    return _drawn(area_id, work, lives, levels)


def round_figures(
    found: Round, area_id: UUID, *, levels: Sequence[str] = ("",), people: bool = True
) -> tuple[Whole, list[list[AreaFigures]], Coverage]:
    """The same of a round: people without a named state instead of work open; nothing of it is late. Counts only."""
    coverage = coverage_by_area(found, area_id=area_id)
    lives = counts_by_area(ids_below(area_id)) if people else {}
    whole, parts = _drawn(area_id, {a: (c.left, 0, c.all) for a, c in coverage.items()}, lives, levels)
    return whole, parts, sum(coverage.values(), Coverage())


def _drawn(
    area_id: UUID, work: Mapping[UUID, tuple[int, int, int]], lives: Mapping[UUID, float], levels: Sequence[str]
) -> tuple[Whole, list[list[AreaFigures]]]:
    areas, parent = tree_below(area_id)
    found = []
    for level in levels:
        parts = [a for a in areas if (a.level == level if level else parent.get(a.id) == area_id)]
        tops = {a.id: _top_of(a.id, {p.id for p in parts}, parent) for a in areas}
        parents = {a: top for a, top in tops.items() if top}
        sums = [rolled_up({a: w[k] for a, w in work.items()}, parents) for k in range(3)]
        found.append([_figures(a, rolled_up(lives, parents), *sums) for a in parts])
    left, late, all_ = (sum(w[k] for w in work.values()) for k in range(3))
    return Whole(left, late, all_, left - sum(f.left for f in found[0])), found


def _top_of(area_id: UUID, tops: Set[UUID], parent: Mapping[UUID, UUID]) -> UUID | None:
    here: UUID | None = area_id
    while here is not None and here not in tops:
        here = parent.get(here)
    return here


def _figures(
    a: Area,
    persons: Mapping[UUID, float],
    left: Mapping[UUID, float],
    late: Mapping[UUID, float],
    all_: Mapping[UUID, float],
) -> AreaFigures:
    n = [int(m.get(a.id, 0)) for m in (persons, left, late, all_)]
    return AreaFigures(a, n[0], n[1], n[2], n[3], left_class(n[1], n[3]))
