"""Who may sit with whom, how full it gets, what is disinfected: by hand, and against a slow look at every moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.dispatch.rules import (
    LOCAL,
    RIDE_STATES,
    OnBoard,
    board_problem,
    clean_span,
    in_hours,
    is_old_enough,
    is_past,
    km_between,
    must_clean,
    path_of,
    way,
)

GROUPS = {
    "staff": {"rank": 0, "each": False, "clean_minutes": 5},
    "resident": {"rank": 1, "each": True, "clean_minutes": 15},
    "contact": {"rank": 2, "each": True, "clean_minutes": 30},
    "goods": {"rank": 0, "each": False, "clean_minutes": 10},
}


def people(group: str = "staff", seats: int = 1, *, is_direct: bool = False) -> OnBoard:
    return OnBoard(group, {"seat": seats}, is_direct)


def slow(stops: list[tuple[str, str]], rides: dict[str, OnBoard], seats: int) -> bool:
    """Whether an order may be driven, by looking at who is on board after every stop."""
    for name in rides:
        if [w for r, w in stops if r == name] != ["in", "out"]:
            return False
    for end in range(1, len(stops) + 1):
        aboard = [n for n in rides if (n, "in") in stops[:end] and (n, "out") not in stops[:end]]
        groups = {rides[n].group for n in aboard}
        if len(groups) > 1 or sum(rides[n].places["seat"] for n in aboard) > seats:
            return False
        if any(rides[n].is_direct for n in aboard) and len(aboard) > 1:
            return False
    return True


def test_every_order_of_three_rides_is_judged_as_somebody_who_looks_at_every_moment_judges_it() -> None:
    shapes = [people(), people(seats=2), people("contact"), people(is_direct=True)]
    judged = {True: 0, False: 0}
    for chosen in product(shapes, repeat=3):
        rides = dict(zip("abc", chosen, strict=True))
        for order in permutations([(r, w) for r in "abc" for w in ("in", "out")]):
            fits = board_problem(order, rides, {"seat": 2}, list(GROUPS)) is None
            assert fits == slow(list(order), rides, 2), (order, rides)
            judged[fits] += 1
    assert min(judged.values()) > 500


def test_what_is_wrong_is_named() -> None:
    a, b = people("staff", 2), people("contact")
    pair = [("a", "in"), ("b", "in"), ("a", "out"), ("b", "out")]
    assert board_problem(pair, {"a": a, "b": b}, {"seat": 9}, list(GROUPS)) == (
        "mixed",
        {"groups": ["contact", "staff"]},
    )
    full = board_problem(pair, {"a": a, "b": people()}, {"seat": 2}, list(GROUPS))
    assert full == ("full", {"place": "seat", "room": 2, "asked": 3})
    alone = {"a": people(is_direct=True), "b": people()}
    assert board_problem(pair, alone, {"seat": 9}, list(GROUPS)) == ("alone", {})
    assert board_problem([("a", "in"), ("a", "out")], {"a": b}, {"seat": 9}, ["staff"]) == (
        "mixed",
        {"groups": ["contact"]},
    )


@pytest.mark.parametrize(
    ("carried", "comes", "minutes"),
    [("", "contact", 0), ("staff", "staff", 0), ("staff", "contact", 0), ("contact", "contact", 30),
     ("contact", "staff", 30), ("resident", "contact", 15), ("goods", "staff", 10), ("staff", "goods", 5)],
)  # fmt: skip
def test_what_carried_danger_is_disinfected_before_less_and_each_time_where_the_edition_says(
    carried: str, comes: str, minutes: int
) -> None:
    assert must_clean(carried, comes, GROUPS) == bool(minutes)
    if carried:
        assert clean_span(carried, comes, GROUPS) == timedelta(minutes=minutes)


def test_a_path_is_the_first_that_fits_colour_and_need() -> None:
    paths = {"a": {"colours": ["yellow"], "needs": ["labour"]}, "b": {"colours": ["yellow"], "needs": ["labour", "x"]}}
    assert [path_of(c, n, paths) for c, n in (("yellow", "labour"), ("yellow", "x"), ("green", "x"))] == ["a", "b", ""]


def test_a_press_that_comes_again_is_past_and_one_that_comes_too_early_is_not() -> None:
    way_of = RIDE_STATES[:6]
    for n, m in product(range(6), repeat=2):
        assert is_past(way_of[n], way_of[m]) == (n >= m)
    assert is_past("absent", "absent") and not is_past("absent", "loaded") and not is_past("cancelled", "loaded")


def test_ways_hours_and_ages() -> None:
    # Guangzhou to Shenzhen along the earth: about 105 km (their coordinates, great circle).
    assert km_between((113.2644, 23.1291), (114.0579, 22.5431)) == pytest.approx(104.3, abs=1.5)
    assert way((0, 0), (0, 0.3), kmh=60, detour=1.5) == pytest.approx(timedelta(minutes=50), abs=timedelta(seconds=20))
    at = datetime(2026, 7, 21, 9, tzinfo=LOCAL)
    assert in_hours((), at, at + timedelta(days=3)) and in_hours(("08:00", "12:00"), at, at.replace(hour=12))
    assert not in_hours(("09:30", "12:00"), at, at.replace(hour=11))
    assert not in_hours(("08:00", "12:00"), at, at + timedelta(days=1))
    assert [is_old_enough(b, years=14, at=at) for b in (None, 2012, 2013)] == [True, True, False]


@given(st.lists(st.sampled_from(["in", "out"]), max_size=5))
def test_a_ride_gets_in_once_and_out_once(what: list[str]) -> None:
    fits = board_problem([("a", w) for w in what], {"a": people()}, {"seat": 1}, ["staff"]) is None
    assert fits == (what == ["in", "out"])
