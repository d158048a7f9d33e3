"""Two at once over cars: one car, one driver, one ride; a driver presses while the desk calls the trip off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from lianfang.domains.accounts.models import Account
from lianfang.domains.dispatch.models import Ride, Trip, Vehicle
from lianfang.domains.dispatch.queries import locked_ride, locked_trip
from lianfang.domains.dispatch.services import (
    NewRide,
    add_vehicle,
    adopt_trip,
    ask_rides,
    cancel_trip,
    driving,
    ending,
    offer_car,
    put_crew,
    sending,
    step_ride,
)
from tests.conftest import T0
from tests.factories.place import Place, small_place
from tests.races.test_needs import each, looks_together

pytestmark = [pytest.mark.race, pytest.mark.database]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def place(own_database: None) -> Place:
    """A small place, kept for good."""
    with transaction.atomic():
        return small_place(at=T0)


def asked(place: Place) -> UUID:
    """Two people who wait for a car."""
    by = place.actor("street")
    r = NewRide(uuid4(), "medics", by, T0, T0, area_id=place.area["committee"], heads=2, start="宿舍", end="采样点")
    assert ask_rides(rides=[r], by=by, at=T0)[0].code == ""
    return r.id


def lent(place: Place, driver: str | None = "volunteer") -> UUID:
    """A car, with a driver on it all day if one is named."""
    by = place.actor("street")
    car = add_vehicle(vehicle_id=uuid4(), kind="car", plate="粤F1", phone="", organisation_id=None,
                      area_id=place.area["committee"], places={}, groups=[], lon=None, lat=None, from_at=T0,
                      until_at=None, by=by, at=T0)  # fmt: skip
    if driver:
        put_crew(turn_id=uuid4(), vehicle_id=car.id, account_id=place.accounts[driver].id, role="driver", protection=1,
                 from_at=T0, until_at=T0 + timedelta(hours=9), by=by, at=T0)  # fmt: skip
    return car.id


def adopting(place: Place, car: UUID, ride: UUID, driver: str = "volunteer") -> Callable[[], object]:
    """Sends a car for a ride, at the same hour as all others here."""
    stops = [(ride, "in", T0 + 5 * MINUTE), (ride, "out", T0 + 20 * MINUTE)]
    return lambda: adopt_trip(trip_id=uuid4(), vehicle_id=car, driver_id=place.accounts[driver].id, starts_at=T0,
                              stops=stops, why={}, by=place.actor("street"), at=T0)  # fmt: skip


def one_car_twice(place: Place) -> list[str]:
    car = lent(place)
    return each(adopting(place, car, asked(place)), adopting(place, car, asked(place)))


def test_a_car_takes_no_two_jobs_at_one_hour(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, sending, "locked_vehicle")
    assert one_car_twice(place) == ["dispatch.vehicle_taken", "ok"]
    assert Trip.objects.count() == 1


def test_without_locks_it_takes_both(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)
    looks_together(monkeypatch, sending, "locked_vehicle")
    looks_together(monkeypatch, sending, "_crewed")
    assert one_car_twice(place) == ["ok", "ok"]


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vehicles and drivers are looked at without their locks."""
    monkeypatch.setattr(sending, "locked_vehicle", lambda i: Vehicle.objects.get(id=i))
    monkeypatch.setattr(sending, "locked_driver", lambda i: Account.objects.get(id=i))


def one_driver_twice(place: Place) -> list[str]:
    """Somebody's own car, and a lent one he is on: both are sent at one hour."""
    own = offer_car(vehicle_id=uuid4(), kind="car", plate="粤F2", phone="", area_id=place.area["committee"], places={},
                    hours=[], until_at=None, by=place.actor("volunteer"), at=T0).id  # fmt: skip
    return each(adopting(place, lent(place), asked(place)), adopting(place, own, asked(place)))


def test_a_driver_is_sent_once_at_an_hour_also_with_two_cars(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, sending, "locked_vehicle")
    assert one_driver_twice(place) == ["dispatch.vehicle_taken", "ok"]


def test_without_his_lock_he_is_sent_twice(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)
    looks_together(monkeypatch, sending, "_crewed")
    assert one_driver_twice(place) == ["ok", "ok"]


def test_two_cars_do_not_fetch_one_ride(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ride, cars = asked(place), [lent(place), lent(place, "grid")]
    looks_together(monkeypatch, sending, "locked_vehicle")
    done = each(adopting(place, cars[0], ride), adopting(place, cars[1], ride, "grid"))
    assert done == ["dispatch.state", "ok"] and Trip.objects.count() == 1


def pressed_and_called_off(place: Place) -> list[str]:
    """The driver has somebody on board while the desk calls his trip off."""
    ride = asked(place)
    trip = adopting(place, lent(place), ride)()
    assert isinstance(trip, Trip)
    driver, desk = place.actor("volunteer"), place.actor("street")
    return each(lambda: step_ride(ride_id=ride, step="load", post="", why="", by=driver, at=T0),
                lambda: cancel_trip(trip_id=trip.id, why="爆胎", by=desk, at=T0))  # fmt: skip


def test_a_press_and_a_calling_off_wait_for_each_other_in_no_ring(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_together(monkeypatch, driving, "locked_trip_of")
    looks_together(monkeypatch, ending, "locked_trip_of")
    done = pressed_and_called_off(place)
    assert done in (["ok", "ok"], ["dispatch.ride_missing", "ok"])  # who came first decides; nothing is lost
    ride, trip = Ride.objects.get(), Trip.objects.get()
    assert (ride.state, ride.trip_id, trip.state) == ("asked", None, "cancelled")


def test_locked_crosswise_they_would_block_each_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The press locks its ride first, the calling off its trip: each then wants what the other has."""
    both, find = threading.Barrier(2), driving.locked_trip_of

    def ride_first(*, ride_id: UUID) -> object:
        locked_ride(ride_id)
        both.wait(10)
        return find(ride_id=ride_id)

    def trip_first(*, trip_id: UUID) -> object:
        locked_trip(trip_id)
        both.wait(10)
        return find(trip_id=trip_id)

    monkeypatch.setattr(driving, "locked_trip_of", ride_first)
    monkeypatch.setattr(ending, "locked_trip_of", trip_first)
    assert "DeadlockDetected" in pressed_and_called_off(place)
