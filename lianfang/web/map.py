"""The command map and the wall: what is left where, zones in force, places; the list holds the same as the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import path_seen, rights_on
from lianfang.domains.areas.models import Area
from lianfang.domains.editions.queries import edition
from lianfang.domains.gates.queries.closures import closed_now
from lianfang.domains.grid.queries import buildings_of, lives_by_building
from lianfang.domains.incidents.models import ZoneVersion
from lianfang.domains.incidents.planning import letter_at, zone_shapes
from lianfang.domains.incidents.queries import incidents_seen, measures_over, version_seen, zones_in_force
from lianfang.domains.places.queries import LOCAL, open_in
from lianfang.domains.reports.planning import AreaFigures, Whole, area_figures, round_figures
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.queries import blocks_of, round_over
from lianfang.kernels.hulls import middle
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, home_id, page, signed_in, uuid_in
from lianfang.web.measures import measure_rows
from lianfang.web.words import moment, named, thousands

# What is shaded below an area of a level; its children carry the numbers.
SHADED = {
    "province": "county",
    "prefecture": "county",
    "county": "committee",
    "street": "committee",
    "committee": "committee",
}
CLASSES = ("0", "< 20 %", "< 40 %", "< 60 %", "≥ 60 %")
LOOKS = ("cross", "diagonal", "none")


def path_to(request: HttpRequest, by: Actor) -> list[Area]:
    """The area a map or list is about, with what it lies in: the one asked for, else the actor's own."""
    return path_seen(uuid_in(request.GET.get("area")) or home_id(by), by)


@signed_in
def command_map(request: HttpRequest) -> HttpResponse:
    """Map, list and the sheet of the chosen place."""
    by, at = actor_of(request), clock.now()
    path = path_to(request, by)
    place, level = path[-1], SHADED.get(path[-1].level, "")
    running, shown = shown_round(request, place, by)
    whole, found = figures_of(shown, place, by, at, ("", level) if level else ("",))
    zones = zone_rows(zones_in_force(by=by, area_id=place.id))
    sites = open_in(place.id, by=by, on=at.astimezone(LOCAL).date())
    context = {"place": place, "whole": whole, "running": running, "round": shown}
    context |= {"parts": by_left(found[0]), "zones": zones, "sites": sites, "at": at, "level": level}
    context |= {"closed": len(closed_now(place.id, by=by, at=at))}
    context |= {"legend": legend_of(found[-1], zones, sites), "chosen_zone": request.GET.get("zone", "")}
    context |= {
        "summary": summary_of(place, whole, zones, shown),
        "is_invented": any(f.area.is_outline_invented for f in found[-1]),
    }
    context |= sheet_of(path, by, at) | houses_of(place, by, shown, at) | {"tab": request.GET.get("tab", "areas")}
    return page(request, "map/map.html", context)


def shown_round(request: HttpRequest, place: Area, by: Actor) -> tuple[Round | None, Round | None]:
    """The round that is open over an area, and the same again unless the reader asked for the work instead."""
    running = round_over(place.id, by=by)
    return running, None if request.GET.get("show") == "work" else running


def figures_of(
    shown: Round | None, place: Area, by: Actor, at: datetime, levels: Sequence[str]
) -> tuple[Whole, list[list[AreaFigures]]]:
    """What the map and its list count: people without a named state in a round, else the work that is open."""
    people = place.level != "committee"  # its list shows buildings
    if shown:
        return round_figures(shown, place.id, levels=levels, people=people)[:2]
    return area_figures(place.id, by=by, at=at, levels=levels, people=people)


def by_left(parts: Sequence[AreaFigures]) -> list[AreaFigures]:
    """Where most is left first; where nothing is left, in their usual order."""
    return sorted(parts, key=lambda f: -f.left)


def zone_rows(versions: Sequence[ZoneVersion]) -> list[dict[str, Any]]:
    """Zones with their kind in words, the strictest first."""
    bodies = {code: edition(code) for code in {v.zone.incident.edition for v in versions}}
    rows = [{"v": v, "kind": w.kind_shown(bodies[v.zone.incident.edition], v.kind)} for v in versions]
    return sorted(rows, key=lambda r: (-r["kind"]["rank"], r["v"].zone.name))


def legend_of(
    shaded: Sequence[AreaFigures], zones: Sequence[Mapping[str, Any]], sites: Sequence[Any]
) -> dict[str, Any]:
    """What the map shows, with how many of each: the legend is open and counts."""
    shades = Counter(f.shade for f in shaded)
    kinds = Counter((r["kind"]["look"], r["kind"]["mark"], r["kind"]["words"]) for r in zones)
    return {
        "shades": [{"n": shades.get(k, 0), "words": words, "class": k} for k, words in enumerate(CLASSES)],
        "none": shades.get(None, 0),
        "zones": [{"look": k[0], "mark": k[1], "words": k[2], "n": n} for k, n in kinds.items()],
        "sites": len(sites),
    }


def summary_of(place: Area, whole: Whole, zones: Sequence[Any], shown: Round | None = None) -> str:
    """The map in one sentence, for those who cannot see it."""
    if shown:
        return gettext(
            "Map of %(area)s: %(left)s people without a named state, %(zones)s zones in force. The list holds the same."
        ) % {"area": named(place), "left": thousands(whole.left), "zones": len(zones)}
    return gettext("Map of %(area)s: %(left)s tasks left, %(zones)s zones in force. The list holds the same.") % {
        "area": named(place), "left": thousands(whole.left), "zones": len(zones),
    }  # fmt: skip


