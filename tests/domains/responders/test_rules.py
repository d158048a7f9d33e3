"""Quotas by largest remainder, times somebody is free, mean ages, gates of ability: by hand and by brute force."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import product
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.responders.rules import (
    TEAM_MOVES,
    Ability,
    Demand,
    ages,
    free_times_fault,
    is_free,
    may_become,
    shared_out,
    why_not,
)

LOCAL = ZoneInfo("Asia/Shanghai")


def test_a_quota_worked_by_hand() -> None:
    a, b, c = UUID(int=1), UUID(int=2), UUID(int=3)
    # 10 of 60, 30 and 10 staff: exact 6, 3, 1; 7 of them: 4.2, 2.1, 0.7 -> the third has the largest remainder
    assert shared_out(10, {a: 60, b: 30, c: 10}) == {a: 6, b: 3, c: 1}
    assert shared_out(7, {a: 60, b: 30, c: 10}) == {a: 4, b: 2, c: 1}


@given(st.lists(st.integers(0, 400), min_size=1, max_size=20), st.floats(0, 1))
def test_a_quota_gives_all_and_nobody_more_than_he_has_or_a_whole_beside_his_share(
    staff: list[int], part: float
) -> None:
    bodies = {uuid4(): n for n in staff}
    people = int(sum(staff) * part)
    given_ = shared_out(people, bodies)
    assert sum(given_.values()) == people
    for b, n in bodies.items():
        exact = people * n / sum(staff) if sum(staff) else 0
        assert 0 <= given_[b] <= n and abs(given_[b] - exact) < 1


def test_more_than_there_are_cannot_be_shared_out() -> None:
    with pytest.raises(ValueError, match="more asked"):
        shared_out(4, {uuid4(): 3})


def _free_by_minutes(times: list[dict[str, object]], starts: datetime, ends: datetime) -> bool:
    """Every minute of the shift lies in one and the same stated span: minute by minute, no arithmetic on spans."""
    for span in times:
        for first in (starts.date() + timedelta(days=d) for d in (-1, 0)):
            if first.weekday() not in span["days"]:  # type: ignore[operator]  # a list of days
                continue
            begins = datetime.combine(first, time.fromisoformat(str(span["from"])), LOCAL)
            until = datetime.combine(first, time.fromisoformat(str(span["until"])), LOCAL)
            until += timedelta(days=until <= begins)
            minutes = range(int((ends - starts) / timedelta(minutes=1)))
            if all(begins <= starts + timedelta(minutes=m) < until for m in minutes):
                return True
    return not times


@given(
    st.lists(st.fixed_dictionaries({
        "days": st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True),
        "from": st.sampled_from(["00:00", "06:30", "18:00", "22:00"]),
        "until": st.sampled_from(["02:00", "08:00", "12:00", "23:30"])}), max_size=3),
    st.integers(0, 7 * 24 * 2 - 1), st.integers(1, 20),
)  # fmt: skip
def test_free_times_against_every_minute(times: list[dict[str, object]], half_hours: int, length: int) -> None:
    starts = datetime(2026, 7, 20, tzinfo=LOCAL) + timedelta(minutes=30 * half_hours)
    ends = starts + timedelta(minutes=30 * length)
    assert is_free(times, starts, ends) == _free_by_minutes(times, starts, ends)


def test_times_that_say_nothing_are_named() -> None:
    good = {"days": [0, 6], "from": "18:00", "until": "22:00"}
    assert free_times_fault([good]) == ""
    for bad in ("x", [1], [{**good, "days": []}], [{**good, "days": [7]}], [{**good, "from": "25:00"}],
                [{**good, "until": "18:00"}], [{"days": [1]}]):  # fmt: skip
        assert free_times_fault(bad)


def test_seven_people_with_a_mean_age_of_51() -> None:
    mean, bands = ages([1962, 1967, 1969, 1969, 1971, 1974, 1971], date(2020, 2, 1))
    assert mean == 51.0 and bands[(40, 50)] == 3 and bands[(50, 60)] == 4 and sum(bands.values()) == 7
    assert ages([], date(2020, 2, 1))[0] is None


def test_what_speaks_against_somebody_each_alone_and_in_what_order() -> None:
    day = date(2026, 7, 21)
    for skill, fitness, limit, insured in product((True, False), ("fit", "light", "off"), (True, False), (True, False)):
        who = Ability(frozenset(["swab"] if skill else []), fitness, frozenset(["no-suit"] if limit else ["no-night"]),
                      None, day if insured else day - timedelta(days=1))  # fmt: skip
        code = why_not(who, Demand(frozenset(["swab"]), frozenset(["no-suit"]), True), day)[0]
        if not skill:
            assert code == "calls.not_trained"
        elif fitness == "off" or (fitness == "light" and limit):
            assert code == ("calls.off_duty" if fitness == "off" else "calls.limited")
        else:
            assert code == ("" if insured else "calls.not_insured")
    off = Ability(fitness="off", is_exposed=True)
    assert why_not(off, Demand(), day)[0] == "calls.exposed" and why_not(Ability(), Demand(), day)[0] == ""


def test_a_team_that_has_stood_down_stays_so_and_every_other_can() -> None:
    assert not any(may_become("stood_down", s) for s in TEAM_MOVES)
    assert all(may_become(s, "stood_down") for s in TEAM_MOVES if s != "stood_down")
    assert not may_become("formed", "formed") and not may_become("no-state", "deployed")
