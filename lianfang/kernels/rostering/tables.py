"""From a problem to arrays: the rules of each person, costs of cells, and the needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from math import gcd, prod

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.lines import Legal, Prices, best_line, breaks, reach
from lianfang.kernels.rostering.problem import OFF, SATURDAY, SUNDAY, Limit, Lines, Person, Problem, weekday

# States of counted limits, cells of a table: beyond either a limit is kept by repair and the bound is a little weaker.
MAX_COUNTS, MAX_CELLS = 80, 8_000_000
MOST_COUNTS, MOST_CELLS = 5000, 200_000_000  # for a person whose lines no repair makes legal


@dataclass
class Member:
    """One person's arrays; `counted` limits are in the states of `legal`, `open_limits` are looked at afterwards.

    plain: the same without any count; groups (G, S), most (G,): all limits; may: the cells that rules allow, also
    while a search holds some days as they are.
    """

    person: Person
    plain: Legal
    legal: Legal
    groups: NDArray[np.bool_]
    most: NDArray[np.int64]
    may: NDArray[np.bool_]
    open_limits: list[Limit]
    counted: list[Limit] = field(default_factory=list)
    max_counts: int = MAX_COUNTS
    max_cells: int = MAX_CELLS


@dataclass(frozen=True)
class Tables:
    """A problem as arrays: T days, S shifts, P persons.

    kept (P, T): kept cells, off elsewhere; wishes (P, T, S + 1): what a cell costs by requests, the last column is off;
    heads, under, over (T, S): the needs, weights 0 where there is none.
    """

    problem: Problem
    members: list[Member]
    kept: Lines
    wishes: NDArray[np.float64]
    heads: NDArray[np.int64]
    under: Prices
    over: Prices


def tables_of(problem: Problem) -> Tables:
    """The arrays of a problem."""
    days, shifts = problem.days, len(problem.shifts)
    wishes = np.zeros((len(problem.people), days, shifts + 1))
    for r in problem.requests:
        wishes[r.person, r.day] += r.weight if r.on else 0
        wishes[r.person, r.day, r.shift] += -r.weight if r.on else r.weight
    heads = np.zeros((days, shifts), np.int64)
    under, over = np.zeros((days, shifts)), np.zeros((days, shifts))
    for n in problem.needs:
        heads[n.day, n.shift], under[n.day, n.shift], over[n.day, n.shift] = n.heads, n.under, n.over
    kept = np.full((len(problem.people), days), OFF, np.int16)
    for k in problem.kept:
        kept[k.person, k.day] = k.shift
    members = [_member(problem, i) for i in range(len(problem.people))]
    return Tables(problem, members, kept, wishes, heads, under, over)


def apart(tables: Tables) -> Tables:
    """The same tables, whose members change apart from these; what does not change is shared."""
    return replace(tables, members=[replace(m) for m in tables.members])


def _member(problem: Problem, index: int) -> Member:
    person = problem.people[index]
    may = np.ones((problem.days, len(problem.shifts) + 1), np.bool_)
    may[sorted(d for d in person.days_off if 0 <= d < problem.days), :-1] = False
    for limit in person.limits:
        if limit.most == 0:
            may[:, sorted(limit.shifts)] = False
    for k in (k for k in problem.kept if k.person == index):
        may[k.day, np.arange(may.shape[1]) != k.shift % may.shape[1]] = False
    shortest = min((s.minutes for s in problem.shifts), default=0)
    fit = person.max_minutes // shortest if shortest else problem.days
    limits = sorted((m for m in person.limits if 0 < m.most < min(fit, problem.days)), key=lambda m: m.most)
    groups = np.array([[s in m.shifts for s in range(len(problem.shifts))] for m in limits], np.bool_)
    most = np.array([m.most for m in limits], np.int64)
    plain = legal_of(problem, person, may, [])
    return Member(person, plain, plain, groups.reshape(len(limits), len(problem.shifts)), most, may, limits)


def count_limit(problem: Problem, member: Member, limit: Limit) -> bool:
    """Take a limit into the states, the smaller before the larger, which bind less; False if there is no room."""
    states, weeks, _, width, _, _ = (int(s) for s in member.plain.sizes)
    most = min(member.max_counts, member.max_cells // max(1, states * weeks * width * problem.days))
    counted: list[Limit] = []
    for one in sorted([*member.counted, limit], key=lambda m: m.most):
        if prod(m.most + 1 for m in [*counted, one]) <= most:
            counted.append(one)
    if limit not in counted:
        return False
    member.open_limits = sorted(
        (m for m in [*member.open_limits, *member.counted] if m not in counted), key=lambda m: m.most
    )
    member.counted = counted
    member.legal = legal_of(problem, member.person, member.may, counted)._replace(may=member.plain.may)
    return True


def hold(member: Member, line: NDArray[np.int16] | None, days: NDArray[np.int64]) -> None:
    """Let a person's lines differ from a line on some days only; None lifts it."""
    may = member.may
    if line is not None:
        may = np.zeros_like(may)
        may[np.arange(len(line)), line] = True
        may[days] = member.may[days]
    member.plain = member.plain._replace(may=may)
    member.legal = member.legal._replace(may=may)


