"""The rules of a roster, told from the roster itself: every broken one by person and day, and what a roster costs.

Knows nothing of how rosters are found: what people edit by hand is judged by the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from lianfang.kernels.rostering.problem import (
    OFF,
    SATURDAY,
    SUNDAY,
    Fault,
    Gap,
    Line,
    Lines,
    Person,
    Problem,
    Request,
    weekday,
)


def faults(problem: Problem, roster: Lines) -> tuple[Fault, ...]:
    """Every broken hard rule, by person and day; none for a legal roster.

    Takes:  roster (people, days), shift indices or OFF.
    Gives:  faults of the rules succession, run_long, run_short, rest_short, day_off, kept, weekends, minutes_over,
            minutes_under, limit (one for each limit).
    Raises: ValueError if the roster has another shape or names a shift that is not there.
    """
    roster = np.asarray(roster)
    if roster.shape != (len(problem.people), problem.days):
        raise ValueError(f"a roster of {roster.shape} for {len(problem.people)} people and {problem.days} days")
    if roster.size and not (roster.min() >= OFF and roster.max() < len(problem.shifts)):
        raise ValueError("a shift that is not there")
    found: list[Fault] = []
    for i, person in enumerate(problem.people):
        line = tuple(int(s) for s in roster[i])
        broken = [*_orders(problem, person, line), *_blocks(person, line), *_sums(problem, person, line)]
        found += [Fault(rule, i, day) for rule, day in broken]
    found += [Fault("kept", k.person, k.day) for k in problem.kept if roster[k.person, k.day] != k.shift]
    return tuple(sorted(found, key=lambda f: (f.person, f.day, f.rule)))


def _orders(problem: Problem, person: Person, line: Line) -> Iterator[tuple[str, int]]:
    """Which shift stands after which, and duty on a day off."""
    for day, (before, shift) in enumerate(zip((person.last_shift, *line), line)):
        if shift != OFF and before != OFF and shift in problem.shifts[before].not_next:
            yield "succession", day
        if shift != OFF and day in person.days_off:
            yield "day_off", day


def _blocks(person: Person, line: Line) -> Iterator[tuple[str, int]]:
    """Days in a row, on duty and off; minima only of blocks that lie whole inside, or whose start is known."""
    day = 0
    for works, cells in groupby(line, key=lambda s: s != OFF):
        length = len(list(cells))
        last = day + length == len(line)
        known = day > 0 or person.days_worked > 0
        total = length + (person.days_worked if works and day == 0 else 0)
        if works and total > person.max_run:
            yield "run_long", day + max(person.max_run - (total - length), 0)
        if works and known and not last and total < person.min_run:
            yield "run_short", day
        if not works and known and not last and length < person.min_rest:
            yield "rest_short", day
        if not works and day == 0 and 0 < person.days_worked < person.min_run:
            yield "run_short", day
        day += length


def _sums(problem: Problem, person: Person, line: Line) -> Iterator[tuple[str, int]]:
    """What is counted over the whole time."""
    minutes = sum(problem.shifts[s].minutes for s in line if s != OFF)
    if minutes > person.max_minutes:
        yield "minutes_over", -1
    if minutes < person.min_minutes:
        yield "minutes_under", -1
    ends = {d + (weekday(problem, d) == SATURDAY) for d, s in enumerate(line) if s != OFF and _weekend(problem, d)}
    if len(ends) > person.max_weekends:
        yield "weekends", -1
    for limit in person.limits:
        if sum(s in limit.shifts for s in line) > limit.most:
            yield "limit", -1


def _weekend(problem: Problem, day: int) -> bool:
    return weekday(problem, day) in (SATURDAY, SUNDAY)


def unmet(problem: Problem, roster: Lines) -> tuple[Request, ...]:
    """Requests that a roster does not meet, in order of persons and days."""
    missed = [r for r in problem.requests if (roster[r.person, r.day] == r.shift) != r.on]
    return tuple(sorted(missed, key=lambda r: (r.person, r.day, r.shift, r.on)))


def gaps(problem: Problem, roster: Lines) -> tuple[Gap, ...]:
    """Cells with fewer or more people than asked for, in order of days and shifts."""
    seen = [(n, n.heads - int(np.count_nonzero(roster[:, n.day] == n.shift))) for n in problem.needs]
    return tuple(Gap(n.day, n.shift, m) for n, m in sorted(seen, key=lambda s: (s[0].day, s[0].shift)) if m)


def cost_of(problem: Problem, roster: Lines) -> int:
    """What a roster costs: requests not met, heads short and heads too many, each by its weight."""
    weights = {(n.day, n.shift): (n.under, n.over) for n in problem.needs}
    cover = sum(
        weights[g.day, g.shift][0] * g.missing if g.missing > 0 else -weights[g.day, g.shift][1] * g.missing
        for g in gaps(problem, roster)
    )
    return cover + sum(r.weight for r in unmet(problem, roster))
