"""Codes and laboratory files, on plain values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.sampling.rules import (
    columns_of,
    result_rows,
    statement_of,
    tube_text,
)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert tube_text(text) == "" or 4 <= len(tube_text(text)) <= 30


def test_a_tubes_code_is_kept_in_one_form() -> None:
    assert tube_text(" sg-0319-2276 ") == "SG-0319-2276"
    assert [tube_text(t) for t in ("", "AB", "管 12345", "-123", "A" * 31)] == [""] * 5


def test_a_laboratorys_file_is_read_by_its_head_in_either_language() -> None:
    assert columns_of(["序号", "管号", "结果"]) == (1, 2) and columns_of(["Tube", "Result"]) == (0, 1)
    assert columns_of(["管号", "备注"]) == (0, -1)
    rows = result_rows([["sg-1001", "阴性"], ["", ""], ["SG-1002", "Positive"], ["SG-1003", "?"], ["SG-1004"]], 0, 1)
    assert [(r.number, r.tube, r.result) for r in rows] == [
        (2, "SG-1001", "negative"),
        (4, "SG-1002", "positive"),
        (5, "SG-1003", ""),
        (6, "SG-1004", ""),
    ]


def test_a_public_statement_is_made_only_when_nobody_is_left_and_all_is_negative() -> None:
    assert statement_of({"negative": 3}, left=0, waiting=0)
    assert not statement_of({}, left=0, waiting=0)
    assert not statement_of({"negative": 3, "positive": 1}, left=0, waiting=0)
    assert not statement_of({"negative": 3, "invalid": 1}, left=0, waiting=0)
    assert not statement_of({"negative": 3}, left=1, waiting=0) and not statement_of({"negative": 3}, left=0, waiting=1)
