"""A volunteer's first day in a real browser, through pages alone: called, on post, relieved, home, certified."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.calls.models import Claim, DutyNote, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.responders.models import Responder
from tests.browser.serving import COMES_MS, DESK, console_errors, cut_off, signal
from tests.factories.place import Place

pytestmark = pytest.mark.browser
TABLET = (820, 1180)
MINUTE = timedelta(minutes=1)
Later = Callable[[int], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Lets minutes pass on the server; the phone's own clock stays, as nobody asks it with signal."""
    real = clock.now

    def pass_(minutes: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: real() + minutes * MINUTE)

    return pass_


def fits(page: Page) -> bool:
    """Whether nothing runs over the phone's edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"))


def post_call(desk: Page, begins: datetime) -> Shift:
    """The lead posts a call for disinfection in ten minutes, of three hours, for two people."""
    local = begins.astimezone(LOCAL)
    desk.locator("label.choice", has=desk.locator("input[value=disinfection]")).click()
    desk.get_by_label("Day", exact=True).fill(f"{local:%Y-%m-%d}")
    desk.get_by_label("From", exact=True).fill(f"{local:%H:%M}")
    desk.get_by_label("Until", exact=True).fill(f"{local + 180 * MINUTE:%H:%M}")
    desk.get_by_label("People needed").fill("2")
    desk.get_by_label("Where to come").fill("南门帐篷")
    desk.get_by_text("Title, opening hour, on whose behalf").click()
    desk.get_by_label("Accident insurance of all who come").fill("平安 2026-1")
    desk.get_by_role("button", name="Post the call").click()
    desk.wait_for_url(re.compile(r"/calls/[0-9a-f-]{36}\?said=calls\.posted"))
    return Shift.objects.get()


def register(phone: Page) -> None:
    """One page, no account number, no age limit."""
    phone.get_by_label("Name", exact=True).fill("林小满")
    phone.get_by_label("Phone", exact=True).fill("13900000001")
    phone.get_by_label("Year of birth").fill("1947")
    assert fits(phone)
    phone.get_by_role("button", name="Register me").click()
    expect(phone.get_by_role("status")).to_contain_text("You are on the register of those who serve.")


def claim_in_the_lift(phone: Page, shift: Shift) -> None:
    """Found with signal, pressed without: no place is made believe, and the answer comes by itself."""
    phone.get_by_role("link", name="Find a shift").click()
    expect(phone.locator("article")).to_contain_text("南门帐篷")
    cut_off(phone)
    phone.locator(f"form[data-claim='{shift.id}'] button").click()
    expect(phone.locator("#kept")).to_contain_text("Not yet sent: you hold no place until it is answered.")
    assert not Claim.objects.exists() and fits(phone)
    phone.context.set_offline(False)
    expect(phone.locator("#kept-answers")).to_contain_text("The place is yours.", timeout=COMES_MS)
    phone.get_by_role("button", name="I have read it").click()


def assemble(tablet: Page) -> None:
    """At the table nobody is on post before the ticks; the post's lead measures, gives out, shows how."""
    row = tablet.locator(".assembly li").filter(has_text="林小满")
    expect(row).to_contain_text("missing:")
    assert fits(tablet)
    field = row.get_by_label("Temperature, °C")
    box = field.bounding_box()
    assert box is not None and box["height"] >= 44
    field.fill("364")
    row.get_by_label("kit").check()
    row.get_by_label("training").check()
    tablet.get_by_role("button", name="Keep", exact=True).click()
    expect(tablet.locator(".assembly li").filter(has_text="林小满")).to_contain_text("ready")


def come_by_code(phone: Page, digits: str) -> None:
    """In the tent there is no signal: the code is typed, kept with its time, and counts once it is sent."""
    phone.goto("/calls/mine")
    cut_off(phone)
    phone.get_by_label("Code shown at the post").fill(digits)
    phone.get_by_role("button", name="Check in").click()
    expect(phone.locator("#kept")).to_contain_text("sent by itself once there is signal: 1")
    assert Claim.objects.get().state == "claimed"
    phone.context.set_offline(False)
    expect(phone.get_by_text("On duty since")).to_be_visible(timeout=COMES_MS)


