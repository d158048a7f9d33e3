"""Incidents, their signals, timeline and zones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Count, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.domains.accounts.queries import post_of, visible_areas
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ids_above_now, ids_below
from lianfang.domains.decisions.models import Decision
from lianfang.domains.editions.queries import edition
from lianfang.domains.grid.models import Building
from lianfang.domains.grid.queries import flags_in, lives_in
from lianfang.domains.holds.queries import live_holds
from lianfang.domains.incidents.errors import IncidentMissing, ZoneKindUnknown, ZoneMissing
from lianfang.domains.incidents.models import Change, Incident, Signal, WeatherWarning, Zone, ZoneBuilding, ZoneVersion
from lianfang.domains.incidents.queries.weather import (
    carried,
    told_here,
    warnings_carried,
    warnings_of_incidents,
    warnings_touching,
)


def _counted(buildings: QuerySet[ZoneBuilding]) -> Coalesce:
    one = buildings.order_by().values("version_id").annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(one), 0)


BUILDINGS = _counted(ZoneBuilding.objects.filter(version_id=OuterRef("pk")))  # how many a version has


def incidents_seen(by: Actor) -> QuerySet[Incident]:
    """Incidents whose area the actor sees, or that lie over an area of the actor's; open ones first.

    Of a grant that holds for one incident alone, that incident.
    """
    fit = Q(id__in={g.incident_id for g in by.grants_with("incidents.read") if g.incident_id})
    fit |= Q(area_id__in=visible_areas(by, "incidents.read"))
    for g in by.areas_with("incidents.read"):
        fit |= Q(area_id__in=ids_above_now(g.area_id, hierarchy=g.hierarchy)) if g.area_id else Q()
    rows = Incident.objects.filter(fit).select_related("area")
    return rows.order_by(F("closed_at").desc(nulls_first=True), "-opened_at")


def responses_over(area_id: UUID) -> list[Incident]:
    """Open incidents that an area is in: emergencies, the nearest, the newest first; for who may begin things there."""
    links = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=area_id, ancestor_id=OuterRef("area_id"))
    rows = Incident.objects.filter(closed_at=None).annotate(depth=Subquery(links.values("depth")[:1]))
    rows = rows.exclude(depth=None).only("id", "title", "mode").order_by("depth", "-opened_at")
    return sorted(rows, key=lambda i: i.mode != "emergency")


def incidents_to_grant(by: Actor) -> QuerySet[Incident]:
    """Incidents in or over the areas whose posts the actor administers: their titles, for posts that hold for one."""
    fit = Q(pk__in=[])
    for g in by.grants_with("accounts.grant"):
        if g.area_id is None:
            return Incident.objects.order_by("-opened_at")
        fit |= Q(area_id__in=ids_above_now(g.area_id, hierarchy=g.hierarchy))
        fit |= Q(area_id__in=ids_below(g.area_id, hierarchy=g.hierarchy))
    return Incident.objects.filter(fit).order_by("-opened_at")


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
    """Dated changes of phase, mode and level, newest first, each with the post that made it (`post`)."""
    return [*incident.changes.annotate(post=post_of("by")).order_by("-at")]


def posts_in(rows: Sequence[LogEntry] | Sequence[Change]) -> list[tuple[UUID, str]]:
    """The posts that rows read with `post` name."""
    return [(getattr(r, "actor_id", None) or getattr(r, "by", None), getattr(r, "post", "")) for r in rows]


def timeline(incident: Incident, *, limit: int = 60) -> list[LogEntry]:
    """What was written about an incident, its signals, zones, decisions and weather warnings, newest first."""
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
    weather = warnings_of_incidents(incidents)
    lines = ArraySubquery(weather.values_list("id").union(weather.values_list("line_id")))
    core = ArraySubquery(own.union(zones, signals, versions, asked))
    rows = LogEntry.objects.filter(Q(about__overlap=core) | Q(about__overlap=lines) & told_here(incidents))
    rows = rows.exclude(service__in=leave_out).defer("told", "canonical")
    short = rows.annotate(short=WithoutOutcomes(F("told")), post=post_of("actor_id"))
    entries: list[LogEntry] = [*short.order_by("-at", "-id")[:limit]]
    for e in entries:
        e.told = e.short  # type: ignore[attr-defined]  # for the page
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


def open_with_zone_names(
    by: Actor, *, limit: int, area_id: UUID, at: datetime
) -> tuple[list[Incident], dict[UUID, str], list[WeatherWarning]]:
    """The newest open incidents, the names of all their zones by version, and the weather warnings over an area."""
    versions = ZoneVersion.objects.filter(zone__incident_id=OuterRef("pk"))
    named = ArraySubquery(versions.values(row=JSONObject(id="id", name="zone__name")))
    weather = carried(area_id, at=at)
    rows = incidents_seen(by).filter(closed_at=None).annotate(zone_names=named, weather=weather)
    found = list(rows.defer("area__outline")[:limit])
    warned = warnings_carried(found[0].weather) if found else warnings_touching(area_id, at=at)
    return [*found], {UUID(z["id"]): z["name"] for i in found for z in i.zone_names}, warned


def versions_in(incident: Incident) -> list[ZoneVersion]:
    """All zone versions of an incident, in any state, with how many buildings; in the order they were drafted."""
    rows = ZoneVersion.objects.filter(zone__incident=incident).select_related("zone__area")
    return list(rows.annotate(n_buildings=BUILDINGS).defer("outline", "zone__area__outline").order_by("at"))


def buildings_inside(version: ZoneVersion, *, limit: int) -> list[Building]:
    """The first buildings of a version with their committees, in the order of the list."""
    rows = Building.objects.filter(id__in=version.buildings.values("building_id")).select_related("area")
    return list(rows.order_by("area__position", "position")[:limit])


# Each building's people are met along the index, in its order; as a join the planner reads who lives anywhere.
INSIDE = """
WITH zb AS NOT MATERIALIZED (
    SELECT building_id FROM incidents_zonebuilding WHERE version_id = %(version)s ORDER BY building_id
)
SELECT '', sum(p.n), count(*) FROM zb CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM grid_presence p
    WHERE p.building_id = zb.building_id AND p.kind = 'lives' AND p.to_on IS NULL
) AS p
UNION ALL
SELECT f.flag, count(*), 0 FROM zb CROSS JOIN LATERAL (
    SELECT p.person_id FROM grid_presence p
    WHERE p.building_id = zb.building_id AND p.kind = 'lives' AND p.to_on IS NULL OFFSET 0
) AS p JOIN grid_personflag f ON f.person_id = p.person_id AND f.to_on IS NULL
GROUP BY f.flag
"""


def inside_of(version: ZoneVersion) -> dict[str, Any]:
    """Who lives in a zone version now: counts only, of buildings, persons, and flags, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(INSIDE, {"version": version.id})
        rows = {flag: (int(n or 0), buildings) for flag, n, buildings in cursor.fetchall()}
    persons, buildings = rows.pop("")
    flags = dict(sorted(((f, n) for f, (n, _) in rows.items()), key=lambda p: (-p[1], p[0])))
    return {"buildings": buildings, "persons": persons, "flags": flags}


