"""Values of tasks and plans that belong to no incident, forgotten once their time is over."""

from __future__ import annotations

from datetime import datetime

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.work.models import Item, Plan


@service("work.forget_values", door=False)
def forget_values(*, closed_before: datetime, limit: int, by: Actor, at: datetime) -> int:
    """Personal values of tasks and plans without an incident, closed before a time, are gone; they stay. How many.

    An incident's values die with its key. A standing register has one key for all times: its values go one by one.
    Called by the house's jobs. At most `limit`, the oldest first.
    """
    old = Item.objects.filter(incident_id=None, closed_at__lt=closed_before).exclude(sealed=b"")
    ids = list(old.order_by("closed_at").values_list("id", flat=True)[:limit])
    over = Plan.objects.filter(incident_id=None, ended_at__lt=closed_before).exclude(sealed=b"")
    plans = list(over.order_by("ended_at").values_list("id", flat=True)[:limit])
    gone = Plan.objects.filter(id__in=plans).update(sealed=b"")
    return gone + Item.objects.filter(id__in=ids).update(sealed=b"")
