"""Which incidents lie over an area, and which days of theirs are flagged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from lianfang.domains.areas.queries import ids_above_now
from lianfang.domains.incidents.models import Incident, Milestone


def locked_over(area_id: UUID) -> list[Incident]:
    """Open incidents whose area holds this one, their rows locked: who judges a count does so one after the other."""
    rows = Incident.objects.select_for_update(no_key=True).filter(area_id__in=ids_above_now(area_id), closed_at=None)
    return list(rows.order_by("id"))


def flagged_days(incident: Incident, name: str) -> list[date]:
    """Days flagged under a name on an incident's timeline, the earliest first."""
    return sorted(incident.milestones.filter(name=name, withdrawn_at=None).values_list("on", flat=True))


def flags_of(incident_ids: Iterable[UUID], name: str) -> set[date]:
    """Days flagged under a name on the timeline of any of some incidents."""
    rows = Milestone.objects.filter(incident_id__in=set(incident_ids), name=name, withdrawn_at=None)
    return set(rows.values_list("on", flat=True))
