"""A duty roster within a given time: first roster, cooling sweeps, column generation, then dives and neighbourhoods."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.dives import dive, neighbourhood, prune, window
from lianfang.kernels.rostering.lines import line_cost
from lianfang.kernels.rostering.master import Master
from lianfang.kernels.rostering.pricing import EACH, generate
from lianfang.kernels.rostering.problem import Problem, Proposal
from lianfang.kernels.rostering.rules import cost_of, gaps, unmet
from lianfang.kernels.rostering.search import Search
from lianfang.kernels.rostering.sweeps import State, anneal, first_roster, state_of
from lianfang.kernels.rostering.tables import tables_of

WARM_SECONDS, WARM_SHARE = 3.0, 0.1  # sweeps before column generation, at most this share of the time
COLUMNS_EACH = 80  # start columns of a person
LONG_DAYS = 35  # beyond it some days of all people are re-planned as often as all days of some people
FIRST_SHARE, MIN_SHARE, SHRINK = 0.35, 0.1, 0.75  # people re-planned together: first, at least, fall where too many
RESERVE = 0.05  # of the time left before a dive, for sweeps after one that does not end in time
HEADS = 2  # short above the best that a dive may end: sweeps mend that much
FAILURES = 3  # neighbourhoods without gain before a whole dive


def propose(problem: Problem, *, seconds: float, seed: int, clock: Callable[[], float], workers: int = 1) -> Proposal:
    """The best roster found in a time, with a bound that holds.

    Takes:  seconds of the clock to use (a first roster is made even if it takes longer); workers, threads for lines.
    Gives:  a roster without a broken rule but for `impossible` persons; needs not met are gaps and cost.
    Edge:   nobody, no days: an empty roster, proven. The same seed and ticks of the clock give the same roster.
    Source: docs/sources.md#rostering (column generation, Dantzig-Wolfe bound, diving)
    """
    begun = clock()
    tables = tables_of(problem)
    state, impossible = first_roster(tables)
    search = Search(tables, state, np.random.default_rng(seed), clock, begun, begun + seconds, workers)
    search.progress.append((search.seconds(), state.cost, search.bound))
    master = Master(tables, {p: tables.kept[p] for p in impossible})
    _warm(search, master, seconds)
    generate(search, master)
    if not search.over():
        _improve(search, master)
    roster = search.best.roster
    cost, bound = cost_of(problem, roster), search.bound
    return Proposal(
        roster,
        cost,
        bound,
        search.proven(),
        unmet(problem, roster),
        gaps(problem, roster),
        tuple(impossible),
        tuple(search.progress),
    )


def unit_of(problem: Problem) -> float:
    """What a small difference is here: half a median request, or a hundredth of a median need where nobody asks."""
    asked = [r.weight for r in problem.requests if r.weight > 0]
    if asked:
        return float(np.median(asked)) / 2
    return max(0.01, float(np.median([max(n.under, n.over) for n in problem.needs] or [1])) / 100)


def cooling(search: Search, seconds: float, hot: float, cold: float) -> Callable[[], float]:
    """The size of noise, falling geometrically over a time; -1 at its end."""
    begun = search.clock()

    def scale() -> float:
        part = (search.clock() - begun) / seconds if seconds > 0 else 1.0
        return float(hot * (cold / hot) ** part) if part < 1 and not search.over() else -1.0

    return scale


def _warm(search: Search, master: Master, seconds: float) -> None:
    """Sweeps for a first good roster, and the lines met last as start columns."""
    unit = unit_of(search.tables.problem)
    met: dict[int, list[NDArray[np.int16]]] = {p: [search.best.roster[p].copy()] for p in master.people}
    scale = cooling(search, min(WARM_SECONDS, WARM_SHARE * seconds), 10 * unit, 0.5 * unit)

    def note(person: int, line: NDArray[np.int16]) -> None:
        met[person].append(line)

    start = state_of(search.tables, search.best.roster)
    search.take(anneal(search.tables, start, master.people, search.rng, scale, lambda: scale() < 0, note))
    lines = [(p, x) for p in master.people for x in [*met[p][-COLUMNS_EACH:], search.best.roster[p]]]
    master.add([*lines, *((p, met[p][0]) for p in master.people)])


def _improve(search: Search, master: Master) -> None:
    """Dives and neighbourhoods until the time is over or the roster is proven."""
    room = HEADS * float(np.median([n.under for n in search.tables.problem.needs] or [0]))
    target, chance, share = np.inf, 0.0, FIRST_SHARE
    while not search.over():
        prune(search, master)
        few = master.slim(search.cells, EACH)
        state = dive(search, few, few.solve(), target=target, chance=chance, reserve=RESERVE * search.left())
        if state is not None:
            search.take(state)
            _polish(search, master, state, 30)
        target, chance = search.best.cost + room, 0.2
        share = _neighbourhoods(search, master, share)


def _neighbourhoods(search: Search, master: Master, share: float) -> float:
    """Neighbourhoods until some fail in a row; gives the share of people to free next time."""
    failures = 0
    while failures < FAILURES and not search.over():
        if len(master.columns) > 20_000:
            prune(search, master)
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
    unit, done = unit_of(search.tables.problem), 0

    def scale() -> float:
        nonlocal done
        done += 1
        return float(2 * unit * 0.05 ** (done / sweeps)) if done <= sweeps and not search.over() else -1.0

    start = state_of(search.tables, state.roster)
    if search.take(anneal(search.tables, start, master.people, search.rng, scale, search.over)):
        master.add([(p, search.best.roster[p]) for p in master.people])
