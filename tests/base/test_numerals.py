"""Whole numbers as typed: what is one, and what is none and fails nobody's page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.base.numerals import whole_in


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("7", 7), (" 042 ", 42), ("999999999", 999999999), ("", None), ("-1", None), ("1.0", None),
     ("²", None), ("٣", None), ("三", None), ("9" * 5000, None), ("1e3", None)],
)  # fmt: skip
def test_a_number_is_one_and_what_only_looks_like_one_is_none(text: str, number: int | None) -> None:
    assert whole_in(text) == number


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_small_number_or_none(text: str) -> None:
    found = whole_in(text)
    assert found is None or 0 <= found < 10**9
