"""Readers that follow the log miss nothing, even while a transaction is held open."""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection, transaction

from lianfang.base.actor import Actor
from lianfang.base.log import entries_after
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
