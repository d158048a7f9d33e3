"""A grid worker's stairwell without signal: what was noted is kept on the phone, sent once, and nothing is dropped."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.base.models import Envelope
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.services import NewItem, Note, make_move, open_items
from tests.factories.place import Place

pytestmark = pytest.mark.browser


@pytest.fixture
def doors(town: Place) -> list[UUID]:
    """Three doors to survey, the grid worker's, due one after the other."""
    now = clock.now()
    new = [
        NewItem(
            uuid4(),
            town.area["committee"],
            "household",
            household,
            owner_id=town.accounts["grid"].id,
            due_at=now + timedelta(hours=1 + n),
        )
        for n, household in enumerate(town.households[:3])
    ]
    open_items(
        kind_name="door-survey",
        items=new,
        area_id=town.area["committee"],
        incident_id=None,
        by=town.actor("lead"),
        at=now,
    )
    return [n.id for n in new]


def on_the_stairs(page: Page) -> None:
    """The list is on the phone and the signal is gone; the page is loaded anew, from the phone alone."""
    expect(page.locator("h1")).to_have_text("to do 3")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("to do 3")
    expect(page.locator("#state")).to_contain_text("No signal")


def note(page: Page, nth: int, move: str, **values: str) -> None:
    """Note one move of the n-th door of the list; choices are named by their words."""
    page.locator("button.door").nth(nth).click()
    page.get_by_role("button", name=move, exact=True).click()
    for name, value in values.items():
        field = page.locator(f"[name={name}]").first
        if field.get_attribute("type") == "radio":
            page.get_by_label(value, exact=True).check()
        else:
            field.fill(value)
    if values:
        page.get_by_role("button", name="Save", exact=True).click()


def test_a_stairwell_without_signal_is_noted_on_the_phone_and_each_note_is_stored_once(
    town: Place, doors: list[UUID], person
) -> None:
    page: Page = person("grid", "/field/")
    on_the_stairs(page)
    note(page, 0, "No answer, come again")
    expect(page.locator("#state")).to_contain_text("Not yet sent 1")
    note(page, 1, "Note this household", persons_home="3", residence="Rented")
    expect(page.locator("#state")).to_contain_text("Not yet sent 2")
    expect(page.locator("h1")).to_have_text("to do 2")
    page.reload()
    expect(page.locator("#state")).to_contain_text("Not yet sent 2")
    assert Move.objects.exclude(move="open").count() == 0

    page.context.set_offline(False)
    expect(page.locator("#state")).not_to_contain_text("Not yet sent")
    expect(page.locator("#state")).not_to_contain_text("No signal")
    # Loading it again sends nothing a second time.
    page.reload()
    expect(page.locator("h1")).to_have_text("to do 2")
    moves = Move.objects.exclude(move="open").order_by("at").values_list("item_id", "move", "by")
    grid = town.accounts["grid"].id
    assert list(moves) == [(doors[0], "no-answer", grid), (doors[1], "finish", grid)]
    assert list(Envelope.objects.order_by("seq").values_list("fate", flat=True)) == ["accepted", "accepted"]
    done = Item.objects.get(id=doors[1])
    assert (done.state, done.values["persons_home"], done.values["residence"]) == ("done", 3, "rent")


def test_a_note_that_came_too_late_waits_under_to_settle_with_its_reason_and_leaves_when_left(
    town: Place, doors: list[UUID], person
) -> None:
    page: Page = person("grid", "/field/")
    on_the_stairs(page)
    note(page, 0, "Note this household", persons_home="2", residence="Own home")
    now = clock.now()
    lead = town.actor("lead")
    make_move(note=Note(uuid4(), doors[0], "empty", lead, now), by=lead, at=now)

    page.context.set_offline(False)
    expect(page.locator("#state button")).to_have_text("To settle 1")
    page.locator("#state button").click()
    expect(page.locator("h1")).to_have_text("All sent.")
    waiting = page.locator(".door.todo")
    expect(waiting).to_contain_text("The item has moved on since.")
    expect(waiting).to_contain_text("1 单元 101")
    expect(waiting).to_contain_text("Note this household · People at home 2 · How they live here Own home")
    waiting.get_by_role("button", name="Leave it as it stands").click()
    expect(waiting).to_have_count(0)
    expect(page.locator("#state button")).to_have_text("To settle")
    refused = Envelope.objects.get()
    assert (refused.code, refused.fate, refused.settled_by) == ("work.move_unfit", "settled", town.accounts["grid"].id)
    assert Item.objects.get(id=doors[0]).state == "empty"


def test_a_value_still_needed_is_asked_for_on_the_phone_before_anything_is_kept(
    town: Place, doors: list[UUID], person
) -> None:
    page: Page = person("grid", "/field/")
    on_the_stairs(page)
    note(page, 0, "Note this household", persons_home="3")
    expect(page.locator(".missing")).to_have_text("Still needed: How they live here")
    expect(page.locator("#state")).not_to_contain_text("Not yet sent")


def test_who_is_signed_out_is_told_to_sign_in_and_loses_no_note(town: Place, doors: list[UUID], person) -> None:
    page: Page = person("grid", "/field/")
    on_the_stairs(page)
    note(page, 0, "No answer, come again")
    expect(page.locator("#state")).to_contain_text("Not yet sent 1")
    page.context.clear_cookies(name="sessionid")
    page.context.set_offline(False)
    expect(page.locator("#state")).to_contain_text("Sign in again to send. Nothing is lost.")
    expect(page.locator("#state")).to_contain_text("Not yet sent 1")
    assert Envelope.objects.count() == 0


def test_a_form_half_filled_stays_as_it_is_when_the_signal_comes_back(town: Place, doors: list[UUID], person) -> None:
    page: Page = person("grid", "/field/")
    on_the_stairs(page)
    note(page, 0, "No answer, come again")
    page.locator("button.door").nth(1).click()
    page.get_by_role("button", name="Note this household", exact=True).click()
    page.locator("[name=persons_home]").fill("4")
    page.context.set_offline(False)
    expect(page.locator("#state")).not_to_contain_text("Not yet sent")
    expect(page.locator("[name=persons_home]")).to_have_value("4")
    page.get_by_label("Rented", exact=True).check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("h1")).to_have_text("to do 2")
    expect(page.locator("#state")).not_to_contain_text("Not yet sent")
    assert Item.objects.get(id=doors[1]).values["persons_home"] == 4


KEPT = """(store) => new Promise((resolve) => {
  const opening = indexedDB.open("lianfang-field");
  opening.onsuccess = () => {
    const asked = opening.result.transaction(store).objectStore(store).getAll();
    asked.onsuccess = () => { opening.result.close(); resolve(JSON.stringify(asked.result)); };
  };
})"""


def test_signing_out_takes_the_names_off_the_phone_and_keeps_what_was_not_yet_sent(
    town: Place, doors: list[UUID], person
) -> None:
    page: Page = person("grid", "/field/")
    on_the_stairs(page)
    note(page, 0, "No answer, come again")
    expect(page.locator("#state")).to_contain_text("Not yet sent 1")
    assert "花园" in page.evaluate(KEPT, "kept")
    page.route("**/field/envelopes", lambda route: route.abort())
    page.context.set_offline(False)
    page.goto(page.url.split("/field")[0] + "/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("html[data-forgotten]")
    kept = page.evaluate(KEPT, "kept")
    assert "花园" not in kept and "device" in kept
    assert "no-answer" in page.evaluate(KEPT, "notes")
