"""Sums over counted buckets: every line of a sheet, its parts and its cross-check. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Bucket:
    """Items alike: kind, area, day opened, day closed (None: open), end state, how many, and what they count."""

    kind: str
    area: UUID
    opened: date
    closed: date | None
    state: str
    n: int
    counted: float


@dataclass(frozen=True)
class Tally:
    """Items alike in one area: how many, and the sums of their asked number fields."""

    n: int = 0
    sums: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        names = self.sums.keys() | other.sums.keys()
        return Tally(self.n + other.n, {k: self.sums.get(k, 0.0) + other.sums.get(k, 0.0) for k in names})


@dataclass
class Line:
    """One figure of a sheet at its cut-off: value, unit, the days before, parts by area, and its cross-check."""

    name: str
    group: str
    words: Mapping[str, str]
    unit: Mapping[str, str]
    value: float | None
    history: Sequence[float | None] = ()
    parts: Mapping[UUID, float] = field(default_factory=dict)
    check: str = ""
    check_values: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


def received(buckets: Iterable[Bucket], kind: str, *, until: date) -> float:
    """Items of a kind opened up to and including a day."""
    return float(sum(b.n for b in buckets if b.kind == kind and b.opened <= until))


def still_open(buckets: Iterable[Bucket], kind: str, *, until: date) -> float:
    """Items of a kind opened up to a day and not closed by its end."""
    return float(
        sum(b.n for b in buckets if b.kind == kind and b.opened <= until and (b.closed is None or b.closed > until))
    )


def finished(buckets: Iterable[Bucket], kind: str, *, until: date, done: Sequence[str] = ()) -> float:
    """Items of a kind closed up to and including a day, in the named states (all if none)."""
    return float(
        sum(
            b.n
            for b in buckets
            if b.kind == kind and b.closed is not None and b.closed <= until and (not done or b.state in done)
        )
    )


def work_done(buckets: Iterable[Bucket], kind: str, *, until: date) -> float:
    """What finished items of a kind count in their unit, up to and including a day."""
    return sum(b.counted for b in buckets if b.kind == kind and b.closed is not None and b.closed <= until)


def by_area(buckets: Iterable[Bucket], kind: str, pick: str, *, until: date) -> dict[UUID, float]:
    """The same sum by area: pick is "received", "open", "closed" or "done"."""
    measure = {"received": received, "open": still_open, "closed": finished, "done": work_done}[pick]
    out: dict[UUID, list[Bucket]] = {}
    for b in buckets:
        if b.kind == kind:
            out.setdefault(b.area, []).append(b)
    return {a: v for a, bs in out.items() if (v := measure(bs, kind, until=until))}


def rate(top: float, bottom: float, *, times: float) -> float | None:
    """top / bottom * times; None (unknown, not 0) where there is nothing to divide by."""
    return round(top / bottom * times, 2) if bottom else None


def rolled_up(parts: Mapping[UUID, float], parent_of: Mapping[UUID, UUID]) -> dict[UUID, float]:
    """Parts by smallest area added up to the children of the sheet's area; an area without parent keeps itself."""
    out: dict[UUID, float] = {}
    for area, value in parts.items():
        key = parent_of.get(area, area)
        out[key] = out.get(key, 0.0) + value
    return out


def balance(received_n: float, closed_n: float, open_n: float) -> tuple[str, dict[str, float]]:
    """received = closed + open: the check code and, where it fails, the difference."""
    gap = received_n - closed_n - open_n
    return ("ok", {}) if gap == 0 else ("differs", {"gap": gap})


LEFT_FATES = ("sent", "delivered", "read", "answered")  # of messages that left the house
LEFT_CLASSES = (0.2, 0.4, 0.6)  # upper bounds of the shares on a map; the first class, 0, is cleared


def left_class(left: float, all_: float) -> int | None:
    """The class of the share of work that is left: 0 cleared, 1 below 20 %, ... 4 from 60 %; None without work."""
    if not all_:
        return None
    if not left:
        return 0
    return 1 + sum(1 for bound in LEFT_CLASSES if left / all_ >= bound)
