"""Posts outdoors under a weather warning: flagged by the flow, answered by who leads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

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


@service("work.note_check", door=False, told=("move", "choice"))
def note_check(
    *,
    note_id: UUID,
    item_id: UUID,
    warning_id: UUID | None,
    incident_id: UUID | None,
    move: str,
    choice: str,
    by: Actor,
    at: datetime,
) -> UUID:
    """A move of a check, told under its warning and incident too, so that both timelines show it.

    Repeat: a known note. Rights and refusals: as work.make_moves.
    """
    if Move.objects.filter(id=note_id).exists():
        raise Repeated(item_id)
    values = {"choice": choice} if choice else {}
    make_move(note=Note(note_id, item_id, move, by, at, values=values), by=by, at=at)
    zh, en = Item.objects.values_list("title", "title_en").get(id=item_id)
    tell(post={"zh": zh, "en": en or zh})
    return item_id


def _noted(item_id: UUID, note_id: UUID, move: str, choice: str, by: Actor, at: datetime) -> UUID:
    found = Item.objects.filter(id=item_id, kind=CHECK).first()
    if found is None:
        raise ItemMissing(item=str(item_id))
    return note_check(note_id=note_id, item_id=item_id, warning_id=found.root_id, incident_id=found.incident_id,
                      move=move, choice=choice, by=by, at=at)  # fmt: skip


def answer_check(*, note_id: UUID, item_id: UUID, choice: str, by: Actor, at: datetime) -> UUID:
    """The lead of a post has seen the warning and chooses what is done; a second choice takes the first one's place.

    Raises: ItemMissing, work.field_unfit (no such choice), and what a move may raise.
    """
    return _noted(item_id, note_id, "answer", choice, by, at)


def resume_check(*, item_id: UUID, by: Actor, at: datetime) -> UUID:
    """A post is back to normal before the warning is over. Repeat: pressed again."""
    return _noted(item_id, uuid5(item_id, "resume"), "resume", "", by, at)
