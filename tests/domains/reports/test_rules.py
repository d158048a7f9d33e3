"""Sums of a sheet, by hand and against re-counting item by item."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.reports.rules import (
    Bucket,
    balance,
    by_area,
    finished,
    rate,
    received,
    rolled_up,
    still_open,
    work_done,
)

D0, A, B, TOP = date(2026, 7, 20), UUID(int=1), UUID(int=2), UUID(int=9)


def day(n: int) -> date:
    return D0 + timedelta(days=n)


HAND = [
    Bucket("visit", A, day(0), day(0), "done", 3, 3.0),
    Bucket("visit", A, day(0), day(2), "done", 2, 2.0),
    Bucket("visit", B, day(1), None, "to-visit", 4, 0.0),
    Bucket("other", A, day(0), day(0), "done", 9, 9.0),
]


def test_a_day_by_hand() -> None:
    assert [received(HAND, "visit", until=day(n)) for n in range(3)] == [5, 9, 9]
    assert [finished(HAND, "visit", until=day(n)) for n in range(3)] == [3, 3, 5]
    assert [still_open(HAND, "visit", until=day(n)) for n in range(3)] == [2, 6, 4]
    assert work_done(HAND, "visit", until=day(2)) == 5 and by_area(HAND, "visit", "open", until=day(1)) == {A: 2, B: 4}
    assert rolled_up({A: 2, B: 4}, {A: TOP, B: TOP}) == {TOP: 6} and rolled_up({A: 2}, {}) == {A: 2}


def test_an_index_without_a_base_is_unknown_and_not_nought() -> None:
    assert rate(3, 0, times=100) is None and rate(3, 60, times=100) == 5.0
    assert balance(5, 3, 2) == ("ok", {}) and balance(5, 3, 1) == ("differs", {"gap": 1})


ITEMS = st.lists(
    st.tuples(
        st.sampled_from(["visit", "other"]),
        st.sampled_from([A, B]),
        st.integers(0, 5),
        st.one_of(st.none(), st.integers(0, 5)),
    ),
    max_size=40,
)


@given(ITEMS, st.integers(0, 5))
def test_received_is_closed_plus_open_and_parts_are_wholes(
    items: list[tuple[str, UUID, int, int | None]], n: int
) -> None:
    real = [(k, a, o, None if c is None else max(o, c)) for k, a, o, c in items]
    buckets = [
        Bucket(k, a, day(o), None if c is None else day(c), "done" if c is not None else "open", 1, 1.0)
        for k, a, o, c in real
    ]
    opened = sum(1 for k, _, o, _ in real if k == "visit" and o <= n)
    closed = sum(1 for k, _, _, c in real if k == "visit" and c is not None and c <= n)
    assert received(buckets, "visit", until=day(n)) == opened and finished(buckets, "visit", until=day(n)) == closed
    assert balance(opened, closed, still_open(buckets, "visit", until=day(n)))[0] == "ok"
    assert sum(by_area(buckets, "visit", "received", until=day(n)).values()) == opened
