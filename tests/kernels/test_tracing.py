"""Contacts from stays: an instance solved by hand, the stated edges, and a double loop written for this test alone."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels import tracing

H = 3600
M = 60
OFFSET = 8 * H
VISITS = ("pid", "place", "tin", "tout")
Rows = list[tuple[int, ...]]


@pytest.fixture(scope="module")
def con() -> Any:
    return ibis.duckdb.connect()


def table(names: tuple[str, ...], rows: Rows) -> Any:
    """Rows as a table of int64 columns, also where there are none."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return ibis.memtable(pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)}))


def kept(con: Any, expression: Any) -> Any:
    """A step run, and its rows as a table for the next one."""
    return ibis.memtable(con.to_pyarrow(expression))


def rows_of(con: Any, expression: Any, *names: str) -> Rows:
    found = con.to_pyarrow(expression.select(*names))
    return sorted(tuple(int(row[n]) for n in names) for row in found.to_pylist())


def normalised(con: Any, visits: Rows) -> Any:
    return kept(con, tracing.split_at_midnight(tracing.merged(table(VISITS, visits)), offset_s=OFFSET))


def traced(
    con: Any, visits: Rows, homes: Rows, case: int, window: tuple[int, int], *, least_s: int, asof: int, most: int
) -> dict[str, Any]:
    """The steps one after the other, each small side kept in between, as a planner runs them."""
    both = normalised(con, visits)
    households = table(("pid", "hid"), homes)
    crowds = kept(con, tracing.crowded(both, most=most))
    out: dict[str, Any] = {}

    def pairs_of(people: Any) -> Any:
        own = kept(con, tracing.own_visits(both, people))
        met = tracing.meetings(tracing.quiet(own, crowds), both)
        out.setdefault(
            "announced", rows_of(con, tracing.announced(own, crowds), "place", "day", "tin", "tout", "present")
        )
        return kept(con, tracing.exposures(met, tracing.mates(households, people)))

    pairs = pairs_of(table(("pid", "from_s", "to_s"), [(case, *window)]))
    close = tracing.close_contacts(pairs, least_s=least_s)
    out["close"] = rows_of(con, close, "pid", "seconds", "first", "last", "places", "household")
    people = [(r[0], r[2], asof) for r in out["close"] if r[2] < asof]
    known = table(("pid",), [(case,), *((p[0],) for p in people)])
    second = tracing.secondary_contacts(pairs_of(table(("pid", "from_s", "to_s"), people)), known)
    out["second"] = rows_of(con, second, "pid", "via", "first", "seconds", "chains")
    return out


# Day 0 is 1970-01-01 local; 09:00 local is 1 h after the epoch.
NINE = H
BY_HAND: Rows = [
    (1, 10, NINE, NINE + 2 * H),  # the case: a tea house, 9 to 11 …
    (1, 20, NINE + 3 * H, NINE + 3 * H + 20 * M),  # … and a market stall, 12:00 to 12:20
    (2, 10, NINE + H, NINE + H + 14 * M),  # 14 minutes there …
    (2, 20, NINE + 3 * H + 10 * M, NINE + 3 * H + 11 * M),  # … and 1 at the stall: 15 in all, two places
    (3, 10, NINE + 2 * H, NINE + 4 * H),  # comes as the case leaves
    (4, 10, NINE + H, NINE + H + 14 * M + 59),  # a second short
    (6, 30, NINE + 5 * H, NINE + 6 * H),
    (2, 30, NINE + 5 * H + 30 * M, NINE + 7 * H),  # the close contact sits with 6 later
    (7, 30, NINE + 5 * H, NINE + 5 * H + 30 * M),  # gone when 2 comes
]
HOMES: Rows = [(1, 100), (5, 100), (2, 200), (8, 200), (3, 300)]


def test_an_instance_solved_by_hand(con: Any) -> None:
    found = traced(con, BY_HAND, HOMES, 1, (0, 24 * H), least_s=15 * M, asof=24 * H, most=300)
    assert found["close"] == [
        (2, 15 * M, NINE + H, NINE + 3 * H + 11 * M, 2, 0),
        (5, 0, 0, 24 * H, 0, 1),  # behind the same door, never seen anywhere
    ]
    assert found["second"] == [
        (4, 2, NINE + H, 14 * M, 1),  # a second short of close, and met the close contact in the tea house
        (6, 2, NINE + 5 * H + 30 * M, 30 * M, 1),
        (8, 2, NINE + H, 0, 1),  # lives with the close contact, counted from the contact's own exposure
    ]
    assert found["announced"] == []


def test_exactly_the_minutes_are_close_and_a_second_less_is_not(con: Any) -> None:
    for seconds, n in ((15 * M, 1), (15 * M - 1, 0)):
        visits: Rows = [(1, 10, 0, 2 * H), (2, 10, H, H + seconds)]
        assert len(traced(con, visits, [], 1, (0, 3 * H), least_s=15 * M, asof=3 * H, most=9)["close"]) == n


def test_a_meeting_over_midnight_counts_whole_and_once(con: Any) -> None:
    midnight = 16 * H  # 24:00 local of day 0
    visits: Rows = [(1, 10, midnight - 10 * M, midnight + 10 * M), (2, 10, midnight - 8 * M, midnight + 7 * M)]
    both = rows_of(con, normalised(con, visits), "day", "tin", "tout")
    assert [r[0] for r in both] == [0, 0, 1, 1] and sum(r[2] - r[1] for r in both) == 35 * M
    found = traced(con, visits, [], 1, (0, 48 * H), least_s=15 * M, asof=48 * H, most=9)
    assert found["close"] == [(2, 15 * M, midnight - 8 * M, midnight + 7 * M, 1, 0)]


