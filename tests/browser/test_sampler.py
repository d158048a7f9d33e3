"""A sampler without signal: twenty people into two tubes, a mistake taken back, each counted once when it returns."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.base.models import Envelope
from lianfang.domains.rounds.models import Unit
from lianfang.domains.rounds.queries import coverage_of, tally_problems
from lianfang.domains.rounds.services import add_home_desk, seat
from lianfang.domains.sampling.models import Sample, Tube
from lianfang.domains.sampling.queries import code_of
from tests.browser.conftest import Person
from tests.browser.serving import console_errors
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in

pytestmark = pytest.mark.browser


@pytest.fixture
def t(town: Place) -> Testing:
    """A round that is open now."""
    return round_in(town, at=clock.now() - timedelta(hours=1))


def code(t: Testing, n: int) -> str:
    """What the n-th person shows."""
    return code_for(t, n, timedelta(days=1))


def code_for(t: Testing, n: int, good: timedelta) -> str:
    """A code that is good for so long from now."""
    return code_of(t.place.people[n], name=t.place.names[n], tail="", at=clock.now(), until=clock.now() + good)


def scan(page: Page, text: str) -> None:
    """What a scanner at the desk types, and its return."""
    page.locator("#scan").fill(text)
    page.keyboard.press("Enter")


def into_tube(page: Page, t: Testing, n: int) -> None:
    """One person, scanned and confirmed."""
    scan(page, code(t, n))
    expect(page.locator(".who .name")).to_have_text(t.place.names[n])
    page.locator(".action .primary").click()


def without_signal(page: Page) -> None:
    """The list is on the phone, the signal is gone, and the page opens from the phone alone."""
    expect(page.locator("#asks")).to_have_text("Scan the code of a new tube")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#asks")).to_have_text("Scan the code of a new tube")
    expect(page.locator("#state")).to_contain_text("No signal")


def until(check: object, seconds: float = 10) -> None:
    """Wait until something holds on the server."""
    end = time.monotonic() + seconds
    while not check():  # type: ignore[operator]  # a predicate
        assert time.monotonic() < end
        time.sleep(0.1)


def take_away(page: Page, n: int) -> None:
    """The n-th scan that waits on the phone carries a code that the server will not read."""
    page.evaluate(SPOILED, n)


# In the phone's store: the n-th scan's code is spoilt.
SPOILED = """(n) => new Promise((done) => {
  indexedDB.open("lianfang-field", 1).onsuccess = (opened) => {
    const notes = opened.target.result.transaction("notes", "readwrite").objectStore("notes");
    notes.getAll().onsuccess = (got) => {
      const scan = got.target.result.filter((x) => x.kind === "sampling.scan").sort((a, b) => a.seq - b.seq)[n];
      notes.put({ ...scan, body: { ...scan.body, code: "LF2SPOILT" } }).onsuccess = () => done();
    };
  };
})"""


@pytest.mark.row("S0-07")
def test_a_code_is_scanned_confirmed_and_counted_once_without_signal_and_who_has_none_is_added_quickly(
    person: Person, t: Testing
) -> None:
    page = person("sampler", "/field/sampler/")
    without_signal(page)
    scan(page, "SG-0001")
    into_tube(page, t, 0)
    scan(page, code(t, 0))
    expect(page.locator(".verdict")).to_contain_text("Sampled in this round already")
    page.locator(".action .primary").click()
    # On no list and without a code: name and door as he says, and the sample taken on the same page.
    page.get_by_role("button", name="Cannot be scanned").click()
    page.locator("input[name=name]").fill("新来的")
    page.locator("input[type=search]").fill("1-102")
    page.locator(".choices-list .button").first.click()
    expect(page.locator(".who .name")).to_have_text("新来的")
    page.locator(".action .primary").click()
    expect(page.locator("#tube .count")).to_have_text("2 / 10 people")
    page.context.set_offline(False)
    until(lambda: Sample.objects.count() == 2)
    found = coverage_of(t.round)
    assert (found.added, found.endings) == (1, {"sampled": 2, "": 71})
    tube = Tube.objects.get()
    assert (tube.desk_id, tube.n) == (t.desks[0].id, 2)
    assert not Envelope.objects.exclude(fate="accepted").exists()


def test_twenty_people_sampled_without_signal_count_once_each(person: Person, t: Testing) -> None:
    page = person("sampler", "/field/sampler/")
    errors = console_errors(page)
    without_signal(page)
    for first, tube in ((0, "SG-0001"), (10, "SG-0002")):
        scan(page, tube)
        expect(page.locator("#tube .count")).to_have_text("0 / 10 people")
        for n in range(first, first + 9):
            into_tube(page, t, n)
        expect(page.locator("#tube .count")).to_have_text("9 / 10 people")
        # The same person again is told at once, without anybody having heard of him.
        scan(page, code(t, first))
        expect(page.locator(".verdict")).to_contain_text("Sampled in this round already")
        page.locator(".action .primary").click()
        into_tube(page, t, first + 9)  # the tenth closes the tube
        expect(page.get_by_text("Tube closed.")).to_be_visible()
    expect(page.locator("#state")).to_contain_text("Not yet sent 22")
    assert not Sample.objects.exists()
    page.context.set_offline(False)
    until(lambda: Sample.objects.count() == 20)
    expect(page.locator("#state")).not_to_contain_text("Not yet sent")
    page.reload()
    expect(page.locator("#asks")).to_have_text("Scan the code of a new tube")
    tubes = sorted(Tube.objects.values_list("code", "n", "state"))
    assert tubes == [("SG-0001", 10, "closed"), ("SG-0002", 10, "closed")]
    assert coverage_of(t.round).endings == {"sampled": 20, "": 52} and tally_problems(t.round) == 0
    assert not Envelope.objects.exclude(fate="accepted").exists()
    assert [e for e in errors if "ERR_INTERNET_DISCONNECTED" not in e] == []


def test_what_is_no_code_of_ours_and_a_mistake_are_told_and_mended(person: Person, t: Testing) -> None:
    page = person("sampler", "/field/sampler/")
    scan(page, code(t, 0))
    expect(page.locator(".verdict")).to_contain_text("no tube's code")
    page.get_by_role("button", name="Back").click()
    scan(page, "SG-0001")
    scan(page, "something else entirely")
    expect(page.locator(".verdict")).to_contain_text("No code of ours")
    page.get_by_role("button", name="Back").click()
    scan(page, code_for(t, 3, timedelta(hours=-3)))
    expect(page.locator(".verdict")).to_contain_text("too old")
    # Cannot be scanned: name and last four as on the card; the register finds him when it is sent.
    page.get_by_role("button", name="Cannot be scanned").click()
    page.locator("input[name=name]").fill(t.place.names[3])
    page.locator("input[name=last_four]").fill("0003")
    page.get_by_role("button", name="Not from here").click()
    expect(page.locator(".verdict")).to_contain_text("From the identity card")
    page.locator(".action .primary").click()
    until(lambda: Unit.objects.get(unit_id=t.place.people[3]).ending == "sampled")
    page.get_by_role("button", name="Take back").click()
    until(lambda: Unit.objects.get(unit_id=t.place.people[3]).ending == "")
    expect(page.locator("#tube .count")).to_have_text("0 / 10 people")


def test_a_pair_on_the_stairs_notes_a_door_in_two_taps_and_adds_who_is_on_no_list(person: Person, t: Testing) -> None:
    p = t.place
    add_home_desk(desk_id=t.round.id, round_id=t.round.id, area_id=p.area["committee"],
                  account_id=p.accounts["grid"].id, people=2, by=p.actor("lead"), at=clock.now())  # fmt: skip
    page = person("grid", "/field/sampler/")
    without_signal(page)
    page.get_by_role("button", name="Doors").click()
    expect(page.locator("button.door")).to_have_count(8)
    expect(page.locator("button.door").first).to_contain_text("1-201")
    page.locator("button.door").first.click()
    page.locator(".choices-list .button").first.click()
    page.get_by_role("button", name="away", exact=True).click()
    page.get_by_role("button", name="in hospital").click()
    page.get_by_role("button", name="Somebody who is not on the list").click()
    page.locator("input[name=name]").fill("新来的")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".choices-list .button")).to_have_count(4)
    page.context.set_offline(False)
    until(lambda: coverage_of(t.round).added == 1)
    until(lambda: Unit.objects.filter(ending="away", reason="hospital").count() == 1)


def test_a_refused_scan_leaves_the_open_tube_and_its_person_is_open_again(person: Person, t: Testing) -> None:
    page = person("sampler", "/field/sampler/")
    without_signal(page)
    scan(page, "SG-0001")
    for n in range(3):
        into_tube(page, t, n)
    expect(page.locator("#tube .count")).to_have_text("3 / 10 people")
    take_away(page, 1)
    page.context.set_offline(False)
    until(lambda: Envelope.objects.filter(fate="refused").count() == 1)
    expect(page.locator("#tube .count")).to_have_text("2 / 10 people")
    expect(page.locator("#state")).to_contain_text("To settle 1")
    page.reload()
    expect(page.locator("#tube .count")).to_have_text("2 / 10 people")
    into_tube(page, t, 1)  # he is open again: what is offered is the tube, no "sampled already"
    page.get_by_role("button", name="Close the tube").click()
    until(lambda: Tube.objects.filter(code="SG-0001", state="closed", n=3, counted=3).exists())


def test_a_tube_closed_with_a_refused_scan_in_it_is_closed_with_the_difference(person: Person, t: Testing) -> None:
    page = person("sampler", "/field/sampler/")
    without_signal(page)
    scan(page, "SG-0001")
    for n in range(10):
        into_tube(page, t, n)
    expect(page.get_by_text("Tube closed.")).to_be_visible()
    take_away(page, 4)
    page.context.set_offline(False)
    until(lambda: Envelope.objects.filter(fate="refused").count() == 2)
    page.get_by_role("button", name="To settle 2").click()
    expect(page.locator(".door.todo")).to_have_count(2)
    expect(page.get_by_text("Counted and scanned are not the same. · 10 ≠ 9")).to_be_visible()
    page.get_by_role("button", name="Close with the difference").click()
    expect(page.locator(".door.todo")).to_have_count(1)
    until(lambda: Tube.objects.filter(code="SG-0001", state="closed", n=9, counted=10).exists())
    page.get_by_role("button", name="Leave it as it stands").click()
    expect(page.locator(".door.todo")).to_have_count(0)
    expect(page.locator("#state")).not_to_contain_text("To settle")


def test_a_tube_of_another_desk_is_not_scanned_into_after_reseating(person: Person, t: Testing) -> None:
    page = person("sampler", "/field/sampler/")
    scan(page, "SG-0001")
    into_tube(page, t, 0)
    until(lambda: Sample.objects.count() == 1)
    command, account = t.place.actor("command"), t.place.accounts["sampler"].id
    seat(desk_id=t.desks[0].id, account_id=None, by=command, at=clock.now())
    seat(desk_id=t.desks[1].id, account_id=account, by=command, at=clock.now())
    page.reload()
    expect(page.locator("#asks")).to_have_text("Scan the code of a new tube")
    scan(page, "SG-0002")
    into_tube(page, t, 1)
    until(lambda: Sample.objects.count() == 2)
    assert set(Tube.objects.values_list("code", "desk_id")) == {("SG-0001", t.desks[0].id), ("SG-0002", t.desks[1].id)}
