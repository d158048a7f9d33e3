"""Turns of a post: what a day of them is, over midnight and over a change of clocks."""

from __future__ import annotations

from datetime import UTC, date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from lianfang.domains.calls.rules import Turn, around_the_clock, turns_on

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("zone", "day", "ends"),
    [
        (SHANGHAI, date(2026, 10, 24), "06:00"),
        (BERLIN, date(2026, 10, 23), "06:00"),
        # The clocks of Berlin go back at 03:00 on 25 October 2026, and forward at 02:00 on 29 March.
        (BERLIN, date(2026, 10, 24), "05:00"),
        (BERLIN, date(2026, 3, 28), "07:00"),
    ],
)
def test_a_night_turn_lasts_its_minutes_whatever_the_clock_on_the_wall_shows(
    zone: ZoneInfo, day: date, ends: str
) -> None:
    [(_, begins, end)] = turns_on([Turn(time(22), 480, 1)], day, zone)
    assert end.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=8)
    assert (begins.date(), end.date()) == (day, day + timedelta(days=1)) and f"{end:%H:%M}" == ends


def test_turns_round_the_clock_leave_no_minute_of_an_ordinary_day_empty() -> None:
    turns = around_the_clock(7, 1, time(8))
    assert [(t.begins, t.minutes) for t in turns] == [(time(8), 420), (time(15), 420), (time(22), 420), (time(5), 180)]
    today, tomorrow = (turns_on(turns, date(2026, 7, d), SHANGHAI) for d in (21, 22))
    spans = sorted((b, e) for _, b, e in [*today, *tomorrow])
    assert all(a[1] == b[0] for a, b in pairwise(spans))
