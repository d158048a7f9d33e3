"""A volunteer's first day in a real browser: registered, a place, the assembly table, on post, relieved, home."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.calls.models import Claim, DutyNote
from lianfang.domains.responders.models import Responder
from tests.browser.serving import console_errors
from tests.factories.call import HOUR, called, shift_of
from tests.factories.place import Place

pytestmark = pytest.mark.browser


def fits(page: Page) -> bool:
    """Whether nothing runs over the phone's edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"))


def test_the_first_day_of_somebody_who_never_served(town: Place, person) -> None:
    town.at = clock.now()
    call = called(town, 2, task="disinfection", cover="平安 2026-1", begins=HOUR / 6, where="committee")
    shift = shift_of(call)
    mine = town.accounts["volunteer"].id
    phone: Page = person("volunteer", "/people/card")
    errors = console_errors(phone)
    # Registers: one page, no account number, no age limit.
    phone.get_by_label("Name", exact=True).fill("林小满")
    phone.get_by_label("Phone", exact=True).fill("13900000001")
    phone.get_by_label("Year of birth").fill("1947")
    assert fits(phone)
    phone.get_by_role("button", name="Register me").click()
    expect(phone.get_by_role("status")).to_contain_text("You are on the register of those who serve.")
    assert Responder.objects.get(id=mine).kind
    # Finds a shift and takes it.
    phone.get_by_role("link", name="Find a shift").click()
    phone.locator(f"form[action='/calls/shifts/{shift.id}/claim'] button").click()
    expect(phone.get_by_text("The place is yours.")).to_be_visible()
    claim = Claim.objects.get(account_id=mine)
    # At the assembly table: not before the ticks, by name.
    board: Page = person("lead", f"/calls/shifts/{shift.id}/assembly")
    row = board.locator(".assembly li").filter(has_text="林小满")
    expect(row).to_contain_text("missing:")
    row.get_by_label("Temperature, °C").fill("36.4")
    row.get_by_label("kit").check()
    row.get_by_label("training").check()
    board.get_by_role("button", name="who is ready is on post").click()
    expect(board.locator(".assembly li").filter(has_text="林小满")).to_contain_text("on post")
    # On duty: the suit, and relief with one tap that the coordinator sees at once.
    phone.goto("/calls/mine")
    expect(phone.get_by_text("On duty since")).to_be_visible()
    tall = phone.get_by_role("button", name="I need relief").bounding_box()
    assert tall is not None and tall["height"] >= 48 and fits(phone)
    phone.get_by_role("button", name="Suit on").click()
    expect(phone.get_by_text("min in the suit")).to_be_visible()
    phone.get_by_role("button", name="I need relief").click()
    expect(phone.get_by_role("status")).to_contain_text("The lead has been told that you need relief.")
    board.goto("/calls/duty")
    urgent = board.locator(".duty li.urgent").filter(has_text="林小满")
    expect(urgent).to_contain_text("needs relief since")
    expect(urgent.get_by_role("link", name="13900000001")).to_be_visible()
    urgent.get_by_role("button", name="Relief sent").click()
    expect(board.locator(".duty li.urgent")).to_have_count(0)
    # Goes home: the hours stand, to be confirmed.
    phone.goto("/calls/mine")
    phone.get_by_role("button", name="Suit off").click()
    phone.get_by_role("button", name="Check out").click()
    expect(phone.get_by_role("status")).to_contain_text("Checked out.")
    claim.refresh_from_db()
    assert claim.state == "done" and claim.checked_out_at is not None
    kinds = list(DutyNote.objects.filter(claim=claim).order_by("at").values_list("kind", flat=True))
    assert sorted(kinds[:3]) == ["kit", "temperature", "training"]
    assert kinds[3:] == ["suit-on", "relief", "relieved", "suit-off"]
    assert errors == []
