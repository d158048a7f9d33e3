"""The map and its data: the list holds the same as the map, parts add up, and no person is in it."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.rounds import Testing
from tests.web.conftest import Town
from tests.web.pages import client_of, names_in, statements, text_of
from tests.web.round_pages import sample, sent_from

MOST_STATEMENTS = 13


def test_the_list_is_before_the_map_and_holds_every_area_and_zone(town: Town) -> None:
    client = client_of(town.place, "command")
    answer = client.get("/map")
    page = text_of(answer)
    assert page.index('class="scroll list"') < page.index('id="map"')
    for key in ("street", "street2"):
        assert f'data-area="{town.place.area[key]}"' in page
    assert f'data-zone="{town.zone}"' in text_of(client.get("/map?tab=zones"))
    assert sum(f.persons for f in answer.context["parts"]) == 72


def test_the_data_of_zones_and_buildings_names_houses_and_counts_and_no_person(town: Town) -> None:
    client, committee = client_of(town.place, "command"), town.place.area["committee"]
    zones = client.get("/map/zones.json")
    (zone,) = zones.json()["zones"]["features"]
    assert zone["properties"]["id"] == str(town.zone) and zone["properties"]["name"] == "花园一栋"
    houses = client.get(f"/map/buildings.json?area={committee}")
    rows = {f["properties"]["name"]: f["properties"]["n"] for f in houses.json()["features"]}
    assert rows == {"花园 1 栋": 12, "花园 2 栋": 12}
    for answer in (zones, houses, client.get("/map"), client.get(f"/map?area={committee}"), client.get("/wall")):
        assert names_in(answer, town.place) == set()


def test_while_a_round_runs_the_map_shades_who_is_left_and_the_list_says_the_same(testing: Testing) -> None:
    p, client = testing.place, client_of(testing.place, "command")
    everybody = range(24, 48)  # of the second committee
    notes = sent_from(testing, list(everybody), says="away left-city")
    assert client_of(p, "street").post(f"/rounds/{testing.round.id}/note", notes).status_code == 302
    sample(testing, [0, 1, 2, 3])
    answer = client.get(f"/map?area={p.area['street']}")
    page = text_of(answer)
    assert "20 people without a named state" in page and "Share without a named state" in page
    shown = {f.area.id: (f.left, f.all, f.shade, f.late) for f in answer.context["parts"]}
    # 20 of 24 are 83 %, the highest class; nobody left is cleared
    assert shown == {p.area["committee"]: (20, 24, 4, 0), p.area["committee2"]: (0, 24, 0, 0)}
    data = client.get(f"/map/areas.json?area={p.area['street']}&level=committee").json()
    drawn = {f["properties"]["id"]: f["properties"] for f in data["shapes"]["features"]}
    assert all((d["left"], d["all"]) == shown_of(shown, i) for i, d in drawn.items())
    work = client.get(f"/map?area={p.area['street']}&show=work")
    assert "tasks left" in text_of(work) and work.context["round"] is None and work.context["whole"].all == 3
    houses = text_of(client.get(f"/map?area={p.area['committee']}"))
    assert (
        f"/rounds/{testing.round.id}/board?area={p.area['committee']}&building={p.buildings['committee'][0]}" in houses
    )
    neighbour = client_of(p, "neighbour").get("/map")
    assert neighbour.context["round"] is None and "named state" not in text_of(neighbour)


def shown_of(shown: dict[object, tuple[int, ...]], area: str) -> tuple[int, ...]:
    """Left and all of an area in the list, by the id of the drawing."""
    return next(v[:2] for i, v in shown.items() if str(i) == area)


def test_the_wall_asks_the_rounds_question_with_sites_units_and_no_name(testing: Testing) -> None:
    client = client_of(testing.place, "command")
    sample(testing, [0, 1, 2, 3, 4, 5])
    client.get("/wall")
    for address in ("/wall", "/wall?show=work", "/map", f"/map?area={testing.place.area['committee']}"):
        with CaptureQueriesContext(connection) as seen:
            client.get(address)
        assert len(statements(seen)) <= MOST_STATEMENTS, (address, statements(seen))
    answer = client.get("/wall")
    page = text_of(answer)
    assert 'class="headline">66 <small>people' in page and "72 to meet = register 72 + added 0" in page
    assert "6 an hour" in page and sum(f.left for f in answer.context["parts"]) == 66 and "stands still" in page
    assert "sampling now 2" in page and "1 with somebody" in page and "2 without somebody" in page
    assert "With a named state <b>6</b>" in page and names_in(answer, testing.place) == set()
    work = text_of(client.get("/wall?show=work"))
    assert "Not done yet" in work and "named state" not in work
