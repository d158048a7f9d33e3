"""The master problem: a mix of known lines for each person that covers the needs at least cost, as a linear programme.

A row for each person (his shares add to one), a row for each needed cell with a slack for heads short and heads over.
A vertex from the simplex method is one of very many best mixes, by chance; a method that stays inside gives the middle
one, whose large shares are of lines that most best mixes hold: that is what a dive has to know. Its prices, too, are in
the middle, and lines priced in at them come to an end sooner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.interior import Programme, begin, inside
from lianfang.kernels.rostering.lines import Prices
from lianfang.kernels.rostering.problem import OFF, Lines
from lianfang.kernels.rostering.tables import Tables

OPTIONS = (
    ("output_flag", False),
    ("threads", 1),
    ("random_seed", 1),
    ("solver", "ipm"),
    ("run_crossover", "off"),
)
LARGE = 2_500  # people x days beyond which each step of a dive takes long
MOST_CELLS = 700  # needed cells beyond which a general solver, which leaves zeros out, is the faster one


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
    """Columns of people, and their programme; people set aside have one line each and no row.

    fixed: the one column of a person that is open while a dive holds it.
    """

    def __init__(self, tables: Tables, aside: Mapping[int, NDArray[np.int16]]) -> None:
        self.tables = tables
        self.aside = aside
        self.columns: list[Column] = []
        self.known: dict[tuple[int, bytes], int] = {}
        self.people = [i for i in range(len(tables.members)) if i not in aside]
        self.of_person: dict[int, list[int]] = {p: [] for p in self.people}
        self.row_of = {p: r for r, p in enumerate(self.people)}
        self.fixed: dict[int, int] = {}
        needed = np.argwhere((tables.under > 0) | (tables.over > 0))
        self.needed = needed
        self.cell_row = np.full((len(tables.heads), len(tables.problem.shifts) + 1), -1, np.int64)  # the last: off
        self.cell_row[needed[:, 0], needed[:, 1]] = len(self.people) + np.arange(len(needed))
        self.heads = tables.heads.astype(np.float64)
        self.constant = 0.0
        for i, line in aside.items():
            on = np.flatnonzero(line != OFF)
            self.heads[on, line[on]] -= 1
            self.constant += float(tables.wishes[i][np.arange(tables.problem.days), line].sum())
        self.large = len(self.people) * tables.problem.days > LARGE
        self.own = len(needed) <= MOST_CELLS
        self.owner, self.costs = np.zeros(0, np.int64), np.zeros(0)
        self.cells = np.zeros((0, tables.problem.days), np.int32)
        self.shares, self.prices = np.zeros(0), np.zeros(0)  # of the last solution from inside
        self.slacks = 2 * len(needed)  # columns of the general solver before ours
        self.solver = None if self.own else self._empty()

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
            self.of_person[person].append(len(self.columns))
            cost = float(self.tables.wishes[person][days, line].sum())
            self.columns.append(Column(person, line.astype(np.int16), cost))
        self._note(self.columns[begun:])
        if self.solver is not None:
            self._load(self.solver, self.columns[begun:])
        return len(self.columns) - begun

    def _note(self, columns: list[Column]) -> None:
        """Owner, cells and cost of new columns as arrays."""
        if not columns:
            return
        days, people = np.arange(self.tables.problem.days), len(self.people)
        rows = np.stack([self.cell_row[days, c.line] for c in columns])
        self.cells = np.concatenate([self.cells, np.where(rows >= 0, rows - people, -1).astype(np.int32)])
        self.owner = np.concatenate([self.owner, np.array([c.person for c in columns], np.int64)])
        self.costs = np.concatenate([self.costs, np.array([c.cost for c in columns])])

    def _load(self, solver: highspy.Highs, columns: list[Column]) -> None:
        """Give columns to a general solver; those of fixed people are closed."""
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
        solver.addCols(n, costs, np.zeros(n), top, len(flat), starts, flat, np.ones(len(flat)))

    def solve(self) -> Solution:
        """Shares and duals of the columns known now, in the middle of all that are best."""
        if self.solver is None:
            return self._inside()
        self.solver.run()
        return self._read(self.solver)

    def _inside(self) -> Solution:
        """By our own method, only over those who are not fixed."""
        fixed = np.array(list(self.fixed.values()), np.int64)
        free = np.array([p for p in self.people if p not in self.fixed], np.int64)
        own, programme = self._left(fixed, free)
        before = np.zeros(len(self.columns))
        before[: len(self.shares)] = self.shares
        point, value = inside(programme, begin(programme, before[own], self.prices if len(self.prices) else None))
        shares, persons = np.zeros(len(self.columns)), np.zeros(len(self.tables.members))
        shares[own], shares[fixed], persons[free] = point.shares[: len(own)], 1.0, point.persons
        cells = np.zeros(self.tables.heads.shape)
        cells[self.needed[:, 0], self.needed[:, 1]] = point.prices
        self.shares, self.prices = shares, point.prices
        return Solution(shares, persons, cells, value + self.constant + float(self.costs[fixed].sum()))

    def _left(self, fixed: NDArray[np.int64], free: NDArray[np.int64]) -> tuple[NDArray[np.int64], Programme]:
        """The columns of free people, and what of the programme is left beside fixed columns."""
        place = np.full(len(self.tables.members), -1, np.int64)
        place[free] = np.arange(len(free))
        own = np.flatnonzero(place[self.owner] >= 0)
        day, shift = self.needed[:, 0], self.needed[:, 1]
        heads, on = self.heads[day, shift], self.cells[fixed]
        np.subtract.at(heads, on[on >= 0], 1.0)
        costs = np.concatenate([self.costs[own], self.tables.under[day, shift], self.tables.over[day, shift]])
        return own, Programme(place[self.owner[own]], self.cells[own], costs, heads, len(free))

    def _read(self, solver: highspy.Highs) -> Solution:
        """The solution that a general solver holds."""
        found = solver.getSolution()
        duals = np.asarray(found.row_dual)
        people = np.zeros(len(self.tables.members))
        people[self.people] = duals[: len(self.people)]
        cells = np.zeros(self.tables.heads.shape)
        cells[self.needed[:, 0], self.needed[:, 1]] = duals[len(self.people) :]
        shares = np.asarray(found.col_value)[self.slacks :]
        return Solution(shares, people, cells, solver.getObjectiveValue() + self.constant)

    def fix(self, column: int) -> None:
        """Give a person one line: his others are closed, and new ones come closed."""
        person = self.columns[column].person
        self._limit([i for i in self.of_person[person] if i != column], 0.0)
        self.fixed[person] = column

    def free(self) -> None:
        """Every column may be used again."""
        self._limit([i for p in self.fixed for i in self.of_person[p]], highspy.kHighsInf)
        self.fixed = {}

    def _limit(self, columns: list[int], top: float) -> None:
        """Let these columns have a share of at most top."""
        if self.solver is None:
            return
        index, n = np.array(columns, np.int32) + self.slacks, len(columns)
        self.solver.changeColsBounds(n, index.astype(np.int32), np.zeros(n), np.full(n, top))

    def trim(self, cells: Prices, each: int) -> None:
        """Keep of each person only the columns that cost least at some duals: time goes with the number of columns."""
        self.keep(self.cheapest(cells, each))

    def slim(self, cells: Prices, each: int) -> Master:
        """The same trimmed, as a programme of its own."""
        small = Master(self.tables, self.aside)
        small.add([(self.columns[int(i)].person, self.columns[int(i)].line) for i in self.cheapest(cells, each)])
        return small

    def cheapest(self, cells: Prices, each: int) -> NDArray[np.int64]:
        """Of each person the columns that cost least at some duals."""
        values = self.values(cells)
        least = [sorted(own, key=lambda i: float(values[i]))[:each] for own in self.of_person.values()]
        return np.array(sorted(i for own in least for i in own), np.int64)

    def keep(self, chosen: NDArray[np.int64]) -> None:
        """Forget all columns but these."""
        lines = [(self.columns[int(i)].person, self.columns[int(i)].line) for i in chosen]
        shares = np.array([self.shares[i] if i < len(self.shares) else 0.0 for i in chosen])
        self.columns, self.known, self.fixed = [], {}, {}
        self.of_person = {p: [] for p in self.people}
        self.solver = None if self.own else self._empty()
        self.owner, self.cells, self.costs = self.owner[:0], self.cells[:0], self.costs[:0]
        self.shares = shares
        self.add(lines)

    def values(self, cells: Prices) -> NDArray[np.float64]:
        """What each column costs less what its cells are worth."""
        wide = np.concatenate([cells, np.zeros((len(cells), 1))], axis=1)
        days = np.arange(len(cells))
        return np.array([c.cost - wide[days, c.line].sum() for c in self.columns])

    def roster(self, chosen: list[int]) -> Lines:
        """The roster of one column a person, and of those set aside."""
        roster = self.tables.kept.copy()
        for person, line in self.aside.items():
            roster[person] = line
        for i in chosen:
            roster[self.columns[i].person] = self.columns[i].line
        return roster

    def whole(self, candidates: NDArray[np.int64], *, seconds: float, nodes: int) -> tuple[list[int], bool]:
        """The best choice of one column a person among some, as an integer programme; and whether it is proven best.

        Nothing is chosen where nothing was found in time.
        """
        solver = self._empty()
        self._load(solver, [self.columns[int(i)] for i in candidates])
        n = len(candidates)
        solver.changeColsBounds(n, np.arange(self.slacks, self.slacks + n, dtype=np.int32), np.zeros(n), np.ones(n))
        index = np.arange(self.slacks, self.slacks + n, dtype=np.int32)
        solver.changeColsIntegrality(n, index, np.full(n, highspy.HighsVarType.kInteger))
        limits = (("time_limit", max(seconds, 0.01)), ("mip_max_nodes", nodes), ("mip_abs_gap", 0.99))
        for option, value in (("solver", "choose"), ("run_crossover", "on"), *limits):
            solver.setOptionValue(option, value)
        solver.run()
        if solver.getInfo().primal_solution_status != 2:
            return [], False
        shares = np.asarray(solver.getSolution().col_value)[self.slacks :]
        proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return [int(i) for i in candidates[shares > 0.5]], proven
