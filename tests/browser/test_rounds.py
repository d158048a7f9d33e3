"""The board of those left in a real browser: a door noted in two taps on a phone, its sheet as a part on a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.rounds.models import Unit
from tests.browser.serving import DESK, PHONE, console_errors
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in

pytestmark = pytest.mark.browser


@pytest.fixture
def testing(town: Place) -> Testing:
    """A round open at its desks, committed."""
    return round_in(town, at=clock.now())


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_a_door_is_noted_in_two_taps(testing: Testing, person, size: tuple[int, int]) -> None:
    page: Page = person("grid", f"/rounds/{testing.round.id}/board", size=size)
    complaints = console_errors(page)
    page.evaluate("() => { window.sameDocument = true; }")
    page.get_by_role("link", name="unit 1, 101: 3 people left, not tried yet").click()
    sheet = page.locator("#side")
    expect(sheet.get_by_role("heading", name="unit 1, 101")).to_be_focused()
    assert page.evaluate("() => window.sameDocument") is True  # the sheet came as a part
    assert "door=" in page.url
    away = sheet.locator("summary", has_text="away")
    reason = sheet.get_by_role("button", name="away: has left the city")
    expect(reason).to_be_hidden()
    away.click()
    for target in (away, reason):
        box = target.bounding_box()
        assert box is not None and box["height"] >= 40
    reason.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("21 people without a named state")
    expect(page.get_by_role("link", name="unit 1, 101: away")).to_be_visible()
    # Both ways of choosing: a name without its tick is left out.
    page.get_by_role("link", name="unit 1, 102: 3 people left, not tried yet").click()
    sheet.get_by_role("checkbox").first.uncheck()
    sheet.get_by_role("button", name="nobody opened").click()
    expect(page.get_by_role("link", name="unit 1, 102: 3 people left, tried")).to_be_visible()
    assert Unit.objects.filter(ending="away", reason="left-city").count() == 3
    assert Unit.objects.filter(tries=1).count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert complaints == []
