"""Readers that follow the log miss nothing, even while a transaction is held open."""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection, transaction

from lianfang.base.actor import Actor
from lianfang.base.log import count_on, entries_after
from lianfang.base.models import LogEntry
from lianfang.base.service import record

BY = Actor(UUID(int=7))


@pytest.mark.race
@pytest.mark.database
def test_an_entry_committed_late_is_not_skipped(own_database: None, t0: datetime) -> None:
    written, go_on = threading.Event(), threading.Event()
    last = LogEntry.objects.order_by("transaction", "id").last()
    begin = (last.transaction, last.id) if last else (0, 0)

    def slow() -> None:
        with transaction.atomic():
            record("test.slow", by=BY, at=t0, told={}, about=[])
            written.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    record("test.fast", by=BY, at=t0, told={}, about=[])
    # The slow one has the lower number and is not committed: a cursor that passed the fast one now would lose it.
    assert [e.service for e in entries_after(*begin)] == []
    go_on.set()
    thread.join()
    # Another database of the same server may hold a transaction open too: entries then come later, never fewer.
    seen: list[str] = []
    for _ in range(600):
        seen = [e.service for e in entries_after(*begin)]
        if seen:
            break
        threading.Event().wait(0.1)
    assert seen == ["test.slow", "test.fast"]
    last = list(entries_after(*begin))[-1]
    assert list(entries_after(last.transaction, last.id)) == []


@pytest.mark.database
def test_a_restored_log_counts_on_above_its_last_entry(own_database: None, t0: datetime) -> None:
    assert count_on() is False
    record("test.before", by=BY, at=t0, told={}, about=[])
    with transaction.atomic(), connection.cursor() as cursor:
        # As it stands after a restore: the other server had come much further.
        cursor.execute("ALTER TABLE base_logentry DISABLE TRIGGER append_only")
        cursor.execute("UPDATE base_logentry SET transaction = transaction + 5000000")
        cursor.execute("ALTER TABLE base_logentry ENABLE TRIGGER append_only")
    last = LogEntry.objects.order_by("transaction", "id").last()
    assert last
    record("test.lost", by=BY, at=t0, told={}, about=[])
    assert not entries_after(last.transaction, last.id).exists()  # what happens without
    assert count_on() is True and count_on() is False
    record("test.after", by=BY, at=t0, told={}, about=[])
    for _ in range(600):
        if found := [e.service for e in entries_after(last.transaction, last.id)]:
            break
        threading.Event().wait(0.1)
    assert found == ["test.after"]
