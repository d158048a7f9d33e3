"""A passkey in real Chromium, with an authenticator that the browser plays: added, then asked for at sign-in."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import PHONE, console_errors, opened_by, sign_in
from tests.factories.place import PASSWORD, Place

pytestmark = pytest.mark.browser
KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
       "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip


def test_a_passkey_is_added_and_opens_the_register_at_the_next_sign_in(
    town: Place, browser: Browser, site: str, settings: Any
) -> None:
    settings.STRONG = True
    # A passkey belongs to a name: browsers make none for a bare number.
    context = opened_by(browser, site.replace("127.0.0.1", "localhost"), PHONE, language="en")
    page: Page = context.new_page()
    wrong = console_errors(page)
    keys = context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

    sign_in(page, "grid", PASSWORD, to="/register")
    expect(page.locator("h1")).to_have_text("Add a second factor")
    page.get_by_role("link", name="An app that makes codes").click()
    assert page.locator(".square img").evaluate("i => i.complete && i.naturalWidth > 0")
    page.go_back()
    page.get_by_role("link", name="A passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have written them down").click()
    expect(page).to_have_url(f"{site.replace('127.0.0.1', 'localhost')}/register")

    context.clear_cookies()
    page.goto("/sign-in?next=/register")
    page.locator("#login").fill("grid")
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").click()
    page.get_by_role("button", name="通行密钥").or_(page.get_by_role("button", name="Use the passkey")).click()
    page.wait_for_url("**/register")
    assert wrong == []
    context.close()
