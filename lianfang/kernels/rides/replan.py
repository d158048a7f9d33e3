"""A plan changed while it runs: what was done stands, who is on board stays there, and what was said changes least."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lianfang.kernels.rides.plan import Dropped, Plan, Route, plan_of
from lianfang.kernels.rides.problem import Ints, Problem
from lianfang.kernels.rides.propose import ready, searched
from lianfang.kernels.rides.under_way import Change, Day, day_of, promised


@dataclass(frozen=True)
class Moved:
    """A promise that changes: seconds later (or, set down, earlier if below 0) than said, and the vehicles; to is -1 if
    the request is dropped."""

    request: int
    pickup_seconds: int
    dropoff_seconds: int
    was: int
    to: int


@dataclass(frozen=True)
class Broken:
    """A limit that can no longer be kept: pickup, dropoff or ride, of a request, by so many seconds."""

    rule: str
    request: int
    seconds: int


@dataclass(frozen=True)
class Replanned:
    """The plan from now on, whose routes hold what stands of them; ended: routes that are over, of vehicles that failed
    or had come home, as they were driven; moved and broken, in order of requests."""

    plan: Plan
    ended: tuple[Route, ...]
    moved: tuple[Moved, ...]
    broken: tuple[Broken, ...]


def replan(
    problem: Problem,
    plan: Plan,
    *,
    now: int,
    change: Change,
    executed: Mapping[int, Ints] | None = None,
    seconds: float = 1.0,
    rng: np.random.Generator,
    clock: Callable[[], float],
    stop: Callable[[], bool] = lambda: False,
    workers: int = 1,
    grace: int = 3600,
    delay_cost: int = 100,
) -> Replanned:
    """Plan anew from a moment on.

    Takes:   problem, the whole of it, with new requests behind those the plan knows; executed, begin of service at the
             stops begun so far by vehicle (as planned up to now where not given; a Change may make later stops late);
             grace seconds of those in failed vehicles; delay_cost of each second a promised time is late.
    Gives:   stops begun, and the next one of a vehicle that has to have left for it, as they were; who is on board is
             set down by his vehicle unless it failed: then he waits at its point from now on. Nobody is picked up
             before the time said. A limit gives way only as far as the old order makes it late, or by grace.
    Raises:  ValueError for a problem smaller than the plan.
    Edge:    a vehicle that failed or came home keeps its route in `ended`; home again, it may go out once more from
             its end. The cost of the plan is that of its routes from their start, without the lateness.
    Source:  docs/sources.md#dial-a-ride
    """
    if plan.vehicle.size > problem.requests.pickup.size:
        raise ValueError("the plan knows more requests than the problem")
    ready()
    day = day_of(problem, plan, now, executed or {}, change)
    rest, tables = promised(day, plan, grace, delay_cost)
    state = searched(tables, seconds, rng, clock, stop, day.orders, workers)
    whole = _whole(problem, plan, day, plan_of(rest, tables, state))
    return Replanned(whole, day.ended, _moved(plan, whole, change), _broken(problem, whole))


def _whole(problem: Problem, plan: Plan, day: Day, part: Plan) -> Plan:
    """The plan of the rest with the numbers of the whole, and what is over beside it."""
    n, live = problem.requests.pickup.size, day.live
    old = {r.vehicle: r for r in plan.routes}
    number = np.concatenate([live, live + n])
    vehicle, up, down, ride = (np.full(n, -1, np.int64) for _ in range(4))
    for route in day.ended:
        over = [r for r in route.stops.tolist() if r < n and r + n in route.stops]
        vehicle[over] = route.vehicle
        up[over], down[over], ride[over] = plan.pickup_at[over], plan.dropoff_at[over], plan.ride[over]
    there = part.vehicle >= 0
    vehicle[live[there]] = day.cars[part.vehicle[there]]
    up[live], down[live] = np.where(there, part.pickup_at, up[live]), np.where(there, part.dropoff_at, down[live])
    ride[live] = np.where(there, part.ride, -1)
    routes = [_numbered(r, number, int(day.cars[r.vehicle]), old, int(day.done[r.vehicle])) for r in part.routes]
    dropped = tuple(Dropped(int(live[d.request]), d.why) for d in part.dropped)
    return Plan(tuple(routes), vehicle, up, down, ride, dropped, part.cost + sum(r.cost for r in day.ended))


def _numbered(route: Route, number: Ints, v: int, old: Mapping[int, Route], done: int) -> Route:
    """A route of the rest with the numbers of the whole, begun when it did."""
    route = replace(route, vehicle=v, stops=number[route.stops])
    if not done or v not in old:
        return route
    k = done - (0 if route.begin[done - 1] == old[v].begin[done - 1] else 1)
    arrive = np.concatenate([old[v].arrive[:k], route.arrive[k:]])
    return replace(route, start_at=old[v].start_at, arrive=arrive)


def _moved(plan: Plan, whole: Plan, change: Change) -> tuple[Moved, ...]:
    """Whose times or vehicle are not as said."""
    out = []
    for r in np.flatnonzero(plan.vehicle >= 0).tolist():
        was, to = int(plan.vehicle[r]), int(whole.vehicle[r])
        if r in change.cancelled:
            continue
        later = (0, 0)
        if to >= 0:
            later = int(whole.pickup_at[r] - plan.pickup_at[r]), int(whole.dropoff_at[r] - plan.dropoff_at[r])
        if was != to or any(later):
            out.append(Moved(r, *later, was, to))
    return tuple(out)


def _broken(problem: Problem, whole: Plan) -> tuple[Broken, ...]:
    """Which limits of the requests give way, and by how much."""
    q, there = problem.requests, whole.vehicle >= 0
    down = np.minimum(q.dropoff_window[:, 1], q.arrive_by - q.dropoff_service)
    over = {
        "pickup": whole.pickup_at - q.pickup_window[:, 1],
        "dropoff": whole.dropoff_at - down,
        "ride": whole.ride - q.max_ride,
    }
    found = [(r, rule) for rule, by in over.items() for r in np.flatnonzero(there & (by > 0)).tolist()]
    return tuple(Broken(rule, r, int(over[rule][r])) for r, rule in sorted(found))
