"""A lead answers a weather warning on a small phone with one tap a post; a street enters one with two."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.incidents.models import WeatherWarning
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import CHECK
from tests.browser.serving import OLD_PHONE, console_errors
from tests.factories.call import called
from tests.factories.place import Place

pytestmark = pytest.mark.browser


def overflow(page: Page) -> int:
    """By how much the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_two_taps_warn_the_posts_and_one_tap_answers(town: Place, person) -> None:
    town.at = clock.now()
    call = called(town, 2)
    street: Page = person("street", "/weather/new", size=OLD_PHONE)
    errors = console_errors(street)
    assert overflow(street) <= 0
    street.locator("label", has=street.locator("input[value='rainstorm yellow']")).tap()
    street.get_by_role("button", name="Warn the posts outdoors").tap()
    expect(street.get_by_role("heading", name="Rainstorm, yellow · 1 of 1 posts has not answered")).to_be_visible()
    assert WeatherWarning.objects.count() == 1 and overflow(street) <= 0

    lead: Page = person("lead", "/weather/checks", size=OLD_PHONE)
    errors += console_errors(lead)
    buttons = lead.locator("form.four button")
    expect(buttons).to_have_count(4)
    for n in range(4):
        box = buttons.nth(n).bounding_box()
        assert box and box["height"] >= 56 and box["width"] >= 120 and box["y"] + box["height"] <= OLD_PHONE[1]
    lead.get_by_role("button", name="Pause").tap()
    expect(lead.get_by_role("status")).to_contain_text("Noted.")
    expect(lead.get_by_role("button", name="✓ Pause")).to_be_visible()
    assert Item.objects.get(kind=CHECK, unit_id=call.id).values["choice"] == "pause" and overflow(lead) <= 0

    volunteer: Page = person("volunteer", "/calls?tab=all", size=OLD_PHONE)
    expect(volunteer.get_by_text("Paused by committee-lead committee")).to_be_visible()
    assert overflow(volunteer) <= 0 and errors == []
