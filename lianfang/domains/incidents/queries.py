"""Incidents, their signals, timeline and zones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.models import DIVISION, Area, AreaClosure
from lianfang.domains.areas.queries import ids_above_now, ids_below
from lianfang.domains.decisions.models import Decision
from lianfang.domains.editions.queries import edition, part
from lianfang.domains.grid.models import Building
from lianfang.domains.grid.queries import flags_in, lives_in
from lianfang.domains.holds.queries import live_holds
from lianfang.domains.incidents.errors import IncidentMissing, MeasureMissing, ZoneKindUnknown, ZoneMissing
from lianfang.domains.incidents.models import Change, Incident, Measure, Signal, Zone, ZoneBuilding, ZoneVersion


def incidents_seen(by: Actor) -> QuerySet[Incident]:
    """Incidents whose area the actor sees, or that lie over an area of the actor's; open ones first."""
    fit = Q(area_id__in=visible_areas(by, "incidents.read"))
    for g in by.areas_with("incidents.read"):
        fit |= Q(area_id__in=ids_above_now(g.area_id, hierarchy=g.hierarchy)) if g.area_id else Q()
    rows = Incident.objects.filter(fit).select_related("area")
    return rows.order_by(F("closed_at").desc(nulls_first=True), "-opened_at")


def home_of(by: Actor) -> Area | None:
    """The area of the actor's first grant, marked `is_drill` where the database holds an exercise: a page's frame."""
    ids = [g.area_id for g in by.grants if g.area_id]
    drill = Exists(Incident.objects.filter(is_drill=True))
    return Area.objects.filter(id=ids[0]).annotate(is_drill=drill).defer("outline").first() if ids else None


