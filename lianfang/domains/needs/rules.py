"""What a plea may be and become, in which tongue it is written and by when it must be met, on plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
CHANNELS = ("page", "phone", "message", "police", "door", "guard", "paper")
STATES = ("received", "routed", "ended")
# How a plea ends: its asker says it is solved, a lead has checked that it is; or for a reason that is kept.
ENDS = ("confirmed", "checked", "same", "withdrawn", "unreached", "elsewhere", "answered", "no_plea")
WITH_REASON = ("checked", "withdrawn", "unreached", "elsewhere", "answered", "no_plea")
DANGERS = ("life", "health", "hardship", "routine")
TONGUES = {  # by the blocks of Unicode in which they are written
    "bo": re.compile("[\u0f00-\u0fff]"),
    "ug": re.compile("[\u0600-\u06ff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "en": re.compile("[A-Za-z]"),
}
DAYS = {"大后天": 3, "后天": 2, "明天": 1, "明早": 1, "明晚": 1, "今天": 0, "今晚": 0, "今夜": 0,
        "the day after tomorrow": 2, "tomorrow": 1, "today": 0, "tonight": 0}  # fmt: skip
AFTERNOON = ("中午", "下午", "傍晚", "晚上", "今晚", "明晚", "tonight", "p.m.", "pm")
DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2}
NUMBER = r"(\d{1,2}|[一二三四五六七八九十两]{1,3})"
WITHIN = re.compile(rf"{NUMBER}\s*(?:个)?(小时|天)\s*(?:之?内|以内)")
HOUR = re.compile(rf"{NUMBER}\s*(?:[::](\d\d)|点(半|{NUMBER}分?)?)")
END_OF_DAY = time(23, 59)


def tongue_of(text: str) -> str:
    """The tongue a plea is written in: zh, en, bo (Tibetan), ug (Arabic script), or "" where no letter tells.

    Edge: of mixed text the tongue with the fewest speakers at a desk, since it must be found somebody who reads it.
    """
    return next((t for t, letters in TONGUES.items() if letters.search(text)), "")


def deadline_in(text: str, at: datetime) -> datetime | None:
    """By when a plea says that it must be met, as far as it says so in the usual words; none where it does not.

    明天上午8点, 24小时内, 3天之内, tomorrow. A day without an hour ends with the day. A proposal: a person sets it.
    Edge: an hour of today that is past gives none; "两天没吃饭" is no deadline.
    """
    now = at.astimezone(LOCAL)
    within = WITHIN.search(text)
    if within:
        n = _number(within.group(1))
        return at + (timedelta(hours=n) if within.group(2) == "小时" else timedelta(days=n))
    day = next((n for word, n in DAYS.items() if word in text.lower()), None)
    hour = _hour(text)
    if day is None:
        return None
    found = datetime.combine(now.date() + timedelta(days=day), hour or END_OF_DAY, LOCAL)
    return found if found > at else None


def _hour(text: str) -> time | None:
    m = HOUR.search(text)
    if m is None:
        return None
    h = _number(m.group(1))
    minute = int(m.group(2)) if m.group(2) else 30 if m.group(3) == "半" else _number(m.group(4) or "0")
    if h < 12 and any(word in text.lower() for word in AFTERNOON):
        h += 12
    return time(h, minute) if h < 24 and minute < 60 else None


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if ten:
        return DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0)
    return DIGITS.get(text, 0)


def door_in(text: str) -> tuple[str, str, str]:
    """Building, unit and door as a plea names them: 沙洲花园3栋2单元501; empty where it names none."""
    building = re.search(r"([一-鿿]{2,12}?)?\s*(\d{1,3})\s*(?:号楼|栋|幢|座)", text)
    unit = re.search(r"(\d{1,2}|[一二三四五六七八九十])\s*单元", text)
    door = re.search(r"(?:单元|号楼|栋|幢|座|楼|-)\s*(\d{3,4})(?!\d)\s*(?:室|号|房)?", text)
    return (
        f"{building.group(2)}" if building else "",
        str(_number(unit.group(1))) if unit else "",
        door.group(1) if door else "",
    )


def may_end(state: str, end: str, *, is_done: bool, why: str) -> str:
    """Why a plea may not end so: "ended", "not_done", "reason"; "" if it may.

    is_done: whether the work it became has been reported as done. Nothing closes itself unanswered: a plea that is
    not done ends only with a reason somebody gives.
    """
    if state == "ended":
        return "ended"
    if end == "confirmed" and not is_done:
        return "not_done"
    return "reason" if end in WITH_REASON and not why.strip() else ""


def plain_state(state: str, *, is_acknowledged: bool, has_owner: bool, is_done: bool, end: str) -> str:
    """What its asker reads: received, seen, in_hand, to_confirm, or how it ended."""
    if state == "ended":
        return end
    if is_done:
        return "to_confirm"
    if state == "routed":
        return "in_hand" if has_owner else "passed"
    return "seen" if is_acknowledged else "received"


def promised(at: datetime, danger: str, minutes: Mapping[str, float]) -> datetime:
    """Until when the asker hears from somebody, by the danger of the plea."""
    return at + timedelta(minutes=minutes[danger if danger in minutes else "routine"])


def day_of(at: datetime) -> date:
    """The local day of a moment."""
    return at.astimezone(LOCAL).date()


@dataclass(frozen=True)
class Backward:
    """A plan from a deadline back: when its person must leave, and when the asking for leave must have begun.

    state: ok; tight (whoever decides has less time than he usually takes); broken (too late to be there in time); over.
    """

    deadline_at: datetime
    leave_at: datetime
    act_by: datetime
    state: str


def back_from(deadline_at: datetime, *, travel: timedelta, approval: timedelta, may_go: bool, at: datetime) -> Backward:
    """From a deadline back through the way and the asking for leave.

    may_go: whether leave has been given, so that only the way is left.
    Edge: exactly at a moment it is not yet too late.
    """
    leave_at = deadline_at - travel
    act_by = leave_at if may_go else leave_at - approval
    state = "over" if at > deadline_at else "broken" if at > leave_at else "tight" if at > act_by else "ok"
    return Backward(deadline_at, leave_at, act_by, state)


@dataclass(frozen=True)
class Cover:
    """From when to when so many people serve; none: the stretch is empty."""

    begins: datetime
    ends: datetime
    people: int


def cover_of(spans: Sequence[tuple[datetime, datetime, int]], first: datetime, last: datetime) -> list[Cover]:
    """How many serve in each stretch of a span, from shifts as (begin, end, people); hours without a shift are empty.

    Edge: half-open, so a shift that ends when the next begins leaves no gap; neighbours with as many are joined.
    """
    edges = sorted({first, last, *(e for b, f, _ in spans for e in (b, f) if first < e < last)})
    out: list[Cover] = []
    for a, b in pairwise(edges):
        people = sum(n for begins, ends, n in spans if begins < b and a < ends)
        if out and out[-1].people == people:
            out[-1] = Cover(out[-1].begins, b, people)
        else:
            out.append(Cover(a, b, people))
    return out


def without_blanks(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, without what was left empty."""
    told = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    return {k: v for k, v in told.items() if v not in ("", None)}
