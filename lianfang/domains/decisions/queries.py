"""Decisions that wait, and what was decided."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.decisions.errors import DecisionMissing
from lianfang.domains.decisions.models import Decision, Step


def decision(decision_id: UUID) -> Decision:
    """One decision. Raises DecisionMissing."""
    found = Decision.objects.filter(id=decision_id).first()
    if found is None:
        raise DecisionMissing(decision=str(decision_id))
    return found


def waiting_for(by: Actor) -> QuerySet[Step]:
    """Steps that the actor may decide now: its right, its area, and not the asker."""
    rights = {r for g in by.grants for r in g.rights}
    steps = Step.objects.filter(state="waiting", decision__state="asked", right__in=rights)
    fit = [
        s.id
        for s in steps.select_related("decision")
        if s.area_id in set(visible_areas(by, s.right).filter(descendant_id=s.area_id))
    ]
    return (
        Step.objects.filter(id__in=fit).exclude(decision__asked_by=by.id).select_related("decision").order_by("due_at")
    )


def steps_overdue(at: datetime) -> QuerySet[Step]:
    """Steps whose clock has run out."""
    return Step.objects.filter(state="waiting", decision__state="asked", due_at__lte=at, is_escalated=False)


def granted_for(subject_id: UUID) -> Decision | None:
    """The newest granted decision about a subject."""
    return Decision.objects.filter(subject_id=subject_id, state="granted").order_by("-decided_at").first()
