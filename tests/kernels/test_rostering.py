"""Duty rosters against brute force: all lines of a person, all rosters of a few, a checker written for this test."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.rostering import (
    OFF,
    Gap,
    Kept,
    Limit,
    Need,
    Person,
    Problem,
    Request,
    Shift,
    cost_of,
    faults,
    propose,
)
from lianfang.kernels.rostering.problem import SATURDAY, SUNDAY
from lianfang.kernels.rostering.tables import hold, legal_line, tables_of

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)
FEW = settings(max_examples=25, deadline=None, derandomize=True, database=None)
DAY, NIGHT = Shift("day", 480), Shift("night", 600, frozenset({0}))


def ticking(step: float = 0.01) -> Callable[[], float]:
    """A clock that moves by a step at every look: runs do not depend on the machine."""
    ticks = itertools.count()
    return lambda: next(ticks) * step


def planned(problem: Problem, seconds: float = 3.0, **given: Any) -> Any:
    return propose(problem, seconds=seconds, clock=ticking(), **{"seed": 1, **given})


def wrong_with(problem: Problem, index: int, line: tuple[int, ...]) -> set[str]:
    """Broken rules of one line, by looking at every stretch of days: the oracle, sharing nothing with the kernel."""
    p, n, found = problem.people[index], len(line), set[str]()
    past = [OFF, *([p.last_shift] * p.days_worked)] if p.days_worked else []
    whole = [*past, *line]
    begin = len(past)
    for i, j in itertools.combinations(range(len(whole) + 1), 2):
        block = whole[i:j]
        inside = i > 0 and j < len(whole)
        if j <= begin:
            continue
        if OFF not in block and j - i > p.max_run:
            found.add("run_long")
        if not inside:
            continue
        ends = (whole[i - 1], whole[j])
        if OFF not in block and ends == (OFF, OFF) and j - i < p.min_run:
            found.add("run_short")
        if set(block) == {OFF} and OFF not in ends and j - i < p.min_rest:
            found.add("rest_short")
    if p.days_worked and n and line[0] == OFF and p.days_worked < p.min_run:
        found.add("run_short")
    before = p.last_shift
    for d, s in enumerate(line):
        if s != OFF and before != OFF and s in problem.shifts[before].not_next:
            found.add("succession")
        if s != OFF and d in p.days_off:
            found.add("day_off")
        before = s
    minutes = sum(problem.shifts[s].minutes for s in line if s != OFF)
    found |= {"minutes_over"} if minutes > p.max_minutes else set()
    found |= {"minutes_under"} if minutes < p.min_minutes else set()
    weeks = {(problem.first_weekday + d) // 7 for d, s in enumerate(line) if s != OFF and _free_day(problem, d)}
    found |= {"weekends"} if len(weeks) > p.max_weekends else set()
    found |= {"limit"} if any(sum(s in m.shifts for s in line) > m.most for m in p.limits) else set()
    found |= {"kept"} if any(k.person == index and line[k.day] != k.shift for k in problem.kept) else set()
    return found


def _free_day(problem: Problem, day: int) -> bool:
    return (problem.first_weekday + day) % 7 in (SATURDAY, SUNDAY)


def all_lines(problem: Problem) -> list[tuple[int, ...]]:
    return list(itertools.product(range(OFF, len(problem.shifts)), repeat=problem.days))


@st.composite
def people(draw: st.DrawFn, shifts: int, days: int) -> Person:
    worked = draw(st.sampled_from([0, 0, 1, 2]))
    least = draw(st.sampled_from([0, 480, 1440]))
    limits = st.builds(Limit, st.frozensets(st.integers(0, shifts - 1), min_size=1), st.integers(0, 3))
    return Person(
        "p",
        min_minutes=least,
        max_minutes=draw(st.sampled_from([1440, 2400, 9000])),
        max_run=draw(st.integers(1, 4)),
        min_run=draw(st.integers(1, 2)),
        min_rest=draw(st.integers(1, 3)),
        max_weekends=draw(st.integers(0, 2)),
        days_off=draw(st.frozensets(st.integers(0, days - 1), max_size=2)),
        limits=tuple(draw(st.lists(limits, max_size=2))),
        last_shift=draw(st.integers(0, shifts - 1)) if worked else OFF,
        days_worked=worked,
    )


@st.composite
def problems(draw: st.DrawFn, max_people: int = 1, max_days: int = 8) -> Problem:
    days = draw(st.integers(1, max_days))
    shifts = tuple(
        Shift(str(i), draw(st.sampled_from([480, 600])), draw(st.frozensets(st.integers(0, 1), max_size=1)))
        for i in range(2)
    )
    staff = tuple(draw(st.lists(people(2, days), min_size=1, max_size=max_people)))
    who, day, weight = st.integers(0, len(staff) - 1), st.integers(0, days - 1), st.integers(0, 9)
    requests = draw(st.lists(st.builds(Request, who, day, st.integers(OFF, 1), weight, st.booleans()), max_size=6))
    cells = draw(st.lists(st.tuples(day, st.integers(0, 1)), unique=True, max_size=8))
    needs = [Need(d, s, draw(st.integers(0, 2)), draw(st.integers(0, 20)), draw(st.integers(0, 5))) for d, s in cells]
    fixed = draw(st.lists(st.builds(Kept, who, day, st.integers(OFF, 1)), max_size=2, unique_by=lambda k: k.day))
    first = draw(st.integers(0, 6))
    return Problem(days, shifts, staff, tuple(needs), tuple(requests), tuple(fixed), first)


@QUICK
@given(problems(), st.integers(0, 2**31))
def test_a_line_is_the_best_of_all_lines_that_keep_the_rules(problem: Problem, seed: int) -> None:
    prices = np.random.default_rng(seed).integers(-9, 9, (problem.days, 3)).astype(float)
    legal = [x for x in all_lines(problem) if not wrong_with(problem, 0, x)]
    least = min((sum(prices[d, s] for d, s in enumerate(x)) for x in legal), default=np.inf)
    value, cost, line = legal_line(tables_of(problem), 0, prices)
    assert (value, cost) == (least, least)
    assert least == np.inf or tuple(int(s) for s in line) in legal


@QUICK
@given(problems(max_people=2), st.data())
def test_faults_are_those_that_a_second_checker_finds(problem: Problem, data: st.DataObject) -> None:
    cells = st.lists(st.integers(OFF, 1), min_size=problem.days, max_size=problem.days)
    lines = [data.draw(cells) for _ in problem.people]
    found = faults(problem, np.array(lines, np.int16))
    for i, line in enumerate(lines):
        assert {f.rule for f in found if f.person == i} == wrong_with(problem, i, tuple(line))


def least_cost(problem: Problem) -> float:
    """The least cost over all legal rosters of all persons, and infinite if a person has no legal line."""
    lines = [[x for x in all_lines(problem) if not wrong_with(problem, i, x)] for i in range(len(problem.people))]
    return min((cost_of(problem, np.array(r, np.int16)) for r in itertools.product(*lines)), default=np.inf)


@FEW
@given(problems(max_people=2, max_days=4))
def test_a_proposal_is_legal_and_its_bound_is_never_above_the_optimum(problem: Problem) -> None:
    best, found = least_cost(problem), planned(problem)
    if best == np.inf:
        assert found.impossible
        return
    assert faults(problem, found.roster) == () and not found.impossible
    assert found.bound <= best + 1e-6 and found.cost == cost_of(problem, found.roster) >= best
    assert not found.proven or found.cost == best


def test_tiny_rosters_are_solved_whole() -> None:
    rng = np.random.default_rng(7)
    missed = []
    for _ in range(8):
        needs = tuple(Need(d, s, int(rng.integers(0, 3)), 20, 1) for d in range(4) for s in range(2))
        requests = tuple(Request(int(rng.integers(3)), int(rng.integers(4)), 0, int(rng.integers(1, 4))) for _ in "abc")
        staff = tuple(Person(n, max_run=int(rng.integers(2, 4)), min_rest=2, max_minutes=1800) for n in "xyz")
        problem = Problem(4, (DAY, NIGHT), staff, needs, requests)
        if planned(problem, seconds=2.0).cost != least_cost(problem):
            missed.append(problem)
    assert missed == []


def ward(days: int = 14, kept: tuple[Kept, ...] = (), **of_first: Any) -> Problem:
    """Six people over two weeks; the first with other limits where asked."""
    rules = dict(min_minutes=2400, max_minutes=4800, max_run=5, min_run=2, min_rest=2, max_weekends=1)
    rules["limits"] = (Limit(frozenset({1}), 3),)  # type: ignore[assignment]  # one rule replaced
    staff = tuple(Person(n, **{**rules, **(of_first if n == "a" else {})}) for n in "abcdef")  # type: ignore[arg-type]  # a mixture of rules
    needs = tuple(Need(d, s, 3 - s, 100, 1) for d in range(days) for s in range(2))
    requests = tuple(Request(p, (3 * p + k) % days, OFF, 2) for p in range(6) for k in range(2) if days)
    return Problem(days, (DAY, NIGHT), staff, needs, requests, kept)


def test_a_ward_is_planned_with_its_reasons() -> None:
    problem = ward()
    found = planned(problem, seconds=4.0)
    assert faults(problem, found.roster) == ()
    weights = sum(r.weight for r in found.unmet)
    shortfall = sum(100 * g.missing if g.missing > 0 else -g.missing for g in found.gaps)
    assert found.cost == weights + shortfall == cost_of(problem, found.roster)
    assert 0 < found.bound <= found.cost
    assert {(r.person, r.day) for r in found.unmet} == {
        (r.person, r.day) for r in problem.requests if found.roster[r.person, r.day] != OFF
    }
    assert found.progress[-1][1] == found.cost and found.progress[-1][2] == found.bound


def test_cells_set_by_hand_stay() -> None:
    kept = (Kept(0, 0, 1), Kept(0, 1, 1), Kept(0, 2, OFF), Kept(4, 9, 0))
    found = planned(ward(kept=kept), seconds=4.0)
    assert [found.roster[k.person, k.day] for k in kept] == [1, 1, OFF, 0]
    assert faults(ward(kept=kept), found.roster) == () and not found.impossible


def test_one_whom_no_line_suits_is_named_and_the_others_are_planned() -> None:
    kept = (Kept(0, 3, 0),)
    problem = ward(kept=kept, days_off=frozenset({3}))
    found = planned(problem, seconds=4.0)
    assert found.impossible == (0,)
    assert found.roster[0].tolist() == [OFF] * 3 + [0] + [OFF] * 10
    assert {f.person for f in faults(problem, found.roster)} == {0}
    assert found.bound <= found.cost
    assert {(f.rule, f.day) for f in faults(problem, found.roster)} >= {("day_off", 3), ("minutes_under", -1)}


def test_the_same_seed_gives_one_worker_the_same_roster() -> None:
    problem = ward()
    first, again = planned(problem), planned(problem)
    assert first.roster.tolist() == again.roster.tolist()
    assert first.progress == again.progress


def test_a_limit_over_many_shifts_that_cannot_be_counted_is_still_kept() -> None:
    shifts = tuple(Shift(f"{i}", 480 + 60 * i) for i in range(5))
    limits = tuple(Limit(frozenset({i}), 4 + i) for i in range(4))
    problem = Problem(
        20,
        shifts,
        (Person("a", limits=limits, max_run=9),) * 2,
        tuple(Need(d, s, 2 - (s > 1), 9 - s, 0) for d in range(20) for s in range(5)),
    )
    found = planned(problem, seconds=0.4)
    assert faults(problem, found.roster) == ()
    assert all(np.count_nonzero(found.roster[0] == i) <= 4 + i for i in range(4))


def test_days_held_while_others_are_planned_anew_stay_and_are_free_again_afterwards() -> None:
    tables = tables_of(ward())
    prices = np.random.default_rng(3).normal(size=(14, 3))
    first = legal_line(tables, 1, prices)[2]
    days = np.arange(4, 9)
    hold(tables.members[1], first, days)
    held = legal_line(tables, 1, -prices)[2]
    assert np.delete(held, days).tolist() == np.delete(first, days).tolist() and held.tolist() != first.tolist()
    hold(tables.members[1], None, days)
    assert legal_line(tables, 1, prices)[2].tolist() == first.tolist()


def test_a_roster_of_many_weeks_is_legal_and_better_than_its_first() -> None:
    problem = ward(days=42, max_minutes=14400, min_minutes=7200, max_weekends=3)
    people = tuple(replace(p, max_minutes=14400, max_weekends=4) for p in problem.people)
    problem = replace(problem, people=people)
    found = planned(problem, seconds=4.0)
    assert faults(problem, found.roster) == () and found.bound <= found.cost < found.progress[0][1]


def test_nobody_or_no_days_is_an_empty_roster() -> None:
    nobody = planned(Problem(2, (DAY,), (), (Need(0, 0, 3, 5, 1),)))
    assert nobody.roster.shape == (0, 2) and nobody.cost == 15 and nobody.proven
    assert nobody.gaps == (Gap(0, 0, 3),)
    no_days = planned(Problem(0, (DAY,), (Person("a"), Person("b", min_minutes=60))))
    assert no_days.roster.shape == (2, 0) and no_days.cost == 0 and no_days.impossible == (1,)
    no_shifts = planned(Problem(3, (), (Person("a"),)))
    assert no_shifts.roster.tolist() == [[OFF] * 3] and no_shifts.proven


def test_what_points_outside_is_refused() -> None:
    for wrong in (
        {"needs": (Need(9, 0, 1, 1, 1),)},
        {"needs": (Need(0, 0, 1, 1, 1), Need(0, 0, 2, 1, 1))},
        {"needs": (Need(0, OFF, 1, 1, 1),)},
        {"requests": (Request(1, 0, 0, 1),)},
        {"requests": (Request(0, 0, 0, -1),)},
        {"kept": (Kept(0, 0, 4),)},
        {"people": (Person("a", max_run=0),)},
        {"people": (Person("a", days_worked=1),)},
    ):
        given = {"days": 3, "shifts": (DAY,), "people": (Person("a"),), **wrong}
        with pytest.raises(ValueError):
            Problem(**given)  # type: ignore[arg-type]  # a mixture of rules
    with pytest.raises(ValueError):
        faults(Problem(2, (DAY,), (Person("a"),)), np.zeros((1, 3), np.int16))
    with pytest.raises(ValueError):
        faults(Problem(2, (DAY,), (Person("a"),)), np.array([[0, 1]], np.int16))
