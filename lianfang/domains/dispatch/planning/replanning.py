"""A new plan for trips that have not left and rides that wait: what was said to somebody changes least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.planning.proposing import (
    MOST_RIDES,
    Left,
    ProposedTrip,
    drivers_hours,
    middle_of,
    travel_to,
    trips_made,
    vehicles_near,
    why_dropped,
)
from lianfang.domains.dispatch.planning.rows import AHEAD, Car, Table, cars_of, table_of
from lianfang.domains.dispatch.queries.kinds import ride_groups, ride_values
from lianfang.domains.dispatch.queries.roads import ground_of
from lianfang.domains.dispatch.queries.seen import PLAN
from lianfang.domains.dispatch.rules import clean_span
from lianfang.kernels.rides import Change, Plan, Replanned, Route, replan

SAME = timedelta(minutes=1)  # people are told minutes
ROOM = 99  # of a column that says which vehicles a ride may take
Timed = tuple[Ride, str, datetime]


@dataclass(frozen=True)
class Said:
    """What was said about a ride: the trip that fetches it, and when it is fetched and set down."""

    trip: Trip
    up: datetime
    down: datetime


@dataclass(frozen=True)
class MovedRide:
    """A ride whose car or time is not as said; `to` is nothing where it has no car any more."""

    ride: Ride
    was: Said
    to: ProposedTrip | None
    up: datetime | None
    down: datetime | None

    @property
    def is_other(self) -> bool:
        """Whether anything changes for whoever is fetched."""
        same_car = self.to is not None and (self.to.vehicle.id, self.to.driver_id) == (
            self.was.trip.vehicle_id, self.was.trip.driver_id)  # fmt: skip
        return not same_car or (self.up, self.down) != (self.was.up, self.was.down)

    @property
    def later_minutes(self) -> int:
        """Minutes later than said that he is fetched."""
        return (self.up - self.was.up) // SAME if self.up is not None else 0


@dataclass(frozen=True)
class Replan:
    """off: planned trips that would not go as they are; trips: those instead; moved: for whom something changes;
    fresh: rides that waited and have a car now; left: rides without one; n_kept: planned trips that stay as they are.
    """

    off: Sequence[Trip]
    trips: Sequence[ProposedTrip]
    moved: Sequence[MovedRide]
    fresh: Sequence[Ride]
    left: Sequence[Left]
    n_kept: int


def replan_trips(area_id: UUID, *, by: Actor, at: datetime, without: UUID | None = None, seed: int = 1) -> Replan:
    """Plan anew for an area and below, with everything that waits and every trip that has not left.

    without: a vehicle that failed or is needed elsewhere: what it was to do goes to others.
    What has left stands, and so do loads that change vehicles, and trips with somebody whom the actor does not plan
    for. Nobody is fetched before the time said. Gives a proposal only.
    """
    day = _day(area_id, by, at, without)
    waiting = _waiting(area_id, by, at)
    left = [Left(r, "terms") for r in waiting if r.terms and not (r.ours_at and r.theirs_at)]
    left += [Left(r, "relay") for r in waiting if r.follows_id and r.id not in {x.ride.id for x in left}]
    new = [r for r in waiting if r.id not in {x.ride.id for x in left}]
    rides = [*(s.ride for t in day.trips for s in day.stops[t.id] if s.what == "in"), *new]
    if not rides or not day.cars:
        return Replan((), (), (), (), [*left, *(Left(r, "full") for r in new)], len(day.trips))
    values = ride_values([area_id], at=at)[area_id]
    table = _limited(table_of(rides, day.cars, values, middle_of(area_id), ground_of(area_id, at=at), at=at))
    plan, car_of = _as_said(table, day, len(rides) - len(new))
    failed = {n: int(table.problem.vehicles.start[n]) for n, c in enumerate(day.cars) if c.vehicle.id == without}
    found = replan(table.problem, plan, now=0, change=Change(failed=failed), seconds=values["ride_propose_seconds"],
                   rng=np.random.default_rng(seed), clock=monotonic)  # fmt: skip
    return _told(table, day, car_of, found, new, left)


@dataclass(frozen=True)
class _Day:
    """Trips that have not left and may be changed, their stops in order, and cars with what stands behind them."""

    trips: Sequence[Trip]
    stops: Mapping[UUID, Sequence[Stop]]
    cars: Sequence[Car]


def _waiting(area_id: UUID, by: Actor, at: datetime) -> list[Ride]:
    rows = Ride.objects.filter(held(by, PLAN), area_id__in=ids_below(area_id), state="asked", ready_at__lte=at + AHEAD)
    return list(rows.order_by("ready_at", "number")[:MOST_RIDES])


def _day(area_id: UUID, by: Actor, at: datetime, without: UUID | None) -> _Day:
    vehicles = vehicles_near(area_id, by, at)
    running = list(
        Trip.objects.filter(vehicle__in=vehicles).exclude(state__in=("closed", "cancelled")).order_by("starts_at")
    )
    rows = Stop.objects.filter(trip__in=[t for t in running if t.state == "planned" and t.starts_at > at])
    stops: dict[UUID, list[Stop]] = {}
    for s in rows.select_related("ride").order_by("trip_id", "position"):
        stops.setdefault(s.trip_id, []).append(s)
    mine = set(Ride.objects.filter(held(by, PLAN), trip__in=stops).values_list("id", flat=True))
    relayed = set(Ride.objects.filter(follows__trip__in=stops).values_list("follows_id", flat=True))

    def stands(t: Trip) -> bool:
        some = [s.ride for s in stops.get(t.id, ())]
        return not some or any(r.id not in mine or r.follows_id or r.id in relayed for r in some)

    standing = {t.id for t in running if stands(t)}
    # What stands behind it ends a car's gap: before it nothing is changed either.
    last: dict[UUID, datetime] = {}
    for t in running:
        if t.id in standing:
            last[t.vehicle_id] = max(t.ends_at, last.get(t.vehicle_id, t.ends_at))
    trips = [t for t in running if t.id not in standing and t.starts_at >= last.get(t.vehicle_id, t.starts_at)]
    chosen = {t.id for t in trips}
    cars = cars_of(vehicles, drivers_hours(vehicles, at), [t for t in running if t.id not in chosen], at=at)
    for t in trips:  # a driver's hours may have been ended since; his trips are those of a car that failed
        if _car_of(t, cars) is None:
            v = next(v for v in vehicles if v.id == t.vehicle_id)
            cars.append(Car(v, t.driver_id, 0, t.starts_at, t.ends_at, ""))
    return _Day(trips, stops, cars)


def _car_of(t: Trip, cars: Sequence[Car]) -> int | None:
    for n, c in enumerate(cars):
        if (c.vehicle.id, c.driver_id) == (t.vehicle_id, t.driver_id) and c.from_at <= t.starts_at <= c.until_at:
            return n
    return None


def _limited(table: Table) -> Table:
    """Which kinds of vehicles a ride may take, as places of its own sort that only those have."""
    kinds = sorted({tuple(sorted(r.vehicles)) for r in table.rides if r.vehicles})
    if not kinds:
        return table
    q, v = table.problem.requests, table.problem.vehicles
    load = [[int(tuple(sorted(r.vehicles)) == k) for k in kinds] for r in table.rides]
    room = [[ROOM if c.vehicle.kind in k else 0 for k in kinds] for c in table.cars]
    size = q.load.shape[1] + len(kinds)
    upgrade = np.tile(np.eye(size, dtype=bool), (len(table.cars), 1, 1))
    upgrade[:, : q.load.shape[1], : q.load.shape[1]] = v.upgrade
    requests = replace(q, load=np.hstack([q.load, np.array(load, np.int64)]))
    fleet = replace(v, capacity=np.hstack([v.capacity, np.array(room, np.int64)]), upgrade=upgrade)
    return replace(table, problem=replace(table.problem, requests=requests, vehicles=fleet))


def _as_said(table: Table, day: _Day, known: int) -> tuple[Plan, dict[UUID, int]]:
    """The planned trips as a plan of the kernel, each car's behind one another, at the times that were said."""
    number = {r.id: n for n, r in enumerate(table.rides[:known])}
    vehicle, up, down = (np.full(known, -1, np.int64) for _ in range(3))
    car_of = {t.id: _car_of(t, day.cars) or 0 for t in day.trips}
    routes = []
    for car in sorted(set(car_of.values())):
        mine = sorted((t for t in day.trips if car_of[t.id] == car), key=lambda t: t.starts_at)
        stops, begin = list[int](), list[int]()
        for s in (s for t in mine for s in day.stops[t.id]):
            r, when = number[s.ride_id], round((s.planned_at - table.zero).total_seconds())
            stops.append(r if s.what == "in" else r + known)
            begin.append(when)
            vehicle[r] = car
            (up if s.what == "in" else down)[r] = when
        starts = round((mine[0].starts_at - table.zero).total_seconds())
        routes.append(_route(table, car, np.array(stops, np.int64), np.array(begin, np.int64), known, starts))
    ride = down - up - table.problem.requests.pickup_service[:known]
    return Plan(tuple(routes), vehicle, up, down, ride, (), 0), car_of


