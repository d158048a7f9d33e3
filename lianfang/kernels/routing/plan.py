"""A plan: routes with times and loads, what is not served and why, and what it all costs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from lianfang.kernels.routing.problem import RELOAD, Ints, Problem, Vehicle, Visits
from lianfang.kernels.routing.tables import penalties


class Why(StrEnum):
    """Why a task is not served: nobody may; too heavy; no window can be met; its prize is less than it costs; the
    vehicles there are have no room or time left."""

    NOT_ALLOWED = "not_allowed"
    TOO_LARGE = "too_large"
    TOO_LATE = "too_late"
    TOO_DEAR = "too_dear"
    NO_ROOM = "no_room"


@dataclass(frozen=True, eq=False)
class Route:
    """One vehicle's way: its kind, and stops (m,) as visits or RELOAD - k.

    arrives, begins, leaves (m,): reaching the place, begin and end of service. loads (m + 1, D) on each leg. starts_at,
    ends_at: leaving as early as the shift allows, and being back. fits: nothing is too late or too heavy.
    """

    kind: int
    stops: Ints
    arrives: Ints
    begins: Ints
    leaves: Ints
    loads: Ints
    starts_at: int
    ends_at: int
    distance: int
    cost: int
    fits: bool


@dataclass(frozen=True)
class Unserved:
    """A task that is left out, and why."""

    task: int
    why: Why


@dataclass(frozen=True, eq=False)
class Plan:
    """Routes of the vehicles that drive, what is left out; cost with the prizes of what is left out (a required task
    counts nothing here: it stands in unserved). fleet_bound: no plan that serves the same has fewer vehicles.
    progress (seconds, vehicles, cost) each time the plan got better."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost: int
    distance: int
    fleet_bound: int
    progress: tuple[tuple[float, int, int], ...] = ()

    @property
    def is_fleet_minimal(self) -> bool:
        """Whether it is certain that no plan with fewer vehicles serves the same."""
        return len(self.routes) <= self.fleet_bound


def visit_at(problem: Problem, visit: int) -> tuple[Visits, int]:
    """The visits a number belongs to, and its row there."""
    jobs, ships = problem.jobs.prize.size, problem.shipments.prize.size
    if visit < jobs:
        return problem.jobs.visits, visit
    if visit < jobs + ships:
        return problem.shipments.pick, visit - jobs
    return problem.shipments.drop, visit - jobs - ships


def begin_of_service(at: Visits, row: int, arrives: int) -> int | None:
    """When service may begin on arriving; none after the last window."""
    for opens, closes in zip(at.opens[row].tolist(), at.closes[row].tolist()):
        if opens <= closes and arrives <= closes:
            return int(max(arrives, opens))
    return None


def route_of(problem: Problem, kind: int, stops: list[int]) -> Route:
    """The times and loads of a vehicle that leaves as early as it may and as its goods allow.

    Takes:  stops, visits or RELOAD - k. Gives: the route, with fits False where it breaks a window, the shift or the
            capacity; a visit after its last window is then counted as begun on arriving.
    """
    vehicle = problem.vehicles[kind]
    travel = problem.travel[vehicle.profile]
    ready = _ready(problem, stops)
    starts = max(vehicle.opens, ready[0])
    place, now, far, fits = vehicle.begin, starts, 0, True
    times = np.zeros((3, len(stops)), np.int64)
    for i, stop in enumerate(stops):
        to = _place(problem, vehicle, stop)
        now += int(travel.duration[place, to])
        far += int(travel.distance[place, to])
        times[0, i] = now
        if stop <= RELOAD:
            begins, service = max(now, ready[i + 1]), 0
        else:
            at, row = visit_at(problem, stop)
            found = begin_of_service(at, row, now)
            fits = fits and found is not None
            begins, service = now if found is None else found, int(at.service[row])
        now = begins + service
        times[1, i], times[2, i] = begins, now
        place = to
    far += int(travel.distance[place, vehicle.end])
    ends = now + int(travel.duration[place, vehicle.end])
    loads = loads_of(problem, stops)
    fits = fits and ends <= vehicle.closes and bool((loads <= np.array(vehicle.capacity)).all() and (loads >= 0).all())
    cost = vehicle.fixed_cost + vehicle.unit_cost * far
    return Route(kind, np.array(stops, np.int64), times[0], times[1], times[2], loads, starts, ends, far, cost, fits)


