"""Zone versions: drafted, put in force by an authority, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Building
from lianfang.domains.incidents.errors import (
    IncidentMissing,
    ZoneEmpty,
    ZoneMissing,
    ZoneNotDraft,
    ZoneOutside,
    ZoneWithoutAuthority,
)
from lianfang.domains.incidents.models import Incident, Zone, ZoneBuilding, ZoneVersion
from lianfang.domains.incidents.queries import zone_kind


def _refuse_outside(building_ids: Sequence[UUID], area_id: UUID) -> None:
    """A street's draft does not reach into the next: each building lies below the zone's area."""
    inside = Building.objects.filter(id__in=building_ids, area_id__in=ids_below(area_id)).count()
    if inside != len(set(building_ids)):
        raise ZoneOutside(outside=len(set(building_ids)) - inside)


@service("incidents.draft_zone", told=("name", "why"))
def draft_zone(
    *,
    version_id: UUID,
    zone_id: UUID,
    incident_id: UUID,
    area_id: UUID,
    name: str,
    kind: str,
    building_ids: Sequence[UUID],
    why: str,
    is_proposed: bool,
    by: Actor,
    at: datetime,
) -> ZoneVersion:
    """Draft a new zone, or the next version of one. Nothing holds anybody until an authority adopts it.

    Repeat:  same version id: the first. Rights: zones.draft on the area.
    Raises:  IncidentMissing, ZoneKindUnknown, ZoneEmpty, ZoneOutside, ZoneMissing (its next version elsewhere).
    """
    require(by, "zones.draft", area_id=area_id, incident_id=incident_id)
    known = ZoneVersion.objects.filter(id=version_id).first()
    if known:
        raise Repeated(known)
    incident = Incident.objects.filter(id=incident_id).first()
    if incident is None:
        raise IncidentMissing(incident=str(incident_id))
    zone_kind(incident, kind)
    if not building_ids:
        raise ZoneEmpty(name=name)
    _refuse_outside(building_ids, area_id)
    zone, _ = Zone.objects.get_or_create(id=zone_id, defaults={"incident": incident, "area_id": area_id, "name": name})
    if zone.incident_id != incident_id or zone.area_id != area_id:
        raise ZoneMissing(zone=str(zone_id))
    number = (zone.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = ZoneVersion.objects.create(
        id=version_id, zone=zone, number=number, kind=kind, why=why, is_proposed=is_proposed, by=by.id, at=at
    )
    copy_lines(ZoneBuilding, ("version_id", "building_id"), (f"{version_id}\t{b}" for b in dict.fromkeys(building_ids)))
    return version


@service("incidents.enforce_version", door=False)
def enforce_version(
    *,
    version_id: UUID,
    decision_id: UUID | None,
    paper_number: str,
    until_at: datetime | None,
    review_at: datetime | None,
    outline: Mapping[str, Any] | None,
    by: Actor,
    at: datetime,
) -> ZoneVersion:
    """A version comes into force by a granted decision, with its outline; the one in force before is replaced.

    Repeat:  a version in force. Raises: ZoneNotDraft, ZoneWithoutAuthority. Locks: the zone row.
    """
    version = ZoneVersion.objects.select_related("zone").get(id=version_id)
    Zone.objects.select_for_update().get(id=version.zone_id)
    version.refresh_from_db()
    if version.state == "in_force":
        raise Repeated(version)
    if version.state != "draft":
        raise ZoneNotDraft(state=version.state)
    if decision_id is None:
        raise ZoneWithoutAuthority(kind=version.kind)
    ZoneVersion.objects.filter(zone_id=version.zone_id, state="in_force").update(
        state="replaced", ended_at=at, ended_why="replaced"
    )
    version.state, version.decision_id, version.paper_number = "in_force", decision_id, paper_number
    version.from_at, version.until_at, version.review_at = at, until_at, review_at
    version.outline = outline
    version.save(update_fields=["state", "decision_id", "paper_number", "from_at", "until_at", "review_at", "outline"])
    return version


@service("incidents.end_version", door=False, told=("why",))
def end_version(*, version_id: UUID, why: str, by: Actor, at: datetime) -> ZoneVersion:
    """A version in force is lifted. Repeat: one that has ended."""
    version = ZoneVersion.objects.select_for_update().get(id=version_id)
    if version.state != "in_force":
        raise Repeated(version)
    version.state, version.ended_at, version.ended_why = "lifted", at, why[:120]
    version.save(update_fields=["state", "ended_at", "ended_why"])
    return version


@service("incidents.alarm_review", door=False)
def alarm_review(*, version_id: UUID, by: Actor, at: datetime) -> ZoneVersion:
    """The review time has come and nobody decided: alarmed once, before the zone falls to a milder kind."""
    version = ZoneVersion.objects.select_for_update().get(id=version_id)
    if version.alarmed_at:
        raise Repeated(version)
    version.alarmed_at = at
    version.save(update_fields=["alarmed_at"])
    return version
