"""A plan under way after a change: what is driven stays, what was promised moves as little as it can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from lianfang.kernels.routing import repair
from lianfang.kernels.routing.plan import Plan, Route, Unserved, Why, begin_of_service, loads_of, visit_at, why_not
from lianfang.kernels.routing.problem import REQUIRED, Ints, Problem, Travel, Vehicle, jobs, visits
from lianfang.kernels.routing.problem import problem as given_problem
from lianfang.kernels.routing.repair import Live
from lianfang.kernels.routing.search import seed_of
from lianfang.kernels.routing.tables import NONE, Tables, tables_of

AROUND = 15  # tasks next to a changed one that may move
LOST = 2**40  # a required task left out weighs more than any promise moved
STEPS = 20  # tries between two looks at the clock


@dataclass(frozen=True, eq=False)
class Change:
    """What happened: routes (by index) whose vehicle drives no further, and tasks that are no longer wanted. New tasks
    stand in the new problem, after the old ones of their sort."""

    failed: tuple[int, ...] = ()
    cancelled: tuple[int, ...] = ()


@dataclass(frozen=True)
class Moved:
    """A promise that moved: the visit (as numbered now), when service was to begin and when it will, which route."""

    visit: int
    promised_at: int
    begins_at: int
    route_before: int
    route: int


@dataclass(frozen=True, eq=False)
class Replanned:
    """Routes, those of the plan before first and in their order, a vehicle that was not needed or failed with what it
    has done; promises that moved; what is not served; cost of the ways with fixed costs and prizes lost."""

    routes: tuple[Route, ...]
    moved: tuple[Moved, ...]
    unserved: tuple[Unserved, ...]
    cost: int


def replan(
    problem: Problem,
    plan: Plan,
    *,
    before: Problem,
    now: int,
    executed: Ints,
    change: Change,
    seconds: float,
    seed: int,
    clock: Callable[[], float],
    stop: Callable[[], bool] = lambda: False,
    minute_cost: int = 10,
    tolerance: int = 0,
    swap_cost: int = 0,
) -> Replanned:
    """The plan carried on after tasks came or went or vehicles failed.

    Takes:  the problem as it is now, the plan and the problem it was made for; executed (routes,), how many stops of
            each are begun or headed for and stay as they are; minute_cost for each unit of time a begin moves beyond
            tolerance, swap_cost for each task that changes its vehicle, both beside the cost of the ways.
    Gives:  executed stops with their times as planned. The rest leaves its last executed stop not before now.
    Raises: ValueError where vehicles reload, or executed does not fit.
    Edge:   goods for jobs stand ready at the depot: a vehicle that has left takes no more of them, and keeps its own.
            Goods of a failed vehicle's jobs are sent anew. A shipment aboard a failed vehicle is unserved, NO_ROOM.
    Source: docs/sources.md#routing (best insertion, ruin and recreate around the change)
    """
    if any(v.reload_at for v in problem.vehicles):
        raise ValueError("vehicles that reload are planned anew, not replanned")
    if executed.shape != (len(plan.routes),) or any(not 0 <= e <= r.stops.size for e, r in zip(executed, plan.routes)):
        raise ValueError("executed stops do not fit the plan")
    ready_to_replan()
    begun = clock()
    old = [_renumbered(before, problem, r.stops.tolist()) for r in plan.routes]
    t = tables_of(problem, spare=len(plan.routes))
    prize = np.concatenate([problem.jobs.prize, problem.shipments.prize])
    t = t._replace(penalty=np.where(prize == REQUIRED, LOST, t.penalty))
    live, at_row = _live(problem, t, plan, old, now, executed, change, np.array([minute_cost, tolerance, swap_cost]))
    chance = seed_of(seed)
    for c in np.flatnonzero((live.where == NONE) & (live.fixed == 0)):
        repair.put_live(t, live, int(c))
    while live.near_change.size and not stop() and clock() - begun < seconds:
        repair.repair(t, live, chance, STEPS)
    return _replanned(problem, t, live, plan, old, executed, at_row)


@cache
def ready_to_replan() -> None:
    """Run all that is compiled once, before a clock begins: on a new machine to compile it takes half a minute."""
    two = visits(np.array([0, 1]))
    apart = np.array([[0, 1], [1, 0]])
    given = given_problem(Travel(apart, apart), (Vehicle((9,), count=2),), jobs_=jobs(two, delivery=1))
    t = tables_of(given)
    live = _empty(given, t, 0, np.array([1, 0, 0]))
    repair.put_live(t, live, 0)
    repair.repair(t, live._replace(near_change=np.array([0, 1])), seed_of(0), 2)


def _renumbered(before: Problem, after: Problem, stops: list[int]) -> list[int]:
    """Visits of a problem as numbered in one with more jobs and shipments at the ends."""
    jobs, ships = before.jobs.prize.size, before.shipments.prize.size
    more, pairs = after.jobs.prize.size - jobs, after.shipments.prize.size - ships
    if more < 0 or pairs < 0:
        raise ValueError("tasks are cancelled, not taken out of the problem")
    return [s if s < jobs else s + more if s < jobs + ships else s + more + pairs for s in stops]


def _live(
    problem: Problem,
    t: Tables,
    plan: Plan,
    old: list[list[int]],
    now: int,
    executed: Ints,
    change: Change,
    weights: Ints,
) -> tuple[Live, list[int]]:
    """The open parts of the rows, and the row of each route."""
    live = _empty(problem, t, now, weights)
    at_row: list[int] = []
    for i, (route, stops) in enumerate(zip(plan.routes, old)):
        r = int(next(x for x in np.flatnonzero(t.kind == route.kind) if x not in at_row))
        at_row.append(r)
        done, kept = int(executed[i]), set(stops[: int(executed[i])])
        live.shut[r] = i in change.failed
        for s, begins in zip(stops, route.begins.tolist()):
            live.promised[s] = begins
        own = [s for s in stops[done:] if (s if s < t.penalty.size else t.mate[s]) not in change.cancelled]
        own = [s for s in own if not live.shut[r]]
        if done:
            live.away[r], live.at[r] = 1, stops[done - 1]
            live.leaves[r] = max(now, int(route.leaves[done - 1]))
            live.aboard[r] = route.loads[done]
        for s in [*kept, *stops[done:]]:
            task = s if s < t.penalty.size else int(t.mate[s])
            live.home[task] = r
            if s in kept or (t.mate[s] >= 0 and int(t.mate[s]) in kept):
                live.fixed[task] = 1
            elif done and t.mate[s] < 0 and t.delivery[s].any() and not live.shut[r]:
                live.held[task] = r
        own = _still_possible(t, live, r, own)
        live.row[r, : len(own)], live.size[r] = own, len(own)
        live.where[[s for s in own if s < t.penalty.size]] = r
    live.fixed[list(change.cancelled)] = 1
    return live._replace(near_change=_around(t, live)), at_row


def _still_possible(t: Tables, live: Live, r: int, stops: list[int]) -> list[int]:
    """The stops that a row can still keep in their order, whole shipments only; its cost is set."""

    def cost(way: list[int]) -> int:
        live.way[: len(way)] = way
        return int(repair.way_cost(t, live, r, len(way)))

    kept: list[int] = []
    for s in stops:
        mate = int(t.mate[s])
        if mate >= 0 and mate < s and mate in stops and mate not in kept:
            continue
        if cost([*kept, s]) >= 0:
            kept.append(s)
        elif mate in kept:
            kept.remove(mate)
    live.cost[r] = max(cost(kept), 0)
    return kept


def _empty(problem: Problem, t: Tables, now: int, weights: Ints) -> Live:
    """Rows that have not left, nobody in them."""
    fleet, n, tasks = t.kind.size, t.mate.size, t.penalty.size
    ready = np.zeros(n, np.int64)
    ready[: problem.jobs.ready.size] = problem.jobs.ready
    wide = (fleet, n + 1)
    return Live(
        row=np.zeros(wide, np.int64),
        size=np.zeros(fleet, np.int64),
        at=n + 2 * t.kind,
        leaves=np.maximum(now, t.begins[t.kind]),
        aboard=np.zeros((fleet, problem.loads), np.int64),
        away=np.zeros(fleet, np.uint8),
        shut=np.zeros(fleet, np.uint8),
        promised=np.full(n, NONE, np.int64),
        home=np.full(tasks, NONE, np.int64),
        held=np.full(tasks, NONE, np.int64),
        fixed=np.zeros(tasks, np.uint8),
        ready=ready,
        where=np.full(tasks, NONE, np.int64),
        weights=weights.astype(np.int64),
        near_change=np.zeros(0, np.int64),
        cost=np.zeros(fleet, np.int64),
        way=np.zeros(n + 2, np.int64),
        kept_row=np.zeros(wide, np.int64),
        kept_size=np.zeros(fleet, np.int64),
        kept_cost=np.zeros(fleet, np.int64),
        kept_where=np.zeros(tasks, np.int64),
        out=np.zeros(2 * repair.TAKEN + 2, np.int64),
    )


def _around(t: Tables, live: Live) -> Ints:
    """The tasks that have no row, and those next to them."""
    lost = np.flatnonzero((live.where == NONE) & (live.fixed == 0))
    near = np.unique(t.near[lost, :AROUND]) if lost.size else np.zeros(0, np.int64)
    return near.astype(np.int64)


def _replanned(
    problem: Problem, t: Tables, live: Live, plan: Plan, old: list[list[int]], executed: Ints, at_row: list[int]
) -> Replanned:
    """The rows as routes, with what moved."""
    route_of_row = {r: i for i, r in enumerate(at_row)}
    routes = []
    for i, r in enumerate(at_row):
        done = int(executed[i])
        rest = live.row[r, : live.size[r]].tolist()
        routes.append(_carried_on(problem, plan.routes[i], old[i][:done], rest, live, r))
    for r in np.flatnonzero(live.size > 0).tolist():
        if r not in route_of_row:
            route_of_row[r] = len(routes)
            routes.append(
                _carried_on(problem, _new(problem, t, live, r), [], live.row[r, : live.size[r]].tolist(), live, r)
            )
    was = {s: i for i, stops in enumerate(old) for s in stops}
    moved = [
        Moved(int(s), int(live.promised[s]), int(b), was[int(s)], i)
        for i, route in enumerate(routes)
        for s, b in zip(route.stops.tolist(), route.begins.tolist())
        if s in was and (live.promised[s] != b or was[s] != i)
    ]
    done_tasks = {int(s) for r in routes for s in r.stops}
    prize = np.concatenate([problem.jobs.prize, problem.shipments.prize])
    out = [c for c in range(problem.tasks) if _is_open(t, live, c, done_tasks)]
    reasons = tuple(Unserved(c, why_not(problem, c)) for c in out)
    cost = sum(r.cost for r in routes if r.stops.size) + sum(max(int(prize[c]), 0) for c in out)
    return Replanned(tuple(routes), tuple(sorted(moved, key=lambda m: m.visit)), reasons, cost)


def _is_open(t: Tables, live: Live, task: int, done: set[int]) -> bool:
    """Whether a task was wanted and is not wholly served."""
    served = task in done and (t.mate[task] < 0 or int(t.mate[task]) in done)
    cancelled = live.fixed[task] == 1 and task not in done and live.where[task] == NONE
    return not served and not cancelled


def _new(problem: Problem, t: Tables, live: Live, r: int) -> Route:
    """A vehicle that has done nothing yet."""
    none = np.zeros(0, np.int64)
    leaves = int(live.leaves[r])
    return Route(int(t.kind[r]), none, none, none, none, np.zeros((1, problem.loads), np.int64), leaves, 0, 0, 0, True)


def _carried_on(problem: Problem, route: Route, done: list[int], rest: list[int], live: Live, r: int) -> Route:
    """A route with its executed stops as they were and the rest driven after them."""
    vehicle = problem.vehicles[route.kind]
    travel = problem.travel[vehicle.profile]
    times = np.zeros((3, len(done) + len(rest)), np.int64)
    for line, old in zip(times, (route.arrives, route.begins, route.leaves)):
        line[: len(done)] = old[: len(done)]
    away = bool(live.away[r])
    now = int(live.leaves[r]) if away else max([int(live.leaves[r]), *(int(live.ready[s]) for s in rest)])
    starts, places = route.starts_at if away else now, [vehicle.begin]
    for i, s in enumerate([*done, *rest]):
        at, row = visit_at(problem, s)
        places.append(int(at.place[row]))
        if i >= len(done):
            arrives = now + int(travel.duration[places[-2], places[-1]])
            begins = begin_of_service(at, row, arrives)
            assert begins is not None
            now = begins + int(at.service[row])
            times[:, i] = arrives, begins, now
    if not live.shut[r]:
        places.append(vehicle.end)
        now += int(travel.duration[places[-2], places[-1]])
    far = sum(int(travel.distance[a, b]) for a, b in pairwise(places)) if done or rest else 0
    stops = np.array([*done, *rest], np.int64)
    loads = loads_of(problem, stops.tolist())
    if away:
        loads += route.loads[0] - loads[0]
    cost = vehicle.fixed_cost + vehicle.unit_cost * far if stops.size else 0
    return Route(route.kind, stops, times[0], times[1], times[2], loads, starts, now, far, cost, True)


__all__ = ["Change", "Moved", "Replanned", "Why", "replan"]
