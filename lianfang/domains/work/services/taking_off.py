"""Work taken off somebody who cannot do it: it waits again for whoever is given it next."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import F

from lianfang.base.actor import Actor
from lianfang.base.service import service, tell
from lianfang.domains.accounts.queries import reach
from lianfang.domains.privacy.services import end_purposes
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.queries.reading import right_on
from lianfang.domains.work.rules import TAKEN_OFF


@service("work.take_off")
def take_off(*, item_ids: Collection[UUID], by: Actor, at: datetime) -> int:
    """Open items are nobody's again. Gives how many were somebody's.

    What their holder notes of them without signal still counts until another is given them (`Item.before_id`); he no
    longer reads whom they are about. Repeat: the rest. Rights: work.lead on each item's area, of a private kind its
    own. Locks: the items, by id. Raises: ItemMissing (none such, closed, or not his to take): then nothing is taken.
    """
    rows = list(Item.objects.select_for_update().filter(id__in=item_ids, is_closed=False).order_by("id"))
    areas = {i.area_id for i in rows}
    reached = {right: reach(by, right, areas=areas) for right in {right_on(i.kind, "lead") for i in rows}}
    mine = {i.id for i in rows if reached[right_on(i.kind, "lead")].has(i.area_id, i.incident_id)}
    missing = next((i for i in item_ids if i not in mine), None)
    if missing is not None:
        raise ItemMissing(item=str(missing))
    held = [i.id for i in rows if i.owner_id]
    _say_house_move([i for i in rows if i.owner_id], TAKEN_OFF, by=by, at=at)
    Item.objects.filter(id__in=held).update(before_id=F("owner_id"), owner_id=None, changed_at=at)
    end_purposes(source_ids=held, by=by, at=at)
    return len(held)


def _say_house_move(items: Iterable[Item], name: str, *, by: Actor, at: datetime) -> None:
    """On the history of items: what no kind names, that they went to other hands or to another door; within a write."""
    made = [Move(id=uuid5(i.id, f"{name} {at.isoformat()}"), item_id=i.id, move=name, from_state=i.state,
                 to_state=i.state, by=by.id, at=at) for i in items]  # fmt: skip
    Move.objects.bulk_create(made, batch_size=2000)
    tell(moved=len(made))
