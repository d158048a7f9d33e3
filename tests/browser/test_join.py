"""At assembly in real Chromium: the lead's screen, the volunteer's phone, its signed notes, and what it forgets."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.base.models import Envelope
from lianfang.domains.devices.models import Device, Vouching
from lianfang.domains.devices.queries import badge_square
from lianfang.domains.devices.services import begin_vouching, issue_badge
from lianfang.domains.work.services import NewItem, open_items
from tests.browser.serving import console_errors
from tests.factories.call import volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.browser
KEPT = """(name) => new Promise((done) => { const asked = indexedDB.open("lianfang-field"); asked.onsuccess = () => {
  const got = asked.result.transaction("kept").objectStore("kept").get(name);
  got.onsuccess = () => { asked.result.close(); done(got.result === undefined ? null : "kept"); }; }; })"""
SECRET = """() => new Promise((done) => { const asked = indexedDB.open("lianfang-field"); asked.onsuccess = () => {
  const got = asked.result.transaction("kept").objectStore("kept").get("key");
  got.onsuccess = async () => { asked.result.close(); const key = got.result.value.secret;
    const out = await crypto.subtle.exportKey("pkcs8", key).then(() => "out", () => "kept");
    done([key.type, key.extractable, out]); }; }; })"""


@pytest.fixture
def gathering(town: Place) -> Vouching:
    """The lead gathers people for an hour."""
    now = clock.now()
    return begin_vouching(vouching_id=uuid4(), area_id=town.area["committee"], role="volunteer", scope_kind="mission",
                          scope_id=None, title="沙洲敲门队", until_at=now + timedelta(hours=1), grace_minutes=120,
                          by=town.actor("lead", now), at=now)  # fmt: skip


def joined(lead: Page, phone: Page, name: str = "张三") -> None:
    """The number is typed, the digits compared, one tap; the phone opens by itself."""
    number = lead.locator(".show-code .number").inner_text()
    phone.goto("/field/join")
    phone.locator("[name=code]").fill(number)
    phone.locator("[name=name]").fill(name)
    phone.get_by_role("button", name="Ask to join").click()
    expect(phone.locator("#digits")).to_have_text(re.compile(r"\d{4}"))
    asks = lead.locator(".asks", has_text=name)
    expect(asks).to_contain_text(phone.locator("#digits").inner_text())
    asks.get_by_role("button", name="I know him: same digits").click()
    phone.wait_for_url(lambda url: "/field/join" not in url)


def given_doors(town: Place, phone: Device, n: int = 2) -> None:
    """Doors to survey for the holder."""
    new = [
        NewItem(uuid4(), town.area["committee"], "household", h, owner_id=phone.account_id) for h in town.households[:n]
    ]
    open_items(kind_name="door-survey", items=new, area_id=town.area["committee"], incident_id=None,
               by=town.actor("lead"), at=clock.now())  # fmt: skip


def at_doors(lead: Page, phone: Page, gathering: Vouching) -> None:
    """The lead says the code, the phone takes the doors along."""
    phone.goto("/field/")
    expect(phone.locator("h1")).to_have_text("Doors were given to you")
    lead.goto(f"/vouch/{gathering.id}")
    lead.get_by_role("button", name="Code for doors").click()
    phone.locator("#code").fill(lead.locator(".number").inner_text())
    phone.get_by_role("button", name="Go on").click()
    expect(phone.locator("h1")).to_have_text("to do 2")


def test_a_phone_joins_takes_doors_after_the_code_and_signs_what_it_notes(
    town: Place, gathering: Vouching, person: Any
) -> None:
    lead, phone = person("lead", f"/vouch/{gathering.id}"), person()
    wrong = console_errors(phone)
    joined(lead, phone)
    assert phone.evaluate(SECRET) == ["private", False, "kept"]
    device = Device.objects.get()
    given_doors(town, device)
    at_doors(lead, phone, gathering)
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    phone.reload()
    phone.locator("button.door").first.click()
    phone.get_by_role("button", name="No answer, come again").click()
    expect(phone.locator("#state")).to_contain_text("Not yet sent 1")
    phone.context.set_offline(False)
    expect(phone.locator("#state")).not_to_contain_text("Not yet sent")
    row = Envelope.objects.get()
    assert (row.fate, row.is_signed, row.device) == ("accepted", True, device.id)
    assert [w for w in wrong if "ERR_INTERNET_DISCONNECTED" not in w and "403" not in w] == []


def test_a_session_that_ran_out_is_begun_anew_by_the_key_and_a_lost_phones_notes_wait_for_the_lead(
    town: Place, gathering: Vouching, person: Any
) -> None:
    lead, phone = person("lead", f"/vouch/{gathering.id}"), person()
    joined(lead, phone)
    given_doors(town, Device.objects.get())
    at_doors(lead, phone, gathering)
    phone.context.clear_cookies(name="sessionid")
    phone.goto("/sign-in?next=/calls")
    phone.wait_for_url("**/calls**")

    phone.goto("/field/")
    at_doors(lead, phone, gathering)
    phone.context.set_offline(True)
    phone.locator("button.door").first.click()
    phone.get_by_role("button", name="No answer, come again").click()
    expect(phone.locator("#state")).to_contain_text("Not yet sent 1")
    lead.goto(f"/vouch/{gathering.id}")
    lead.get_by_role("button", name="Out, or phone lost").click()
    phone.context.set_offline(False)
    expect(phone.locator("#state")).not_to_contain_text("Not yet sent")
    assert Envelope.objects.get().fate == "quarantined"
    lead.goto("/field/quarantine")
    expect(lead.locator("h1")).to_have_text("1 note waits for a lead")
    lead.get_by_role("button", name="Take it as my note").click()
    expect(lead.locator("h1")).to_have_text("No note waits for a lead")
    assert Envelope.objects.get().fate == "settled"


@pytest.mark.parametrize("is_set_back", [False, True])
def test_two_hours_after_the_end_key_and_lists_are_gone_and_unsent_notes_are_not(
    town: Place, gathering: Vouching, person: Any, is_set_back: bool
) -> None:
    lead, phone = person("lead", f"/vouch/{gathering.id}"), person()
    joined(lead, phone)
    given_doors(town, Device.objects.get())
    at_doors(lead, phone, gathering)
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    phone.locator("button.door").first.click()
    phone.get_by_role("button", name="No answer, come again").click()
    expect(phone.locator("#state")).to_contain_text("Not yet sent 1")
    now = clock.now()
    if is_set_back:  # the phone's clock says last year; what the server last said counts
        said = (now + timedelta(hours=3, minutes=1)).timestamp() * 1000
        phone.evaluate("""(ms) => import("/static/field/store.mjs").then((s) => s.keep("server_ms", ms))""", said)
        phone.clock.install(time=now - timedelta(days=365))
    else:
        phone.clock.install(time=now + timedelta(hours=2, minutes=59))
        phone.reload()
        expect(phone.locator("h1")).to_have_text("to do 2")
        phone.clock.fast_forward("02:00")
    if is_set_back:
        phone.reload()
    expect(phone.locator("h1")).to_contain_text("The mission is over")
    phone.wait_for_function(f"async () => (await ({KEPT})('key')) === null && (await ({KEPT})('bundle')) === null")
    notes = phone.evaluate("""() => import("/static/field/store.mjs").then((s) => s.unsent())""")
    assert len(notes) == 1 and len(notes[0]["signature"]) == 86


def test_a_desks_phone_is_handed_on_and_the_former_holders_unsent_notes_wait_for_him(town: Place, person: Any) -> None:
    now, area = clock.now(), town.area["committee"]
    v = begin_vouching(vouching_id=uuid4(), area_id=area, role="volunteer", scope_kind="desk", scope_id=None,
                       title="1 号台", until_at=now + timedelta(hours=1), grace_minutes=120,
                       by=town.actor("lead", now), at=now)  # fmt: skip
    lead, phone = person("lead", f"/vouch/{v.id}"), person()
    joined(lead, phone, "1 号台")
    expect(phone.locator("h1")).to_have_text("Who is at this phone now?")
    early, late = volunteers(town, 2)
    given_doors(town, Device(account_id=early.id))
    cards = []
    for who in (early, late):
        badge_id, pin = uuid4(), f"{len(cards)}12345"
        issue_badge(badge_id=badge_id, account_id=who.id, area_id=area, pin=pin, until_at=now + timedelta(hours=1),
                    by=town.actor("lead", now), at=now)  # fmt: skip
        cards.append((badge_square(badge_id), pin))

    def take(card: tuple[str, str]) -> None:
        phone.goto("/field/badge")
        phone.locator("[name=badge]").fill(card[0])
        phone.locator("[name=pin]").fill(card[1])
        phone.get_by_role("button", name="I am at this phone").click()
        phone.wait_for_url("**/field/")

    take(cards[0])
    expect(phone.locator("h1")).to_have_text("to do 2")
    phone.route("**/field/envelopes", lambda route: route.abort())
    phone.locator("button.door").first.click()
    phone.get_by_role("button", name="No answer, come again").click()
    expect(phone.locator("#state")).to_contain_text("Not yet sent 1")
    take(cards[1])
    phone.unroute("**/field/envelopes")
    phone.reload()
    expect(phone.locator("h1")).to_have_text("Nothing waits for you here.")
    assert not Envelope.objects.exists()
    take(cards[0])
    expect(phone.locator("h1")).to_have_text("to do 2")  # drawn when what waited has been sent
    row = Envelope.objects.get()
    assert (row.actor_id, row.fate, row.is_signed) == (early.id, "accepted", True)
