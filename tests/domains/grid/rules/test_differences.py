"""Doors that stand under another area: told by the people behind them, never by a name that two villages share."""

from __future__ import annotations

from lianfang.domains.grid.rules.differences import Door, Known, compare, doors_under_another_area

OLD, NEW = ("a", "1栋", "1", "101"), ("b", "1栋", "1", "101")
BESIDE = {"b": {"a"}}


def person(name: str, door: Door, number: str = "", source: str = "register") -> Known:
    return Known(name, name, number, "", "", door, "lives", source)


def row(name: str, number: str = "") -> dict[str, str]:
    return {"name": name, "id_number": number, "presence": "lives", "phone": "", "sex": ""}


def test_a_door_whose_people_are_named_in_the_new_village_has_changed_its_area() -> None:
    assert doors_under_another_area([row("甲")], [NEW], [[person("甲", OLD)]], on_register=(), beside=BESIDE) == {
        NEW: OLD
    }


def test_it_has_not_where_the_new_village_has_such_a_door_or_lies_elsewhere_or_nobody_is_known() -> None:
    ask = ([row("甲")], [NEW], [[person("甲", OLD)]])
    assert doors_under_another_area(*ask, on_register={NEW}, beside=BESIDE) == {}
    assert doors_under_another_area(*ask, on_register=(), beside={"b": {"c"}}) == {}
    assert doors_under_another_area([row("乙")], [NEW], [[person("甲", OLD)]], on_register=(), beside=BESIDE) == {}


def test_it_has_not_where_the_file_still_names_the_old_door() -> None:
    rows, known = [row("甲"), row("乙")], [[person("甲", OLD)], [person("乙", OLD)]]
    assert doors_under_another_area(rows, [NEW, OLD], known, on_register=(), beside=BESIDE) == {}


def test_one_door_goes_to_one_village_the_one_that_more_people_name() -> None:
    third = ("c", *NEW[1:])
    rows = [row("甲"), row("乙"), row("丙")]
    known = [[person(r["name"], OLD)] for r in rows]
    found = doors_under_another_area(rows, [NEW, third, third], known, on_register=(), beside={"b": {"a"}, "c": {"a"}})
    assert found == {third: OLD}


def test_one_number_is_one_person_but_a_name_alone_is_not_where_numbers_differ() -> None:
    assert compare(row("甲", "1"), NEW, [person("甲", OLD, "1")]) == ("moved", ("甲",))
    assert compare(row("甲", "1"), OLD, [person("甲", OLD, "2")]) == ("doubtful", ("甲",))
    assert compare(row("甲"), NEW, [person("甲", OLD, "1")]) == ("new", ())
    twice = [person("甲", OLD, "1"), person("乙", OLD, "1")]
    assert compare(row("甲", "1"), OLD, twice) == ("doubtful", ("甲", "乙"))


def test_what_somebody_saw_outranks_a_file_wherever_it_was_seen() -> None:
    for source, difference in (("register", "moved"), ("door", "doubtful"), ("survey", "doubtful")):
        assert compare(row("甲", "1"), NEW, [person("甲", OLD, "1", source)])[0] == difference
