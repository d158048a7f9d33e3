"""Words of permits and releases that belong to no incident, forgotten once their time is over."""

from __future__ import annotations

from datetime import datetime

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.gates.models import Passage, Permit


@service("gates.forget_permits", door=False)
def forget_permits(*, over_before: datetime, limit: int, by: Actor, at: datetime) -> int:
    """Purposes and places of permits without an incident that were over before a time are gone, and what was said of
    releases before it; the rows stay. How many. An incident's words die with its key. At most `limit` of each.
    """
    old = Permit.objects.filter(incident_id=None, until_at__lt=over_before).exclude(sealed=b"")
    ids = list(old.order_by("until_at").values_list("id", flat=True)[:limit])
    said = Passage.objects.filter(incident_id=None, at__lt=over_before).exclude(sealed=b"")
    releases = list(said.order_by("at").values_list("id", flat=True)[:limit])
    gone = Permit.objects.filter(id__in=ids).update(sealed=b"")
    return gone + Passage.objects.filter(id__in=releases).update(sealed=b"")
