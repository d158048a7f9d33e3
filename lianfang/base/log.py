"""Reading the log after a cursor: the live map and devices follow it; nothing is skipped."""

from __future__ import annotations

from django.db import connection
from django.db.models import BigIntegerField, Func, Q, QuerySet

from lianfang.base.models import LogEntry


class OldestOpen(Func):
    """The oldest transaction still open: entries at or above it may yet be joined by earlier numbers."""

    template = "(lianfang_transactions_before() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


def entries_after(transaction: int, entry: int) -> QuerySet[LogEntry]:
    """Settled entries after the cursor (transaction, entry), in cursor order.

    Edge: an entry whose transaction is not older than every open one is not given yet, since a lower number may still
    commit; so a reader that keeps the last cursor misses none.
    """
    return later_than(transaction, entry).filter(transaction__lt=OldestOpen()).order_by("transaction", "id")


def later_than(transaction: int, entry: int) -> QuerySet[LogEntry]:
    """All entries after the cursor, those that are not settled yet too."""
    after = Q(transaction__gt=transaction) | Q(transaction=transaction, id__gt=entry)
    # Said twice: with the first alone the database walks the index from its beginning, the whole log each time.
    return LogEntry.objects.filter(after, transaction__gte=transaction)


def count_on() -> bool:
    """Let the log's transactions count on where a restored log ended; whether that was needed. Only the owner may.

    A server numbers its transactions for itself. After a restore into a new one they would begin below those in the
    log: new entries would come in among old ones, and whoever follows the log or links it would never see them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(transaction), lianfang_transactions_before() + pg_current_xact_id()::text::bigint "
            "FROM base_logentry"
        )
        last, now = cursor.fetchone()
        if last is None or last < now:
            return False
        cursor.execute(
            "CREATE OR REPLACE FUNCTION lianfang_transactions_before() RETURNS bigint LANGUAGE sql IMMUTABLE "
            f"AS 'SELECT {int(last)}::bigint'"
        )
        return True
