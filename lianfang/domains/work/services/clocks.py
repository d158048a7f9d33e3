"""Clocks that run out: the next on the duty list is told and becomes owner."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.editions.queries import kind
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import assign_purposes
from lianfang.domains.responders.queries import next_on_duty
from lianfang.domains.work.models import Clock, Item
from lianfang.domains.work.services.opening import editions_of

AGAIN = timedelta(minutes=30)  # how long the next one has before it goes on


def _tell(clock: Clock, who: UUID, edition: str, *, by: Actor, at: datetime) -> None:
    if not edition:
        return
    item = clock.item
    words = kind(item.kind, item.version)["words"]
    blanks = {"zh": {"what": item.title or words["zh"]}, "en": {"what": item.title or words["en"]}}
    write_messages(
        writings=[Writing(uuid5(clock.id, str(clock.position)), "account", who, blanks, item.id, item.area_id)],
        edition=edition,
        template="checklist-owner",
        incident_id=item.incident_id,
        by=by,
        at=at,
    )


@service("work.run_out_clocks")
def run_out_clocks(*, limit: int, by: Actor, at: datetime) -> int:
    """Hand on every item whose clock has run out, oldest first; returns how many went to somebody.

    Locks: the clocks, skipping those another worker has.
    """
    due = list(
        Clock.objects.select_for_update(skip_locked=True)
        .filter(stopped_at=None, due_at__lte=at)
        .select_related("item")
        .order_by("due_at")[:limit]
    )
    editions = editions_of({c.item.incident_id for c in due if c.item.incident_id})
    told = 0
    for clock in due:
        item = clock.item
        who, position = next_on_duty(clock.receiver, item.area_id, after=clock.position, at=at)
        clock.position, clock.ran_out_at, clock.due_at = position + 1, clock.ran_out_at or at, at + AGAIN
        if who is not None and who != item.owner_id:
            Item.objects.filter(id=item.id).update(owner_id=who, changed_at=at)
            if item.unit_id:
                assign_purposes(
                    purposes=[(who, item.unit_kind, item.unit_id, item.id)],
                    why="work.escalated",
                    until_at=None,
                    by=by,
                    at=at,
                )
            _tell(clock, who, editions.get(item.incident_id, "") if item.incident_id else "", by=by, at=at)
            told += 1
    Clock.objects.bulk_update(due, ["position", "ran_out_at", "due_at"], batch_size=1000)
    return told
