"""What a routing problem is made of: travel, vehicles, jobs from a depot, shipments between places; all whole numbers.

Places count from 0 and are rows of the travel matrices. Visits are numbered: jobs 0..J-1, the picking up of shipment s
J + s, its dropping J + S + s. Tasks are jobs 0..J-1 and shipments J..J+S-1, so a task has the number of its first
visit. RELOAD - k is the k-th place of `Vehicle.reload_at`. Times and distances are whole numbers of a unit that the
caller chooses: `whole` scales what is not (1/1000 keeps legs of some hundred apart well below a percent).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
ALWAYS = 2**31 - 1  # an end of time; sums stay well inside int64
REQUIRED = -1  # the prize of a task that is to be served whatever it costs
RELOAD = -1


@dataclass(frozen=True, eq=False)
class Travel:
    """How far and how long from place to place for one profile (car, lorry, on foot); (L, L) each, >= 0."""

    distance: Ints
    duration: Ints


@dataclass(frozen=True)
class Vehicle:
    """`count` vehicles of one kind: where they begin and end, what they hold, when they drive, what they cost.

    capacity has one number for each kind of load. closes is when the vehicle must be back. A vehicle that drives costs
    fixed_cost, and unit_cost for each unit of distance. reload_at: places where it may take up a new load on its way,
    at most max_reloads times.
    """

    capacity: tuple[int, ...] = ()
    count: int = 1
    begin: int = 0
    end: int = 0
    opens: int = 0
    closes: int = ALWAYS
    fixed_cost: int = 0
    unit_cost: int = 1
    profile: int = 0
    reload_at: tuple[int, ...] = ()
    max_reloads: int = 10**6


@dataclass(frozen=True, eq=False)
class Visits:
    """Where, how long, and in which windows service may begin: place, service (n,); opens, closes (n, K) in rising
    order, both ends inside; a row with fewer windows is filled with opens > closes."""

    place: Ints
    service: Ints
    opens: Ints
    closes: Ints


@dataclass(frozen=True, eq=False)
class Jobs:
    """Visits served from the vehicle's own depot: delivery (J, D) is loaded there, pickup (J, D) is brought back.

    prize (J,): what it costs to leave a job out, or REQUIRED. ready (J,): when its goods may leave the depot.
    """

    visits: Visits
    delivery: Ints
    pickup: Ints
    prize: Ints
    ready: Ints


@dataclass(frozen=True, eq=False)
class Shipments:
    """Pairs: amount (S, D) is taken up at one visit and set down at a later one of the same vehicle.

    prize (S,): as of jobs.
    """

    pick: Visits
    drop: Visits
    amount: Ints
    prize: Ints


@dataclass(frozen=True, eq=False)
class Problem:
    """Travel by profile, kinds of vehicles, jobs and shipments; allowed (J + S, V): which kind may serve which task.

    Raises: ValueError for arrays that do not fit, places or profiles that are not there, numbers below 0 or so large
            that sums overflow, windows out of order, reload together with shipments (not supported).
    """

    travel: tuple[Travel, ...]
    vehicles: tuple[Vehicle, ...]
    jobs: Jobs
    shipments: Shipments
    allowed: Mask

    def __post_init__(self) -> None:
        wrong = [*_travel_faults(self), *_vehicle_faults(self), *_task_faults(self)]
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def tasks(self) -> int:
        """How many jobs and shipments there are."""
        return self.jobs.visits.place.size + self.shipments.pick.place.size

    @property
    def loads(self) -> int:
        """How many kinds of load there are."""
        return int(self.jobs.delivery.shape[1])


def visits(place: Ints, *, service: object = 0, opens: object = 0, closes: object = ALWAYS) -> Visits:
    """Visits at places, with one window each or none; numbers stand for every visit."""
    n = place.size

    def column(values: object) -> Ints:
        return np.broadcast_to(np.asarray(values, np.int64).reshape(-1), (n,)).copy()

    return Visits(place.astype(np.int64), column(service), column(opens)[:, None], column(closes)[:, None])


def jobs(at: Visits, *, delivery: Any = 0, pickup: Any = 0, prize: Any = REQUIRED, ready: Any = 0) -> Jobs:
    """Jobs of one kind of load, or of several if delivery or pickup is (J, D); numbers stand for every job."""
    n = at.place.size
    loads = max([1, *(np.shape(x)[1] for x in (delivery, pickup) if np.ndim(x) == 2)])

    def wide(values: object) -> Ints:
        found = np.asarray(values, np.int64)
        return np.broadcast_to(found[:, None] if found.ndim == 1 else found, (n, loads)).copy()

    def column(values: object) -> Ints:
        return np.broadcast_to(np.asarray(values, np.int64), (n,)).copy()

    return Jobs(at, wide(delivery), wide(pickup), column(prize), column(ready))


def shipments(pick: Visits, drop: Visits, *, amount: object = 0, prize: object = REQUIRED, loads: int = 1) -> Shipments:
    """Shipments between visits; numbers stand for every shipment."""
    n = pick.place.size
    found = np.asarray(amount, np.int64)
    wide = np.broadcast_to(found[:, None] if found.ndim == 1 else found, (n, loads)).copy()
    return Shipments(pick, drop, wide, np.broadcast_to(np.asarray(prize, np.int64), (n,)).copy())


def problem(
    travel: Travel | tuple[Travel, ...],
    vehicles: tuple[Vehicle, ...],
    *,
    jobs_: Jobs | None = None,
    shipments_: Shipments | None = None,
    allowed: Mask | None = None,
) -> Problem:
    """A problem in which what is not named is not there, and every kind may serve every task."""
    nobody = visits(np.zeros(0, np.int64))
    loads = jobs_.delivery.shape[1] if jobs_ else shipments_.amount.shape[1] if shipments_ else 1
    jobs_ = jobs_ or jobs(nobody, delivery=np.zeros((0, loads)))
    shipments_ = shipments_ or shipments(nobody, nobody, loads=loads)
    size = (jobs_.visits.place.size + shipments_.pick.place.size, len(vehicles))
    profiles = travel if isinstance(travel, tuple) else (travel,)
    return Problem(profiles, vehicles, jobs_, shipments_, np.ones(size, bool) if allowed is None else allowed)


def whole(values: NDArray[np.float64], *, scale: int = 1000, up: bool = False) -> Ints:
    """Numbers times scale as whole numbers: nearest, or rounded up so that a plan on time stays on time unscaled."""
    scaled = values * scale
    return np.asarray(np.ceil(scaled - 1e-9) if up else np.rint(scaled), np.int64)


def _travel_faults(problem: Problem) -> list[str]:
    shapes = {m.shape for t in problem.travel for m in (t.distance, t.duration)}
    if len(shapes) != 1 or any(len(s) != 2 or s[0] != s[1] for s in shapes):
        return ["travel matrices are square and of one size"]
    wrong = any(m.size and (m.min() < 0 or m.max() > ALWAYS) for t in problem.travel for m in (t.distance, t.duration))
    return ["travel below 0 or beyond 31 bits"] if wrong else []


def _vehicle_faults(problem: Problem) -> list[str]:
    places = problem.travel[0].distance.shape[0] if problem.travel else 0
    wrong = []
    for v in problem.vehicles:
        if not all(0 <= p < places for p in (v.begin, v.end, *v.reload_at)):
            wrong.append("a vehicle's place is not there")
        if not 0 <= v.profile < len(problem.travel):
            wrong.append("a vehicle's profile is not there")
        if min(v.count, v.fixed_cost, v.unit_cost, v.opens, v.max_reloads, *v.capacity, 0) < 0 or v.closes > ALWAYS:
            wrong.append("a vehicle's number is below 0 or too large")
        if len(v.capacity) != problem.loads:
            wrong.append("capacities do not fit the kinds of load")
    if problem.shipments.amount.size and any(v.reload_at for v in problem.vehicles):
        wrong.append("reload together with shipments")
    return wrong


def _task_faults(problem: Problem) -> list[str]:
    places = problem.travel[0].distance.shape[0] if problem.travel else 0
    j, s = problem.jobs, problem.shipments
    wrong = [f for v in (j.visits, s.pick, s.drop) for f in _visit_faults(v, places)]
    n, m, d = j.visits.place.size, s.pick.place.size, problem.loads
    shapes: list[tuple[NDArray, tuple[int, ...]]] = [
        (j.delivery, (n, d)),
        (j.pickup, (n, d)),
        (j.prize, (n,)),
        (j.ready, (n,)),
        (s.amount, (m, d)),
    ]
    shapes += [(s.prize, (m,)), (problem.allowed, (n + m, len(problem.vehicles))), (s.drop.place, (m,))]
    if any(a.shape != size for a, size in shapes):
        wrong.append("arrays of tasks do not fit")
    if any(a.size and a.min() < 0 for a in (j.delivery, j.pickup, s.amount, j.ready)):
        wrong.append("an amount or time below 0")
    if any(a.size and a.min() < REQUIRED for a in (j.prize, s.prize)):
        wrong.append("a prize below 0")
    return wrong


def _visit_faults(v: Visits, places: int) -> list[str]:
    n = v.place.size
    if v.service.shape != (n,) or v.opens.shape != v.closes.shape or v.opens.shape[:1] != (n,):
        return ["arrays of visits do not fit"]
    if not n:
        return []
    if v.place.min() < 0 or v.place.max() >= places:
        return ["a visit's place is not there"]
    used = v.opens <= v.closes
    ordered = (~used[:, 1:] | (used[:, :-1] & (v.opens[:, 1:] > v.closes[:, :-1]))).all()
    if v.service.min() < 0 or v.opens[used].min(initial=0) < 0 or v.closes.max() > ALWAYS or not ordered:
        return ["a visit's times are below 0, too large or out of order"]
    return []
