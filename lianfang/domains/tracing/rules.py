"""The window of a case, how a contact's state may move, and which visits can be taken: on plain values."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

STATES = ("proposed", "rejected", "listed", "located", "notified", "isolated", "released")
STEPS = ("listed", "located", "notified", "isolated", "released")  # in this order; one may be passed over
CONFIRMED = STEPS
DEGREES = (1, 2)
ANSWERS = ("goes-along", "somebody-comes", "not-alone")  # who looks after those who depend on a contact


@dataclass(frozen=True)
class Proposal:
    """Somebody a machine proposes as a contact, with what it saw."""

    person_id: UUID
    degree: int
    via_id: UUID | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Crowd:
    """A venue too full to follow each: when somebody traced was there, and how many were present that day."""

    venue_id: UUID
    degree: int
    from_at: datetime
    to_at: datetime
    present: int


def window_of(
    *, onset_at: datetime | None, sampled_at: datetime | None, until_at: datetime, days: float, sample_days: float
) -> tuple[datetime, datetime] | None:
    """From when to when contacts are looked for: so many days before onset, without signs before the positive sample.

    Gives None where neither is known. Source: rules P1 and P2 of the editions.
    """
    if onset_at is not None:
        return onset_at - timedelta(days=days), max(until_at, onset_at)
    if sampled_at is not None:
        return sampled_at - timedelta(days=sample_days), max(until_at, sampled_at)
    return None


def may_advance(state: str, to: str) -> bool:
    """Whether a confirmed contact may step on: forward only; who is isolated needs no finding any more."""
    return state in STEPS and to in STEPS and STEPS.index(to) > STEPS.index(state)


def visit_fault(from_at: datetime, to_at: datetime, at: datetime) -> str:
    """Why the times of a visit cannot stand; "" if they can. A visit that lasts until now is taken."""
    if to_at <= from_at:
        return "tracing.visit_backwards"
    return "tracing.visit_to_come" if to_at > at else ""


def is_dependant(age: int | None, flags: frozenset[str], *, adult: int, needing: frozenset[str]) -> bool:
    """Whether somebody cannot be left without another: a child, or who has a mark that says so."""
    return (age is not None and age < adult) or bool(flags & needing)


@dataclass(frozen=True)
class VisitRow:
    """One row of a file of visits, as typed, with both times read."""

    number: int
    name: str
    id_number: str
    venue: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one row of a file: which field, and what it should be."""

    number: int
    field: str
    fix: str


# Names of columns as offices write them. Source: docs/formats.md, files of visits.
COLUMNS = {
    "name": ("name", "姓名"),
    "id_number": ("id_number", "证件号", "身份证号", "证件尾号"),
    "venue": ("venue", "场所", "地点"),
    "from": ("from", "进入", "进入时间", "到达"),
    "to": ("to", "离开", "离开时间"),
}
TIME_FIX = "2022-03-13 09:05"
MOST_ROWS = 200_000


def visit_rows(text: str, *, zone: tzinfo) -> tuple[list[VisitRow], list[RowFault]]:
    """The rows of a file of visits and what is wrong with the others; times are local unless they say their zone.

    Edge: a missing column is a fault of row 1, and then there are no rows.
    """
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    head = [h.strip().lower() for h in next(lines, [])]
    at = {field: next((head.index(n) for n in names if n in head), -1) for field, names in COLUMNS.items()}
    missing = [RowFault(1, field, " / ".join(COLUMNS[field])) for field, n in at.items() if n < 0]
    if missing:
        return [], missing
    rows, faults = [], []
    for number, line in enumerate(lines, start=2):
        if number > MOST_ROWS:
            faults.append(RowFault(number, "rows", str(MOST_ROWS)))
            break
        if not any(c.strip() for c in line):
            continue
        cells = {field: line[n].strip() if n < len(line) else "" for field, n in at.items()}
        times = {field: _time(cells[field], zone) for field in ("from", "to")}
        bad = next((f for f in ("name", "venue") if not cells[f]), "")
        bad = (
            bad or ("id_number" if len(cells["id_number"]) < 4 else "") or next((f for f in times if not times[f]), "")
        )
        begins, ends = times["from"], times["to"]
        if bad or begins is None or ends is None:
            fix = TIME_FIX if bad in times else "4+" if bad == "id_number" else "text"
            faults.append(RowFault(number, bad, fix))
        else:
            rows.append(VisitRow(number, cells["name"], cells["id_number"], cells["venue"], begins, ends))
    return rows, faults


def _time(text: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)
