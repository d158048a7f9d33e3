"""Open work that stands in a state which its kind calls an alarm: a treatment that was not reached in time."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.reading import items_seen


def alarmed_items(area_id: UUID, *, by: Actor, limit: int = 60) -> list[Item]:
    """Items of an area and below that the actor sees and that stand in alarm, the longest overdue first."""
    pairs = [(name, s["name"]) for name, body in kinds_by_name().items() for s in body["states"] if s.get("alarm")]
    fit = Q(pk__in=[])
    for name, state in pairs:
        fit |= Q(kind=name, state=state)
    rows = items_seen(by).filter(fit, is_closed=False, area_id__in=ids_below(area_id))
    rows = rows.select_related("area").defer("area__outline", "sealed").annotate(owner_label=post_of("owner_id"))
    return list(rows.order_by("due_at", "id")[:limit])
