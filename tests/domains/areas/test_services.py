"""Areas: aliases, codes that changed, parents that changed, tables taken whole or refused whole."""

from __future__ import annotations

from datetime import date

import pytest

from lianfang.domains.areas.errors import AreaMissing, AreaRing, RowsUnfit
from lianfang.domains.areas.models import DIVISION, Area, AreaParent
from lianfang.domains.areas.queries import (
    ancestor_at,
    area_of_code,
    areas_named,
    below_at,
    children_of,
    ids_above,
    is_within,
    path_of,
)
from lianfang.domains.areas.services import (
    Division,
    add_aliases,
    change_code,
    division_id,
    load_divisions,
    move_area,
    set_outlines,
)
from tests.factories.place import Place

pytestmark = pytest.mark.database


@pytest.mark.parametrize("text", ["坚木克尔街道", "坚木克街道", "坚木克", "坚木克街道办事处", " 坚木克尔 街道 "])
def test_one_street_answers_to_all_its_spellings(place: Place, text: str) -> None:
    assert [a.id for a in areas_named(text)] == [place.area["neighbour_street"]]


def test_an_alias_that_no_rule_knows_is_added_once(place: Place) -> None:
    ask = [(place.area["committee"], "老城片区")]
    add_aliases(aliases=ask, by=place.actor("admin"), at=place.at)
    add_aliases(aliases=ask, by=place.actor("admin"), at=place.at)
    assert [a.id for a in areas_named("老城片区")] == [place.area["committee"]]
    assert list(areas_named("老城片区", below=place.area["neighbour"])) == []


def test_an_old_code_finds_its_area_for_days_before_the_change(place: Place) -> None:
    change_code(
        area_id=place.area["district"], new_code="990199", on=date(2026, 3, 1), by=place.actor("admin"), at=place.at
    )
    assert area_of_code("990199").id == place.area["district"]
    assert area_of_code("990101", on=date(2026, 2, 28)).id == place.area["district"]
    with pytest.raises(AreaMissing):
        area_of_code("990101", on=date(2026, 3, 1))


def test_a_moved_area_keeps_its_earlier_parent_with_its_dates(place: Place) -> None:
    committee, new = place.area["committee"], place.area["street2"]
    move_area(
        area_id=committee, parent_id=new, hierarchy=DIVISION, on=date(2026, 7, 1), by=place.actor("admin"), at=place.at
    )
    assert [a.id for a in path_of(committee)][-2:] == [new, committee]
    assert is_within(committee, [(DIVISION, new)]) and not is_within(committee, [(DIVISION, place.area["street"])])
    assert AreaParent.objects.get(child_id=committee, valid_to__isnull=False).parent_id == place.area["street"]
    with pytest.raises(AreaRing):
        move_area(
            area_id=new,
            parent_id=committee,
            hierarchy=DIVISION,
            on=date(2026, 7, 2),
            by=place.actor("admin"),
            at=place.at,
        )


def test_a_table_with_a_bad_row_is_refused_whole_and_the_row_is_named(place: Place) -> None:
    before = Area.objects.count()
    rows = [Division("990103", "丙区", "county", "9901"), Division("99010x", "", "county", "8888")]
    with pytest.raises(RowsUnfit) as refused:
        load_divisions(divisions=rows, valid_from=None, by=place.actor("admin"), at=place.at)
    assert {(r["row"], r["field"]) for r in refused.value.values["rows"]} == {(2, "code"), (2, "name"), (2, "parent")}
    assert Area.objects.count() == before


def test_a_table_loaded_again_adds_nothing(place: Place) -> None:
    rows = [Division("990103", "丙区", "county", "9901")]
    first = load_divisions(divisions=rows, valid_from=None, by=place.actor("admin"), at=place.at)
    second = load_divisions(divisions=rows, valid_from=None, by=place.actor("admin"), at=place.at)
    assert [first[0].code, second[0].code] == ["", "repeated"]
    assert division_id("990103") in {a.id for a in children_of(place.area["city"])}


def test_an_invented_outline_never_replaces_a_loaded_one(place: Place) -> None:
    street, by = place.area["street"], place.actor("admin")
    loaded, invented = {"type": "Point", "coordinates": [1, 1]}, {"type": "Point", "coordinates": [2, 2]}
    assert set_outlines(outlines=[(street, invented)], is_invented=True, by=by, at=place.at) == 1
    assert set_outlines(outlines=[(street, loaded)], is_invented=False, by=by, at=place.at) == 1
    assert set_outlines(outlines=[(street, invented)], is_invented=True, by=by, at=place.at) == 0
    assert Area.objects.get(id=street).outline == loaded


def test_levels_are_found_above_and_below(place: Place) -> None:
    above = ancestor_at(place.area["committee"], "county")
    assert above and above.id == place.area["district"]
    assert {a.id for a in below_at(place.area["district"], "committee")} == {
        place.area[k] for k in ("committee", "committee2", "committee3")
    }
    assert ids_above(place.area["committee"])[:2] == [place.area["committee"], place.area["street"]]
