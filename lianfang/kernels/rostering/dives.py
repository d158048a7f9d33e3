"""From the mix of lines to a roster: diving, and re-planning some of the people exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.master import Master, Solution
from lianfang.kernels.rostering.pricing import EPSILON, settle
from lianfang.kernels.rostering.search import Search
from lianfang.kernels.rostering.sweeps import State, state_of
from lianfang.kernels.rostering.tables import hold

SURE, LIKELY, WHOLE = 0.95, 0.5, 1 - 1e-6
MAX_COLUMNS = 12_000
LARGE = 2_500  # cells (people x days) beyond which a dive prices fewer rounds
TOGETHER, TOGETHER_LARGE = 30, 8  # for each so many people one more likely line is fixed in a step


def chosen_of(master: Master, solution: Solution) -> list[int] | None:
    """The columns of a whole solution, one a person; None if somebody's line is still a mix."""
    chosen = [int(i) for i in np.flatnonzero(solution.shares > WHOLE)]
    return chosen if len(chosen) == len(master.people) else None


def dive(
    search: Search, master: Master, solution: Solution, *, target: float, chance: float, backtracks: int = 3
) -> State | None:
    """Fix the surest lines, price anew, and so on until all stand; None if the target cannot be met this way.

    chance: how far shares are blurred before the surest is chosen, so that dives differ. Lines fixed before stay.
    """
    steps = list[list[int]]()
    rounds = 6 if search.best.roster.size <= LARGE else 1
    while not search.over():
        solution, bound = settle(search, master, solution, rounds=rounds, more=4 * rounds, target=target)
        chosen = chosen_of(master, solution)
        if chosen is not None and solution.value <= target + EPSILON:
            return state_of(search.tables, master.roster(chosen))
        if max(bound, solution.value if bound == -np.inf else -np.inf) > target or solution.value > target + EPSILON:
            if backtracks == 0 or not steps:
                return None
            backtracks -= 1
            last = steps.pop()
            for column in last[1:]:
                master.release(column)
            master.forbid(last[0])
        else:
            steps.append(_fix_surest(search, master, solution, chance))
        solution = master.solve()
        if not np.isfinite(solution.value):
            return None
    return None


def _fix_surest(search: Search, master: Master, solution: Solution, chance: float) -> list[int]:
    """Fix the column of largest blurred share among free persons, all nearly whole, and of many people some likely."""
    free = np.array([c.person not in master.fixed for c in master.columns])
    blurred = solution.shares * (1 + chance * search.rng.random(len(free))) * free
    top = int(np.argmax(blurred))
    each = TOGETHER if search.best.roster.size <= LARGE else TOGETHER_LARGE
    likely = np.argsort(-blurred, kind="stable")[1 : 1 + len(master.people) // each]
    more = [int(i) for i in likely if solution.shares[i] > LIKELY]
    sure = [int(i) for i in np.flatnonzero((solution.shares > SURE) & free) if i != top and i not in more] + more
    for column in (top, *sure):
        master.fix(column)
    return [top, *sure]


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
    master.free()
    master.add([(p, search.best.roster[p]) for p in master.people])
    free = set(people)
    for p in master.people:
        if p not in free:
            master.fix(master.known[p, search.best.roster[p].tobytes()])
    target = search.best.cost - 1
    return _resolved(search, master, target)


def window(search: Search, master: Master, days: NDArray[np.int64]) -> str:
    """Re-plan some days of all people while their other days stay: says what `neighbourhood` says."""
    tables, roster = search.tables, search.best.roster
    rest = np.setdiff1d(np.arange(tables.problem.days), days)
    small = Master(tables, [p for p in range(len(roster)) if p not in master.row_of])
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
    solution, bound = settle(search, master, master.solve(), rounds=40, more=0, target=target)
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
    state = dive(search, master, solution, target=target, chance=0.2, backtracks=0)
    return "better" if state is not None and search.take(state) else "open"


def _promising(master: Master, solution: Solution, target: float) -> NDArray[np.int64]:
    """Columns of free persons whose reduced cost leaves room for the target, and those that are fixed."""
    reduced = master.values(solution.cells) - np.array([solution.persons[c.person] for c in master.columns])
    fixed = set(master.fixed.values())
    free = np.array([c.person not in master.fixed for c in master.columns])
    good = np.flatnonzero(free & (reduced <= target - solution.value + EPSILON))
    return np.sort(np.concatenate([good, np.array(sorted(fixed), np.int64)]).astype(np.int64))
