"""A local value replaces an edition's: asked with a reason, approved by another, in force from then."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import decision
from lianfang.domains.decisions.services import ask_decision, say
from lianfang.domains.editions.queries import value
from lianfang.domains.editions.services import override_value


def ask_override(
    *,
    decision_id: UUID,
    edition_code: str,
    name: str,
    area_id: UUID,
    new_value: Any,
    reason: str,
    by: Actor,
    at: datetime,
) -> Decision:
    """Ask to replace one value in an area; what holds now is frozen beside it. Rights: editions.override there."""
    require(by, "editions.override", area_id=area_id)
    before = value(edition_code, name, area_id=area_id, at=at)
    return ask_decision(
        decision_id=decision_id,
        kind="override-value",
        subject_kind="edition_value",
        subject_id=decision_id,
        area_id=area_id,
        authority_level="county",
        incident_id=None,
        reason=reason,
        evidence={"edition": edition_code, "name": name, "before": before, "after": new_value},
        by=by,
        at=at,
    )


def decide_override(*, decision_id: UUID, says: str, reason: str, by: Actor, at: datetime) -> Decision:
    """The approver's word; granted, the value holds from now."""
    with transaction.atomic():
        done = say(decision_id=decision_id, says=says, reason=reason, paper_number="", by=by, at=at)
        if done.state == "granted":
            asked = decision(decision_id)
            override_value(
                override_id=decision_id,
                code=asked.evidence["edition"],
                name=asked.evidence["name"],
                area_id=asked.area_id,
                new_value=asked.evidence["after"],
                reason=asked.reason,
                approved_by=by.id,
                to_at=None,
                by=by,
                at=at,
            )
    return done
