"""Rides within a given time: insertion, then large neighbourhoods with cooling, one search a worker side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import numpy as np

from lianfang.kernels.rides.neighbourhood import place_by_regret, place_each
from lianfang.kernels.rides.orders import order_holds
from lianfang.kernels.rides.plan import Plan, plan_of
from lianfang.kernels.rides.pool import Pool, together
from lianfang.kernels.rides.problem import Cleaning, Problem, Requests, Vehicles
from lianfang.kernels.rides.search import Kept, halves_out, keep, kept_of, steps, take_back
from lianfang.kernels.rides.state import State, empty_state, refresh, total_cost
from lianfang.kernels.rides.tables import Tables, tables_of

HOT, COLD = 2.0, 0.02  # temperature at begin and end, as shares of a usual leg's cost
LARGEST = 12  # most requests taken out at once
WORK = 4_000  # requests looked at between two looks at the clock
PARTS = (0.3, 0.5, 0.7, 0.85, 0.95)  # when tours met so far are put together anew
SHARE = 0.04  # of the time, at most for each of these
FEW = 120  # requests up to which the first plan is made by regret
MEETINGS = 12  # how often searches side by side tell each other their best

Orders = Mapping[int, Sequence[int]]


def propose_rides(
    problem: Problem,
    *,
    seconds: float,
    rng: np.random.Generator,
    clock: Callable[[], float],
    stop: Callable[[], bool] = lambda: False,
    start: Orders | None = None,
    workers: int = 1,
) -> Plan:
    """Tours that carry all they can at the least cost, and break nothing.

    Takes:   seconds of the clock to use (a first plan is made even if that takes longer); stop ends it early; start,
             orders of stops by vehicle (Plan.orders): what cannot be driven of them is planned anew; workers, threads.
    Gives:   a plan that keeps windows, shifts, ride limits, durations, places, classes, cleaning, direct rides and
             links; who is not carried is told why. Its times are the least possible ones made kind: vehicles
             leave late, and who would wait on board is picked up later instead.
    Raises:  ValueError for a start that names a stop twice or one that is not there.
    Edge:    no requests or no vehicles is an answer. The same rng, clock ticks and workers give the same plan.
    Source:  docs/sources.md#dial-a-ride
    """
    ready()
    tables = tables_of(problem)
    return plan_of(problem, tables, searched(tables, seconds, rng, clock, stop, start or {}, workers))


def searched(
    tables: Tables,
    seconds: float,
    rng: np.random.Generator,
    clock: Callable[[], float],
    stop: Callable[[], bool],
    start: Orders,
    workers: int,
) -> State:
    """The best plan of the searches, in the hand."""
    begun = clock()
    states = [started(tables, start, int(seed)) for seed in rng.integers(1, 2**31 - 2, max(1, workers))]
    if not tables.person.size or not tables.vehicle.size:
        return states[0]
    kept = [(kept_of(tables, s), kept_of(tables, s)) for s in states]
    leg = max(1.0, float(np.median(tables.leg_cost[: tables.person.size, : tables.person.size])))
    most = int(min(LARGEST, tables.person.size // 3 + 2))
    rounds = max(1, WORK // (most * 20))
    met, marks, tours = 0.0, list(PARTS), Pool()
    with ThreadPoolExecutor(len(states)) as pool:
        while (part := (clock() - begun) / seconds if seconds > 0 else 1.0) < 1 and not stop():
            warmth = leg * HOT * (COLD / HOT) ** part
            if len(states) > 1 and part > met:
                met = part + 1 / MEETINGS
                meet(tables, states, kept)
            run = partial(steps, tables, rounds=rounds, warmth=warmth, most=most)
            list(pool.map(lambda s, k, run=run: run(s=s, now=k[0], best=k[1]), states, kept))
            for s in states:
                tours.take(tables, s)
            if marks and part >= marks[0]:
                marks.pop(0)
                recombine(tables, tours, states[0], kept[0], SHARE * seconds)
    best = min((k[1] for k in kept), key=lambda k: int(k.cost[0]))
    take_back(tables, states[0], best, False)
    return states[0]


def started(t: Tables, orders: Orders, seed: int) -> State:
    """A first plan: orders that can be driven, the rest put in by regret."""
    s = empty_state(t, seed)
    named = [stop for order in orders.values() for stop in order]
    if len(set(named)) < len(named) or any(not 0 <= x < 2 * t.person.size for x in named):
        raise ValueError("a start names a stop twice, or one that is not there")
    for v, order in orders.items():
        if order and order_holds(t, v, np.array(order, np.int64)):
            s.stops[v, : len(order)] = order
            s.car["count"][v] = len(order)
            refresh(t, s, v)
    waiting = np.flatnonzero(s.by < 0)
    if waiting.size <= FEW:
        place_by_regret(t, s, waiting, waiting.size, 2, 0.0)
    else:
        waiting = waiting[np.argsort(t.stop["late"][waiting], kind="stable")]
        place_each(t, s, waiting, waiting.size, 0.0)
    halves_out(t, s)
    return s


def recombine(t: Tables, tours: Pool, s: State, kept: tuple[Kept, Kept], seconds: float) -> None:
    """Go on from the best choice of all tours met, if it is better than the best plan."""
    orders = together(t, tours, seconds)
    if orders is None:
        return
    now, best = kept
    s.by[:] = -1
    s.car["count"][:] = 0
    for v, order in orders.items():
        s.stops[v, : order.size] = order
        s.car["count"][v] = order.size
    for v in range(t.vehicle.size):
        refresh(t, s, v)
    cost = total_cost(t, s)
    if cost < best.cost[0]:
        keep(s, best, cost, False)
        keep(s, now, cost, False)
    else:
        take_back(t, s, now, False)


def meet(t: Tables, states: list[State], kept: list[tuple[Kept, Kept]]) -> None:
    """The search whose plan is worst goes on from the best of all."""
    best = min((k[1] for k in kept), key=lambda k: int(k.cost[0]))
    worst = int(np.argmax([int(now.cost[0]) for now, _ in kept]))
    take_back(t, states[worst], best, False)
    keep(states[worst], kept[worst][0], total_cost(t, states[worst]), False)


@cache
def ready() -> None:
    """Run all that is compiled once, before a clock begins: on a new machine to compile it takes a minute."""
    way = np.ones((3, 3), np.int64)
    problem = Problem(Requests.of([1, 1], [2, 2]), Vehicles.of([0], [0], [[2]]), way, way, Cleaning.none())
    t = tables_of(problem)
    s = started(t, {}, 1)
    steps(t, s, kept_of(t, s), kept_of(t, s), 3, 1.0, 2)
    plan_of(problem, t, s)
