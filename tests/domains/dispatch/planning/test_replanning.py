"""A new plan can be sent as it stands, and changes of what was said only what it names."""

from __future__ import annotations

from itertools import pairwise
from uuid import uuid4

import pytest

from lianfang.domains.dispatch.models import Ride, Stop, Trip, Vehicle
from lianfang.domains.dispatch.planning import Replan, propose_trips, proposing, replan_trips, replanning
from lianfang.domains.dispatch.queries import ride_groups
from lianfang.domains.dispatch.queries.kinds import ride_values
from lianfang.domains.dispatch.rules import clean_span
from lianfang.domains.dispatch.services import adopt_trip
from lianfang.flows.replan_trips import NewTrip, adopt_replan
from tests.domains.dispatch.planning.test_proposing import a_day
from tests.factories.call import HOUR
from tests.factories.place import Place

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("quick_plans")]


@pytest.fixture
def quick_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of a few rides is sought for half a second, not for the edition's three."""
    for module in (proposing, replanning):
        monkeypatch.setattr(module, "ride_values", lambda areas, *, at: {
            a: dict(v) | {"ride_propose_seconds": 0.5} for a, v in ride_values(areas, at=at).items()})  # fmt: skip


def said() -> dict[object, tuple[object, object, object]]:
    """Of each ride on a trip its vehicle, and when it is fetched and set down."""
    out = {}
    for r in Ride.objects.filter(state="assigned").select_related("trip"):
        times = dict(Stop.objects.filter(ride=r).values_list("what", "planned_at"))
        assert r.trip is not None
        out[r.id] = (r.trip.vehicle_id, times["in"], times["out"])
    return out


def adopted(place: Place, found: Replan) -> None:
    trips = [NewTrip(uuid4(), t.vehicle.id, t.driver_id, t.starts_at, [(r.id, w, at) for r, w, at in t.stops])
             for t in found.trips]  # fmt: skip
    made = adopt_replan(off=[t.id for t in found.off], trips=trips, why="x", by=place.actor("street"), at=place.at)
    assert len(made) == len(trips)


# 11 and 12: a trip stays as said behind one that is new, and its car is not free when it was to leave.
@pytest.mark.parametrize("seed", [1, 11, 12])
def test_what_comes_and_a_car_that_fails_change_only_what_the_new_plan_names_and_it_can_be_sent(
    place: Place, seed: int
) -> None:
    a_day(place, seed)
    by, area = place.actor("street"), place.area["committee"]
    some = list(Ride.objects.order_by("number")[:16])
    for t in propose_trips(area, by=by, at=place.at, ride_ids=[r.id for r in some], seed=seed).trips:
        adopt_trip(trip_id=uuid4(), vehicle_id=t.vehicle.id, driver_id=t.driver_id, starts_at=t.starts_at,
                   stops=[(r.id, w, at) for r, w, at in t.stops], why={}, by=by, at=place.at)  # fmt: skip
    before = said()
    failed = Trip.objects.order_by("starts_at").first()
    assert failed is not None and len(before) >= 8
    # Some of what waits may only go by coach.
    Ride.objects.filter(state="asked", number__in=[r.number for r in Ride.objects.filter(state="asked")[:3]]).update(
        vehicles=["coach"])  # fmt: skip
    found = replan_trips(area, by=by, at=place.at, without=failed.vehicle_id, seed=seed)
    adopted(place, found)
    after = said()
    moved = {m.ride.id: m for m in found.moved}
    assert {i for i in before if after.get(i) != before[i]} == set(moved)
    assert {i for i, (v, _, _) in before.items() if v == failed.vehicle_id} <= set(moved)
    assert all(m.up is None or m.up >= m.was.up for m in found.moved)  # nobody is fetched before the time said
    assert {i for i, m in moved.items() if m.to is None} == {x.ride.id for x in found.left} & before.keys()
    assert after.keys() >= {r.id for r in found.fresh} and found.fresh
    assert Ride.objects.count() == len(after) + len(found.left)
    assert not Trip.objects.filter(vehicle_id=failed.vehicle_id).exclude(state="cancelled").exists()
    for r in Ride.objects.filter(state="assigned").exclude(vehicles=[]).select_related("trip__vehicle"):
        assert r.trip is not None and r.trip.vehicle.kind in r.vehicles
    for v in Vehicle.objects.all():
        for a, b in pairwise(v.trips.exclude(state="cancelled").order_by("starts_at")):
            assert a.ends_at + clean_span(a.group, b.group, ride_groups()) <= b.starts_at


def test_what_has_left_and_loads_that_change_vehicles_stand_and_nothing_to_do_is_an_answer(place: Place) -> None:
    by, area = place.actor("street"), place.area["committee"]
    assert replan_trips(area, by=by, at=place.at) == Replan((), (), (), (), [], 0)
    a_day(place, 3, n_rides=4, n_cars=1)
    trips = propose_trips(area, by=by, at=place.at).trips
    first = trips[0]
    stops = [(r.id, w, at) for r, w, at in first.stops]
    kept = adopt_trip(trip_id=uuid4(), vehicle_id=first.vehicle.id, driver_id=first.driver_id,
                      starts_at=first.starts_at, stops=stops, why={}, by=by, at=place.at)  # fmt: skip
    Trip.objects.filter(id=kept.id).update(state="out")
    before = said()
    found = replan_trips(area, by=by, at=place.at)
    assert list(found.off) == [] and found.n_kept == 0 and all(t.starts_at >= kept.ends_at for t in found.trips)
    # One that has not left, with a load that goes on in another vehicle: it stays as it is too.
    Trip.objects.filter(id=kept.id).update(state="planned", starts_at=place.at + HOUR / 60)
    load = Ride.objects.filter(trip=kept).first()
    other = Ride.objects.filter(state="asked").first()
    assert load is not None and other is not None
    Ride.objects.filter(id=other.id).update(follows=load)
    found = replan_trips(area, by=by, at=place.at, without=first.vehicle.id)
    assert list(found.off) == [] and said() == before
    assert ("relay", other.id) in {(x.why, x.ride.id) for x in found.left}
