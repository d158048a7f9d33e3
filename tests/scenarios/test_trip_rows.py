"""Rows of journeys shown through pages: asked for, proposed, sent, driven stop by stop, disinfected, and home again."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.domains.accounts.models import Account
from lianfang.domains.dispatch.models import Ride, Trip, Turn, Vehicle
from lianfang.domains.grid.models import Link, Person, Presence
from lianfang.domains.holds.models import Hold
from lianfang.domains.messages.models import Message
from lianfang.domains.places.models import Place as Ward
from lianfang.domains.places.models import Stay
from lianfang.domains.places.services import register_place, set_state
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, travel
from tests.scenarios.test_need_rows import due, moved, routed, took_in
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def typed(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")


def vehicle(place: Place, kind: str, **sent: object) -> Vehicle:
    """Lent by a body, put on the list at the desk; pressed twice."""
    form = {"id": str(uuid4()), "kind": kind, "plate": f"粤F{uuid4().hex[:5]}", "area": str(place.area["committee"])}
    for _ in range(2):
        answer = client_of(place, "street").post("/fleet/add", form | sent)
        assert answer.status_code == 302, text_of(answer)
    return Vehicle.objects.get(id=form["id"])


def crewed(place: Place, car: Vehicle, at: datetime, hours: int = 12, protection: int = 2) -> Account:
    """A driver of his own, on that vehicle from an hour on."""
    [who] = volunteers(place, 1)
    answer = client_of(place, "street").post(f"/fleet/{car.id}/crew", {
        "id": uuid4(), "account": who.id, "role": "driver", "protection": protection, "from": typed(at),
        "until": typed(at + hours * HOUR)})  # fmt: skip
    assert answer.status_code == 302, text_of(answer)
    return who


def ride(place: Place, post: str = "grid", query: str = "", **sent: object) -> Ride:
    """Asked for on the page, pressed twice."""
    browser = client_of(place, post)
    form = form_of(browser.get(f"/rides/new{query}"), "/rides/new")
    body = {k: v[-1] for k, v in form.items() if k not in ("flag", "aid")} | {"aid": ""} | sent
    for _ in range(2):
        answer = browser.post("/rides/new", body)
        assert answer.status_code == 302, text_of(answer)
    return Ride.objects.get(id=body["id"])


def proposed(place: Place, *rides: Ride, post: str = "street") -> tuple[str, list[dict[str, list[str]]]]:
    """The page of the proposal, and the form of each trip on it."""
    page = client_of(place, post).post("/trips/propose", {"area": place.area["street"], "ride": [r.id for r in rides]})
    text = text_of(page)
    forms = re.findall(r'<form method="post" action="/trips/adopt">(.*?)</form>', text, re.S)
    names = ("id", "vehicle", "driver", "starts", "stop")
    return text, [{n: re.findall(rf'name="{n}" value="([^"]*)"', f) for n in names} for f in forms]


def sent_out(place: Place, *rides: Ride) -> Trip:
    """Proposed for these rides alone, and the one trip adopted; pressed twice."""
    _, [form] = proposed(place, *rides)
    for _ in range(2):
        answer = client_of(place, "street").post("/trips/adopt", form)
        assert answer.status_code == 302, text_of(answer)
    return Trip.objects.get(id=form["id"][0])


def step(browser: Client, r: Ride, name: str, **sent: str) -> None:
    answer = browser.post(f"/calls/drive/rides/{r.id}", {"step": name} | sent)
    assert answer.status_code == 302, text_of(answer)
    r.refresh_from_db()


def ward(place: Place, capacity: dict[str, int], kind: str = "hospital-ward") -> Ward:
    made = register_place(place_id=uuid4(), kind=kind, name="市妇幼", name_en="", area_id=place.area["committee3"],
                          capacity=capacity, lon=None, lat=None, incident_id=None, by=place.system,
                          at=place.at)  # fmt: skip
    set_state(place_id=made.id, state="open", by=place.system, at=place.at)
    return made


def dweller(place: Place, n: int = 0) -> UUID:
    """Somebody grown up who lives in the committee."""
    grown = Presence.objects.filter(area_id=place.area["committee"], kind="lives", to_on=None,
                                    person__birth_year__lt=2000)  # fmt: skip
    return grown.order_by("id").values_list("person_id", flat=True)[n]


@pytest.mark.row("S0-25")
def test_a_yellow_code_in_labour_is_brought_by_ambulance_to_a_kept_isolation_room_and_handed_over(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    goal, who = ward(place, {"bed": 5, "labour-room": 1}), dweller(place)
    plea = took_in(
        place, "grid", words="我老婆羊水破了，黄码", door=str(Presence.objects.get(person_id=who).household_id)
    )
    assert client_of(place, "grid").post(f"/needs/{plea.id}/place", {
        "person": who, "door": Presence.objects.get(person_id=who).household_id}).status_code == 302  # fmt: skip
    item = routed(client_of(place, "grid"), plea, "emergency", sort="labour")
    moved(client_of(place, "grid"), item, "ambulance", colour="yellow")
    item.refresh_from_db()
    car, bus = vehicle(place, "ambulance"), vehicle(place, "van")
    driver = crewed(place, car, now)
    crewed(place, bus, now)
    page = text_of(client_of(place, "street").get(f"/rides/new?item={item.id}"))
    assert '<option value="labour-isolated" selected>' in page and "isolation labour rooms 1" in page
    r = ride(place, "street", f"?item={item.id}", goal=str(goal.id))
    assert (r.path, r.group, r.protection, r.is_direct, r.vehicles) == (
        "labour-isolated", "fever", 2, True, ["ambulance", "isolation-ambulance"])  # fmt: skip
    trip = sent_out(place, r)
    r.refresh_from_db()
    assert trip.vehicle_id == car.id and r.state == "assigned"
    stay = Stay.objects.get(id=r.stay_id)
    assert (stay.place_id, stay.capacity_class, stay.person_id) == (goal.id, "labour-room", who)
    # The one room is kept: nobody else is sent there.
    other = ride(place, "street", f"?person={dweller(place, 4)}", kind="emergency", path="labour-isolated",
                 goal=str(goal.id))  # fmt: skip
    spare = vehicle(place, "ambulance")
    crewed(place, spare, now)
    _, [form] = proposed(place, other)
    refusal(client_of(place, "street").post("/trips/adopt", form), 409, "places.full")
    browser, times = browser_of(driver), list[datetime | None]()
    for n, (name, said) in enumerate((("load", {}), ("arrive", {}), ("hand_over", {"post": "产科护士站"}))):
        travel(monkeypatch, now + (10 + 15 * n) * MINUTE)
        step(browser, r, name, **said)
        times.append({"load": r.loaded_at, "arrive": r.arrived_at, "hand_over": r.handed_over_at}[name])
    assert times == [now + m * MINUTE for m in (10, 25, 40)] and r.received_by == "产科护士站"
    trip.refresh_from_db()
    assert (r.state, trip.state) == ("handed_over", "to_clean")
    assert browser.post(f"/fleet/{car.id}/clean").status_code == 302
    r.refresh_from_db()
    trip.refresh_from_db()
    assert (r.state, trip.state) == ("closed", "closed")
    shown = text_of(client_of(place, "street").get(f"/rides/{r.id}"))
    assert "产科护士站" in shown and "Car disinfected" in shown


@pytest.mark.row("S3-39")
def test_a_closed_loop_has_no_stop_the_hospital_hears_before_and_the_car_goes_again_only_disinfected(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    goal = ward(place, {"bed": 9})
    who = dweller(place)
    Person.objects.filter(id=who).update(birth_year=now.year - 8)
    browser = client_of(place, "grid")
    form = {k: v[-1] for k, v in form_of(browser.get(f"/rides/new?person={who}"), "/rides/new").items()}
    form |= {"kind": "medical", "goal": str(goal.id), "back": typed(now + 6 * HOUR), "path": "", "aid": ""}
    refusal(browser.post("/rides/new", form), 409, "dispatch.minor_alone")
    r = ride(place, "grid", f"?person={who}", kind="medical", goal=str(goal.id), back=typed(now + 6 * HOUR),
             escort="外婆", flag=["child", "fever"])  # fmt: skip
    back, other = (
        Ride.objects.get(outward=r),
        ride(place, "grid", f"?person={dweller(place, 4)}", kind="medical", end="二院"),
    )
    assert r.flags == ["child", "fever"] and r.places == {"seat": 2}
    car = vehicle(place, "van")
    driver = crewed(place, car, now)
    # Two closed loops are never one trip: a stop between is refused, also when typed by hand.
    stops = [f"{x.id}|{w}|{(now + m * MINUTE).isoformat()}"
             for x, w, m in ((r, "in", 10), (other, "in", 15), (r, "out", 30), (other, "out", 40))]  # fmt: skip
    hand = {"id": uuid4(), "vehicle": car.id, "driver": driver.id, "starts": now.isoformat(), "stop": stops}
    refusal(client_of(place, "street").post("/trips/adopt", hand), 409, "dispatch.not_alone")
    _, forms = proposed(place, r, back, other)
    assert len(forms) == 3 and all(len(f["stop"]) == 2 for f in forms)
    for f in forms:
        assert client_of(place, "street").post("/trips/adopt", f).status_code == 302
    assert Message.objects.filter(template="ride-expected", about_id=r.id).exists()
    trips = list(Trip.objects.order_by("starts_at"))
    gaps = [b.starts_at - a.ends_at for a, b in pairwise(trips)]
    assert min(gaps) >= 15 * MINUTE  # the cleaning of this group, by the edition
    drive = browser_of(driver)
    page = text_of(drive.get("/calls/drive"))
    assert "child" in page and "fever" in page and "外婆" in page
    first = Ride.objects.get(trip=trips[0])
    for name, said in (("load", {}), ("arrive", {}), ("hand_over", {"post": "急诊"})):
        step(drive, first, name, **said)
    second = Ride.objects.get(trip=trips[1])
    refusal(drive.post(f"/calls/drive/{trips[1].id}"), 409, "dispatch.not_cleaned")
    refusal(drive.post(f"/calls/drive/rides/{second.id}", {"step": "load"}), 409, "dispatch.not_cleaned")
    assert drive.post(f"/fleet/{car.id}/clean").status_code == 302
    step(drive, second, "load")
    assert second.loaded_at and first.arrived_at and first.handed_over_at


@pytest.mark.row("S3-42")
def test_a_special_car_at_a_set_hour_reminds_driver_and_passenger_and_alarms_when_it_will_be_late(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    leaves, exam = now + 20 * HOUR, now + 22 * HOUR
    r = ride(place, "grid", f"?person={dweller(place)}", kind="appointed", end="二中隔离考场", arrive=typed(exam),
             back=typed(now + 25 * HOUR), **{"from": typed(leaves)})  # fmt: skip
    due(place, now + 18 * HOUR)
    assert not Message.objects.filter(template="ride-unassigned").exists()
    due(place, now + 19 * HOUR)
    told = Message.objects.filter(template="ride-unassigned", about_id=r.id)
    assert place.accounts["street"].id in {m.recipient_id for m in told}
    travel(monkeypatch, now + 19 * HOUR)
    car = vehicle(place, "car")
    driver = crewed(place, car, now + 19 * HOUR, hours=10)
    text, forms = proposed(place, r)
    assert "to spare before the hour it is due" in text
    assert client_of(place, "street").post("/trips/adopt", forms[0]).status_code == 302
    trip = Trip.objects.get()
    out = trip.stops.get(what="out")
    assert trip.stops.get(what="in").planned_at >= leaves and out.planned_at <= exam
    due(place, trip.starts_at - 30 * MINUTE)
    due(place, trip.starts_at - 29 * MINUTE)  # once
    for template, who in (("trip-soon", driver.id), ("ride-soon", place.accounts["grid"].id)):
        assert [m.recipient_id for m in Message.objects.filter(template=template)] == [who]
    due(place, trip.starts_at + MINUTE)
    assert not Message.objects.filter(template="ride-late").exists()
    due(place, exam - 5 * MINUTE)  # nobody was picked up: he cannot be there in time
    late = Message.objects.filter(template="ride-late", about_id=r.id)
    assert {place.accounts["street"].id, place.accounts["grid"].id} <= {m.recipient_id for m in late}
    n = late.count()
    due(place, exam - 4 * MINUTE)
    assert late.count() == n
    # Nobody sends a car to fetch him home: that is told too.
    travel(monkeypatch, exam)
    drive = browser_of(driver)
    for name, said in (("load", {}), ("arrive", {}), ("hand_over", {"post": "考点"})):
        step(drive, r, name, **said)
    due(place, exam + 5 * HOUR)
    assert Message.objects.filter(template="ride-not-back", about_id=r.id).exists()


@pytest.mark.row("S2-54")
def test_a_volunteer_offers_his_car_and_is_matched_by_area_and_room_and_logs_way_and_fuel(
    place: Place, now: datetime
) -> None:
    [who] = volunteers(place, 1)
    mine = browser_of(who)
    form = {"id": str(uuid4()), "kind": "car", "plate": "粤F88888", "seat": "3", "first": "08:00", "last": "18:00"}
    for _ in range(2):
        assert mine.post("/calls/car", form).status_code == 302
    [car] = Vehicle.objects.filter(account_id=who.id)
    assert "粤F88888" in text_of(mine.get("/calls/car")) and "粤F88888" in text_of(
        client_of(place, "street").get("/fleet")
    )
    refusal(browser_of(volunteers(place, 1)[0]).post(f"/fleet/{car.id}/withdraw"), 403, "accounts.right_missing")
    few = ride(place, "grid", kind="medics", heads="3", start="宿舍", end="采样点")
    many = ride(place, "grid", kind="medics", heads="4", start="宿舍", end="采样点")
    ill = ride(place, "grid", f"?person={dweller(place)}", kind="emergency", path="", end="医院")
    text, forms = proposed(place, few, many, ill)
    assert [f["vehicle"] for f in forms] == [[str(car.id)]] and [s.split("|")[0] for s in forms[0]["stop"]] == [
        str(few.id)
    ] * 2
    assert "no vehicle has such a place" in text and "may carry this group" in text
    assert client_of(place, "street").post("/trips/adopt", forms[0]).status_code == 302
    trip = Trip.objects.get()
    assert trip.driver_id == who.id and "宿舍" in text_of(mine.get("/calls/drive"))
    for name, said in (("load", {}), ("arrive", {}), ("hand_over", {"post": "采样点"})):
        step(mine, few, name, **said)
    assert mine.post(f"/calls/drive/{trip.id}/log", {"km": "12", "fuel": "1.5"}).status_code == 302
    refusal(mine.post(f"/calls/drive/{trip.id}/log", {"km": "99999", "fuel": ""}), 422, "dispatch.unfit")
    trip.refresh_from_db()
    assert (trip.km, str(trip.fuel_l), trip.state) == (12, "1.5", "closed")
    page = text_of(client_of(place, "street").get(f"/trips/{trip.id}"))
    assert "12" in page and "1.5 L" in page
    # Outside his hours, and for others than he may carry, he is refused by hand too.
    evening = now.astimezone(LOCAL).replace(hour=20, minute=0)
    hand = {"id": uuid4(), "vehicle": car.id, "driver": who.id, "starts": evening.isoformat(),
            "stop": [f"{ill.id}|in|{evening.isoformat()}", f"{ill.id}|out|{(evening + HOUR).isoformat()}"]}  # fmt: skip
    refusal(client_of(place, "street").post("/trips/adopt", hand), 409, "dispatch.groups_mixed")


@pytest.mark.row("S1-32")
def test_a_lent_fleet_has_day_and_night_crews_takes_no_two_jobs_and_is_cleaned_between_contacts_and_staff(
    place: Place, now: datetime
) -> None:
    coach = vehicle(place, "coach")
    assert coach.places["seat"] == 40
    day, night = crewed(place, coach, now, 12), crewed(place, coach, now + 12 * HOUR, 12)
    page = text_of(client_of(place, "street").get("/fleet"))
    assert day.label in page and night.label in page and coach.number
    taken = client_of(place, "street").post(f"/fleet/{coach.id}/crew", {
        "id": uuid4(), "account": volunteers(place, 1)[0].id, "role": "driver", "protection": "0",
        "from": typed(now + HOUR), "until": typed(now + 2 * HOUR)})  # fmt: skip
    refusal(taken, 409, "dispatch.crew_taken")
    contacts = ride(place, "grid", kind="contact", heads="30", start="花园小区", end="隔离酒店")
    staff = ride(place, "grid", kind="medics", heads="20", start="隔离酒店", end="宿舍")
    hand = {"id": uuid4(), "vehicle": coach.id, "driver": day.id, "starts": now.isoformat(), "stop": [
        f"{x.id}|{w}|{(now + m * MINUTE).isoformat()}" for x, w, m in (
            (contacts, "in", 10), (staff, "in", 20), (staff, "out", 30), (contacts, "out", 40))]}  # fmt: skip
    refusal(client_of(place, "street").post("/trips/adopt", hand), 409, "dispatch.groups_mixed")
    _, forms = proposed(place, contacts, staff)
    assert len(forms) == 2
    for f in forms:
        assert client_of(place, "street").post("/trips/adopt", f).status_code == 302
    first, then = Trip.objects.order_by("starts_at")
    assert {first.group, then.group} == {"contact", "staff"}
    between = then.stops.order_by("position")[0].planned_at - first.ends_at
    assert between >= (30 if first.group == "contact" else 0) * MINUTE
    assert {t.driver_id for t in (first, then)} == {day.id}
    # The vehicle takes no second job at the same hour, whoever adopts it.
    third = ride(place, "grid", kind="contact", heads="2", start="花园小区", end="隔离酒店")
    stop = [f"{third.id}|{w}|{(first.starts_at + m * MINUTE).isoformat()}" for w, m in (("in", 1), ("out", 9))]
    again = {"id": uuid4(), "vehicle": coach.id, "driver": day.id, "starts": first.starts_at.isoformat(), "stop": stop}
    refusal(client_of(place, "street").post("/trips/adopt", again), 409, "dispatch.vehicle_taken")
    assert Turn.objects.filter(vehicle=coach).count() == 2
    for post in ("neighbour", "neighbour_grid"):
        refusal(client_of(place, post).get(f"/trips/{first.id}"), 404, "dispatch.trip_missing")
        refusal(client_of(place, post).post(f"/trips/{first.id}/cancel", {"why": "x"}), 404, "dispatch.trip_missing")


def test_nobody_is_moved_before_it_is_known_who_looks_after_those_who_depend_on_him(
    place: Place, now: datetime
) -> None:
    who, child = dweller(place), dweller(place, 1)
    Link.objects.create(id=uuid4(), carer_id=who, cared_id=child, kind="guardian", from_on=now.date())
    browser = client_of(place, "grid")
    form = {k: v[-1] for k, v in form_of(browser.get(f"/rides/new?person={who}"), "/rides/new").items()}
    form |= {"kind": "medical", "end": "市一医院", "path": "", "aid": ""}
    assert f"dependant-{child}" in form
    refusal(browser.post("/rides/new", form), 409, "dispatch.dependant_alone")
    refusal(browser.post("/rides/new", {k: v for k, v in form.items() if "dependant" not in k}), 409,
            "dispatch.dependant_alone")  # fmt: skip
    r = ride(place, "grid", f"?person={who}", kind="medical", end="市一医院", **{f"dependant-{child}": "along"})
    assert (r.heads, r.places) == (2, {"seat": 2})
    named = ride(place, "grid", f"?person={who}", kind="medical", end="市一医院", **{
        f"dependant-{child}": "stays", f"carer-{child}": "邻居李姐"})  # fmt: skip
    assert named.heads == 1 and "邻居李姐" in text_of(client_of(place, "street").get(f"/rides/{named.id}"))


def test_a_car_that_fails_leaves_nobody_behind_and_who_is_not_at_the_door_is_told_of(
    place: Place, now: datetime
) -> None:
    car = vehicle(place, "car")
    driver = crewed(place, car, now)
    r = ride(place, "grid", kind="medics", heads="2", start="宿舍", end="采样点")
    trip = sent_out(place, r)
    drive = browser_of(driver)
    refusal(drive.post(f"/calls/drive/{trip.id}", {"says": "fails", "why": " "}), 422, "dispatch.unfit")
    assert drive.post(f"/calls/drive/{trip.id}", {"says": "fails", "why": "爆胎"}).status_code == 302
    r.refresh_from_db()
    assert r.state == "asked" and r.trip_id is None
    again = sent_out(place, r)
    step(drive, r, "absent", why="敲门没人")
    assert r.state == "absent" and Trip.objects.get(id=again.id).state == "closed"
    assert [m.recipient_id for m in Message.objects.filter(template="ride-absent")] == [place.accounts["grid"].id]
    refusal(drive.post(f"/calls/drive/rides/{r.id}", {"step": "load"}), 409, "dispatch.state")
    stranger = browser_of(volunteers(place, 1)[0])
    refusal(stranger.post(f"/calls/drive/rides/{r.id}", {"step": "load"}), 404, "dispatch.trip_missing")


def test_what_was_agreed_with_another_district_waits_for_both_sides(place: Place, now: datetime) -> None:
    car = vehicle(place, "car")
    driver = crewed(place, car, now)
    r = ride(place, "grid", f"?person={dweller(place)}", kind="appointed", end="思明区面试点", terms="隔离考场，东门进",
             counterpart="思明区专班", contact="李主任 0592-100")  # fmt: skip
    text, forms = proposed(place, r)
    assert forms == [] and "the other side has not said yes" in text
    stops = [f"{r.id}|{w}|{(now + m * MINUTE).isoformat()}" for w, m in (("in", 9), ("out", 40))]
    hand = {"id": uuid4(), "vehicle": car.id, "driver": driver.id, "starts": now.isoformat(), "stop": stops}
    desk = client_of(place, "street")
    refusal(desk.post("/trips/adopt", hand), 409, "dispatch.not_confirmed")
    assert desk.post(f"/rides/{r.id}/confirm", {"side": "ours"}).status_code == 302
    refusal(desk.post("/trips/adopt", hand), 409, "dispatch.not_confirmed")
    refusal(desk.post(f"/rides/{r.id}/confirm", {"side": "theirs", "post": ""}), 422, "dispatch.unfit")
    assert desk.post(f"/rides/{r.id}/confirm", {"side": "theirs", "post": "思明区卫健值班"}).status_code == 302
    assert desk.post("/trips/adopt", hand).status_code == 302


def test_a_ride_that_nobody_needs_frees_bed_and_car_and_its_way_home_and_its_driver_hears(
    place: Place, now: datetime
) -> None:
    goal, who = ward(place, {"bed": 1, "labour-room": 1}), dweller(place)
    car = vehicle(place, "ambulance")
    driver = crewed(place, car, now)
    r = ride(place, "grid", f"?person={who}", kind="emergency", path="labour-isolated", goal=str(goal.id),
             back=typed(now + 5 * HOUR))  # fmt: skip
    _, forms = proposed(place, r, Ride.objects.get(outward=r))
    for form in forms:
        assert client_of(place, "street").post("/trips/adopt", form).status_code == 302
    assert len(forms) == 2 and Stay.objects.filter(person_id=who, ended_at=None).count() == 1
    refusal(client_of(place, "grid").post(f"/rides/{r.id}/cancel", {"why": " "}), 422, "dispatch.unfit")
    refusal(
        client_of(place, "neighbour_grid").post(f"/rides/{r.id}/cancel", {"why": "x"}), 404, "dispatch.ride_missing"
    )
    for _ in range(2):
        assert client_of(place, "grid").post(f"/rides/{r.id}/cancel", {"why": "已自行入院"}).status_code == 302
    assert {x.state for x in Ride.objects.all()} == {"cancelled"}
    assert {t.state for t in Trip.objects.all()} == {"cancelled"}  # nothing is left to hold the car
    assert not Stay.objects.filter(person_id=who, ended_at=None).exists()
    told = Message.objects.filter(template="ride-off")
    assert {m.recipient_id for m in told} == {driver.id} and told.count() == 2
    again = ride(place, "grid", f"?person={dweller(place, 4)}", kind="emergency", path="labour-isolated",
                 goal=str(goal.id))  # fmt: skip
    assert sent_out(place, again).vehicle_id == car.id


def test_who_is_not_at_the_door_is_not_fetched_home_and_makes_nobody_late(place: Place, now: datetime) -> None:
    car = vehicle(place, "coach")
    driver = crewed(place, car, now)
    gone = ride(place, "grid", kind="medics", heads="2", start="宿舍", end="采样点", back=typed(now + 6 * HOUR))
    other = ride(place, "grid", kind="medics", heads="3", start="宿舍", end="采样点")
    stops = [f"{x.id}|{w}|{(now + m * MINUTE).isoformat()}"
             for x, w, m in ((gone, "in", 10), (other, "in", 20), (gone, "out", 30), (other, "out", 40))]  # fmt: skip
    hand = {"id": uuid4(), "vehicle": car.id, "driver": driver.id, "starts": now.isoformat(), "stop": stops}
    assert client_of(place, "street").post("/trips/adopt", hand).status_code == 302
    drive = browser_of(driver)
    step(drive, gone, "absent", why="没人")
    assert Ride.objects.get(outward=gone).state == "cancelled"
    step(drive, other, "load")
    step(drive, other, "arrive")
    step(drive, other, "load")  # a phone that sends an old press again: nothing changes
    assert other.state == "arrived"
    due(place, now + 60 * MINUTE)
    assert not Message.objects.filter(template="ride-late", about_id=gone.id).exists()


def test_whoever_is_held_himself_sits_with_nobody_of_less_danger_and_a_child_is_flagged(
    place: Place, now: datetime
) -> None:
    who, child = dweller(place), dweller(place, 4)
    Hold.objects.create(id=uuid4(), kind="contact-second", effect="restrict", person_id=who, from_at=now - HOUR,
                        rank=55, edition="cn-covid-8", area_id=place.area["committee"], rule="P6", authority="指挥部",
                        decided_by=place.accounts["command"].id, paper_number="1",
                        until_at=now + 99 * HOUR)  # fmt: skip
    r = ride(place, "grid", f"?person={who}", kind="medical", end="市一医院", group="staff")
    assert (r.group, r.protection) == ("contact", 2)
    Person.objects.filter(id=child).update(birth_year=now.year - 5)
    assert ride(place, "grid", f"?person={child}", kind="medical", end="市一医院", escort="妈妈").flags == ["child"]


def test_nobody_puts_a_stranger_on_a_wheel_nor_keeps_a_bed_in_another_county(place: Place, now: datetime) -> None:
    car = vehicle(place, "car")
    stranger = place.accounts["neighbour_grid"]
    sent = {"id": uuid4(), "account": stranger.id, "role": "driver", "protection": "0", "from": typed(now),
            "until": typed(now + HOUR)}  # fmt: skip
    refusal(client_of(place, "street").post(f"/fleet/{car.id}/crew", sent), 422, "dispatch.unfit")
    assert not Turn.objects.exists()
    there = register_place(place_id=uuid4(), kind="hospital-ward", name="乙区医院", name_en="",
                           area_id=place.area["neighbour_committee"], capacity={"bed": 3}, lon=None, lat=None,
                           incident_id=None, by=place.system, at=place.at)  # fmt: skip
    set_state(place_id=there.id, state="open", by=place.system, at=place.at)
    browser = client_of(place, "grid")
    page = browser.get(f"/rides/new?person={dweller(place)}")
    assert "乙区医院" not in text_of(page)
    form = {k: v[-1] for k, v in form_of(page, "/rides/new").items()}
    refusal(browser.post("/rides/new", form | {"kind": "medical", "goal": str(there.id), "path": "", "aid": ""}), 422,
            "dispatch.unfit")  # fmt: skip
    plea = took_in(place, "lead", words="缺药")
    refusal(client_of(place, "neighbour_grid").post("/rides/new", {
        "id": uuid4(), "kind": "medics", "heads": "1", "start": "x", "end": "x", "from": typed(now),
        "plea": plea.id}), 404, "needs.missing")  # fmt: skip
