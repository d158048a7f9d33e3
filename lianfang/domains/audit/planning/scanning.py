"""Reading a stretch of the log and the links over it, entry by entry; runs alone in a process of its own too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from lianfang.base.suites import suite_of
from lianfang.domains.audit.rules import (
    LEAF,
    Cursor,
    Fault,
    Leaf,
    Link,
    differing,
    digest_fits,
    leaves_of,
    link_faults,
)

AT_ONCE = 5000
# A time that Python cannot hold (infinity, the year 20000) reads as 1970, and so as changed.
TIME = sql.SQL("CASE WHEN at >= '0001-01-02' AND at < '9999-12-31' THEN at ELSE 'epoch' END")
_LINKS = sql.SQL("""
SELECT number, {time}, suite, first_transaction, first_entry, last_transaction, last_entry, count, total, entries,
       previous, digest
FROM audit_chainlink WHERE number BETWEEN %s AND %s ORDER BY number
""").format(time=TIME)
_ENTRIES = sql.SQL("""
SELECT transaction, id, service, actor_id::text, device::text, purpose, {time}, array_to_string(about, ','),
       told::text, canonical, digest
FROM base_logentry WHERE (transaction, id) > (%s, %s) AND (transaction, id) <= (%s, %s) ORDER BY transaction, id
""").format(time=TIME)


@dataclass(frozen=True)
class Stretch:
    """Links of one suite in a row, and the cursors between which their entries lie.

    Edge: no links (first > last) is what waits to be linked.
    """

    first: int
    last: int
    suite: str
    after: Cursor
    until: Cursor
    entries: int = 0


@dataclass
class Scanned:
    """What one stretch held: entries read, what was sealed and is gone, what is new, and faults already named."""

    entries: int = 0
    gone: list[Leaf] = field(default_factory=list)
    new: list[Leaf] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@contextmanager
def reading(where: Mapping[str, Any], snapshot: str = "") -> Iterator[psycopg.Connection[Any]]:
    """A connection that reads one moment of the database, the same as whoever exported the snapshot."""
    with psycopg.connect(**where) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if snapshot:
            connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        yield connection


def links_between(connection: psycopg.Connection[Any], first: int, last: int) -> list[Link]:
    """Links by number, with the digests of their entries."""
    rows = connection.execute(_LINKS, [first, last], binary=True).fetchall()
    return [Link(n, at, suite, (a, b), (c, d), count, total, entries, previous, digest)
            for n, at, suite, a, b, c, d, count, total, entries, previous, digest in rows]  # fmt: skip


def scan(where: Mapping[str, Any], snapshot: str, stretch: Stretch) -> Scanned:
    """Recompute every entry of a stretch and hold it against its link."""
    with reading(where, snapshot) as connection:
        links = links_between(connection, stretch.first - 1, stretch.last)
        before = links.pop(0) if links and links[0].number < stretch.first else None
        found = Scanned(faults=link_faults(before, links, due=stretch.first))
        leaves = _read_entries(connection, stretch, found)
        # What waits to be linked (no links) is new by right.
        sealed = b"".join(link.entries for link in links)
        if links and leaves != sealed:
            was, now = set(leaves_of(sealed)), set(leaves_of(leaves))
            found.gone, found.new = sorted(was - now), sorted(now - was)
    return found


def _read_entries(connection: psycopg.Connection[Any], stretch: Stretch, found: Scanned) -> bytes:
    """The leaves of all entries of a stretch; notes the columns that say otherwise than the canonical bytes."""
    digest_of, leaf, leaves = suite_of(stretch.suite).hash, LEAF.pack, bytearray()
    with connection.cursor(name="entries", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(_ENTRIES, [*stretch.after, *stretch.until])
        while rows := cursor.fetchmany(AT_ONCE):
            found.entries += len(rows)
            for t, i, service, actor, device, purpose, at, about, told, body, digest in rows:
                made = digest_of(body)
                leaves += leaf(t, i, made)
                wrong = differing(body, service, actor, device, purpose, at, about, told)
                if made != digest and not wrong and not digest_fits(body, digest):
                    wrong = "digest"
                if wrong:
                    found.faults.append(Fault("entry", f"{t}:{i}", "changed", wrong))
    return bytes(leaves)
