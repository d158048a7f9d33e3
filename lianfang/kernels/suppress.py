"""Small counts that leave the house: which cells of a table are withheld so that nobody works one out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Withheld:
    """What is not shown: cells, row totals, column totals, and the total of all."""

    cells: Mask
    rows: Mask
    columns: Mask
    total: bool


def is_small(count: int, *, below: int) -> bool:
    """Whether a count tells of somebody: more than nobody and fewer than `below`."""
    return 0 < count < below


def withheld(
    counts: Counts, *, below: int, shows_rows: bool = True, shows_columns: bool = True, shows_total: bool = True
) -> Withheld:
    """The small cells and totals of a table, and as many others as it takes that none of them can be worked out.

    Takes:   counts (R, C) int >= 0, of people; below, the first count that may be shown; which totals are shown at all.
    Gives:   masks; a cell of 0 is never withheld. A total that is not shown at all is not marked.
    Raises:  ValueError for a negative count or a table that is none.
    Edge:    safe means: with all that is shown, and knowing that whatever is withheld is at least 1, each withheld
             cell and total could be another number. How likely which is, is not judged.
    Source:  docs/sources.md#suppression (a cell of a two-way table is free if it lies on a cycle of withheld cells)
    """
    if counts.ndim != 2 or not counts.size or (counts < 0).any():
        raise ValueError("counts are a table of numbers from 0")
    r, c = counts.shape
    table = np.zeros((r + 1, c + 1), np.int64)
    table[:r, :c], table[:r, c], table[r, :c], table[r, c] = counts, counts.sum(1), counts.sum(0), counts.sum()
    absent = np.zeros(table.shape, bool)
    absent[:r, c], absent[r, :c], absent[r, c] = not shows_rows, not shows_columns, not shows_total
    small = absent | ((table > 0) & (table < below))
    hidden = small.copy()
    while (found := _derived(table, hidden, absent)) is not None:
        hidden[_next(table, hidden, found)] = True
    _show_needless(table, hidden, small, absent)
    out = hidden & ~absent
    return Withheld(out[:r, :c], out[:r, c], out[r, :c], bool(out[r, c]))


def _sign(table: Counts, i: int, j: int) -> int:
    """Totals count against their parts: with this sign every row and every column of the whole table adds up to 0."""
    return -1 if (i == table.shape[0] - 1) != (j == table.shape[1] - 1) else 1


def _steps(table: Counts, hidden: Mask, absent: Mask) -> dict[tuple[str, int], list[tuple[tuple[str, int], Cell]]]:
    """From rows to columns where a hidden cell may grow by one, from columns to rows where it may shrink by one."""
    steps: dict[tuple[str, int], list[tuple[tuple[str, int], Cell]]] = {}
    for i, j in zip(*np.nonzero(hidden)):
        cell, row, column = (int(i), int(j)), ("row", int(i)), ("column", int(j))
        may_shrink = table[cell] > (0 if absent[cell] else 1)
        grows, shrinks = (True, may_shrink) if _sign(table, *cell) > 0 else (may_shrink, True)
        if grows:
            steps.setdefault(row, []).append((column, cell))
        if shrinks:
            steps.setdefault(column, []).append((row, cell))
    return steps


def _derived(table: Counts, hidden: Mask, absent: Mask) -> Cell | None:
    """A withheld cell that has only one value left: it lies on no cycle along which numbers could be shifted."""
    steps = _steps(table, hidden, absent)
    for i, j in zip(*np.nonzero(hidden & ~absent)):
        cell, row, column = (int(i), int(j)), ("row", int(i)), ("column", int(j))
        ways = [(a, b) for a, b in ((row, column), (column, row)) if (b, cell) in steps.get(a, ())]
        if not any(_leads(steps, b, a, cell) for a, b in ways):
            return cell
    return None


def _leads(
    steps: dict[tuple[str, int], list[tuple[tuple[str, int], Cell]]], start: object, end: object, without: Cell
) -> bool:
    """Whether there is a way by other cells than one."""
    seen, waiting = {start}, [start]
    while waiting:
        for to, cell in steps.get(waiting.pop(), ()):  # type: ignore[call-overload]  # nodes are pairs
            if cell != without and to not in seen:
                seen.add(to)
                waiting.append(to)
    return end in seen


def _show_needless(table: Counts, hidden: Mask, small: Mask, absent: Mask) -> None:
    """What was withheld on the way and is not needed is shown again, totals and large numbers first."""
    r, c = table.shape[0] - 1, table.shape[1] - 1
    more = [(int(i), int(j)) for i, j in zip(*np.nonzero(hidden & ~small))]
    for cell in sorted(more, key=lambda x: ((x[0] == r) + (x[1] == c), table[x], x), reverse=True):
        before = hidden.copy()
        found: Cell | None = cell
        while found is not None and not small[found]:  # what only that one hid is shown with it
            hidden[found] = False
            found = _derived(table, hidden, absent)
        if found is not None:
            hidden[:] = before


def _beside(shape: tuple[int, ...], cell: Cell) -> Iterator[Cell]:
    yield from ((cell[0], j) for j in range(shape[1]))
    yield from ((i, cell[1]) for i in range(shape[0]))


def _next(table: Counts, hidden: Mask, cell: Cell) -> Cell:
    """What is withheld beside a cell: the smallest part first, a total only where there is no part."""
    r, c = table.shape[0] - 1, table.shape[1] - 1
    free = [x for x in _beside(table.shape, cell) if not hidden[x] and table[x] > 0]
    if not free:
        free = [(int(i), int(j)) for i, j in zip(*np.nonzero(~hidden & (table > 0)))]
    return min(free, key=lambda x: ((x[0] == r) + (x[1] == c), table[x], x))
