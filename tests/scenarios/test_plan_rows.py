"""Rows of errands and plans shown through pages: what is made together, and what comes before anybody must ask."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from lianfang.domains.work.models import Item
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, travel
from tests.scenarios.test_need_rows import due, routed, took_in
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
HOUR = timedelta(hours=1)


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def typed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")  # as a form's box takes it, in local time


def lines(browser: Client, run: Item, each: dict[Item, dict[str, str]]) -> dict[str, str]:
    """What the sheet of an errand sends where these households were filled in."""
    form = form_of(browser.get(f"/work/runs/{run.id}"), f"/work/runs/{run.id}/note")
    sent = {k: v[-1] for k, v in form.items()}
    return sent | {f"{i.id.hex}-{k}": v for i, values in each.items() for k, v in values.items()}


@pytest.mark.row("S1-35")
def test_gas_cards_of_eleven_households_go_on_one_errand_and_what_is_not_made_by_closing_time_is_back_in_the_queue(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    grid = client_of(place, "grid")
    doors = (place.households[:8] + place.households[:3])[:11]  # eight doors, three of which have two cards
    cards = []
    for n, door in enumerate(doors):
        plea = took_in(place, "grid", words="帮忙充一下燃气卡", phone=f"139123456{n:02}")
        assert grid.post(f"/needs/{plea.id}/place", {"door": str(door)}).status_code == 302
        cards.append(routed(grid, plea, "gas-card", amount="200", owner="", counter_closes="17:30"))
    assert "Go once for several" in text_of(grid.get("/work?kind=gas-card-topup"))
    choose = grid.get("/work/runs/new/gas-card-topup")
    form = form_of(choose, "")
    assert "11 wait" in text_of(choose) and len(form["item"]) == 11
    closes = now + 8 * HOUR + timedelta(minutes=30)
    assert form["closes"] == [typed(closes)]  # as the households themselves said it
    sent = {"id": form["id"][0], "area": form["area"][0], "item": form["item"], "where": "城东燃气营业厅"}
    refusal(grid.post("/work/runs/new/gas-card-topup", sent | {"closes": typed(now - HOUR)}), 422, "work.run_unfit")
    for _ in range(2):  # pressed twice
        assert grid.post("/work/runs/new/gas-card-topup", sent | {"closes": typed(closes)}).status_code == 302
    run = Item.objects.get(kind="errand-run")
    assert {i.parent_id for i in Item.objects.filter(kind="gas-card-topup")} == {run.id}
    page = text_of(grid.get(f"/work/runs/{run.id}"))
    assert "11 households to do" in page and "17:30" in page
    # Cards are collected door by door; the number of each is kept.
    here = f"/work/runs/{run.id}/note"
    assert (
        grid.post(here, lines(grid, run, {c: {"f-card": f"K{n}"} for n, c in enumerate(cards[:10])})).status_code == 302
    )
    assert Item.objects.filter(state="collected").count() == 10
    # At the counter: a receipt each; one is ticked and has none, so nothing of the sheet is kept.
    receipts = {c: {"f-receipt": f"R{n}"} for n, c in enumerate(cards[:8])}
    short = grid.post(here, lines(grid, run, receipts | {cards[8]: {"go": "1", "f-receipt": ""}}))
    assert short.status_code == 422 and "still needed" in text_of(short)
    assert not Item.objects.filter(state="topped-up").exists()
    for _ in range(2):
        sheet = lines(grid, run, receipts)
        assert grid.post(here, sheet).status_code == 302
    assert Item.objects.filter(state="topped-up").count() == 8
    home = {c: {"go": "1"} for c in cards[:6]}
    assert grid.post(here, lines(grid, run, home)).status_code == 302
    shown = text_of(grid.get(f"/work/runs/{run.id}"))
    assert "made 6 · to do 5 · back in the queue 0" in shown and all(f"R{n}" in shown for n in range(8))
    assert "R0" not in text_of(client_of(place, "volunteer").get(f"/work/runs/{run.id}"))
    assert client_of(place, "neighbour_grid").get(f"/work/runs/{run.id}").status_code == 404
    refusal(client_of(place, "neighbour_grid").post(f"/work/runs/{run.id}/back"), 404, "work.item_missing")
    # The counter closes: two collected cards and the one never collected wait again, two topped up are still brought.
    travel(monkeypatch, closes + timedelta(minutes=1))
    for _ in range(2):
        due(place, closes + timedelta(minutes=1))
    left = Item.objects.filter(kind="gas-card-topup", parent=None)
    assert {(i.id, i.state) for i in left} == {(c.id, "asked") for c in cards[8:]}
    assert {i.owner_id for i in left if i.id != cards[10].id} == {None}  # the last had not been collected for hours
    assert "3 wait" in text_of(grid.get("/work/runs/new/gas-card-topup"))
    shown = text_of(grid.get(f"/work/runs/{run.id}"))
    assert "made 6 · to do 2 · back in the queue 3" in shown and not Item.objects.get(id=run.id).is_closed
    assert grid.post(here, lines(grid, run, {c: {"go": "1"} for c in cards[6:8]})).status_code == 302
    run.refresh_from_db()
    assert run.is_closed and "8 made" in text_of(grid.get(f"/work/runs/{run.id}"))
    log = text_of(grid.get(f"/work/{cards[8].id}"))
    assert "Too late, back in the queue" in log
