"""What a record says: hours between instants, totals that add up, and a proof that no changed word passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.calls.rules.records import (
    Turn,
    address_text,
    id_claimed,
    is_proven,
    month_in,
    name_proof,
    totals,
)

KEY = b"k" * 32
SHAOGUAN, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)


def turn(came: datetime, left: datetime | None, *, signed: bool = True, task: str = "x") -> Turn:
    return Turn(uuid4(), came, left, task, {"zh": "登记"}, {"zh": "沙洲"}, "lead", came if signed else None)


@pytest.mark.parametrize(
    ("came", "left", "hours"),
    [
        (datetime(2026, 7, 21, 20, 0, tzinfo=SHAOGUAN), datetime(2026, 7, 22, 2, 0, tzinfo=SHAOGUAN), 6),
        # The clocks of Berlin go back at 03:00 on 25 October 2026, and forward at 02:00 on 29 March.
        (datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN), datetime(2026, 10, 25, 6, 0, tzinfo=BERLIN), 7),
        (datetime(2026, 3, 29, 0, 0, tzinfo=BERLIN), datetime(2026, 3, 29, 6, 0, tzinfo=BERLIN), 5),
    ],
)
def test_hours_over_midnight_and_over_a_change_of_clocks_are_those_that_passed(
    came: datetime, left: datetime, hours: int
) -> None:
    assert turn(came, left).minutes == turn(came.astimezone(UTC), left.astimezone(UTC)).minutes == hours * 60


def test_a_turn_belongs_to_the_day_and_month_on_which_one_came_where_one_served() -> None:
    night = turn(datetime(2026, 7, 31, 15, 30, tzinfo=UTC), datetime(2026, 7, 31, 20, 0, tzinfo=UTC))
    late = turn(datetime(2026, 7, 31, 16, 30, tzinfo=UTC), datetime(2026, 7, 31, 20, 0, tzinfo=UTC))
    assert [night.line(SHAOGUAN)["on"], late.line(SHAOGUAN)["on"]] == ["2026-07-31", "2026-08-01"]
    assert list(totals([late, night], month_in(SHAOGUAN))) == [(2026, 8), (2026, 7)]


def test_who_has_not_left_has_no_minutes_and_stands_on_no_record() -> None:
    on = turn(T0, None)
    assert (on.minutes, on.is_signed) == (0, False)
    with pytest.raises(AssertionError):
        on.line(SHAOGUAN)


@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from("abc"), st.booleans()), max_size=30))
def test_parts_add_up_to_the_whole_however_they_are_cut(rows: list[tuple[int, str, bool]]) -> None:
    turns = [turn(T0, T0 + timedelta(minutes=m), task=k, signed=s) for m, k, s in rows]
    parts = totals(turns, lambda t: t.task).values()
    assert sum(p.minutes for p in parts) == sum(m for m, _, _ in rows)
    assert sum(p.turns for p in parts) == len(rows)
    assert sum(p.unsigned for p in parts) == sum(m for m, _, s in rows if not s)


@given(st.uuids(), st.binary(max_size=40), st.integers(0, 44), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_changed_letter_another_content_or_another_sort_of_address_is_not_proven(
    id_: UUID, said: bytes, n: int, letter: str
) -> None:
    text = address_text(KEY, "record", id_, said)
    assert id_claimed(text) == id_ and is_proven(KEY, "record", id_, text, said)
    assert is_proven(KEY, "record", id_, text.lower(), said)
    assert not is_proven(KEY, "record", id_, text, said + b"x")
    assert not is_proven(KEY, "calendar", id_, text, said) and not is_proven(b"o" * 32, "record", id_, text, said)
    changed = text[:n] + letter + text[n + 1 :]
    assert changed == text or not is_proven(KEY, "record", id_, changed, said)


@pytest.mark.parametrize("text", ["", "LF2", "ABC", "é" * 45, "A" * 44, "A" * 46, "1" * 45])
def test_what_is_no_address_of_ours_names_no_row(text: str) -> None:
    assert id_claimed(text) is None


def test_a_name_is_compared_without_blanks_and_tells_nothing_of_another_record() -> None:
    one, other = uuid4(), uuid4()
    assert name_proof(KEY, one, "张 伟") == name_proof(KEY, one, "张伟") != name_proof(KEY, one, "张玮")
    assert name_proof(KEY, one, "张伟") != name_proof(KEY, other, "张伟") and name_proof(KEY, one, " ") == ""
