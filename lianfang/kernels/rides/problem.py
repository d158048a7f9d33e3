"""What rides are made of: requests, vehicles, travel, risk classes with cleaning between them.

All numbers are whole: seconds since any zero, costs in any unit (metres, seconds, a ten-thousandth of a minute).
Points are rows of the travel matrices. Of N requests, stop r < N is the pick-up of r and stop N + r its drop-off.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

NEVER = 2**40  # a time after all others; limits of this size are none
CLEAN = -1  # the class of a vehicle that has carried nobody since it was cleaned


@dataclass(frozen=True)
class Requests:
    """N people or parties to be carried; arrays as `Requests.of` fills them.

    pickup, dropoff (N,) points; *_window (N, 2) seconds within which service begins, both ends allowed; *_service (N,)
    seconds; load (N, K) places by kind; escort (N,) somebody goes along on a place of kind 0; max_ride (N,) seconds
    from the end of service at the pick-up to its begin at the drop-off; risk (N,) class; crew (N,) least class of crew;
    direct (N,) alone on board and no stop between; arrive_by (N,) out of the vehicle by then; priority (N,) >= 1, how
    many times the cost of not being carried; outward (N,) the request this one brings home from, or -1: both are
    carried or neither, the outward one being out when the return's pick-up window begins; same_vehicle (N,) by it.
    """

    pickup: Ints
    dropoff: Ints
    pickup_window: Ints
    dropoff_window: Ints
    pickup_service: Ints
    dropoff_service: Ints
    load: Ints
    escort: Mask
    max_ride: Ints
    risk: Ints
    crew: Ints
    direct: Mask
    arrive_by: Ints
    priority: Ints
    outward: Ints
    same_vehicle: Mask

    @classmethod
    def of(cls, pickup: Any, dropoff: Any, **given: Any) -> Requests:
        """Requests with what is not given left free: any time, one place of kind 0, no limit, class 0."""
        n = len(np.atleast_1d(np.asarray(pickup, np.int64)))
        any_time = np.tile(np.array([0, NEVER]), (n, 1))
        default: dict[str, Any] = {
            "pickup_window": any_time,
            "dropoff_window": any_time.copy(),
            "load": np.ones((n, 1), np.int64),
            **dict.fromkeys(("max_ride", "arrive_by"), NEVER),
            **dict.fromkeys(("pickup_service", "dropoff_service", "risk", "crew"), 0),
            **dict.fromkeys(("escort", "direct", "same_vehicle"), False),
            "priority": 1,
            "outward": -1,
        }
        return cls(**_filled(cls, n, {**default, **given, "pickup": pickup, "dropoff": dropoff}))


@dataclass(frozen=True)
class Vehicles:
    """V vehicles with crews; arrays as `Vehicles.of` fills them.

    start, end (V,) points; shift (V, 2) leaves no earlier, is back no later; max_duration (V,) seconds from leaving to
    being back; capacity (V, K) places by kind; upgrade (V, K, K): a load of kind a may take a place of kind b, people
    changing places at stops if need be; classes (V, R) may be carried; crew (V,) class; fixed_cost (V,) of being used
    at all; last_class (V,) the class carried before, or CLEAN.
    """

    start: Ints
    end: Ints
    shift: Ints
    max_duration: Ints
    capacity: Ints
    upgrade: Mask
    classes: Mask
    crew: Ints
    fixed_cost: Ints
    last_class: Ints

    @classmethod
    def of(cls, start: Any, end: Any, capacity: Any, *, risks: int = 1, **given: Any) -> Vehicles:
        """Vehicles with what is not given left free: any time, every class, no upgrading, clean, no fixed cost."""
        capacity = np.asarray(capacity, np.int64)
        n, kinds = capacity.shape
        default: dict[str, Any] = {
            "shift": np.tile(np.array([0, NEVER]), (n, 1)),
            "max_duration": NEVER,
            "upgrade": np.tile(np.eye(kinds, dtype=bool), (n, 1, 1)),
            "classes": np.ones((n, risks), bool),
            **dict.fromkeys(("crew", "fixed_cost"), 0),
            "last_class": CLEAN,
        }
        return cls(**_filled(cls, n, {**default, **given, "start": start, "end": end, "capacity": capacity}))


@dataclass(frozen=True)
class Cleaning:
    """Between classes: seconds (R, R), from row to column; on_spot (R, R), whether it may be done where the vehicle
    stands; points (C,), where it may be done in any case. Of several ways the one with the shortest time is taken."""

    seconds: Ints
    on_spot: Mask
    points: Ints

    @classmethod
    def none(cls, risks: int = 1) -> Cleaning:
        """No time for it, though classes stay apart."""
        zero = np.zeros((risks, risks), np.int64)
        return cls(zero, np.ones((risks, risks), bool), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Problem:
    """Requests, vehicles, durations and costs (P, P) >= 0 between points, cleaning, and the cost of a request of
    priority 1 that is not carried; 0: more than all driving can cost, so that as many as can be are carried.

    Raises: ValueError for shapes that do not fit, indices outside, numbers below 0, a return of a return, cost
    numbers so great that sums would leave int64.
    """

    requests: Requests
    vehicles: Vehicles
    durations: Ints
    costs: Ints
    cleaning: Cleaning
    unserved_cost: int = 0

    def __post_init__(self) -> None:
        wrong = [*_outside(self), *_below(self)]
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def drop_cost(self) -> Ints:
        """What it costs (N,) not to carry each request."""
        n, v = self.requests.pickup.size, self.vehicles.start.size
        most = int(self.costs.max(initial=0)) * 2 * (2 * n + v) + int(self.vehicles.fixed_cost.sum())
        return self.requests.priority * (self.unserved_cost or most + 1)


def _filled(cls: type, n: int, values: dict[str, Any]) -> dict[str, Any]:
    """Each value as an array of its type, single ones repeated n times."""
    out = {}
    for f in fields(cls):
        array = np.asarray(values[f.name], bool if f.type == "Mask" else np.int64)
        out[f.name] = np.ascontiguousarray(np.full(n, array) if array.ndim == 0 else array)
    if set(values) - set(out):
        raise ValueError(f"unknown: {sorted(set(values) - set(out))}")
    return out


def _outside(problem: Problem) -> list[str]:
    """Shapes that do not fit and indices that are not there."""
    q, v, c = problem.requests, problem.vehicles, problem.cleaning
    n, m, points, kinds, risks = len(q.pickup), len(v.start), len(problem.durations), q.load.shape[1], len(c.seconds)
    shapes: list[tuple[str, tuple[int, ...], tuple[int, ...]]]
    shapes = [(name, getattr(q, name).shape, (n,)) for name in ("dropoff", "max_ride", "risk", "outward", "direct")]
    shapes += [("windows", x.shape, (n, 2)) for x in (q.pickup_window, q.dropoff_window)]
    shapes += [("travel", x.shape, (points, points)) for x in (problem.durations, problem.costs)]
    shapes += [("load", q.load.shape, (n, kinds)), ("capacity", v.capacity.shape, (m, kinds))]
    shapes += [("upgrade", v.upgrade.shape, (m, kinds, kinds)), ("classes", v.classes.shape, (m, risks))]
    shapes += [("shift", v.shift.shape, (m, 2)), ("on_spot", c.on_spot.shape, (risks, risks))]
    wrong = [f"{name}: {got}, not {asked}" for name, got, asked in shapes if got != asked]
    indices = [(x, 0, points) for x in (q.pickup, q.dropoff, v.start, v.end, c.points)]
    indices += [(q.risk, 0, risks), (v.last_class, -1, risks), (q.outward, -1, n)]
    wrong += ["an index outside" for x, low, high in indices if x.size and (x.min() < low or x.max() >= high)]
    if not wrong:
        home = q.outward[q.outward >= 0]
        if (q.outward[home] >= 0).any() or len(set(home.tolist())) < len(home):
            wrong.append("a return of a return, or two returns of one")
    return wrong


def _below(problem: Problem) -> list[str]:
    """Numbers below what they can be, or too great to be added up."""
    q, v, c = problem.requests, problem.vehicles, problem.cleaning
    low = [problem.durations, problem.costs, c.seconds, q.load, q.pickup_service, q.dropoff_service, v.capacity]
    low += [q.max_ride, v.max_duration, v.fixed_cost, q.priority - 1]
    wrong = ["a number below 0"] if any(x.size and x.min() < 0 for x in low) else []
    most = max(int(x.max(initial=0)) for x in (problem.durations, problem.costs, v.fixed_cost))
    if problem.unserved_cost < 0 or max(most, int(q.priority.max(initial=0)), problem.unserved_cost) > 2**31:
        wrong.append("a cost or duration below 0 or above 2**31")
    return wrong
