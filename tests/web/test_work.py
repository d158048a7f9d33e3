"""Work: the board's filters, one item and its moves, opening, taking, second looks; each write once."""

from __future__ import annotations

from uuid import uuid4

from lianfang.base import clock
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.services import Note, make_move
from tests.web.conftest import Town
from tests.web.pages import client_of, last_entry, refusal, services_since, sought, text_of

DONE = {"move": "finish", "f-persons_home": "3", "f-residence": "rent"}


def test_the_board_shows_what_the_filters_ask_and_counts_it(town: Town) -> None:
    client = client_of(town.place, "grid")

    def shown(query: str) -> set[str]:
        page = text_of(client.get(f"/work?kind=door-survey&{query}"))
        return {n for n, i in (("survey", town.survey), ("free", town.free)) if f"/work/{i}" in page}

    assert shown("") == {"survey", "free"}
    assert shown("owner=mine") == {"survey"}
    assert shown("owner=none") == {"free"}
    assert shown("closed=1") == set()
    assert shown("state=no-answer") == set()
    assert "2 tasks left" in text_of(client.get("/work?kind=door-survey"))
    assert "Nothing fits these filters." in text_of(client.get(f"/work?text={sought(town.place, 'grid', 'zebra')}"))


def test_an_address_cut_short_or_made_up_opens_the_first_page(town: Town) -> None:
    client = client_of(town.place, "grid")
    for query in ("after=x_y&seen=z", "after=_", "area=nowhere", "incident=1", "kind=nothing", f"after=2026_{uuid4()}"):
        assert client.get(f"/work?{query}").status_code == 200, query


def test_a_move_is_made_once_however_often_the_button_is_pressed(town: Town) -> None:
    client, form, mark = client_of(town.place, "grid"), {"id": uuid4(), **DONE}, last_entry()
    assert client.post(f"/work/{town.survey}/move", form).status_code == 302
    assert services_since(mark) == ["work.make_moves"]
    assert client.post(f"/work/{town.survey}/move", form).status_code == 302
    assert Move.objects.filter(item_id=town.survey, move="finish").count() == 1
    item = Item.objects.get(id=town.survey)
    assert (item.state, item.values["persons_home"], item.done_by) == ("done", 3, town.place.accounts["grid"].id)
    assert "Noted." in text_of(client.get(f"/work/{town.survey}?said=work.moved"))


def test_a_form_that_lacks_a_value_comes_back_with_what_was_typed_and_writes_nothing(town: Town) -> None:
    client, mark = client_of(town.place, "grid"), last_entry()
    answer = client.post(f"/work/{town.survey}/move", {"id": uuid4(), "move": "finish", "f-persons_home": "7"})
    page = text_of(answer)
    assert answer.status_code == 422 and 'value="7"' in page and "This is still needed." in page
    assert '<a href="#finish-residence">' in page
    answer = client.post(f"/work/{town.survey}/move", {"id": uuid4(), **DONE, "f-persons_home": "many"})
    assert answer.status_code == 422 and 'value="many"' in text_of(answer)
    assert services_since(mark) == [] and not Move.objects.filter(move="finish").exists()


def test_a_move_that_does_not_fit_or_is_not_ones_own_is_refused(town: Town) -> None:
    client, mark = client_of(town.place, "grid"), last_entry()
    refusal(client.post(f"/work/{town.survey}/move", {"id": uuid4(), "move": "fly"}), 422, "work.move_unknown")
    other = client_of(town.place, "grid2")
    refusal(other.post(f"/work/{town.survey}/move", {"id": uuid4(), **DONE}), 404, "work.item_missing")
    assert services_since(mark) == []


def test_what_is_free_is_taken_in_one_write_and_a_second_press_changes_nothing(town: Town) -> None:
    client, mark = client_of(town.place, "grid"), last_entry()
    assert "Take this task" in text_of(client.get(f"/work/{town.free}"))
    assert client.post(f"/work/{town.free}/take").status_code == 302
    assert services_since(mark) == ["work.assign_items"]
    client.post(f"/work/{town.free}/take")
    assert Item.objects.get(id=town.free).owner_id == town.place.accounts["grid"].id
    assert "Take this task" not in text_of(client.get(f"/work/{town.free}"))


def test_an_item_is_opened_at_its_door_once_for_two_presses(town: Town) -> None:
    door = town.place.households[2]
    client, form, mark = client_of(town.place, "lead"), {"id": uuid4(), "unit": door}, last_entry()
    form["incident"] = town.incident.id
    assert client.post("/work/new/door-survey", form).status_code == 302
    assert services_since(mark) == ["work.open_items"]
    assert client.post("/work/new/door-survey", form).status_code == 302
    item = Item.objects.get(unit_id=door, kind="door-survey")
    assert (item.id, item.area_id) == (form["id"], town.place.area["committee"])


def test_nothing_is_opened_at_a_neighbours_door(town: Town) -> None:
    mark = last_entry()
    answer = client_of(town.place, "lead").post(
        "/work/new/door-survey", {"id": uuid4(), "unit": town.place.households[-1]}
    )
    refusal(answer, 404, "grid.household_missing")
    assert services_since(mark) == []


def test_the_paper_list_has_whole_names_for_the_grid_worker_and_masked_ones_for_the_command(town: Town) -> None:
    name = town.place.names[0]
    grid, command = (
        text_of(client_of(town.place, post).get("/work/print/returnee-check")) for post in ("grid", "command")
    )
    assert name in grid and name not in command and f"{name[0]}*{name[-1]}" in command


def test_a_second_look_is_never_the_doers_and_is_settled_once(town: Town) -> None:
    at, grid = clock.now(), town.place.actor("grid")
    values = {"persons_home": 1, "residence": "own"}
    make_move(note=Note(uuid4(), town.survey, "finish", grid, at, values=values), by=grid, at=at)
    Item.objects.filter(id=town.survey).update(spot_check="drawn")
    refusal(client_of(town.place, "grid").get("/work/spots"), 403, "accounts.right_missing")
    lead, mark = client_of(town.place, "lead"), last_entry()
    assert f"/work/{town.survey}" in text_of(lead.get("/work/spots"))
    for _ in range(2):
        assert lead.post(f"/work/{town.survey}/spot", {"found": "agrees"}).status_code == 302
    assert services_since(mark) == ["work.settle_spot_check"]
    assert Item.objects.get(id=town.survey).spot_check == "agrees"
    refusal(lead.post(f"/work/{town.free}/spot", {"found": "agrees"}), 409, "work.spot_not_drawn")
