"""What tests of rides are held against: every assignment, every order, schedules by relaxing all constraints."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lianfang.kernels.rides import CLEAN, Problem


def ticking(step: float = 0.02) -> Callable[[], float]:
    """A clock that moves by a step at every look: runs do not depend on the machine."""
    ticks = itertools.count()
    return lambda: next(ticks) * step


def least_cost(problem: Problem) -> int:
    """The least cost there is, by trying every assignment of requests to vehicles or to none, and every order."""
    n, m = problem.requests.pickup.size, problem.vehicles.start.size
    drop = problem.drop_cost.tolist()
    tour: dict[tuple[int, tuple[int, ...]], int | None] = {}
    best = sum(drop)
    for given in itertools.product(range(-1, m), repeat=n):
        if not _linked(problem, given):
            continue
        cost = sum(d for d, v in zip(drop, given) if v < 0)
        for v in range(m):
            who = tuple(r for r in range(n) if given[r] == v)
            if (v, who) not in tour:
                tour[v, who] = _cheapest_tour(problem, v, who)
            one = tour[v, who]
            if one is None:
                break
            cost += one
        else:
            best = min(best, cost)
    return best


def _linked(problem: Problem, given: tuple[int, ...]) -> bool:
    for r, o in enumerate(problem.requests.outward.tolist()):
        if o >= 0 and (given[r] < 0) != (given[o] < 0):
            return False
        if o >= 0 and problem.requests.same_vehicle[r] and given[r] != given[o]:
            return False
    return True


def _cheapest_tour(problem: Problem, v: int, who: tuple[int, ...]) -> int | None:
    if not who:
        return 0
    costs = [c for order in _orders(who, (), ()) if (c := _cost(problem, v, order)) is not None]
    return min(costs) if costs else None


def _orders(
    waiting: tuple[int, ...], aboard: tuple[int, ...], done: tuple[tuple[int, bool], ...]
) -> Iterator[tuple[tuple[int, bool], ...]]:
    """Orders as (request, whether it is the pick-up)."""
    if not waiting and not aboard:
        yield done
    for r in waiting:
        yield from _orders(tuple(x for x in waiting if x != r), (*aboard, r), (*done, (r, True)))
    for r in aboard:
        yield from _orders(waiting, tuple(x for x in aboard if x != r), (*done, (r, False)))


def _cost(problem: Problem, v: int, order: tuple[tuple[int, bool], ...]) -> int | None:
    """Cost of an order, None if it breaks something."""
    q, veh, c = problem.requests, problem.vehicles, problem.cleaning
    aboard: list[int] = []
    for r, up in order:
        if not veh.classes[v, q.risk[r]] or veh.crew[v] < q.crew[r]:
            return None
        if up:
            if aboard and (q.direct[r] or any(q.direct[a] or q.risk[a] != q.risk[r] for a in aboard)):
                return None
            aboard.append(r)
            if not _seats(problem, v, aboard):
                return None
        else:
            aboard.remove(r)
    cost, legs = int(veh.fixed_cost[v]), list[int]()
    here, was = int(veh.start[v]), int(veh.last_class[v])
    for r, up in order:
        to = int(q.pickup[r] if up else q.dropoff[r])
        ways = [(int(problem.durations[here, to]), int(problem.costs[here, to]))]
        if was not in (CLEAN, int(q.risk[r])):
            takes = int(c.seconds[was, q.risk[r]])
            ways = [(ways[0][0] + takes, ways[0][1])] if c.on_spot[was, q.risk[r]] else []
            for p in c.points.tolist():
                time = int(problem.durations[here, p] + problem.durations[p, to]) + takes
                ways.append((time, int(problem.costs[here, p] + problem.costs[p, to])))
        if not ways:
            return None
        time, price = min(ways)
        legs.append(time)
        cost += price
        here, was = to, int(q.risk[r])
    legs.append(int(problem.durations[here, veh.end[v]]))
    cost += int(problem.costs[here, veh.end[v]])
    return cost if _schedulable(problem, v, order, legs) else None


def _seats(problem: Problem, v: int, aboard: list[int]) -> bool:
    """Whether all have places, by trying every way to hand them out."""
    q, veh = problem.requests, problem.vehicles
    kinds = q.load.shape[1]
    people = [
        k for r in aboard for k in range(kinds) for _ in range(int(q.load[r, k]) + (k == 0 and bool(q.escort[r])))
    ]
    for taken in itertools.product(range(kinds), repeat=len(people)):
        fits = all(veh.upgrade[v, k, b] for k, b in zip(people, taken))
        if fits and all(taken.count(b) <= veh.capacity[v, b] for b in range(kinds)):
            return True
    return not people


def _schedulable(problem: Problem, v: int, order: tuple[tuple[int, bool], ...], legs: list[int]) -> bool:
    """Whether times exist: longest paths over all differences, until nothing moves or a circle shows (Bellman-Ford)."""
    q, veh = problem.requests, problem.vehicles
    size = len(order) + 2
    low, high = [int(veh.shift[v, 0])] * size, [int(veh.shift[v, 1])] * size
    place = {stop: i for i, stop in enumerate(order, 1)}
    edges = [(size - 1, 0, -int(veh.max_duration[v]))]
    service = [0] + [int((q.pickup_service if up else q.dropoff_service)[r]) for r, up in order]
    edges += [(i, i + 1, service[i] + legs[i]) for i in range(size - 1)]
    for (r, up), i in place.items():
        window = (q.pickup_window if up else q.dropoff_window)[r]
        low[i], high[i] = int(window[0]), int(window[1])
        if not up:
            high[i] = min(high[i], int(q.arrive_by[r] - q.dropoff_service[r]))
            back = [int(q.pickup_window[x, 0]) for x, o in enumerate(q.outward.tolist()) if o == r]
            high[i] = min([high[i], *(b - int(q.dropoff_service[r]) for b in back)])
            edges.append((i, place[r, True], -int(q.max_ride[r] + q.pickup_service[r])))
    time = low[:]
    for _ in range(size + 1):
        before = time[:]
        for a, b, least in edges:
            time[b] = max(time[b], time[a] + least)
        if time == before:
            return all(x <= h for x, h in zip(time, high))
    return False


def small(seed: int, n: int, m: int, **given: Any) -> dict[str, Any]:
    """Numbers of a random problem of n requests and m vehicles on a small map, tight enough to matter."""
    rng = np.random.default_rng(seed)
    points = 2 * n + 2
    xy = rng.integers(0, 40, (points, 2))
    way = np.abs(xy[:, None] - xy[None]).sum(2) + rng.integers(0, 3, (points, points))
    np.fill_diagonal(way, 0)
    early = rng.integers(0, 150, n)
    return {
        "rng": rng,
        "way": way.astype(np.int64),
        "pickup": np.arange(n),
        "dropoff": np.arange(n, 2 * n),
        "early": early,
        **given,
    }
