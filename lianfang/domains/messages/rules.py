"""When a message may go out, and what becomes of one that failed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

TRIES = 5
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?[+-]\d\d:\d\d")


def hour_of_day(hours: float) -> time:
    """7.5 is 07:30."""
    minutes = round(hours * 60) % 1440
    return time(minutes // 60, minutes % 60)


def sends_at(made_at: datetime, *, purpose: str, quiet_from: time, quiet_until: time) -> datetime:
    """When a message made at a local time may leave: at once, or at the end of quiet hours; a warning never waits.

    Edge: at exactly quiet_from it waits; at exactly quiet_until it leaves.
    """
    clock = made_at.timetz().replace(tzinfo=None)
    quiet = (
        (clock >= quiet_from or clock < quiet_until) if quiet_from > quiet_until else quiet_from <= clock < quiet_until
    )
    if purpose == "warn" or not quiet:
        return made_at
    day = made_at if clock < quiet_until else made_at + timedelta(days=1)
    return day.replace(hour=quiet_until.hour, minute=quiet_until.minute, second=0, microsecond=0)


def retry_after(tries: int) -> timedelta | None:
    """How long to wait before the next try: 1, 2, 4, 8 minutes; None when it has failed."""
    return timedelta(minutes=2 ** (tries - 1)) if tries < TRIES else None


BLANK = re.compile(r"\{(\w+)\}")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def blanks_of(*texts: str) -> set[str]:
    """Names of the blanks that texts leave open."""
    return {name for text in texts for name in BLANK.findall(text)}


def moment_words(local: datetime, language: str) -> str:
    """A local moment as people read it: 7月21日 18:00, 21 Jul 18:00."""
    if language == "en":
        return f"{local.day} {MONTHS[local.month - 1]} {local:%H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def span_words(minutes: float) -> dict[str, str]:
    """A span as people say it, in each language: 1 小时 30 分, 1 h 30 min; from two days on, days and hours."""
    days, rest = divmod(max(0, round(minutes)), 1440)
    hours, left = divmod(rest, 60)
    if days >= 2:
        return {"zh": f"{days} 天 {hours} 小时", "en": f"{days} d {hours} h"}
    hours += 24 * days
    if hours and left:
        return {"zh": f"{hours} 小时 {left} 分", "en": f"{hours} h {left} min"}
    return {"zh": f"{hours} 小时", "en": f"{hours} h"} if hours else {"zh": f"{left} 分钟", "en": f"{left} min"}


def moment_said(text: str) -> datetime | None:
    """The moment a text is, written as ISO 8601 with its zone; none if it is anything else."""
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def worded(value: Any, language: str, local: Callable[[datetime], datetime]) -> str:
    """A blank's value in a language: words by language, a moment (ISO 8601 with zone) as local time, else as it is."""
    if isinstance(value, Mapping):
        return str(value.get(language, value.get("zh", "")))
    moment = moment_said(value) if isinstance(value, str) else None
    return moment_words(local(moment), language) if moment else str(value)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A template with its blanks filled; one without a value stays visible as its name in brackets."""
    return BLANK.sub(lambda m: values.get(m.group(1), m.group(0)), text)
