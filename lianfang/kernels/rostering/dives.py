"""From the mix of lines to a roster: diving, and re-planning some of the people exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.master import Master, Solution
from lianfang.kernels.rostering.pricing import EPSILON, settle
from lianfang.kernels.rostering.search import Search
from lianfang.kernels.rostering.sweeps import State, anneal, falling, state_of, unit_of
from lianfang.kernels.rostering.tables import hold

SURE, LIKELY, WHOLE = 0.95, 0.5, 0.999  # shares
TOGETHER = 0.1  # of the people still free, at most, that are fixed in one step although their lines are only likely
LEAST, ROUNDS = 1, 12  # of pricing after a step: at least, at most
RISE = 0.002  # what a step may cost, as a part of the programme's value, before lines are priced in
MAX_COLUMNS = 12_000
LAST, TRIES, SWEEPS = 1 / 6, 5, 120  # of people: those still free are given lines by sweeps; how often, how many


def chosen_of(master: Master, solution: Solution) -> list[int] | None:
    """The columns of a whole solution, one a person; None if somebody's line is still a mix."""
    chosen = [int(i) for i in np.flatnonzero(solution.shares > WHOLE)]
    return chosen if len(chosen) == len(master.people) else None


def dive(
    search: Search, master: Master, solution: Solution, *, target: float, chance: float, reserve: float = 0.0
) -> State | None:
    """Fix the surest lines, price anew where that costs much, until all stand; None if the target cannot be met so.

    Sweeps often mend what the last lines of a dive cost: to let it end a head short above the best is worth its time.

    chance: how far shares are blurred before the surest are chosen, so that dives differ. reserve: with no more seconds
    left than this each free person takes his likeliest line, so that a dive begun is never in vain. Large programmes
    end with sweeps over the last people: mixed lines of a few say little of whole ones, and each step takes as long.
    """
    master.free()
    found: State | None = None
    while not search.over():
        enough = solution.value * (1 + RISE)
        if master.fixed:
            solution = master.solve()
        solution, bound = settle(search, master, solution, least=LEAST, most=ROUNDS, enough=enough, target=target)
        if max(bound, solution.value) > target + EPSILON:
            break
        chosen = chosen_of(master, solution)
        if chosen is not None:
            return _lesser(found, state_of(search.tables, master.roster(chosen)))
        if found is None and len(master.people) - len(master.fixed) <= LAST * len(master.people):
            found = _finished(search, master, solution)
            if master.large:
                break
        if search.left() <= reserve:
            return _lesser(found, state_of(search.tables, master.roster(_likeliest(master, solution))))
        _fix_surest(search, master, solution, chance)
    return found if found is not None and found.cost <= target else None


def _lesser(one: State | None, other: State) -> State:
    """The one that costs less."""
    return one if one is not None and one.cost <= other.cost else other


def _finished(search: Search, master: Master, solution: Solution) -> State:
    """The best of some cooling sweeps over those still free, each from their likeliest lines."""
    begun = state_of(search.tables, master.roster(_likeliest(master, solution)))
    best, unit = begun, unit_of(search.tables.problem)
    free = [p for p in master.people if p not in master.fixed]
    for _ in range(TRIES):
        scale = falling(SWEEPS, 10 * unit, 0.5 * unit)
        start = state_of(search.tables, begun.roster)
        best = _lesser(best, anneal(search.tables, start, free, search.rng, scale, search.over))
    return best


def _likeliest(master: Master, solution: Solution) -> list[int]:
    """The column of largest share of every person."""
    return [max(own, key=lambda i: float(solution.shares[i])) for own in master.of_person.values()]


def _fix_surest(search: Search, master: Master, solution: Solution, chance: float) -> None:
    """Fix the column of largest blurred share among free persons, all nearly whole, and some of the likely ones."""
    free = np.array([c.person not in master.fixed for c in master.columns])
    blurred = solution.shares * (1 + chance * search.rng.random(len(free))) * free
    order = np.argsort(-blurred, kind="stable")
    many = round(TOGETHER * (len(master.people) - len(master.fixed)))
    master.fix(int(order[0]))
    for place, column in enumerate(order[1 : 1 + len(master.people)]):
        share = blurred[column] and solution.shares[column]
        if master.columns[column].person in master.fixed:
            continue
        if share > SURE or (share > LIKELY and place < many):
            master.fix(int(column))


def prune(search: Search, master: Master) -> None:
    """Forget columns that no better roster can hold: at the best duals they cost more than is left to gain."""
    reduced = master.values(search.cells) - np.array([search.values[c.person] for c in master.columns])
    for i, c in enumerate(master.columns):
        if np.array_equal(search.best.roster[c.person], c.line):
            reduced[i] = 0.0
    order = np.argsort(reduced, kind="stable")[:MAX_COLUMNS]
    room = search.best.cost - search.bound
    master.keep(np.sort(order[reduced[order] <= max(room, 1.0)]))


def neighbourhood(search: Search, master: Master, people: list[int]) -> str:
    """Re-plan some people while all others keep their lines: a better roster, nothing to gain ("empty"), or "open"."""
    roster, free = search.best.roster, set(people)
    small = Master(search.tables, {p: roster[p] for p in range(len(roster)) if p not in free})
    small.add([*((p, roster[p]) for p in people), *((c.person, c.line) for c in master.columns if c.person in free)])
    result = _resolved(search, small, search.best.cost - 1)
    master.add([(c.person, c.line) for c in small.columns])
    return result


def window(search: Search, master: Master, days: NDArray[np.int64]) -> str:
    """Re-plan some days of all people while their other days stay: says what `neighbourhood` says."""
    tables, roster = search.tables, search.best.roster
    rest = np.setdiff1d(np.arange(tables.problem.days), days)
    small = Master(tables, master.aside)
    fit = [c for c in master.columns if np.array_equal(c.line[rest], roster[c.person, rest])]
    small.add([*((p, roster[p]) for p in master.people), *((c.person, c.line) for c in fit)])
    for p in master.people:
        hold(tables.members[p], roster[p], days)
    result = _resolved(search, small, search.best.cost - 1)
    for p in master.people:
        hold(tables.members[p], None, days)
    return result


def _resolved(search: Search, master: Master, target: int) -> str:
    """Price what is free, then choose whole lines: by the programme itself, as an integer programme, or by a dive."""
    solution, bound = settle(search, master, master.solve(), least=40, most=40, enough=np.inf, target=target)
    if bound > target + EPSILON or solution.value > target + EPSILON:
        return "empty"
    chosen = chosen_of(master, solution)
    if chosen is not None:
        return "better" if search.take(state_of(search.tables, master.roster(chosen))) else "open"
    chosen, proven = master.whole(_promising(master, solution, target), seconds=min(1.0, search.left()), nodes=3000)
    if chosen and search.take(state_of(search.tables, master.roster(chosen))):
        return "better"
    if proven or search.over():
        return "empty" if proven else "open"
    state = dive(search, master, solution, target=target, chance=0.2)
    return "better" if state is not None and search.take(state) else "open"


def _promising(master: Master, solution: Solution, target: float) -> NDArray[np.int64]:
    """Columns whose reduced cost leaves room for the target."""
    reduced = master.values(solution.cells) - np.array([solution.persons[c.person] for c in master.columns])
    return np.flatnonzero(reduced <= target - solution.value + EPSILON)