def editions_by_incident(incident_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The edition under which each incident was opened."""
    return dict(Incident.objects.filter(id__in=set(incident_ids)).values_list("id", "edition"))


def is_exercise() -> bool:
    """Whether the database holds an exercise."""
    return Incident.objects.filter(is_drill=True).exists()


def incident_seen(incident_id: UUID, *, by: Actor) -> Incident:
    """One incident. Raises IncidentMissing."""
    found = incidents_seen(by).filter(id=incident_id).first()
    if found is None:
        raise IncidentMissing(incident=str(incident_id))
    return found


def signals_waiting(by: Actor) -> QuerySet[Signal]:
    """Signals nobody has acknowledged, or that have not opened an incident, in the actor's areas."""
    rows = Signal.objects.filter(incident=None, area_id__in=visible_areas(by, "incidents.read"))
    rows = rows.select_related("area", "building")
    return rows.order_by(F("acknowledged_at").asc(nulls_first=True), "received_at")


def signals_of(incident: Incident) -> list[Signal]:
    """The signals of an incident, newest first."""
    return list(Signal.objects.filter(incident=incident).select_related("area", "building").order_by("-found_at"))


def edition_of(incident: Incident) -> Any:
    """The content of an incident's edition, read once for a page."""
    return edition(incident.edition)


def changes_of(incident: Incident) -> list[Change]:
    """Dated changes of phase, mode and level, newest first."""
    return list(incident.changes.order_by("-at"))


def timeline(incident: Incident, *, limit: int = 60) -> list[LogEntry]:
    """What was written about an incident, its signals, zones and decisions, newest first."""
    return timeline_of([incident.id], limit=limit)


class WithoutOutcomes(Func):
    """What an entry tells, without each item's outcome: a round of ten thousand calls is one line."""

    template = "(%(expressions)s - 'outcomes')"
    output_field = JSONField()


def timeline_of(incidents: Sequence[UUID], *, limit: int = 60, leave_out: Sequence[str] = ()) -> list[LogEntry]:
    """The same of several incidents together; some services left out."""
    own = Incident.objects.filter(id__in=incidents).values_list("id")
    zones = Zone.objects.filter(incident_id__in=incidents).values_list("id")
    signals = Signal.objects.filter(incident_id__in=incidents).values_list("id")
    versions = ZoneVersion.objects.filter(zone__incident_id__in=incidents).values_list("id")
    asked = Decision.objects.filter(incident_id__in=incidents).values_list("id")
    rows = LogEntry.objects.filter(about__overlap=ArraySubquery(own.union(zones, signals, versions, asked)))
    short = rows.exclude(service__in=leave_out).defer("told", "canonical").annotate(short=WithoutOutcomes(F("told")))
    entries: list[LogEntry] = [*short.order_by("-at", "-id")[:limit]]
    for e in entries:
        e.told = e.short  # type: ignore[attr-defined]
    return entries


def zone_kind(incident: Incident, name: str) -> Any:
    """A zone kind of the incident's edition. Raises ZoneKindUnknown."""
    for z in edition(incident.edition).get("zone_kinds", []):
        if z["name"] == name:
            return z
    raise ZoneKindUnknown(kind=name, edition=incident.edition)


def version_seen(version_id: UUID, *, by: Actor) -> ZoneVersion:
    """A zone version with its zone and incident. Raises ZoneMissing."""
    rows = ZoneVersion.objects.filter(id=version_id, zone__incident__in=incidents_seen(by).order_by())
    found = rows.select_related("zone__incident__area", "zone__area").first()
    if found is None:
        raise ZoneMissing(zone=str(version_id))
    return found


def zone_seen(zone_id: UUID, *, by: Actor) -> Zone:
    """A zone, for its next version. Raises ZoneMissing."""
    found = Zone.objects.filter(id=zone_id, incident__in=incidents_seen(by).order_by()).select_related("area").first()
    if found is None:
        raise ZoneMissing(zone=str(zone_id))
    return found


def zone_names(incidents: Sequence[UUID]) -> dict[UUID, str]:
    """The names of all zones of some incidents, by version."""
    rows = ZoneVersion.objects.filter(zone__incident_id__in=incidents)
    return dict(rows.values_list("id", "zone__name"))


def versions_in(incident: Incident) -> list[ZoneVersion]:
    """All zone versions of an incident, in any state, with how many buildings; in the order they were drafted."""
    rows = ZoneVersion.objects.filter(zone__incident=incident).select_related("zone__area")
    return list(rows.annotate(n_buildings=Count("buildings")).order_by("at"))


def buildings_inside(version: ZoneVersion, *, limit: int) -> list[Building]:
    """The first buildings of a version with their committees, in the order of the list."""
    rows = Building.objects.filter(id__in=version.buildings.values("building_id")).select_related("area")
    return list(rows.order_by("area__position", "position")[:limit])


def inside_of(version: ZoneVersion) -> dict[str, Any]:
    """Who lives in a zone version now: counts only."""
    buildings = version.buildings.values("building_id")
    return {"buildings": version.buildings.count(), "persons": lives_in(buildings), "flags": flags_in(buildings)}


def steps_between(versions: Sequence[ZoneVersion]) -> dict[UUID, dict[str, int]]:
    """For each version of one zone how many buildings it added, kept and released against the one before."""
    inside: dict[UUID, set[UUID]] = {v.id: set() for v in versions}
    rows = ZoneBuilding.objects.filter(version_id__in=inside).values_list("version_id", "building_id")
    if len(versions) == 1:
        return {versions[0].id: {"added": rows.count(), "kept": 0, "released": 0}}
    for version_id, building_id in rows:
        inside[version_id].add(building_id)
    out: dict[UUID, dict[str, int]] = {}
    before: set[UUID] = set()
    for v in sorted(versions, key=lambda v: v.number):
        now = inside[v.id]
        out[v.id] = {"added": len(now - before), "kept": len(now & before), "released": len(before - now)}
        before = now
    return out


def version_behind(hold_source_id: UUID | None) -> ZoneVersion | None:
    """The zone version that placed a hold, for a page about who is held; the right to see is the hold's."""
    if hold_source_id is None:
        return None
    return ZoneVersion.objects.select_related("zone__incident__area", "zone__area").filter(id=hold_source_id).first()


def versions_named(ids: Sequence[UUID]) -> QuerySet[ZoneVersion]:
    """Zone versions by id with zone and incident: for pages about decisions the actor may see."""
    return ZoneVersion.objects.filter(id__in=set(ids)).select_related("zone__incident", "zone__area")


def versions_of(zone: Zone) -> list[ZoneVersion]:
    """All versions of a zone with how many buildings, newest first."""
    return list(zone.versions.annotate(n_buildings=Count("buildings")).order_by("-number"))


def zones_in_force(*, by: Actor, area_id: UUID | None = None) -> list[ZoneVersion]:
    """Versions in force in the actor's areas, strictest names last for drawing."""
    rows = (
        ZoneVersion.objects.filter(state="in_force", zone__incident__in=incidents_seen(by))
        .select_related("zone__incident", "zone__area")
        .annotate(n_buildings=Count("buildings"))
    )
    return list(rows.filter(zone__area_id__in=ids_below(area_id)) if area_id else rows)


def drafts(*, by: Actor) -> list[ZoneVersion]:
    """Versions that wait for an authority."""
    rows = ZoneVersion.objects.filter(state="draft", zone__incident__in=incidents_seen(by))
    return list(rows.select_related("zone__incident", "zone__area").annotate(n_buildings=Count("buildings")))


def building_ids(version: ZoneVersion) -> list[UUID]:
    """The buildings of a version."""
    return list(version.buildings.values_list("building_id", flat=True))


def what_if(buildings: Sequence[UUID], *, at: datetime) -> dict[str, Any]:
    """What a set of buildings means before anybody decides: who is inside, who needs others, what overlaps."""
    overlaps = live_holds(at).filter(person=None, buildings__building_id__in=buildings).distinct()
    return {
        "buildings": len(buildings),
        "persons": lives_in(buildings),
        "flags": flags_in(buildings),
        "overlaps": [
            {"words": h.words, "until": h.until_at or h.review_at, "hold": str(h.id), "source": str(h.source_id)}
            for h in overlaps
        ],
    }


def difference(old: ZoneVersion | None, buildings: Sequence[UUID]) -> dict[str, list[UUID]]:
    """Which buildings a new version adds, keeps and releases."""
    before = set(building_ids(old)) if old else set()
    now = set(buildings)
    return {"added": sorted(now - before), "kept": sorted(now & before), "released": sorted(before - now)}


def days_without_case(incident: Incident, *, at: datetime, buildings: Sequence[UUID] = ()) -> int | None:
    """Whole days since the incident's newest case (in the buildings, if one is named there); None without one."""
    rows = Signal.objects.filter(incident=incident, kind="case", found_at__lte=at).order_by("-found_at")
    found = list(rows.values_list("found_at", "building_id"))
    inside = set(buildings)
    if any(b in inside for _, b in found):
        found = [(when, b) for when, b in found if b is None or b in inside]
    return (at - found[0][0]).days if found else None


def _live_measures(at: datetime) -> QuerySet[Measure]:
    ended = Q(ended_at=None) | Q(ended_at__gt=at)
    rows = Measure.objects.filter(ended, Q(until_at=None) | Q(until_at__gt=at), from_at__lte=at)
    return rows.filter(incident__closed_at=None).select_related("area", "incident")


def measures_at(area_id: UUID, *, at: datetime, place_id: UUID | None = None) -> list[Measure]:
    """What holds in an area (or at one place there) at a time: of one name the nearest speaks, the place before all.

    A measure of a larger area is inherited until a smaller one, or the place, states its own.
    """
    above = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=area_id, ancestor_id=OuterRef("area_id"))
    asked = Q(place_id=None) | Q(place_id=place_id, place_id__isnull=False)
    rows = _live_measures(at).annotate(depth=Subquery(above.values("depth")[:1])).filter(asked, depth__gte=0)
    nearest: dict[tuple[UUID, str], Measure] = {}
    for m in sorted(rows, key=lambda m: (m.place_id is None, m.depth)):
        nearest.setdefault((m.incident_id, m.name), m)
    return sorted(nearest.values(), key=lambda m: (m.name, m.from_at))


