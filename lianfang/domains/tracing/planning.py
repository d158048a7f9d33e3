"""Contacts of a case, computed: visits that matter go to DuckDB, the kernel's steps run, indices become ids again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import ibis
import pyarrow as pa
from django.db import connection
from ibis.backends import BaseBackend
from ibis.expr.types import Table

from lianfang.domains.editions.queries import value
from lianfang.domains.tracing.models import Contact, Trace
from lianfang.domains.tracing.rules import Crowd, Proposal
from lianfang.kernels import tracing

LOCAL_OFFSET_S = 8 * 3600  # Asia/Shanghai has had no other since 1991
DAY = timedelta(days=1)
# Who was in some venues in a time: the whole days, since a crowd is counted by the day.
AROUND = """
SELECT person_id, venue_id, floor(extract(epoch FROM from_at))::bigint, floor(extract(epoch FROM to_at))::bigint
FROM tracing_visit
WHERE incident_id = %(incident)s AND venue_id = ANY(%(venues)s) AND from_at < %(until)s AND to_at > %(since)s
"""
WHERE = """
SELECT DISTINCT venue_id FROM tracing_visit
WHERE incident_id = %(incident)s AND person_id = ANY(%(people)s) AND from_at < %(until)s AND to_at > %(since)s
"""
# Everybody behind the doors of some people; a door behind which a crowd lives is a place, not a household.
DOORS = """
SELECT p.person_id, p.household_id FROM grid_presence p WHERE p.to_on IS NULL AND p.kind IN ('lives', 'stays')
AND p.household_id IN (SELECT household_id FROM grid_presence WHERE person_id = ANY(%(people)s) AND to_on IS NULL
    AND kind IN ('lives', 'stays'))
AND (SELECT count(*) FROM grid_presence o WHERE o.household_id = p.household_id AND o.to_on IS NULL
    AND o.kind IN ('lives', 'stays')) <= %(most)s
