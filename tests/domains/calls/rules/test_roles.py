"""Heads by role against brute force: how many can be filled, when the last places are kept, what is wrong."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.domains.calls.rules.claims import Waiting, move_up
from lianfang.domains.calls.rules.roles import Heads, filled, roles_fault, roles_of

NAMES = ("clinician", "driving", "swab")
people = st.lists(st.frozensets(st.sampled_from(NAMES), max_size=3), max_size=6)
needs = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 2), max_size=3)


def brute(roles: dict[str, int], some: list[frozenset[str]]) -> int:
    """Every order of the people onto the seats, one after another."""
    seats = [r for r, n in roles.items() for _ in range(n)]
    best = 0
    for order in permutations(range(len(seats)), len(seats)):
        left, n = list(some), 0
        for seat in order:
            fit = sorted((p for p in left if seats[seat] in p), key=len)
            if fit:
                left.remove(fit[0])
                n += 1
        best = max(best, n)
    return best


@settings(max_examples=150, deadline=None)
@given(needs, people)
def test_as_many_heads_are_filled_as_people_allow(roles: dict[str, int], some: list[frozenset[str]]) -> None:
    assert filled(roles, Counter(some)) == brute(roles, some)
    heads = Heads(roles, Counter(p & frozenset(roles) for p in some))
    assert sum(heads.lacking().values()) == sum(roles.values()) - brute(roles, some)


@settings(max_examples=150, deadline=None)
@given(needs, people, st.frozensets(st.sampled_from(NAMES), max_size=3), st.integers(1, 5))
def test_a_place_is_kept_if_giving_it_leaves_a_role_without_room(
    roles: dict[str, int], some: list[frozenset[str]], own: frozenset[str], free: int
) -> None:
    heads = Heads(roles, Counter(p & frozenset(roles) for p in some))
    need = sum(roles.values())
    before, after = need - brute(roles, some), need - brute(roles, [*some, own])
    assert heads.is_kept(own, free) == (after == before > 0 and after > free - 1)


def test_one_who_can_do_both_fills_one_of_two_roles() -> None:
    heads = Heads({"clinician": 1, "driving": 1})
    heads.take({"clinician", "driving", "english"})
    assert heads.lacking() == {"driving": 1}
    assert heads.is_kept((), 1) and not heads.is_kept((), 2) and not heads.is_kept({"clinician"}, 1)
    heads.take({"clinician"})
    assert heads.lacking() == {} and not heads.is_kept((), 1)


def test_heads_for_whom_another_call_asks_are_not_asked_for_twice() -> None:
    stated = [{"skill": "clinician", "heads": 2}, {"skill": "driving", "heads": 1}]
    assert roles_of(stated) == {"clinician": 2, "driving": 1}
    assert roles_of(stated, {"clinician": 1, "driving": 1}) == {"clinician": 1}


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ([{"skill": "swab", "heads": 2}], ""),
        ([], ""),
        ([{"skill": "swab", "heads": 3}], "≤ 2"),
        ([{"skill": "swab", "heads": 0}], "1–99"),
        ([{"skill": "swab", "heads": "1"}], "1–99"),
        ([{"skill": "nobody", "heads": 1}], "clinician driving swab"),
        ([{"skill": "swab", "heads": 1}] * 2, "clinician driving swab"),
        ([{"skill": s, "heads": 1} for s in ("a", "b", "c", "d")], "0–3"),
    ],
)
def test_roles_that_cannot_be_are_told(stated: list[dict[str, object]], fault: str) -> None:
    assert roles_fault(stated, NAMES, 2) == fault


def test_who_moves_up_leaves_the_last_place_to_the_role_though_he_waited_longer() -> None:
    shift, helper, nurse = uuid4(), uuid4(), uuid4()
    at = datetime(2027, 3, 1, 8, tzinfo=UTC)
    span = (at, at + timedelta(hours=4))
    waiting = [Waiting(helper, shift, helper, span), Waiting(nurse, shift, nurse, span)]
    chosen = move_up(waiting, {shift: 1}, {shift: Heads({"clinician": 1})}, {nurse: {"clinician"}})
    assert [w.account_id for w in chosen] == [nurse]
    assert [w.account_id for w in move_up(waiting, {shift: 1})] == [helper]
