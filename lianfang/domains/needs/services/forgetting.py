"""Words of pleas that belong to no incident, forgotten once their time is over."""

from __future__ import annotations

from datetime import datetime

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.needs.models import Plea


@service("needs.forget_pleas", door=False)
def forget_pleas(*, ended_before: datetime, limit: int, by: Actor, at: datetime) -> int:
    """What was said in pleas without an incident that ended before a time is gone; the pleas stay. How many.

    An incident's words die with its key. Called by the house's jobs. At most `limit`, the oldest first.
    """
    old = Plea.objects.filter(incident_id=None, ended_at__lt=ended_before).exclude(sealed=b"")
    ids = list(old.order_by("ended_at").values_list("id", flat=True)[:limit])
    return Plea.objects.filter(id__in=ids).update(sealed=b"", caller=None)
