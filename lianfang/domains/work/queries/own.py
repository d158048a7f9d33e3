"""What somebody is to have done to himself: the tests of those who serve."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from lianfang.domains.work.models import Item

TEST = "helper-test"
DAY = timedelta(days=1)  # a test is due in the morning, late once the day is over


def tests_of(account_id: UUID, *, limit: int = 6) -> list[Item]:
    """Tests of one's own that are still to be done, the next first."""
    rows = Item.objects.filter(owner_id=account_id, kind=TEST, is_closed=False)
    return list(rows.order_by("due_at", "id")[:limit])


def tests_open(account_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, tuple[datetime, bool]]:
    """By person the next test still to be done, and whether its time is over: for the list of who lives inside."""
    rows = Item.objects.filter(owner_id__in=list(account_ids), kind=TEST, is_closed=False).exclude(due_at=None)
    out: dict[UUID, tuple[datetime, bool]] = {}
    for who, due in rows.order_by("due_at").values_list("owner_id", "due_at"):
        if who and due:  # both are, by the filter
            out.setdefault(who, (due, due + DAY <= at))
    return out
