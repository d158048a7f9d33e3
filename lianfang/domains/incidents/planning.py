"""Zones as shapes on a map: rows of buildings become arrays, the kernel draws round them, rings become GeoJSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np

from lianfang.domains.incidents.models import ZoneBuilding, ZoneVersion
from lianfang.kernels.hulls import centroid, outlines

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
