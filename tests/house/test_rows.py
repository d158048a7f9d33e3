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
    by_test: dict[str, int] = {}
    for tests in shown().values():
        for t in tests:
            by_test[t] = by_test.get(t, 0) + 1
    assert max(by_test.values()) > 1
