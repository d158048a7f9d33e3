"""A door with limited entry in a real browser: taps, the limit, no signal; and the public map without a tile server."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from lianfang.base import clock
from lianfang.domains.places.models import Passage
from lianfang.domains.places.models import Place as Site
from lianfang.domains.places.services import count_passage, open_place, register_place
from lianfang.domains.work.services import NewItem, open_item
from tests.browser.serving import console_errors
from tests.factories.place import Place

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(town: Place) -> UUID:
    """A shop that lets in three of six."""
    by, now = town.actor("lead"), clock.now()
    made = register_place(place_id=uuid4(), kind="shop", name="便利店", name_en="", area_id=town.area["committee"],
                          capacity={"person": 6}, lon=None, lat=None, incident_id=None, by=by, at=now)  # fmt: skip
    open_place(opening_id=uuid4(), place_id=made.id, opens_on=now.date(), limit_percent=50, reason="r", by=by, at=now)
    return made.id


def test_taps_count_without_a_new_page_stop_at_the_limit_and_wait_for_the_signal(
    town: Place, shop: UUID, person
) -> None:
    page: Page = person("grid", f"/places/{shop}")
    inside, go_in = page.locator(".inside b"), page.get_by_role("button", name="In +1")
    for button in (go_in, page.get_by_role("button", name="Out −1")):
        size = button.bounding_box()
        assert size is not None and size["height"] >= 100 and size["width"] >= 140  # a gloved thumb
    page.evaluate("() => { window.sameDocument = true; }")
    go_in.dblclick()
    expect(inside).to_have_text("2")
    count_passage(passage_id=uuid4(), place_id=shop, change=1, by=town.actor("lead"), at=clock.now())  # another door
    go_in.click()
    said = page.locator("#said")
    expect(said).to_contain_text("Full: let nobody in")
    expect(said).to_contain_text("3 are inside and the limit is 3")
    expect(inside).to_have_text("3")
    page.get_by_role("button", name="Out −1").click()
    expect(inside).to_have_text("2")
    expect(said).to_have_text("")

    page.context.set_offline(True)
    page.get_by_role("button", name="Out −1").dblclick()
    expect(page.locator("#waiting")).to_contain_text(re.compile(r"not yet counted: 2"))
    assert Site.objects.get(id=shop).inside == 2
    page.context.set_offline(False)
    expect(inside).to_have_text("0", timeout=15_000)
    expect(page.locator("#waiting")).to_be_hidden()
    assert page.evaluate("() => window.sameDocument") is True
    assert sorted(Passage.objects.values_list("change", flat=True)) == [-1, -1, -1, 1, 1, 1]


def test_the_public_map_is_drawn_on_demand_from_this_server_alone(town: Place, person) -> None:
    for where in ("committee", "committee2"):
        item = NewItem(uuid4(), town.area[where], "area", town.area[where])
        open_item(kind_name="estate-award", item=item, incident_id=None, by=town.actor("street"), at=clock.now())
    page: Page = person()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    errors = console_errors(page)
    page.goto("/published/estate-award")
    expect(page.get_by_role("heading", name="Epidemic-free estate")).to_be_visible()
    expect(page.locator(".lines b")).to_have_count(2)
    assert not [u for u in asked if "maplibre-gl.mjs" in u or u.endswith(".json")]  # the engine waits for the reader
    page.locator("#map-fold summary").click()
    expect(page.locator("#published-map[data-ready='1']")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("img", name="Map of 2 places by state")).to_be_visible()
    site = page.url.split("/published")[0]
    assert all(u.startswith((site, "blob:", "data:")) for u in asked) and errors == []
