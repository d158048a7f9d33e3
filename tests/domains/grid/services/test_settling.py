"""Rows of a register file that was taken: each applied or left once, by who may, never against a newer door fact."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from lianfang.base.models import LogEntry
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.grid.errors import FileNotTaken
from lianfang.domains.grid.models import Building, FileRow, Household, Person, PersonFlag, Presence, RegisterFile
from lianfang.domains.grid.queries import file_rows, lives_by_building, register_date
from lianfang.domains.grid.services import RowWord, apply_file, enter_person, move_person, settle_rows
from lianfang.domains.privacy.models import PersonIndex
from tests.factories.place import Place
from tests.factories.register_file import ROWS, VILLAGES, WU, ZHOU, invented_id, kept, of_register

pytestmark = pytest.mark.database


def taken(place: Place, rows: list[list[object]], *, minutes: int = 10, **how: object) -> RegisterFile:
    """A file that was read and taken, nothing left out."""
    file = kept(place, rows, minutes=minutes, **how)
    post = how.get("post", "lead")
    return apply_file(file_id=file.id, leave=[], by=place.actor(post), at=place.at + timedelta(minutes=minutes))


def settled(place: Place, file: RegisterFile, do: str, words: list[RowWord], *, why: str = "", post: str = "lead",
            minutes: int = 60) -> list[str]:  # fmt: skip
    """The codes of settling some rows an hour after the place was built."""
    at = place.at + timedelta(minutes=minutes)
    done: list[Outcome] = settle_rows(file_id=file.id, do=do, words=words, why=why, by=place.actor(post), at=at)
    return [o.code for o in done]


def changed(row: list[object], **places: object) -> list[object]:
    """An office's row with some cells changed: name, sex, id_number, phone, place, building, unit, door."""
    names = ("n", "name", "sex", "id_number", "phone", "place", "building", "unit", "door", "presence")
    return [places.get(n, cell) for n, cell in zip(names, row, strict=True)]


def row_of(file: RegisterFile, difference: str) -> FileRow:
    return FileRow.objects.get(file=file, difference=difference)


def named(name: str, place: Place, file: RegisterFile) -> UUID:
    """The person a row of a file entered."""
    rows = file_rows(file, by=place.actor("lead"))
    return next(r["person_id"] for r in rows if r["row"].get("name") == name)


def test_a_household_that_moved_ends_one_stay_and_begins_another_and_both_stay_readable(place: Place) -> None:
    first = taken(place, ROWS)
    people = {named(n, place, first) for n in ("周建平", "吴秀兰")}
    file = kept(place, [changed(r, door="602") for r in ROWS], minutes=20)
    moved = list(FileRow.objects.filter(file=file, difference="moved"))
    assert {r.person_id for r in moved} == people
    later = place.at + timedelta(days=2)
    apply_file(file_id=file.id, leave=[moved[0].id], by=place.actor("lead"), at=later)
    assert Presence.objects.filter(person_id=moved[0].person_id).count() == 1
    assert settled(place, file, "apply", [RowWord(moved[0].id)], minutes=2900) == [""]
    for person in people:
        was, now = Presence.objects.filter(person_id=person).order_by("to_on")
        assert (was.household.door, was.to_on) == ("501", register_date(later)) and was.from_on < was.to_on
        assert (now.household.door, now.from_on, now.to_on) == ("602", register_date(later), None)


def test_a_left_row_says_who_left_it_and_when_and_a_retry_changes_nothing(place: Place) -> None:
    file = kept(place, ROWS)
    rows = list(FileRow.objects.filter(file=file, difference="new").order_by("number"))
    apply_file(file_id=file.id, leave=[rows[0].id], by=place.actor("lead"), at=place.at)
    shown = next(r for r in file_rows(file, by=place.actor("lead"), only="new") if r["id"] == rows[0].id)
    lead = place.accounts["lead"].label
    assert (shown["fate"], shown["settled_by"], shown["settled_at"]) == ("left", lead, place.at)
    entries = LogEntry.objects.count()
    assert settled(place, file, "leave", [RowWord(rows[0].id)]) == ["repeated"]
    assert LogEntry.objects.count() == entries
    assert settled(place, file, "apply", [RowWord(rows[0].id)]) == [""]
    people = Person.objects.count()
    assert settled(place, file, "apply", [RowWord(rows[0].id)], minutes=70) == ["repeated"]
    assert settled(place, file, "leave", [RowWord(rows[0].id)], minutes=70) == ["grid.row_settled"]
    assert Person.objects.count() == people
    assert FileRow.objects.get(id=rows[0].id).settled_at == place.at + timedelta(minutes=60)


