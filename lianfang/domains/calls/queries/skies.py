"""Shifts outdoors for which nobody should be put on a roster in the weather that is warned of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries.tasks import task_of
from lianfang.domains.incidents.models import WeatherWarning
from lianfang.domains.incidents.queries import rule_of, warnings_over
from lianfang.domains.incidents.rules.weather import WeatherRule, strictest
from lianfang.domains.work.queries.weather import Check, checks_on

LOCAL = ZoneInfo("Asia/Shanghai")  # hours of the day in which nobody works outdoors are local ones
NOT_THEN = ("pause", "re-time")  # what a lead may choose by which nobody serves at that time


@dataclass(frozen=True)
class Barred:
    """Why: unanswered (its lead has not said what is done), off (paused, or at another time), stops (no work in the
    open), hours (of the day) or turn (longer than so many minutes); by which warning."""

    why: str
    warning: WeatherWarning
    minutes: int = 0


def barred_by_weather(call: Call, shifts: Sequence[Shift], *, at: datetime) -> dict[UUID, Barred]:
    """By shift why nobody is proposed for it, the first thing alone; nothing for a call that is not outdoors.

    A warning counts for the part of a shift that lies in its time; the numbers are those of its edition.
    """
    task = task_of(call)
    if not task.get("outdoors") or not shifts:
        return {}
    checks = {c.warning.line_id: c for c in checks_on([call.id]).get(call.id, [])}
    told = [(w, rule_of(w, area_id=call.area_id, at=at)) for w in warnings_over([call.area_id], at=at)[call.area_id]]
    out: dict[UUID, Barred] = {}
    for s in shifts:
        for w, rule in told:
            found = _barred(s, w, rule, checks.get(w.line_id), task)
            if found:
                out.setdefault(s.id, found)
    return out


def _barred(s: Shift, w: WeatherWarning, rule: WeatherRule | None, check: Check | None,
            task: Mapping[str, Any]) -> Barred | None:  # fmt: skip
    begins, ends = max(s.starts_at, w.from_at), min(s.ends_at, w.until_at)
    if begins >= ends:
        return None
    if check and check.choice in NOT_THEN:
        return Barred("off", w)
    if rule and rule.stops:
        return Barred("stops", w)
    longest = _longest(rule, task) if rule else None
    if check and not check.choice and longest is None:  # a storm: only its lead can say what is done
        return Barred("unanswered", w)
    if rule and rule.closed_hours and _meets(begins, ends, rule.closed_hours):
        return Barred("hours", w)
    if longest is not None and ends - begins > timedelta(minutes=longest):
        return Barred("turn", w, longest)
    return None


def _longest(rule: WeatherRule, task: Mapping[str, Any]) -> int | None:
    """The longest turn that a warning lets one serve outdoors, and in a suit where the task is done in one."""
    return strictest((rule.turn_minutes, rule.outdoor_minutes, rule.suit_minutes if task.get("suit") else None))


def _meets(begins: datetime, ends: datetime, hours: tuple[float, float]) -> bool:
    """Whether a span has a moment in some hours of a local day."""
    day = begins.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [day + timedelta(days=n) for n in range((ends - begins).days + 2)]
    return any(d + timedelta(hours=hours[0]) < ends and begins < d + timedelta(hours=hours[1]) for d in days)
