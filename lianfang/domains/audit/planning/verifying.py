"""Verifying the log: entries against their bytes, links, heads, and the rows that entries seal in other tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from typing import Any

import django
import psycopg
from django.db import connection as house
from psycopg import sql
from psycopg.rows import namedtuple_row

from lianfang.base.signing_keys import known_keys
from lianfang.base.suites import SUITES
from lianfang.domains.audit.planning.keys import USE, head_of_row
from lianfang.domains.audit.planning.scanning import TIME, Scanned, Stretch, reading, scan
from lianfang.domains.audit.planning.sealed_rows import row_faults
from lianfang.domains.audit.rules import Cursor, Fault, Head, head_faults, named

STRETCH = 50_000  # entries: enough to keep two processes busy, little enough to hold in memory
ALONE = 500_000  # below so many entries a second process costs more than it saves
BEGINNING, END = (-(2**63), 0), (2**63 - 1, 2**63 - 1)
_PLAN = """
SELECT number, suite, last_transaction, last_entry, count FROM audit_chainlink WHERE number >= %s ORDER BY number
"""
_SINCE = """
SELECT coalesce(min(number) FILTER (WHERE at >= %s), max(number) + 1, 1) FROM audit_chainlink
"""
_HEADS = sql.SQL("""
SELECT number, {time} AS at, link, total, digest, suite, public_key, signature
FROM audit_chainhead WHERE at >= %s ORDER BY number
""").format(time=TIME)


@dataclass
class Verdict:
    """What was read, and every fault."""

    entries: int = 0
    waiting: int = 0
    links: int = 0
    heads: int = 0
    rows: int = 0
    rows_before: int = 0  # reads and exports from before their digests stood in the log
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify_log(
    *, from_at: datetime | None = None, published: Sequence[Head] = (), processes: int = 2, stretch: int = STRETCH
) -> Verdict:
    """Verify all, or what was linked since a time, as the database stands at one moment.

    published: heads kept elsewhere; the chain must hold each. What was linked before from_at is taken as it stands.
    """
    s, since = house.settings_dict, from_at or datetime(1, 1, 1, tzinfo=UTC)
    where = {"host": s["HOST"], "port": s["PORT"], "user": s["USER"], "password": s["PASSWORD"], "dbname": s["NAME"]}
    with reading(where) as connection:
        ((snapshot,),) = connection.execute("SELECT pg_export_snapshot()")
        plan = list(_stretches(connection, since, stretch))
        verdict = Verdict(links=max(0, plan[-1].last - plan[0].first + 1))
        gone, new = set(), set()
        for part, found in zip(plan, _scanned(partial(scan, where, snapshot), plan, processes), strict=True):
            verdict.entries += found.entries
            verdict.waiting += found.entries if part.first > part.last else 0
            verdict.faults += found.faults
            gone |= set(found.gone)
            new |= set(found.new)
        moved = named(gone, new)
        told = {f.where for f in moved}
        verdict.faults = moved + [f for f in verdict.faults if f.what != "entry" or f.where not in told]
        heads = _heads(connection, since)
        verdict.heads = len(heads)
        verdict.faults += _heads_against_links(connection, [*heads, *published])
        verdict.rows, verdict.rows_before, wrong = row_faults(connection, since)
        verdict.faults += wrong
    return verdict


def _stretches(connection: psycopg.Connection[Any], since: datetime, size: int) -> Iterator[Stretch]:
    """The links since a time in stretches of some entries and one suite each; last, what waits to be linked."""
    ((first,),) = connection.execute(_SINCE, [since])
    rows = connection.execute(_PLAN, [first - 1]).fetchall()
    after: Cursor = BEGINNING
    if rows and rows[0][0] < first:
        after = rows.pop(0)[2:4]
    part = Stretch(first, first - 1, "world", after, after)
    for number, suite, *end, count in rows:
        suite = suite if suite in SUITES else "world"  # a link that names none is a fault of its own
        if part.entries and (part.entries + count > size or suite != part.suite):
            yield part
            part = Stretch(part.last + 1, part.last, suite, part.until, part.until)
        part = replace(part, last=number, suite=suite, until=tuple(end), entries=part.entries + count)
    if part.entries:
        yield part
    yield Stretch(part.last + 1, part.last, "world", part.until, END)


def _scanned(work: partial[Scanned], plan: Sequence[Stretch], processes: int) -> Iterator[Scanned]:
    """Each stretch read, in order; by several processes where there is much."""
    if processes < 2 or len(plan) < 3 or sum(p.entries for p in plan) < ALONE:
        yield from map(work, plan)
        return
    # Fresh processes: a fork would share the open connections of this one.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=django.setup) as pool:
        yield from pool.map(work, plan)


def _heads(connection: psycopg.Connection[Any], since: datetime) -> list[Head]:
    with connection.cursor(binary=True, row_factory=namedtuple_row) as cursor:
        return [head_of_row(row) for row in cursor.execute(_HEADS, [since])]


def _heads_against_links(connection: psycopg.Connection[Any], heads: Sequence[Head]) -> list[Fault]:
    asked = "SELECT number, digest, total FROM audit_chainlink WHERE number = ANY(%s)"
    rows = connection.execute(asked, [[h.link for h in heads]], binary=True)
    links = {n: (digest, total) for n, digest, total in rows}
    known = known_keys(USE)
    return [f for h in heads for f in head_faults(h, links.get(h.link), known=known)]
