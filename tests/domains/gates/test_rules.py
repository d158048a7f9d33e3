"""Which ladder decides, by when, and what a gate says: on plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lianfang.domains.decisions.rules import open_steps, step_dues
from lianfang.domains.gates.rules import decide_by, ladder_of, verdict

AT = datetime(2022, 6, 11, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = {"sealed": {"ladder": "three", "fast": "fast"}, "other": {"ladder": "two", "fast": "fast"}}
SEALED = {"kind": "sealed", "rules": {"leave_home": "no", "leave_zone": "permit"}}
WATCHED = {"kind": "contact-close", "rules": {"leave_home": "no", "leave_zone": "no"}}
FREE = {"kind": "prevention", "rules": {"leave_home": "yes", "leave_zone": "yes", "gather": "no"}}


@pytest.mark.parametrize(
    ("holds", "fast", "found"),
    [([], False, ("", "")), ([FREE], False, ("", "")), ([SEALED], False, ("three", "sealed")),
     ([FREE, SEALED], False, ("three", "sealed")), ([WATCHED], False, ("no", "contact-close")),
     ([WATCHED], True, ("fast", "contact-close")), ([{"kind": "x", "rules": {"leave_zone": "permit"}}], False,
                                                    ("two", "x"))],
)  # fmt: skip
def test_the_ladder_follows_from_the_hold_that_speaks_first(holds: list, fast: bool, found: tuple) -> None:
    assert ladder_of(holds, RULES, is_fast=fast) == found


def test_the_word_is_needed_half_way_to_when_somebody_has_to_leave() -> None:
    assert decide_by(AT, leaves_at=AT + 4 * HOUR, deadline_at=None, travel=HOUR) == AT + 2 * HOUR
    assert decide_by(AT, leaves_at=AT + 4 * HOUR, deadline_at=AT + 3 * HOUR, travel=HOUR) == AT + HOUR
    assert decide_by(AT, leaves_at=AT - HOUR, deadline_at=None, travel=HOUR) == AT  # already too late: at once


def test_steps_run_one_after_another_or_beside_and_share_what_time_there_is() -> None:
    steps = [{"minutes": 20}, {"minutes": 40}, {"minutes": 30, "beside": True}]
    usual = step_dues(steps, AT, None)
    assert [(d - AT).total_seconds() / 60 for d in usual if d] == [20, 60, 50]
    hurried = step_dues(steps, AT, AT + HOUR / 2)
    assert [(d - AT).total_seconds() / 60 for d in hurried if d] == [10, 30, 25]
    assert step_dues(steps, AT, AT + 9 * HOUR) == usual
    assert step_dues([{}], AT, None) == [None] and step_dues([{}], AT, AT + HOUR) == [AT + HOUR]
    assert step_dues(steps, AT, AT) == [AT, AT, AT]

    class Step:
        def __init__(self, is_beside: bool) -> None:
            self.is_beside = is_beside

    a, b, c, d = Step(False), Step(True), Step(False), Step(True)
    assert open_steps([a, b, c, d]) == [a, b] and open_steps([b, c]) == [b] and open_steps([]) == []


@pytest.mark.parametrize(
    ("state", "way", "after", "says"),
    [("issued", "out", 0, ""), ("issued", "out", -25, ""), ("issued", "out", -31, "early"),
     ("issued", "out", 120, "over"),
     ("applied", "out", 0, "not_issued"), ("refused", "out", 0, "refused"), ("void", "out", 0, "void"),
     ("out", "out", 0, "is_out"), ("back", "out", 0, "is_back"), ("out", "in", 999, ""),
     ("applied", "in", 0, "not_out")],
)  # fmt: skip
def test_a_gate_lets_out_in_time_once_and_lets_in_always(state: str, way: str, after: int, says: str) -> None:
    at = AT + timedelta(minutes=after)
    assert verdict(state, way, from_at=AT, until_at=AT + 2 * HOUR, at=at) == says


@pytest.mark.parametrize(
    ("state", "way", "says"),
    [("issued", "out", ""), ("issued", "in", "not_out"), ("gone", "out", "is_gone"), ("gone", "in", "is_gone"),
     ("applied", "out", "not_issued")],
)  # fmt: skip
def test_one_way_lets_out_once_and_nobody_in(state: str, way: str, says: str) -> None:
    assert verdict(state, way, from_at=AT, until_at=AT + 2 * HOUR, at=AT, is_one_way=True) == says
