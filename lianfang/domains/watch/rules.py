"""Days and slots of a watch case, on plain values. A day is cut into as many equal slots as there are checks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
OFFSET_S = 8 * 3600
DAY_S = 86_400
# What a thermometer may show of somebody alive; a value outside was mistyped.
LEAST_CELSIUS, MOST_CELSIUS = 33.0, 43.0


def until_of(day0: date, days: float) -> datetime:
    """The end of the last day: day 0 is the last exposure, day n is served whole. Source: rule P12."""
    return datetime.combine(day0 + timedelta(days=int(days) + 1), time(0), LOCAL)


def day_of(day0: date, at: datetime) -> int:
    """The day of a case at a moment; 0 is the day of the last exposure. Late discovery begins later, not anew."""
    return (at.astimezone(LOCAL).date() - day0).days


def slot_of(at: datetime, checks_a_day: int) -> datetime:
    """The beginning of the slot a moment lies in; with two checks a day: midnight and noon."""
    seconds = int(at.timestamp()) + OFFSET_S
    number = seconds * checks_a_day // DAY_S
    return datetime.fromtimestamp(-(-number * DAY_S // checks_a_day) - OFFSET_S, UTC)


def slot_ends(at: datetime, checks_a_day: int) -> datetime:
    """The end of the slot a moment lies in: until then a check is due, after it one is missing."""
    begins = slot_of(at, checks_a_day)
    return slot_of(begins + timedelta(seconds=DAY_S / checks_a_day + 1), checks_a_day)


def celsius_fault(value: float | None) -> bool:
    """Whether a temperature cannot be one; a check without one is allowed."""
    return value is not None and not LEAST_CELSIUS <= value <= MOST_CELSIUS
