"""The map and its data: the list holds the same as the map, parts add up, and no person is in it."""

from __future__ import annotations

from tests.web.conftest import Town
from tests.web.pages import client_of, names_in, text_of


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