"""


@dataclass(frozen=True)
class Proposed:
    """What the computation gives: candidates with their evidence, and venues to announce."""

    contacts: list[Proposal]
    crowds: list[Crowd]


@dataclass(frozen=True)
class Limits:
    """Values of the edition by which contacts are judged."""

    least_s: int
    crowd: int
    degrees: int


@dataclass
class _Numbers:
    """Ids as the small whole numbers a kernel takes, and back."""

    of: dict[UUID, int] = field(default_factory=dict)
    ids: list[UUID] = field(default_factory=list)

    def number(self, one: UUID) -> int:
        if one not in self.of:
            self.of[one] = len(self.ids)
            self.ids.append(one)
        return self.of[one]


def limits_of(trace: Trace, *, at: datetime) -> Limits:
    """The values that hold for a trace where its case is."""
    minutes, crowd, degrees = (
        value(trace.edition, name, area_id=trace.area_id, at=at)
        for name in ("close_contact_minutes", "crowd_cap", "contact_degrees")
    )
    return Limits(int(float(minutes) * 60), int(crowd), int(degrees))


def propose_contacts(trace: Trace, *, at: datetime) -> Proposed:
    """Close and, where the edition has them, secondary contacts of a case from all that is known of visits now.

    Reads only. Only visits in venues where the case or a close contact was are fetched, and only doors of people met.
    A close contact who is isolated exposes nobody after that.
    """
    run = _Run(trace, limits_of(trace, at=at), at)
    try:
        return run.proposed()
    finally:
        run.close()


class _Run:
    """One computation, step by step; the small side of each step is a table of its own."""

    def __init__(self, trace: Trace, limits: Limits, at: datetime) -> None:
        self.trace, self.limits, self.at = trace, limits, at
        self.people, self.venues, self.doors = _Numbers(), _Numbers(), _Numbers()
        self.con: BaseBackend = ibis.duckdb.connect()

    def close(self) -> None:
        self.con.disconnect()

    def proposed(self) -> Proposed:
        trace = self.trace
        case = self.people.number(trace.person_id)
        window = [(case, int(trace.window_from_at.timestamp()), int(trace.window_to_at.timestamp()))]
        pairs, places, crowds = self._exposed(window)
        rows = self._rows(tracing.close_contacts(pairs, least_s=self.limits.least_s))
        found = [self._proposal(r, 1, None, places) for r in rows]
        out = [self._crowd(r, 1) for r in crowds]
        if self.limits.degrees > 1 and rows:
            second, more = self._second(rows, case)
            found, out = found + second, out + more
        return Proposed(found, out)

    def _second(self, close: Sequence[Mapping[str, Any]], case: int) -> tuple[list[Proposal], list[Crowd]]:
        isolated = dict(
            Contact.objects.filter(trace=self.trace, isolated_at__isnull=False).values_list("person_id", "isolated_at")
        )
        asof, window = int(self.at.timestamp()), []
        for r in close:
            until = isolated.get(self.people.ids[r["pid"]])
            window.append((r["pid"], r["first"], min(asof, int(until.timestamp())) if until else asof))
        window = [w for w in window if w[1] < w[2]]
        pairs, places, crowds = self._exposed(window)
        known = self._table(("pid",), [(case,), *((r["pid"],) for r in close)])
        rows = self._rows(tracing.secondary_contacts(pairs, known))
        found = [self._proposal({**r, "src": r["via"]}, 2, self.people.ids[r["via"]], places) for r in rows]
        return found, [self._crowd(r, 2) for r in crowds]

    def _exposed(
        self, window: Sequence[tuple[int, int, int]]
    ) -> tuple[Table, dict[tuple[int, int], list[dict[str, Any]]], list[dict[str, Any]]]:
        """Everybody whom some people met within their windows, where, and the crowds they were in."""
        asked = [self.people.ids[w[0]] for w in window]
        by_place, by_person = self._visits(asked, [w[1] for w in window], [w[2] for w in window])
        people = self._table(("pid", "from_s", "to_s"), window)
        households = self._households(asked)
        crowds = self._kept(tracing.crowded(by_place, most=self.limits.crowd))
        own = self._kept(tracing.own_visits(by_person, people))
        met = self._kept(tracing.meetings(tracing.quiet(own, crowds), by_place))
        pairs = self._kept(tracing.exposures(met, tracing.mates(households, people)))
        places: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for r in self._rows(tracing.places_met(met, pairs)):
            places.setdefault((r["src"], r["pid"]), []).append(r)
        return pairs, places, self._rows(tracing.announced(own, crowds))

    def _visits(self, asked: Sequence[UUID], since: Sequence[int], until: Sequence[int]) -> tuple[Table, Table]:
        """The normalised visits of all venues where the asked were, in two copies, each in its own order."""
        rows: list[tuple[int, ...]] = []
        if asked:
            incident, begins, ends = self.trace.incident_id, _moment(min(since)), _moment(max(until))
            with connection.cursor() as cursor:
                cursor.execute(WHERE, {"incident": incident, "since": begins, "until": ends, "people": list(asked)})
                venues = [r[0] for r in cursor.fetchall()]
                days = {"since": _day_of(begins), "until": _day_of(ends) + DAY}
                cursor.execute(AROUND, {"incident": incident, "venues": venues, **days})
                rows = [(self.people.number(p), self.venues.number(v), a, b) for p, v, a, b in cursor.fetchall()]
        raw = self._table(("pid", "place", "tin", "tout"), rows)
        whole = self._kept(tracing.merged(raw))
        cut = self._kept(tracing.split_at_midnight(whole, offset_s=LOCAL_OFFSET_S))
        return (
            self._kept(cut.order_by(["place", "tin"])),
            self._kept(cut.order_by(["pid", "tin"])),
        )

    def _households(self, asked: Sequence[UUID]) -> Table:
        with connection.cursor() as cursor:
            cursor.execute(DOORS, {"people": list(asked), "most": self.limits.crowd})
            rows = [(self.people.number(p), self.doors.number(h)) for p, h in cursor.fetchall()]
        return self._table(("pid", "hid"), rows)

    def _table(self, columns: Sequence[str], rows: Iterable[Sequence[int]]) -> Table:
        turned = list(zip(*rows, strict=True)) or [()] * len(columns)
        data = {c: pa.array(v, pa.int64()) for c, v in zip(columns, turned, strict=True)}
        return ibis.memtable(pa.table(data))

    def _kept(self, step: Table) -> Table:
        """A step run, its rows kept in memory for the next: a step is asked from several sides and computed once."""
        return ibis.memtable(self.con.to_pyarrow(step))

    def _rows(self, step: Table) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.con.to_pyarrow(step).to_pylist()
        return found

    def _proposal(
        self, r: Mapping[str, Any], degree: int, via: UUID | None, places: Mapping[tuple[int, int], Any]
    ) -> Proposal:
        met = sorted(places.get((r["src"], r["pid"]), []), key=lambda m: (-m["seconds"], m["place"]))
        evidence = {
            "minutes": r["seconds"] // 60,
            "first": _iso(r["first"]),
            "last": _iso(r["last"]),
            "n_venues": r["places"],
            "venues": [
                {"id": str(self.venues.ids[m["place"]]), "first": _iso(m["first"]), "last": _iso(m["last"]),
                 "minutes": m["seconds"] // 60}
                for m in met
            ],
            "household": bool(r["household"]),
        }  # fmt: skip
        if degree > 1:
            evidence["chains"] = r["chains"]
        return Proposal(self.people.ids[r["pid"]], degree, via, evidence)

    def _crowd(self, r: Mapping[str, Any], degree: int) -> Crowd:
        return Crowd(self.venues.ids[r["place"]], degree, _moment(r["tin"]), _moment(r["tout"]), int(r["present"]))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _iso(seconds: int) -> str:
    return _moment(seconds).isoformat()


def _day_of(when: datetime) -> datetime:
    """The local midnight that began the day of a moment."""
    seconds = int(when.timestamp()) + LOCAL_OFFSET_S
    return _moment(seconds - seconds % tracing.DAY_S - LOCAL_OFFSET_S)
