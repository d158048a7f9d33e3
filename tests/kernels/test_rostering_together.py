"""Mixed lines solved from inside against a general solver, and searches beside each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lianfang.kernels.rostering import Limit, Need, Person, Problem, Request, Shift, cost_of, faults, propose
from lianfang.kernels.rostering import master as masters
from lianfang.kernels.rostering import together as parts
from lianfang.kernels.rostering.interior import Programme, begin, factored, inside, sums
from lianfang.kernels.rostering.master import Master
from lianfang.kernels.rostering.search import Board, Search
from lianfang.kernels.rostering.sweeps import falling, state_of
from lianfang.kernels.rostering.tables import apart, hold, legal_line, tables_of

SOME = settings(max_examples=40, deadline=None, derandomize=True, database=None)


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Up to five people with up to six columns each over up to eight cells, on up to three days."""
    people, rows, days = draw(st.integers(0, 5)), draw(st.integers(0, 8)), draw(st.integers(1, 3))
    owner = [p for p in range(people) for _ in range(draw(st.integers(1, 6)))]
    lines = [sorted(draw(st.sets(st.integers(0, rows - 1), max_size=days))) if rows else [] for _ in owner]
    cells = np.array([line + [-1] * (days - len(line)) for line in lines], np.int32).reshape(len(owner), days)
    weights = [draw(st.sampled_from([(100, 1), (20, 0), (0, 5), (10**6, 3)])) for _ in range(rows)]
    costs = [*(draw(st.integers(-9, 9)) for _ in owner), *(w[0] for w in weights), *(w[1] for w in weights)]
    heads = np.array([draw(st.integers(-1, 3)) for _ in range(rows)], np.float64)
    return Programme(np.array(owner, np.int64), cells, np.array(costs, np.float64), heads, people)


def by_simplex(p: Programme) -> float:
    """The same programme written out row by row for a general solver: the oracle."""
    columns, rows = len(p.owner), len(p.heads)
    matrix = np.zeros((p.people + rows, columns + 2 * rows))
    matrix[p.owner, np.arange(columns)] = 1
    for j, line in enumerate(p.cells):
        matrix[p.people + line[line >= 0], j] = 1
    matrix[p.people + np.arange(rows), columns + np.arange(rows)] = 1
    matrix[p.people + np.arange(rows), columns + rows + np.arange(rows)] = -1
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    for cost in p.costs:
        solver.addCol(float(cost), 0.0, highspy.kHighsInf, 0, np.zeros(0, np.int32), np.zeros(0))
    for row, right in zip(matrix, [1.0] * p.people + list(p.heads)):
        on = np.flatnonzero(row).astype(np.int32)
        solver.addRow(right, right, len(on), on, row[on])
    solver.run()
    return float(solver.getObjectiveValue())


@SOME
@given(programmes(), st.randoms(use_true_random=False))
def test_from_inside_the_value_is_the_one_of_the_simplex_also_from_an_old_mix(p: Programme, chance: Any) -> None:
    best = by_simplex(p)
    shares = np.array([chance.random() for _ in p.owner])
    prices = np.array([chance.uniform(-9, 9) for _ in p.heads])
    for begun in (begin(p), begin(p, shares, prices)):
        point, value = inside(p, begun)
        near = 1e-4 * max(1.0, abs(best))
        assert best - near <= value <= best + 1e-6 * max(1.0, abs(best))
        assert abs(float(p.costs @ point.shares) - best) <= near
        persons, covered = sums(p, point.shares)
        assert np.allclose(persons, 1, atol=1e-6) and np.allclose(covered, p.heads, atol=1e-6)
        assert (point.shares >= 0).all()


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 70])
def test_a_square_is_factorised_in_place_and_one_that_has_no_factor_is_told(n: int) -> None:
    half = np.random.default_rng(n).normal(size=(n, n))
    square = half @ half.T + np.eye(n)
    lower = square.copy()
    assert factored(lower)
    assert np.allclose(np.tril(lower) @ np.tril(lower).T, square)
    if n:
        assert not factored(square - 2 * np.trace(square) * np.eye(n))


def ward(people: int = 8, days: int = 21) -> Problem:
    """More needs than hands, so that no roster is proven best at once."""
    rng = np.random.default_rng(5)
    shifts = (Shift("day", 480), Shift("late", 540), Shift("night", 600, frozenset({0, 1})))
    staff = tuple(
        Person(
            str(p),
            min_minutes=4800,
            max_minutes=7200,
            max_run=5,
            min_run=2,
            min_rest=2,
            max_weekends=2,
            limits=(Limit(frozenset({2}), 2 + p % 3),),
        )
        for p in range(people)
    )
    needs = tuple(Need(d, s, int(rng.integers(1, 4)), 30, 3) for d in range(days) for s in range(3))
    asked = rng.integers(0, [people, days, 3], (40, 3)).tolist()
    wishes = tuple(Request(p, d, s, 1 + p % 3, on=bool(d % 2)) for p, d, s in asked)
    return Problem(days, shifts, staff, needs, wishes)


