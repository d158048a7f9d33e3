"""Judging moves on plain values."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.work.rules import (
    Against,
    Bound,
    Listed,
    Standing,
    carried,
    clock_minutes,
    counted_value,
    first_state,
    is_drawn,
    judge,
    missing_fields,
    move_at_end,
    moves_from,
    next_day,
    next_try,
    plan_of,
    planned_values,
    routine_of,
    runs_of,
    search_words,
    split_values,
    unfit_values,
    unmade_move,
    unmet_criteria,
    value_fix,
)

KIND: dict[str, Any] = {
    "kind": "k",
    "states": [
        {"name": "a", "first": True, "tone": "todo"},
        {"name": "b", "tone": "doing"},
        {"name": "c", "closed": True, "tone": "done"},
    ],
    "moves": [
        {"name": "go", "from": ["a"], "to": "b", "who": ["owner"]},
        {"name": "end", "from": ["b"], "to": "c", "who": ["other", "lead"], "second_person": True},
    ],
    "fields": [
        {"name": "n", "type": "whole", "required_at": ["go"]},
        {"name": "why", "type": "text", "required_at": ["go"], "required_when": {"field": "n", "is": 0}},
        {"name": "tel", "type": "text", "personal": "contact", "retention": "plea", "required_at": []},
    ],
    "counted_field": "n",
}
NOBODY = Standing(False, False, False, False, False)
OWNER = Standing(True, False, True, False, False)


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (NOBODY, "work.move_not_yours"),
        (OWNER, ""),
        (Standing(False, True, True, False, False), "work.move_not_yours"),
    ],
)
def test_a_move_belongs_to_whom_the_kind_names(standing: Standing, code: str) -> None:
    assert judge(KIND, state="a", move="go", values={"n": 1}, had={}, standing=standing).code == code


def test_the_doer_and_the_last_mover_do_not_close() -> None:
    ask = dict(kind=KIND, state="b", move="end", values={}, had={})
    assert judge(**ask, standing=Standing(True, False, True, True, True)).code == "work.needs_another"  # type: ignore[arg-type]
    assert judge(**ask, standing=Standing(False, True, True, True, False)).code == "work.needs_another"  # type: ignore[arg-type]
    assert judge(**ask, standing=Standing(False, False, True, False, False)).state == "c"  # type: ignore[arg-type]


def test_a_field_is_needed_only_when_its_condition_holds() -> None:
    assert missing_fields(KIND, "go", {"n": 1}) == []
    assert missing_fields(KIND, "go", {"n": 0}) == ["why"]
    assert missing_fields(KIND, "go", {}) == ["n"]


@pytest.mark.parametrize(
    ("value", "fix"), [(1, ""), (1.5, "a whole number"), (True, "a number"), ("1", "a number"), (None, "")]
)
def test_a_whole_number_is_one(value: object, fix: str) -> None:
    assert value_fix(KIND["fields"][0], value) == fix


def test_personal_values_go_apart_by_retention_class() -> None:
    assert split_values(KIND, {"n": 1, "tel": "138"}) == ({"n": 1}, {"plea": {"tel": "138"}})


def test_an_item_that_ends_done_counts_its_field() -> None:
    assert counted_value(KIND, "c", {"n": 40}) == 40
    assert counted_value(KIND, "b", {"n": 40}) is None


def test_only_moves_one_may_make_are_offered() -> None:
    assert [m["name"] for m in moves_from(KIND, "a", OWNER)] == ["go"]
    assert moves_from(KIND, "a", NOBODY) == []


@given(st.text(alphabet="沙洲花园栋abc 12", min_size=2, max_size=12))
def test_whatever_is_searched_finds_the_text_it_was_taken_from(text: str) -> None:
    assert set(search_words(text)) <= set(search_words("前 " + text + " 后", text))


@given(st.lists(st.uuids(), min_size=300, max_size=300, unique=True), st.sampled_from([0, 100]))
def test_none_or_all_are_drawn_at_nought_and_a_hundred_percent(ids: list[UUID], percent: int) -> None:
    assert {is_drawn(i, i, percent) for i in ids} == {percent == 100}


SHANGHAI = timezone(timedelta(hours=8))
WINDOWS = [["09:00", "11:30"], ["14:30", "17:00"], ["18:30", "20:30"]]


def _on(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("tried", "at", "again"),
    [
        ([(21, 10)], (21, 10), (21, 14, 30)),  # the next part of the same day
        ([(21, 10), (21, 15)], (21, 15), (21, 18, 30)),
        ([(21, 10), (21, 15), (21, 19)], (21, 19), (22, 9)),  # each once: the one that comes first
        ([(20, 19), (21, 10)], (21, 10), (21, 14, 30)),
        ([(20, 10), (20, 15), (21, 10), (21, 15)], (21, 15), (21, 18, 30)),  # the evening was never tried
        ([(21, 23)], (21, 23), (22, 9)),  # an hour outside every window counts for none
        ([(21, 14, 30)], (21, 14, 30), (21, 18, 30)),  # a window that begins now has begun
    ],
)
def test_the_next_try_is_in_the_part_of_the_day_that_was_tried_least(
    tried: list[tuple[int, ...]], at: tuple[int, ...], again: tuple[int, ...]
) -> None:
    assert next_try(WINDOWS, [_on(*t) for t in tried], _on(*at)) == _on(*again)


def test_a_clock_takes_its_time_from_the_item_then_the_kind_then_the_edition() -> None:
    body = {"fields": [{"name": "every_days", "unit": "天"}, {"name": "every", "unit": "小时"}]}
    assert clock_minutes(body, {"field": "every_days", "minutes": 5}, {"every_days": 2}) == 2880
    assert clock_minutes(body, {"field": "every", "minutes": 5}, {"every": 6}) == 360
    assert clock_minutes(body, {"field": "every", "minutes": 5}, {}) == 5
    assert clock_minutes(body, {"value": "x"}, {}, (3, "day")) == 4320
    assert clock_minutes(body, {"value": "x"}, {}) == 240


def test_a_criterion_is_asked_at_its_move_alone_and_names_what_it_asks() -> None:
    fields = [
        {"name": "days", "type": "whole", "required_at": ["go"], "criterion": {"at": ["go"], "at_least": 7}},
        {"name": "kept", "type": "bool", "required_at": ["go"], "criterion": {"at": ["go"], "is": True}},
    ]
    kind = {**KIND, "fields": fields}
    assert unmet_criteria(kind, "go", {"days": 7, "kept": True}) == {}
    assert unmet_criteria(kind, "go", {"days": 6, "kept": False}) == {"days": "≥ 7", "kept": "true"}
    assert unmet_criteria(kind, "end", {"days": 6, "kept": False}) == {} == unmet_criteria(kind, "go", {})

    def verdict(days: int, had: dict[str, Any]) -> tuple[str, str]:
        v = judge(kind, state="a", move="go", values={"days": days}, had=had, standing=OWNER)
        return v.code, v.state

    assert verdict(7, {"kept": True}) == ("", "b")
    assert verdict(6, {"kept": True}) == ("work.criterion_unmet", "") == verdict(7, {"kept": False})
    assert verdict(7, {}) == ("work.field_missing", "")


WASTE: dict[str, Any] = {
    "kind": "w",
    "risk": {"kit": ["n95", "two-gloves"]},
    "states": [{"name": "a", "first": True, "tone": "todo"}, {"name": "b", "closed": True, "tone": "done"}],
    "moves": [
        {"name": "go", "from": ["a"], "to": "b", "who": ["owner"], "kit": True},
        {"name": "hand", "from": ["a"], "to": "b", "who": ["owner"]},
    ],
    "fields": [
        {"name": "kit_n95", "type": "bool", "words": {"en": "N95"}, "anew": True, "required_at": ["go"]},
        {"name": "kit_two_gloves", "type": "bool", "words": {"en": "Gloves"}, "anew": True, "required_at": ["go"]},
        {"name": "mins", "type": "whole", "words": {"en": "Time"}, "required_at": ["go"],
         "criterion": {"at": ["go"], "at_most_value": "m"}},
        {"name": "no", "type": "text", "required_at": ["hand"],
         "criterion": {"at": ["hand"], "registered": "r", "into": "who"}},
        {"name": "who", "type": "text", "told": True},
    ],
}  # fmt: skip
DRESSED = {"kit_n95": True, "kit_two_gloves": True}
HELD = Against({"m": Bound(240, "minute", "V5", "s")}, {("r", "7"): Listed("绿洁", date(2026, 7, 1))}, date(2026, 7, 1))


@pytest.mark.parametrize(
    ("values", "had", "code"),
    [
        ({**DRESSED, "mins": 240}, {}, ""),
        ({**DRESSED, "mins": 241}, {}, "work.bound_passed"),
        ({"mins": 9}, DRESSED, "work.kit_missing"),  # what was on at an earlier step is not on now
        ({**DRESSED, "kit_n95": False, "mins": 9}, {}, "work.kit_missing"),
        ({"kit_n95": True}, {}, "work.kit_missing"),  # the kit is said before any other field
        (DRESSED, {}, "work.field_missing"),
    ],
)
def test_a_move_in_the_kit_needs_each_piece_anew_and_keeps_its_bound(
    values: dict[str, Any], had: dict[str, Any], code: str
) -> None:
    got = judge(WASTE, state="a", move="go", values=values, had=had, standing=OWNER, against=HELD)
    assert got.code == code


@pytest.mark.parametrize(
    ("no", "on", "code"),
    [
        ("7", date(2026, 7, 1), ""),  # the last day is within
        (" 7 ", date(2026, 6, 1), ""),
        ("7", date(2026, 7, 2), "work.listing_over"),
        ("8", date(2026, 7, 1), "work.not_listed"),
    ],
)
def test_a_register_says_who_it_is_and_until_when(no: str, on: date, code: str) -> None:
    held = Against(HELD.bounds, HELD.lists, on)
    got = judge(WASTE, state="a", move="hand", values={"no": no}, had={}, standing=OWNER, against=held)
    assert (got.code, (got.fills or {}).get("who")) == (code, None if code else "绿洁")
    assert judge(WASTE, state="a", move="hand", values={"no": no}, had={}, standing=OWNER).code == "work.not_listed"
    typed = judge(WASTE, state="a", move="hand", values={"no": "7", "who": "x"}, had={}, standing=OWNER, against=held)
    assert typed.code == "work.field_unfit"


WEEK = st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True)


@given(on=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=WEEK, late=st.integers(-3, 40))
def test_the_next_day_of_the_week_is_the_first_of_its_days_after_the_last_that_has_not_gone_by(
    on: date, days: list[int], late: int
) -> None:
    today = on + timedelta(days=late)
    found = next_day(on, weekdays=days, every_days=None, today=today)
    assert found is not None
    between = [on + timedelta(days=n) for n in range(1, (found - on).days)]
    assert found.isoweekday() in days and found > on and found >= today
    assert not [d for d in between if d.isoweekday() in days and d >= today]


@given(on=st.dates(date(2020, 1, 1), date(2030, 1, 1)), every=st.integers(1, 40), late=st.integers(-3, 100))
def test_every_so_many_days_keeps_its_beat_whatever_went_by(on: date, every: int, late: int) -> None:
    today = on + timedelta(days=late)
    found = next_day(on, weekdays=[], every_days=every, today=today)
    assert found is not None and (found - on).days % every == 0 and found > on and found >= today
    assert found - timedelta(days=every) <= on or found - timedelta(days=every) < today


def test_a_day_said_each_time_has_no_next_by_itself() -> None:
    assert next_day(date(2026, 7, 20), weekdays=[], every_days=None, today=date(2026, 7, 20)) is None


def test_what_a_planned_item_takes_along_and_what_is_filled_in_when_no_day_is_left() -> None:
    kind = {"plan": {"days": "left", "carries": ["drug", "way"], "late": {"way": "clinic"}}}
    assert carried(kind, {"drug": "x", "way": "", "cost": 3}) == {"drug": "x"}
    assert planned_values(kind, {"drug": "x"}, left=2) == {"drug": "x", "left": 2}
    assert planned_values(kind, {"drug": "x"}, left=-1) == {"drug": "x", "way": "clinic", "left": 0}
    assert planned_values(kind, {"way": "hospital"}, left=0) == {"way": "hospital", "left": 0}
    assert planned_values({}, {"a": 1}, left=0) == {"a": 1}


def test_an_item_says_of_which_plan_it_is() -> None:
    plan_id = UUID(int=7)
    assert plan_of(routine_of(plan_id)) == plan_id
    assert plan_of("") is None and plan_of("door-check") is None and len(routine_of(plan_id)) <= 60


def test_a_value_may_send_an_item_to_another_state_at_once() -> None:
    kind = {"states": [{"name": "open", "first": True}, {"name": "urgent", "first_when": {"field": "days", "is": 0}}]}
    assert [first_state(kind, v) for v in (None, {}, {"days": 1}, {"days": 0})] == ["open", "open", "open", "urgent"]


def test_only_a_kind_that_can_go_back_goes_along_and_what_is_made_does_not_go_back() -> None:
    move = {"name": "requeue", "from": ["collected"], "to": "asked"}
    kind = {"parents": ["errand-run", "order"], "back_from_run": "requeue", "moves": [move]}
    known = {"errand-run": {"run": True}, "order": {}}
    assert runs_of(kind, known) == ["errand-run"] and runs_of({**kind, "back_from_run": ""}, known) == []
    assert unmade_move(kind, "collected") == move and unmade_move(kind, "topped-up") is None


def test_a_given_field_is_typed_by_nobody_and_its_move_waits_for_it() -> None:
    kind = {"fields": [{"name": "paper", "type": "text", "given": True, "required_at": ["leave"]}]}
    assert set(unfit_values(kind, {"paper": "№1"})) == {"paper"}
    assert missing_fields(kind, "leave", {}) == ["paper"] and missing_fields(kind, "leave", {"paper": "№1"}) == []


def test_a_kind_names_the_move_that_an_end_makes_and_only_from_its_states() -> None:
    kind = {"freed_with_area": "ready", "moves": [{"name": "ready", "from": ["settled"], "to": "free"}]}
    assert move_at_end(kind, "settled", "freed_with_area") == kind["moves"][0]  # type: ignore[index]  # a body of plain values
    assert move_at_end(kind, "left", "freed_with_area") is None and move_at_end(kind, "settled") is None