def test_nobody_is_gone_until_a_person_says_why_and_then_history_stays(place: Place) -> None:
    file = taken(place, [of_register(place, n)[:10] for n in range(1, 24)])
    row = row_of(file, "gone")
    assert (row.person_id, row.fate) == (place.people[0], "waiting")
    assert settled(place, file, "apply", [RowWord(row.id)]) == ["grid.reason_missing"]
    assert settled(place, file, "apply", [RowWord(row.id)], why="  ") == ["grid.reason_missing"]
    assert Presence.objects.get(person_id=place.people[0]).to_on is None
    assert settled(place, file, "apply", [RowWord(row.id)], why="家属来电，已迁往外地", minutes=4000) == [""]
    stay = Presence.objects.get(person_id=place.people[0])
    assert stay.to_on == register_date(file.at) and Person.objects.filter(id=place.people[0]).exists()
    assert PersonFlag.objects.get(person_id=place.people[0]).to_on == register_date(file.at)
    (shown,) = file_rows(file, by=place.actor("lead"), only="gone")
    assert shown["why"] == "家属来电，已迁往外地" and shown["people"][0]["stay"].to_on == stay.to_on
    assert "迁往" not in str(LogEntry.objects.latest("id").told)
    assert "迁往".encode() not in bytes(FileRow.objects.get(id=row.id).sealed)


def test_a_doubtful_row_is_the_same_person_or_a_new_one_as_somebody_says(place: Place) -> None:
    first = taken(place, ROWS)
    zhou = named("周建平", place, first)
    # Another number behind the same door under the same name, and another name under the same number.
    other = invented_id("19850301", "005")
    file = taken(place, [changed(ROWS[0], id_number=other), changed(ROWS[1], name="吴秀莲")], minutes=20)
    by_name, by_number = FileRow.objects.filter(file=file, difference="doubtful").order_by("number")
    assert by_name.candidates == [zhou] and by_number.candidates == [named("吴秀兰", place, first)]
    people = Person.objects.count()
    assert settled(place, file, "apply", [RowWord(by_name.id)]) == ["grid.choice_missing"]
    assert settled(place, file, "apply", [RowWord(by_name.id, place.people[5])]) == ["grid.choice_missing"]
    assert settled(place, file, "apply", [RowWord(by_number.id, is_new=True)]) == ["grid.id_number_known"]
    assert Person.objects.count() == people
    assert settled(place, file, "apply", [RowWord(by_name.id, is_new=True)]) == [""]
    assert settled(place, file, "apply", [RowWord(by_name.id, is_new=True)], minutes=61) == ["repeated"]
    assert settled(place, file, "apply", [RowWord(by_name.id, zhou)], minutes=62) == ["grid.row_settled"]
    assert Person.objects.count() == people + 1
    assert settled(place, file, "apply", [RowWord(by_number.id, by_number.candidates[0])]) == [""]
    again = kept(place, [changed(ROWS[0], id_number=other), changed(ROWS[1], name="吴秀莲")], minutes=90)
    assert FileRow.objects.filter(file=again, difference="same").count() == 2


def test_two_persons_of_one_number_on_the_register_are_both_offered(place: Place) -> None:
    first = taken(place, ROWS)
    ask = partial(enter_person, birth_date="1985-03-01", id_number=ZHOU, sex="m", phone="", presence="lives",
                  by=place.actor("grid"))  # fmt: skip
    twin = ask(person_id=uuid4(), household_id=place.households[0], name="周健平", at=place.at + timedelta(minutes=15))
    file = taken(place, ROWS, minutes=20)
    row = row_of(file, "doubtful")
    assert set(row.candidates) == {named("周建平", place, first), twin.id}
    (shown,) = file_rows(file, by=place.actor("lead"), only="doubtful")
    assert {p["name"] for p in shown["people"]} == {"周建平", "周健平"}


