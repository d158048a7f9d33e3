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
    holds is its list of buildings.
    """
    rows = ZoneBuilding.objects.filter(version_id__in=[v.id for v in versions], building__lon__isnull=False)
    points: dict[UUID, list[tuple[float, float]]] = {}
    for version_id, lon, lat in rows.values_list("version_id", "building__lon", "building__lat"):
        if lon is not None and lat is not None:
            points.setdefault(version_id, []).append((lon, lat))
    out = {}
    for version_id, found in points.items():
        rings = outlines(np.array(found, dtype=np.float64), pad_m=PAD_M, gap_m=GAP_M)
        out[version_id] = {"type": "MultiPolygon", "coordinates": [[np.round(r, 6).tolist()] for r in rings]}
    return out


def letter_at(geometry: dict[str, Any]) -> tuple[float, float]:
    """Where a zone's letter stands: in the middle of its largest part."""
    return centroid(np.array(geometry["coordinates"][0][0], dtype=np.float64))
