"""A register file taken: doors that change their area take their open work along, and never leave a hold behind."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.domains.grid.models import Building, FileRow, Presence
from lianfang.domains.grid.services import RowWord
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import board
from lianfang.domains.work.services import NewItem, open_items
from lianfang.flows.register_file import settle_file_rows, take_file
from tests.factories.place import Place
from tests.factories.register_file import VILLAGES, kept, of_register
from tests.web.conftest import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.database


def visits(place: Place) -> list[Item]:
    """One task about a door and one about a person behind it, in the second building; and one in the first."""
    door = Presence.objects.get(person_id=place.people[12]).household_id
    new = [NewItem(uuid4(), place.area["committee"], "household", d) for d in (door, place.households[0])]
    call = NewItem(uuid4(), place.area["committee"], "person", place.people[12])
    for kind, items in (("door-survey", new), ("returnee-check", [call])):
        open_items(kind_name=kind, items=items, area_id=place.area["committee"], incident_id=None,
                   by=place.actor("lead"), at=place.at)  # fmt: skip
    return [Item.objects.get(id=i.id) for i in (new[0], call, new[1])]


def test_open_work_goes_along_with_its_doors_and_finished_work_stays_where_it_was_done(place: Place) -> None:
    at_door, about_person, elsewhere = visits(place)
    done = NewItem(uuid4(), place.area["committee"], "person", place.people[13])
    open_items(kind_name="returnee-check", items=[done], area_id=done.area_id, incident_id=None,
               by=place.actor("lead"), at=place.at)  # fmt: skip
    Item.objects.filter(id=done.id).update(is_closed=True)
    Building.objects.filter(area_id=place.area["committee2"], key="花园2栋").update(name="旧楼", key="旧楼")
    rows = [of_register(place, n, committee="金洲社区" if n >= 12 else "沙洲社区") for n in range(24)]
    file = kept(place, rows, "street", area="street", header=VILLAGES)
    row = FileRow.objects.get(file=file, difference="area")
    take_file(file_id=file.id, leave=[row.id], by=place.actor("street"), at=place.at)
    assert {i.id for i in board(by=place.actor("grid2"))[0]} == set()
    ask = {"file_id": file.id, "do": "apply", "words": [RowWord(row.id)], "why": "", "by": place.actor("street")}
    assert settle_file_rows(**ask, at=place.at + timedelta(hours=1))[0].code == ""
    assert {i.id for i in board(by=place.actor("grid2"))[0]} == {at_door.id, about_person.id}
    assert {i.id for i in board(by=place.actor("grid"))[0]} == {elsewhere.id}
    assert Item.objects.get(id=done.id).area_id == place.area["committee"]
    assert settle_file_rows(**ask, at=place.at + timedelta(hours=2))[0].code == "repeated"


def test_doors_of_a_building_in_a_zone_do_not_leave_it(town: Town) -> None:
    place, now = town.place, clock.now()
    Building.objects.filter(area_id=place.area["committee2"], key="花园1栋").update(name="旧楼", key="旧楼")
    rows = [of_register(place, n, committee="金洲社区" if n < 6 else "沙洲社区") for n in range(24)]
    file = kept(place, rows, "street", area="street", header=VILLAGES)
    take_file(file_id=file.id, leave=[], by=place.actor("street"), at=now)
    row = FileRow.objects.get(file=file, difference="area")
    assert (row.fate, row.code) == ("waiting", "grid.building_held")
    held = Presence.objects.get(person_id=place.people[0], to_on=None)
    assert held.building_id == place.buildings["committee"][0] and held.area_id == place.area["committee"]
