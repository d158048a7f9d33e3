"""The hours of a post that come again every day: what may be said of them, and which shifts they are on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

DAY_MINUTES = 24 * 60
MOST_TURNS, MOST_HEADS = 24, 1000


@dataclass(frozen=True)
class Turn:
    """One turn of a post's day: when it begins, in local time, how long it lasts, how many people it needs."""

    begins: time
    minutes: int
    places: int
    title: str = ""

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {"from": self.begins.strftime("%H:%M"), "minutes": self.minutes, "places": self.places,
                "title": self.title}  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Turn:
        """From what is kept."""
        return cls(time.fromisoformat(kept["from"]), kept["minutes"], kept["places"], kept.get("title", ""))

    def id_on(self, call_id: UUID, day: date) -> UUID:
        """The id of its shift on a day: the same each time it is made."""
        return uuid5(call_id, f"{day.isoformat()} {self.begins:%H:%M} {self.title}")


def turns_fault(turns: Sequence[Turn]) -> str:
    """What is wrong with the turns of a day; empty if nothing. Turns may overlap."""
    if not 1 <= len(turns) <= MOST_TURNS:
        return f"1–{MOST_TURNS}"
    if len({(t.begins, t.title) for t in turns}) < len(turns):
        return "HH:MM"
    if any(not 1 <= t.minutes <= DAY_MINUTES for t in turns):
        return "1–24 h"
    return f"1–{MOST_HEADS}" if any(not 1 <= t.places <= MOST_HEADS for t in turns) else ""


def turns_on(turns: Sequence[Turn], day: date, zone: tzinfo) -> list[tuple[Turn, datetime, datetime]]:
    """The turns of a day with begin and end; one that runs past midnight ends the next day.

    Edge: its minutes are those that pass, also where the clocks are changed in it.
    """
    out = []
    for t in turns:
        begins = datetime.combine(day, t.begins, zone)
        # Added to a moment of a zone, Python moves the hands of the clock on the wall.
        ends = (begins.astimezone(UTC) + timedelta(minutes=t.minutes)).astimezone(zone)
        out.append((t, begins, ends))
    return out


def around_the_clock(hours: int, places: int, begins: time = time(8)) -> list[Turn]:
    """Turns of so many hours, one after another, that leave no minute of the day without somebody.

    Edge: where the hours do not divide a day the last turn is the shorter.
    """
    first, out = begins.hour * 60 + begins.minute, []
    for start in range(0, DAY_MINUTES, hours * 60):
        minute = (first + start) % DAY_MINUTES
        length = min(hours * 60, DAY_MINUTES - start)
        out.append(Turn(time(minute // 60, minute % 60), length, places))
    return out


@dataclass(frozen=True)
class Stretch:
    """From when to when so many people are missing; nobody: none is there at all."""

    begins: datetime
    ends: datetime
    missing: int
    is_empty: bool


def unheld(shifts: Sequence[tuple[datetime, datetime, int, int]], first: datetime, last: datetime) -> list[Stretch]:
    """Stretches of a span with places nobody holds, from shifts as (begin, end, places, taken); neighbours are joined.

    Hours for which there is no shift at all are not missed: nobody is needed.
    """
    edges = sorted({first, last, *(e for b, f, *_ in shifts for e in (b, f) if first < e < last)})
    out: list[Stretch] = []
    for a, b in pairwise(edges):
        on = [(p, t) for begins, ends, p, t in shifts if begins < b and a < ends]
        missing = sum(max(p - t, 0) for p, t in on)
        if not missing:
            continue
        now = Stretch(a, b, missing, sum(t for _, t in on) == 0)
        before = out[-1] if out else None
        if before and before.ends == a and (before.missing, before.is_empty) == (now.missing, now.is_empty):
            out[-1] = Stretch(before.begins, b, missing, now.is_empty)
        else:
            out.append(now)
    return out
