"""Whether outlines on the map overlap: rings of points in degrees, and circles by their radius."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
KM_PER_DEGREE = 111.32  # of latitude, and of longitude at the equator


def ring_of(points: Sequence[Sequence[float]]) -> Ring:
    """Points (longitude, latitude) as a closed ring. Raises ValueError for fewer than three."""
    ring = np.asarray([p[:2] for p in points], dtype=np.float64)
    if len(ring) < 3:
        raise ValueError("a ring has three points or more")
    return ring if (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]])


def inside(points: Ring, ring: Ring) -> NDArray[np.bool_]:
    """Which points lie inside a ring: an odd number of its edges is crossed on the way east.

    Edge: a point exactly on an edge may count either way.
    """
    x, y = points[:, :1], points[:, 1:]
    x1, y1, x2, y2 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
    spans = (y1 > y) != (y2 > y)
    rise = np.where(y2 == y1, 1.0, y2 - y1)
    crossed: NDArray[np.bool_] = spans & (x < (x2 - x1) * (y - y1) / rise + x1)
    odd: NDArray[np.bool_] = crossed.sum(axis=1) % 2 == 1
    return odd


def _turns(a: Ring, b: Ring, c: Ring) -> NDArray[np.float64]:
    turns: NDArray[np.float64] = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
        c[..., 0] - a[..., 0]
    )
    return turns


def rings_overlap(a: Ring, b: Ring) -> bool:
    """Whether two rings have ground in common: edges cross, or one lies inside the other.

    Edge: touching alone is no overlap.
    """
    if (a.max(axis=0) <= b.min(axis=0)).any() or (b.max(axis=0) <= a.min(axis=0)).any():
        return False
    if inside(a[:1], b).any() or inside(b[:1], a).any():
        return True
    p, q = a[:-1, None, :], a[1:, None, :]
    r, s = b[None, :-1, :], b[None, 1:, :]
    across = _turns(p, q, r) * _turns(p, q, s) < 0
    return bool((across & (_turns(r, s, p) * _turns(r, s, q) < 0)).any()) or bool(
        inside(_within(a), b).any() or inside(_within(b), a).any()
    )


def _within(ring: Ring) -> Ring:
    """A point inside a ring: for rings laid over each other so that their corners only touch."""
    low = np.unique(ring[:, 1])[:2]
    if len(low) < 2:
        return ring[:1]
    y = float(low.mean())
    x1, y1, x2, y2 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
    spans = (y1 > y) != (y2 > y)
    crossed = np.sort(((x2 - x1) * (y - y1) / np.where(y2 == y1, 1.0, y2 - y1) + x1)[spans])
    return np.array([[crossed[:2].mean(), y]])


def circle_overlaps(centre: Sequence[float], radius_km: float, ring: Ring) -> bool:
    """Whether a circle and a ring have ground in common, on a flat map round the centre: right for a few hundred km."""
    scale = np.array([KM_PER_DEGREE * math.cos(math.radians(centre[1])), KM_PER_DEGREE])
    flat = (ring - np.asarray(centre, dtype=np.float64)) * scale
    if inside(np.zeros((1, 2)), flat).any():
        return True
    start, along = flat[:-1], flat[1:] - flat[:-1]
    length = np.maximum((along**2).sum(axis=1), 1e-18)
    share = np.clip(-(start * along).sum(axis=1) / length, 0.0, 1.0)
    nearest = start + along * share[:, None]
    return bool((np.hypot(nearest[:, 0], nearest[:, 1]) < radius_km).any())
