"""Posts outdoors under a weather warning: flagged by the flow, answered by who leads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service, tell
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.rules import CHECK
from lianfang.domains.work.services.moves import Note, make_move
from lianfang.domains.work.services.opening import NewItem, lay_items


@service("work.flag_posts", door=False)
def flag_posts(
    *, warning_id: UUID, incident_id: UUID | None, items: Sequence[NewItem], by: Actor, at: datetime
) -> list[Outcome]:
    """Open a check for each post that a warning reaches, all of one incident or of none.

    Repeat: a post flagged before is left ("repeated"). Rights: tested by the service that raised the warning.
    """
    done = lay_items(kind_name=CHECK, items=items, area_id=None, incident_id=incident_id, by=by, at=at)
    tell(posts=sum(1 for o in done if not o.code))
    return done


@service("work.note_check", told=("move", "choice"))
def note_check(
    *,
    note_id: UUID,
    item_id: UUID,
    warning_id: UUID,
    incident_id: UUID | None,
    area_id: UUID,
    move: str,
    choice: str,
    by: Actor,
    at: datetime,
) -> UUID:
    """The lead of a post answers a warning (a second choice takes the first one's place), or goes back to normal.

    Told with its warning, incident and area too, so that the timelines it belongs on show it.
    Repeat: a known note. Rights and refusals: as work.make_moves. Raises: ItemMissing (no check of this warning).
    """
    if Move.objects.filter(id=note_id, item_id=item_id).exists():
        raise Repeated(item_id)
    mine = Item.objects.filter(id=item_id, kind=CHECK, root_id=warning_id, incident_id=incident_id, area_id=area_id)
    titles = mine.values_list("title", "title_en").first()
    if titles is None:
        raise ItemMissing(item=str(item_id))
    values = {"choice": choice} if choice else {}
    make_move(note=Note(note_id, item_id, move, by, at, values=values), by=by, at=at)
    tell(post={"zh": titles[0], "en": titles[1] or titles[0]})
    return item_id
