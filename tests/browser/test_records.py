"""My record of service on a phone: hours at a glance, a certificate in two taps, its check by a stranger's phone."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.calls.services import (
    Ask,
    Presence,
    check_in,
    check_out,
    claim_shifts,
    confirm_turnout,
)
from tests.browser.serving import console_errors
from tests.factories.call import acting, called, shift_of
from tests.factories.people import serving
from tests.factories.place import Place

pytestmark = pytest.mark.browser


def served_turn(town: Place) -> None:
    """The volunteer's turn of four hours, two days ago, settled by the lead."""
    town.at = clock.now() - timedelta(days=2)
    who = town.accounts["volunteer"]
    serving(town, who, name="张伟国")
    shift = shift_of(called(town, 2))
    ask = Ask(uuid4(), shift.id, who.id, town.at, acting(who, town.at))
    assert claim_shifts(asks=[ask], by=town.system, at=town.at)[0].code == ""
    check_in(presences=[Presence(ask.id, shift.starts_at, town.system)], by=town.system, at=shift.starts_at)
    check_out(presences=[Presence(ask.id, shift.ends_at, town.system)], by=town.system, at=shift.ends_at)
    confirm_turnout(shift_id=shift.id, by=town.actor("lead", shift.ends_at), at=shift.ends_at)


def test_a_volunteer_sees_his_hours_makes_a_certificate_and_a_stranger_checks_it(town: Place, person) -> None:
    served_turn(town)
    page: Page = person("volunteer", "/calls/record", size=(360, 740))
    errors = console_errors(page)
    expect(page.locator("main")).to_contain_text("4 confirmed hours")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")  # nothing beside the screen
    for fold in page.locator("main > .pad > details > summary").all():
        fold.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    button = page.get_by_role("button", name="Make a certificate")
    size = button.bounding_box()
    assert size is not None and size["height"] >= 48
    page.locator("input[name=from]").fill((clock.now() - timedelta(days=4)).date().isoformat())
    button.click()
    expect(page.get_by_role("status")).to_contain_text("The certificate is made.")
    paper = page.request.get(page.get_by_role("link", name="PDF").evaluate("a => a.href"))
    assert paper.ok and paper.headers["content-type"] == "application/pdf" and paper.body().startswith(b"%PDF-")
    address = page.get_by_role("link", name="Verify").get_attribute("href")
    stranger: Page = person()
    stranger.goto(str(address))
    expect(stranger.get_by_role("status")).to_contain_text("Genuine")
    expect(stranger.locator("main")).not_to_contain_text("张伟国")
    stranger.get_by_label("Compare the name on the paper").fill("张伟国")
    stranger.get_by_role("button", name="Compare").click()
    expect(stranger.locator("main")).to_contain_text("It was made out to this name.")
    assert errors == []


def test_a_calendar_address_is_given_renewed_and_switched_off(town: Place, person) -> None:
    served_turn(town)
    town.at = clock.now()
    page: Page = person("volunteer", "/calls/record")
    page.locator("#calendar > summary").click()
    page.get_by_role("button", name="Give me an address").click()
    page.locator("#calendar > summary").click()
    first = page.locator(".address").inner_text()
    assert page.request.get(first).text().startswith("BEGIN:VCALENDAR")
    page.get_by_role("button", name="A new address").click()
    page.locator("#calendar > summary").click()
    expect(page.locator(".address")).not_to_have_text(first)
    assert page.request.get(first).status == 404
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_role("status")).to_contain_text(re.compile("Switched off"))
