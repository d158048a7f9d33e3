"""A response level is set: it goes down to every lower level as an order, and the plan's tasks for it begin."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.editions.queries import part, section_of
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import set_level
from lianfang.flows.fan_out import fan_out
from lianfang.flows.open_incident import lay_tasks

ORDER = "order"


def set_response_level(
    *,
    incident_id: UUID,
    level: str,
    issuer: str,
    paper_number: str,
    effective_at: datetime,
    reason: str,
    by: Actor,
    at: datetime,
) -> Incident:
    """Set the level, send it down the areas for each to confirm, start the plan's tasks for it; all or nothing.

    Repeat: the level that stands: no second order. Raises: what incidents.set_level raises; RightMissing.
    """
    with transaction.atomic():
        before = Incident.objects.filter(id=incident_id).values_list("level", flat=True).first()
        incident = set_level(
            incident_id=incident_id,
            level=level,
            issuer=issuer,
            paper_number=paper_number,
            effective_at=effective_at,
            reason=reason,
            by=by,
            at=at,
        )
        if before == level:
            return incident
        series = f"level {level} {at.isoformat()}"
        words = part(incident.edition, "levels", level)["words"]
        fan_out(
            parent_id=uuid5(incident.id, series),
            kind_name=ORDER,
            area_id=incident.area_id,
            values={"number": paper_number, "what": f"{issuer}：{words['zh']}"},
            title=words["zh"],
            title_en=words["en"],
            due_at=None,
            incident_id=incident.id,
            by=by,
            at=at,
        )
        tasks = [t for t in section_of(incident.edition, "level_tasks") if level in t["levels"]]
        lay_tasks(incident, tasks, series, by=by, at=at)
    return incident
