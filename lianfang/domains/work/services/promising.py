"""When somebody is to be at a door: the time a plan promised for open items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import service
from lianfang.domains.accounts.queries import reach
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.reading import right_on


@service("work.promise_times")
def promise_times(*, promises: Mapping[UUID, datetime], by: Actor, at: datetime) -> int:
    """Open items are due at these times now. Gives how many.

    Repeat: the same times. Rights: work.lead on each item's area, of a private kind its own. Locks: the items, by id.
    Raises: ItemMissing (none such, closed, or not his to promise): then nothing is promised.
    """
    rows = list(Item.objects.select_for_update().filter(id__in=promises, is_closed=False).order_by("id"))
    areas = {i.area_id for i in rows}
    reached = {right: reach(by, right, areas=areas) for right in {right_on(i.kind, "lead") for i in rows}}
    mine = {i.id for i in rows if reached[right_on(i.kind, "lead")].has(i.area_id, i.incident_id)}
    missing = next((i for i in promises if i not in mine), None)
    if missing is not None:
        raise ItemMissing(item=str(missing))
    for i in rows:
        i.due_at, i.changed_at = promises[i.id], at
    update_rows(Item, rows, ["due_at", "changed_at"])
    return len(rows)
