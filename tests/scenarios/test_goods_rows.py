"""Rows of trips by kind shown through pages: people and goods, each counted in its unit; loads that change vehicles."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.dispatch.models import Ride, Stop, Trip, Vehicle
from lianfang.domains.places.models import Place as Site
from lianfang.domains.places.services import register_place, set_state
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, travel
from tests.scenarios.test_trip_rows import MINUTE, crewed, proposed, ride, sent_out, step, typed, vehicle
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
LEGS = (("load", {}), ("arrive", {}), ("hand_over", {"post": "卸货组"}))


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def site(place: Place, kind: str, name: str, where: str = "committee") -> Site:
    made = register_place(place_id=uuid4(), kind=kind, name=name, name_en="", area_id=place.area[where],
                          capacity={"bay": 3}, lon=None, lat=None, incident_id=None, by=place.system,
                          at=place.at)  # fmt: skip
    set_state(place_id=made.id, state="open", by=place.system, at=place.at)
    return made


def carried(place: Place, post: str = "street", query: str = "") -> dict[str, str]:
    """What the dispatcher's board says was carried, by kind, with its unit."""
    page = text_of(client_of(place, post).get(f"/trips{query}"))
    panel = page[page.index("handed over, each in its own unit") :]
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", panel[: panel.index("</section>")]))


def driven(driver: Account, r: Ride) -> None:
    """Step by step: on board, there, handed over; each pressed twice."""
    for name, said in LEGS:
        for _ in range(2):
            step(browser_of(driver), r, name, **said)


def by_hand(car: Vehicle, driver: Account, *stops: tuple[Ride, str, datetime]) -> dict[str, object]:
    """What a dispatcher sends who makes up a trip himself."""
    return {"id": uuid4(), "vehicle": car.id, "driver": driver.id, "starts": stops[0][2].isoformat(),
            "stop": [f"{r.id}|{what}|{t.isoformat()}" for r, what, t in stops]}  # fmt: skip


def times_of(r: Ride) -> list[datetime]:
    r.refresh_from_db()
    return [t for t in (r.asked_at, r.assigned_at, r.loaded_at, r.arrived_at, r.handed_over_at, r.closed_at) if t]


