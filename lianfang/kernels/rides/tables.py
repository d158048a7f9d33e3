"""A problem as flat tables for compiled code: legs with cleaning in them, places as sums over sets of kinds."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from lianfang.kernels.rides.problem import CLEAN, NEVER, Ints, Mask, Problem

FAR = 2**42  # a leg that may not be driven


STOP = ("early", "late", "service", "at", "due", "late_cost")
PERSON = ("ride", "risk", "drop_cost", "direct", "mate", "together", "locked")
KIND = ("early", "late", "longest", "fixed")
VEHICLE = ("kind", "done", "ready")


class Tables(NamedTuple):
    """What compiled code reads; records (`records`) in place of many arrays, since each makes every call longer.

    stop (2N,): early, late, service; and of a plan under way: at, the time of one that stands, due, the time promised,
    late_cost, of each second after it (paced: whether there are any). person (N,): ride, risk, drop_cost, direct, mate
    (the linked request or -1), together (with it in one vehicle), locked (may not be taken out). kind (kinds,) of
    vehicles alike in all things: early, late, longest, fixed. vehicle (V,): kind; done, how many stops stand; ready,
    when it can leave the last of them. leg, leg_cost (2N + 2 kinds, same) with cleaning in them: stops, starts, ends.
    load (N, S) and room (kinds, S) by set of kinds of place; may (kinds, N); near (N, N) others by likeness.
    """

    stop: Any
    person: Any
    kind: Any
    vehicle: Any
    leg: Ints
    leg_cost: Ints
    load: Ints
    room: Ints
    may: Mask
    near: Ints
    paced: bool


def records(size: int, names: tuple[str, ...], **columns: Any) -> Any:
    """Records of whole numbers, those not given 0."""
    made = np.zeros(size, np.dtype([(name, np.int64) for name in names])).view(np.recarray)
    for name, column in columns.items():
        made[name] = column
    return np.asarray(made)


def tables_of(problem: Problem) -> Tables:
    """The tables of a problem in which nothing has begun."""
    q, v = problem.requests, problem.vehicles
    n = q.pickup.size
    first, kind = kinds_of(problem)
    early, late = windows_of(problem)
    load, room = places_of(problem, first)
    mate = mates_of(problem)
    together = q.same_vehicle & (mate >= 0)
    together[mate[together]] = True
    service = np.concatenate([q.pickup_service, q.dropoff_service])
    people = dict(ride=q.max_ride, risk=q.risk, drop_cost=problem.drop_cost, direct=q.direct, mate=mate)
    shift = v.shift[first]
    kinds = dict(early=shift[:, 0], late=shift[:, 1], longest=v.max_duration[first], fixed=v.fixed_cost[first])
    return Tables(
        records(2 * n, STOP, early=early, late=late, service=service),
        records(n, PERSON, together=together, **people),
        records(first.size, KIND, **kinds),
        records(kind.size, VEHICLE, kind=kind),
        *legs_with_depots(problem, first),
        np.ascontiguousarray(load),
        np.ascontiguousarray(room),
        allowed(problem, first, load, room),
        likeness(problem, early, late),
        False,
    )


def legs_with_depots(problem: Problem, first: Ints) -> tuple[Ints, Ints]:
    """Durations and costs between stops, starts and ends (of the vehicles named) as Tables has them."""
    q, v = problem.requests, problem.vehicles
    stop = np.concatenate([q.pickup, q.dropoff])
    m, k = stop.size, first.size
    made = []
    between, start = legs_of(problem), starts_of(problem, first)
    for i, plain in ((0, problem.durations), (1, problem.costs)):
        legs = np.full((m + 2 * k, m + 2 * k), FAR)
        legs[:m, :m], legs[m : m + k, :m] = between[i], start[i]
        legs[:m, m + k :] = plain[stop][:, v.end[first]]
        made.append(legs)
    return made[0], made[1]


def kinds_of(problem: Problem) -> tuple[Ints, Ints]:
    """The first vehicle of each kind, and the kind (V,) of each vehicle."""
    v = problem.vehicles
    count = v.start.size
    columns: list[Any] = [v.start, v.end, v.shift, v.max_duration, v.capacity, v.upgrade, v.classes]
    columns += [v.crew, v.fixed_cost, v.last_class]
    flat = [np.asarray(x, np.int64).reshape(count, -1 if count else 1) for x in columns]
    _, first, kind = np.unique(np.concatenate(flat, 1), axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), kind.reshape(-1).astype(np.int64)


def windows_of(problem: Problem) -> tuple[Ints, Ints]:
    """Earliest and latest begin (2N,) of service: with arrive_by, with what the ride limit makes of the other window,
    and outward trips over when the return may begin."""
    q = problem.requests
    drop_late = np.minimum(q.dropoff_window[:, 1], q.arrive_by - q.dropoff_service)
    home = np.flatnonzero(q.outward >= 0)
    out = q.outward[home]
    drop_late[out] = np.minimum(drop_late[out], q.pickup_window[home, 0] - q.dropoff_service[out])
    drop_late = np.minimum(drop_late, q.pickup_window[:, 1] + q.pickup_service + q.max_ride)
    pick_early = np.maximum(q.pickup_window[:, 0], q.dropoff_window[:, 0] - q.max_ride - q.pickup_service)
    early = np.concatenate([pick_early, q.dropoff_window[:, 0]])
    return early, np.concatenate([q.pickup_window[:, 1], drop_late])


def mates_of(problem: Problem) -> Ints:
    """The other of each linked pair (N,), or -1."""
    outward = problem.requests.outward
    mate = outward.copy()
    home = np.flatnonzero(outward >= 0)
    mate[outward[home]] = home
    return mate


def cleaned(problem: Problem, at: Ints, to: Ints, was: Ints, risk: Ints) -> tuple[Ints, Ints, Ints]:
    """Durations, costs and places of legs between points with the cleaning between classes; was CLEAN is none.

    The place is -1 for no cleaning, the point where it is done, or -2 for no way to do it.
    """
    c = problem.cleaning
    plain = (was == CLEAN) | (was == risk)
    seconds = c.seconds[was, risk]
    spot = c.on_spot[was, risk]
    time = np.where(spot | plain, problem.durations[at, to] + np.where(plain, 0, seconds), FAR)
    cost = problem.costs[at, to]
    where = np.where(plain, -1, np.where(spot, at, -2))
    for p in c.points:
        by = problem.durations[at, p] + seconds + problem.durations[p, to]
        by_cost = problem.costs[at, p] + problem.costs[p, to]
        better = ~plain & ((by < time) | ((by == time) & (by_cost < cost)))
        time, cost, where = (np.where(better, new, old) for new, old in ((by, time), (by_cost, cost), (p, where)))
    return time, cost, where


def legs_of(problem: Problem) -> tuple[Ints, Ints, Ints]:
    """Duration, cost and place of cleaning (2N, 2N) from stop to stop; FAR where classes would meet."""
    q = problem.requests
    n = q.pickup.size
    stop, risk = np.concatenate([q.pickup, q.dropoff]), np.concatenate([q.risk, q.risk])
    a, b = np.meshgrid(np.arange(2 * n), np.arange(2 * n), indexing="ij")
    time, cost, where = cleaned(problem, stop[a], stop[b], risk[a], risk[b])
    meet = (risk[a] != risk[b]) & ((a < n) | (b >= n))
    return np.where(meet, FAR, time), cost, where


def starts_of(problem: Problem, vehicles: Ints) -> tuple[Ints, Ints, Ints]:
    """Duration, cost and place of cleaning (vehicles, 2N) from the start of each to each stop."""
    q, v = problem.requests, problem.vehicles
    stop, risk = np.concatenate([q.pickup, q.dropoff]), np.concatenate([q.risk, q.risk])
    a, b = np.meshgrid(vehicles, np.arange(stop.size), indexing="ij")
    return cleaned(problem, v.start[a], stop[b], v.last_class[a], risk[b])


def places_of(problem: Problem, vehicles: Ints) -> tuple[Ints, Ints]:
    """Loads (N, S) and room (vehicles, S) by set of kinds of place: all fit if no sum exceeds its room (Hall)."""
    q, v = problem.requests, problem.vehicles
    load = q.load.copy()
    kinds = load.shape[1]
    if kinds:
        load[:, 0] += q.escort
    sets = [list(s) for size in range(1, kinds + 1) for s in combinations(range(kinds), size)]
    if not v.upgrade[:, ~np.eye(kinds, dtype=bool)].any():
        sets = sets[:kinds]
    loads = [load[:, s].sum(1) for s in sets]
    rooms = [(v.capacity[vehicles] * v.upgrade[vehicles][:, s].any(1)).sum(1) for s in sets]
    n, m = q.pickup.size, vehicles.size
    return np.array(loads, np.int64).reshape(len(sets), n).T, np.array(rooms, np.int64).reshape(len(sets), m).T


def allowed(problem: Problem, vehicles: Ints, load: Ints, room: Ints) -> Mask:
    """Whether vehicles (rows) may carry requests (columns): class, crew and places, not looking at time."""
    q, v = problem.requests, problem.vehicles
    fits = (load[None, :, :] <= room[:, None, :]).all(2)
    return fits & v.classes[vehicles][:, q.risk] & (v.crew[vehicles][:, None] >= q.crew[None, :])


def likeness(problem: Problem, early: Ints, late: Ints) -> Ints:
    """For each request the others (N, N), those near in place and time first; itself is first."""
    q = problem.requests
    n = q.pickup.size
    way = problem.durations
    direct = way[q.pickup, q.dropoff] + q.pickup_service
    early = np.concatenate([early[:n], np.maximum(early[n:], early[:n] + direct)])
    late = np.concatenate([np.minimum(late[:n], late[n:] - direct), late[n:]])
    place = way[np.ix_(q.pickup, q.pickup)] + way[np.ix_(q.dropoff, q.dropoff)]
    horizon = int(np.where(late < NEVER, late, 0).max(initial=0))
    middle = (early + np.minimum(late, max(horizon, 1))) // 2
    apart = np.abs(middle[:n, None] - middle[None, :n]) + np.abs(middle[n:, None] - middle[None, n:])
    score = place + apart // 4 + np.where(q.risk[:, None] == q.risk[None, :], 0, int(place.max(initial=0)))
    np.fill_diagonal(score, -1)
    return np.argsort(score, axis=1, kind="stable").astype(np.int64)
