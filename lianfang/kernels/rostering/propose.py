"""A duty roster within a given time: first roster, cooling sweeps, column generation, then dives and neighbourhoods."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.master import Master
from lianfang.kernels.rostering.pricing import generate
from lianfang.kernels.rostering.problem import Need, Person, Problem, Proposal, Shift
from lianfang.kernels.rostering.rules import cost_of, gaps, unmet
from lianfang.kernels.rostering.search import Search
from lianfang.kernels.rostering.sweeps import anneal, falling, first_roster, state_of, unit_of
from lianfang.kernels.rostering.tables import tables_of
from lianfang.kernels.rostering.together import improve_together

WARM_SECONDS, WARM_SHARE = 3.0, 0.1  # sweeps before column generation, at most this share of the time
COLUMNS_EACH = 80  # start columns of a person


def propose(problem: Problem, *, seconds: float, seed: int, clock: Callable[[], float], workers: int = 1) -> Proposal:
    """The best roster found in a time, with a bound that holds.

    Takes:  seconds of the clock to use (a first roster is made even if it takes longer); workers, threads that search.
    Gives:  a roster without a broken rule but for `impossible` persons; needs not met are gaps and cost.
    Edge:   nobody, no days: an empty roster, proven. The same seed and ticks of the clock give the same roster to one
            worker; several tell each other what they find when they find it. None is left behind.
    Source: docs/sources.md#rostering (column generation, Dantzig-Wolfe bound, diving)
    """
    ready()
    begun = clock()
    tables = tables_of(problem)
    state, impossible = first_roster(tables)
    search = Search(tables, state, np.random.default_rng(seed), clock, begun, begun + seconds, workers)
    search.progress.append((search.seconds(), state.cost, search.bound))
    master = Master(tables, {p: tables.kept[p] for p in impossible})
    _warm(search, master, seconds)
    generate(search, master)
    if not search.over():
        improve_together(search, master)
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


@cache
def ready() -> None:
    """Run all that is compiled once, before a clock begins: on a new machine to compile it takes seconds."""
    tables = tables_of(Problem(1, (Shift("", 60),), (Person(""),), (Need(0, 0, 1, 1, 1),)))
    state, _ = first_roster(tables)
    anneal(tables, state, [0], np.random.default_rng(0), falling(2, 1.0, 0.5), lambda: False)
    master = Master(tables, {})
    master.add([(0, state.roster[0])])
    master.solve()


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
