"""Searches beside each other, large rosters, and the programme of either solver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lianfang.kernels.rostering import (
    Limit,
    Need,
    Person,
    Problem,
    Request,
    Shift,
    cost_of,
    faults,
    interior,
    lines,
    propose,
)
from lianfang.kernels.rostering import master as masters
from lianfang.kernels.rostering import together as parts
from lianfang.kernels.rostering.master import Master
from lianfang.kernels.rostering.propose import ready
from lianfang.kernels.rostering.search import Board, Search
from lianfang.kernels.rostering.sweeps import falling, state_of
from lianfang.kernels.rostering.tables import apart, hold, legal_line, tables_of


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
    ready()
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
    known = [*enumerate(search.best.roster), *enumerate(better(search))]
    for most in (masters.MOST_CELLS, 0):
        monkeypatch.setattr(masters, "MOST_CELLS", most)
        master = Master(search.tables, {})
        master.add([(p, line) for p, line in known])
        whole = master.solve().value
        master.fix(master.of_person[2][-1])
        fixed = master.solve()
        master.free()
        assert fixed.shares[master.of_person[2][-1]] == pytest.approx(1)
        values.append((whole, fixed.value, master.solve().value))
    assert values[0] == pytest.approx(values[1], rel=1e-4)
    assert values[0][0] == pytest.approx(values[0][2], rel=1e-4) and values[0][1] >= values[0][0] - 1e-3


def test_nothing_is_compiled_while_the_clock_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    ready()
    found = {
        f: len(f.signatures) for part in (lines, interior) for f in vars(part).values() if hasattr(f, "signatures")
    }
    monkeypatch.setattr(masters, "LARGE", 0)
    propose(ward(), seconds=10.0, seed=1, clock=ticking())
    assert len(found) > 15 and {f: len(f.signatures) for f in found} == found


def test_noise_falls_over_the_sweeps_and_ends() -> None:
    scale = falling(3, 8.0, 1.0)
    assert [round(scale(), 6) for _ in range(5)] == [4.0, 2.0, 1.0, -1.0, -1.0]
