"""Shapes on a map: round the buildings of a zone; and whose ground an alert's areas lie over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.models import DIVISION, Area, AreaClosure, AreaCode
from lianfang.domains.areas.queries import areas_named
from lianfang.domains.incidents.models import ZoneBuilding, ZoneVersion
from lianfang.domains.incidents.rules.cap import AlertArea
from lianfang.domains.incidents.rules.weather import code_of
from lianfang.kernels.hulls import centroid, outlines
from lianfang.kernels.shapes import Ring, circle_overlaps, ring_of, rings_overlap

PAD_M = 45.0  # how far outside its outermost buildings a zone's line runs
GAP_M = 320.0  # buildings farther apart than this get a line of their own


def zone_shapes(versions: Sequence[ZoneVersion]) -> dict[UUID, dict[str, Any]]:
    """The outline of each version as a GeoJSON geometry (WGS 84); a version without placed buildings has none.

    The outline follows the buildings: one ring for each group of neighbours. It is drawn, not ordered: what a zone
    holds is its list of buildings. A version in force keeps the one of the moment it came into force; another is
    drawn now.
    """
    kept = ZoneVersion.objects.filter(id__in=[v.id for v in versions]).values_list("id", "outline")
    out: dict[UUID, dict[str, Any]] = {i: outline for i, outline in kept if outline}
    drawn = _drawn([v.id for v in versions if v.id not in out]) if len(out) < len(versions) else {}
    return out | drawn


def outline_of(version_id: UUID) -> dict[str, Any] | None:
    """The outline of one version round its buildings as they stand now; None without placed buildings."""
    return _drawn([version_id]).get(version_id)


def _drawn(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = ZoneBuilding.objects.filter(version_id__in=ids, building__lon__isnull=False)
    points: dict[UUID, list[tuple[float, float]]] = {}
    for version_id, lon, lat in rows.values_list("version_id", "building__lon", "building__lat"):
        if lon is not None and lat is not None:
            points.setdefault(version_id, []).append((lon, lat))
    out: dict[UUID, dict[str, Any]] = {}
    for version_id, found in points.items():
        rings = outlines(np.array(found, dtype=np.float64), pad_m=PAD_M, gap_m=GAP_M)
        out[version_id] = {"type": "MultiPolygon", "coordinates": [[np.round(r, 6).tolist()] for r in rings]}
    return out


def letter_at(geometry: dict[str, Any]) -> tuple[float, float]:
    """Where a zone's letter stands: in the middle of its largest part."""
    return centroid(np.array(geometry["coordinates"][0][0], dtype=np.float64))


@dataclass(frozen=True)
class Ground:
    """Which of the actor's areas are meant, and the words of those that are unknown or another's."""

    area_ids: list[UUID]
    left_out: list[str]


def ground_of(areas: Sequence[AlertArea], right: str, *, by: Actor) -> Ground:
    """The areas an alert means, as far as the actor holds a right there: by code, else by outline, else by name.

    An area above the actor's own is narrowed to them. Whatever is not found there is named, never dropped in silence.
    """
    own = set(visible_areas(by, right))
    found, left_out = set[UUID](), []
    for place in areas:
        mine = _narrowed(_meant(place, own), own)
        found |= mine
        if not mine:
            left_out.append(place.words)
    return Ground(sorted(_largest(found)), list(dict.fromkeys(left_out)))


def _meant(place: AlertArea, own: set[UUID]) -> set[UUID]:
    codes = {c for _, value in place.codes for c in code_of(value)}
    coded = AreaCode.objects.filter(scheme=DIVISION, code__in=codes, valid_to=None)
    found = set(coded.values_list("area_id", flat=True)) if codes else set()
    if found:
        return found
    if place.polygons or place.circles:
        return _drawn_over(place, own)
    named = list(areas_named(place.words).values_list("id", flat=True)[:2])
    return set(named) if len(named) == 1 else set()


def _narrowed(meant: set[UUID], own: set[UUID]) -> set[UUID]:
    outside = meant - own
    rows = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=outside, descendant_id__in=own)
    below = set(rows.values_list("descendant_id", flat=True)) if outside else set()
    return (meant & own) | _largest(below)


def _largest(ids: set[UUID]) -> set[UUID]:
    """Those of some areas that lie in no other of them."""
    rows = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=ids, descendant_id__in=ids, depth__gt=0)
    return ids - set(rows.values_list("descendant_id", flat=True))


def _drawn_over(place: AlertArea, own: set[UUID]) -> set[UUID]:
    """Areas whose outline an alert's shapes lie over: the smallest that have one, and parents where all are hit."""
    drawn = Area.objects.filter(id__in=own).exclude(outline=None).values_list("id", "outline")
    rows = {i: list(_rings(o)) for i, o in drawn if o}
    closure = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=rows, descendant_id__in=rows)
    below: dict[UUID, set[UUID]] = {}
    for above, area in closure.filter(depth__gt=0).values_list("ancestor_id", "descendant_id"):
        below.setdefault(above, set()).add(area)
    shapes = [ring_of(p) for p in place.polygons]
    leaves = {i for i in rows if i not in below}
    hit = {i for i in leaves if _is_over(rows[i], shapes, place)}
    return hit | {above for above, areas in below.items() if areas & leaves <= hit}


def _rings(outline: dict[str, Any]) -> Iterator[Ring]:
    """The outer rings of a GeoJSON geometry; holes do not count."""
    parts = outline["coordinates"] if outline["type"] == "MultiPolygon" else [outline["coordinates"]]
    for part in parts:
        if part:
            yield ring_of(part[0])


def _is_over(rings: Sequence[Ring], shapes: Sequence[Ring], place: AlertArea) -> bool:
    return any(
        any(rings_overlap(ring, shape) for shape in shapes)
        or any(circle_overlaps(centre, km, ring) for centre, km in place.circles)
        for ring in rings
    )
