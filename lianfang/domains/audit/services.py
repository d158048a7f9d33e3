"""Recording reads of personal data and every list that leaves as a file; linking the log and keeping its heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from lianfang.base.actor import Actor
from lianfang.base.log import entries_after
from lianfang.base.service import Repeated, service, tell
from lianfang.base.suites import suite_of
from lianfang.domains.audit.errors import ExportDiffers, ExportWithoutReason
from lianfang.domains.audit.models import ChainHead, ChainLink, Export, FailedSignIn, PersonRead
from lianfang.domains.audit.queries import last_head, last_link
from lianfang.domains.audit.rules import LEAF, NO_DIGEST, Head, Link, link_digest, row_bytes

# What two sendings of one file have in common.
SAID = ("actor_id", "what", "area_id", "filters", "format", "rows", "rows_in_all", "fields", "personal_fields", "why")


@dataclass(frozen=True)
class Exported:
    """What a file holds: of what kind, by which filters, its columns, those of them personal, its rows and all."""

    what: str
    filters: Mapping[str, Any]
    format: str
    fields: Sequence[str]
    personal_fields: Sequence[str]
    rows: int
    rows_in_all: int


def _tell_row(row: Export | PersonRead) -> None:
    """Put the row's digest into the entry, so that the chain that seals the entry seals the row."""
    told = row_bytes({f.attname: getattr(row, f.attname) for f in row._meta.fields})
    tell(row=str(row.pk), row_digest=suite_of(settings.SUITE).hash(told).hex())


@service("audit.record_reads", told=("door_name",))
def record_reads(*, door_name: str, fields: list[str], subjects: list[UUID], by: Actor, at: datetime) -> None:
    """Keep who read which fields of whom, through which door and for which purpose."""
    row = PersonRead.objects.create(
        actor_id=by.id, at=at, purpose=by.purpose[:120], door=door_name[:120], fields=fields, subjects=subjects
    )
    _tell_row(row)


@service("audit.record_call", told=("door_name", "nonce"))
def record_call(*, door_name: str, status: int, code: str, nonce: str = "", by: Actor, at: datetime) -> None:
    """Keep that a program called: which door, and how it was answered. The entry itself is the record.

    nonce: of a signed call, by which it is known when it comes again.
    """


@service("audit.record_export", told=("why",))
def record_export(
    *, export_id: UUID, area_id: UUID | None, exported: Exported, why: str, by: Actor, at: datetime
) -> Export:
    """Keep that a list left as a file; the people whose values were whole are kept by `record_reads`, as for a page.

    Repeat:  same id, same content: the first. Rights: the list's own, asked where its rows are.
    Raises:  ExportWithoutReason (personal fields and no reason), ExportDiffers (id reused for another file).
    """
    if exported.personal_fields and not why.strip():
        raise ExportWithoutReason(fields=list(exported.personal_fields))
    row = Export(
        id=export_id,
        actor_id=by.id,
        at=at,
        what=exported.what,
        area_id=area_id,
        filters=dict(exported.filters),
        format=exported.format,
        rows=exported.rows,
        rows_in_all=exported.rows_in_all,
        fields=list(exported.fields),
        personal_fields=list(exported.personal_fields),
        why=why.strip()[:200],
    )
    known = Export.objects.filter(id=export_id).first()
    if known:
        if any(getattr(known, f) != getattr(row, f) for f in SAID):
            raise ExportDiffers(export=str(export_id))
        raise Repeated(known)
    row.save(force_insert=True)
    _tell_row(row)
    return row


@service("audit.link_entries", logged=False)
def link_entries(*, limit: int, by: Actor, at: datetime) -> int:
    """Seal up to `limit` of the entries that wait, in cursor order, as the chain's next link. Returns how many.

    Only entries older than the oldest open transaction: nothing can come in before them any more.
    Repeat:  nothing waits: no link. Locks: the chain, so that two jobs never make one link twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(731002)")
    last = last_link()
    waiting = entries_after(last.last_transaction, last.last_entry) if last else entries_after(0, 0)
    rows = list(waiting.values_list("transaction", "id", "canonical")[:limit])
    if not rows:
        return 0
    suite = suite_of(settings.SUITE)
    number, total = (last.number, last.total) if last else (0, 0)
    link = Link(
        number=number + 1,
        at=at,
        suite=suite.name,
        first=rows[0][:2],
        last=rows[-1][:2],
        count=len(rows),
        total=total + len(rows),
        entries=b"".join(LEAF.pack(t, i, suite.hash(bytes(body))) for t, i, body in rows),
        previous=bytes(last.digest) if last else NO_DIGEST,
    )
    ChainLink.objects.create(
        number=link.number,
        at=link.at,
        suite=link.suite,
        first_transaction=link.first[0],
        first_entry=link.first[1],
        last_transaction=link.last[0],
        last_entry=link.last[1],
        count=link.count,
        total=link.total,
        entries=link.entries,
        previous=link.previous,
        digest=link_digest(link),
    )
    return link.count


@service("audit.record_head", logged=False)
def record_head(*, head: Head, by: Actor, at: datetime) -> ChainHead:
    """Keep a signed head.

    Repeat:  another job has kept one of that number meanwhile: that one. Locks: the chain.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(731002)")
    before = last_head()
    if before and before.number >= head.number:
        raise Repeated(before)
    return ChainHead.objects.create(
        number=head.number,
        at=head.at,
        link=head.link,
        total=head.entries,
        digest=bytes.fromhex(head.digest),
        suite=head.suite,
        public_key=bytes.fromhex(head.public_key),
        signature=bytes.fromhex(head.signature),
    )


MOST_ROWS = 100  # of failed sign-ins in a minute; what goes over it is counted in one row more
COUNT_FAILED = """
WITH kept AS (
    SELECT count(*) < %(most)s OR bool_or((way, name, address) = (%(way)s, %(name)s, %(address)s)) AS apart
    FROM audit_failedsignin WHERE minute = %(minute)s
)
INSERT INTO audit_failedsignin AS f (minute, way, name, address, account_id, n)
SELECT %(minute)s, %(way)s, CASE WHEN apart THEN %(name)s ELSE '' END, CASE WHEN apart THEN %(address)s ELSE '' END,
    CASE WHEN apart THEN %(account)s::uuid END, 1
FROM kept
ON CONFLICT (minute, way, name, address) DO UPDATE SET n = f.n + 1
"""


@service("audit.record_failed_sign_in", door=False, logged=False)
def record_failed_sign_in(
    *, way: str, name: str, address: str, account_id: UUID | None, by: Actor, at: datetime
) -> None:
    """One more try to sign in that failed; name and address come keyed, and nothing of the password.

    Rights: none is asked, since nobody is signed in. Of a minute at most so many rows are kept apart.
    """
    minute, account = at.replace(second=0, microsecond=0), str(account_id) if account_id else None
    values: dict[str, Any] = {"minute": minute, "way": way, "name": name, "address": address, "account": account}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_FAILED, values | {"most": MOST_ROWS})


@service("audit.forget_failed_sign_ins", door=False)
def forget_failed_sign_ins(*, days: int, by: Actor, at: datetime) -> int:
    """Counts of failed sign-ins older than so many days are removed. Repeat: there are none. A job."""
    removed = FailedSignIn.objects.filter(minute__lt=at - timedelta(days=days)).delete()[0]
    if not removed:
        raise Repeated(0)
    tell(removed=removed)
    return removed
