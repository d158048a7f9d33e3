"""Shifts on a phone in a real browser: refused on a full shift and off to another in one tap; coming by code."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from lianfang.base import clock
from lianfang.domains.calls.models import Claim, DutyNote, Shift
from lianfang.domains.calls.queries import check_in_code
from lianfang.domains.calls.services import Ask, NewNote, Presence, check_in, claim_shift, claim_shifts, note_duty
from lianfang.domains.editions.services import override_value
from lianfang.domains.incidents.models import Incident
from lianfang.domains.places.services import register_place
from tests.browser.serving import console_errors
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.place import PASSWORD, Place, hashed_password

pytestmark = pytest.mark.browser


def fill(shift: Shift, town: Place) -> None:
    """Somebody else takes the last place."""
    now = clock.now()
    [other] = volunteers(town, 1)
    claim_shift(claim_id=shift.id, shift_id=shift.id, account_id=other.id, by=acting(other, now), at=now)


def test_a_volunteer_is_refused_on_a_full_shift_and_takes_another_in_one_tap(town: Place, person) -> None:
    town.at = clock.now()
    wanted = shift_of(called(town, 1))
    near = shift_of(called(town, 2, where="committee2", task="order-keeping",
                           title={"zh": "维持秩序", "en": "Order keeping"}))  # fmt: skip
    page: Page = person("volunteer", "/calls")
    errors = console_errors(page)
    fill(wanted, town)  # while the page was being read
    page.locator(f"form[action='/calls/shifts/{wanted.id}/claim'] button").click()
    sheet = page.get_by_role("dialog", name="This shift is full; you did not get a place")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text(re.compile(r"The last one went at \d\d:\d\d:\d\d"))
    expect(sheet).to_contain_text("Waitlist: you would be number 1")
    assert Claim.objects.filter(account_id=town.accounts["volunteer"].id).count() == 0
    take = sheet.get_by_role("button", name=re.compile("Order keeping"))
    size = take.bounding_box()
    assert size is not None and size["height"] >= 48
    viewport = page.viewport_size
    box = sheet.bounding_box()
    assert viewport and box and box["y"] + box["height"] <= viewport["height"] + 1  # all of it is on the screen
    assert box["x"] >= 0 and box["width"] <= viewport["width"]
    take.click()
    expect(page.get_by_role("status")).to_contain_text("The place is yours.")
    expect(page.get_by_role("heading", name=re.compile("Order keeping"))).to_be_visible()
    claim = Claim.objects.get(account_id=town.accounts["volunteer"].id)
    assert (claim.shift_id, claim.state) == (near.id, "claimed")
    assert [e for e in errors if "409" not in e] == []  # the browser itself notes the refusal's status


def test_somebody_signs_in_anew_by_the_scanned_code_and_is_on_duty(town: Place, person) -> None:
    town.at = clock.now()
    hashed = hashed_password()
    [who] = volunteers(town, 1, password_hash=hashed)
    shift = shift_of(called(town, 1, begins=HOUR / 4))
    claim = claim_shift(claim_id=shift.id, shift_id=shift.id, account_id=who.id, by=acting(who, town.at), at=town.at)
    board: Page = person("lead", f"/calls/{shift.call_id}")
    digits = board.locator(".big-code b").inner_text()
    expect(board.get_by_alt_text("Code to scan for check-in")).to_be_visible()
    page: Page = person()
    page.goto(f"/calls/mine?code={digits}")  # what the scanned picture says, on a phone nobody has signed in on
    page.locator("#login").fill(who.username)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/calls/mine?code=*")
    expect(page.get_by_label("Code shown at the post")).to_have_value(digits)
    page.get_by_role("button", name="Check in").click()
    expect(page.get_by_role("status")).to_contain_text("Checked in.")
    expect(page.get_by_text("On duty since")).to_be_visible()
    assert Claim.objects.get(id=claim.id).state == "checked_in"
    board.reload()
    expect(board.locator(".roster")).to_contain_text("on duty")


def test_a_press_that_is_shed_or_lost_comes_again_by_itself_and_is_one_claim(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 2))
    page: Page = person("volunteer", "/calls")
    sent: list[str] = []

    def door(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "{}")["id"])
        if len(sent) == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/json",
                          body='{"code": "calls.rush", "retry_seconds": 1}')  # fmt: skip
        elif len(sent) == 2:
            route.fetch()  # it arrives, and its answer is lost on the way
            route.abort()
        else:
            route.continue_()

    page.route("**/calls/rush", door)
    page.locator(f"form[data-claim='{shift.id}'] button").click()
    expect(page.locator("#rush-line")).to_contain_text("Many press at once")
    expect(page.locator("#rush-line")).to_contain_text("No answer yet")
    expect(page.locator("p.note")).to_contain_text("The place is yours.")
    assert len(sent) == 3 and len(set(sent)) == 1
    assert Claim.objects.filter(shift=shift).count() == 1 == Shift.objects.get(id=shift.id).taken


def test_a_page_whose_ticket_is_over_takes_the_place_by_its_form(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 2))
    page: Page = person("volunteer", "/calls")
    page.evaluate("document.querySelector('[data-rush]').dataset.ticket = 'over'")
    page.locator(f"form[data-claim='{shift.id}'] button").click()
    expect(page.locator("p.note")).to_contain_text("The place is yours.")
    assert Claim.objects.filter(shift=shift).count() == 1


def test_without_scripts_the_form_takes_the_place(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 2))
    page: Page = person("volunteer", "/calls", scripts=False)
    page.locator(f"form[data-claim='{shift.id}'] button").click()
    expect(page.locator("p.note")).to_contain_text("The place is yours.")
    assert Claim.objects.filter(shift=shift).count() == 1


def test_in_an_emergency_a_helper_shows_with_one_tap_that_he_is_at_his_post_and_with_a_photo(
    outbreak: Incident, town: Place, person
) -> None:
    now = clock.now()
    gate = register_place(place_id=uuid4(), kind="service-post", name="村口卡点", name_en="", capacity={"post": 4},
                          area_id=town.area["committee"], lon=113.6, lat=24.8, incident_id=outbreak.id,
                          by=town.system, at=now)  # fmt: skip
    for name in ("place", "photo"):
        override_value(override_id=uuid4(), code="common-1", name=f"{name}_proof_at_post", to_at=None, new_value=1,
                       area_id=town.area["district"], reason="夜里核实", by=town.actor("county", now),
                       approved_by=town.accounts["command"].id, at=now)  # fmt: skip
    shift = shift_of(called(town, 2, at=now, begins=timedelta(minutes=1), place_id=gate.id))
    who = town.accounts["volunteer"]
    ask = Ask(uuid4(), shift.id, who.id, now, acting(who, now))
    assert claim_shifts(asks=[ask], by=town.system, at=now)[0].code == ""
    assert check_in(presences=[Presence(ask.id, now, town.system)], by=town.system, at=now)[0].code == ""
    page: Page = person("volunteer", "/calls/mine", size=(360, 740))
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 113.6005, "latitude": 24.8})
    errors = console_errors(page)
    page.get_by_role("button", name="I am here").click()
    expect(page.get_by_role("button", name="At most 100 m from the post")).to_be_visible()
    drawn = """() => { const c = document.createElement('canvas'); c.width = 3000; c.height = 2000;
                       return c.toDataURL('image/png') }"""
    picture = base64.b64decode(page.evaluate(drawn).split(",")[1])  # as large as a camera's, and no JPEG
    page.locator("input[name=photo]").set_input_files({"name": "IMG.png", "mimeType": "image/png", "buffer": picture})
    expect(page.get_by_text("Photo kept. Take another")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") and errors == []
    lead: Page = person("lead", "/calls/duty", size=(1280, 800))
    lead.get_by_role("link", name="Photo").click()
    lead.wait_for_url("**/photo")
    size = lead.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]")
    assert size == [1280, 853]


def test_with_no_signal_the_day_goes_on_and_each_thing_is_sent_once_with_its_time(town: Place, person) -> None:
    now = clock.now()
    shift = shift_of(called(town, 2, at=now, begins=timedelta(minutes=1)))
    who = town.accounts["volunteer"]
    ask = Ask(uuid4(), shift.id, who.id, now, acting(who, now))
    assert claim_shifts(asks=[ask], by=town.system, at=now)[0].code == ""
    page: Page = person("volunteer", "/calls/mine", size=(360, 740))
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # what is kept is this page
    expect(page.get_by_role("button", name="Check in")).to_be_visible()
    line = page.locator("#kept")
    expect(line).to_be_hidden()
    page.context.set_offline(True)
    page.reload()
    expect(line).to_contain_text("No signal. As of")
    page.get_by_label("Code shown at the post").fill(check_in_code(shift, by=town.actor("lead", now)))
    page.get_by_role("button", name="Check in").click()
    expect(line).to_contain_text("sent by itself once there is signal: 1")
    assert not Claim.objects.filter(state="checked_in").exists()
    page.reload()
    expect(line).to_contain_text("Check in")
    page.wait_for_timeout(1100)  # so that the time of noting is another than that of sending
    page.context.set_offline(False)
    expect(page.get_by_text("On duty since")).to_be_visible(timeout=15000)
    claim = Claim.objects.get(id=ask.id)
    assert claim.state == "checked_in" and now < claim.checked_in_at < clock.now() - timedelta(seconds=1)
    expect(line).to_be_hidden()
    # On duty: relief asked for without signal is not asked for, and the phone says so.
    page.context.set_offline(True)
    page.get_by_role("button", name="I need relief").click()
    expect(line).to_contain_text("Relief is not asked for yet: call your lead.")
    page.get_by_role("button", name="Break").click()
    expect(line).to_contain_text("once there is signal: 2")
    page.context.set_offline(False)
    expect(page.get_by_text("Relief asked at")).to_be_visible(timeout=15000)
    kinds = list(DutyNote.objects.filter(claim=claim).order_by("at").values_list("kind", flat=True))
    assert kinds == ["relief", "break"]
    # Refused where the server has another mind: told by name, never dropped in silence, and not sent for ever.
    page.context.set_offline(True)
    page.get_by_role("button", name="Back from the break").click()
    note_duty(notes=[NewNote(uuid4(), claim.id, "back", clock.now(), acting(who, clock.now()))], by=town.system,
              at=clock.now())  # fmt: skip
    page.context.set_offline(False)
    expect(line).to_contain_text("Not taken:", timeout=15000)
    page.reload()
    expect(line).to_be_hidden()
    assert DutyNote.objects.filter(kind="back").count() == 1
    # Signed out, the phone shows nobody's shifts.
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_function("async () => (await caches.keys()).every((n) => !n.startsWith('mine-'))")


def test_what_is_kept_outlives_a_session_that_ended_and_an_old_page(town: Place, person) -> None:
    now = clock.now()
    shift = shift_of(called(town, 2, at=now, begins=timedelta(minutes=1)))
    who = town.accounts["volunteer"]
    ask = Ask(uuid4(), shift.id, who.id, now, acting(who, now))
    claim_shifts(asks=[ask], by=town.system, at=now)
    check_in(presences=[Presence(ask.id, now, town.system)], by=town.system, at=now)
    page: Page = person("volunteer", "/calls/mine", size=(360, 740))
    page.context.clear_cookies(name="sessionid")  # it ended while the page stood open
    page.get_by_role("button", name="Break").click()
    page.wait_for_url("**/sign-in*")
    assert not DutyNote.objects.exists()
    page.locator("#login").fill(who.username)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto("/calls/mine")
    expect(page.get_by_role("button", name="Back from the break")).to_be_visible(timeout=15000)
    assert DutyNote.objects.get().kind == "break"
    page.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((i) => { i.value = 'x'.repeat(64) })"
    )
    page.get_by_role("button", name="Back from the break").click()
    expect(page.get_by_role("button", name="Break", exact=True)).to_be_visible(timeout=15000)
    assert sorted(DutyNote.objects.values_list("kind", flat=True)) == ["back", "break"]
