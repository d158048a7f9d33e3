"""Pleas that were asked on somebody's entry: of one who is stranded, of a group of pupils."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.pleas import pleas_seen


def pleas_about(item_ids: Iterable[UUID], *, by: Actor) -> dict[UUID, list[Plea]]:
    """By item the pleas that the actor sees: those asked on it, and the one by which it came; the oldest first."""
    ids = set(item_ids)
    rows = pleas_seen(by).filter(Q(about_item_id__in=ids) | Q(item_id__in=ids)).select_related("item")
    out: dict[UUID, list[Plea]] = {}
    for p in rows.defer("sealed", "item__sealed").order_by("received_at", "id"):
        for i in ids & {p.about_item_id, p.item_id}:
            out.setdefault(i, []).append(p)
    return out
