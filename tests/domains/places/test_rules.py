"""Limits, open days, and zero days, on plain values."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.places.rules import (
    Reporter,
    capacity_fix,
    day_of_stay,
    expected_active,
    flags_to_change,
    is_open_on,
    limit_of,
    zero_days,
)

A, B = UUID(int=1), UUID(int=2)
D = [date(2022, 11, 1) + timedelta(days=n) for n in range(12)]
OPEN = [Reporter(A, D[0], False), Reporter(B, D[0], False)]


@pytest.mark.parametrize(("capacity", "percent", "limit"), [(9, 50, 4), (1, 99, 0), (200, 100, 200), (3, 34, 1)])
def test_a_limit_is_a_share_of_the_capacity_rounded_down(capacity: int, percent: int, limit: int) -> None:
    assert limit_of({"person": capacity}, "person", percent) == limit
    assert limit_of({}, "person", percent) == 0


def test_a_place_is_open_from_its_day_on_and_only_if_declared_open() -> None:
    assert [is_open_on("open", D[1], d) for d in D[:3]] == [False, True, True]
    assert is_open_on("open", None, D[0])
    assert not is_open_on("closed", D[0], D[1]) and not is_open_on("planned", None, D[0])


def test_the_day_of_admission_is_day_one() -> None:
    assert [day_of_stay(D[0], d) for d in D[:3]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("capacity", "fix"),
    [({"bed": 3}, ""), ({}, ""), ({"room": 3}, "one of bed"), ({"bed": -1}, "a whole number"),
     ({"bed": True}, "a whole number"), ({"bed": "3"}, "a whole number")],
)  # fmt: skip
def test_a_capacity_is_whole_numbers_of_the_kinds_own_classes(capacity: dict[str, int], fix: str) -> None:
    assert capacity_fix(["bed"], capacity) == fix


def test_active_cases_follow_from_the_day_before() -> None:
    assert expected_active(12, admitted=3, discharged=5, moved=1, died=1) == 8


def counts(a: list[int | None], b: list[int | None]) -> dict[UUID, dict[date, int]]:
    """Active cases of two places by day; None is a day not counted."""
    return {i: {D[n]: x for n, x in enumerate(own) if x is not None} for i, own in ((A, a), (B, b))}


@pytest.mark.parametrize(
    ("a", "b", "reached"),
    [
        ([2, 0, 0], [1, 1, 0], [2]),  # only when both are at zero
        ([2, 0, 0, 0], [1, 0, 0, 0], [1]),  # once
        ([2, 0, 1, 0], [0, 0, 0, 0], [1, 3]),  # again after they rose
        ([0, 0], [0, 0], []),  # nothing was reached where nobody was ill
        ([2, 0, 0], [1, None, 0], [2]),  # a day not counted is not zero
        ([2, 0, None], [1, None, 0], []),
        ([2, 0], [None, None], []),  # open, and never counted: unknown
        ([1, 0, None, 0], [0, 0, 3, 0], [1, 3]),  # a case anywhere ends a zero, though a place is missing
    ],
)
def test_zero_is_reached_when_all_have_counted_and_no_case_is_left(
    a: list[int | None], b: list[int | None], reached: list[int]
) -> None:
    assert zero_days(OPEN, counts(a, b)) == [D[n] for n in reached]


def test_a_place_that_opens_later_or_closed_empty_is_not_waited_for() -> None:
    own = counts([2, 0], [None])
    assert zero_days([OPEN[0], Reporter(B, D[2], False)], own) == [D[1]]
    assert zero_days([OPEN[0], Reporter(B, None, True)], own) == [D[1]]
    closed_with_a_case = counts([2, 1, 0], [1, None, None])
    assert zero_days([OPEN[0], Reporter(B, None, True)], closed_with_a_case) == []
    closed_empty = counts([2, 1, 0], [0, None, None])
    assert zero_days([OPEN[0], Reporter(B, None, True)], closed_empty) == [D[2]]


def test_a_late_count_moves_no_flag_and_adds_none_for_the_same_zero() -> None:
    before = counts([2, 0, 0], [1, None, 0])
    assert flags_to_change(zero_days(OPEN, before), [], before) == ([D[2]], [])
    after = counts([2, 0, 0], [1, 0, 0])  # day 1 turns out to have been zero already
    assert zero_days(OPEN, after) == [D[1]]
    assert flags_to_change(zero_days(OPEN, after), [D[2]], after) == ([], [])


def test_a_correction_undoes_a_flag_and_the_next_zero_gets_its_own() -> None:
    own = counts([2, 3, 0], [0, 0, 0])
    assert flags_to_change(zero_days(OPEN, own), [D[1]], own) == ([D[2]], [D[1]])


numbers = st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=1, max_size=8)


@given(numbers, numbers)
def test_between_two_flags_there_is_a_case_and_a_flagged_day_has_none(a: list[int | None], b: list[int | None]) -> None:
    own = counts(a, b)
    flagged: list[date] = []
    for upto in sorted({d for days in own.values() for d in days}):  # as counts come in, day by day
        so_far = {i: {d: n for d, n in days.items() if d <= upto} for i, days in own.items()}
        fresh, undone = flags_to_change(zero_days(OPEN, so_far), flagged, so_far)
        assert undone == []
        flagged += fresh
    sums = {d: sum(days.get(d, 0) for days in own.values()) for d in D}
    assert flagged == zero_days(OPEN, own)
    assert all(sums[d] == 0 and d in own[A] and d in own[B] for d in flagged)
    for first, second in pairwise(flagged):
        assert any(sums[d] for d in D if first < d < second)
