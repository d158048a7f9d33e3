"""Assembly tables of a drill: one after another, groups shown how, and too few hands make it late."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.drill.people.tables import Passage, arrivals, passages

TOLD = {"tables": 2, "group": 2, "measure_seconds": 8, "kit_seconds": 4, "show_seconds": 100, "walk_seconds": 60}


def test_three_people_at_two_tables_by_hand() -> None:
    # Table 0 takes the first at 0 and the second who comes there once it is free; table 1 takes the one between.
    assert passages([0, 5, 20], TOLD) == [
        Passage(0, 8, 12, 132, 192),  # shown with the third: 20 + 8 + 4 = 32, and 100 for the group
        Passage(5, 13, 17, 117, 177),  # alone in its group, shown when nobody more is to come
        Passage(20, 28, 32, 132, 192),
    ]


def test_the_table_serves_nobody_while_a_group_is_shown_how() -> None:
    told = TOLD | {"tables": 1}
    measured = [p.measured_s for p in passages([0, 0, 0], told)]
    assert measured == [8, 20, 24 + 100 + 8]


def test_nobody_at_all_is_no_passage() -> None:
    assert passages([], TOLD) == [] and arrivals(0, 3, np.random.default_rng(1)) == []


@pytest.mark.parametrize(("tables", "is_in_time"), [(2, True), (1, False)])
def test_sixty_three_people_are_on_post_in_fifteen_minutes_with_two_tables_and_not_with_one(
    tables: int, is_in_time: bool
) -> None:
    told = {"tables": tables, "group": 16, "measure_seconds": 8, "kit_seconds": 8, "show_seconds": 120,
            "walk_seconds": 60}  # fmt: skip
    last = max(p.on_post_s for p in passages(arrivals(63, 3, np.random.default_rng(1)), told))
    assert (last <= 15 * 60) is is_in_time


@given(st.integers(0, 60), st.integers(1, 6), st.integers(1, 20), st.integers(0, 2**31))
def test_nobody_is_taken_before_he_comes_and_no_table_takes_two_at_once(
    n: int, tables: int, group: int, seed: int
) -> None:
    arrived = arrivals(n, 5, np.random.default_rng(seed))
    assert arrived == sorted(arrived) and arrived[:1] == [0.0][:n]
    told = TOLD | {"tables": tables, "group": group}
    found = passages(arrived, told)
    for p in found:
        assert p.arrived_s + 8 <= p.measured_s + 1e-9 and p.given_s == p.measured_s + 4
        assert p.given_s + 100 <= p.shown_s + 1e-9 and p.on_post_s == p.shown_s + 60
    busy = [(p.measured_s - 8, p.given_s) for p in found]
    for at, _ in busy:
        assert sum(a <= at < b - 1e-9 for a, b in busy) <= tables
