"""The second look at finished work."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.work.errors import ItemMissing, NeedsAnother, SpotNotDrawn
from lianfang.domains.work.models import Item


@service("work.settle_spot_check")
def settle_spot_check(*, item_id: UUID, agrees: bool, by: Actor, at: datetime) -> Item:
    """Say what the second look found. Rights: work.lead on the area, and never the doer.

    Repeat: the same finding again. Raises: ItemMissing, SpotNotDrawn, NeedsAnother.
    """
    item = Item.objects.select_for_update().filter(id=item_id).first()
    if item is None:
        raise ItemMissing(item=str(item_id))
    require(by, "work.lead", area_id=item.area_id, incident_id=item.incident_id)
    if item.done_by == by.id:
        raise NeedsAnother()
    found = "agrees" if agrees else "differs"
    if item.spot_check == found and item.spot_by == by.id:
        raise Repeated(item)
    if item.spot_check != "drawn":
        raise SpotNotDrawn()
    item.spot_check, item.spot_by = found, by.id
    item.save(update_fields=["spot_check", "spot_by"])
    return item
