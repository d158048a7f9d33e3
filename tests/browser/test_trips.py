"""A driver with bad signal: every step of his trip is pressed on the phone, kept with its time, and sent in order."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.dispatch.models import Ride, Trip
from lianfang.domains.dispatch.services import NewRide, add_vehicle, adopt_trip, ask_rides, put_crew
from tests.browser.serving import COMES_MS, console_errors, cut_off
from tests.factories.place import Place

pytestmark = pytest.mark.browser
MINUTE = timedelta(minutes=1)


def sent_out(town: Place) -> Trip:
    """A trip of the volunteer with two nurses, planned to begin at once."""
    now, by = clock.now(), town.actor("street")
    car = add_vehicle(vehicle_id=uuid4(), kind="car", plate="粤F12345", phone="", organisation_id=None,
                      area_id=town.area["committee"], places={}, groups=[], lon=None, lat=None, from_at=now - MINUTE,
                      until_at=None, by=by, at=now)  # fmt: skip
    driver = town.accounts["volunteer"].id
    put_crew(turn_id=uuid4(), vehicle_id=car.id, account_id=driver, role="driver", protection=1, from_at=now - MINUTE,
             until_at=now + 300 * MINUTE, by=by, at=now)  # fmt: skip
    ride = NewRide(uuid4(), "medics", by, now, now, area_id=town.area["committee"], heads=2, start="护士宿舍",
                   end="三号采样点", phone="13912345678")  # fmt: skip
    assert ask_rides(rides=[ride], by=by, at=now)[0].code == ""
    stops = [(ride.id, "in", now + 5 * MINUTE), (ride.id, "out", now + 25 * MINUTE)]
    return adopt_trip(trip_id=uuid4(), vehicle_id=car.id, driver_id=driver, starts_at=now, stops=stops, why={}, by=by,
                      at=now)  # fmt: skip


def test_a_whole_trip_is_pressed_without_signal_and_each_step_is_kept_with_its_time_and_sent_once(
    town: Place, person
) -> None:
    trip = sent_out(town)
    page: Page = person("volunteer", "/calls/drive")
    errors = console_errors(page)
    expect(page.get_by_text("护士宿舍").first).to_be_visible()
    cut_off(page)
    page.reload()  # the page opens from what was last seen
    expect(page.get_by_text("护士宿舍").first).to_be_visible()
    began = clock.now()
    page.locator(".held").get_by_role("button", name="Is on board").click()
    line = page.locator("#kept")
    expect(line).to_contain_text("Kept on this phone, sent by itself once there is signal: 1")
    page.get_by_text("After that, also without signal").click()
    page.get_by_role("button", name="Has arrived").click()
    page.get_by_label("Which post took over").fill("采样点组长")
    page.get_by_role("button", name="Handed over").click()
    expect(line).to_contain_text("Kept on this phone, sent by itself once there is signal: 3")
    assert Ride.objects.get().state == "assigned"
    page.context.set_offline(False)
    expect(page.get_by_text("No trip for you").or_(page.locator(".chip.done")).first).to_be_visible(timeout=COMES_MS)
    ride = Ride.objects.get()
    assert (ride.state, ride.received_by) == ("closed", "采样点组长")
    assert ride.loaded_at and ride.arrived_at and ride.handed_over_at
    assert began <= ride.loaded_at <= ride.arrived_at <= ride.handed_over_at
    assert Trip.objects.get(id=trip.id).state == "closed"
    assert [e for e in errors if "ERR_INTERNET_DISCONNECTED" not in e and "Failed to" not in e] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