def show_card(phone: Page) -> None:
    """A resident scans what he serves at today, and reads no name."""
    phone.get_by_role("link", name="My identity card").click()
    expect(phone.get_by_alt_text("The card as a square for a camera")).to_be_visible()
    expect(phone.locator("main")).not_to_contain_text("林小满")
    phone.get_by_role("link", name="My shifts").click()


def serve(phone: Page, desk: Page) -> None:
    """A break without signal, the suit, and relief that the coordinator sees at once."""
    tall = phone.get_by_role("button", name="I need relief").bounding_box()
    assert tall is not None and tall["height"] >= 48 and fits(phone)
    cut_off(phone)
    phone.get_by_role("button", name="Break").click()
    expect(phone.locator("#kept")).to_contain_text("sent by itself once there is signal: 1")
    phone.context.set_offline(False)
    phone.get_by_role("button", name="Back from the break").click(timeout=COMES_MS)
    phone.get_by_role("button", name="Suit on").click()
    expect(phone.get_by_text("min in the suit")).to_be_visible()
    phone.get_by_role("button", name="I need relief").click()
    expect(phone.get_by_role("status")).to_contain_text("The lead has been told that you need relief.")
    desk.goto("/calls/duty")
    urgent = desk.locator(".duty li.urgent").filter(has_text="林小满")
    expect(urgent).to_contain_text("needs relief since")
    expect(urgent.get_by_role("link", name="13900000001")).to_be_visible()
    urgent.get_by_role("button", name="Relief sent").click()
    expect(desk.locator(".duty li.urgent")).to_have_count(0)


def hours_and_certificate(phone: Page) -> None:
    """The hours stand on My record, without signal too; the certificate is made, and a stranger finds it genuine."""
    phone.get_by_role("link", name="My record").click()
    expect(phone.locator("main")).to_contain_text(re.compile(r"3(\.\d)? confirmed hours"))
    cut_off(phone)
    expect(phone.locator("main")).to_contain_text("confirmed hours")
    assert fits(phone)
    signal(phone)
    phone.locator("#papers > summary").click()
    button = phone.get_by_role("button", name="Make a certificate")
    button.click()
    expect(phone.get_by_role("status")).to_contain_text("The certificate is made.")
    paper = phone.request.get(phone.get_by_role("link", name="PDF").evaluate("a => a.href"))
    assert paper.ok and paper.body().startswith(b"%PDF-")
    phone.get_by_role("link", name="Verify").click()
    expect(phone.get_by_role("status")).to_contain_text("Genuine")


def test_the_first_day_of_somebody_who_never_served(town: Place, person, later: Later) -> None:
    town.at = clock.now()
    mine = town.accounts["volunteer"].id
    desk: Page = person("lead", "/calls/new", size=DESK)
    shift = post_call(desk, clock.now() + 10 * MINUTE)
    phone: Page = person("volunteer", "/people/card")
    errors = console_errors(phone)
    register(phone)
    assert Responder.objects.get(id=mine).kind
    claim_in_the_lift(phone, shift)
    tablet: Page = person("lead", f"/calls/shifts/{shift.id}/assembly", size=TABLET)
    assemble(tablet)
    desk.reload()
    come_by_code(phone, desk.locator(".big-code b").first.inner_text())
    show_card(phone)
    serve(phone, desk)
    later(100)  # each of them looks at his page within the two hours after which a session ends
    for page, address in ((phone, "/calls/mine"), (desk, "/calls/duty")):
        page.goto(address)
    later(188)
    phone.goto("/calls/mine")
    phone.get_by_role("button", name="Suit off").click()
    phone.get_by_role("button", name="Check out").click()
    expect(phone.get_by_role("status")).to_contain_text("Checked out.")
    claim = Claim.objects.get(account_id=mine)
    assert claim.state == "done" and claim.checked_out_at is not None
    desk.goto(f"/calls/{shift.call_id}")
    later(200)
    desk.reload()
    desk.get_by_role("button", name="Confirm the turnout: 1 came").click()
    expect(desk.locator(".roster").first).to_contain_text("served")
    phone.reload()
    hours_and_certificate(phone)
    kinds = list(DutyNote.objects.filter(claim=claim).order_by("at").values_list("kind", flat=True))
    assert sorted(kinds[:3]) == ["kit", "temperature", "training"]
    assert kinds[3:] == ["break", "back", "suit-on", "relief", "relieved", "suit-off"]
    assert [e for e in errors if "ERR_INTERNET_DISCONNECTED" not in e] == []  # the browser notes that it was cut off