def _route(table: Table, car: int, stops: np.ndarray, begin: np.ndarray, known: int, starts: int) -> Route:
    q, who = table.problem.requests, stops % known
    leave = begin + np.where(stops < known, q.pickup_service[who], q.dropoff_service[who])
    load = (np.where(stops < known, 1, -1)[:, None] * q.load[who]).cumsum(0)
    return Route(car, stops, begin, begin, leave, load, q.risk[who], starts, int(leave[-1]), (), 0)


def _told(table: Table, day: _Day, car_of: Mapping[UUID, int], found: Replanned, new: Sequence[Ride],
          left: list[Left]) -> Replan:  # fmt: skip
    """What of the new plan differs from what was said: whole trips, and for whom."""
    said = {s.ride_id: t for t in day.trips for s in day.stops[t.id]}
    times = {(s.ride_id, s.what): s.planned_at for t in day.trips for s in day.stops[t.id]}
    kept, trips = set[UUID](), list[ProposedTrip]()
    for route in found.plan.routes:
        behind: ProposedTrip | None = None
        for part in _parts(table, route, said):
            stops, free = _as_before(part.stops, times), _free_after(behind, part)
            if stops[0][2] < free:  # minutes that were said, and seconds that the trip before it still needs
                stops = list(part.stops)
            begins = max(min(part.starts_at, stops[0][2]), free)
            behind = replace(part, stops=stops, ends_at=stops[-1][2], starts_at=begins)
            old = said.get(stops[0][0].id)
            is_same = old is not None and car_of[old.id] == route.vehicle and _same(stops, day.stops[old.id])
            # It leaves as said only where the car is free by then, and where that is early enough from where it is now.
            if old is not None and is_same and free <= old.starts_at <= begins + SAME:
                kept.add(old.id)
                behind = replace(behind, starts_at=old.starts_at)
            else:
                trips.append(behind)
    off = [t for t in day.trips if t.id not in kept]
    to = {r.id: t for t in trips for r, _, _ in t.stops}
    then = {(r.id, what): when for t in trips for r, what, when in t.stops}
    changed = [s.ride for t in off for s in day.stops[t.id] if s.what == "in"]
    moved = [MovedRide(r, Said(said[r.id], times[r.id, "in"], times[r.id, "out"]), to.get(r.id),
                       then.get((r.id, "in")), then.get((r.id, "out"))) for r in changed]  # fmt: skip
    moved = [m for m in moved if m.is_other]
    left += [Left(table.rides[d.request], why_dropped(table, d)) for d in found.plan.dropped]
    fresh = [r for r in new if r.id in to]
    return Replan(off, sorted(trips, key=lambda t: t.starts_at), moved, fresh, left, len(kept))


