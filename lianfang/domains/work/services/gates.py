"""Work that ends at a gate: the paper it needs comes with a permit, and whoever goes out with it has gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.editions.queries import kind
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import AT_GATE, counted_value, missing_fields, move_at_end
from lianfang.domains.work.services.zones import end_items


@service("work.give_paper", door=False)
def give_paper(*, item_ids: Sequence[UUID], paper: str, by: Actor, at: datetime) -> int:
    """The number of the permit with which it may end goes on an item, or is taken off ("": the permit holds no more).

    Rights: tested by the service that decided on the permit. Repeat: the same number. Gives how many it was new to.
    """
    changed = 0
    for item in Item.objects.select_for_update().filter(id__in=list(item_ids), is_closed=False).order_by("id"):
        body = kind(item.kind, item.version)
        names = [f["name"] for f in body.get("fields", []) if f.get("given")]
        if not names or item.values.get(names[0], "") == paper:
            continue
        item.values = {**item.values, **dict.fromkeys(names, paper)}
        item.changed_at = at
        item.save(update_fields=["values", "changed_at"])
        changed += 1
    return changed


@service("work.leave_at_gate", door=False)
def leave_at_gate(*, item_id: UUID, by: Actor, at: datetime) -> Item | None:
    """Whoever an item is about went out at a gate for good: its last move is made, and it is counted.

    Repeat: what is closed. Rights: tested by the gate. Locks: the item.
    """
    item = Item.objects.select_for_update().filter(id=item_id).first()
    if item is None or item.is_closed:
        raise Repeated(item)
    body = kind(item.kind, item.version)
    move = move_at_end(body, item.state, AT_GATE)
    if move is None or missing_fields(body, move["name"], item.values):
        return None
    end_items({item.id}, "gate", "gates.gone", by, at, key=AT_GATE)
    item.refresh_from_db()
    item.counted, item.done_by = counted_value(body, item.state, item.values), by.id
    item.save(update_fields=["counted", "done_by"])
    return item
