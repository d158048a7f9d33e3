"""Work that ends at a gate: the paper it needs comes with a permit, and whoever goes out with it has gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.editions.queries import kind
from lianfang.domains.work.errors import FieldUnfit, ItemMissing
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
        changed += _give(item, dict.fromkeys(_given(item), paper), at)
    return changed


@service("work.give_values", door=False)
def give_values(*, item_id: UUID, values: Mapping[str, str], by: Actor, at: datetime) -> Item:
    """What an item's given fields say now: a car that goes, a room that is kept; "" takes it off again.

    Rights: tested by the flow that knows of them. Repeat: the same. Raises: ItemMissing, FieldUnfit (not given so).
    """
    item = Item.objects.select_for_update().filter(id=item_id, is_closed=False).first()
    if item is None:
        raise ItemMissing(item=str(item_id))
    wrong = [n for n in values if n not in _given(item)]
    if wrong:
        raise FieldUnfit(field=wrong[0], fix="")
    if not _give(item, values, at):
        raise Repeated(item)
    return item


def _given(item: Item) -> list[str]:
    return [f["name"] for f in kind(item.kind, item.version).get("fields", []) if f.get("given")]


def _give(item: Item, values: Mapping[str, str], at: datetime) -> bool:
    told = {**item.values, **values}
    if told == item.values:
        return False
    item.values, item.changed_at = told, at
    item.save(update_fields=["values", "changed_at"])
    return True


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
