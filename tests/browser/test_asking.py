"""Who needs something: a plea from the desk to its asker's own word, and a permit from the asking to the gate."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.gates.models import Permit
from lianfang.domains.incidents.models import Incident
from lianfang.domains.needs.models import Plea
from lianfang.web.words import LOCAL
from tests.browser.serving import DESK, console_errors
from tests.browser.test_gate import says, scan
from tests.browser.test_paths import held
from tests.factories.place import Place

pytestmark = pytest.mark.browser


def whole(page: Page) -> bool:
    """Whether nothing runs over the screen's edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"))


def test_a_plea_taken_in_at_the_desk_is_done_and_closed_by_its_askers_own_word(town: Place, person) -> None:
    desk: Page = person("grid", "/needs/new", size=DESK)
    errors = console_errors(desk)
    desk.get_by_label("Phone", exact=True).fill("13912345678")
    desk.get_by_label("Where, in the caller's words").fill("花园 1 栋")
    desk.get_by_label("What is needed, in the caller's words").fill("家里没菜了，老人走不动")
    desk.get_by_label("Kind (empty: read from the words)").select_option(label="Food")
    desk.get_by_role("button", name="Take it in").click()
    expect(desk.get_by_role("status")).to_contain_text("Taken in.")
    plea = Plea.objects.get()
    address = f"/needs/{plea.id}"
    desk.get_by_role("button", name="I have it and call back").click()
    # Which door, and who there.
    desk.get_by_text("Find the door").click()
    desk.get_by_label("House", exact=True).fill("花园 1 栋")
    desk.locator("details", has_text="Find the door").get_by_role("button", name="Look").click()
    desk.get_by_role("link", name="花园 1 栋").click()
    desk.locator(f".doors button[value='{town.households[0]}']").click()
    desk.goto(address)
    if not desk.get_by_text("Who is it about?").is_visible():
        desk.get_by_text("Find the door").click()
    desk.get_by_role("button", name=town.names[0]).click()
    plea.refresh_from_db()
    assert plea.person_id == town.people[0]
    desk.goto(f"{address}?as=food")
    desk.get_by_label("I do it myself").check()
    desk.locator("form[action*='/route'] button").click()
    desk.get_by_role("link", name=f"Food №{plea.number}").click()
    desk.get_by_role("button", name="I have it").click()
    desk.get_by_label("How it went").fill("菜送到了门口")
    desk.get_by_role("button", name="Resolved").click()
    # Done, and yet not over: the desk rings back, and the asker's own word ends it.
    desk.goto(address)
    assert Plea.objects.get(id=plea.id).state == "routed"
    desk.get_by_role("button", name="The asker says it is solved").click()
    expect(desk.get_by_role("status")).to_contain_text("It has ended, and its asker was told.")
    plea.refresh_from_db()
    assert (plea.state, plea.end) == ("ended", "confirmed")
    desk.goto(address)
    expect(desk.locator(".facts")).to_contain_text("Ended")
    assert errors == [] and whole(desk)


def test_a_permit_is_asked_for_granted_and_its_square_on_the_phone_opens_the_gate(
    town: Place, outbreak: Incident, resident: str, person
) -> None:
    held(town, outbreak)
    own: Page = person(resident, "/permits/new")
    errors = console_errors(own)
    own.get_by_label("Why you must go out").fill("孩子高烧")
    own.get_by_label("Where to").fill("市一医院急诊")
    until = (clock.now() + timedelta(hours=3)).astimezone(LOCAL)
    own.get_by_label("Back by").fill(until.strftime("%Y-%m-%dT%H:%M"))
    own.get_by_role("radio", name="by car").check()
    own.get_by_text("It cannot wait: fast lane").click()
    own.get_by_label(re.compile("One post decides at once")).check()
    own.get_by_label("Why it cannot wait").fill("体温四十度")
    assert whole(own)
    own.get_by_role("button", name="Ask", exact=True).click()
    expect(own.get_by_role("status")).to_contain_text("Asked. You hear as soon as it is decided.")
    assert own.get_by_alt_text("Square for the gate").count() == 0
    permit = Permit.objects.get()
    lead: Page = person("lead", f"/permits/{permit.id}")
    lead.get_by_role("button", name="Grant", exact=True).click()
    own.reload()
    expect(own.locator("h1")).to_have_text("granted")
    square = own.get_by_alt_text("Square for the gate")
    expect(square).to_be_visible()
    box = square.bounding_box()
    assert box is not None and box["width"] >= 200 and box["x"] + box["width"] <= 390 and whole(own)
    assert square.evaluate("async (img) => { await img.decode(); return img.naturalWidth }") > 100
    gate: Page = person("volunteer", "/gate")
    scan(gate, str(permit.number))
    expect(says(gate)).to_have_text("May pass")
    expect(gate.locator("#verdict")).to_contain_text("by car")
    assert gate.get_by_text("孩子高烧").count() == 0  # a gate needs no reasons
    gate.get_by_role("button", name="Lets out", exact=True).click()
    expect(gate.locator("#main > .note.done")).to_contain_text("Out. Noted with the time.")
    own.reload()
    expect(own.locator("h1")).to_have_text("out")
    expect(square).to_be_visible()
    assert errors == []
