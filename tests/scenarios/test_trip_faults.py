"""What goes wrong with journeys, shown through pages: a place that closes, a driver who may not leave, a wrong goal."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from lianfang.domains.dispatch.models import Ride, Trip
from lianfang.domains.gates.models import Permit
from lianfang.domains.grid.models import Presence
from lianfang.domains.holds.models import Hold, HoldBuilding
from lianfang.domains.messages.models import Message
from lianfang.domains.places.models import Stay
from lianfang.domains.places.services import set_state
from tests.factories.call import HOUR
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of
from tests.scenarios.test_need_rows import due
from tests.scenarios.test_trip_rows import (
    MINUTE,
    crewed,
    dweller,
    now,
    proposed,
    ride,
    sent_out,
    step,
    typed,
    vehicle,
    ward,
)
from tests.web.pages import client_of, form_of, refusal, text_of

__all__ = ["now"]  # the fixture: nine in the morning


def closed(place: Place, goal_id: object) -> None:
    set_state(place_id=goal_id, state="closed", reason="停电", by=place.system, at=place.at)  # type: ignore[arg-type]


def test_a_place_that_closes_is_told_at_once_and_who_is_on_his_way_is_brought_to_another_with_a_bed_kept(
    place: Place, now: datetime
) -> None:
    first, second = ward(place, {"bed": 5, "labour-room": 1}), ward(place, {"bed": 5, "labour-room": 1})
    who = dweller(place)
    car = vehicle(place, "ambulance")
    driver = crewed(place, car, now)
    r = ride(place, "grid", f"?person={who}", kind="emergency", path="labour-isolated", goal=str(first.id),
             back=typed(now + 5 * HOUR))  # fmt: skip
    sent_out(place, r)
    drive = browser_of(driver)
    step(drive, r, "load")
    closed(place, first.id)
    for _ in range(2):
        due(place, now + MINUTE)
    told = [m.recipient_id for m in Message.objects.filter(template="ride-goal-closed", about_id=r.id)]
    assert {driver.id, place.accounts["grid"].id, place.accounts["street"].id} <= set(told)
    assert len(told) == len(set(told))
    desk = client_of(place, "street")
    page = text_of(desk.get(f"/rides/{r.id}"))
    assert "The place it goes to has closed" in page and f'value="{second.id}"' in page
    assert f'value="{first.id}"' not in page
    refusal(desk.post(f"/rides/{r.id}/goal", {"goal": str(first.id), "end": "x"}), 422, "dispatch.unfit")
    refusal(client_of(place, "neighbour_grid").post(f"/rides/{r.id}/goal", {"end": "x"}), 404, "dispatch.ride_missing")
    for _ in range(2):
        assert desk.post(f"/rides/{r.id}/goal", {"goal": str(second.id), "end": ""}).status_code == 302
    r.refresh_from_db()
    [stay] = Stay.objects.filter(person_id=who, ended_at=None)
    assert (stay.place_id, stay.capacity_class, r.stay_id) == (second.id, "labour-room", stay.id)
    assert second.name in text_of(drive.get("/calls/drive"))
    assert driver.id in {m.recipient_id for m in Message.objects.filter(template="ride-new-goal", about_id=r.id)}
    assert Ride.objects.get(outward=r).from_place_id == second.id  # home again from where he was brought
    step(drive, r, "arrive")
    step(drive, r, "hand_over", post="产科")
    refusal(desk.post(f"/rides/{r.id}/goal", {"goal": "", "end": "别处"}), 409, "dispatch.state")


def test_nobody_is_asked_for_or_sent_to_a_place_that_has_closed(place: Place, now: datetime) -> None:
    goal = ward(place, {"bed": 5})
    crewed(place, vehicle(place, "van"), now)
    r = ride(place, "grid", f"?person={dweller(place)}", kind="medical", goal=str(goal.id))
    _, [form] = proposed(place, r)
    closed(place, goal.id)
    refusal(client_of(place, "street").post("/trips/adopt", form), 409, "places.closed")
    browser = client_of(place, "grid")
    again = {k: v[-1] for k, v in form_of(browser.get(f"/rides/new?person={dweller(place, 4)}"), "/rides/new").items()}
    again |= {"kind": "medical", "goal": str(goal.id), "path": "", "aid": ""}
    refusal(browser.post("/rides/new", again), 422, "dispatch.unfit")


def test_a_driver_in_a_zone_is_proposed_to_nobody_and_sent_by_nobody_but_with_a_pass_for_the_time(
    place: Place, now: datetime
) -> None:
    car = vehicle(place, "van")
    driver = crewed(place, car, now)
    home = dweller(place, 3)
    driver.person_id = home
    driver.save(update_fields=["person_id"])
    r = ride(place, "grid", kind="medics", heads="2", start="宿舍", end="采样点")
    trip = sent_out(place, r)
    due(place, now + MINUTE)
    later = Trip.objects.create(id=uuid4(), number=801, vehicle=trip.vehicle, driver_id=driver.id, area_id=trip.area_id,
                                state="planned", starts_at=now + 5 * HOUR, ends_at=now + 6 * HOUR,
                                free_at=now + 6 * HOUR, group=trip.group,
                                adopted_by=trip.adopted_by, adopted_at=now)  # fmt: skip
    assert not Message.objects.filter(template="trip-driver-held").exists()
    # A zone comes: the dispatchers hear of the trip that its driver cannot drive, once.
    hold = Hold.objects.create(id=uuid4(), kind="sealed", effect="restrict", person_id=None, from_at=now, rank=90,
                               edition="cn-covid-8", area_id=place.area["committee"], rule="Z1", authority="指挥部",
                               decided_by=place.accounts["command"].id, paper_number="1", until_at=now + 99 * HOUR,
                               rules={"leave_home": "no", "leave_zone": "permit"})  # fmt: skip
    for b in place.buildings["committee"]:
        HoldBuilding.objects.create(hold=hold, building_id=b)
    for _ in range(2):
        due(place, now + 2 * MINUTE)
    told = [m.recipient_id for m in Message.objects.filter(template="trip-driver-held", about_id=trip.id)]
    assert place.accounts["street"].id in told and len(told) == len(set(told)) and driver.id not in told
    # He himself hears once, of both trips that he will not drive, with whom to call.
    assert Message.objects.filter(template="trips-not-yours", recipient_id=driver.id).count() == 1
    own = text_of(browser_of(driver).get("/"))
    assert f"№{trip.number} " in own and f"№{later.number} " in own and place.accounts["street"].label in own
    desk = client_of(place, "street")
    assert desk.post(f"/trips/{trip.id}/cancel", {"why": "司机被封控"}).status_code == 302
    assert proposed(place, r)[1] == []
    stop = [f"{r.id}|{w}|{(now + m * MINUTE).isoformat()}" for w, m in (("in", 9), ("out", 40))]
    hand = {"id": uuid4(), "vehicle": car.id, "driver": driver.id, "starts": now.isoformat(), "stop": stop}
    said = refusal(desk.post("/trips/adopt", hand), 409, "dispatch.driver_held")
    assert "sealed" not in said.lower()  # why he is held is nobody's business who sends cars
    # With a pass of his for the time of the trip he drives.
    Permit.objects.create(id=uuid4(), number=990, kind="task", account_id=driver.id, area_id=place.area["committee"],
                          ladder="task-pass", from_at=now, until_at=now + 3 * HOUR, state="issued",
                          asked_by=driver.id, asked_at=now)  # fmt: skip
    assert desk.post("/trips/adopt", hand).status_code == 302
    assert Trip.objects.get(id=hand["id"]).driver_id == driver.id


def test_whoever_moved_since_his_ride_was_asked_for_is_not_fetched_at_the_old_door(place: Place, now: datetime) -> None:
    who = dweller(place)
    crewed(place, vehicle(place, "van"), now)
    r = ride(place, "grid", f"?person={who}", kind="medical", end="市一医院")
    _, [form] = proposed(place, r)
    stay = Presence.objects.get(person_id=who, kind="lives", to_on=None)
    other = Presence.objects.filter(kind="lives", to_on=None).exclude(household_id=stay.household_id).first()
    assert other is not None
    Presence.objects.filter(id=stay.id).update(household_id=other.household_id, building_id=other.building_id)
    for _ in range(2):
        due(place, now + MINUTE)
    told = [m.recipient_id for m in Message.objects.filter(template="ride-has-moved", about_id=r.id)]
    assert {place.accounts["street"].id, place.accounts["grid"].id} <= set(told) and len(told) == len(set(told))
    said = refusal(client_of(place, "street").post("/trips/adopt", form), 409, "dispatch.has_moved")
    assert f"№{r.number}" in said
    text, forms = proposed(place, r)
    assert forms == [] and "lives behind another door by now" in text
    assert client_of(place, "grid").post(f"/rides/{r.id}/cancel", {"why": "搬家"}).status_code == 302
    again = ride(place, "grid", f"?person={who}", kind="medical", end="市一医院")
    assert again.household_id == other.household_id and sent_out(place, again)
