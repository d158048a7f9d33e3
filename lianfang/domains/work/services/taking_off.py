"""Work taken off somebody who cannot do it: it waits again for whoever is given it next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.accounts.queries import reach
from lianfang.domains.privacy.services import end_purposes
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.reading import right_on


@service("work.take_off")
def take_off(*, item_ids: Collection[UUID], by: Actor, at: datetime) -> int:
    """Open items are nobody's again. Gives how many were somebody's.

    What their holder notes of them without signal still counts until another is given them (`Item.before_id`); he no
    longer reads whom they are about. Repeat: the rest. Rights: work.lead on each item's area, of a private kind its
    own. Locks: the items, by id. Raises: ItemMissing (none such, closed, or not his to take): then nothing is taken.
    """
    rows = list(Item.objects.select_for_update().filter(id__in=item_ids, is_closed=False).order_by("id"))
    areas = {i.area_id for i in rows}
    reached = {right: reach(by, right, areas=areas) for right in {right_on(i.kind, "lead") for i in rows}}
    mine = {i.id for i in rows if reached[right_on(i.kind, "lead")].has(i.area_id, i.incident_id)}
    missing = next((i for i in item_ids if i not in mine), None)
    if missing is not None:
        raise ItemMissing(item=str(missing))
    held = [i.id for i in rows if i.owner_id]
    Item.objects.filter(id__in=held).update(before_id=F("owner_id"), owner_id=None, changed_at=at)
    end_purposes(source_ids=held, by=by, at=at)
    return len(held)
