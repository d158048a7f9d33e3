"""What people wish of a roster, as costs below any gap; and which of it a roster does not keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from lianfang.domains.calls.planning.roster_rows import Rows, Table
from lianfang.domains.calls.queries.gates import LOCAL
from lianfang.domains.calls.rules import is_night
from lianfang.domains.responders.rules import day_minutes
from lianfang.kernels.rostering import OFF, Request

# Against each other alone: a head short costs more than all wishes together. A day weighs more than an hour of the day.
WEIGHTS = {"day_off": 4, "night": 2, "hours": 1}
Unmet = tuple[str, date]  # day_off, night or hours, and of which day


@dataclass(frozen=True)
class Wish:
    """A wish as the kernel takes it, with what it is."""

    request: Request
    names: tuple[str, ...]


def wished(rows: Rows, table: Table) -> list[Wish]:
    """What the people of a roster wish for: days off, no nights, hours of the day at which a shift begins."""
    out = []
    for n, p in enumerate(rows.people):
        said = rows.wishes.get(p) or {}
        off = {date.fromisoformat(d) for d in said.get("days_off", [])}
        days = [d for d, day in enumerate(rows.days) if day in off]
        out += [Wish(Request(n, d, OFF, WEIGHTS["day_off"]), ("day_off",)) for d in days]
        against = [_against(rows, k, said) for k in table.kinds] if said else []
        out += [
            Wish(Request(n, d, k, sum(WEIGHTS[x] for x in against[k]), on=False), against[k])
            for d, k in table.cells
            if against and against[k]
        ]
    return out


def _against(rows: Rows, kind: Sequence[Any], said: Mapping[str, Any]) -> tuple[str, ...]:
    """Which wishes a kind of duty does not keep, whatever the day."""
    begins = datetime.combine(rows.days[0], time(), LOCAL) + timedelta(minutes=kind[0])
    ends = begins + timedelta(minutes=kind[1])
    at_night = said.get("no_nights") and is_night(begins, ends, rows.care["night_hours"])
    hours = [day_minutes(h) for h in said.get("hours") or []]
    return (("night",) if at_night else ()) + (("hours",) if hours and not hours[0] <= kind[0] < hours[1] else ())


def unmet_wishes(rows: Rows, wishes: Sequence[Wish], unmet: Iterable[Request]) -> dict[int, tuple[Unmet, ...]]:
    """By number of the person the wishes that a roster does not keep, in the order of days."""
    missed, out = set(unmet), dict[int, list[Unmet]]()
    for w in wishes:
        if w.request in missed:
            out.setdefault(w.request.person, []).extend((name, rows.days[w.request.day]) for name in w.names)
    return {n: tuple(sorted(some, key=lambda x: x[1])) for n, some in out.items()}
