"""Measures: a new version with its reason takes the place of the one before; ended ones stay readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_below, is_within
from lianfang.domains.editions.queries import part
from lianfang.domains.incidents.errors import (
    IncidentClosed,
    IncidentMissing,
    MeasureMissing,
    MeasureUnfit,
    MeasureUnknown,
)
from lianfang.domains.incidents.models import Incident, Measure
from lianfang.domains.places.models import Place


@dataclass(frozen=True)
class MeasureText:
    """What a measure says: its words in both languages, what it rules out, why, by which paper, from when to when."""

    text: Mapping[str, str]
    reason: str
    from_at: datetime
    until_at: datetime | None = None
    forbids: Sequence[str] = field(default_factory=tuple)
    paper_number: str = ""


def _refuse_unfit(says: MeasureText) -> None:
    empty = [t for t in ("zh", "en") if not says.text.get(t, "").strip()]
    if empty:
        raise MeasureUnfit(field=f"text.{empty[0]}")
    if not says.reason.strip():
        raise MeasureUnfit(field="reason")
    if says.until_at is not None and says.until_at <= says.from_at:
        raise MeasureUnfit(field="until_at")


@service("incidents.set_measure", told=("name",))
def set_measure(
    *,
    measure_id: UUID,
    incident_id: UUID,
    area_id: UUID,
    place_id: UUID | None,
    name: str,
    says: MeasureText,
    by: Actor,
    at: datetime,
) -> Measure:
    """A measure, or its next version, for an area or one place in it; the version before ends when it begins.

    Repeat:  same id: the first. Rights: incidents.phase on the area. Locks: the incident row.
    Raises:  IncidentMissing, IncidentClosed, MeasureUnknown (not in the catalogue), MeasureUnfit (names the field).
    """
    require(by, "incidents.phase", area_id=area_id, incident_id=incident_id)
    incident = Incident.objects.select_for_update().filter(id=incident_id).first()
    if incident is None or not is_within(area_id, [("division", incident.area_id)]):
        raise IncidentMissing(incident=str(incident_id))
    known = Measure.objects.filter(id=measure_id).first()
    if known:
        raise Repeated(known)
    if incident.closed_at:
        raise IncidentClosed(incident=str(incident_id))
    part(incident.edition, "measures", name, missing=MeasureUnknown)
    _refuse_unfit(says)
    if place_id and not Place.objects.filter(id=place_id, area_id__in=ids_below(area_id)).exists():
        raise MeasureUnfit(field="place")
    line = Measure.objects.filter(incident=incident, area_id=area_id, place_id=place_id, name=name)
    last = line.order_by("-number").first()
    # Also a version that was to hold, or to end, only later: from now on this one speaks alone.
    for before in line.filter(Q(ended_at=None) | Q(ended_at__gt=says.from_at)):
        before.ended_at, before.ended_why = max(says.from_at, before.from_at), "incidents.replaced"
        before.save(update_fields=["ended_at", "ended_why"])
    return Measure.objects.create(
        id=measure_id,
        incident=incident,
        area_id=area_id,
        place_id=place_id,
        name=name,
        number=last.number + 1 if last else 1,
        text={t: says.text[t].strip() for t in says.text if says.text[t].strip()},
        forbids=list(says.forbids),
        reason=says.reason.strip()[:300],
        paper_number=says.paper_number[:80],
        from_at=says.from_at,
        until_at=says.until_at,
        by=by.id,
        at=at,
    )


@service("incidents.end_measure", told=("why",))
def end_measure(*, measure_id: UUID, why: str, by: Actor, at: datetime) -> Measure:
    """A measure holds no longer from now, with the reason.

    Repeat: one that has ended. Rights: incidents.phase on its area. Raises: MeasureMissing, MeasureUnfit (no reason).
    """
    found = Measure.objects.select_for_update().filter(id=measure_id).first()
    if found is None:
        raise MeasureMissing(measure=str(measure_id))
    require(by, "incidents.phase", area_id=found.area_id, incident_id=found.incident_id)
    if found.ended_at and found.ended_at <= at:
        raise Repeated(found)
    if not why.strip():
        raise MeasureUnfit(field="reason")
    found.ended_at, found.ended_why = at, why.strip()[:300]
    found.save(update_fields=["ended_at", "ended_why"])
    return found
