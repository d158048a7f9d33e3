"""The site runs with no library whose licence would bind it, and none whose licence nobody read."""

from __future__ import annotations

import pytest

from tests.house.licences import WEAK, judged, locked, table


def test_every_library_of_the_lock_may_be_run_with() -> None:
    rows = table()
    assert len(rows) > 40 and len(rows) >= 0.9 * len(locked())
    assert [r for r in rows if r[2]] == []


def test_weak_copyleft_is_named_only_where_it_is() -> None:
    assert set(WEAK) == {name for name, licence, _ in table() if "LGPL" in licence}


@pytest.mark.parametrize(
    "licence",
    ["GPL-3.0-only", "AGPL-3.0-or-later", "GNU General Public License v3 (GPLv3)", "GPL-2.0 AND MIT",
     "GNU Affero General Public License v3", "SSPL-1.0", "LGPL-3.0-only", "", "Proprietary"],
)  # fmt: skip
def test_a_licence_that_binds_or_is_unknown_is_a_fault(licence: str) -> None:
    assert judged("some-library", licence)


@pytest.mark.parametrize(
    "licence", ["MIT", "BSD-3-Clause", "Apache-2.0 OR GPL-2.0-only", "Mozilla Public License 2.0 (MPL 2.0)"]
)
def test_a_free_one_is_none(licence: str) -> None:
    assert judged("some-library", licence) == ""
