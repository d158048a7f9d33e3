"""Incidents, and the zones that are in force: in an area, or round one building."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema

from lianfang.api.door import Cursor, Limit, actor_of, by_id, newest_first, route, told
from lianfang.domains.grid.queries import building_seen
from lianfang.domains.incidents import queries
from lianfang.domains.incidents.models import ZoneVersion


class IncidentOut(Schema):
    """What is answered: a hazard in an area under an edition."""

    id: UUID
    hazard: str
    edition: str
    area_id: UUID
    title: dict[str, str]
    phase: str
    mode: str
    level: str
    alerted_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    is_drill: bool


class IncidentPage(Schema):
    """Some incidents, and the cursor of the next page."""

    items: list[IncidentOut]
    next: str


class ZoneOut(Schema):
    """A version of a zone: its kind, since when, until when, and how many buildings lie in it."""

    id: UUID
    zone_id: UUID
    incident_id: UUID
    area_id: UUID
    name: str
    kind: str
    state: str
    number: int
    paper_number: str
    from_at: datetime | None
    until_at: datetime | None
    review_at: datetime | None
    buildings: int


class ZonePage(Schema):
    """Some zones, and the cursor of the next page."""

    items: list[ZoneOut]
    next: str


class ZoneWhole(Schema):
    """A zone with the ids of its buildings and the outline round them (GeoJSON, WGS 84)."""

    zone: ZoneOut
    building_ids: list[UUID]
    outline: dict[str, Any] | None


SAID = ("id", "zone_id", "kind", "state", "number", "paper_number", "from_at", "until_at", "review_at")


def _zone(v: ZoneVersion, buildings: int) -> ZoneOut:
    place = {"incident_id": v.zone.incident_id, "area_id": v.zone.area_id, "name": v.zone.name}
    return ZoneOut(**told(v, SAID), **place, buildings=buildings)


def _incident(found: Any) -> IncidentOut:
    return IncidentOut(**told(found, IncidentOut.model_fields))


@route("GET", "/incidents", scopes=["incidents.read"], gives=IncidentPage, name="incidents")
def incidents(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> IncidentPage:
    """Incidents in the program's area or over it, the newest first, closed ones too."""
    rows, following = newest_first(queries.incidents_seen(actor_of(request)), "opened_at", cursor, limit)
    return IncidentPage(items=[_incident(i) for i in rows], next=following)


@route("GET", "/incidents/{uuid:incident_id}", scopes=["incidents.read"], gives=IncidentOut, name="incident")
def incident(request: HttpRequest, incident_id: UUID) -> IncidentOut:
    """One incident."""
    return _incident(queries.incident_seen(incident_id, by=actor_of(request)))


@route("GET", "/zones", scopes=["incidents.read"], gives=ZonePage, name="zones")
def zones(request: HttpRequest, area: UUID | None = None, cursor: Cursor = "", limit: Limit = 50) -> ZonePage:
    """Zones in force, of one area and below if `area` names it."""
    rows, following = by_id(queries.zones_holding(by=actor_of(request), area_id=area), cursor, limit)
    return ZonePage(items=[_zone(v, v.n_buildings) for v in rows], next=following)


@route("GET", "/zones/{uuid:version_id}", scopes=["incidents.read"], gives=ZoneWhole, name="zone")
def zone(request: HttpRequest, version_id: UUID) -> ZoneWhole:
    """One version of a zone, with its buildings."""
    found = queries.version_seen(version_id, by=actor_of(request))
    inside = queries.building_ids(found)
    return ZoneWhole(zone=_zone(found, len(inside)), building_ids=inside, outline=found.outline)


@route(
    "GET",
    "/buildings/{uuid:building_id}/zones",
    scopes=["incidents.read", "grid.read"],
    gives=ZonePage,
    name="building-zones",
)
def building_zones(request: HttpRequest, building_id: UUID, cursor: Cursor = "", limit: Limit = 50) -> ZonePage:
    """In which zones a building lies now; the building is seen as on its page."""
    by = actor_of(request)
    found = building_seen(building_id, by=by)
    rows, following = by_id(queries.zones_holding(by=by, building_id=found.id), cursor, limit)
    return ZonePage(items=[_zone(v, v.n_buildings) for v in rows], next=following)
