"""Names of areas in a register file: told by row where they are not known, said once what they mean."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.areas.errors import AreaMissing
from lianfang.domains.grid.errors import FileClosed, FileHasBadRows
from lianfang.domains.grid.models import Building, FileRow, Presence
from lianfang.domains.grid.queries import areas_to_name, difference_counts, file_rows, names_unknown
from lianfang.domains.grid.services import apply_file, name_area, refuse_file
from tests.factories.place import Place
from tests.factories.register_file import VILLAGES, kept, of_register

pytestmark = pytest.mark.database


def test_a_village_the_register_does_not_know_is_named_in_every_row_of_it(place: Place) -> None:
    rows = [of_register(place, n, committee="新沙村" if n >= 20 else "沙洲社区") for n in range(24)]
    file = kept(place, rows, "street", area="street", header=VILLAGES)
    bad = file_rows(file, by=place.actor("street"), only="bad")
    assert [r["number"] for r in bad] == [23, 24, 25, 26]
    assert {(p["column"], p["code"], p["value"]) for r in bad for p in r["problems"]} == {
        ("committee", "area_unknown", "新沙村")
    }
    assert names_unknown(file) == [("新沙村", 4)] and file.counts["bad"] == 4
    with pytest.raises(FileHasBadRows):
        apply_file(file_id=file.id, leave=[], by=place.actor("street"), at=place.at)


def test_a_name_told_once_reads_the_file_anew_and_changes_nothing_else(place: Place) -> None:
    rows = [of_register(place, n, committee="新沙村" if n >= 20 else "沙洲社区") for n in range(24)]
    file = kept(place, rows, "street", area="street", header=VILLAGES)
    stays = Presence.objects.count()
    ask = {"file_id": file.id, "name": "新沙村", "by": place.actor("street"), "at": place.at + timedelta(minutes=1)}
    name_area(**ask, area_id=place.area["committee"])
    file.refresh_from_db()
    assert file.counts["bad"] == 0 and names_unknown(file) == [] and Presence.objects.count() == stays
    # Everybody of the first committee is named; the second one's 24 people are not.
    assert difference_counts(file) == {"same": 24, "gone": 24}
    entries = LogEntry.objects.count()
    name_area(**ask, area_id=place.area["committee"])
    assert LogEntry.objects.count() == entries
    apply_file(file_id=file.id, leave=[], by=place.actor("street"), at=place.at + timedelta(minutes=2))
    with pytest.raises(FileClosed):
        name_area(**ask, area_id=place.area["committee2"])


def test_a_village_beside_the_files_area_is_told_apart_from_one_nobody_knows(place: Place) -> None:
    rows = [of_register(place, n, committee="金洲社区" if n >= 12 else "沙洲社区") for n in range(24)]
    file = kept(place, rows, header=VILLAGES)
    codes = {p["code"] for r in file_rows(file, by=place.actor("lead"), only="bad") for p in r["problems"]}
    assert codes == {"area_beside"}
    assert [a.id for a in areas_to_name(file, by=place.actor("lead"))] == [place.area["committee"]]
    beside = {a.id for a in areas_to_name(file, by=place.actor("street"))}
    assert beside == {place.area["committee"], place.area["committee2"]}


def test_a_name_means_only_an_area_near_the_file_in_which_the_actor_may_import(place: Place) -> None:
    rows = [of_register(place, n, committee="金洲社区") for n in range(12)]
    file = kept(place, rows, header=VILLAGES)
    ask = {"file_id": file.id, "name": "金洲社区", "at": place.at}
    with pytest.raises(RightMissing):
        name_area(**ask, area_id=place.area["committee2"], by=place.actor("lead"))
    with pytest.raises(RightMissing):
        name_area(**ask, area_id=place.area["committee"], by=place.actor("neighbour"))
    with pytest.raises(AreaMissing):
        name_area(**ask, area_id=place.area["committee3"], by=place.actor("street"))
    assert FileRow.objects.filter(file=file).exclude(problems=[]).count() == 12
    refuse_file(file_id=file.id, by=place.actor("lead"), at=place.at)
    with pytest.raises(FileClosed):
        name_area(**ask, area_id=place.area["committee"], by=place.actor("lead"))


def test_a_sibling_village_named_by_who_may_is_a_split_of_the_files_own(place: Place) -> None:
    Building.objects.filter(area_id=place.area["committee2"], key="花园2栋").update(name="旧楼", key="旧楼")
    rows = [of_register(place, n, committee="金洲社区" if n >= 12 else "沙洲社区") for n in range(24)]
    file = kept(place, rows, "street", header=VILLAGES)
    name_area(file_id=file.id, name="金洲社区", area_id=place.area["committee2"], by=place.actor("street"), at=place.at)
    assert difference_counts(file) == {"same": 24, "area": 1}
