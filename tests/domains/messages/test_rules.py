"""When a message leaves, and its words."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import pytest

from lianfang.domains.messages.rules import (
    blanks_of,
    filled,
    hour_of_day,
    moment_said,
    moment_words,
    retry_after,
    sends_at,
    span_words,
    worded,
)

SH = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("clock", "leaves"),
    [
        ((21, 29), (21, 21, 29)),
        ((21, 30), (22, 7, 30)),
        ((23, 59), (22, 7, 30)),
        ((0, 0), (21, 7, 30)),
        ((7, 29), (21, 7, 30)),
        ((7, 30), (21, 7, 30)),
        ((12, 0), (21, 12, 0)),
    ],
)
def test_quiet_hours_are_half_open(clock: tuple[int, int], leaves: tuple[int, int, int]) -> None:
    made = datetime(2026, 7, 21, *clock, tzinfo=SH)
    night = {"quiet_from": time(21, 30), "quiet_until": time(7, 30)}
    assert sends_at(made, purpose="tell", **night) == datetime(2026, 7, *leaves, tzinfo=SH)
    assert sends_at(made, purpose="warn", **night) == made


def test_hours_of_a_day_are_read_from_a_number() -> None:
    assert [hour_of_day(h) for h in (7.5, 21.5, 0, 24)] == [time(7, 30), time(21, 30), time(0), time(0)]


def test_retries_wait_longer_and_end() -> None:
    assert [retry_after(n) for n in range(1, 6)] == [*(timedelta(minutes=m) for m in (1, 2, 4, 8)), None]


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (0, "0 分钟", "0 min"),
        (45, "45 分钟", "45 min"),
        (60, "1 小时", "1 h"),
        (90, "1 小时 30 分", "1 h 30 min"),
        (1500, "25 小时", "25 h"),
        (2880, "2 天 0 小时", "2 d 0 h"),
        (-5, "0 分钟", "0 min"),
    ],
)
def test_a_span_reads_as_people_say_it(minutes: int, zh: str, en: str) -> None:
    assert span_words(minutes) == {"zh": zh, "en": en}


def test_a_moment_and_a_template() -> None:
    at = datetime(2026, 3, 9, 8, 5, tzinfo=SH)
    assert (moment_words(at, "zh"), moment_words(at, "en")) == ("3月9日 08:05", "9 Mar 08:05")
    assert blanks_of("{a} and {b}", "{b}") == {"a", "b"}
    assert filled("{a} and {b}", {"a": "{b}"}) == "{b} and {b}"


def test_only_a_whole_moment_of_the_calendar_is_read_as_one() -> None:
    assert moment_said("2026-11-24T01:07:00+08:00") == datetime(2026, 11, 24, 1, 7, tzinfo=timezone(timedelta(hours=8)))
    for text in ("2026-11-24T01:07+08:00 – 2026-11-25T01:07+08:00", "2026-99-99T99:99+08:00", "2026-11-24T01:07", "x",
                 "2026-11-24T01:07 then +08:00", "2026-11-24T01:07:00+99:00"):  # fmt: skip
        assert moment_said(text) is None, text
        assert worded(text, "en", lambda at: at) == text
