"""Rides that wait and vehicles with a driver as arrays of the dial-a-ride kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from lianfang.domains.dispatch.models import Ride, Trip, Turn, Vehicle
from lianfang.domains.dispatch.planning.ground import ways_between
from lianfang.domains.dispatch.queries.kinds import ride_groups
from lianfang.domains.dispatch.queries.roads import Ground
from lianfang.domains.dispatch.rules import LOCAL, PLACES
from lianfang.kernels.rides import CLEAN, NEVER, Cleaning, Problem, Requests, Vehicles

URGENT, TIMED, PLAIN = 9, 4, 1  # how many times the cost of not being carried
AHEAD = timedelta(hours=18)  # so far one plans at once
Point = tuple[float, float]


@dataclass(frozen=True)
class Car:
    """A vehicle that its driver may drive from a time to a time, and whom it will have carried by then."""

    vehicle: Vehicle
    driver_id: UUID
    protection: int
    from_at: datetime
    until_at: datetime
    carried: str


def cars_of(vehicles: Sequence[Vehicle], turns: Sequence[Turn], trips: Sequence[Trip], *, at: datetime) -> list[Car]:
    """Each turn of a driver that is not over, and each own car's hours today, after the last trip planned for it."""
    last: dict[UUID, Trip] = {}
    for t in sorted(trips, key=lambda t: t.ends_at):
        last[t.vehicle_id] = t
    spans = [(t.vehicle, t.account_id, t.protection, t.from_at, t.until_at) for t in turns]
    spans += [(v, v.account_id, 1, *_own_hours(v, at)) for v in vehicles if v.account_id]
    out = []
    for v, who, protection, begins, ends in spans:
        trip = last.get(v.id)
        free, carried = after(trip.group if trip else v.carried, trip.ends_at if trip else at)
        begins, ends = max(begins, v.from_at, at, free), min(ends, v.until_at or ends)
        if begins < ends:
            out.append(Car(v, who, protection, begins, ends, carried))
    return out


def after(carried: str, ends_at: datetime) -> tuple[datetime, str]:
    """When a vehicle is free after it carried a group until a time, and what it counts as having carried then.

    What is disinfected after every trip is clean when it is free; what is not, only where another group follows.
    """
    body = ride_groups().get(carried)
    if body is None or not body["each"]:
        return ends_at, carried
    return ends_at + timedelta(minutes=body["clean_minutes"]), ""


def _own_hours(v: Vehicle, at: datetime) -> tuple[datetime, datetime]:
    day = at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = v.hours or ("00:00", "23:59")
    begins, ends = (day + timedelta(hours=int(h[:2]), minutes=int(h[3:])) for h in (first, last))
    return (begins, ends) if ends > at else (begins + timedelta(days=1), ends + timedelta(days=1))


@dataclass(frozen=True)
class Table:
    """A problem of the kernel, with what its numbers mean: rides, cars, groups, and the second nought."""

    problem: Problem
    rides: Sequence[Ride]
    cars: Sequence[Car]
    groups: Sequence[str]
    zero: datetime


def table_of(
    rides: Sequence[Ride], cars: Sequence[Car], values: Mapping[str, Any], middle: Point, ground: Ground, *,
    at: datetime,
) -> Table:  # fmt: skip
    """The arrays. Each direct ride of a group that is cleaned after every trip has its cleaning in its own service."""
    groups, points = list(ride_groups()), Points(middle)
    clean_s = {g: int(b["clean_minutes"] * 60) for g, b in ride_groups().items()}
    requests = _requests(rides, groups, clean_s, values, points, at)
    vehicles = _vehicles(cars, groups, points, at)
    between = np.array([[0 if a == b else clean_s[a] for b in groups] for a in groups])
    cleaning = Cleaning(between, np.ones(between.shape, bool), np.zeros(0, np.int64))
    metres, seconds = ways_between(ground, points.rows, values, on_foot=False)
    problem = Problem(requests, vehicles, seconds, metres, cleaning)
    return Table(problem, rides, cars, groups, at)


def _requests(rides: Sequence[Ride], groups: Sequence[str], clean_s: Mapping[str, int], values: Mapping[str, Any],
              points: Points, at: datetime) -> Requests:  # fmt: skip
    load_s, most_s = int(values["ride_load_minutes"] * 60), int(values["ride_end_hours"] * 3600)
    index = {r.id: n for n, r in enumerate(rides)}
    cleaned = [clean_s[r.group] if r.is_direct and ride_groups()[r.group]["each"] else 0 for r in rides]
    ready = [max(_s(r.ready_at, at), 0) for r in rides]
    spare_s = int(values["ride_spare_minutes"] * 60)
    # There early, by at most a quarter of the time there is: somebody in a hurry is not left behind for it.
    due = [_s(r.arrive_by, at) - load_s - min(spare_s, (_s(r.arrive_by, at) - b) // 4) if r.arrive_by else NEVER
           for r, b in zip(rides, ready, strict=True)]  # fmt: skip
    last = [max(b, d if d < NEVER else b + most_s) for b, d in zip(ready, due, strict=True)]
    return Requests.of(
        [points.of(r.from_lon, r.from_lat) for r in rides], [points.of(r.to_lon, r.to_lat) for r in rides],
        pickup_window=list(zip(ready, last, strict=True)), dropoff_window=[(0, max(d, 0)) for d in due],
        pickup_service=load_s, dropoff_service=[load_s + c for c in cleaned],
        load=[[r.places.get(p, 0) for p in PLACES] for r in rides], direct=[r.is_direct for r in rides],
        max_ride=[NEVER if r.is_direct else int(values["ride_most_minutes"] * 60) for r in rides],
        risk=[groups.index(r.group) for r in rides], crew=[r.protection for r in rides],
        priority=[URGENT if r.kind == "emergency" else TIMED if r.arrive_by else PLAIN for r in rides],
        outward=[index.get(r.outward_id, -1) if r.outward_id else -1 for r in rides],
    )  # fmt: skip


def _vehicles(cars: Sequence[Car], groups: Sequence[str], points: Points, at: datetime) -> Vehicles:
    base = [points.of(c.vehicle.lon, c.vehicle.lat) for c in cars]
    return Vehicles.of(
        base, base, [[c.vehicle.places.get(p, 0) for p in PLACES] for c in cars], risks=len(groups),
        shift=[(max(_s(c.from_at, at), 0), max(_s(c.until_at, at), 1)) for c in cars],
        crew=[c.protection for c in cars], classes=[[g in c.vehicle.groups for g in groups] for c in cars],
        last_class=[groups.index(c.carried) if c.carried else CLEAN for c in cars],
    )  # fmt: skip


class Points:
    """Points by number, each once; whoever has none stands in the middle of the area."""

    def __init__(self, middle: Point) -> None:
        self.rows: list[Point] = [middle]
        self._number = {middle: 0}

    def of(self, lon: float | None, lat: float | None) -> int:
        spot = self.rows[0] if lon is None or lat is None else (lon, lat)
        if spot not in self._number:
            self._number[spot] = len(self.rows)
            self.rows.append(spot)
        return self._number[spot]


def _s(moment: datetime, zero: datetime) -> int:
    return round((moment - zero).total_seconds())
