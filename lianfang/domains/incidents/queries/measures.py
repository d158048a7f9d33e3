"""Measures: what holds where, what it forbids, and every earlier version."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ids_above_now, ids_below
from lianfang.domains.editions.queries import part
from lianfang.domains.incidents.errors import MeasureMissing
from lianfang.domains.incidents.models import Incident, Measure
from lianfang.domains.incidents.queries.response import incidents_seen


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


def policies_at(
    places: Iterable[tuple[UUID, UUID]], names: Collection[str], *, at: datetime
) -> dict[UUID, list[Measure]]:
    """For each (place, its area) the measures of some names that hold there: of one name the nearest speaks."""
    asked = list(places)
    areas = {a for _, a in asked}
    depths = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=areas)
    above = {(a, d): n for a, d, n in depths.values_list("ancestor_id", "descendant_id", "depth")}
    rows = list(_live_measures(at).filter(name__in=names, area_id__in={a for a, _ in above}))
    out: dict[UUID, list[Measure]] = {}
    for place, area in asked:
        fit = [m for m in rows if m.place_id in (None, place) and (m.area_id, area) in above]
        nearest: dict[tuple[UUID, str], Measure] = {}
        for m in sorted(fit, key=lambda m: (m.place_id is None, above[m.area_id, area])):
            nearest.setdefault((m.incident_id, m.name), m)
        out[place] = list(nearest.values())
    return out


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
