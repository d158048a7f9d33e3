"""A proposal of trips: whom each car fetches when, and of whom it fetches nobody, why. A dispatcher adopts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Avg

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.dispatch.models import Ride, Trip, Turn, Vehicle
from lianfang.domains.dispatch.planning.ground import is_cut_off
from lianfang.domains.dispatch.planning.rows import AHEAD, Car, Table, after, cars_of, table_of
from lianfang.domains.dispatch.queries.confined import confined_drivers, moved_since
from lianfang.domains.dispatch.queries.kinds import ride_groups, ride_values
from lianfang.domains.dispatch.queries.roads import Ground, ground_of
from lianfang.domains.dispatch.queries.seen import PLAN
from lianfang.domains.grid.models import Building
from lianfang.kernels.rides import Dropped, Route, propose_rides

MOST_RIDES = 300
MIDDLE = (0.0, 0.0)  # where no house has a place all ways are as long


@dataclass(frozen=True)
class ProposedTrip:
    """One trip of a vehicle: its driver, when it leaves, its stops (ride, in or out, when), and why this one."""

    vehicle: Vehicle
    driver_id: UUID
    group: str
    starts_at: datetime
    ends_at: datetime
    stops: Sequence[tuple[Ride, str, datetime]]
    why: dict[str, Any]


@dataclass(frozen=True)
class Left:
    """A ride for which nothing was found, and why: place risk crew window ride linked full kind terms relay cut_off
    moved.
    """

    ride: Ride
    why: str


@dataclass(frozen=True)
class Proposal:
    """Trips in the order in which they leave; who is left; how many cars had a driver; over which roads."""

    trips: Sequence[ProposedTrip]
    left: Sequence[Left]
    n_cars: int
    ground: Ground


def propose_trips(area_id: UUID, *, by: Actor, at: datetime, ride_ids: Sequence[UUID] = (), seed: int = 1) -> Proposal:
    """Cars for the rides of an area and below that wait and begin soon; with `ride_ids` for those alone.

    A ride that only some kinds of vehicles may carry is planned among those; the most particular first, each with the
    cars that are left. A load goes on from a relay point once its first leg is sent, with another vehicle and driver.
    Trips that were adopted stand. Gives proposals only.
    """
    rides = list(Ride.objects.filter(held(by, PLAN), area_id__in=ids_below(area_id), state="asked",
                                     ready_at__lte=at + AHEAD)
                 .select_related("follows__trip").order_by("ready_at", "number")[:MOST_RIDES])  # fmt: skip
    rides = [r for r in rides if r.id in set(ride_ids)] if ride_ids else rides
    values = ride_values([area_id], at=at)[area_id]
    cars, middle, ground = cars_here(area_id, by, at), middle_of(area_id), ground_of(area_id, at=at)
    left = [Left(r, "terms") for r in rides if r.terms and not (r.ours_at and r.theirs_at)]
    left += [Left(r, "relay") for r in rides if r.follows is not None and r.follows.trip is None and not r.terms]
    gone = moved_since(rides)
    left += [Left(r, "moved") for r in rides if r.id in gone and r.id not in {x.ride.id for x in left}]
    open_ = [r for r in rides if r.id not in {x.ride.id for x in left}]
    trips, groups = list[ProposedTrip](), {_among(r) for r in open_}
    seconds = values["ride_propose_seconds"] / max(len(groups), 1)
    for among in sorted(groups, key=lambda g: (not g.kinds, len(g.kinds), str(g.vehicle_id))):
        some, kinds = [r for r in open_ if _among(r) == among], among.kinds
        fit = [c for c in _after(cars, trips) if among.has(c)]
        if not fit:
            left += [Left(r, "kind" if kinds else "full") for r in some]
            continue
        table = table_of(some, fit, values, middle, ground, at=at)
        plan = propose_rides(table.problem, seconds=seconds, rng=np.random.default_rng(seed), clock=monotonic)
        trips += [t for route in plan.routes for t in _trips(table, route)]
        left += [Left(some[d.request], why_dropped(table, d)) for d in plan.dropped]
    return Proposal(sorted(trips, key=lambda t: t.starts_at), left, len({c.vehicle.id for c in cars}), ground)


def why_dropped(table: Table, d: Dropped) -> str:
    """Why a ride found no car: before anything else, that every road there is closed."""
    q, v = table.problem.requests, table.problem.vehicles
    cars = sorted({int(p) for p in v.start})
    ends = [int(q.pickup[d.request]), int(q.dropoff[d.request])]
    cut = is_cut_off(table.problem.durations, ends[:1], cars) or is_cut_off(table.problem.durations, ends[:1], ends[1:])
    return "cut_off" if cut else d.why.name.lower()


@dataclass(frozen=True)
class _Among:
    """Among which cars a ride may be: kinds (none: any), and not those of the leg before it."""

    kinds: tuple[str, ...]
    vehicle_id: UUID | None = None
    driver_id: UUID | None = None

    def has(self, c: Car) -> bool:
        fits = not self.kinds or c.vehicle.kind in self.kinds
        return fits and c.vehicle.id != self.vehicle_id and c.driver_id != self.driver_id


def _among(r: Ride) -> _Among:
    trip = r.follows.trip if r.follows is not None else None
    return _Among(tuple(r.vehicles), trip.vehicle_id, trip.driver_id) if trip else _Among(tuple(r.vehicles))


def middle_of(area_id: UUID) -> tuple[float, float]:
    """The middle of an area's houses: where whoever has no place of his own is taken to stand."""
    spots = Building.objects.filter(area_id__in=ids_below(area_id), lon__isnull=False)
    mean = spots.aggregate(lon=Avg("lon"), lat=Avg("lat"))
    return (mean["lon"], mean["lat"]) if mean["lon"] is not None else MIDDLE


