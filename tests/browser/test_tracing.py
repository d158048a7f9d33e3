"""The tracer's desk by keys in a real browser, typed words that survive, and a check in two taps on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.tracing.models import Trace
from lianfang.domains.tracing.services import Decision
from lianfang.domains.watch.models import Check
from lianfang.flows.adopt_contacts import adopt_contacts
from tests.browser.serving import DESK, console_errors
from tests.factories.place import Place
from tests.factories.tracing import TEA, Outbreak, outbreak_in, tea_house

pytestmark = pytest.mark.browser


@pytest.fixture
def traced(town: Place) -> tuple[Outbreak, Trace]:
    """Four who are proposed as close: two behind the case's door, two from the tea house."""
    o = outbreak_in(town, at=clock.now())
    o.bring([*tea_house(o), o.was(4, TEA, 30, 29)])
    return o, o.trace()


def chosen(page: Page) -> str:
    found = re.search(r"contact=([0-9a-f-]+)", page.url)
    return found.group(1) if found else ""


def test_keys_move_ask_for_what_is_missing_and_decide_and_nothing_typed_is_lost(
    town: Place, traced: tuple[Outbreak, Trace], person
) -> None:
    o, trace = traced
    page: Page = person("tracer", f"/tracing/{trace.id}", size=DESK)
    errors = console_errors(page)
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(5)
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    second = chosen(page)
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("d")  # the paper's number is missing: the key leads to its field
    expect(page.locator("#paper")).to_be_focused()
    page.locator("#paper").fill("疫防 3 号")
    page.locator("#reason").fill("隔着玻璃")
    page.reload()
    expect(page.locator("#paper")).to_have_value("疫防 3 号")
    expect(page.locator("#reason")).to_have_value("隔着玻璃")
    page.keyboard.press("x")
    expect(page.locator("p.note.done")).to_contain_text("Left out")
    assert str(trace.contacts.get(state="rejected").id) == second
    expect(page.locator("#paper")).to_have_value("疫防 3 号")  # one number for the whole trace
    expect(page.locator("#reason")).to_have_value("")  # the reason was that person's
    page.goto(f"/tracing/{trace.id}?contact={o.contact(trace, 6).id}")
    page.keyboard.press("d")
    expect(page.locator("p.note.done")).to_contain_text("Confirmed")
    assert o.contact(trace, 6).state == "listed"
    box = page.locator(".decide").bounding_box()
    assert box is not None and box["y"] + box["height"] <= DESK[1]  # in view on a small laptop
    assert errors == []


def test_a_check_is_two_taps_on_a_phone(town: Place, traced: tuple[Outbreak, Trace], person) -> None:
    o, trace = traced
    adopt_contacts(trace_id=trace.id, decisions=[Decision(o.contact(trace, 6).id, "confirm")], paper_number="1",
                   by=town.actor("tracer", o.at), at=o.at)  # fmt: skip
    page: Page = person("grid", "/watch")
    page.get_by_text("Note a temperature").click()
    button = page.get_by_role("button", name="36.6")
    size = button.bounding_box()
    assert size is not None and size["height"] >= 48
    button.click()
    expect(page.locator("p.note.done")).to_contain_text("The check is kept.")
    assert Check.objects.count() == 1
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