def ticking(step: float = 0.01) -> Callable[[], float]:
    ticks = count()
    return lambda: next(ticks) * step


def searching(problem: Problem, clock: Callable[[], float]) -> Search:
    tables = tables_of(problem)
    roster = np.array([legal_line(tables, p, tables.wishes[p])[2] for p in range(len(problem.people))])
    return Search(tables, state_of(tables, roster), np.random.default_rng(1), clock, 0.0, 5.0)


def better(search: Search) -> NDArray[np.int16]:
    """A roster that costs less: one person after another answers the others best."""
    roster = search.best.roster.copy()
    for p in range(len(roster)):
        cover = state_of(search.tables, np.delete(roster, p, axis=0)).cover
        prices = search.tables.wishes[p].copy()
        prices[:, :-1] += np.where(cover < search.tables.heads, -search.tables.under, search.tables.over)
        roster[p] = legal_line(search.tables, p, prices)[2]
    return roster


@pytest.mark.parametrize("clock", [time.perf_counter, time.thread_time])
def test_two_searches_give_a_legal_roster_end_on_time_and_leave_nothing_behind(clock: Callable[[], float]) -> None:
    problem = ward()
    propose(problem, seconds=0.1, seed=1, clock=time.perf_counter)  # compiles
    before, begun = threading.active_count(), clock()
    found = propose(problem, seconds=1.0, seed=1, clock=clock, workers=2)
    assert clock() - begun < 2.5
    assert threading.active_count() == before
    assert faults(problem, found.roster) == () and found.bound <= found.cost == cost_of(problem, found.roster)
    assert found.progress[-1][1] == found.cost


def test_a_fault_in_a_search_beside_ours_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    own, search, before = threading.get_ident(), parts.improve, threading.active_count()

    def failing(*given: Any) -> None:
        if threading.get_ident() != own:
            raise ArithmeticError("beside")
        search(*given)

    monkeypatch.setattr(parts, "improve", failing)
    with pytest.raises(ArithmeticError, match="beside"):
        propose(ward(), seconds=1.0, seed=1, clock=time.perf_counter, workers=2)
    assert threading.active_count() == before


def test_what_one_search_finds_the_other_takes_over_with_its_lines() -> None:
    one = searching(ward(), ticking())
    other = replace(one, tables=apart(one.tables), progress=[])
    one.board = other.board = Board(one.best)
    master = Master(other.tables, {})
    master.add([(p, other.best.roster[p]) for p in master.people])
    assert not parts.meet(other, master)
    assert one.take(state_of(one.tables, better(one)))
    assert parts.meet(other, master) and other.best.cost == one.best.cost
    assert {(p, one.best.roster[p].tobytes()) for p in master.people} <= set(master.known)
    assert not parts.meet(other, master)
    assert not other.over()
    one.board.close()
    assert one.over() and other.over() and other.left() == 0.0


def test_days_held_in_one_search_are_free_in_the_other() -> None:
    tables = tables_of(ward())
    other = apart(tables)
    prices = np.random.default_rng(2).normal(size=(21, 4))
    line = legal_line(tables, 0, prices)[2]
    hold(tables.members[0], line, np.arange(3))
    assert legal_line(tables, 0, -prices)[2][3:].tolist() == line[3:].tolist()
    assert legal_line(other, 0, -prices)[2].tolist() == legal_line(tables_of(ward()), 0, -prices)[2].tolist()


def test_large_rosters_end_dives_and_are_mended_by_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    swept, problem = list[float](), ward()
    sweep = parts._swept
    monkeypatch.setattr(masters, "LARGE", 0)
    monkeypatch.setattr(parts, "_swept", lambda *given: swept.append(given[2]) or sweep(*given))
    found, again = (propose(problem, seconds=40.0, seed=3, clock=ticking()) for _ in "ab")
    assert faults(problem, found.roster) == () and found.bound <= found.cost == cost_of(problem, found.roster)
    assert found.roster.tolist() == again.roster.tolist()
    assert swept and all(0.1 <= share <= 0.25 for share in swept)


def test_the_general_solver_gives_the_value_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    search, values = searching(ward(), ticking()), []
    lines = [*enumerate(search.best.roster), *enumerate(better(search))]
    for most in (masters.MOST_CELLS, 0):
        monkeypatch.setattr(masters, "MOST_CELLS", most)
        master = Master(search.tables, {})
        master.add([(p, line) for p, line in lines])
        whole = master.solve().value
        master.fix(master.of_person[2][-1])
        fixed = master.solve()
        master.free()
        assert fixed.shares[master.of_person[2][-1]] == pytest.approx(1)
        values.append((whole, fixed.value, master.solve().value))
    assert values[0] == pytest.approx(values[1], rel=1e-4)
    assert values[0][0] == pytest.approx(values[0][2], rel=1e-4) and values[0][1] >= values[0][0] - 1e-3


def test_noise_falls_over_the_sweeps_and_ends() -> None:
    scale = falling(3, 8.0, 1.0)
    assert [round(scale(), 6) for _ in range(5)] == [4.0, 2.0, 1.0, -1.0, -1.0]
