"""Notes on duty against a plain reading of them in order; who is due what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.calls.rules import (
    Noted,
    assembly_missing,
    duty_state,
    has_fever,
    load_of,
    note_fault,
    over,
)

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STEPS = ("break", "back", "meal", "suit-on", "suit-off", "gear", "entered", "left", "relief", "relieved")


def _kept(kinds: list[str]) -> list[Noted]:
    """The notes that are kept when they come one after another, a minute apart."""
    notes: list[Noted] = []
    for n, kind in enumerate(kinds):
        at = T0 + n * MINUTE
        if not note_fault(kind, notes, at, {"clean": True}, None, T0)[0]:
            notes.append((kind, at, {}))
    return notes


@given(st.lists(st.sampled_from(STEPS), max_size=25))
def test_whatever_comes_pauses_suits_and_stays_open_and_close_in_turn(kinds: list[str]) -> None:
    """The oracle walks through the kept notes with three switches and one ticket for the gear check."""
    on = {"break": False, "suit-on": False, "entered": False}
    ends = {"back": "break", "suit-off": "suit-on", "left": "entered"}
    gear = False
    for kind, _, _ in _kept(kinds):
        if kind in on:
            assert not on[kind] and (kind != "entered" or gear)
            on[kind] = True
        elif kind in ends:
            assert on[ends[kind]]
            on[ends[kind]] = False
            gear = gear and kind != "left"
        elif kind == "gear":
            gear = True
    state = duty_state(_kept(kinds), T0)
    assert (state.break_since is not None, state.suit_since is not None, state.inside_since is not None) == tuple(
        on.values()
    )


def test_nobody_goes_in_twice_on_one_gear_check_or_comes_out_unclean() -> None:
    gear: Noted = ("gear", T0, {})
    inside: Noted = ("entered", T0 + MINUTE, {})
    out: Noted = ("left", T0 + 2 * MINUTE, {})
    at = T0 + 3 * MINUTE
    assert note_fault("entered", [], at, {}, None, T0)[0] == "calls.gear_unchecked"
    assert note_fault("entered", [gear, inside, out], at, {}, None, T0)[0] == "calls.gear_unchecked"
    assert note_fault("left", [gear, inside], at, {}, None, T0)[1]["field"] == "clean"
    assert note_fault("left", [gear, inside], at, {"clean": True}, None, T0) == ("", {})


@pytest.mark.parametrize(
    ("kind", "values", "celsius", "came", "code"),
    [
        ("dance", {}, None, T0, "calls.unfit"),
        ("temperature", {}, None, None, "calls.unfit"),
        ("temperature", {}, 45.0, None, "calls.unfit"),
        ("temperature", {}, 36.5, None, ""),
        ("kit", {}, None, None, ""),
        ("break", {}, None, None, "calls.not_in"),
        ("back", {}, None, T0, "calls.not_begun"),
        ("suit-off", {}, None, T0, "calls.not_begun"),
        ("overrun", {"why": " ", "until": "2026-07-21T12:00:00+08:00"}, None, T0, "calls.unfit"),
        ("overrun", {"why": "没有替换", "until": "soon"}, None, T0, "calls.unfit"),
        ("overrun", {"why": "没有替换", "until": "2026-07-21T12:00:00+08:00"}, None, T0, ""),
    ],
)
def test_what_a_note_must_say(
    kind: str, values: dict[str, str], celsius: float | None, came: datetime | None, code: str
) -> None:
    assert note_fault(kind, [], T0, values, celsius, came)[0] == code


def test_assembly_is_ticked_item_by_item_and_the_newest_temperature_counts() -> None:
    hot: Noted = ("temperature", T0, {"fever": True})
    cool: Noted = ("temperature", T0 + MINUTE, {"fever": False})
    assert assembly_missing([], kit=True, training=True) == ["temperature", "kit", "training"]
    assert assembly_missing([cool, ("kit", T0, {})], kit=True, training=False) == []
    assert has_fever([hot]) and not has_fever([cool, hot]) and not has_fever([])


def test_rest_counts_from_coming_or_the_last_pause_and_a_limit_is_passed_when_exceeded() -> None:
    meal: Noted = ("meal", T0 + 60 * MINUTE, {})
    assert duty_state([], T0).rested_at == T0 and duty_state([meal], T0).rested_at == T0 + 60 * MINUTE
    assert duty_state([meal], T0).has_eaten
    assert not over(T0, T0 + timedelta(hours=4), timedelta(hours=4))
    assert over(T0, T0 + timedelta(hours=4, seconds=1), timedelta(hours=4)) and not over(None, T0, timedelta())


@pytest.mark.parametrize(
    ("day", "week", "load"),
    [(7.9, 39, ""), (8, 0, "amber"), (0, 40, "amber"), (12, 0, "red"), (0, 60, "red"), (11.9, 59.9, "amber")],
)
def test_amber_and_red_by_day_and_week(day: float, week: float, load: str) -> None:
    assert load_of(day, week, amber=(8, 40), red=(12, 60)) == load
