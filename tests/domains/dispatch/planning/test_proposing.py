"""A proposal keeps to what adoption asks: each trip of it can be sent, and who is left is told why."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import numpy as np
import pytest

from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.planning import propose_trips
from lianfang.domains.dispatch.planning.ground import ways_between
from lianfang.domains.dispatch.queries import ride_groups
from lianfang.domains.dispatch.queries.roads import Ground
from lianfang.domains.dispatch.rules import clean_span, km_between
from lianfang.domains.dispatch.services import NewRide, add_vehicle, adopt_trip, ask_rides, put_crew
from tests.factories.call import HOUR, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_without_roads_ways_are_straight_lines_times_a_factor() -> None:
    points = [(113.1 + n / 7, 24.3 - n / 11) for n in range(9)]
    km = np.array([[km_between(a, b) for b in points] for a in points]) * 1.4
    values = {"ride_kmh": 30, "tour_foot_kmh": 4.5, "ride_detour": 1.4}
    for on_foot, kmh in ((True, 4.5), (False, 30)):
        metres, seconds = ways_between(Ground(None, ()), points, values, on_foot=on_foot)
        assert np.allclose(metres, km * 1000, atol=1) and np.allclose(seconds, km / kmh * 3600, atol=1)


def a_day(place: Place, seed: int, n_rides: int = 24, n_cars: int = 5) -> None:
    """Rides of all groups over a day, cars of several kinds, each with a driver."""
    chance, by, at = random.Random(seed), place.actor("street"), place.at
    for n, who in enumerate(volunteers(place, n_cars)):
        car = add_vehicle(vehicle_id=uuid4(), kind=("van", "car", "coach")[n % 3], plate=f"粤F{n}", phone="",
                          organisation_id=None, area_id=place.area["committee"], places={}, groups=[],
                          lon=113.5 + chance.random() / 5, lat=24.7, from_at=at, until_at=None, by=by,
                          at=at)  # fmt: skip
        put_crew(turn_id=uuid4(), vehicle_id=car.id, account_id=who.id, role="driver", protection=2, from_at=at,
                 until_at=at + 12 * HOUR, by=by, at=at)  # fmt: skip
    kinds = ("medical", "contact", "medics", "appointed", "living")
    rides = [NewRide(uuid4(), k, by, at, at + chance.random() * 5 * HOUR, area_id=place.area["committee"],
                     heads=chance.randint(1, 4), start="x", end="y", places={"load": 90} if k == "living" else {})
             for k in (chance.choice(kinds) for _ in range(n_rides))]  # fmt: skip
    assert {o.code for o in ask_rides(rides=rides, by=by, at=at)} == {""}
    for r in Ride.objects.all():
        r.from_lon, r.from_lat = 113.5 + chance.random() / 5, 24.6 + chance.random() / 5
        r.to_lon, r.to_lat = 113.5 + chance.random() / 5, 24.6 + chance.random() / 5
        r.save()


@pytest.mark.parametrize("seed", [1, 2])
def test_each_trip_of_a_proposal_is_sent_as_it_stands_and_cars_are_cleaned_between(place: Place, seed: int) -> None:
    a_day(place, seed)
    by = place.actor("street")
    found = propose_trips(place.area["committee"], by=by, at=place.at, seed=seed)
    assert len(found.trips) >= 8
    for t in found.trips:
        adopt_trip(trip_id=uuid4(), vehicle_id=t.vehicle.id, driver_id=t.driver_id, starts_at=t.starts_at,
                   stops=[(r.id, w, at) for r, w, at in t.stops], why={}, by=by, at=place.at)  # fmt: skip
    asked = Ride.objects.count()
    assert Stop.objects.count() == 2 * (asked - len(found.left))  # everybody is in a trip, or told why not
    by_car: dict[object, list[Trip]] = {}
    for trip in Trip.objects.order_by("starts_at"):
        by_car.setdefault(trip.vehicle_id, []).append(trip)
    for trips in by_car.values():
        for a, b in pairwise(trips):
            assert a.ends_at + clean_span(a.group, b.group, ride_groups()) <= b.starts_at
    again = propose_trips(place.area["committee"], by=by, at=place.at, seed=seed)
    assert {r.id for t in again.trips for r, _, _ in t.stops} <= {x.ride.id for x in found.left}


def test_without_a_driver_no_car_is_proposed_and_the_reason_is_named(place: Place) -> None:
    by = place.actor("street")
    add_vehicle(vehicle_id=uuid4(), kind="car", plate="粤F1", phone="", organisation_id=None,
                area_id=place.area["committee"], places={}, groups=[], lon=None, lat=None, from_at=place.at,
                until_at=None, by=by, at=place.at)  # fmt: skip
    r = NewRide(uuid4(), "medics", by, place.at, place.at + timedelta(minutes=5), area_id=place.area["committee"],
                start="x", end="y")  # fmt: skip
    ask_rides(rides=[r], by=by, at=place.at)
    found = propose_trips(place.area["committee"], by=by, at=place.at)
    assert (found.trips, [x.why for x in found.left], found.n_cars) == ([], ["full"], 0)
    neighbour = propose_trips(place.area["committee"], by=place.actor("neighbour"), at=place.at)
    assert (neighbour.trips, neighbour.left) == ([], [])
