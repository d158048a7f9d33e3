"""What a plan breaks: judges any plan, proposed or edited by hand, from the problem alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lianfang.kernels.rides.plan import Cleaned, Plan, Route
from lianfang.kernels.rides.problem import CLEAN, Problem


@dataclass(frozen=True)
class Fault:
    """A broken rule: which, of what vehicle, and of which request (-1: the route as a whole)."""

    rule: str
    vehicle: int
    request: int


def faults(problem: Problem, plan: Plan) -> tuple[Fault, ...]:
    """Every rule a plan breaks; of a plan that was proposed there is none.

    Rules: travel, pickup_window, dropoff_window, arrive_by, ride, order, twice, shift, duration, places, risk, class,
    crew, cleaning, direct, linked, outward. Times are those of the plan.
    """
    found = [f for route in plan.routes for f in _of_route(problem, route)]
    seen = [int(stop) for route in plan.routes for stop in route.stops]
    found += [Fault("twice", -1, s % problem.requests.pickup.size) for s in set(seen) if seen.count(s) > 1]
    outward = problem.requests.outward
    for r in np.flatnonzero(outward >= 0).tolist():
        o = int(outward[r])
        if (plan.vehicle[r] < 0) != (plan.vehicle[o] < 0):
            found.append(Fault("linked", int(plan.vehicle[r]), r))
        elif plan.vehicle[r] >= 0:
            if problem.requests.same_vehicle[r] and plan.vehicle[r] != plan.vehicle[o]:
                found.append(Fault("linked", int(plan.vehicle[r]), r))
            if plan.dropoff_at[o] + problem.requests.dropoff_service[o] > plan.pickup_at[r]:
                found.append(Fault("outward", int(plan.vehicle[r]), r))
    return tuple(found)


def _of_route(problem: Problem, route: Route) -> list[Fault]:
    """What one route breaks."""
    v, vehicles = route.vehicle, problem.vehicles
    found = [*_times(problem, route), *_aboard(problem, route), *_legs(problem, route)]
    if route.start_at < vehicles.shift[v, 0] or route.end_at > vehicles.shift[v, 1]:
        found.append(Fault("shift", v, -1))
    if route.end_at - route.start_at > vehicles.max_duration[v]:
        found.append(Fault("duration", v, -1))
    return found


def _times(problem: Problem, route: Route) -> list[Fault]:
    """Windows, rides, and whether each pick-up has its drop-off behind it."""
    q, v, found = problem.requests, route.vehicle, list[Fault]()
    n = q.pickup.size
    begin = {int(s): int(b) for s, b in zip(route.stops, route.begin)}
    for r in {s % n for s in begin}:
        up, down = begin.get(r), begin.get(r + n)
        if up is None or down is None or down < up + q.pickup_service[r]:
            found.append(Fault("order", v, r))
            continue
        checks = {
            "pickup_window": q.pickup_window[r, 0] <= up <= q.pickup_window[r, 1],
            "dropoff_window": q.dropoff_window[r, 0] <= down <= q.dropoff_window[r, 1],
            "arrive_by": down + q.dropoff_service[r] <= q.arrive_by[r],
            "ride": down - up - q.pickup_service[r] <= q.max_ride[r],
            "class": problem.vehicles.classes[v, q.risk[r]],
            "crew": problem.vehicles.crew[v] >= q.crew[r],
        }
        found += [Fault(rule, v, r) for rule, holds in checks.items() if not holds]
    return found


def _aboard(problem: Problem, route: Route) -> list[Fault]:
    """Places, classes that meet, direct rides."""
    q, v, found, aboard = problem.requests, route.vehicle, list[Fault](), list[int]()
    n = q.pickup.size
    for stop in route.stops.tolist():
        r = stop % n
        if stop < n:
            if any(q.risk[a] != q.risk[r] for a in aboard):
                found.append(Fault("risk", v, r))
            if aboard and (q.direct[r] or any(q.direct[a] for a in aboard)):
                found.append(Fault("direct", v, r))
            aboard.append(r)
        elif r in aboard:
            aboard.remove(r)
        if not _seated(problem, v, aboard):
            found.append(Fault("places", v, r))
    return found


def _seated(problem: Problem, v: int, aboard: list[int]) -> bool:
    """Whether all on board have places, some kinds standing in for others: every set of kinds has room enough."""
    kinds = problem.requests.load.shape[1]
    load = [int(problem.requests.load[aboard, k].sum()) for k in range(kinds)]
    if kinds:
        load[0] += int(problem.requests.escort[aboard].sum())
    for chosen in range(1, 1 << kinds):
        inside = [k for k in range(kinds) if chosen >> k & 1]
        open_to = problem.vehicles.upgrade[v][inside].any(0)
        if sum(load[k] for k in inside) > int(problem.vehicles.capacity[v][open_to].sum()):
            return False
    return True


def _legs(problem: Problem, route: Route) -> list[Fault]:
    """Travel from stop to stop, with the cleaning that stands between classes."""
    q, v, found = problem.requests, route.vehicle, list[Fault]()
    n, way = q.pickup.size, problem.durations
    service = np.concatenate([q.pickup_service, q.dropoff_service])
    at = np.concatenate([q.pickup, q.dropoff])
    cleanings = {c.before: c for c in route.cleanings}
    here, left, was = int(problem.vehicles.start[v]), route.start_at, int(problem.vehicles.last_class[v])
    for i, stop in enumerate(route.stops.tolist()):
        r, clean = stop % n, cleanings.get(i)
        asked = was not in (CLEAN, int(q.risk[r]))
        if asked and (clean is None or not _is_clean(problem, clean, was, r, here, left)):
            found.append(Fault("cleaning", v, r))
        if clean is not None:
            here, left = clean.point, clean.begin + clean.seconds
        if left + way[here, at[stop]] > route.begin[i]:
            found.append(Fault("travel", v, r))
        here, left, was = int(at[stop]), int(route.begin[i] + service[stop]), int(q.risk[r])
    if left + way[here, problem.vehicles.end[v]] > route.end_at:
        found.append(Fault("travel", v, -1))
    return found


def _is_clean(problem: Problem, clean: Cleaned, was: int, r: int, here: int, left: int) -> bool:
    """Whether a cleaning is long enough, at a place for it, and begins once the vehicle is there."""
    c, risk = problem.cleaning, int(problem.requests.risk[r])
    place = clean.point in c.points or (clean.point == here and c.on_spot[was, risk])
    there = left + problem.durations[here, clean.point] <= clean.begin if clean.point != here else left <= clean.begin
    return bool(place and there and clean.seconds >= c.seconds[was, risk])
