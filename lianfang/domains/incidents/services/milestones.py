"""Milestones of an incident: flagged by a flow that counted, withdrawn when a correction undoes them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.incidents.models import Milestone


@service("incidents.note_milestone", door=False, told=("name",))
def note_milestone(*, milestone_id: UUID, incident_id: UUID, name: str, on: date, by: Actor, at: datetime) -> Milestone:
    """Flag a day on the incident's timeline. The flow tested the right to count and holds the incident's row.

    Repeat: the day is flagged under this name.
    """
    known = Milestone.objects.filter(incident_id=incident_id, name=name, on=on, withdrawn_at=None).first()
    if known:
        raise Repeated(known)
    return Milestone.objects.create(id=milestone_id, incident_id=incident_id, name=name, on=on, by=by.id, at=at)


@service("incidents.withdraw_milestone", door=False, told=("name",))
def withdraw_milestone(*, incident_id: UUID, name: str, on: date, by: Actor, at: datetime) -> int:
    """A flagged day did not reach it after all: the flag is withdrawn, and the timeline says so. Repeat: no change."""
    rows = Milestone.objects.filter(incident_id=incident_id, name=name, on=on, withdrawn_at=None)
    if not rows.exists():
        raise Repeated(0)
    return rows.update(withdrawn_at=at)
