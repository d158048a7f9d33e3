"""Limits of entry, when a place is open, and when a count of cases reaches zero: on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

STATES = ("planned", "open", "closed")


def limit_of(capacity: Mapping[str, Any], entry_class: str, percent: int) -> int:
    """How many may be inside at a time: the capacity of the class of entry, cut to a share, rounded down."""
    return int(capacity.get(entry_class, 0)) * percent // 100


def is_open_on(state: str, opens_on: date | None, on: date) -> bool:
    """Whether a place is open on a day: declared open, and its opening date has come."""
    return state == "open" and (opens_on is None or opens_on <= on)


def day_of_stay(began: date, on: date) -> int:
    """The day of a stay: the day of admission is day 1."""
    return (on - began).days + 1


def capacity_fix(classes: Sequence[str], capacity: Mapping[str, Any]) -> str:
    """What is wrong with a capacity by class; "" if nothing is."""
    for name, n in capacity.items():
        if name not in classes:
            return "one of " + " ".join(classes)
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            return "a whole number"
    return ""


def expected_active(before: int, *, admitted: int, discharged: int, moved: int, died: int) -> int:
    """Active cases that follow from the day before and what happened in the day."""
    return before + admitted - discharged - moved - died


@dataclass(frozen=True)
class Reporter:
    """A place that counts its cases: since when it is open (None: not, or not known), and whether it is closed now."""

    id: UUID
    open_from: date | None
    is_closed: bool


def _missing(reporters: Sequence[Reporter], counts: Mapping[UUID, Mapping[date, int]], on: date) -> bool:
    for r in reporters:
        own = counts.get(r.id, {})
        if on in own:
            continue
        earlier = [d for d in own if d < on]
        if r.is_closed and (not earlier or own[max(earlier)] == 0):
            continue  # closed, and empty when it last counted: nobody counts there any more
        if earlier or (r.open_from is not None and r.open_from <= on):
            return True
    return False


def zero_days(reporters: Sequence[Reporter], counts: Mapping[UUID, Mapping[date, int]]) -> list[date]:
    """Days on which active cases of all places together reach zero: once, and again only after they rose.

    counts: active cases by place and day. A day some place has not counted is not zero; a case anywhere ends a zero.
    Edge: without an earlier day with cases nothing is reached.
    """
    had_cases, reached = False, []
    for on in sorted({d for own in counts.values() for d in own}):
        active = sum(own.get(on, 0) for own in counts.values())
        if active > 0:
            had_cases = True
        elif had_cases and not _missing(reporters, counts, on):
            reached.append(on)
            had_cases = False
    return reached


def flags_to_change(
    reached: Iterable[date], flagged: Sequence[date], counts: Mapping[UUID, Mapping[date, int]]
) -> tuple[list[date], list[date]]:
    """Which zero days are to be flagged now, and which flags a correction has undone.

    A day is not flagged if an earlier flag stands for the same zero: no case was counted between the two.
    """
    sums: dict[date, int] = {}
    for own in counts.values():
        for on, n in own.items():
            sums[on] = sums.get(on, 0) + n
    undone = [f for f in flagged if sums.get(f, 0) > 0]
    standing = [f for f in flagged if f not in undone]

    def is_same_zero(day: date, other: date) -> bool:
        first, last = min(day, other), max(day, other)
        return not any(n for on, n in sums.items() if first <= on <= last)

    return [d for d in reached if not any(is_same_zero(d, f) for f in standing)], undone
