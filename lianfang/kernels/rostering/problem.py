"""What a duty roster is made of: shifts, people with their limits, needs, requests, cells that stay; and a proposal.

Days count from 0. A roster is an int16 array (people, days): the index of a shift, or OFF.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OFF = -1
SATURDAY, SUNDAY = 5, 6
Lines = NDArray[np.int16]
Line = tuple[int, ...]


@dataclass(frozen=True)
class Shift:
    """A kind of duty: its length, and which shifts (by index) may not stand on the day after it."""

    name: str
    minutes: int
    not_next: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Limit:
    """At most `most` duties of these shifts in the whole time; 0 forbids them, all shifts together limit the number."""

    shifts: frozenset[int]
    most: int


@dataclass(frozen=True)
class Person:
    """One who can be put on duty, and every hard rule that protects him.

    Minimum runs and rests are not asked of a block that touches an end of the time: it may go on outside.
    last_shift, days_worked: the duty of the day before day 0 and how many days in a row end with it; 0 is off or
    unknown. With days_worked > 0 the block is known, so its minimum and the rest after it are asked for.
    """

    name: str
    min_minutes: int = 0
    max_minutes: int = 10**6
    max_run: int = 7
    min_run: int = 1
    min_rest: int = 1
    max_weekends: int = 10**3
    days_off: frozenset[int] = frozenset()
    limits: tuple[Limit, ...] = ()
    last_shift: int = OFF
    days_worked: int = 0


@dataclass(frozen=True)
class Need:
    """Heads wanted on a shift of a day; each one short costs `under`, each one too many `over` (whole numbers >= 0)."""

    day: int
    shift: int
    heads: int
    under: int
    over: int


@dataclass(frozen=True)
class Request:
    """A wish: to have (on) or not to have a shift on a day, or OFF for a day off; it costs its weight if not met."""

    person: int
    day: int
    shift: int
    weight: int
    on: bool = True


@dataclass(frozen=True)
class Kept:
    """A cell that a person set by hand and that no plan changes: a shift, or OFF."""

    person: int
    day: int
    shift: int


@dataclass(frozen=True)
class Problem:
    """Days, people and shifts, what is needed, asked for and already set; first_weekday is that of day 0, Monday 0.

    Raises: ValueError for an index outside, a negative weight or length, two needs of one cell, a run or rest below 1.
    """

    days: int
    shifts: tuple[Shift, ...]
    people: tuple[Person, ...]
    needs: tuple[Need, ...] = ()
    requests: tuple[Request, ...] = ()
    kept: tuple[Kept, ...] = ()
    first_weekday: int = 0

    def __post_init__(self) -> None:
        wrong = [*_outside(self), *_below(self)]
        if len({(n.day, n.shift) for n in self.needs}) < len(self.needs):
            wrong.append("two needs of one cell")
        if wrong:
            raise ValueError("; ".join(wrong))


@dataclass(frozen=True)
class Fault:
    """A broken rule: which, of whom, on which day (the first day on which it shows; -1 for the whole time)."""

    rule: str
    person: int
    day: int


@dataclass(frozen=True)
class Gap:
    """A cell with fewer (missing > 0) or more (missing < 0) people than asked for."""

    day: int
    shift: int
    missing: int


@dataclass(frozen=True)
class Proposal:
    """A roster with its reasons.

    roster (people, days); cost, whole; bound, a number no roster of this problem costs less than; proven, whether
    cost is the least there is; unmet, requests not met, in order of persons; gaps, cells short or over; impossible,
    persons for whom no line keeps all rules and kept cells: they have their kept cells and nothing else;
    progress (seconds, cost, bound) each time one of the two got better.
    """

    roster: Lines
    cost: int
    bound: float
    proven: bool
    unmet: tuple[Request, ...]
    gaps: tuple[Gap, ...]
    impossible: tuple[int, ...]
    progress: tuple[tuple[float, int, float], ...]


def weekday(problem: Problem, day: int) -> int:
    """0 Monday to 6 Sunday."""
    return (problem.first_weekday + day) % 7


def _outside(problem: Problem) -> list[str]:
    """What points at a day, person or shift that is not there."""
    days, people, shifts = problem.days, len(problem.people), len(problem.shifts)
    cells: list[Need | Request | Kept] = [*problem.needs, *problem.requests, *problem.kept]
    wrong = [f"day or shift outside: {c}" for c in cells if not (0 <= c.day < days and OFF <= c.shift < shifts)]
    named_people: list[Request | Kept] = [*problem.requests, *problem.kept]
    wrong += [f"person outside: {c}" for c in named_people if not 0 <= c.person < people]
    wrong += [f"a need of nothing: {n}" for n in problem.needs if n.shift == OFF]
    named = [s.not_next for s in problem.shifts] + [m.shifts for p in problem.people for m in p.limits]
    wrong += ["shift outside in a rule" for n in named if n and not (min(n) >= 0 and max(n) < shifts)]
    wrong += [f"last shift outside: {p.name}" for p in problem.people if not OFF <= p.last_shift < shifts]
    return wrong


def _below(problem: Problem) -> list[str]:
    """What is smaller than it can be."""
    wrong = ["days"] if problem.days < 0 else []
    wrong += [f"weight below 0: {n}" for n in problem.needs if min(n.under, n.over, n.heads) < 0]
    wrong += [f"weight below 0: {r}" for r in problem.requests if r.weight < 0]
    wrong += [f"minutes below 0: {s.name}" for s in problem.shifts if s.minutes < 0]
    for p in problem.people:
        least = min(p.max_run - 1, p.min_run - 1, p.min_rest - 1, p.max_weekends, p.max_minutes, p.days_worked)
        if min([least, *(m.most for m in p.limits)]) < 0:
            wrong.append(f"limit below what is possible: {p.name}")
        if (p.days_worked > 0) != (p.last_shift != OFF):
            wrong.append(f"last shift and days worked disagree: {p.name}")
    return wrong
