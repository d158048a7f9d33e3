"""Plans as they are given: tours with times, loads and cleanings, and why somebody is not carried."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from lianfang.kernels.rides.problem import CLEAN, NEVER, Ints, Problem
from lianfang.kernels.rides.schedule import kind_times, least_times, opening
from lianfang.kernels.rides.state import State, drive_cost
from lianfang.kernels.rides.tables import Tables, cleaned, kinds_of, places_of, tables_of


class Why(IntEnum):
    """Why a request is not carried: the first of these that holds."""

    PLACE = 1  # no vehicle has such a place
    RISK = 2  # no vehicle with the place may carry the class
    CREW = 3  # no vehicle with place and class has the crew
    WINDOW = 4  # no such vehicle, carrying nobody else, is there within the window and its shift
    RIDE = 5  # the way takes longer than the ride may last
    LINKED = 6  # the request linked to it cannot be carried for one of the reasons above
    FULL = 7  # all who could are taken by others


@dataclass(frozen=True)
class Cleaned:
    """A cleaning: before the stop at this index of the route, at a point, from a time on, for so many seconds."""

    before: int
    point: int
    begin: int
    seconds: int


@dataclass(frozen=True)
class Route:
    """What a vehicle does. Of its q stops (as in Problem): arrive, begin of service, leave (q,) seconds; load (q, K)
    after it; risk (q,) the class of the tour it belongs to. Waiting is begin - arrive. It leaves its start at start_at
    and is at its end at end_at. cost: legs, fixed cost."""

    vehicle: int
    stops: Ints
    arrive: Ints
    begin: Ints
    leave: Ints
    load: Ints
    risk: Ints
    start_at: int
    end_at: int
    cleanings: tuple[Cleaned, ...]
    cost: int


@dataclass(frozen=True)
class Dropped:
    """A request that is not carried, and why."""

    request: int
    why: Why


@dataclass(frozen=True)
class Plan:
    """Routes of the vehicles that are used; vehicle (N,) of each request or -1; pickup_at, dropoff_at (N,) begin of
    service, ride (N,) seconds on board, -1 where not carried; dropped with reasons; cost with that of the dropped."""

    routes: tuple[Route, ...]
    vehicle: Ints
    pickup_at: Ints
    dropoff_at: Ints
    ride: Ints
    dropped: tuple[Dropped, ...]
    cost: int

    @property
    def orders(self) -> dict[int, tuple[int, ...]]:
        """The stops of each vehicle that is used."""
        return {r.vehicle: tuple(r.stops.tolist()) for r in self.routes}


def plan_of(problem: Problem, t: Tables, s: State) -> Plan:
    """The plan in the hand of a search, with the kindest times: late starts, short rides."""
    routes = tuple(route_of(problem, t, s.stops[v], v, int(n)) for v, n in enumerate(s.car["count"]) if n)
    n = problem.requests.pickup.size
    begin = np.full(2 * n, -1, np.int64)
    vehicle = np.full(n, -1, np.int64)
    for route in routes:
        begin[route.stops] = route.begin
        vehicle[route.stops[route.stops < n]] = route.vehicle
    there = vehicle >= 0
    ride = np.where(there, begin[n:] - begin[:n] - problem.requests.pickup_service, -1)
    dropped = dropped_of(problem, np.flatnonzero(~there))
    cost = sum(r.cost for r in routes) + int(problem.drop_cost[~there].sum())
    return Plan(routes, vehicle, begin[:n], begin[n:], ride, dropped, cost)


def route_of(problem: Problem, t: Tables, order: Ints, v: int, count: int) -> Route:
    """One vehicle's route; its order keeps all limits."""
    q, n = problem.requests, problem.requests.pickup.size
    stops, times = order[:count].copy(), np.zeros(count + 2, np.int64)
    done = opening(t, v, stops, times)
    if not least_times(t, v, stops, count, done, times, np.zeros(n, np.int64)):
        raise ValueError(f"the order of vehicle {v} cannot be driven")
    kind_times(t, v, stops, count, times)
    begin = times[1:-1]
    leave = begin + t.stop["service"][stops]
    if done:
        leave[done - 1] = max(leave[done - 1], t.vehicle["ready"][v])
    gate = 2 * n + int(t.vehicle["kind"][v])
    legs = t.leg[np.concatenate([[gate], stops[:-1]]), stops]
    arrive = np.concatenate([times[:1], leave[:-1]]) + legs
    arrive[:done] = begin[:done]
    who = stops % n
    party = q.load[who].copy()
    party[:, 0] += q.escort[who]
    load = (np.where(stops < n, 1, -1)[:, None] * party).cumsum(0)
    cost = drive_cost(t, v, stops, count)
    ends = int(times[0]), int(times[-1])
    clean = cleanings_of(problem, v, stops, arrive)
    return Route(v, stops, arrive, begin, leave, load, q.risk[who], *ends, clean, cost)