def _free_after(behind: ProposedTrip | None, t: ProposedTrip) -> datetime:
    """From when a car may carry a trip's group after another trip; nothing is behind the first."""
    if behind is None:
        return t.starts_at
    return behind.ends_at + clean_span(behind.group, t.group, ride_groups())


def _as_before(stops: Sequence[Timed], times: Mapping[tuple[UUID, str], datetime]) -> list[Timed]:
    """The times that were said, where the new ones are the same to people."""

    def as_said(r: Ride, what: str, when: datetime) -> datetime:
        said = times.get((r.id, what), when)
        return said if abs(when - said) < SAME else when

    found = [(r, what, as_said(r, what, when)) for r, what, when in stops]
    in_order = all(a[2] <= b[2] for a, b in pairwise(found))
    return found if in_order else list(stops)


def _same(stops: Sequence[Timed], before: Iterable[Stop]) -> bool:
    return [(r.id, what, when) for r, what, when in stops] == [(s.ride_id, s.what, s.planned_at) for s in before]


def _parts(table: Table, route: Route, said: Mapping[UUID, Trip]) -> list[ProposedTrip]:
    """A route as trips: cut with nobody on board, at a cleaning, after a closed loop, between trips as they were."""
    n = len(table.rides)
    cuts, aboard, out = {c.before for c in route.cleanings}, set[int](), list[list[int]]()
    for i, stop in enumerate(route.stops.tolist()):
        r, before = table.rides[stop % n], table.rides[route.stops[i - 1] % n] if i else None
        if before is None or (not aboard and (i in cuts or _is_cut(table, route, i, before, r, said))):
            out.append([])
        out[-1].append(i)
        aboard ^= {stop % n}
    return trips_made(table, route, out)


def _is_cut(table: Table, route: Route, i: int, before: Ride, r: Ride, said: Mapping[UUID, Trip]) -> bool:
    """Whether a trip ends before this stop: another group, a closed loop behind, or another trip as it was said, with
    time between them for a cleaning that comes after every trip."""
    body = ride_groups()[before.group]
    if before.group != r.group or (before.is_direct and body["each"]):
        return True
    gap = int(route.begin[i]) - travel_to(table, route, i) - int(route.begin[i - 1])
    return said.get(before.id) != said.get(r.id) and gap >= (body["clean_minutes"] * 60 if body["each"] else 0)
