"""Items that hang together: an order down the areas with who has not confirmed it, parts, and what was raised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import child_above, ids_below
from lianfang.domains.editions.queries import kind
from lianfang.domains.work.models import Clock, Item
from lianfang.domains.work.queries.reading import items_seen, private_kinds
from lianfang.domains.work.rules import CHECK, first_state

PARTS = 50


def relatives_of(item: Item, *, by: Actor, limit: int = PARTS) -> tuple[list[Item], list[Item]]:
    """The first children of a fanned-out item, the open ones first; and the items that its moves opened.

    Of a private kind only what the actor may look at itself.
    """
    rows = Item.objects.filter(Q(parent=item) | Q(raised_from=item)).select_related("area")
    hidden = ~Q(kind__in=list(private_kinds()))
    rows = rows.filter(hidden | Q(id__in=items_seen(by).values("id")))
    found = list(rows.order_by("is_closed", "due_at", "id")[:limit])
    return [i for i in found if i.parent_id == item.id], [i for i in found if i.raised_from_id == item.id]


def cascade_of(item: Item, *, at: datetime) -> dict[str, Any] | None:
    """An order that went down the areas, as it stands below this node; None where nothing is below.

    Gives: all, in_hand and done as counts; unread (nobody confirmed it) and late as items, the first due first.
    """
    if item.root_id is None or item.kind == CHECK:
        return None
    rows = Item.objects.filter(root_id=item.root_id, area_id__in=ids_below(item.area_id)).exclude(id=item.id)
    first = first_state(kind(item.kind, item.version))
    due = Clock.objects.filter(item_id=OuterRef("id"), stopped_at=None).order_by("due_at").values("due_at")[:1]
    nodes = list(rows.select_related("area").annotate(post=post_of("owner_id"), clock_due=Subquery(due)))
    if not nodes:
        return None
    points = kind(item.kind, item.version).get("score", [])
    still = [n for n in nodes if not n.is_closed]
    times = {n.id: min(filter(None, (n.due_at, n.clock_due)), default=None) for n in still}
    unread = [n for n in still if n.state == first]
    late = [n for n in still if (t := times[n.id]) is not None and t < at]

    def order(n: Item) -> tuple[bool, Any, int]:
        return times[n.id] is None, times[n.id] or at, n.area.position

    return {
        "all": len(nodes),
        "unread": sorted(unread, key=order),
        "late": sorted(late, key=order),
        "in_hand": len(still) - len(unread),
        "done": len(nodes) - len(still),
        "scores": _scores(item, nodes, points) if points else [],
    }


def _scores(item: Item, nodes: Sequence[Item], points: Sequence[str]) -> list[dict[str, Any]]:
    """Of each part directly below: points that are clear in the smallest areas of it, and points in all."""
    tops = {n.area_id: n.area for n in nodes if n.parent_id == item.id}
    part_of = child_above(item.area_id)
    parents = {n.parent_id for n in nodes}
    rows: dict[UUID, dict[str, Any]] = {a: {"area": area, "clear": 0, "all": 0} for a, area in tops.items()}
    for n in nodes:
        row = rows.get(part_of.get(n.area_id, n.area_id))
        if row is not None and n.id not in parents:
            row["clear"] += sum(1 for p in points if n.values.get(p) is True)
            row["all"] += len(points)
    return sorted(rows.values(), key=lambda r: r["clear"] / r["all"] if r["all"] else 0)
