"""From the mix of lines to a roster: diving, and re-planning some of the people exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.master import Master, Solution
from lianfang.kernels.rostering.pricing import EPSILON, settle
from lianfang.kernels.rostering.search import Search
from lianfang.kernels.rostering.sweeps import State, state_of

SURE, WHOLE = 0.95, 1 - 1e-6
MAX_BACKTRACKS = 3
MAX_COLUMNS = 12_000


def chosen_of(master: Master, solution: Solution) -> list[int] | None:
    """The columns of a whole solution, one a person; None if somebody's line is still a mix."""
    chosen = [int(i) for i in np.flatnonzero(solution.shares > WHOLE)]
    return chosen if len(chosen) == len(master.people) else None


def dive(search: Search, master: Master, solution: Solution, *, target: float, chance: float) -> State | None:
    """Fix the surest lines, price anew, and so on until all stand; None if the target cannot be met this way.

    chance: how far shares are blurred before the surest is chosen, so that dives differ. Lines fixed before stay.
    """
    backtracks, steps = 0, list[list[int]]()
    while not search.over():
        solution, bound = settle(search, master, solution, rounds=6, more=24, target=target)
        chosen = chosen_of(master, solution)
        if chosen is not None and solution.value <= target + EPSILON:
            return state_of(search.tables, master.roster(chosen))
        if max(bound, solution.value if bound == -np.inf else -np.inf) > target or solution.value > target + EPSILON:
            backtracks += 1
            if backtracks > MAX_BACKTRACKS or not steps:
                return None
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
    """Fix the column of largest blurred share among free persons, and all that are nearly whole."""
    free = np.array([c.person not in master.fixed for c in master.columns])
    blurred = solution.shares * (1 + chance * search.rng.random(len(free))) * free
    top = int(np.argmax(blurred))
    sure = [int(i) for i in np.flatnonzero((solution.shares > SURE) & free) if i != top]
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


def neighbourhood(search: Search, master: Master, people: list[int]) -> tuple[bool, bool]:
    """Re-plan some people exactly while all others keep their lines: (a better roster found, nothing to gain here)."""
    master.free()
    master.add([(p, search.best.roster[p]) for p in master.people])
    free = set(people)
    for p in master.people:
        if p not in free:
            master.fix(master.known[p, search.best.roster[p].tobytes()])
    target = search.best.cost - 1
    solution, bound = settle(search, master, master.solve(), rounds=40, more=0, target=target)
    if bound > target + EPSILON or solution.value > target + EPSILON:
        return False, True
    chosen = chosen_of(master, solution)
    if chosen is not None:
        return search.take(state_of(search.tables, master.roster(chosen))), False
    chosen, proven = master.whole(_promising(master, solution, target), seconds=min(1.0, search.left()), nodes=3000)
    if chosen and search.take(state_of(search.tables, master.roster(chosen))):
        return True, False
    if proven or search.over():
        return False, proven
    state = dive(search, master, solution, target=target, chance=0.2)
    return state is not None and search.take(state), False


def _promising(master: Master, solution: Solution, target: float) -> NDArray[np.int64]:
    """Columns of free persons whose reduced cost leaves room for the target, and those that are fixed."""
    reduced = master.values(solution.cells) - np.array([solution.persons[c.person] for c in master.columns])
    fixed = set(master.fixed.values())
    free = np.array([c.person not in master.fixed for c in master.columns])
    good = np.flatnonzero(free & (reduced <= target - solution.value + EPSILON))
    return np.sort(np.concatenate([good, np.array(sorted(fixed), np.int64)]).astype(np.int64))
