"""A total dealt in whole parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lianfang.drill.week.testing import split


@given(st.integers(0, 5000), st.lists(st.floats(0, 1000), min_size=1, max_size=60))
def test_the_parts_are_whole_and_sum_to_the_total_and_nobody_is_left_out_where_it_goes_round(
    total: int, weights: list[float]
) -> None:
    parts = split(total, weights)
    assert sum(parts) == total and len(parts) == len(weights)
    assert min(parts) >= (1 if total >= len(weights) else 0)


def test_the_parts_follow_the_weights() -> None:
    assert split(282, [373_686, 364_319, 290_455]) == [102, 100, 80]
    assert split(5, []) == []
