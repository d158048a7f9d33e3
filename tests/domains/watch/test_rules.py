"""Days and slots of a watch case, on plain values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.watch.rules import LOCAL, celsius_fault, day_of, slot_ends, slot_of, until_of


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2022, 3, day, hour, minute, tzinfo=LOCAL)


def test_the_last_day_is_served_whole_and_day_0_is_the_last_exposure() -> None:
    assert until_of(date(2022, 3, 14), 14) == local(29, 0)
    assert [day_of(date(2022, 3, 14), local(14 + n, 23, 59)) for n in (0, 1, 14)] == [0, 1, 14]


@pytest.mark.parametrize(
    ("checks", "at", "begins", "ends"),
    [(2, local(14, 11, 59), local(14, 0), local(14, 12)), (2, local(14, 12), local(14, 12), local(15, 0)),
     (1, local(14, 23, 59), local(14, 0), local(15, 0)), (3, local(14, 16), local(14, 16), local(15, 0))],
)  # fmt: skip
def test_a_day_is_cut_into_equal_slots_half_open(checks: int, at: datetime, begins: datetime, ends: datetime) -> None:
    assert (slot_of(at, checks), slot_ends(at, checks)) == (begins, ends)


@given(st.integers(0, 4 * 86_400), st.integers(1, 9))
def test_slots_follow_each_other_without_gap_and_each_day_has_so_many(seconds: int, checks: int) -> None:
    at = datetime(2022, 3, 13, 16, tzinfo=UTC) + timedelta(seconds=seconds)
    begins, ends = slot_of(at, checks), slot_ends(at, checks)
    assert begins <= at < ends and slot_of(begins, checks) == begins and slot_of(ends, checks) == ends
    day = at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    found = {slot_of(day + timedelta(seconds=s), checks) for s in range(0, 86_400, 300)}
    assert len(found) == checks and min(found) == day


def test_a_mistyped_temperature_is_told_and_none_is_allowed() -> None:
    assert [celsius_fault(v) for v in (36.8, 33.0, 43.0, None, 367.0, 3.67)] == [False] * 4 + [True, True]
