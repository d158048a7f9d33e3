"""Routes within a given time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from lianfang.kernels.routing.plan import Plan, Why, fleet_bound, plan_of, why_not
from lianfang.kernels.routing.problem import Ints, Problem, Travel, Vehicle, jobs, problem, shipments, visits
from lianfang.kernels.routing.search import Search, begin_search, run
from lianfang.kernels.routing.tables import Narrow, Tables, tables_of


def propose_routes(
    problem: Problem,
    *,
    seconds: float,
    seed: int,
    clock: Callable[[], float],
    stop: Callable[[], bool] = lambda: False,
    workers: int = 1,
    fewest_vehicles: bool = False,
    start: Plan | None = None,
) -> Plan:
    ready()
    never = np.array([t for t in range(problem.tasks) if why_not(problem, t) is not Why.NO_ROOM], np.int64)
    tables = tables_of(problem)
    bound = fleet_bound(problem, sorted(set(range(problem.tasks)) - set(never.tolist())))
    search = begin_search(
        tables,
        None if start is None else rows_from(tables, start),
        clock=clock,
        seconds=seconds,
        stop=stop,
        fewest=fewest_vehicles,
        bound=bound,
        hidden=never,
    )
    run(search, seed, workers)
    return plan_of(problem, routes_from(search), tuple(search.progress))


def rows_from(tables: Tables, plan: Plan) -> tuple[Narrow, Ints]:
    """A plan as rows."""
    row = np.zeros((tables.kind.size, tables.mate.size), np.int32)
    size = np.zeros(tables.kind.size, np.int64)
    for route in plan.routes:
        free = np.flatnonzero((tables.kind == route.kind) & (size == 0))
        row[free[0], : route.stops.size] = route.stops
        size[free[0]] = route.stops.size
    return row, size


def routes_from(search: Search) -> list[tuple[int, list[int]]]:
    """The best rows as (kind, visits)."""
    best, kind = search.best, search.tables.kind
    return [(int(kind[r]), best.row[r, : best.size[r]].tolist()) for r in np.flatnonzero(best.size > 0)]


@cache
def ready() -> None:
    """Run all that is compiled once, before a clock begins: on a new machine to compile it takes half a minute."""
    two = np.array([0, 1])
    apart = np.array([[0, 1], [1, 0]])
    travel, fleet = Travel(apart, apart), (Vehicle((9,), count=2),)
    for given in (
        problem(travel, fleet, jobs_=jobs(visits(two), delivery=1)),
        problem(travel, fleet, shipments_=shipments(visits(two), visits(two), amount=1)),
    ):
        ticks = iter(range(100))
        for fewest in (False, True):
            search = begin_search(
                tables_of(given),
                None,
                clock=lambda: 0.0,
                seconds=2.0,
                stop=lambda t=ticks: next(t, 9) > 4,  # type: ignore[misc]
                fewest=fewest,
                bound=0,
                hidden=np.zeros(0, np.int64),
            )
            run(search, 0, 1)
