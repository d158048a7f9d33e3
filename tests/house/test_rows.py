"""Marks name rows that exist, and every row has a title and a module."""

from __future__ import annotations

import re

from tests.house.rows import rows, shown


def test_every_row_has_a_title_of_ours_and_a_module() -> None:
    assert len(rows()) == 244
    assert all(re.fullmatch(r"S[0-4]-\d\d", k) and r["title"] and r["module"] for k, r in rows().items())


def test_marks_name_rows_that_exist() -> None:
    assert set(shown()) <= set(rows())


def test_a_test_marked_with_several_rows_shows_each_of_them() -> None:
    both = [k for k, tests in shown().items() if any(t.endswith("::test_turn_upon_turn_only_on_own_request_with_a_name"
                                                                "_and_hours_show_amber_and_red") for t in tests)]  # fmt: skip
    assert len(both) > 1
