"""Reading the log after a cursor: the live map and devices follow it; nothing is skipped."""

from __future__ import annotations

from django.db.models import BigIntegerField, Func, Q, QuerySet

from lianfang.base.models import LogEntry


class OldestOpen(Func):
    """The oldest transaction still open: entries at or above it may yet be joined by earlier numbers."""

    template = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


def entries_after(transaction: int, entry: int) -> QuerySet[LogEntry]:
    """Settled entries after the cursor (transaction, entry), in cursor order.

    Edge: an entry whose transaction is not older than every open one is not given yet, since a lower number may still
    commit; so a reader that keeps the last cursor misses none.
    """
    after = Q(transaction__gt=transaction) | Q(transaction=transaction, id__gt=entry)
    return LogEntry.objects.filter(after, transaction__lt=OldestOpen()).order_by("transaction", "id")
