"""The walk list: one stair after another, also where grids and blocks share a position, and in a whole district."""

from __future__ import annotations

import itertools
from uuid import UUID, uuid4

import pytest

from lianfang.domains.grid.models import Building, Household
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import in_walk_order, walks
from lianfang.domains.work.services import NewItem, open_items
from tests.factories.place import Place

pytestmark = pytest.mark.database


@pytest.fixture
def surveyed(place: Place) -> Place:
    """A survey of every door of the district, opened in an order nobody walks; every block has position 0."""
    Building.objects.update(position=0)
    doors = Household.objects.filter(area_id__in=[place.area[c] for c in ("committee", "committee2", "committee3")])
    items = [NewItem(uuid4(), d.area_id, "household", d.id) for d in doors.order_by("door", "floor", "id")]
    open_items(kind_name="door-survey", items=items, area_id=place.area["district"], incident_id=None,
               by=place.actor("above"), at=place.at)  # fmt: skip
    return place


def walked(place: Place, limit: int) -> tuple[list[UUID | None], int]:
    found, total = in_walk_order(by=place.actor("above"), area_id=place.area["district"], kind_name="door-survey",
                                 limit=limit)  # fmt: skip
    return [i.unit_id for i in found], total


def test_each_stair_is_climbed_once_from_the_top_though_all_blocks_share_a_position(surveyed: Place) -> None:
    units, total = walked(surveyed, 100)
    doors = {d.id: d for d in Household.objects.filter(id__in=units)}
    asked = [doors[u] for u in units if u]
    assert len(asked) == total == Item.objects.filter(kind="door-survey").count()
    for part in ("area_id", "building_id"):
        runs = [
            getattr(d, part) for n, d in enumerate(asked) if not n or getattr(asked[n - 1], part) != getattr(d, part)
        ]
        assert len(runs) == len(set(runs))  # no area, and no block, is entered twice
    for one, other in itertools.pairwise(asked):
        assert one.building_id != other.building_id or (one.floor or 0) >= (other.floor or 0)


@pytest.mark.parametrize("limit", [1, 8, 9, 100])
def test_of_more_than_anybody_walks_the_list_is_the_same_beginning(
    surveyed: Place, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    whole = walked(surveyed, limit)
    monkeypatch.setattr(walks, "MOST_WALKED", 0)
    assert walked(surveyed, limit) == whole