def test_a_stay_that_ends_at_midnight_leaves_no_empty_piece(con: Any) -> None:
    assert len(rows_of(con, normalised(con, [(1, 10, 15 * H, 16 * H)]), "day")) == 1


def test_one_stay_seen_twice_counts_once_and_a_stay_of_no_length_not_at_all(con: Any) -> None:
    stays: Rows = [
        (1, 10, 0, 100),
        (1, 10, 50, 150),
        (1, 10, 150, 200),
        (1, 10, 300, 300),
        (1, 10, 400, 390),
        (1, 11, 0, 9),
    ]
    found = rows_of(con, tracing.merged(table(VISITS, stays)), *VISITS)
    assert found == [(1, 10, 0, 200), (1, 11, 0, 9)]


def test_a_crowd_is_announced_and_nobody_in_it_followed(con: Any) -> None:
    visits: Rows = [(1, 10, H, 2 * H), *((n, 10, 0, 3 * H) for n in range(2, 6))]
    crowd = traced(con, visits, [], 1, (0, 9 * H), least_s=15 * M, asof=9 * H, most=4)
    assert crowd["close"] == [] and crowd["announced"] == [(10, 0, H, 2 * H, 5)]
    full = traced(con, visits, [], 1, (0, 9 * H), least_s=15 * M, asof=9 * H, most=5)  # exactly so many is no crowd
    assert [r[0] for r in full["close"]] == [2, 3, 4, 5] and full["announced"] == []


def test_of_two_who_exposed_somebody_at_once_the_smaller_is_named(con: Any) -> None:
    visits: Rows = [
        (1, 10, 0, H),
        (2, 10, 0, H),
        (3, 10, 0, H),
        (9, 20, 2 * H, 3 * H),
        (3, 20, 2 * H, 3 * H),
        (2, 20, 2 * H, 3 * H),
    ]
    found = traced(con, visits, [], 1, (0, H), least_s=M, asof=4 * H, most=9)
    assert found["second"] == [(9, 2, 2 * H, H, 2)]


# ---- An oracle that knows nothing of tables: sets of seconds on a coarse clock -------------------------------------

STEP = 4 * H  # one tick, so that a week has 42 and a set of them is a stay


def ticks(visits: Rows) -> dict[tuple[int, int], set[int]]:
    """The ticks that each person spent in each place."""
    spent: dict[tuple[int, int], set[int]] = defaultdict(set)
    for pid, place, tin, tout in visits:
        spent[pid, place] |= set(range(tin // STEP, tout // STEP))
    return spent


def local_day(tick: int) -> int:
    return (tick * STEP + OFFSET) // (24 * H)


def loop(
    visits: Rows, homes: Rows, src: int, window: range, crowds: set[tuple[int, int]]
) -> dict[int, tuple[int, int, int, int, int]]:
    """Everybody whom one person met in a window, pair by pair: seconds, first, last, places, household."""
    spent, met = ticks(visits), defaultdict(lambda: defaultdict(set))
    for (a, place), mine in spent.items():
        for (b, other), theirs in spent.items():
            if a == src and b != src and place == other:
                shared = {t for t in mine & theirs if t in window and (place, local_day(t)) not in crowds}
                if shared:
                    met[b][place] |= shared
    doors = {h for p, h in homes if p == src}
    lives_with = {p for p, h in homes if h in doors and p != src}
    out = {}
    for b in set(met) | lives_with:
        all_ticks = [t for own in met[b].values() for t in own]
        first, last = (min(all_ticks), max(all_ticks) + 1) if all_ticks else (10**9, -1)
        if b in lives_with:
            first, last = min(first, window.start), max(last, window.stop)
        out[b] = (
            len(all_ticks) * STEP,
            first * STEP,
            last * STEP,
            sum(1 for own in met[b].values() if own),
            int(b in lives_with),
        )
    return out


def crowds_in(visits: Rows, most: int) -> set[tuple[int, int]]:
    inside: dict[tuple[int, int], set[int]] = defaultdict(set)
    for (pid, place), own in ticks(visits).items():
        for t in own:
            inside[place, local_day(t)].add(pid)
    return {k for k, people in inside.items() if len(people) > most}


stays = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(0, 20), st.integers(-1, 8)).map(
        lambda v: (v[0], v[1], v[2] * STEP, (v[2] + v[3]) * STEP)
    ),
    max_size=24,
)
doors = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 3)), max_size=6, unique_by=lambda r: r[0])


@settings(max_examples=60, deadline=None)
@given(stays, doors, st.integers(0, 10), st.integers(1, 12), st.integers(1, 4), st.integers(2, 6))
def test_it_is_what_a_double_loop_finds(
    con: Any, visits: Rows, homes: Rows, start: int, length: int, least: int, most: int
) -> None:
    visits = [v for v in visits if v[3] > v[2]] + [v for v in visits if v[3] <= v[2]][:2]
    window, asof = range(start, start + length), 30
    found = traced(con, visits, homes, 1, (start * STEP, (start + length) * STEP), least_s=least * STEP,
                   asof=asof * STEP, most=most)  # fmt: skip
    good = [v for v in visits if v[3] > v[2]]
    crowds = crowds_in(good, most)
    met = loop(good, homes, 1, window, crowds)
    close = {p: v for p, v in met.items() if v[0] >= least * STEP or v[4]}
    assert found["close"] == sorted((p, *v) for p, v in close.items())
    best: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for c, v in close.items():
        if v[1] < asof * STEP:
            for p, w in loop(good, homes, c, range(v[1] // STEP, asof), crowds).items():
                if p != 1 and p not in close:
                    best[p].append((w[1], c, w[0]))
    want = sorted((p, min(b)[1], min(b)[0], min(b)[2], len(b)) for p, b in best.items())
    assert found["second"] == want