def zones_touching(building_ids: Iterable[UUID], area_ids: Iterable[UUID]) -> list[tuple[ZoneVersion, UUID, UUID]]:
    """Zones in force and drafts with a building among some, or in one of some areas: (version, building, area)."""
    rows = ZoneBuilding.objects.filter(version__state__in=("in_force", "draft"))
    rows = rows.filter(Q(building_id__in=set(building_ids)) | Q(building__area_id__in=set(area_ids)))
    found = rows.select_related("version__zone__incident", "building").order_by("version__at", "building_id")
    return [(r.version, r.building_id, r.building.area_id) for r in found]


def version_before(version: ZoneVersion) -> ZoneVersion | None:
    """The version of the zone that was in force before this one."""
    rows = version.zone.versions.filter(number__lt=version.number, from_at__isnull=False)
    return rows.order_by("-number").first()


def versions_named(ids: Sequence[UUID]) -> QuerySet[ZoneVersion]:
    """Zone versions by id with zone and incident: for pages about decisions the actor may see."""
    rows = ZoneVersion.objects.filter(id__in=set(ids)).select_related("zone__incident", "zone__area")
    return rows.defer("outline", "zone__area__outline")


def versions_of(zone: Zone) -> list[ZoneVersion]:
    """All versions of a zone, newest first, with the post that drafted each (`who`).

    With how many buildings each has, and how many of these the version before had too (`n_buildings`, `n_kept`).
    """
    before = ZoneBuilding.objects.filter(version__zone=zone, version__number=OuterRef(OuterRef("number")) - 1)
    kept = ZoneBuilding.objects.filter(version_id=OuterRef("pk"), building_id__in=before.values("building_id"))
    rows = zone.versions.annotate(n_buildings=BUILDINGS, n_kept=_counted(kept), who=post_of("by"))
    return list(rows.defer("outline").order_by("-number"))


