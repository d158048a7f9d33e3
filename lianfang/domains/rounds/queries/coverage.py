"""How far a round has come, area by area: from the counts kept with each write, never from a million rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Sum

from lianfang.domains.areas.queries import ids_below
from lianfang.domains.rounds.models import Round, Tally


@dataclass(frozen=True)
class Coverage:
    """Units of an area by ending ("" are those nobody knows of yet), and how many were added to the register's list."""

    endings: Mapping[str, int] = field(default_factory=dict)
    added: int = 0

    @property
    def all(self) -> int:
        """All units that must come to an ending."""
        return sum(self.endings.values())

    @property
    def left(self) -> int:
        """Units without a named state."""
        return self.endings.get("", 0)

    @property
    def ended(self) -> int:
        """Units in a named state."""
        return self.all - self.left

    def __add__(self, other: Coverage) -> Coverage:
        merged = dict(self.endings)
        for name, n in other.endings.items():
            merged[name] = merged.get(name, 0) + n
        return Coverage(merged, self.added + other.added)


def coverage_by_area(found: Round, *, area_id: UUID | None = None) -> dict[UUID, Coverage]:
    """Coverage of every smallest area of a round, or of those below an area. Counts only."""
    rows = Tally.objects.filter(round=found, n__gt=0)
    if area_id:
        rows = rows.filter(area_id__in=ids_below(area_id))
    endings: dict[UUID, dict[str, int]] = {}
    added: dict[UUID, int] = {}
    for area, ending, source, n in rows.values_list("area_id", "ending", "source").annotate(s=Sum("n")):
        mine = endings.setdefault(area, {})
        mine[ending] = mine.get(ending, 0) + n
        added[area] = added.get(area, 0) + (n if source != "register" else 0)
    return {a: Coverage(e, added[a]) for a, e in endings.items()}


def coverage_of(found: Round, *, area_id: UUID | None = None) -> Coverage:
    """Coverage of a whole round, or of an area in it."""
    return sum(coverage_by_area(found, area_id=area_id).values(), Coverage())


def by_part(areas: Mapping[UUID, Coverage], child_of: Mapping[UUID, UUID]) -> dict[UUID, Coverage]:
    """Smallest areas added up to the parts they lie in; the parts sum to the whole."""
    out: dict[UUID, Coverage] = {}
    for area, c in areas.items():
        part = child_of.get(area, area)
        out[part] = out.get(part, Coverage()) + c
    return out