@pytest.mark.row("S1-33")
def test_four_kinds_of_trips_go_from_asked_to_cleaned_and_goods_change_vehicles_at_a_relay_point(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    store, point, plant = (
        site(place, "goods-store", "城北仓库"),
        site(place, "relay-point", "高速口接驳点"),
        site(place, "goods-store", "工业园一号库", "committee2"),
    )
    coach, bus = vehicle(place, "coach"), vehicle(place, "coach")
    outside, inside, small = vehicle(place, "truck"), vehicle(place, "truck"), vehicle(place, "van")
    drivers = {v.id: crewed(place, v, now) for v in (coach, bus, outside, inside, small)}
    desk = client_of(place, "street")
    # Contacts and medical staff: asked for with heads, brought by a coach each; the contacts' coach is cleaned after.
    contacts = ride(place, "grid", kind="contact", heads="30", start="花园小区", end="隔离酒店")
    staff = ride(place, "grid", kind="medics", heads="20", start="宿舍", end="采样点")
    for r in (contacts, staff):
        assert r.state == "asked"
        trip = sent_out(place, r)
        r.refresh_from_db()
        assert r.state == "assigned"
        driver = drivers[trip.vehicle_id]
        driven(driver, r)
        if r is contacts:  # handed over, until the coach is disinfected
            trip.refresh_from_db()
            assert (r.state, r.closed_at, trip.state) == ("handed_over", None, "to_clean")
            assert browser_of(driver).post(f"/fleet/{trip.vehicle_id}/clean").status_code == 302
    assert len(times_of(contacts)) == len(times_of(staff)) == 6
    assert contacts.state == staff.state == "closed"
    # Production goods from outside: taken up at a store, handed over at the relay point, taken on by another vehicle.
    page = text_of(client_of(place, "grid").get("/rides/new"))
    assert all(f"{s.name}</option>" in page for s in (store, point)) and "高速口接驳点</option>" in page
    over_at, hour = now + 2 * HOUR, now + 4 * HOUR
    said = {"kind": "relay", "load": "2000", "from_place": str(store.id), "relay": str(point.id), "goal": str(plant.id),
            "relay_at": typed(over_at), "arrive": typed(hour)}  # fmt: skip
    form = {k: v[-1] for k, v in form_of(client_of(place, "grid").get("/rides/new"), "/rides/new").items()
            if k != "flag"} | {"aid": ""}  # fmt: skip
    for wrong in ({"relay_at": ""}, {"relay_at": typed(hour + HOUR)}, {"relay": str(store.id)}, {"kind": "medics"}):
        refusal(client_of(place, "grid").post("/rides/new", form | said | wrong), 422, "dispatch.unfit")
    first = ride(place, "grid", **said)
    then = Ride.objects.get(follows=first)
    assert (first.from_place_id, first.to_place_id, first.arrive_by) == (store.id, point.id, over_at)
    assert (then.from_place_id, then.to_place_id, then.ready_at, then.arrive_by) == (point.id, plant.id, over_at, hour)
    assert first.places == then.places == {"load": 2000}
    shown = text_of(desk.get(f"/rides/{first.id}"))
    assert f"№{then.number}" in shown and "Goes on with" in shown and "城北仓库" in shown and "高速口接驳点" in shown
    assert "工业园一号库" in text_of(desk.get(f"/rides/{then.id}"))
    # Nothing goes on before the first leg is sent; the two legs are never one trip, one vehicle or one driver.
    text, forms = proposed(place, first, then)
    assert len(forms) == 1 and "the first leg has no car yet" in text
    [lorry, other] = [drivers[v.id] for v in (outside, inside)]
    early = by_hand(inside, other, (then, "in", over_at), (then, "out", over_at + HOUR))
    refusal(desk.post("/trips/adopt", early), 409, "dispatch.relay_first")
    both = by_hand(outside, lorry, (first, "in", now), (first, "out", now + HOUR), (then, "in", over_at),
                   (then, "out", over_at + HOUR))  # fmt: skip
    refusal(desk.post("/trips/adopt", both), 409, "dispatch.relay_same")
    assert desk.post("/trips/adopt", forms[0]).status_code == 302
    first.refresh_from_db()
    assert first.trip is not None
    outer = Vehicle.objects.get(id=first.trip.vehicle_id)
    alone = by_hand(outer, drivers[outer.id], (then, "in", over_at), (then, "out", over_at + HOUR))
    refusal(desk.post("/trips/adopt", alone), 409, "dispatch.relay_same")
    late = Stop.objects.get(ride=first, what="out")
    Stop.objects.filter(id=late.id).update(planned_at=over_at + 10 * MINUTE)  # the first would be there after it
    refusal(desk.post("/trips/adopt", early), 409, "dispatch.relay_first")
    Stop.objects.filter(id=late.id).update(planned_at=late.planned_at)
    _, [second] = proposed(place, then)
    assert second["vehicle"] != [str(outer.id)] and second["driver"] != [str(drivers[outer.id].id)]
    for _ in range(2):
        assert desk.post("/trips/adopt", second).status_code == 302
    then.refresh_from_db()
    assert then.trip is not None
    inner = drivers[then.trip.vehicle_id]
    drive = text_of(browser_of(inner).get("/calls/drive"))
    assert "高速口接驳点" in drive and "城北仓库" not in drive  # the inside driver never hears of going out
    # The second takes the load up once the first has set it down at the point, and not before.
    travel(monkeypatch, over_at)
    for name in ("load", "arrive"):
        step(browser_of(drivers[outer.id]), first, name)
        refusal(browser_of(inner).post(f"/calls/drive/rides/{then.id}", {"step": "load"}), 409, "dispatch.relay_first")
    assert carried(place).get("Relay of production goods") is None
    step(browser_of(drivers[outer.id]), first, "hand_over", post="接驳点值班")
    assert Trip.objects.get(id=first.trip_id).state == "closed"  # its vehicle is away before the other one loads
    driven(inner, then)
    assert len(times_of(first)) == len(times_of(then)) == 6
    assert (first.received_by, then.received_by) == ("接驳点值班", "卸货组")
    # Living goods: a load straight to a shop, and one over the point, which stays one load.
    straight = ride(place, "grid", kind="living", load="300", from_place=str(store.id), end="惠民店")
    sent = sent_out(place, straight)
    driven(drivers[sent.vehicle_id], straight)
    parted = ride(place, "grid", kind="living", load="200", from_place=str(store.id), relay=str(point.id),
                  relay_at=typed(over_at + HOUR), end="居民楼")  # fmt: skip
    for leg in (parted, Ride.objects.get(follows=parted)):
        trip = sent_out(place, leg)
        driven(drivers[trip.vehicle_id], leg)
    # Each kind in its own unit, of the day: people in person-times, runs of vehicles, loads.
    kinds = {"Contacts to where they stay": "30 person-times", "Medical staff": "20 person-times",
             "Relay of production goods": "2 runs", "Living goods": "2 loads"}  # fmt: skip
    assert carried(place) == kinds
    assert carried(place, query=f"?day={(now - timedelta(days=1)).date().isoformat()}") == {}
    travel(monkeypatch, now + timedelta(days=1))
    assert carried(place) == {} and carried(place, query=f"?day={now.date().isoformat()}") == kinds
    # The neighbour counts nothing of it and sees no leg.
    assert carried(place, "neighbour", f"?day={now.date().isoformat()}") == {}
    for r in (first, then):
        refusal(client_of(place, "neighbour").get(f"/rides/{r.id}"), 404, "dispatch.ride_missing")


def test_a_load_that_does_not_come_does_not_go_on(place: Place, now: datetime) -> None:
    store, point = site(place, "goods-store", "城北仓库"), site(place, "relay-point", "接驳点")
    cars = [vehicle(place, "truck") for _ in range(2)]
    drivers = {v.id: crewed(place, v, now) for v in cars}
    first = ride(place, "grid", kind="relay", load="900", from_place=str(store.id), relay=str(point.id),
                 relay_at=typed(now + 2 * HOUR), end="园区")  # fmt: skip
    then = Ride.objects.get(follows=first)
    trip: Trip = sent_out(place, first)
    assert sent_out(place, then).vehicle_id != trip.vehicle_id
    refusal(client_of(place, "neighbour_grid").post(f"/rides/{first.id}/cancel", {"why": "x"}), 404,
            "dispatch.ride_missing")  # fmt: skip
    step(browser_of(drivers[trip.vehicle_id]), first, "absent", why="仓库没人")
    then.refresh_from_db()
    assert then.state == "cancelled"
    assert {t.state for t in Trip.objects.all()} == {"closed", "cancelled"}
    alone: UUID = ride(place, "grid", kind="relay", load="900", start="码头", end="园区").id
    assert not Ride.objects.filter(follows=alone).exists()