def legal_of(problem: Problem, person: Person, may: NDArray[np.bool_], counted: list[Limit]) -> Legal:
    """The arrays of a person's rules, with some limits counted."""
    shifts, days = problem.shifts, problem.days
    divisor = reduce(gcd, (s.minutes for s in shifts), 0) or 1
    classes = sorted({tuple(sorted(s.not_next)) for s in shifts})
    used = [s for s in range(len(shifts)) if may[:, s].any()]
    keys = {s: _key(problem, counted, s) for s in used}
    bundles = sorted(set(keys.values()))
    bundle = np.array([bundles.index(keys[s]) if s in keys else 0 for s in range(len(shifts))], np.int32)
    first = {bundles.index(keys[s]): s for s in reversed(used)}
    examples = [first[b] for b in range(len(bundles))]
    units = np.array([*(shifts[s].minutes // divisor for s in examples), 0], np.int32)
    class_of = [classes.index(tuple(sorted(s.not_next))) for s in shifts]
    step, run, start = _runs(person, classes, class_of, examples)
    weekend = np.array([{SATURDAY: 1, SUNDAY: 2}.get(weekday(problem, d), 0) for d in range(days)], np.int32)
    weeks = min(person.max_weekends, (days + 6) // 7 + 1) + 1
    count = _counts(counted, examples)
    sizes = np.array([len(run), weeks, len(count), 0, start, person.days_worked > 0], np.int32)
    worked, still = reach(may, units, step, run, weekend, bundle, sizes)
    low = np.maximum(0, -(-person.min_minutes // divisor) - still)
    high = np.where((worked < 0) | (still < 0), -1, np.minimum(worked, person.max_minutes // divisor))
    sizes[3] = max(0, int((high - low).max(initial=-1)) + 1)
    if len(run) * len(units) > np.iinfo(np.int16).max:
        raise ValueError("more kinds of runs and shifts than a state can name")
    low, high = low.astype(np.int32), high.astype(np.int32)
    if high[0, start, 0] < low[0, start, 0]:
        sizes[3] = 0
    return Legal(may, bundle, units, step, run, count, weekend, low, high, sizes)


def _key(problem: Problem, counted: list[Limit], shift: int) -> tuple[object, ...]:
    """What the rules can tell a shift by: its length, what may follow and precede it, which limits count it."""
    s = problem.shifts[shift]
    before = tuple(shift in other.not_next for other in problem.shifts)
    return s.minutes, tuple(sorted(s.not_next)), before, tuple(shift in m.shifts for m in counted)


def _runs(
    person: Person, classes: list[tuple[int, ...]], class_of: list[int], examples: list[int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Moves between run states (R, B + 1), days worked in each, and the state before day 0."""
    rest, longest = person.min_rest, person.max_run
    states = rest + len(classes) * longest
    step = np.full((states, len(examples) + 1), -1, np.int32)
    run = np.zeros(states, np.int32)
    step[:rest, -1] = np.minimum(np.arange(rest) + 1, rest - 1)
    for b, shift in enumerate(examples):
        step[rest - 1, b] = rest + class_of[shift] * longest
    for c, forbidden in enumerate(classes):
        for worked in range(1, longest + 1):
            at = rest + c * longest + worked - 1
            run[at] = worked
            step[at, -1] = 0 if worked >= person.min_run else -2
            for b, shift in enumerate(examples):
                if worked < longest and shift not in forbidden:
                    step[at, b] = rest + class_of[shift] * longest + worked
    start = rest - 1
    if person.days_worked:
        start = rest + class_of[person.last_shift] * longest + min(person.days_worked, longest) - 1
    return step, run, start


def _counts(counted: list[Limit], examples: list[int]) -> NDArray[np.int32]:
    """(K, B): from each combination of counts the one after a shift of a bundle; -1 beyond a limit."""
    sizes = [m.most + 1 for m in counted]
    count = np.zeros((prod(sizes), len(examples)), np.int32)
    for k in range(prod(sizes)):
        for b, shift in enumerate(examples):
            rest, stride, to = k, 1, k
            for limit, size in zip(counted, sizes):
                if shift in limit.shifts:
                    to = -1 if to < 0 or rest % size == limit.most else to + stride
                rest, stride = rest // size, stride * size
            count[k, b] = to
    return count


def broken(member: Member, line: NDArray[np.int16]) -> list[tuple[Limit, NDArray[np.int64]]]:
    """Limits that a line breaks, with the days that count against them."""
    found = [(m, np.flatnonzero(np.isin(line, sorted(m.shifts)))) for m in member.open_limits]
    return [(m, days) for m, days in found if len(days) > m.most]


def legal_line(tables: Tables, index: int, prices: Prices) -> tuple[float, float, NDArray[np.int16]]:
    """A person's best line at prices: its least cost (a valid bound), the line's own cost, and the line.

    A limit that the line breaks is counted from then on. Where that makes too many states the bound forgets the limit,
    and the line is repaired; if no repair is found, more states are allowed. Infinite: there is no legal line.
    """
    member = tables.members[index]
    value, line = best_line(member.plain, prices)
    if not breaks(member.groups, member.most, line):
        return value, value, line
    while True:
        if member.counted:
            value, line = best_line(member.legal, prices)
        wrong = broken(member, line)
        if not wrong:
            return value, value, line
        if any(count_limit(tables.problem, member, limit) for limit, _ in wrong):
            continue
        cost, line = _repaired(member, line, prices)
        if cost < np.inf or member.max_counts > MAX_COUNTS:
            return value, cost, line
        member.max_counts, member.max_cells = MOST_COUNTS, MOST_CELLS


def _repaired(member: Member, line: NDArray[np.int16], prices: Prices) -> tuple[float, NDArray[np.int16]]:
    """A line that keeps every limit, by forbidding the cells that pay least among those that break one."""
    may, cost = member.legal.may.copy(), 0.0
    while (wrong := broken(member, line)) and cost < np.inf:
        for limit, on in wrong:
            gain = prices[on, -1] - prices[on, line[on]]
            worst = on[np.argsort(gain, kind="stable")[: len(on) - limit.most]]
            may[np.ix_(worst, np.array(sorted(limit.shifts)))] = False
        cost, line = best_line(member.legal._replace(may=may), prices)
    return cost, line


def cover_of(tables: Tables, roster: Lines) -> NDArray[np.int64]:
    """How many work each shift of each day, (T, S)."""
    days, shifts = tables.heads.shape
    cover = np.zeros((days, shifts), np.int64)
    for line in roster:
        on = np.flatnonzero(line != OFF)
        cover[on, line[on]] += 1
    return cover
