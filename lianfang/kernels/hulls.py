"""Outlines round points: what a zone of buildings looks like on a map. The outline follows the points, never a plan."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.schematic import EARTH_RADIUS_M, to_lonlat

Floats = NDArray[np.float64]

ROUND = 16  # corners of the circle round one point
NEIGHBOURS = 2.2  # so many times the usual spacing still hangs together: one house missing in a row does not part it
THIN = 1500
CELLS = 1.5  # cells to a gap: two points of one cell are always nearer than the gap
REACH = 2  # cells around one in which a point may be nearer than the gap


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
    if not len(points):
        return np.empty(0, dtype=np.int64)
    cell = np.floor(points / (gap / CELLS)).astype(np.int64)
    cells, cell_of, sizes = np.unique(cell, axis=0, return_inverse=True, return_counts=True)
    cell_of = cell_of.reshape(-1)
    inside = np.split(points[np.argsort(cell_of, kind="stable")], np.cumsum(sizes)[:-1])
    at = {(int(x), int(y)): k for k, (x, y) in enumerate(cells)}
    label = np.full(len(cells), -1, dtype=np.int64)
    # Cells are named in the order in which the points first meet them.
    for start in dict.fromkeys(cell_of.tolist()):
        if label[start] < 0:
            _spread(start, int(label.max()) + 1, label, cells, at, inside, gap)
    return label[cell_of]


def _spread(
    start: int,
    name: int,
    label: NDArray[np.int64],
    cells: NDArray[np.int64],
    at: dict[tuple[int, int], int],
    inside: list[Floats],
    gap: float,
) -> None:
    """Give a cell's name to all cells that hang together with it: those with a point nearer than the gap."""
    label[start], edge = name, [start]
    while edge:
        here = edge.pop()
        x, y = cells[here].tolist()
        around = (at.get((x + i, y + j)) for i in range(-REACH, REACH + 1) for j in range(-REACH, REACH + 1))
        for k in around:
            if k is not None and label[k] < 0 and _apart(inside[here], inside[k]).min() <= gap * gap:
                label[k] = name
                edge.append(k)


def _apart(a: Floats, b: Floats) -> Floats:
    """The squared distance of each point to each other."""
    found: Floats = (a[:, None, 0] - b[None, :, 0]) ** 2 + (a[:, None, 1] - b[None, :, 1]) ** 2
    return found


def spacing(points: Floats) -> float:
    """How far apart neighbours usually are: the median of the distance from each point to its nearest other.

    Takes:   points (n,2); of more than 400 an even sample is looked at.
    Gives:   the median, or 0 for fewer than two different points.
    """
    rows = np.unique(points, axis=0)
    if len(rows) < 2:
        return 0.0
    some = rows[:: max(1, len(rows) // 400)]
    apart = _apart(some, rows)
    apart[apart == 0] = np.inf
    return float(np.median(np.sqrt(apart.min(axis=1))))


def outlines(lonlat: Floats, *, pad_m: float, gap_m: float) -> list[Floats]:
    """Closed rings round points: a rounded convex outline for each group, a little outside its outermost points.

    Takes:   lonlat (n,2) degrees; pad_m > 0: how far outside; gap_m > 0: points farther apart than this, and than
             NEIGHBOURS times their usual spacing, from all others of a group make a group, and a ring, of their own.
    Gives:   rings, each (h,2) in degrees, counter-clockwise, the first corner repeated at the end, the ring of most
             points first; none for no point. Beyond THIN points those of one cell of pad_m count as one.
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
    if len(metres) > THIN:
        metres = np.unique(np.round(metres / pad_m), axis=0) * pad_m
    label = groups(metres, gap=max(gap_m, NEIGHBOURS * spacing(metres)))
    rings = []
    for k in np.argsort(-np.bincount(label), kind="stable"):
        corners = hull(metres[label == k])
        ring = hull((corners[:, None, :] + circle[None, :, :]).reshape(-1, 2))
        rings.append(to_lonlat(np.vstack([ring, ring[:1]]), origin))
    return rings


def centroid(ring: Floats) -> tuple[float, float]:
    """The centre of the area inside a closed ring: inside it, where the ring is convex.

    Takes:   ring (h,2), the first corner repeated at the end.
    Gives:   its centre; the mean of the corners where there is no area.
    Source:  the shoelace formula
    """
    a, b = ring[:-1] - ring[0], ring[1:] - ring[0]
    cross = a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]
    if not cross.sum():
        x, y = ring[:-1].mean(axis=0)
        return float(x), float(y)
    x, y = ring[0] + ((a + b) * cross[:, None]).sum(axis=0) / (3 * cross.sum())
    return float(x), float(y)


def middle(geometry: dict[str, Any]) -> tuple[float, float] | None:
    """The middle of the box round a GeoJSON polygon or multipolygon: where its number stands on a map.

    Gives:   (lon, lat), or None for another kind of geometry or an empty one.
    """
    given = geometry.get("coordinates", [])
    parts = {"Polygon": [given], "MultiPolygon": given}.get(geometry.get("type", ""), [])
    corners = [p for polygon in parts for ring in polygon for p in ring]
    if not corners:
        return None
    box = np.array(corners, dtype=np.float64)[:, :2]
    low, high = box.min(axis=0), box.max(axis=0)
    return float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)
