"""Which reported value fits which printed one: the rules of hedges, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.drill.scenario import accepts, chosen, fits_scaled, read_scenario, scaled_quantity, split


@pytest.mark.parametrize(
    ("bound", "value", "x", "fits"),
    [
        ("exact", 12, 12, True),
        ("exact", 12, 13, False),
        ("exact", 0, 0, True),
        ("over", 860, 860, True),
        ("over", 860, 869, True),
        ("over", 860, 870, False),
        ("over", 860, 859, False),
        ("over", 6400, 6499, True),
        ("over", 6400, 6500, False),
        ("over", 40000, 49999, True),
        ("under", 1000, 900, True),
        ("under", 1000, 1000, True),
        ("under", 1000, 899, False),
        ("under", 1000, 1001, False),
        ("about", 200, 190, True),
        ("about", 200, 210, True),
        ("about", 200, 189, False),
        ("about", 200, 211, False),
        ("about-over", 1200, 1140, True),
        ("about-over", 1200, 1299, True),
        ("about-over", 1200, 1300, False),
        ("vague", None, 1, True),
        ("vague", None, 0, False),
    ],
)
def test_a_hedge_takes_what_it_says(bound: str, value: int | None, x: float, fits: bool) -> None:
    n = {"bound": bound} if value is None else {"bound": bound, "value": value}
    assert accepts(n, x) is fits


def test_an_unknown_value_fits_nothing() -> None:
    assert not accepts({"bound": "vague"}, None)
    assert not accepts({"bound": "exact", "value": 0}, None)


def test_only_figures_that_scale_are_scaled() -> None:
    n = {"value": 3000, "printed": "3000", "bound": "exact"}
    assert scaled_quantity({"n": n, "scales": True}, 0.02)["value"] == 60
    assert scaled_quantity({"n": n}, 0.02)["value"] == 3000
    assert not fits_scaled({"n": n}, 0.02, 2999)
    assert fits_scaled({"n": n, "scales": True}, 0.02, 58) and not fits_scaled({"n": n, "scales": True}, 0.02, 50)
    assert not fits_scaled({"n": n, "scales": True}, 1, 2999)


HEDGES = st.sampled_from(["exact", "over", "under", "about", "about-over", "at-most"])


@given(st.integers(1, 2_000_000), HEDGES, st.integers(0, 2**32 - 1))
def test_what_a_replay_makes_of_a_hedge_is_always_accepted(value: int, bound: str, seed: int) -> None:
    n = {"value": value, "bound": bound, "printed": str(value)}
    assert accepts(n, chosen(n, np.random.default_rng(seed)))


def test_a_limit_is_kept_up_to_its_last_minute_and_by_nobody_who_never_came() -> None:
    n = {"value": 15, "bound": "at-most", "printed": "15"}
    assert accepts(n, 15) and accepts(n, 0.5)
    assert not accepts(n, 15.01) and not accepts(n, 0) and not accepts(n, None)


def test_a_report_is_read_with_its_staging_and_an_event_has_a_moment() -> None:
    week = read_scenario("shaoguan-2022")
    assert week.codes_of("districts") == ["440203", "440204", "440205"] and week.codes_of("producer") == []
    assert [week.event_moment(e).hour for e in week.of("event") if e["id"] in ("e-rain", "e-mass")] == [7, 6]


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
