"""Withheld cells cannot be worked out: an oracle tries every table that fits what is shown."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lianfang.kernels.suppress import Withheld, is_small, withheld

Shown = tuple[bool, bool, bool]
ALL: Shown = (True, True, True)


def table(*rows: list[int]) -> NDArray[np.int64]:
    return np.array(rows, np.int64)


def worked_out(counts: NDArray[np.int64], hidden: Withheld, shown: Shown = ALL) -> set[str]:
    """Every table that fits what is shown, tried one by one: what of the withheld has the same number in all of them.

    Knows: what is shown, that parts add up to totals, that whatever is withheld is at least 1. Knows no method.
    """
    free = [(int(i), int(j)) for i, j in zip(*np.nonzero(hidden.cells))]
    most = int(counts.max()) + 2
    fits = []
    for values in product(range(1, most + 1), repeat=len(free)):
        one = counts.copy()
        for cell, v in zip(free, values):
            one[cell] = v
        rows, columns, total = one.sum(1), one.sum(0), one.sum()
        if (
            (not shown[0] or ((rows == counts.sum(1)) | (hidden.rows & (rows > 0))).all())
            and (not shown[1] or ((columns == counts.sum(0)) | (hidden.columns & (columns > 0))).all())
            and (not shown[2] or total == counts.sum() or (hidden.total and total > 0))
        ):
            fits.append((one, rows, columns, total))
    assert fits
    out = {f"cell {c}" for c in free if len({int(f[0][c]) for f in fits}) == 1}
    out |= {f"row {i}" for i in np.nonzero(hidden.rows)[0] if len({int(f[1][i]) for f in fits}) == 1}
    out |= {f"column {j}" for j in np.nonzero(hidden.columns)[0] if len({int(f[2][j]) for f in fits}) == 1}
    return out | ({"total"} if hidden.total and len({int(f[3]) for f in fits}) == 1 else set())


def primary(counts: NDArray[np.int64], below: int) -> Withheld:
    """The small ones alone, as one would do it without thinking of totals."""
    small = np.vectorize(lambda n: is_small(int(n), below=below))
    return Withheld(small(counts), small(counts.sum(1)), small(counts.sum(0)), is_small(int(counts.sum()), below=below))


def test_a_table_solved_by_hand() -> None:
    """2 is small; 6 beside it, 7 below it, and 5 across close the cycle: all four are withheld, no total is."""
    found = withheld(table([2, 6, 9], [7, 5, 8]), below=5)
    assert found.cells.tolist() == [[True, True, False], [True, True, False]]
    assert not found.rows.any() and not found.columns.any() and not found.total


def test_the_small_ones_alone_would_be_worked_out() -> None:
    counts = table([2, 6, 9], [7, 5, 8])
    assert worked_out(counts, primary(counts, 5)) == {"cell (0, 0)"}
    assert worked_out(counts, withheld(counts, below=5)) == set()


def test_without_small_counts_all_is_shown_and_nobody_is_never_withheld() -> None:
    found = withheld(table([5, 0], [0, 8]), below=5)
    assert not found.cells.any() and not found.rows.any() and not found.columns.any() and not found.total
    found = withheld(table([0, 3], [9, 9]), below=5)
    assert not found.cells[0, 0] and found.cells[0, 1]


def test_a_list_with_its_total_withholds_a_second_one_and_a_lone_one_its_total() -> None:
    found = withheld(table([3, 40, 9]), below=5, shows_columns=False, shows_total=False)
    assert found.cells.tolist() == [[True, False, True]] and not found.rows.any()
    found = withheld(table([3, 0, 0]), below=5, shows_columns=False, shows_total=False)
    assert found.cells.tolist() == [[True, False, False]] and found.rows.all()
    found = withheld(table([1, 1]), below=5, shows_columns=False, shows_total=False)
    assert found.cells.all() and found.rows.all()  # a total of 2 in two parts, neither 0, would tell both


def test_no_totals_shown_leave_the_small_ones_alone() -> None:
    found = withheld(table([3, 40], [7, 9]), below=5, shows_rows=False, shows_columns=False, shows_total=False)
    assert found.cells.tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("wrong", [table([-1]), np.array([1, 2]), np.zeros((0, 2), np.int64)])
def test_what_is_no_table_of_counts_is_refused(wrong: NDArray[np.int64]) -> None:
    with pytest.raises(ValueError, match="table"):
        withheld(wrong, below=5)


SMALL = arrays(np.int64, st.tuples(st.integers(1, 2), st.integers(1, 3)), elements=st.integers(0, 5))


@settings(max_examples=150, deadline=None)
@given(SMALL, st.integers(2, 4), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_no_withheld_number_can_be_worked_out_and_no_small_one_is_shown(
    counts: NDArray[np.int64], below: int, shown: Shown
) -> None:
    found = withheld(counts, below=below, shows_rows=shown[0], shows_columns=shown[1], shows_total=shown[2])
    small = primary(counts, below)
    assert (found.cells | ~small.cells).all() and not (found.cells & (counts == 0)).any()
    assert not shown[0] or (found.rows | ~small.rows).all()
    assert not shown[1] or (found.columns | ~small.columns).all()
    assert not shown[2] or found.total or not small.total
    assert worked_out(counts, found, shown) == set()


@settings(max_examples=40, deadline=None)
@given(arrays(np.int64, (3, 3), elements=st.sampled_from([0, 1, 2, 3, 6])))
def test_of_three_by_three_nothing_can_be_worked_out(counts: NDArray[np.int64]) -> None:
    found = withheld(counts, below=3)
    if found.cells.sum() <= 5:  # the oracle tries 8 to the power of it
        assert worked_out(counts, found) == set()
    assert (found.cells | ~primary(counts, 3).cells).all()


@settings(max_examples=60, deadline=None)
@given(arrays(np.int64, st.tuples(st.integers(2, 12), st.integers(2, 8)), elements=st.integers(0, 60)))
def test_a_plain_attack_by_differences_works_nothing_out_of_larger_tables(counts: NDArray[np.int64]) -> None:
    """Line by line, what is missing alone is total minus parts; what is filled in so may open the next line."""
    found = withheld(counts, below=5)
    r, c = counts.shape
    known = np.ones((r + 1, c + 1), bool)
    known[:r, :c], known[:r, c], known[r, :c], known[r, c] = (
        ~found.cells, ~found.rows, ~found.columns, not found.total,
    )  # fmt: skip
    before = known.copy()
    for _ in range(r + c + 2):
        for line in [known[i] for i in range(r + 1)] + [known[:, j] for j in range(c + 1)]:
            if (~line).sum() == 1:
                line[:] = True
    assert (known == before).all()
