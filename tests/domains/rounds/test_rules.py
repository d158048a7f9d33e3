"""What a round needs and which step follows, on plain values."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.rounds.rules import finish_at, may_follow, needs_of, split_even, whole_of

GUIDE = {
    "people_per_site": 3000,
    "people_per_unit": 700,
    "people_per_sampler": 360,
    "tube_reserve_percent": 10,
    "suits_per_sampler": 2,
}


def test_what_ten_thousand_people_need_is_worked_out_by_hand() -> None:
    # 10,000 / 3,000 = 3.3 stations, / 700 = 14.3 desks, / 360 = 27.8 people, / 10 = 1,000 tubes and a tenth more.
    assert needs_of(10_000, GUIDE, pool=10).all == (10_000, 4, 15, 28, 1_100, 56)


def test_a_village_of_ten_has_a_station_a_desk_and_somebody_at_it() -> None:
    assert needs_of(10, GUIDE, pool=10).all == (10, 1, 1, 1, 2, 2)
    assert needs_of(0, GUIDE, pool=10).all == (0, 0, 0, 0, 0, 0)


@given(st.integers(0, 3_000_000), st.integers(1, 20))
def test_nobody_is_without_a_place_and_no_desk_without_a_station(people: int, pool: int) -> None:
    n = needs_of(people, GUIDE, pool=pool)
    assert n.stations == math.ceil(people / 3000)
    assert n.stations <= n.desks <= n.staff
    assert n.tubes * pool >= people


@given(st.lists(st.integers(0, 100_000), max_size=6))
def test_the_parts_sum_to_the_whole(parts: list[int]) -> None:
    needs = [needs_of(n, GUIDE, pool=10) for n in parts]
    assert whole_of(needs).all == tuple(map(sum, zip(*(n.all for n in needs), strict=True))) if needs else True


def test_a_station_goes_forward_and_a_closed_one_may_open_again() -> None:
    assert may_follow("planned", "notified") and may_follow("planned", "open") and may_follow("closed", "open")
    assert not may_follow("open", "notified") and not may_follow("open", "open") and not may_follow("open", "gone")


def test_at_the_pace_of_the_last_hour_a_hundred_are_done_in_two() -> None:
    at = datetime(2026, 11, 6, 12, 30, tzinfo=UTC)
    assert finish_at(100, 50, at) == at + timedelta(hours=2)
    assert finish_at(0, 0, at) == at and finish_at(5, 0, at) is None


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 5))
def test_every_building_is_dealt_once_and_no_pair_has_one_building_more_than_it_must(
    weights: list[int], parts: int
) -> None:
    dealt = split_even(weights, parts)
    assert sorted(n for part in dealt for n in part) == list(range(len(weights)))
    loads = [sum(weights[n] for n in part) for part in dealt]
    # Dealing the fullest to the least laden leaves no two lists further apart than one building.
    assert max(loads) - min(loads) <= max(weights, default=0)
