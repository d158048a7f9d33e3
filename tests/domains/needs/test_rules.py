"""Tongues, deadlines in the usual words, doors, and a plan back from a deadline: on plain values."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lianfang.domains.needs.rules import (
    LOCAL,
    back_from,
    cover_of,
    deadline_in,
    door_in,
    may_end,
    plain_state,
    tongue_of,
    without_blanks,
)

AT = datetime(2022, 6, 11, 22, 0, tzinfo=LOCAL)
MINUTE = timedelta(minutes=1)


TONGUES = [("药没了", "zh"), ("ང་ལ་སྨན་དགོས", "bo"), ("药 སྨན", "bo"), ("I need help", "en"), ("😭", ""), ("", "")]


@pytest.mark.parametrize(
    ("text", "tongue"),
    TONGUES,
)
def test_the_tongue_is_told_by_its_letters(text: str, tongue: str) -> None:
    assert tongue_of(text) == tongue


@pytest.mark.parametrize(
    ("text", "says"),
    [("明天上午8点要到医院", "2022-06-12 08:00"), ("24小时内要打第二针", "2022-06-12 22:00"),
     ("三天之内", "2022-06-14 22:00"), ("后天下午三点半面试", "2022-06-13 15:30"),
     ("明天要去", "2022-06-12 23:59"), ("今晚十一点半", "2022-06-11 23:30"),
     ("tomorrow 9:30", "2022-06-12 09:30"), ("今天晚上9点", ""), ("两天没吃饭", ""), ("没事", "")],
)  # fmt: skip
def test_a_deadline_is_read_in_the_usual_words_and_no_other(text: str, says: str) -> None:
    assert deadline_in(text, AT) == (datetime.fromisoformat(says).replace(tzinfo=LOCAL) if says else None)


def test_a_door_is_read_as_people_write_it() -> None:
    assert door_in("沙洲花园3栋2单元501") == ("3", "2", "501") and door_in("东门12号楼-1203室") == ("12", "", "1203")
    assert door_in("我家") == ("", "", "")


@pytest.mark.parametrize(
    ("before", "may_go", "state"),
    [(136, False, "ok"), (135, False, "ok"), (134, False, "tight"), (46, True, "ok"), (45, True, "ok"),
     (44, False, "broken"), (44, True, "broken"), (0, True, "broken"), (-1, False, "over")],
)  # fmt: skip
def test_back_from_a_deadline_each_edge_is_not_yet_too_late(before: int, may_go: bool, state: str) -> None:
    plan = back_from(AT + before * MINUTE, travel=45 * MINUTE, approval=90 * MINUTE, may_go=may_go, at=AT)
    assert plan.state == state and plan.leave_at - plan.act_by == (timedelta(0) if may_go else 90 * MINUTE)


def test_nothing_ends_without_being_done_or_a_reason() -> None:
    assert may_end("routed", "confirmed", is_done=False, why="") == "not_done"
    assert may_end("routed", "confirmed", is_done=True, why="") == ""
    assert may_end("received", "unreached", is_done=False, why=" ") == "reason"
    assert may_end("ended", "confirmed", is_done=True, why="x") == "ended"


def test_its_asker_reads_plain_states() -> None:
    def read(state: str, **more: bool) -> str:
        told = {"is_acknowledged": False, "has_owner": False, "is_done": False, "end": "", **more}
        return plain_state(state, **told)  # type: ignore[arg-type]  # of the test

    assert [read("received"), read("received", is_acknowledged=True), read("routed"), read("routed", has_owner=True),
            read("routed", is_done=True)] == ["received", "seen", "passed", "in_hand", "to_confirm"]  # fmt: skip


def at_hour(h: int) -> datetime:
    return datetime(2026, 3, 1, tzinfo=LOCAL) + timedelta(hours=h)


def test_hours_without_a_shift_are_empty_and_one_that_ends_when_the_next_begins_leaves_no_gap() -> None:
    spans = [(at_hour(0), at_hour(8), 2), (at_hour(8), at_hour(12), 2), (at_hour(10), at_hour(12), 1),
             (at_hour(12), at_hour(20), 0), (at_hour(22), at_hour(30), 1)]  # fmt: skip
    found = [((c.begins - at_hour(0)) // timedelta(hours=1), (c.ends - at_hour(0)) // timedelta(hours=1), c.people)
             for c in cover_of(spans, at_hour(2), at_hour(24))]  # fmt: skip
    assert found == [(2, 10, 2), (10, 12, 3), (12, 22, 0), (22, 24, 1)]
    assert [c.people for c in cover_of([], at_hour(0), at_hour(24))] == [0]


def test_what_was_left_empty_is_not_kept() -> None:
    assert without_blanks({"a": " x ", "b": "  ", "c": None, "d": 0}) == {"a": "x", "d": 0}