def steps_of(versions: Sequence[ZoneVersion]) -> dict[UUID, dict[str, int]]:
    """For each of all versions of a zone how many buildings it added, kept and released against the one before."""
    had, out = 0, {}
    for v in sorted(versions, key=lambda v: v.number):
        n, kept = v.n_buildings, v.n_kept  # type: ignore[attr-defined]  # annotated
        out[v.id] = {"added": n - kept, "kept": kept, "released": had - kept}
        had = n
    return out


def zones_in_force(*, by: Actor, area_id: UUID | None = None) -> list[ZoneVersion]:
    """Versions in force in the actor's areas, strictest names last for drawing."""
    return list(zones_holding(by=by, area_id=area_id))


def zones_holding(
    *, by: Actor, area_id: UUID | None = None, building_id: UUID | None = None
) -> QuerySet[Any, ZoneVersion]:
    """The same as a question that may be narrowed: in an area and below, or round one building."""
    rows = (
        ZoneVersion.objects.filter(state="in_force", zone__incident__in=incidents_seen(by).order_by())
        .select_related("zone__incident", "zone__area")
        .annotate(n_buildings=BUILDINGS)
        .defer("outline", "zone__area__outline")
    )
    rows = rows.filter(zone__area_id__in=ids_below(area_id)) if area_id else rows
    return rows.filter(buildings__building_id=building_id) if building_id else rows


def drafts(*, by: Actor) -> list[ZoneVersion]:
    """Versions that wait for an authority."""
    rows = ZoneVersion.objects.filter(state="draft", zone__incident__in=incidents_seen(by))
    return list(rows.select_related("zone__incident", "zone__area").annotate(n_buildings=BUILDINGS).defer("outline"))


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


def with_newest_cases(versions: QuerySet[ZoneVersion], *, at: datetime) -> QuerySet[ZoneVersion]:
    """Versions with the time of their incident's newest case: anywhere, at no known building, inside the version."""
    cases = Signal.objects.filter(incident_id=OuterRef("zone__incident_id"), kind="case", found_at__lte=at)
    own = ZoneBuilding.objects.filter(version_id=OuterRef(OuterRef("pk"))).values("building_id")
    picks = {"any": cases, "nowhere": cases.filter(building=None), "inside": cases.filter(building_id__in=own)}
    newest = {f"case_{k}": Subquery(rows.order_by("-found_at").values("found_at")[:1]) for k, rows in picks.items()}
    return versions.annotate(**newest)


def days_without_case(version: Any, *, at: datetime) -> int | None:
    """Whole days since the newest case, of a version `with_newest_cases`; None without one.

    Where a case is named inside the version, cases known to be elsewhere do not count.
    """
    inside = version.case_inside
    newest = max(filter(None, (inside, version.case_nowhere))) if inside else version.case_any
    return (at - newest).days if newest else None


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


def incidents_kept(by: Actor) -> QuerySet[Incident]:
    """Incidents of the areas whose posts the actor administers or whose log it reads: whose data is kept there."""
    fit = Q(area_id__in=visible_areas(by, "accounts.grant")) | Q(area_id__in=visible_areas(by, "audit.read"))
    rows = Incident.objects.filter(fit).select_related("area")
    return rows.order_by(F("closed_at").desc(nulls_first=True), "-opened_at")