def sheet_of(path: Sequence[Area], by: Actor, at: datetime) -> dict[str, Any]:
    """What the sheet beside the map needs of a place: its path, and the incidents a zone can be drafted for there."""
    rights = rights_on(by, path)
    drafts = "zones.draft" in rights and path[-1].level in ("street", "committee")
    open_ones = list(incidents_seen(by).filter(closed_at=None)[:6]) if drafts else []
    return {"path": [a for a in path[:-1] if a.is_seen], "rights_here": rights, "open_incidents": open_ones,
            "measures": measure_rows(measures_over(path[-1].id, at=at), at)}  # fmt: skip


def houses_of(place: Area, by: Actor, shown: Round | None, at: datetime) -> dict[str, Any]:
    """Below a committee there are buildings: the list shows them with who is left in the round, or who lives there."""
    if place.level != "committee":
        return {"houses": None}
    if shown:
        return {"houses": [{"b": b, "n": b.left} for b in blocks_of(shown, place.id, at=at)]}
    rows = list(buildings_of(place.id, by=by)[:600])
    lives = lives_by_building(b.id for b in rows)
    return {"houses": [{"b": b, "n": lives.get(b.id, 0)} for b in rows]}


@signed_in
def sheet(request: HttpRequest) -> HttpResponse:
    """The sheet of a chosen area or zone, as a part of the page."""
    by, at = actor_of(request), clock.now()
    zone_id = uuid_in(request.GET.get("zone"))
    if zone_id:
        v = version_seen(zone_id, by=by)
        return page(request, "map/_zone.html", {**zone_rows([v])[0], "at": at, "n_buildings": v.buildings.count()})
    path = path_to(request, by)
    place = path[-1]
    _, shown = shown_round(request, place, by)
    whole, found = figures_of(shown, place, by, at, ("",))
    zones = zone_rows(zones_in_force(by=by, area_id=place.id))
    context = {"place": place, "whole": whole, "at": at, "round": shown}
    return page(
        request, "map/_area.html", context | {"parts": by_left(found[0]), "zones": zones} | sheet_of(path, by, at)
    )


def _cut_off() -> dict[str, str]:
    at = clock.now()
    return {"cut_off": at.isoformat(), "cut_off_words": moment(at)}


def _feature(geometry: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: Sequence[Any], **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


@signed_in
def areas_json(request: HttpRequest) -> HttpResponse:
    """Outlines of the areas below one with their figures, and a point for the number of each."""
    by = actor_of(request)
    place = path_to(request, by)[-1]
    level = request.GET.get("level", "")
    _, shown = shown_round(request, place, by)
    _, (found,) = figures_of(shown, place, by, clock.now(), (level,))
    shown = [f for f in found if f.area.outline]
    shapes = [_feature(f.area.outline, _area_values(f)) for f in shown]
    middles = [(f, m) for f in shown if (m := middle(f.area.outline))]
    points = [_feature({"type": "Point", "coordinates": m}, _area_values(f)) for f, m in middles]
    own = _feature(place.outline, {"id": str(place.id), "name": named(place)}) if place.outline else None
    invented = any(f.area.is_outline_invented for f in shown)
    answer = {"shapes": _collection(shapes), "points": _collection(points), "own": own, "is_invented": invented}
    return JsonResponse(answer | _cut_off())


def _area_values(f: AreaFigures) -> dict[str, Any]:
    shade = -1 if f.shade is None else f.shade
    return {"id": str(f.area.id), "name": named(f.area), "persons": f.persons, "left": f.left,
            "late": f.late, "all": f.all, "shade": shade, "text": thousands(f.left)}  # fmt: skip


@signed_in
def zones_json(request: HttpRequest) -> HttpResponse:
    """Zones in force as outlines round their buildings; open places and closed roads as points."""
    by = actor_of(request)
    place = path_to(request, by)[-1]
    rows = zone_rows(zones_in_force(by=by, area_id=place.id))
    shapes = zone_shapes([r["v"] for r in rows])
    zones = [_feature(shapes[r["v"].id], _zone_values(r)) for r in rows if r["v"].id in shapes]
    now = clock.now().astimezone(LOCAL)
    sites = [p for p in open_in(place.id, by=by, on=now.date()) if p.lon is not None]
    points = [
        _feature({"type": "Point", "coordinates": [p.lon, p.lat]}, {"id": str(p.id), "name": named(p)}) for p in sites
    ]
    marks = [_feature({"type": "Point", "coordinates": letter_at(f["geometry"])}, f["properties"]) for f in zones]
    closed = [_feature({"type": "Point", "coordinates": [c.lon, c.lat]}, {"id": str(c.id), "name": c.road})
              for c in closed_now(place.id, by=by, at=now) if c.lon is not None]  # fmt: skip
    answer = {"zones": _collection(zones), "marks": _collection(marks), "places": _collection(points),
              "closed": _collection(closed), **_cut_off()}  # fmt: skip
    return JsonResponse(answer)


def _zone_values(r: Mapping[str, Any]) -> dict[str, Any]:
    v, kind = r["v"], r["kind"]
    return {"id": str(v.id), "name": v.zone.name, "kind": kind["words"], "mark": kind["mark"], "look": kind["look"],
            "rank": kind["rank"]}  # fmt: skip


@signed_in
def buildings_json(request: HttpRequest) -> HttpResponse:
    """Buildings of a street or committee as points with how many live there, for choosing them on the map."""
    by = actor_of(request)
    place = path_to(request, by)[-1]
    rows = list(buildings_of(place.id, by=by).filter(lon__isnull=False)[:3000])
    lives = lives_by_building(b.id for b in rows)
    return JsonResponse(
        _collection(
            _feature(
                {"type": "Point", "coordinates": [b.lon, b.lat]},
                {"id": str(b.id), "name": b.name, "n": lives.get(b.id, 0)},
            )
            for b in rows
        )
    )
