"""From column generation to the end: dives and neighbourhoods by turns, by several searches beside each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.dives import dive, neighbourhood, prune, window
from lianfang.kernels.rostering.lines import line_cost
from lianfang.kernels.rostering.master import Master
from lianfang.kernels.rostering.pricing import EACH
from lianfang.kernels.rostering.search import Board, Search
from lianfang.kernels.rostering.sweeps import State, anneal, falling, state_of, unit_of
from lianfang.kernels.rostering.tables import apart

LONG_DAYS = 35  # beyond it some days of all people are re-planned as often as all days of some people
FIRST_SHARE, MIN_SHARE, SHRINK = 0.35, 0.1, 0.75  # people re-planned together: first, at least, fall where too many
RESERVE = 0.05  # of the time left before a dive, for sweeps after one that does not end in time
HEADS = 2  # short above the best that a dive may end: sweeps mend that much
FAILURES = 3  # neighbourhoods without gain before a whole dive
SWEPT, SWEPT_SHARE, SWEPT_FAILURES = 60, (0.1, 0.25), 40  # the same by sweeps: how many, over how many people
BLUR = 0.2  # of the shares, before the surest are chosen: no two dives are the same


def improve_together(search: Search, master: Master) -> None:
    """One search a worker: this one, and others in threads, which end with it.

    Programmes and lines are worked out in compiled code, which leaves the interpreter free: threads are enough.
    """
    others = [_beside(search, master, rng) for rng in search.rng.spawn(search.workers - 1)]
    if not others:
        improve(search, master)
        return
    search.board, search.workers = Board(search.best), 1
    with ThreadPoolExecutor(len(others)) as pool:
        tasks = [pool.submit(_follow, *other, search.board) for other in others]
        try:
            improve(search, master)
        finally:
            search.board.close()
    for task in tasks:
        task.result()
    meet(search, master)


def _beside(search: Search, master: Master, rng: np.random.Generator) -> tuple[Search, Master, float]:
    """A search with chance, tables and a programme of its own; and how much time it has."""
    tables = apart(search.tables)
    other = Search(tables, search.best, rng, search.clock, search.begun, search.until)
    other.bound, other.cells, other.values = search.bound, search.cells, search.values
    own = Master(tables, master.aside)
    own.add([(c.person, c.line) for c in master.columns])
    return other, own, search.left()


def _follow(search: Search, master: Master, seconds: float, board: Board) -> None:
    """A search in a thread; its clock may be of this thread alone."""
    search.begun = search.clock()
    search.until, search.board = search.begun + seconds, board
    improve(search, master, BLUR)


def meet(search: Search, master: Master) -> bool:
    """Take over the best roster of all searches if it is better than the own."""
    if search.board is None or not search.take(search.board.best):
        return False
    master.add([(p, search.best.roster[p]) for p in master.people])
    return True


def improve(search: Search, master: Master, chance: float = 0.0) -> None:
    """Dives, the first blurred by chance, and neighbourhoods until the time is over or the roster is proven."""
    room = HEADS * float(np.median([n.under for n in search.tables.problem.needs] or [0]))
    target, share = np.inf, FIRST_SHARE
    while not search.over():
        meet(search, master)
        prune(search, master)
        few = master.slim(search.cells, EACH)
        state = dive(search, few, few.solve(), target=target, chance=chance, reserve=RESERVE * search.left())
        if state is not None:
            search.take(state)
            _polish(search, master, state, 30)
        meet(search, master)
        target, chance = search.best.cost + room, BLUR
        share = _neighbourhoods(search, master, share)


def _neighbourhoods(search: Search, master: Master, share: float) -> float:
    """Neighbourhoods until some fail in a row; gives the share of people to free next time."""
    failures = 0
    while failures < (SWEPT_FAILURES if master.large else FAILURES) and not search.over():
        failures = 0 if meet(search, master) else failures
        if len(master.columns) > 20_000:
            prune(search, master)
        if master.large:
            failures = 0 if _swept(search, master, search.rng.uniform(*SWEPT_SHARE)) else failures + 1
            continue
        if search.tables.problem.days > LONG_DAYS and search.rng.random() < 0.5:
            result = window(search, master, _days(search, share))
        else:
            result = neighbourhood(search, master, _drawn(search, master, share))
        failures = 0 if result == "better" else failures + 1
        if result == "better":
            _polish(search, master, search.best, 10)
        elif result == "empty":
            share = min(1.0, share + 1 / max(1, len(master.people)))
        else:
            share = max(MIN_SHARE, SHRINK * share)
    return share


def _swept(search: Search, master: Master, share: float) -> bool:
    """Cooling sweeps over some people; whether that is better. Of large programmes it takes as long as one solution."""
    unit = unit_of(search.tables.problem)
    scale = falling(SWEPT, 10 * unit, 0.5 * unit)
    start = state_of(search.tables, search.best.roster)
    return search.take(anneal(search.tables, start, _drawn(search, master, share), search.rng, scale, search.over))


def _days(search: Search, share: float) -> NDArray[np.int64]:
    """A stretch of days by lot, about as large a part of a month as the share of people is of all."""
    days = search.tables.problem.days
    length = min(days, max(7, round(share * LONG_DAYS)))
    return np.arange(length) + int(search.rng.integers(days - length + 1))


def _drawn(search: Search, master: Master, share: float) -> list[int]:
    """Some people by lot, those rather whose line costs much at the duals: all together cost what is left to gain."""
    wide = np.concatenate([search.cells, np.zeros((len(search.cells), 1))], axis=1)
    roster = search.best.roster
    worth = np.array([line_cost(search.tables.wishes[p] - wide, roster[p]) for p in master.people])
    excess = np.maximum(worth - search.values[master.people], 0.0)
    weights = excess + max(float(excess.mean()), 1e-9)
    many = min(len(master.people), max(2, round(share * len(master.people))))
    drawn = search.rng.choice(len(master.people), size=many, replace=False, p=weights / weights.sum())
    return sorted(master.people[int(i)] for i in drawn)


def _polish(search: Search, master: Master, state: State, sweeps: int) -> None:
    """A few cool sweeps from a roster."""
    unit = unit_of(search.tables.problem)
    scale = falling(sweeps, 2 * unit, 0.1 * unit)
    start = state_of(search.tables, state.roster)
    if search.take(anneal(search.tables, start, master.people, search.rng, scale, search.over)):
        master.add([(p, search.best.roster[p]) for p in master.people])
