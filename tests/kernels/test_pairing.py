"""Pairing: by hand, against every pairing there is, and of the size of the report."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.pairing import pair


def least(heads: list[int], loads: list[int]) -> int:
    """The largest load of the best of all pairings, tried one by one."""
    best = None
    for way in product(range(len(loads)), repeat=len(heads)):
        now = list(loads)
        for h, m in zip(heads, way, strict=True):
            now[m] += h
        best = max(now) if best is None else min(best, max(now))
    assert best is not None
    return best


def test_by_hand_longest_first_alone_would_be_worse() -> None:
    # Longest first gives 3+2+2 and 3+2; the best is 3+3 and 2+2+2.
    found = pair(np.array([3, 3, 2, 2, 2]), np.array([0, 0]))
    assert sorted(found.loads) == [6, 6] and found.is_best and found.bound == 6


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=6), st.lists(st.integers(0, 80), min_size=1, max_size=4))
def test_no_pairing_of_all_leaves_the_most_loaded_with_fewer(heads: list[int], loads: list[int]) -> None:
    found = pair(np.array(heads, np.int64), np.array(loads, np.int64))
    assert found.is_best and max(found.loads) == least(heads, loads) == found.bound
    now = list(loads)
    for h, m in zip(heads, found.helper, strict=True):
        now[m] += h
    assert tuple(now) == found.loads


def test_what_helpers_have_already_counts() -> None:
    found = pair(np.array([40, 40]), np.array([100, 0, 10]))
    assert found.loads == (100, 40, 50) and set(found.helper) == {1, 2} and found.is_best


def test_a_school_of_25_classes_and_1151_students_with_14_helpers_is_best_and_nobody_has_three() -> None:
    rng = np.random.default_rng(7)
    heads = np.full(25, 46) + rng.integers(-9, 10, 25)
    heads[0] += 1151 - heads.sum()
    found = pair(heads, np.zeros(14, np.int64))
    assert sum(found.loads) == 1151 and found.is_best
    assert max(np.bincount(found.helper, minlength=14)) == 2 and min(np.bincount(found.helper, minlength=14)) == 1
    assert found == pair(heads, np.zeros(14, np.int64))


def test_nothing_to_pair_and_nobody_to_pair_with() -> None:
    assert pair(np.array([], np.int64), np.array([5, 3])).loads == (5, 3)
    with pytest.raises(ValueError, match="there is a helper"):
        pair(np.array([3]), np.array([], np.int64))
    with pytest.raises(ValueError, match="from 0"):
        pair(np.array([-1]), np.array([0]))