def loads_of(problem: Problem, stops: list[int]) -> Ints:
    """(m + 1, D) what is aboard on each leg; at a reload all that was collected is set down."""
    jobs, ships = problem.jobs.prize.size, problem.shipments.prize.size
    loads = np.zeros((len(stops) + 1, problem.loads), np.int64)
    cuts = [-1, *(i for i, s in enumerate(stops) if s <= RELOAD), len(stops)]
    for first, last in pairwise(cuts):
        inner = stops[first + 1 : last]
        own = [s for s in inner if s < jobs]
        loads[first + 1] = problem.jobs.delivery[own].sum(0)
        for i, s in enumerate(inner, first + 1):
            if s < jobs:
                step = problem.jobs.pickup[s] - problem.jobs.delivery[s]
            elif s < jobs + ships:
                step = problem.shipments.amount[s - jobs]
            else:
                step = -problem.shipments.amount[s - jobs - ships]
            loads[i + 1] = loads[i] + step
    return loads


def plan_of(
    problem: Problem, routes: list[tuple[int, list[int]]], progress: tuple[tuple[float, int, int], ...] = ()
) -> Plan:
    """The plan that these (kind, stops) make; empty ones are left out."""
    found = tuple(route_of(problem, kind, stops) for kind, stops in routes if any(s >= 0 for s in stops))
    served = {int(s) for r in found for s in r.stops if s >= 0}
    out = [t for t in range(problem.tasks) if t not in served]
    prize = np.concatenate([problem.jobs.prize, problem.shipments.prize])
    lost = sum(max(int(prize[t]), 0) for t in out)
    distance = sum(r.distance for r in found)
    reasons = tuple(Unserved(t, why_not(problem, t)) for t in out)
    bound = fleet_bound(problem, sorted(set(range(problem.tasks)) - set(out)))
    return Plan(found, reasons, lost + sum(r.cost for r in found), distance, bound, progress)


def why_not(problem: Problem, task: int) -> Why:
    """Why a task cannot be served or is not: what no vehicle of its own could do first."""
    kinds = [k for k, v in enumerate(problem.vehicles) if problem.allowed[task, k] and v.count > 0]
    if not kinds:
        return Why.NOT_ALLOWED
    jobs, ships = problem.jobs.prize.size, problem.shipments.prize.size
    stops = [task] if task < jobs else [task, task + ships]
    alone = [route_of(problem, k, stops) for k in kinds]
    holds = [bool((r.loads <= np.array(problem.vehicles[r.kind].capacity)).all()) for r in alone]
    if not any(holds):
        return Why.TOO_LARGE
    able = [r for r in alone if r.fits]
    if not able:
        return Why.TOO_LATE
    prize = int(np.concatenate([problem.jobs.prize, problem.shipments.prize])[task])
    return Why.TOO_DEAR if 0 <= prize < min(r.cost for r in able) else Why.NO_ROOM


def fleet_bound(problem: Problem, tasks: list[int]) -> int:
    """No fewer vehicles than this serve the tasks: what they weigh over the largest capacities, one trip each."""
    if not tasks:
        return 0
    jobs = [t for t in tasks if t < problem.jobs.prize.size]
    if any(v.reload_at for v in problem.vehicles):
        return 1
    bound = 1
    for d in range(problem.loads):
        want = max(int(problem.jobs.delivery[jobs, d].sum()), int(problem.jobs.pickup[jobs, d].sum()))
        room = sorted((v.capacity[d] for v in problem.vehicles for _ in range(min(v.count, len(tasks)))), reverse=True)
        bound = max(bound, int(np.searchsorted(np.cumsum(room), want)) + 1 if want else 1)
    return bound


def better_of(problem: Problem, first: Plan, second: Plan, *, fewest_vehicles: bool = False) -> Plan:
    """The plan that leaves out less, then (if asked) has fewer vehicles, then costs less; the first if even."""
    weight = penalties(problem)

    def key(plan: Plan) -> tuple[int, int, int]:
        out = int(sum(weight[u.task] for u in plan.unserved))
        if fewest_vehicles:
            return out, len(plan.routes), sum(r.cost for r in plan.routes)
        return out + sum(r.cost for r in plan.routes), 0, 0

    return second if key(second) < key(first) else first


def _place(problem: Problem, vehicle: Vehicle, stop: int) -> int:
    if stop <= RELOAD:
        return vehicle.reload_at[RELOAD - stop]
    at, row = visit_at(problem, stop)
    return int(at.place[row])


def _ready(problem: Problem, stops: list[int]) -> dict[int, int]:
    """When the goods of each trip are ready, by the stop after the depot from which the trip goes out."""
    jobs = problem.jobs.prize.size
    out, begin = {0: 0}, 0
    for i, stop in enumerate(stops):
        if stop <= RELOAD:
            begin = i + 1
            out[begin] = 0
        elif stop < jobs:
            out[begin] = max(out[begin], int(problem.jobs.ready[stop]))
    return out
