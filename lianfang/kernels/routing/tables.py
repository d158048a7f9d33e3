"""A problem as flat arrays for compiled code: visits and the ends of each kind of vehicle in one numbering."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.routing.problem import ALWAYS, REQUIRED, Ints, Problem

NONE = -1
Narrow = NDArray[np.int32]


class Tables(NamedTuple):
    """N visits, then 2 V ends (begin and end of each kind), in one numbering; T tasks, R vehicles, D kinds of load.

    dist, dist_to, dur, dur_to (P, N + 2 V, N + 2 V): from row to column, and its transpose; near (N, N) visits in
    order of distance; opens, closes (N, K), windows (N,) how many; first, last (N,) of all windows; service (N + 2 V,);
    delivery, pickup, amount (N, D), amount only at the picking; mate (N,) the other visit of a shipment or NONE;
    capacity (V, D); allowed (T, V); kind (R,); penalty (T,) of leaving a task out.
    """

    dist: Narrow
    dist_to: Narrow
    dur: Narrow
    dur_to: Narrow
    near: Narrow
    opens: Ints
    closes: Ints
    windows: Ints
    first: Ints
    last: Ints
    service: Ints
    delivery: Ints
    pickup: Ints
    amount: Ints
    step: Ints
    mate: Ints
    capacity: Ints
    profile: Ints
    begins: Ints
    ends: Ints
    fixed: Ints
    unit: Ints
    allowed: NDArray[np.uint8]
    kind: Ints
    penalty: Ints
    timed: bool


def tables_of(problem: Problem, *, spare: int = 0) -> Tables:
    """The arrays; vehicles of a kind beyond one for each task and `spare` could only stand idle."""
    place, service, opens, closes = _visits(problem)
    ends = [p for v in problem.vehicles for p in (v.begin, v.end)]
    every = np.concatenate([place, np.array(ends, np.int64)])
    dist = np.stack([t.distance[np.ix_(every, every)] for t in problem.travel]).astype(np.int32)
    dur = np.stack([t.duration[np.ix_(every, every)] for t in problem.travel]).astype(np.int32)
    n, tasks = place.size, problem.tasks
    used = opens <= closes
    count = used.sum(1)
    fleet = problem.vehicles
    kinds = [k for k, v in enumerate(fleet) for _ in range(min(v.count, tasks + spare))]
    columns = [(v.profile, v.opens, v.closes, v.fixed_cost, v.unit_cost) for v in fleet]
    profile, begins, stops, fixed, unit = np.array(columns, np.int64).reshape(-1, 5).T.copy()
    ship = np.arange(problem.shipments.prize.size)
    half = problem.jobs.prize.size
    mate = np.concatenate([np.full(half, NONE), half + ship.size + ship, half + ship])
    return Tables(
        dist,
        _turned(dist),
        dur,
        _turned(dur),
        np.argsort(dist[0, :n, :n] + dist[0, :n, :n].T, axis=1, kind="stable").astype(np.int32),
        opens,
        closes,
        count,
        np.where(count > 0, opens[:, 0] if opens.size else 0, ALWAYS),
        np.where(used, closes, -1).max(1, initial=-1),
        np.concatenate([service, np.zeros(len(ends), np.int64)]),
        *_amounts(problem),
        mate.astype(np.int64),
        np.array([v.capacity for v in fleet], np.int64).reshape(len(fleet), problem.loads),
        profile,
        begins,
        stops,
        fixed,
        unit,
        problem.allowed.astype(np.uint8),
        np.array(kinds, np.int64),
        penalties(problem),
        bool(problem.shipments.prize.size or opens.max(initial=0) > 0 or _may_be_late(problem, closes, dur, service)),
    )


def _may_be_late(problem: Problem, closes: Ints, dur: Narrow, service: Ints) -> bool:
    """Whether a vehicle that serves everything one after the other could come too late anywhere."""
    longest = int(dur.max(initial=0)) * (problem.tasks + 1) + int(service.sum())
    first = max((v.opens for v in problem.vehicles), default=0)
    last = min([ALWAYS, *(v.closes for v in problem.vehicles), *closes[closes >= 0].tolist()])
    return bool(first + longest > last)


def penalties(problem: Problem) -> Ints:
    """(T,) what leaving a task out counts: its prize, or for a required one more than any plan could cost."""
    prize = np.concatenate([problem.jobs.prize, problem.shipments.prize])
    far = max((int(t.distance.max(initial=0)) for t in problem.travel), default=0)
    unit = max((v.unit_cost for v in problem.vehicles), default=0)
    fixed = max((v.fixed_cost for v in problem.vehicles), default=0)
    most = min(4 * (far * unit + 1) + fixed + int(prize.max(initial=0)), 2**40)
    return np.where(prize == REQUIRED, most, prize)


def _turned(matrices: Narrow) -> Narrow:
    """The transposes; the same array where nothing changes, which halves what the processor's cache must hold."""
    turned = matrices.transpose(0, 2, 1)
    return matrices if np.array_equal(turned, matrices) else np.ascontiguousarray(turned)


def _visits(problem: Problem) -> tuple[Ints, Ints, Ints, Ints]:
    """Place, service, opens and closes of all visits; windows filled up to the same number."""
    parts = (problem.jobs.visits, problem.shipments.pick, problem.shipments.drop)
    most = max(v.opens.shape[1] for v in parts)

    def wide(array: Ints, filled: int) -> Ints:
        out = np.full((array.shape[0], most), filled, np.int64)
        out[:, : array.shape[1]] = array
        return out

    return (
        np.concatenate([v.place for v in parts]),
        np.concatenate([v.service for v in parts]),
        np.concatenate([wide(v.opens, ALWAYS) for v in parts]),
        np.concatenate([wide(v.closes, -1) for v in parts]),
    )


def _amounts(problem: Problem) -> tuple[Ints, Ints, Ints, Ints]:
    """Delivery, pickup and shipped amount of each visit, and how the load changes at it."""
    j, s = problem.jobs, problem.shipments
    none = np.zeros_like(s.amount)
    jobs = np.zeros_like(j.delivery)
    return (
        np.concatenate([j.delivery, none, none]),
        np.concatenate([j.pickup, none, none]),
        np.concatenate([jobs, s.amount, none]),
        np.concatenate([j.pickup - j.delivery, s.amount, -s.amount]),
    )
