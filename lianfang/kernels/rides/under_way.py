"""A day under way as a problem of its own: what is over is out, what has begun stands, what was said is promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from lianfang.kernels.rides.plan import Plan, Route
from lianfang.kernels.rides.problem import NEVER, Ints, Problem
from lianfang.kernels.rides.schedule import plain_times
from lianfang.kernels.rides.tables import Tables, tables_of

LATEST = 10**6  # not to come at all is as bad as to come so many seconds late


@dataclass(frozen=True)
class Change:
    """What happened. late: seconds by vehicle, added to when it is free next; failed: vehicles, each with the point
    where it stands and whoever is on board waits; cancelled: requests not yet on board. New requests need no word:
    they are those of the problem that the plan does not know."""

    late: Mapping[int, int] = field(default_factory=dict)
    failed: Mapping[int, int] = field(default_factory=dict)
    cancelled: frozenset[int] = frozenset()


@dataclass
class Day:
    """The rest of a day. live, cars: requests and vehicles of the rest as indices of the whole; orders: stops of each
    vehicle of the rest as planned so far; done, at, ready as in Tables; touched: requests of failed vehicles."""

    problem: Problem
    live: Ints
    cars: Ints
    orders: dict[int, list[int]]
    done: Ints
    at: Ints
    ready: Ints
    touched: Ints
    ended: tuple[Route, ...]


def stands(problem: Problem, route: Route, begun: Ints, now: int, late: int) -> Ints:
    """Begin of service at the stops of a route that stand: those begun (e,), and the next if the vehicle has to have
    left for it."""
    done = begun.size
    if done == route.stops.size:
        return begun
    n = problem.requests.pickup.size
    free = begun[-1] + _service(problem)[route.stops[done - 1]] if done else route.start_at
    leg = route.arrive[done] - (route.leave[done - 1] if done else route.start_at)
    leaves = max(int(free), int(route.begin[done] - leg))
    if leaves >= now or route.stops.size == 0 or n == 0:
        return begun
    return np.append(begun, max(leaves + int(leg), int(route.begin[done]), now) + late)


def _service(problem: Problem) -> Ints:
    """Service (2N,) at each stop."""
    return np.concatenate([problem.requests.pickup_service, problem.requests.dropoff_service])


def day_of(problem: Problem, plan: Plan, now: int, executed: Mapping[int, Ints], change: Change) -> Day:
    """The rest of the day at a moment; executed: begin of service at the stops begun so far, by vehicle."""
    n, known = problem.requests.pickup.size, plan.vehicle.size
    routes = {r.vehicle: _renumbered(r, known, n) for r in plan.routes}
    fixed, ended, gone, aboard = dict[int, Ints](), list[Route](), set(change.cancelled), dict[int, int]()
    for v, route in routes.items():
        begun = executed.get(v, route.begin[route.begin <= now])
        if v in change.failed or (begun.size == route.stops.size and begun.size):
            ended.append(_cut(route, begun, now))
            over = set(route.stops[: begun.size].tolist())
            gone |= {r for r in over if r + n in over}
            aboard |= {r: change.failed[v] for r in over if r < n and r + n not in over}
        else:
            fixed[v] = stands(problem, route, begun, now, change.late.get(v, 0))
    live = np.array([r for r in range(n) if r not in gone], np.int64)
    cars = np.array([v for v in range(problem.vehicles.start.size) if v not in change.failed], np.int64)
    touched = [r for v in change.failed if v in routes for r in routes[v].stops.tolist() if r < n and r not in gone]
    day = Day(problem, live, cars, {}, *_zeros(cars.size, live.size), np.array(touched, np.int64), tuple(ended))
    place = {int(r): i for i, r in enumerate(live)}
    for i, v in enumerate(cars.tolist()):
        late = now + change.late.get(v, 0)
        if v in fixed:
            _fix(day, i, routes[v], fixed[v], place, late)
        day.ready[i] = max(day.ready[i], late) if day.done[i] else 0
    day.problem = _rest(problem, day, routes, now, change, aboard)
    return day


def _zeros(cars: int, live: int) -> tuple[Ints, Ints, Ints]:
    """done, at, ready."""
    return np.zeros(cars, np.int64), np.zeros(2 * live, np.int64), np.zeros(cars, np.int64)


def _renumbered(route: Route, known: int, n: int) -> Route:
    """A route with drop-offs numbered for the requests there are now."""
    return replace(route, stops=np.where(route.stops < known, route.stops, route.stops + n - known))


def _cut(route: Route, begun: Ints, now: int) -> Route:
    """What a vehicle did, as it was."""
    k = begun.size
    whole = k == route.stops.size
    cleanings = tuple(c for c in route.cleanings if c.before < k)
    parts = (route.stops[:k], route.arrive[:k], begun, route.leave[:k] - route.begin[:k] + begun, route.load[:k])
    end = route.end_at if whole else now
    return Route(route.vehicle, *parts, route.risk[:k], route.start_at, end, cleanings, route.cost if whole else 0)


def _fix(day: Day, i: int, route: Route, times: Ints, place: Mapping[int, int], free: int) -> None:
    """Write what stands of a route, and the order of the rest."""
    n, live = day.problem.requests.pickup.size, day.live.size
    local = [place[s % n] + (live if s >= n else 0) for s in route.stops.tolist() if s % n in place]
    day.orders[i] = local
    day.done[i] = times.size
    day.at[local[: times.size]] = times
    if times.size:
        day.ready[i] = max(int(times[-1] + _service(day.problem)[route.stops[times.size - 1]]), free)


def _rest(
    problem: Problem, day: Day, routes: Mapping[int, Route], now: int, change: Change, aboard: Mapping[int, int]
) -> Problem:
    """The problem of the rest: live requests, vehicles left, nothing before now."""
    q, live = problem.requests, day.live
    place = {int(r): i for i, r in enumerate(live)}
    pickup, window = q.pickup.copy(), q.pickup_window.copy()
    for r, point in aboard.items():
        pickup[r], window[r] = point, (now, NEVER)
    outward = np.array([place.get(int(o), -1) for o in q.outward[live]], np.int64)
    given = {name: getattr(q, name)[live] for name in q.__dataclass_fields__}
    given |= dict(pickup=pickup[live], pickup_window=window[live], outward=outward)
    v, cars = problem.vehicles, day.cars
    fleet = {name: getattr(v, name)[cars].copy() for name in v.__dataclass_fields__}
    for i, car in enumerate(cars.tolist()):
        free = now + change.late.get(car, 0)
        old = routes.get(car)
        if old is not None and (day.done[i] or i not in day.orders):
            fleet["shift"][i, 1] = min(fleet["shift"][i, 1], old.start_at + fleet["max_duration"][i])
            fleet["max_duration"][i] = NEVER
        if old is not None and i not in day.orders:
            fleet["start"][i], fleet["last_class"][i], free = v.end[car], old.risk[-1], max(free, old.end_at)
        fleet["shift"][i, 0] = max(int(fleet["shift"][i, 0]), free)
    return replace(
        problem,
        requests=type(q)(**given),
        vehicles=type(v)(**fleet),
    )


def promised(day: Day, plan: Plan, grace: int, delay_cost: int) -> tuple[Problem, Tables]:
    """The rest with its promises: nobody is picked up before the time said, lateness costs, and limits that cannot be
    kept even if all goes on as planned are as wide as that makes them; who was in a failed vehicle has a grace."""
    q, n = day.problem.requests, day.live.size
    known = day.live < plan.vehicle.size
    said = np.flatnonzero(known)[plan.vehicle[day.live[known]] >= 0]
    up, down = plan.pickup_at[day.live[said]], plan.dropoff_at[day.live[said]]
    moved = np.isin(day.live[said], day.touched)
    window, drop = q.pickup_window.copy(), q.dropoff_window.copy()
    drop[:, 1] = np.minimum(drop[:, 1], q.arrive_by - q.dropoff_service)
    waits = window[said, 0] <= up  # not those left by a failed vehicle, who wait from now on
    window[said, 0] = np.where(waits, up, window[said, 0])
    for w, time in ((window, up), (drop, down)):
        w[said, 1] = np.maximum(w[said, 1], np.where(moved, np.maximum(time, w[said, 0]) + grace, 0))
    limits = dict(pickup_window=window, dropoff_window=drop, arrive_by=np.full(n, NEVER))
    rest = replace(day.problem, requests=replace(q, **limits))
    rest = as_planned(day, rest)
    t = _with_day(day, tables_of(rest))
    for stops, time in ((said, up), (said + n, down)):
        t.stop["due"][stops], t.stop["late_cost"][stops] = time, delay_cost
    t.stop["due"][t.stop["late_cost"] == 0] = NEVER
    t.person["drop_cost"][said] += delay_cost * LATEST
    return rest, t._replace(paced=bool(said.size))


def as_planned(day: Day, rest: Problem) -> Problem:
    """The rest with every limit at least as wide as the times that follow if each vehicle goes on with its order."""
    q, n, v = rest.requests, day.live.size, rest.vehicles
    t = _with_day(day, tables_of(rest))
    up, down, ride = q.pickup_window.copy(), q.dropoff_window.copy(), q.max_ride.copy()
    shift, longest = v.shift.copy(), v.max_duration.copy()
    for i, order in day.orders.items():
        if not order:
            continue
        stops, times = np.array(order, np.int64), np.zeros(len(order) + 2, np.int64)
        plain_times(t, i, stops, stops.size, times, np.zeros(n, np.int64))
        begin = dict(zip(order, times[1:-1].tolist()))
        for r in {stop % n for stop in order}:
            up[r, 1] = max(up[r, 1], begin[r])
            if stops[: day.done[i]].tolist().count(r):
                up[r] = begin[r]
            down[r, 1] = max(down[r, 1], begin[r + n])
            ride[r] = max(ride[r], begin[r + n] - begin[r] - q.pickup_service[r])
        shift[i, 1] = max(shift[i, 1], times[-1])
        longest[i] = max(longest[i], times[-1] - times[0])
    wider = replace(q, pickup_window=up, dropoff_window=down, max_ride=ride)
    return replace(rest, requests=wider, vehicles=replace(v, shift=shift, max_duration=longest))


def _with_day(day: Day, t: Tables) -> Tables:
    """What stands, in the tables."""
    n = day.live.size
    t.vehicle["done"], t.vehicle["ready"], t.stop["at"] = day.done, day.ready, day.at
    for i, order in day.orders.items():
        for stop in order[: day.done[i]]:
            if stop < n:
                t.person["locked"][stop] = 1
    return t
