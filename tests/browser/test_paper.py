"""A printed page typed in by keyboard in a real browser: forty rows in well under a minute; without scripts too."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.work.models import Item, Move, PageTyping, PrintedPage
from lianfang.domains.work.services import NewItem, open_items, print_pages
from tests.browser.serving import DESK, PHONE, console_errors
from tests.factories.place import Place

pytestmark = pytest.mark.browser
FORTY = 40


def page_of(town: Place, n: int) -> PrintedPage:
    """So many errands of the committee, printed by its lead."""
    at, area = clock.now(), town.area["committee"]
    items = [NewItem(uuid4(), area, "household", town.households[k % 8], values={"what": f"第 {k + 1} 件"})
             for k in range(n)]  # fmt: skip
    done = open_items(kind_name="household-need", items=items, area_id=area, incident_id=None,
                      by=town.actor("lead", at), at=at)  # fmt: skip
    assert {o.code for o in done} == {""}
    print_id = print_pages(print_id=uuid4(), area_id=area, kind_name="household-need",
                           row_ids=[i.id for i in items], by=town.actor("lead", at), at=at)  # fmt: skip
    return PrintedPage.objects.get(print_id=print_id)


def test_forty_rows_are_typed_by_keyboard_in_under_a_minute(town: Place, person) -> None:
    sheet = page_of(town, FORTY)
    page: Page = person("grid", f"/paper/{sheet.code}", size=DESK)
    complaints = console_errors(page)
    expect(page.locator("#writer")).to_be_focused()
    page.locator("#writer").select_option(label="committee-lead committee")
    first = page.locator("[data-row]").first
    expect(first).to_be_focused()
    began = time.monotonic()
    # One slip: the wrong key, Backspace, the right one. Then key by key; Enter leaves a row out.
    key = page.locator("[data-row]").nth(1).locator("input[value=acknowledge]").get_attribute("data-key")
    assert key and key.isdigit()
    page.keyboard.press("0")
    page.keyboard.press("Backspace")
    for _ in range(FORTY):
        page.keyboard.press(key)
    expect(page.locator("[data-last]")).to_be_focused()
    expect(page.locator("[data-count]")).to_have_text(f"{FORTY} / {FORTY}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The page is typed in")).to_be_visible()
    assert time.monotonic() - began < 30
    grid, lead = town.accounts["grid"].id, town.accounts["lead"].id
    made = Move.objects.filter(item_id__in=sheet.rows, move="acknowledge", by=grid, written_by=lead)
    assert made.count() == FORTY and len(PageTyping.objects.get(page=sheet).rows) == FORTY
    # Sent again from the browser's own history: nothing twice.
    page.go_back()
    page.locator("[data-last]").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert Move.objects.filter(item_id__in=sheet.rows, move="acknowledge").count() == FORTY
    assert complaints == []


@pytest.mark.parametrize("size", [PHONE])
def test_without_scripts_the_same_page_is_ticked_by_hand(town: Place, person, size: tuple[int, int]) -> None:
    sheet = page_of(town, 3)
    page: Page = person("grid", f"/paper/{sheet.code}", size=size, scripts=False)
    page.locator("#writer").select_option(label="grid-worker committee")
    row: UUID = sheet.rows[1]
    page.locator(f"input[name='row-{row}'][value=acknowledge]").check(force=True)
    page.get_by_role("button", name="Note this page").click()
    expect(page.get_by_text("The page is typed in")).to_be_visible()
    assert Item.objects.get(id=row).state == "in-hand" and Move.objects.filter(move="acknowledge").count() == 1
