"""Routes within a given time: ruin and recreate in threads, PyVRP where vehicles reload or goods become ready."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from lianfang.kernels.routing.model import Routes, improve, may_model, model_of
from lianfang.kernels.routing.plan import Plan, Why, better_of, fleet_bound, plan_of, route_of, why_not
from lianfang.kernels.routing.problem import Ints, Problem, Travel, Vehicle, jobs, problem, shipments, visits
from lianfang.kernels.routing.search import Search, begin_search, run
from lianfang.kernels.routing.tables import Narrow, Tables, tables_of

IMPOSSIBLE = (Why.NOT_ALLOWED, Why.TOO_LARGE, Why.TOO_LATE)
CHECKED_SHARE = 0.5  # of the time, after which PyVRP without a legal plan is let leave tasks out


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
    """The best plan found in a time: least cost, or with fewest_vehicles the fewest and then the least cost.

    Takes:  seconds of the clock; workers, threads (used where nothing reloads); start, a plan to go on from, whose
            routes that break a rule are taken apart.
    Gives:  routes that keep every rule, and what is not served with the reason. A first plan is made even if that
            takes longer than seconds: less than a second for 1,000 jobs.
    Edge:   no vehicles: everything is unserved. No tasks: no routes. A required task is left out only where no room
            was found; fewest vehicles are never bought with a task left out. The same seed and ticks of the clock
            give the same plan to one worker.
    Source: docs/sources.md#routing (slack induction by string removals; PyVRP's iterated local search)
    """
    never = frozenset(t for t in range(problem.tasks) if why_not(problem, t) in IMPOSSIBLE)
    if any(v.reload_at for v in problem.vehicles) or problem.jobs.ready.any():
        return _with_trips(problem, never, seconds, seed, clock, stop, fewest_vehicles, start)
    ready()
    tables = tables_of(problem)
    bound = fleet_bound(problem, sorted(set(range(problem.tasks)) - never))
    search = begin_search(
        tables,
        None if start is None else rows_from(problem, tables, start),
        clock=clock,
        seconds=seconds,
        stop=stop,
        fewest=fewest_vehicles,
        bound=bound,
        hidden=np.array(sorted(never), np.int64),
    )
    run(
        search,
        seed,
        workers,
        lambda kinds: model_of(problem, never=never, vehicles=kinds) if may_model(problem) else None,
    )
    return plan_of(problem, routes_from(search), tuple(search.progress))


def _with_trips(
    problem: Problem,
    never: frozenset[int],
    seconds: float,
    seed: int,
    clock: Callable[[], float],
    stop: Callable[[], bool],
    fewest: bool,
    start: Plan | None,
) -> Plan:
    """PyVRP's plan; where it finds none that serves all required tasks, the best that leaves some out."""
    if not problem.tasks or not any(v.count for v in problem.vehicles):
        return plan_of(problem, [])
    begun = clock()
    progress: list[tuple[float, int, int]] = []
    legal = [start is not None]

    def told(routes: Routes) -> None:
        legal[0] = True
        progress.append((clock() - begun, len(routes), plan_of(problem, routes).cost))

    def over(share: float) -> bool:
        used = clock() - begun
        return stop() or used >= seconds or (used >= share * seconds and not legal[0])

    model = model_of(problem, never=never, fewest=fewest)
    first = None if start is None else [(r.kind, r.stops.tolist()) for r in start.routes]
    routes = improve(model, first, seed=seed, over=lambda: over(CHECKED_SHARE), found=told)
    if routes is None and first is None:
        everything = frozenset(range(problem.tasks))
        legal[0] = True
        model = model_of(problem, left_out=everything, never=never, fewest=fewest)
        routes = improve(model, [], seed=seed, over=lambda: over(1.0), found=told)
    plan = plan_of(problem, _legal(problem, routes or []), tuple(progress))
    return plan if start is None else better_of(problem, start, plan, fewest_vehicles=fewest)


def _legal(problem: Problem, routes: Routes) -> Routes:
    """Routes without a task its vehicle may not serve."""
    jobs, ships = problem.jobs.prize.size, problem.shipments.prize.size
    return [
        (k, [s for s in stops if s < 0 or problem.allowed[s if s < jobs + ships else s - ships, k]])
        for k, stops in routes
    ]


def rows_from(problem: Problem, tables: Tables, plan: Plan) -> tuple[Narrow, Ints]:
    """The routes of a plan that keep every rule of the problem, as rows."""
    row = np.zeros((tables.kind.size, tables.mate.size), np.int32)
    size = np.zeros(tables.kind.size, np.int64)
    for route in plan.routes:
        free = np.flatnonzero((tables.kind == route.kind) & (size == 0))
        tasks = np.where(route.stops < problem.tasks, route.stops, tables.mate[route.stops])
        lawful = problem.allowed[tasks, route.kind].all() and route_of(problem, route.kind, route.stops.tolist()).fits
        if free.size and lawful:
            row[free[0], : route.stops.size] = route.stops
            size[free[0]] = route.stops.size
    return row, size


def routes_from(search: Search) -> Routes:
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
                stop=lambda t=ticks: next(t, 9) > 4,
                fewest=fewest,
                bound=0,
                hidden=np.zeros(0, np.int64),
            )
            run(search, 0, 1, lambda _: None)