def measures_over(area_id: UUID, *, at: datetime) -> list[Measure]:
    """All measures that hold in an area, above it, and in parts of it: for the map."""
    rows = _live_measures(at).filter(Q(area_id__in=ids_below(area_id)) | Q(area_id__in=ids_above_now(area_id)))
    return list(rows.order_by("name", "area__position", "place_id"))


def measures_of(incident: Incident) -> list[Measure]:
    """Every version of every measure of an incident, by name and area, the newest first."""
    rows = Measure.objects.filter(incident=incident).select_related("area")
    return list(rows.order_by("name", "area__position", "area_id", "place_id", "-number"))


def measure_seen(measure_id: UUID, *, by: Actor) -> Measure:
    """One measure with its incident. Raises MeasureMissing."""
    rows = Measure.objects.filter(id=measure_id, incident__in=incidents_seen(by).order_by())
    found = rows.select_related("incident", "area").first()
    if found is None:
        raise MeasureMissing(measure=str(measure_id))
    return found


def versions_of_measure(measure: Measure) -> list[Measure]:
    """All versions of one measure in its place, newest first."""
    same = {"incident_id": measure.incident_id, "area_id": measure.area_id, "name": measure.name}
    return list(Measure.objects.filter(**same, place_id=measure.place_id).order_by("-number"))


def forbidden_by(
    kind_name: str, values: Mapping[str, Any], *, area_id: UUID, at: datetime, place_id: UUID | None = None
) -> list[Measure]:
    """Measures under which something of a kind stands: they forbid the choice of its field that the catalogue names."""
    out = []
    for m in measures_at(area_id, at=at, place_id=place_id):
        about = part(m.incident.edition, "measures", m.name).get("about") or {}
        if about.get("kind") == kind_name and values.get(about.get("field", "")) in m.forbids:
            out.append(m)
    return out


def reviews_due(at: datetime) -> QuerySet[ZoneVersion]:
    """Versions in force whose review time has come."""
    return ZoneVersion.objects.filter(state="in_force", review_at__lte=at).select_related("zone__incident")


def ended_by_date(at: datetime) -> QuerySet[ZoneVersion]:
    """Versions in force whose last moment has passed."""
    return ZoneVersion.objects.filter(state="in_force", until_at__lte=at).select_related("zone__incident")


def buildings_near(building: Building, *, radius_m: float) -> list[UUID]:
    """Buildings within a radius of one, by their (possibly invented) places; a proposal's raw material."""
    if building.lon is None or building.lat is None:
        return [building.id]
    # A degree of latitude is 111,320 m; of longitude, less by the cosine. Exact enough for rings of hundreds of metres.
    dlat = radius_m / 111_320
    dlon = dlat / math.cos(math.radians(building.lat))
    rows = Building.objects.filter(
        lat__range=(building.lat - dlat, building.lat + dlat), lon__range=(building.lon - dlon, building.lon + dlon)
    ).values_list("id", "lon", "lat")
    placed = [
        (i, lon - building.lon, lat - building.lat) for i, lon, lat in rows if lon is not None and lat is not None
    ]
    return [i for i, x, y in placed if (x / dlon) ** 2 + (y / dlat) ** 2 <= 1]