def test_a_fact_found_at_the_door_after_the_file_was_read_refuses_the_row_and_says_so(place: Place) -> None:
    first = taken(place, ROWS)
    zhou, wu = named("周建平", place, first), named("吴秀兰", place, first)
    file = kept(place, [changed(r, door="602") for r in ROWS], minutes=20)
    move_person(person_id=zhou, household_id=place.households[1], presence="lives", source="door",
                by=place.actor("grid"), at=place.at + timedelta(minutes=30))  # fmt: skip
    apply_file(file_id=file.id, leave=[], by=place.actor("lead"), at=place.at + timedelta(minutes=40))
    assert Presence.objects.get(person_id=zhou, to_on=None).household_id == place.households[1]
    assert Presence.objects.get(person_id=wu, to_on=None).household.door == "602"
    row = FileRow.objects.get(file=file, person_id=zhou)
    assert (row.fate, row.code) == ("waiting", "grid.door_fact_newer")
    assert settled(place, file, "apply", [RowWord(row.id)]) == ["grid.door_fact_newer"]
    assert settled(place, file, "leave", [RowWord(row.id)]) == [""]
    assert FileRow.objects.get(id=row.id).code == ""


def test_somebody_entered_at_the_door_since_is_not_entered_twice(place: Place) -> None:
    nameless = [3, "冯小雨", "女", "", "", "桂花园", "3栋", "1", "501", "常住"]
    file = kept(place, [*ROWS, nameless])
    rows = list(FileRow.objects.filter(file=file, difference="new").order_by("number"))
    apply_file(file_id=file.id, leave=[r.id for r in rows[1:]], by=place.actor("lead"), at=place.at)
    ask = partial(enter_person, household_id=Household.objects.get(building__name__startswith="桂花园").id, sex="f",
                  phone="", presence="lives", by=place.actor("grid"))  # fmt: skip
    ask(person_id=uuid4(), name="吴秀兰", birth_date="1956-07-12", id_number=WU, at=place.at + timedelta(minutes=5))
    ask(person_id=uuid4(), name="冯小雨", birth_date="", id_number="", at=place.at + timedelta(minutes=6))
    people = Person.objects.count()
    words = [RowWord(r.id) for r in rows[1:]]
    assert settled(place, file, "apply", words) == ["grid.door_fact_newer"] * 2
    assert Person.objects.count() == people


def test_a_later_file_of_the_area_overtakes_the_rows_of_an_earlier_one(place: Place) -> None:
    file = taken(place, [of_register(place, n)[:10] for n in range(1, 24)])
    taken(place, [of_register(place, n)[:10] for n in range(24)], minutes=20)
    row = row_of(file, "gone")
    assert settled(place, file, "apply", [RowWord(row.id)], why="x") == ["grid.file_overtaken"]
    assert Presence.objects.get(person_id=place.people[0]).to_on is None
    assert settled(place, file, "leave", [RowWord(row.id)]) == [""]


def test_a_neighbours_officer_settles_nothing_and_rows_of_other_files_are_not_there(place: Place) -> None:
    file = taken(place, [of_register(place, n)[:10] for n in range(1, 24)])
    row = row_of(file, "gone")
    for post in ("neighbour", "grid", "street2"):
        with pytest.raises(RightMissing):
            settled(place, file, "apply", [RowWord(row.id)], why="x", post=post)
    assert settled(place, file, "apply", [RowWord(uuid4())], why="x") == ["grid.row_missing"]
    same = FileRow.objects.filter(file=file, difference="same").first()
    assert same is not None and settled(place, file, "apply", [RowWord(same.id)]) == ["grid.row_missing"]
    unread = kept(place, ROWS, minutes=30)
    with pytest.raises(FileNotTaken):
        settled(place, unread, "apply", [RowWord(unread.rows.filter(difference="new")[0].id)])


def split(place: Place, **changed: str) -> list[list[object]]:
    """A street's file in which the second building of the first committee stands under the second one."""
    Building.objects.filter(area_id=place.area["committee2"], key="花园2栋").update(name="旧楼", key="旧楼")
    return [of_register(place, n, **(changed if n >= 12 else {})) for n in range(24)]


