"""Recording reads of personal data: one entry a request, set-based."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.audit.models import PersonRead


@service("audit.record_reads", told=("door",))
def record_reads(*, door_name: str, fields: list[str], subjects: list[UUID], by: Actor, at: datetime) -> None:
    """Keep who read which fields of whom, through which door and for which purpose."""
    PersonRead.objects.create(
        actor_id=by.id, at=at, purpose=by.purpose[:120], door=door_name[:120], fields=fields, subjects=subjects
    )