def cleanings_of(problem: Problem, v: int, stops: Ints, arrive: Ints) -> tuple[Cleaned, ...]:
    """Where and when a vehicle is cleaned on its way; it drives on at once, so each ends a leg before the arrival."""
    q = problem.requests
    point, risk = np.concatenate([q.pickup, q.dropoff]), np.concatenate([q.risk, q.risk])
    at = np.concatenate([[problem.vehicles.start[v]], point[stops[:-1]]])
    was = np.concatenate([[problem.vehicles.last_class[v]], risk[stops[:-1]]])
    _, _, where = cleaned(problem, at, point[stops], was, risk[stops])
    seconds = problem.cleaning.seconds[was, risk[stops]]
    return tuple(
        Cleaned(i, int(p), int(arrive[i] - problem.durations[p, point[stops[i]]] - seconds[i]), int(seconds[i]))
        for i, p in enumerate(where)
        if p >= 0 and was[i] != CLEAN
    )


def dropped_of(problem: Problem, who: Ints) -> tuple[Dropped, ...]:
    """Why requests are not carried, judged by whether each could be if it were alone."""
    if not who.size:
        return ()
    mate = tables_of(problem).person["mate"]
    whys = reasons(problem, np.unique(np.concatenate([who, mate[who][mate[who] >= 0]])))
    out = []
    for r in who.tolist():
        why = whys[r]
        if why == Why.FULL and mate[r] >= 0 and whys[int(mate[r])] != Why.FULL:
            why = Why.LINKED
        out.append(Dropped(r, why))
    return tuple(out)


def reasons(problem: Problem, who: Ints) -> dict[int, Why]:
    """The first reason that holds for each request alone; FULL if it could be carried."""
    q, v = problem.requests, problem.vehicles
    first, _ = kinds_of(problem)
    load, room = places_of(problem, first)
    t = tables_of(problem)
    out = {}
    for r in who.tolist():
        place = (load[r] <= room).all(1)
        risk = place & v.classes[first, q.risk[r]]
        crew = risk & (v.crew[first] >= q.crew[r])
        fits = first[crew]
        if not fits.size:
            out[r] = Why.CREW if risk.any() else Why.RISK if place.any() else Why.PLACE
        elif alone(t, r, fits):
            out[r] = Why.FULL
        else:
            free = t.person.copy()
            free["ride"] = NEVER
            early, late = t.stop["early"].copy(), t.stop["late"].copy()
            early[r], late[r + q.pickup.size] = (
                q.pickup_window[r, 0],
                min(q.dropoff_window[r, 1], q.arrive_by[r] - q.dropoff_service[r]),
            )
            stop = t.stop.copy()
            stop["early"], stop["late"] = early, late
            out[r] = Why.RIDE if alone(t._replace(person=free, stop=stop), r, fits) else Why.WINDOW
    return out


def alone(t: Tables, r: int, vehicles: Ints) -> bool:
    """Whether one of the vehicles, all idle, can carry a request and nobody else."""
    n = t.person.size
    stops, times, where = np.array([r, r + n], np.int64), np.zeros(4, np.int64), np.zeros(n, np.int64)
    for v in vehicles.tolist():
        opening(t, v, stops, times)
        if least_times(t, v, stops, 2, 0, times, where):
            return True
    return False
