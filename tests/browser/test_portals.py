"""Through a portal and back in a real browser, whose rules about where a form may lead are its own."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lianfang.web import guard
from tests.browser.serving import OLD_PHONE, console_errors
from tests.factories.issuer import Issuer, issuing
from tests.factories.place import Place
from tests.web.test_portals import bound, portal_at

pytestmark = pytest.mark.browser


@pytest.fixture
def city(settings: Any) -> Any:
    """The city's portal, which sends everybody straight back."""
    with issuing() as issuer:
        settings.PORTALS = (portal_at(issuer),)
        yield issuer


@pytest.mark.parametrize("scripts", [True, False], ids=["with-javascript", "without"])
def test_one_tap_leads_to_the_portal_and_back_to_the_own_day(town: Place, city: Issuer, person, scripts: bool) -> None:
    bound(town, city)
    page: Page = person(size=OLD_PHONE, scripts=scripts)
    complaints = console_errors(page)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in through City identity").click()
    expect(page.get_by_role("region", name="To do")).to_be_visible()
    assert complaints == []
    page.get_by_role("button", name="Sign out").click()
    page.goto("/")
    assert "/sign-in" in page.url


def test_without_the_portals_origin_in_the_policy_the_browser_stays_where_it_is(
    town: Place, city: Issuer, person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "policy", lambda: guard.POLICY)
    bound(town, city)
    page: Page = person(size=OLD_PHONE)
    complaints = console_errors(page)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in through City identity").click()
    page.wait_for_timeout(500)
    assert "/sign-in" in page.url and any("form-action" in c for c in complaints)
