"""The matching against every possible answer on small markets, and against its own prices on larger ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.matching import Market, Matching, Weights, Why, match, rematch, search

DAY = 1440


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def market(pairs: list[tuple[int, ...]], places: list[int], most: list[int], **other: Any) -> Market:
    """Pairs (person, shift, distance, preference, surplus; the last may lack); shifts on days of their own."""
    full = np.array([(*p, *(0,) * (5 - len(p))) for p in pairs], np.int64).reshape(-1, 5)
    days = np.arange(len(places), dtype=np.int64) * DAY
    given_ = {
        "fixed": np.zeros(len(full), bool),
        "urgency": np.full(len(places), 1000, np.int64),
        "starts": days,
        "ends": days + 240,
        "served_hours": np.zeros(len(most), np.int64),
    }
    return Market(*full.T, places=ints(*places), most=ints(*most), **(given_ | other))


def chosen(m: Market, found: Matching) -> list[tuple[int, int]]:
    return [(int(m.person[e]), int(m.shift[e])) for e in found.placed.pair]


def too_near(m: Market, a: int, b: int) -> bool:
    first, then = sorted((a, b), key=lambda e: (m.starts[m.shift[e]], m.ends[m.shift[e]]))
    return bool(m.starts[m.shift[then]] < m.ends[m.shift[first]] + m.rest_minutes)


def cost_of(m: Market, pairs: tuple[int, ...]) -> int:
    """Cost by definition, one placement after the other."""
    w, total, had = m.weights, 0, dict.fromkeys(range(m.most.size), 0)
    for e in pairs:
        p = int(m.person[e])
        total += w.distance * int(m.distance_m[e]) + w.preference * int(m.preference[e]) + w.surplus * int(m.surplus[e])
        total += w.nth[min(had[p], len(w.nth) - 1)] + w.served_hour * int(m.served_hours[p])
        had[p] += 1
    for j, places in enumerate(m.places.tolist()):
        total += int(m.urgency[j]) * max(0, places - sum(int(m.shift[e]) == j for e in pairs))
    return total


def is_allowed(m: Market, pairs: tuple[int, ...]) -> bool:
    """What only fixed pairs break is allowed; each other pair must fit."""
    for e in pairs:
        if m.fixed[e]:
            continue
        mine = [x for x in pairs if m.person[x] == m.person[e]]
        there = [x for x in pairs if m.shift[x] == m.shift[e]]
        if len(mine) > m.most[m.person[e]] or len(there) > m.places[m.shift[e]]:
            return False
        if any(x != e and too_near(m, x, e) for x in mine):
            return False
    return True


def least(m: Market) -> int:
    """The cheapest of all answers, tried one by one."""
    fixed = tuple(np.flatnonzero(m.fixed).tolist())
    free = np.flatnonzero(~m.fixed).tolist()
    tries = (fixed + more for n in range(len(free) + 1) for more in combinations(free, n))
    return min(cost_of(m, pairs) for pairs in tries if is_allowed(m, pairs))


@st.composite
def markets(draw: st.DrawFn, clashing: bool) -> Market:
    """At most 9 pairs of at most 4 people and 5 shifts, some fixed."""
    people, shifts = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    some = st.tuples(st.integers(0, people - 1), st.integers(0, shifts - 1))
    pairs = draw(st.lists(some, unique=True, max_size=9))
    small = st.integers(0, 9)
    starts = [draw(st.integers(0, 8)) if clashing else 100 * j for j in range(shifts)]
    nth = sorted(draw(st.lists(small, min_size=1, max_size=3)))
    return market(
        [(*p, draw(small), draw(st.integers(-5, 5)), draw(small)) for p in pairs],
        draw(st.lists(st.integers(0, 2), min_size=shifts, max_size=shifts)),
        draw(st.lists(st.integers(0, 3), min_size=people, max_size=people)),
        urgency=ints(*(draw(st.integers(-2, 40)) for _ in range(shifts))),
        starts=ints(*starts),
        ends=ints(*(s + draw(st.integers(1, 4)) for s in starts)),
        served_hours=ints(*(draw(small) for _ in range(people))),
        fixed=np.array([draw(st.integers(0, 5)) == 0 for _ in pairs], bool),
        rest_minutes=draw(st.integers(0, 3)),
        weights=Weights(draw(st.integers(0, 2)), draw(st.integers(0, 2)), 1, draw(st.integers(0, 1)), tuple(nth)),
    )


def judged(m: Market, found: Matching) -> None:
    """What holds of every answer."""
    pairs = tuple(found.placed.pair.tolist())
    assert is_allowed(m, pairs) and set(np.flatnonzero(m.fixed)) <= set(pairs)
    assert found.total == cost_of(m, pairs) and found.bound <= found.total
    open_cost = int((found.unfilled.places * m.urgency).sum())
    assert int(found.placed.parts.sum()) + open_cost == found.total
    free = ~found.placed.kept
    assert (found.placed.next_cost[free] >= found.placed.own_cost[free]).all()


@settings(derandomize=True, deadline=None, max_examples=400, database=None)
@given(markets(clashing=False))
def test_nothing_cheaper_exists_where_no_shifts_clash(m: Market) -> None:
    found = match(m)
    judged(m, found)
    assert found.is_proven and found.total == least(m)


@settings(derandomize=True, deadline=None, max_examples=800, database=None)
@given(markets(clashing=True))
def test_nothing_cheaper_exists_where_shifts_clash(m: Market) -> None:
    found = match(m, effort_pairs=10**7)
    judged(m, found)
    assert found.is_proven and found.total == least(m)


@settings(derandomize=True, deadline=None, max_examples=150, database=None)
@given(markets(clashing=True))
def test_a_search_cut_short_gives_an_answer_and_an_honest_bound(m: Market) -> None:
    found = match(m, effort_pairs=0)
    judged(m, found)
    assert found.bound <= least(m) <= found.total


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(markets(clashing=True))
def test_sifting_even_the_smallest_markets_loses_nothing(m: Market) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "FEW_PAIRS", 0)
        found = match(m, effort_pairs=10**7)
    judged(m, found)
    assert found.is_proven and found.total == least(m)


def test_a_search_cut_short_may_leave_a_gap_and_says_so() -> None:
    """Of 60 markets in which three shifts overlap in a chain at least one needs branching, and each bound holds."""
    short = [match(drawn(6, 9, seed, days=1, rest=120), effort_pairs=0) for seed in range(60)]
    whole = [match(drawn(6, 9, seed, days=1, rest=120), effort_pairs=10**7) for seed in range(60)]
    assert all(w.is_proven and s.bound <= w.total <= s.total for s, w in zip(short, whole))
    assert any(not s.is_proven for s in short)
    stopped = [match(drawn(6, 9, seed, days=1, rest=120), stop=lambda: True) for seed in range(60)]
    assert [s.total for s in stopped] == [s.total for s in short]


def test_a_market_solved_by_hand() -> None:
    """Two want the near shift: the second best there is worse off elsewhere, so the nearest does not get it."""
    m = market([(0, 0, 10), (0, 1, 20), (1, 0, 15), (1, 1, 90)], [1, 1], [1, 1])
    found = match(m)
    assert chosen(m, found) == [(0, 1), (1, 0)] and found.total == 35 == found.bound
    assert found.placed.own_cost.tolist() == [20, 15]
    # One more place in shift 0: nobody is left, so it would stay open (1000), or 0 comes and shift 1 stays open.
    assert found.prices.tolist() == [990, 1000] and found.placed.next_person.tolist() == [-1, 0]


def test_the_next_best_person_and_his_cost_are_named() -> None:
    m = market([(0, 0, 10), (1, 0, 17), (2, 0, 40)], [1], [1, 1, 1])
    found = match(m)
    assert chosen(m, found) == [(0, 0)]
    assert found.placed.next_person.tolist() == [1] and found.placed.next_cost.tolist() == [17]


def test_parts_of_the_cost_are_told_and_the_load_goes_by_start() -> None:
    m = market([(0, 1, 3, -2, 4), (0, 0, 5, 1, 0)], [1, 1], [2], weights=Weights(2, 10, 100, 7, (0, 50)))
    m = replace(m, served_hours=ints(3))
    found = match(m)
    assert found.placed.parts.tolist() == [[6, -20, 400, 71], [10, 10, 0, 21]]
    assert found.placed.own_cost.tolist() == [386 + 71, 20 + 71]


def test_each_open_place_says_why() -> None:
    """Shift 0: nobody; 1: dearer than left open; 2: its person is needed at 3; 4: overlaps with 3 and he has two."""
    pairs = [(0, 1, 2000), (1, 2, 5), (1, 3, 5), (2, 4, 5), (2, 5, 5)]
    m = market(pairs, [1, 1, 1, 1, 1, 1], [1, 1, 2])
    m = replace(m, urgency=ints(9, 1000, 10, 1000, 10, 1000), starts=ints(0, 0, 0, 0, 60, 0), ends=ints(*[90] * 6))
    found = match(m)
    assert chosen(m, found) == [(1, 3), (2, 5)]
    assert found.unfilled.why.tolist() == [Why.NOBODY, Why.DEARER, Why.TAKEN, Why.FILLED, Why.REST, Why.FILLED]
    assert found.unfilled.people.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_exactly_the_rest_apart_is_allowed_and_a_minute_less_is_not() -> None:
    m = market([(0, 0), (0, 1)], [1, 1], [2], starts=ints(0, 180), ends=ints(60, 240))
    assert len(chosen(m, match(replace(m, rest_minutes=120)))) == 2
    found = match(replace(m, rest_minutes=121))
    assert len(found.placed.pair) == 1 and found.is_proven and found.total == 1000


def test_nothing_to_match_is_an_answer() -> None:
    nobody = match(market([], [2, 0], []))
    assert nobody.total == 2000 == nobody.bound and nobody.unfilled.why.tolist() == [Why.NOBODY, Why.FILLED]
    assert match(market([], [], [])).total == 0
    assert match(market([(0, 0)], [0], [1])).placed.pair.size == 0
    idle = match(market([(0, 0)], [1], [0]))
    assert idle.placed.pair.size == 0 and idle.unfilled.why.tolist() == [Why.NOBODY]
    many = match(market([(p, 0, p) for p in range(50)], [3], [1] * 50))
    assert many.total == 0 + 1 + 2 and many.placed.next_person.tolist() == [3] * 3


def test_fixed_pairs_stand_whatever_they_break() -> None:
    """One shift overfilled, two that overlap, one beyond his limit: all stay, and cost what they cost."""
    m = market([(0, 0, 1), (0, 1, 2), (1, 0, 4)], [1, 1], [1, 1], fixed=np.ones(3, bool))
    m = replace(m, starts=ints(0, 0), weights=Weights(nth=(0, 100)))
    found = match(m)
    assert found.placed.kept.all() and found.total == 107 and found.is_proven
    assert found.placed.next_person.tolist() == [-1] * 3 and not found.unfilled.places.any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"urgency": ints(1)},
        {"urgency": np.ones(2)},
        {"person": ints(0, 2)},
        {"shift": ints(0, -1)},
        {"places": ints(1, -1)},
        {"rest_minutes": -1},
        {"ends": ints(0, DAY + 1)},
        {"weights": Weights(nth=(5, 4))},
        {"weights": Weights(nth=())},
        {"person": ints(0, 0), "shift": ints(1, 1)},
        {"urgency": ints(1, 2**62)},
        {"distance_m": ints(0, 2**40), "weights": Weights(distance=2**30)},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    good = market([(0, 0), (1, 1)], [1, 1], [1, 1])
    assert match(good).total == 0
    with pytest.raises(ValueError):
        match(replace(good, **wrong))


def drawn(people: int, shifts: int, seed: int, *, days: int = 7, rest: int = 480, each: int = 12) -> Market:
    """A market by a seed: mornings, afternoons, evenings, whole days and nights, as many places as people may take."""
    rng = np.random.default_rng(seed)
    could = [rng.choice(shifts, min(shifts, each), replace=False) for _ in range(people)]
    person, shift = np.repeat(np.arange(people), [len(c) for c in could]), np.concatenate(could)
    kind, most = rng.integers(0, 5, shifts), rng.integers(1, 4, people)
    starts = np.array([8, 13, 18, 8, 20])[kind] * 60 + rng.integers(0, days, shifts) * DAY
    return Market(
        person,
        shift,
        rng.integers(0, 10_000, person.size),
        rng.integers(-3, 4, person.size),
        rng.integers(0, 3, person.size),
        np.zeros(person.size, bool),
        rng.integers(0, 2 * int(most.sum()) // shifts + 1, shifts),
        rng.integers(5_000, 60_000, shifts),
        starts,
        starts + np.array([4, 4, 4, 9, 8])[kind] * 60,
        most,
        rng.integers(0, 60, people),
        rest,
        Weights(1, 500, 300, 40, (0, 500, 1500)),
    )


def certified(m: Market, prices: np.ndarray) -> int:
    """What no answer can cost less than, worked out from prices alone: open all places at their prices, then give
    each person the shifts that are cheapest at them (clashes aside). Needs no flow."""
    w = m.weights
    cost = w.distance * m.distance_m + w.preference * m.preference + w.surplus * m.surplus
    total = int((np.minimum(prices, m.urgency) * m.places).sum())
    gains: dict[int, list[int]] = {}
    for p, j, c in zip(m.person.tolist(), m.shift.tolist(), cost.tolist()):
        if m.places[j]:
            gains.setdefault(p, []).append(c - int(prices[j]))
    for p, mine in gains.items():
        steps = [w.nth[min(k, len(w.nth) - 1)] + w.served_hour * int(m.served_hours[p]) for k in range(int(m.most[p]))]
        total += sum(min(0, g + s) for g, s in zip(sorted(mine), steps))
    return total


@pytest.mark.parametrize("seed", range(5))
def test_the_prices_alone_prove_a_larger_answer(seed: int) -> None:
    m = drawn(400, 40, seed)
    m = replace(m, starts=np.arange(40) * 2 * DAY, ends=np.arange(40) * 2 * DAY + 240)
    found = match(m)
    judged(m, found)
    assert (found.prices <= m.urgency).all() and found.is_proven
    assert certified(m, found.prices) == found.total
    assert certified(m, found.prices + 50) < found.total


@pytest.mark.parametrize("seed", range(2))
def test_the_prices_prove_a_sifted_answer_for_all_pairs(seed: int) -> None:
    m = drawn(2000, 60, seed)
    m = replace(m, starts=np.arange(60) * 2 * DAY, ends=np.arange(60) * 2 * DAY + 240)
    assert m.person.size > search.FEW_PAIRS
    found = match(m)
    judged(m, found)
    assert found.flows > 1 and certified(m, found.prices) == found.total == found.bound


@pytest.mark.parametrize("seed", range(4))
def test_a_larger_answer_with_clashes_is_near_its_bound(seed: int) -> None:
    m = drawn(400, 40, seed)
    found = match(m)
    judged(m, found)
    free = match(replace(m, starts=np.arange(40) * 2 * DAY, ends=np.arange(40) * 2 * DAY + 240))
    assert free.total < found.bound <= found.total <= 1.01 * found.bound


def test_the_order_of_the_pairs_changes_nothing() -> None:
    m = drawn(150, 30, 3)
    mixed = np.random.default_rng(0).permutation(m.person.size)
    columns = ("person", "shift", "distance_m", "preference", "surplus", "fixed")
    other = replace(m, **{c: getattr(m, c)[mixed] for c in columns})
    one, two = match(m), match(other)
    assert sorted(chosen(m, one)) == sorted(chosen(other, two)) and (one.prices == two.prices).all()


def test_the_dearer_a_further_shift_the_more_people_have_one() -> None:
    """Convex cost spreads: the sum of squares of the loads falls, and is as even as can be where all is alike."""
    m = drawn(200, 30, 5)
    m = replace(m, places=np.full(30, 8), most=np.full(200, 3))
    squares = []
    for step in (0, 1_000, 100_000):
        found = match(replace(m, weights=Weights(1, 500, 300, 0, (0, step, 3 * step))), effort_pairs=5000)
        squares.append(int((np.bincount(m.person[found.placed.pair], minlength=200) ** 2).sum()))
    assert squares[0] > squares[1] > squares[2]
    alike = market([(p, j) for p in range(4) for j in range(6)], [1] * 6, [6] * 4, weights=Weights(nth=(0, 1, 3, 5, 7)))
    assert sorted(np.bincount([p for p, _ in chosen(alike, match(alike))])) == [1, 1, 2, 2]


def test_who_served_less_is_asked_first() -> None:
    m = market([(0, 0, 10), (1, 0, 12)], [1], [1, 1], served_hours=ints(8, 0))
    assert chosen(m, match(m)) == [(0, 0)]
    assert chosen(m, match(replace(m, weights=Weights(served_hour=1)))) == [(1, 0)]


def cancelled(m: Market, seed: int) -> tuple[Matching, np.ndarray, np.ndarray, np.ndarray]:
    found = match(m, effort_pairs=5000)
    rng = np.random.default_rng(seed)
    return found, rng.choice(found.placed.pair, 12, replace=False), rng.choice(m.most.size, 5), rng.choice(30, 2)


@pytest.mark.parametrize("seed", range(4))
def test_a_rematch_moves_nobody_who_was_not_touched(seed: int) -> None:
    m = drawn(200, 30, seed)
    before, pairs, people, shifts = cancelled(m, seed)
    after = rematch(m, before.placed.pair, pairs=pairs, people=people, shifts=shifts)
    gone = np.isin(np.arange(m.person.size), pairs) | np.isin(m.person, people) | np.isin(m.shift, shifts)
    stay = set(before.placed.pair[~gone[before.placed.pair]].tolist())
    now = set(after.placed.pair.tolist())
    assert stay <= now and not gone[list(now)].any() and now - stay
    assert stay == set(after.placed.pair[after.placed.kept].tolist())
    left = replace(m, places=np.where(np.isin(np.arange(30), shifts), 0, m.places))
    assert after.total == cost_of(left, tuple(now)) and is_allowed(left, tuple(now))


def test_a_rematch_may_move_people_for_a_price() -> None:
    """Free moves find the optimum anew; dear ones keep everybody; total counts what was undone."""
    m = drawn(200, 30, 8)
    before, pairs, people, shifts = cancelled(m, 8)
    held, free, dear = (
        rematch(m, before.placed.pair, pairs=pairs, people=people, shifts=shifts, move_cost=c)
        for c in (None, 0, 10_000_000)
    )
    assert free.total < held.total and dear.total == held.total
    gone = np.isin(np.arange(m.person.size), pairs) | np.isin(m.person, people) | np.isin(m.shift, shifts)
    stay = set(before.placed.pair[~gone[before.placed.pair]].tolist())
    assert stay <= set(dear.placed.pair.tolist()) and not stay <= set(free.placed.pair.tolist())
    some = rematch(m, before.placed.pair, pairs=pairs, people=people, shifts=shifts, move_cost=300)
    undone = len(stay - set(some.placed.pair.tolist()))
    left = replace(m, places=np.where(np.isin(np.arange(30), shifts), 0, m.places))
    assert some.total == cost_of(left, tuple(some.placed.pair.tolist())) + 300 * undone
    assert undone <= len(stay - set(free.placed.pair.tolist()))
    assert int(some.placed.parts.sum()) + int((some.unfilled.places * left.urgency).sum()) + 300 * undone == some.total


def test_a_rematch_refuses_what_is_not_there() -> None:
    m = market([(0, 0), (1, 0)], [1], [1, 1])
    for wrong in ({"people": ints(2)}, {"shifts": ints(-1)}, {"pairs": ints(7)}, {"move_cost": -1}):
        with pytest.raises(ValueError):
            rematch(m, ints(0), **wrong)
    with pytest.raises(ValueError):
        rematch(m, ints(0, 0))
    assert chosen(m, rematch(m, ints(0), people=ints(0))) == [(1, 0)]
