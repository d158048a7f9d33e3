"""Thanks: what a lead has let onto the wall of an area, and what somebody wrote himself. Nobody's name is with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.work.models import Item

THANKS = "thanks"
SHOWN = timedelta(days=60)


def thanks_shown(area_ids: Iterable[UUID], *, at: datetime, limit: int = 20) -> list[Item]:
    """What stands on the walls of some areas and of those above them, the newest first; old words make room."""
    above = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=list(area_ids)).values("ancestor_id")
    rows = Item.objects.filter(kind=THANKS, state="shown", area_id__in=above, changed_at__gt=at - SHOWN)
    return list(rows.select_related("area").defer("area__outline").order_by("-changed_at", "id")[:limit])


def own_thanks(by: Actor, *, limit: int = 20) -> list[Item]:
    """What the actor wrote, and how it stands."""
    rows = Item.objects.filter(kind=THANKS, opened_by=by.id).select_related("area").defer("area__outline")
    return list(rows.order_by("-opened_at", "id")[:limit])


def waiting_thanks(by: Actor) -> int:
    """How many of the actor's own nobody has read yet."""
    return Item.objects.filter(kind=THANKS, opened_by=by.id, state="waiting").count()
