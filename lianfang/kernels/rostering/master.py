"""The master problem: a mix of known lines for each person that covers the needs at least cost, as a linear programme.

A row for each person (his shares add to one), a row for each needed cell with a slack for heads short and heads over.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.lines import Prices
from lianfang.kernels.rostering.problem import OFF, Lines
from lianfang.kernels.rostering.tables import Tables

OPTIONS = (("output_flag", False), ("threads", 1), ("random_seed", 1), ("presolve", "off"))
DUAL, PRIMAL = 1, 4


@dataclass(frozen=True)
class Column:
    """A legal line of a person, and what it costs by his requests."""

    person: int
    line: NDArray[np.int16]
    cost: float


@dataclass(frozen=True)
class Solution:
    """Shares of columns, dual values of persons and cells (T, S), and the value of the programme."""

    shares: NDArray[np.float64]
    persons: NDArray[np.float64]
    cells: Prices
    value: float


class Master:
    """Columns and a warm simplex; people fixed to one line keep their other columns at zero by their own row."""

    def __init__(self, tables: Tables, impossible: list[int]) -> None:
        self.tables = tables
        self.columns: list[Column] = []
        self.known: dict[tuple[int, bytes], int] = {}
        self.people = [i for i in range(len(tables.members)) if i not in set(impossible)]
        self.row_of = {p: r for r, p in enumerate(self.people)}
        self.fixed: dict[int, int] = {}  # the one column of a person
        needed = np.argwhere((tables.under > 0) | (tables.over > 0))
        self.needed = needed
        self.cell_row = np.full(tables.heads.shape, -1, np.int64)
        self.cell_row[needed[:, 0], needed[:, 1]] = len(self.people) + np.arange(len(needed))
        self.heads = tables.heads.astype(np.float64)
        for i in impossible:
            on = np.flatnonzero(tables.kept[i] != OFF)
            self.heads[on, tables.kept[i][on]] -= 1
        self.constant = float(
            sum(tables.wishes[i][np.arange(tables.problem.days), tables.kept[i]].sum() for i in impossible)
        )
        self.rebound = False  # whether bounds have changed since the last solution
        self.solver = self._empty()

    def _empty(self) -> highspy.Highs:
        """Rows and slacks without columns."""
        solver = highspy.Highs()
        for option, setting in OPTIONS:
            solver.setOptionValue(option, setting)
        cells, rows = self.needed, len(self.people)
        right = np.concatenate([np.ones(rows), self.heads[cells[:, 0], cells[:, 1]]])
        none = np.zeros(0, np.int32)
        solver.addRows(len(right), right, right, 0, np.zeros(len(right), np.int32), none, np.zeros(0))
        index = rows + np.arange(len(cells), dtype=np.int32)
        starts = np.arange(len(cells), dtype=np.int32)
        for weights, sign in ((self.tables.under, 1.0), (self.tables.over, -1.0)):
            costs = weights[cells[:, 0], cells[:, 1]]
            top = np.full(len(cells), highspy.kHighsInf)
            value = np.full(len(cells), sign)
            solver.addCols(len(cells), costs, np.zeros(len(cells)), top, len(cells), starts, index, value)
        self.slacks = 2 * len(cells)
        return solver

    def add(self, fresh: list[tuple[int, NDArray[np.int16]]]) -> int:
        """Take lines in that are not known yet; how many."""
        begun = len(self.columns)
        days = np.arange(self.tables.problem.days)
        for person, line in fresh:
            key = (person, line.tobytes())
            if key in self.known or person not in self.row_of:
                continue
            self.known[key] = len(self.columns)
            cost = float(self.tables.wishes[person][days, line].sum())
            self.columns.append(Column(person, line.astype(np.int16), cost))
        self._load(self.columns[begun:])
        return len(self.columns) - begun

    def _load(self, columns: list[Column]) -> None:
        if not columns:
            return
        index = []
        for c in columns:
            on = np.flatnonzero(c.line != OFF)
            rows = self.cell_row[on, c.line[on]]
            index.append(np.concatenate([[self.row_of[c.person]], rows[rows >= 0]]).astype(np.int32))
        starts = np.cumsum([0, *(len(i) for i in index[:-1])]).astype(np.int32)
        flat = np.concatenate(index)
        costs, n = np.array([c.cost for c in columns]), len(columns)
        top = np.array([0.0 if c.person in self.fixed else highspy.kHighsInf for c in columns])
        self.solver.addCols(n, costs, np.zeros(n), top, len(flat), starts, flat, np.ones(len(flat)))

    def solve(self) -> Solution:
        """Shares and duals of the columns known now.

        New columns leave the basis primal feasible, new bounds leave it dual feasible: the simplex is chosen by that.
        """
        self.solver.setOptionValue("simplex_strategy", DUAL if self.rebound else PRIMAL)
        self.rebound = False
        self.solver.run()
        found = self.solver.getSolution()
        duals = np.asarray(found.row_dual)
        people = np.zeros(len(self.tables.members))
        people[self.people] = duals[: len(self.people)]
        cells = np.zeros(self.tables.heads.shape)
        cells[self.needed[:, 0], self.needed[:, 1]] = duals[len(self.people) :]
        shares = np.asarray(found.col_value)[self.slacks :]
        return Solution(shares, people, cells, self.solver.getObjectiveValue() + self.constant)

    def fix(self, column: int) -> None:
        """Give a person one line: his others stand at zero."""
        self._bound(column, 1.0)
        self.fixed[self.columns[column].person] = column

    def forbid(self, column: int) -> None:
        """Take a column out of play until all are freed."""
        self.solver.changeColBounds(self.slacks + column, 0.0, 0.0)
        self.rebound = True
        self.fixed.pop(self.columns[column].person, None)

    def release(self, column: int) -> None:
        """Undo a fix."""
        self._bound(column, 0.0)
        self.fixed.pop(self.columns[column].person, None)

    def free(self) -> None:
        """Every column may be used again."""
        n = len(self.columns)
        index = np.arange(self.slacks, self.slacks + n, dtype=np.int32)
        self.solver.changeColsBounds(n, index, np.zeros(n), np.full(n, highspy.kHighsInf))
        self.fixed, self.rebound = {}, True

    def _bound(self, column: int, low: float) -> None:
        self.solver.changeColBounds(self.slacks + column, low, highspy.kHighsInf)
        self.rebound = True

    def keep(self, chosen: NDArray[np.int64]) -> None:
        """Forget all columns but these, and start the simplex anew."""
        self.columns = [self.columns[int(i)] for i in chosen]
        self.known = {(c.person, c.line.tobytes()): i for i, c in enumerate(self.columns)}
        self.fixed, self.rebound = {}, False
        self.solver = self._empty()
        self._load(self.columns)

    def values(self, cells: Prices) -> NDArray[np.float64]:
        """What each column costs less what its cells are worth."""
        wide = np.concatenate([cells, np.zeros((len(cells), 1))], axis=1)
        days = np.arange(len(cells))
        return np.array([c.cost - wide[days, c.line].sum() for c in self.columns])

    def roster(self, chosen: list[int]) -> Lines:
        """The roster of one column a person; the impossible have their kept cells."""
        roster = self.tables.kept.copy()
        for i in chosen:
            roster[self.columns[i].person] = self.columns[i].line
        return roster

    def whole(self, candidates: NDArray[np.int64], *, seconds: float, nodes: int) -> tuple[list[int], bool]:
        """The best choice of one column a person among some, as an integer programme; and whether it is proven best.

        Nothing is chosen where nothing was found in time.
        """
        solver = self._empty()
        kept, self.solver, self.fixed = (self.solver, self.fixed), solver, {}
        self._load([self.columns[int(i)] for i in candidates])
        (self.solver, self.fixed), n = kept, len(candidates)
        index = np.arange(self.slacks, self.slacks + n, dtype=np.int32)
        solver.changeColsIntegrality(n, index, np.full(n, highspy.HighsVarType.kInteger))
        for option, value in (("presolve", "on"), ("time_limit", max(seconds, 0.01)), ("mip_max_nodes", nodes)):
            solver.setOptionValue(option, value)
        solver.setOptionValue("mip_abs_gap", 0.99)
        solver.run()
        if solver.getInfo().primal_solution_status != 2:
            return [], False
        shares = np.asarray(solver.getSolution().col_value)[self.slacks :]
        proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return [int(i) for i in candidates[shares > 0.5]], proven
