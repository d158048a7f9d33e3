"""What is asked twice and when it is night, against counting by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.work.rules.asking import Asking, holds_since, is_at_night, times_asked

ONE, TWO = UUID(int=1), UUID(int=2)
EVERY = [Asking(q, by, is_knock) for q in "ab" for by in (ONE, TWO, None) for is_knock in (True, False)]
ASKINGS = st.lists(st.sampled_from(EVERY), max_size=12)


def test_who_knocks_and_notes_the_task_has_asked_once_and_the_next_is_the_second() -> None:
    mine = [Asking("a", ONE, is_knock=True), Asking("a", ONE, is_knock=False), Asking("a", ONE, is_knock=False)]
    assert times_asked(mine) == {"a": 1}
    assert times_asked([*mine, Asking("a", ONE, is_knock=True)]) == {"a": 2}
    assert times_asked([*mine, Asking("a", TWO, is_knock=False)]) == {"a": 2}
    assert times_asked([*mine, Asking("b", TWO, is_knock=True)]) == {"a": 1, "b": 1}


@given(ASKINGS)
def test_it_counts_as_somebody_who_counts_visits_does(askings: list[Asking]) -> None:
    def key(a: Asking) -> tuple[str, str]:
        return (a.question, str(a.by))

    by_hand: dict[str, int] = {}
    for (question, _), group in groupby(sorted(askings, key=key), key=key):
        rows = list(group)
        visits = [r for r in rows if r.is_knock] or rows[:1]
        by_hand[question] = by_hand.get(question, 0) + len(visits)
    assert times_asked(askings) == by_hand


@given(ASKINGS, ASKINGS)
def test_order_does_not_matter_and_more_is_never_fewer(some: list[Asking], more: list[Asking]) -> None:
    assert times_asked(some + more) == times_asked(more + some)
    whole = times_asked(some + more)
    assert all(whole[q] >= n for q, n in times_asked(some).items())


@pytest.mark.parametrize(("hour", "minute", "night"), [(21, 59, False), (22, 0, True), (0, 0, True), (6, 59, True),
                                                       (7, 0, False), (12, 0, False)])  # fmt: skip
def test_the_night_is_half_open(hour: int, minute: int, night: bool) -> None:
    at = datetime(2026, 3, 1, hour, minute, tzinfo=UTC)
    assert is_at_night(at, [22, 7]) is night
    assert is_at_night(at, [7, 7]) is False
    assert is_at_night(at, [7, 22]) is not night


def test_an_answer_holds_for_its_hours_and_never_beyond_its_day() -> None:
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert holds_since(at, 24) == datetime(2026, 3, 1, tzinfo=UTC)
    assert holds_since(at, 2) == at - timedelta(hours=2)
