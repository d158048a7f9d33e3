"""Areas by page and as a tree; nothing of the neighbour's."""

from __future__ import annotations

import pytest

from lianfang.domains.areas.queries import ids_below
from tests.factories.programs import program_in
from tests.web.conftest import Town

pytestmark = pytest.mark.django_db


def test_a_cursor_leads_through_all_areas_once(town: Town) -> None:
    district = program_in(town.place.area["district"], ["areas.read"])
    met, cursor = [], ""
    for _ in range(20):
        said = district.get("/areas", limit=2, cursor=cursor).json()
        met += [a["id"] for a in said["items"]]
        cursor = said["next"]
        if not cursor:
            break
    assert len(met) == len(set(met))
    assert set(met) == {str(i) for i in ids_below(town.place.area["district"])}


def test_an_area_says_where_it_lies_and_what_lies_in_it(town: Town) -> None:
    area = town.place.area
    said = program_in(area["district"], ["areas.read"]).get(f"/areas/{area['street']}").json()
    assert [a["id"] for a in said["path"]][-1] == said["area"]["lies_in"] == str(area["district"])
    assert {a["id"] for a in said["children"]} == {str(area["committee"]), str(area["committee2"])}
    below = program_in(area["district"], ["areas.read"]).get("/areas", within=area["street2"]).json()
    assert {a["id"] for a in below["items"]} == {str(area["street2"]), str(area["committee3"])}


def test_the_neighbour_has_no_area_here(town: Town, stranger) -> None:
    assert stranger.get(f"/areas/{town.place.area['committee']}").status_code == 403
    assert stranger.get("/areas", within=town.place.area["committee"]).json()["items"] == []
