"""The register: facts found at doors, and files of a street office taken whole or refused whole."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.grid.errors import (
    FileClosed,
    FileHasBadRows,
    FileMissing,
    FileUnreadable,
    HouseholdMissing,
    IdNumberTwice,
    PersonMissing,
)
from lianfang.domains.grid.models import Building, FileRow, Household, Person, PersonFlag, Presence
from lianfang.domains.grid.planning.register_file import read_register
from lianfang.domains.grid.queries import (
    areas_unanswered,
    difference_counts,
    doors_matching,
    file_rows,
    file_seen,
    household_seen,
    members_of,
    person_seen,
    search_people,
)
from lianfang.domains.grid.services import (
    apply_file,
    end_flag,
    enter_person,
    move_person,
    refuse_file,
    set_flag,
)
from lianfang.domains.privacy.errors import GlassClosed
from tests.factories.place import Place
from tests.factories.register_file import ROWS, ZHOU, invented_id, kept

pytestmark = pytest.mark.database


def test_a_file_shows_itself_first_and_then_is_taken_whole(place: Place) -> None:
    before = Person.objects.count()
    file = kept(place, ROWS)
    assert Person.objects.count() == before and file.counts == {"rows": 2, "bad": 0, "skipped": 3}
    assert difference_counts(file)["new"] == 2
    apply_file(file_id=file.id, leave=[], by=place.actor("lead"), at=place.at)
    assert Person.objects.count() == before + 2
    (door,) = doors_matching("桂花园3栋 501", by=place.actor("grid"))
    names = {m["name"] for m in members_of(door, by=place.actor("grid"), at=place.at)}
    assert names == {"周建平", "吴秀兰"} and door.unit == "1"
    assert {p["name"] for p in search_people("建平", by=place.actor("grid"), at=place.at)} == {"周*平"}
    assert apply_file(file_id=file.id, leave=[], by=place.actor("lead"), at=place.at).state == "applied"
    assert Person.objects.count() == before + 2


def test_two_people_of_one_id_number_are_both_named_and_the_whole_file_waits(place: Place) -> None:
    file = kept(place, [ROWS[0], [2, "吴秀兰", "女", ZHOU, "13900000002", "桂花园", "3栋", "1", "501", "常住"]])
    bad = file_rows(file, by=place.actor("lead"), only="bad")
    assert [(r["number"], any(p["code"] == "id_twice" for p in r["problems"])) for r in bad] == [(3, True), (4, True)]
    with pytest.raises(FileHasBadRows) as refused:
        apply_file(file_id=file.id, leave=[], by=place.actor("lead"), at=place.at)
    assert refused.value.values == {"bad": 2}
    assert not Building.objects.filter(name__startswith="桂花园").exists()
    refuse_file(file_id=file.id, by=place.actor("lead"), at=place.at)
    with pytest.raises(FileClosed):
        apply_file(file_id=file.id, leave=[], by=place.actor("lead"), at=place.at)


def test_a_later_file_is_a_proposal_of_differences_and_nobody_is_deleted_by_absence(place: Place) -> None:
    apply_file(file_id=kept(place, ROWS).id, leave=[], by=place.actor("lead"), at=place.at)
    moved = [*ROWS[0]]
    moved[8] = "602"
    file = kept(
        place,
        [moved, [2, "郑海涛", "男", invented_id("19900101", "003"), "", "桂花园", "3栋", "1", "502", "常住"]],
        minutes=5,
    )
    counts = difference_counts(file)
    # Everybody else of the committee is not named by the file: 24 of the place and the one of the first file.
    assert (counts["moved"], counts["new"], counts["gone"]) == (1, 1, 25)
    living = Presence.objects.filter(area_id=place.area["committee"], kind="lives", to_on=None).count()
    apply_file(file_id=file.id, leave=[], by=place.actor("lead"), at=place.at + timedelta(days=1))
    assert Presence.objects.filter(area_id=place.area["committee"], kind="lives", to_on=None).count() == living + 1
    zhou = Presence.objects.filter(household__door="602", to_on=None).get()
    assert Presence.objects.filter(person_id=zhou.person_id).count() == 2  # the earlier stay keeps its dates
    assert FileRow.objects.filter(file=file, difference="gone", fate="waiting").count() == 25


def test_a_fact_found_at_the_door_outranks_a_later_file(place: Place) -> None:
    apply_file(file_id=kept(place, ROWS).id, leave=[], by=place.actor("lead"), at=place.at)
    zhou = Presence.objects.get(
        household__door="501", household__building__name__startswith="桂花园", person__sex="m", to_on=None
    )
    move_person(
        person_id=zhou.person_id,
        household_id=place.households[1],
        presence="lives",
        source="door",
        by=place.actor("grid"),
        at=place.at + timedelta(hours=1),
    )
    file = kept(place, ROWS, minutes=120)
    (row,) = [r for r in file_rows(file, by=place.actor("lead")) if r["number"] == 3]
    assert row["difference"] == "doubtful"
    apply_file(file_id=file.id, leave=[], by=place.actor("lead"), at=place.at + timedelta(hours=3))
    assert Presence.objects.get(person_id=zhou.person_id, to_on=None).household_id == place.households[1]


def test_a_file_that_is_none_says_so(place: Place) -> None:
    with pytest.raises(FileUnreadable):
        read_register(b"\x00\x01\x02 no workbook", "名册.xlsx", default_year=2026)


def test_the_neighbour_neither_imports_here_nor_sees_the_file(place: Place) -> None:
    with pytest.raises(RightMissing):
        kept(place, ROWS, "neighbour")
    file = kept(place, ROWS)
    with pytest.raises(FileMissing):
        file_seen(file.id, by=place.actor("neighbour"))
    with pytest.raises(RightMissing):
        apply_file(file_id=file.id, leave=[], by=place.actor("neighbour"), at=place.at)


def test_somebody_found_at_a_door_is_entered_once_and_only_by_who_may(place: Place) -> None:
    ask = dict(
        person_id=uuid4(),
        household_id=place.households[0],
        name="冯小雨",
        sex="f",
        birth_date="2015-05-01",
        id_number=invented_id("20150501", "004"),
        phone="",
        presence="stays",
        at=place.at,
    )
    enter_person(**ask, by=place.actor("grid"))
    enter_person(**ask, by=place.actor("grid"))
    assert Person.objects.filter(id=ask["person_id"]).count() == 1
    with pytest.raises(IdNumberTwice):
        enter_person(**{**ask, "person_id": uuid4()}, by=place.actor("grid"))
    with pytest.raises(RightMissing):
        enter_person(**{**ask, "person_id": uuid4()}, by=place.actor("neighbour_grid"))
    with pytest.raises(HouseholdMissing):
        enter_person(**{**ask, "person_id": uuid4(), "household_id": uuid4()}, by=place.actor("grid"))


def test_a_neighbours_official_sees_nobody_here(place: Place) -> None:
    stranger = place.actor("neighbour")
    with pytest.raises(PersonMissing):
        person_seen(place.people[0], by=stranger, at=place.at)
    with pytest.raises(HouseholdMissing):
        household_seen(place.households[0], by=stranger, at=place.at)
    assert doors_matching("花园1栋", by=stranger) == [
        h for h in doors_matching("花园1栋", by=stranger) if h.area_id == place.area["neighbour_committee"]
    ]
    assert all(
        p["door"].area_id == place.area["neighbour_committee"]
        for p in search_people(place.names[0][:2], by=stranger, at=place.at, for_case=True)
    )
    with pytest.raises(GlassClosed):
        search_people(place.names[0][:2], by=stranger, at=place.at)
    above = place.actor("above")
    assert person_seen(place.people[0], by=above, at=place.at).id == place.people[0]


def test_names_are_whole_for_the_worker_at_the_door_and_masked_for_the_command(place: Place) -> None:
    door = household_seen(place.households[0], by=place.actor("grid"), at=place.at)
    assert members_of(door, by=place.actor("grid"), at=place.at)[0]["name"] == place.names[0]
    assert (
        members_of(door, by=place.actor("command"), at=place.at)[0]["name"]
        == place.names[0][0] + "*" + place.names[0][-1]
    )


def test_flags_hold_from_a_day_to_a_day_and_vacancies_are_listed(place: Place) -> None:
    set_flag(person_id=place.people[1], flag="dialysis", source="door", by=place.actor("grid"), at=place.at)
    set_flag(person_id=place.people[1], flag="dialysis", source="door", by=place.actor("grid"), at=place.at)
    assert PersonFlag.objects.filter(person_id=place.people[1], flag="dialysis", to_on=None).count() == 1
    end_flag(person_id=place.people[1], flag="dialysis", by=place.actor("grid"), at=place.at + timedelta(days=2))
    assert not PersonFlag.objects.filter(person_id=place.people[1], flag="dialysis", to_on=None).exists()
    free = areas_unanswered(place.area["district"], level="committee", role="grid-worker", at=place.at)
    assert [a.id for a in free] == [place.area["committee3"]]


def test_every_household_has_an_area_and_every_person_one_home(place: Place) -> None:
    assert Household.objects.count() == 32 and Person.objects.count() == 96
    assert isinstance(place.people[0], UUID)
    with pytest.raises(PersonMissing):
        move_person(
            person_id=uuid4(),
            household_id=place.households[0],
            presence="lives",
            source="door",
            by=place.actor("grid"),
            at=place.at,
        )
