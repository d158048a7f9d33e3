"""Clocks that run out: the next on the duty list is told and becomes owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.editions.queries import kind
from lianfang.domains.messages.queries import span_words
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import assign_purposes
from lianfang.domains.responders.queries import next_on_duty
from lianfang.domains.work.models import Clock, Item
from lianfang.domains.work.services.opening import editions_of

AGAIN = timedelta(minutes=30)  # how long the next one has before it goes on


def _tell(handed: Sequence[tuple[Clock, UUID]], *, by: Actor, at: datetime) -> None:
    """One message an item, written in one list for each incident; items outside an incident show on the owner's day."""
    editions = editions_of({c.item.incident_id for c, _ in handed if c.item.incident_id})
    for incident_id, edition in editions.items():
        writings = []
        for clock, who in handed:
            item = clock.item
            if item.incident_id == incident_id:
                words = kind(item.kind, item.version)["words"]
                due = clock.item.due_at or at
                left = span_words((due - at).total_seconds() / 60)
                blanks = {"incident": words, "task": item.title or words, "due": due.isoformat(), "left": left}
                writing_id = uuid5(clock.id, str(clock.position))
                writings.append(Writing(writing_id, "account", who, blanks, item.id, item.area_id))
        write_messages(
            writings=writings, edition=edition, template="checklist-owner", incident_id=incident_id, by=by, at=at
        )


@service("work.run_out_clocks")
def run_out_clocks(*, limit: int, by: Actor, at: datetime) -> int:
    """Hand on every item whose clock has run out, oldest first; returns how many went to somebody.

    Edge:   two clocks of one item that run out together hand it on once.
    Locks:  the clocks, skipping those another worker has.
    """
    running = Clock.objects.select_for_update(skip_locked=True).filter(stopped_at=None, due_at__lte=at)
    due = list(running.select_related("item").order_by("due_at", "id")[:limit])
    duties: dict[tuple[str, UUID, int], tuple[UUID | None, int]] = {}
    handed: dict[UUID, tuple[Clock, UUID]] = {}
    for clock in due:
        item = clock.item
        place = (clock.receiver, item.area_id, clock.position)
        if place not in duties:
            duties[place] = next_on_duty(clock.receiver, item.area_id, after=clock.position, at=at)
        who, position = duties[place]
        clock.position, clock.ran_out_at, clock.due_at = position + 1, clock.ran_out_at or at, at + AGAIN
        if who is not None and who != item.owner_id and item.id not in handed:
            item.owner_id, item.changed_at = who, at
            handed[item.id] = (clock, who)
    Clock.objects.bulk_update(due, ["position", "ran_out_at", "due_at"], batch_size=1000)
    items = [c.item for c, _ in handed.values()]
    Item.objects.bulk_update(items, ["owner_id", "changed_at"], batch_size=1000)
    owned = [(who, c.item.unit_kind, c.item.unit_id, c.item.id) for c, who in handed.values() if c.item.unit_id]
    if owned:
        assign_purposes(purposes=owned, why="work.escalated", until_at=None, by=by, at=at)
    _tell(list(handed.values()), by=by, at=at)
    return len(handed)
