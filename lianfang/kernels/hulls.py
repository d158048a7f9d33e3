"""Outlines round points: what a zone of buildings looks like on a map. The outline follows the points, never a plan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.schematic import EARTH_RADIUS_M, to_lonlat

Floats = NDArray[np.float64]

ROUND = 16  # corners of the circle round one point


def to_metres(lonlat: Floats, origin: tuple[float, float]) -> Floats:
    """Degrees as metres east and north of an origin: the inverse of `to_lonlat`.

    Takes:   lonlat (n,2) degrees; origin (lon, lat), |lat| < 85.
    Gives:   (n,2) metres. Raises: ValueError for an origin at or beyond 85 degrees.
    """
    lon, lat = origin
    if abs(lat) >= 85:
        raise ValueError("the plane is no use near a pole")
    metres = np.pi / 180 * EARTH_RADIUS_M
    east = (lonlat[:, 0] - lon) * metres * np.cos(np.radians(lat))
    return np.stack([east, (lonlat[:, 1] - lat) * metres], axis=1)


def hull(points: Floats) -> Floats:
    """The convex hull of points, counter-clockwise, its first point not repeated.

    Takes:   points (n,2), any unit.
    Gives:   (h,2): the corners only; one or two points, and points on a line, give their ends.
    Source:  Andrew, Another efficient algorithm for convex hulls in two dimensions (1979)
    """
    rows = np.unique(points, axis=0)
    if len(rows) < 3:
        return rows

    def half(ordered: Floats) -> list[Floats]:
        chain: list[Floats] = []
        for p in ordered:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return np.array([*half(rows), *half(rows[::-1])])


def _turn(a: Floats, b: Floats, c: Floats) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def groups(points: Floats, *, gap: float) -> NDArray[np.int64]:
    """Which points hang together: two nearer than a gap do, and so does whoever hangs together with either.

    Takes:   points (n,2); gap > 0 in the same unit.
    Gives:   labels (n,), 0 ... k-1 in the order in which groups first appear.
    Raises:  ValueError for a gap that is not positive.
    """
    if gap <= 0:
        raise ValueError("gap must be positive")
    label = np.full(len(points), -1, dtype=np.int64)
    found = 0
    for start in range(len(points)):
        if label[start] >= 0:
            continue
        label[start], edge = found, [start]
        while edge:
            here = points[edge.pop()]
            near = np.flatnonzero((label < 0) & (np.hypot(*(points - here).T) <= gap))
            label[near] = found
            edge += near.tolist()
        found += 1
    return label


def outlines(lonlat: Floats, *, pad_m: float, gap_m: float) -> list[Floats]:
    """Closed rings round points: a rounded convex outline for each group, a little outside its outermost points.

    Takes:   lonlat (n,2) degrees; pad_m > 0: how far outside; gap_m > 0: points farther apart than this from all
             others of a group make a group, and a ring, of their own.
    Gives:   rings, each (h,2) in degrees, counter-clockwise, the first corner repeated at the end; none for no point.
    Raises:  ValueError for a pad or gap that is not positive.
    Edge:    one point gives a circle. Rings of two groups may overlap when pad_m is more than half of gap_m.
    """
    if pad_m <= 0:
        raise ValueError("pad_m must be positive")
    if not len(lonlat):
        return []
    origin = (float(lonlat[:, 0].mean()), float(lonlat[:, 1].mean()))
    metres = to_metres(lonlat, origin)
    turn = np.arange(ROUND) * 2 * np.pi / ROUND
    circle = pad_m * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    label = groups(metres, gap=gap_m)
    rings = []
    for k in range(int(label.max()) + 1):
        corners = hull(metres[label == k])
        ring = hull((corners[:, None, :] + circle[None, :, :]).reshape(-1, 2))
        rings.append(to_lonlat(np.vstack([ring, ring[:1]]), origin))
    return rings