def test_a_village_that_split_is_one_difference_a_building_and_history_keeps_the_old_area(place: Place) -> None:
    rows = split(place, committee="金洲社区")
    file = kept(place, rows, "street", area="street", header=VILLAGES, minutes=10)
    counts = dict(FileRow.objects.filter(file=file, number__gt=0).values_list("difference", "id"))
    assert set(counts) == {"same"}  # the people did not move: their doors did
    row = row_of(file, "area")
    (shown,) = file_rows(file, by=place.actor("street"), only="area")
    assert len(shown["row"]["doors"]) == 4 and shown["row"]["to"] == str(place.area["committee2"])
    later = place.at + timedelta(days=1)
    apply_file(file_id=file.id, leave=[row.id], by=place.actor("street"), at=later)
    block = place.buildings["committee"][1]
    assert Building.objects.get(id=block).area_id == place.area["committee"]
    assert settled(place, file, "apply", [RowWord(row.id)], post="street", minutes=1500) == [""]
    assert Building.objects.get(id=block).area_id == place.area["committee2"]
    person = place.people[12]
    was, now = Presence.objects.filter(person_id=person).order_by("to_on")
    assert (was.area_id, was.to_on) == (place.area["committee"], register_date(file.at))
    assert (now.area_id, now.to_on, now.household_id) == (place.area["committee2"], None, was.household_id)
    assert PersonIndex.objects.get(person_id=person).area_id == place.area["committee2"]
    assert PersonFlag.objects.get(person_id=person, to_on=None).area_id == place.area["committee2"]
    assert lives_by_building([block]) == {block: 12}
    assert settled(place, file, "apply", [RowWord(row.id)], post="street", minutes=1501) == ["repeated"]
    assert Presence.objects.filter(person_id=person).count() == 2


def test_some_doors_of_a_building_go_into_one_of_that_name_unless_a_hold_would_be_lost(place: Place) -> None:
    rows = split(place)
    rows = [of_register(place, n, committee="金洲社区") if n >= 18 else r for n, r in enumerate(rows)]
    file = taken(place, rows[:24], post="street", area="street", header=VILLAGES)
    block = place.buildings["committee"][1]
    new = Building.objects.get(area_id=place.area["committee2"], key="花园2栋")
    assert lives_by_building([block, new.id]) == {block: 6, new.id: 6}
    assert row_of(file, "area").fate == "applied"


def test_doors_of_a_held_building_stay_and_the_row_says_why(place: Place) -> None:
    rows = split(place)
    rows = [of_register(place, n, committee="金洲社区") if n >= 18 else r for n, r in enumerate(rows)]
    file = kept(place, rows, "street", area="street", header=VILLAGES)
    block = place.buildings["committee"][1]
    apply_file(file_id=file.id, leave=[], held_building_ids=[block], by=place.actor("street"), at=place.at)
    assert row_of(file, "area").code == "grid.building_held"
    assert lives_by_building([block]) == {block: 12}


def test_new_people_of_doors_that_stay_are_entered_where_the_doors_are(place: Place) -> None:
    rows = [*split(place, committee="金洲社区"), of_register(place, 23, name="冯小雨", committee="金洲社区")]
    file = kept(place, rows, "street", area="street", header=VILLAGES)
    left = row_of(file, "area").id
    apply_file(file_id=file.id, leave=[left], by=place.actor("street"), at=place.at)
    stay = Presence.objects.get(person_id=row_of(file, "new").person_id)
    assert (stay.area_id, stay.building_id) == (place.area["committee"], place.buildings["committee"][1])


def test_doors_are_not_taken_from_an_area_where_the_actor_may_not_import(place: Place) -> None:
    taken(place, ROWS, post="street", area="committee2")
    file = taken(place, ROWS, minutes=20)
    row = row_of(file, "area")
    assert (row.fate, row.code) == ("waiting", "accounts.right_missing")
    assert settled(place, file, "apply", [RowWord(row.id)]) == ["accounts.right_missing"]
    zhou = Presence.objects.get(household__building__name__startswith="桂花园", person__sex="m")
    assert zhou.area_id == place.area["committee2"] and zhou.to_on is None
    assert settled(place, file, "apply", [RowWord(row.id)], post="street") == [""]
    assert Building.objects.get(name__startswith="桂花园").area_id == place.area["committee"]


def test_a_street_file_without_villages_means_the_doors_where_they_stand(place: Place) -> None:
    file = kept(place, [of_register(place, n)[:10] for n in range(12)], "street", area="street")
    found = set(FileRow.objects.filter(file=file, number__gt=0).values_list("difference", flat=True))
    assert found == {"same"} and not FileRow.objects.filter(file=file, difference="area").exists()
