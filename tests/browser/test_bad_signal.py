"""Whoever serves, with bad signal: his pages open as last seen, his presses are kept, and no place is made believe."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from lianfang.base import clock
from lianfang.domains.calls.models import Answer, Claim, DutyNote, Shift
from lianfang.domains.calls.services import Ask, call_out, claim_shift, claim_shifts, close_call_out
from lianfang.domains.responders.services import NewResponder, NewTeam, form_teams, put_in_team, register_responders
from tests.browser.serving import COMES_MS, console_errors, cut_off, signal
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.place import PASSWORD, Place

pytestmark = pytest.mark.browser


def press_of(page: Page, shift: Shift) -> Locator:
    """The button that asks for a place of a shift."""
    return page.locator(f"form[data-claim='{shift.id}'] button").first


def sent_from(page: Page) -> list[str]:
    """The presses for places that leave this phone, from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and re.search(r"/claim$|/rush$", request.url):
            found.append(request.url)

    page.context.on("request", note)
    return found


def whole(page: Page) -> bool:
    """Whether nothing runs over the phone's edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"))


def take_last(shift: Shift, town: Place) -> None:
    """Somebody else takes the last place."""
    now = clock.now()
    [other] = volunteers(town, 1)
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=other.id, by=acting(other, now), at=now)


def test_a_place_asked_for_without_signal_is_nobodys_until_it_is_answered_and_is_asked_for_once(
    town: Place, person
) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 2))
    page: Page = person("volunteer", "/calls")
    cut_off(page)
    sent = sent_from(page)
    press_of(page, shift).click()
    line = page.locator("#kept")
    expect(line).to_contain_text("Kept on this phone, sent by itself once there is signal: 1")
    expect(line).to_contain_text("Not yet sent: you hold no place until it is answered.")
    expect(page.locator(".kept-claim")).to_have_count(1)
    expect(press_of(page, shift)).to_be_disabled()
    assert page.get_by_text("The place is yours").count() == 0 and whole(page)
    page.reload()  # the phone is put away, and taken out again
    expect(line).to_contain_text("you hold no place until it is answered")
    expect(press_of(page, shift)).to_be_disabled()
    expect(page.get_by_role("button", name=re.compile("Any place will do"))).to_be_disabled()
    page.goto("/calls/mine")
    expect(line).to_contain_text("you hold no place until it is answered")
    assert not Claim.objects.exists() and sent == []
    page.goto("/calls")
    page.context.set_offline(False)
    answer = page.locator("#kept-answers .note.done")
    expect(answer).to_contain_text("The place is yours.", timeout=COMES_MS)
    assert len(sent) == 1
    claim = Claim.objects.get()
    assert (claim.shift_id, claim.account_id) == (shift.id, town.accounts["volunteer"].id)
    expect(page.get_by_role("link", name="My shifts").first).to_be_visible()
    page.reload()  # what was answered stays until it has been read, and nothing is sent again
    expect(answer).to_contain_text("The place is yours.")
    answer.get_by_role("button", name="I have read it").click()
    expect(answer).to_have_count(0)
    page.reload()
    expect(page.locator("#kept-answers")).to_be_empty()
    assert len(sent) == 1 and Claim.objects.count() == 1


def test_full_meanwhile_it_is_told_with_the_place_in_line_also_on_the_next_opening(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 1))
    page: Page = person("volunteer", "/calls")
    cut_off(page)
    press_of(page, shift).click()
    expect(page.locator("#kept")).to_contain_text("you hold no place")
    take_last(shift, town)
    context = page.context
    page.close()  # no page is open when the signal comes back
    context.set_offline(False)
    page = context.new_page()
    page.goto("/calls/mine")
    answer = page.locator("#kept-answers .note.bad")
    expect(answer).to_contain_text("This shift is full; you did not get a place", timeout=COMES_MS)
    expect(answer).to_contain_text("Waitlist: you would be number 1")
    assert not Claim.objects.filter(account_id=town.accounts["volunteer"].id).exists()
    answer.get_by_role("button", name="Join the waitlist").click()
    now = page.locator("#kept-answers .note.warn")
    expect(now).to_contain_text("You are on the waitlist.", timeout=COMES_MS)
    expect(now).to_contain_text("waiting, number 1")
    assert Claim.objects.get(account_id=town.accounts["volunteer"].id).state == "waiting"


def test_what_is_refused_is_told_with_its_reason_and_outlives_an_ended_session(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 3))
    other = shift_of(called(town, 3, title={"zh": "值守", "en": "Standing watch"}))  # at the same hours
    who = town.accounts["volunteer"]
    page: Page = person("volunteer", "/calls")
    cut_off(page)
    press_of(page, shift).click()
    expect(page.locator("#kept")).to_contain_text("you hold no place")
    ask = Ask(uuid4(), other.id, who.id, clock.now(), acting(who, clock.now()))
    assert claim_shifts(asks=[ask], by=town.system, at=clock.now())[0].code == ""  # on another phone
    page.context.clear_cookies(name="sessionid")
    page.context.set_offline(False)
    page.wait_for_url("**/sign-in*", timeout=COMES_MS)
    page.wait_for_function("async () => (await caches.keys()).every((n) => !n.startsWith('mine-'))")
    page.locator("#login").fill(who.username)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/calls")  # back where he was, not at the press
    answer = page.locator("#kept-answers .note.bad")
    expect(answer).to_contain_text("You have a shift at that time", timeout=COMES_MS)
    assert not Claim.objects.filter(shift=shift).exists()


def test_a_shift_that_has_begun_is_asked_for_no_more_and_that_is_told(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 2, begins=HOUR))
    page: Page = person("volunteer", "/calls")
    cut_off(page)
    sent = sent_from(page)
    press_of(page, shift).click()
    expect(page.locator("#kept")).to_contain_text("you hold no place")
    page.evaluate("() => { const notes = JSON.parse(localStorage.getItem('lianfang-kept'));"
                  "notes[0].begins = new Date(Date.now() - 1000).toISOString();"
                  "localStorage.setItem('lianfang-kept', JSON.stringify(notes)) }")  # an hour later  # fmt: skip
    page.reload()
    answer = page.locator("#kept-answers .note.bad")
    expect(answer).to_contain_text("the shift had begun before there was signal. You hold no place.")
    signal(page)
    expect(answer).to_be_visible()
    expect(press_of(page, shift)).to_be_enabled()
    assert sent == [] and not Claim.objects.exists()


def test_a_press_taken_back_before_there_was_signal_is_never_sent(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 2))
    page: Page = person("volunteer", "/calls")
    cut_off(page)
    sent = sent_from(page)
    press_of(page, shift).click()
    page.get_by_role("button", name="Do not send it").click()
    expect(press_of(page, shift)).to_be_enabled()
    signal(page)
    assert sent == [] and not Claim.objects.exists()


def test_a_place_given_back_without_signal_is_still_held_until_it_is_answered(town: Place, person) -> None:
    now = clock.now()
    shift = shift_of(called(town, 2, at=now))
    who = town.accounts["volunteer"]
    ask = Ask(uuid4(), shift.id, who.id, now, acting(who, now))
    assert claim_shifts(asks=[ask], by=town.system, at=now)[0].code == ""
    page: Page = person("volunteer", "/calls/mine")
    cut_off(page)
    page.get_by_role("button", name="I cannot come").click()
    line = page.locator("#kept")
    expect(line).to_contain_text("Not yet sent: the place is still yours")
    assert Claim.objects.get(id=ask.id).state == "claimed"
    page.reload()
    expect(line).to_contain_text("Not yet sent: the place is still yours")
    page.context.set_offline(False)
    expect(page.locator("#kept-answers")).to_contain_text("Released.", timeout=COMES_MS)
    assert Claim.objects.get(id=ask.id).state == "released"


def test_a_sign_up_link_opened_before_the_signal_went_keeps_the_press_too(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 2))
    page: Page = person("volunteer", f"/calls/{shift.call_id}")
    cut_off(page)
    press_of(page, shift).click()
    expect(page.locator("#kept")).to_contain_text("you hold no place until it is answered")
    assert whole(page) and not Claim.objects.exists()
    page.context.set_offline(False)
    expect(page.locator("#kept-answers .note.done")).to_contain_text("The place is yours.", timeout=COMES_MS)
    assert Claim.objects.get().shift_id == shift.id


def test_record_and_squad_open_as_last_seen_and_a_call_out_is_answered_without_signal(town: Place, person) -> None:
    now = clock.now()
    who, lead = town.accounts["volunteer"], town.actor("lead", now)
    refusals = register_responders(entries=[NewResponder(who.id, "volunteer")], by=town.system, at=now)
    team = uuid4()
    refusals += form_teams(teams=[NewTeam(team, "夜班一队", town.area["committee"], "squad")], by=lead, at=now)
    refusals += put_in_team(team_id=team, responder_ids=[who.id], role="", by=lead, at=now)
    assert [o for o in refusals if o.code] == []
    out = call_out(call_out_id=uuid4(), area_id=town.area["committee"], incident_id=None, account_ids=[who.id],
                   words={"zh": "今晚核酸", "en": "Testing tonight"}, where="村口", needed=1, meet_at=now + HOUR,
                   repeat_minutes=10, repeats=0, by=lead, at=now)  # fmt: skip
    page: Page = person("volunteer", "/calls/record")
    for address, words in (("/calls/record", "My record of service"), (f"/teams/{team}", "夜班一队")):
        page.goto(address)
        cut_off(page)
        expect(page.locator("h1")).to_contain_text(words)
        assert whole(page)
        signal(page)
    page.goto(f"/called/{out.id}")
    cut_off(page)
    page.get_by_role("button", name="I am coming").click()
    expect(page.locator("#kept")).to_contain_text("Not yet sent: nobody knows your answer yet.")
    page.reload()
    expect(page.locator("#kept")).to_contain_text("I am coming")
    assert Answer.objects.get().state == ""
    page.context.set_offline(False)
    expect(page.locator("#kept-answers")).to_contain_text("Answered. Thank you.", timeout=COMES_MS)
    expect(page.get_by_text("You said that you come.")).to_be_visible()
    assert Answer.objects.get().state == "coming"
    # Closed meanwhile: said with its reason, and the answer stands as it was.
    cut_off(page)
    page.get_by_role("button", name="I cannot").click()
    close_call_out(call_out_id=out.id, by=lead, at=clock.now())
    page.context.set_offline(False)
    expect(page.locator("#kept-answers .note.bad")).to_contain_text("closed", timeout=COMES_MS)
    assert Answer.objects.get().state == "coming"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_function("async () => (await caches.keys()).every((n) => !n.startsWith('mine-'))")
    page.wait_for_function("() => !JSON.stringify(localStorage).includes('Testing tonight')")


def test_the_page_of_who_leads_a_team_stays_on_no_phone(town: Place, person) -> None:
    now = clock.now()
    team, lead = uuid4(), town.actor("lead", now)
    new = [NewTeam(team, "夜班二队", town.area["committee"], "squad")]
    assert [o.code for o in form_teams(teams=new, by=lead, at=now)] == [""]
    page: Page = person("lead", f"/teams/{team}")
    expect(page.locator("h1")).to_contain_text("夜班二队")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    errors = console_errors(page)
    kept = """async () => { const found = [];
        for (const n of await caches.keys()) for (const r of await (await caches.open(n)).keys()) found.push(r.url);
        return found }"""
    urls = page.evaluate(kept)
    assert urls and not [u for u in urls if "/teams/" in u] and errors == []


def test_a_press_answered_late_says_how_the_place_stands_by_then(town: Place, person) -> None:
    """The answer was lost on the way and the place is given back since: the same press again is no new promise."""
    now = clock.now()
    shift = shift_of(called(town, 2, at=now))
    page: Page = person("volunteer", "/calls")
    page.route("**/calls/rush", lambda route: route.abort())
    page.route("**/calls/shifts/*/claim", lambda route: (route.fetch(), route.abort()))  # arrives; nothing comes back
    press_of(page, shift).click()
    expect(page.locator("#kept")).to_contain_text("you hold no place until it is answered", timeout=30000)
    page.wait_for_timeout(500)
    claim = Claim.objects.get()
    Claim.objects.filter(id=claim.id).update(state="released", released_at=now + timedelta(minutes=1))
    page.unroute("**/calls/shifts/*/claim")
    page.reload()
    expect(page.locator("#kept-answers")).to_contain_text("Released.", timeout=COMES_MS)
    assert page.get_by_text("The place is yours").count() == 0 and Claim.objects.count() == 1


def test_who_leads_goes_on_at_the_table_and_on_the_boards_without_signal(town: Place, person) -> None:
    town.at = clock.now()
    shift = shift_of(called(town, 3, task="disinfection", cover="平安 2026-1", begins=timedelta(minutes=10)))
    ids = [claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, town.at), at=town.at).id
           for v in volunteers(town, 3)]  # fmt: skip
    table: Page = person("lead", f"/calls/shifts/{shift.id}/assembly", size=(820, 1180))
    errors = console_errors(table)
    table.context.set_offline(True)
    for tick in ("all-kit", "all-training"):
        table.locator(f"[name={tick}]").check()
    press = table.get_by_role("button", name="who is ready is on post")
    line = table.locator("#kept")
    for n, (claim, celsius) in enumerate(zip(ids[:2], ("365", "391"), strict=True)):  # one after another, no signal
        table.locator(f"[name='celsius-{claim}']").fill(celsius)
        press.click()
        expect(line).to_contain_text(f"sent by itself once there is signal: {n + 1}")
    table.locator(f"[name='celsius-{ids[2]}']").fill("36")  # typed, not pressed yet
    assert not Claim.objects.filter(state="checked_in").exists() and whole(table)
    table.wait_for_timeout(1100)
    before = clock.now()
    table.context.set_offline(False)
    told = table.get_by_role("alert")
    expect(told).to_contain_text("fever: sent home", timeout=COMES_MS)
    assert table.locator(f"[name='celsius-{ids[2]}']").input_value() == "36"  # nothing typed is lost
    came = Claim.objects.get(id=ids[0])
    assert came.state == "checked_in" and came.checked_in_at < before - timedelta(seconds=1)
    assert Claim.objects.get(id=ids[1]).state == "released"
    stored = table.evaluate("JSON.stringify(localStorage)")
    assert "fever" not in stored and table.evaluate("localStorage['lianfang-kept']") == "[]"
    table.locator(f"[name='celsius-{ids[2]}']").fill("366")
    press.click()
    expect(table.locator("h1")).to_contain_text("2 of 2 on post")
    table.goto(f"/calls/{shift.call_id}")
    table.context.set_offline(True)
    table.get_by_role("button", name="Leaves now").first.click()
    expect(line).to_contain_text("Leaves now · 志愿者")
    table.context.set_offline(False)
    expect(table.get_by_role("status")).to_contain_text("Checked out.", timeout=COMES_MS)
    table.goto("/calls/duty")
    table.context.set_offline(True)
    table.get_by_text("More", exact=True).click()
    table.get_by_role("button", name="Has eaten").click()
    expect(line).to_contain_text("once there is signal: 1")
    table.context.set_offline(False)
    expect(line).to_be_hidden(timeout=COMES_MS)
    assert [n.kind for n in DutyNote.objects.filter(kind="meal")] == ["meal"]
    assert [e for e in errors if "ERR_INTERNET_DISCONNECTED" not in e] == []
    kept = "Promise.all((await caches.keys()).map(async (n) => (await caches.open(n)).keys()))"
    plain = "!u.includes('/static/') && !['mine', 'sw.js'].includes(u.split('/calls/').pop())"
    # Asked until it is answered: the page may just be opening itself anew.
    table.wait_for_function(f"async () => !(await {kept}).flat().map((r) => r.url).some((u) => {plain})")