def vehicles_near(area_id: UUID, by: Actor, at: datetime) -> list[Vehicle]:
    """Vehicles of an area and below that serve and the actor plans for; no one's own while he may not leave."""
    near = Vehicle.objects.filter(held(by, PLAN), area_id__in=ids_below(area_id)).order_by("number")
    found = list(near.exclude(until_at__lte=at))
    confined = confined_drivers({v.account_id for v in found if v.account_id}, from_at=at, until_at=at)
    return [v for v in found if v.account_id not in confined]


def drivers_hours(vehicles: Sequence[Vehicle], at: datetime) -> list[Turn]:
    """Who drives them when, as far ahead as one plans; nobody who may not leave."""
    turns = Turn.objects.filter(vehicle__in=vehicles, role="driver", until_at__gt=at, from_at__lte=at + AHEAD)
    found = list(turns.select_related("vehicle").order_by("from_at"))
    confined = confined_drivers({t.account_id for t in found}, from_at=at, until_at=at)
    return [t for t in found if t.account_id not in confined]


def cars_here(area_id: UUID, by: Actor, at: datetime) -> list[Car]:
    """Vehicles of an area and below with a driver at the wheel now or soon, as they are after what is planned."""
    vehicles = vehicles_near(area_id, by, at)
    trips = Trip.objects.filter(vehicle__in=vehicles).exclude(state__in=("closed", "cancelled"))
    return cars_of(vehicles, drivers_hours(vehicles, at), list(trips), at=at)


def _after(cars: Sequence[Car], trips: Sequence[ProposedTrip]) -> list[Car]:
    """Cars as they are after what was proposed so far."""
    last: dict[UUID, ProposedTrip] = {}
    for t in sorted(trips, key=lambda t: t.ends_at):
        last[t.vehicle.id] = t
    out = []
    for c in cars:
        done = last.get(c.vehicle.id)
        free, group = after(done.group, done.ends_at) if done else (c.from_at, c.carried)
        begins = max(c.from_at, free)
        if begins < c.until_at:
            out.append(Car(c.vehicle, c.driver_id, c.protection, begins, c.until_at, group))
    return out


def _trips(table: Table, route: Route) -> list[ProposedTrip]:
    """A route cut where the vehicle is disinfected: between groups, and after each closed loop."""
    n = len(table.rides)
    cuts, out = {c.before for c in route.cleanings}, list[list[int]]()
    for i, stop in enumerate(route.stops.tolist()):
        before = table.rides[route.stops[i - 1] % n] if i else None
        loop = before is not None and stop < n and before.is_direct and bool(ride_groups()[before.group]["each"])
        if not out or i in cuts or loop:
            out.append([])
        out[-1].append(i)
    return trips_made(table, route, out)


def trips_made(table: Table, route: Route, parts: Sequence[Sequence[int]]) -> list[ProposedTrip]:
    """Stretches of a route, each a trip of its own."""
    n, car, made = len(table.rides), table.cars[route.vehicle], list[ProposedTrip]()
    for part in parts:
        stops = [(table.rides[int(route.stops[i]) % n], "in" if route.stops[i] < n else "out",
                  table.zero + timedelta(seconds=int(route.begin[i]))) for i in part]  # fmt: skip
        # It leaves as late as it may: after the cleaning before, and so that it is at the door in time.
        travel = timedelta(seconds=travel_to(table, route, part[0]))
        starts = stops[0][2] - travel
        spare = [(r.arrive_by - t) // timedelta(minutes=1) for r, what, t in stops if what == "out" and r.arrive_by]
        why = {"approach_minutes": travel // timedelta(minutes=1)} | ({"spare_minutes": min(spare)} if spare else {})
        made.append(ProposedTrip(car.vehicle, car.driver_id, stops[0][0].group, max(starts, table.zero), stops[-1][2],
                                 stops, why))  # fmt: skip
    return made


def travel_to(table: Table, route: Route, i: int) -> int:
    """Seconds on the way to a stop of a route, from the one before it or from where the vehicle stands."""
    q, v = table.problem.requests, table.problem.vehicles
    ends = np.concatenate([q.pickup, q.dropoff])
    before = ends[route.stops[i - 1]] if i else v.start[route.vehicle]
    return int(table.problem.durations[before, ends[route.stops[i]]])
