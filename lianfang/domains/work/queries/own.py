"""What somebody is to have done to himself: the tests of those who serve."""

from __future__ import annotations

from uuid import UUID

from lianfang.domains.work.models import Item

TEST = "helper-test"


def tests_of(account_id: UUID, *, limit: int = 6) -> list[Item]:
    """Tests of one's own that are still to be done, the next first."""
    rows = Item.objects.filter(owner_id=account_id, kind=TEST, is_closed=False)
    return list(rows.order_by("due_at", "id")[:limit])
