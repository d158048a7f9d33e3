"""Ways along roads: a graph made of lines, what is closed taken out of it, times and lengths between many points.

Spots are (longitude, latitude) in degrees, WGS 84. Lengths are metres, times seconds, both whole numbers; `FAR` where
there is no way. Whoever goes on foot goes either way along every road; cars keep to theirs and to one-way streets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

FAR = 1_000_000  # seconds, metres: no way there
EARTH_M = 6_371_008.8
DIGITS = 7  # of a degree: where lines meet they share a spot to a centimetre
SMALLEST_PART = 50  # pieces with less than a fiftieth of the largest one's spots are drawn, not connected
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Line:
    """A road: its spots in order (n, 2), its kind by number, 1 one way as drawn, -1 the other way, 0 both."""

    spots: Floats
    kind: int
    one_way: int = 0


@dataclass(frozen=True)
class Roads:
    """spots (n, 2); arcs from `begin` to `end`, `metres` long, of a `kind`, `both` ways or only as they stand."""

    spots: Floats
    begin: Whole
    end: Whole
    metres: Floats
    kind: Whole
    both: NDArray[np.bool_]


@dataclass(frozen=True)
class Ways:
    """(p, p) each: metres and seconds of the fastest way; FAR where there is none. off: who stands beside no road."""

    metres: Whole
    seconds: Whole
    off: NDArray[np.bool_]


def metres_of(a: Floats, b: Floats) -> Floats:
    """Metres along the earth between spots, row by row (or as their shapes spread)."""
    (lon, lat), (lon2, lat2) = np.radians(np.moveaxis(a, -1, 0)), np.radians(np.moveaxis(b, -1, 0))
    h = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    found: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(h, 0, 1)))
    return found


def roads_of(lines: Sequence[Line], *, spacing: float = 80.0) -> Roads:
    """The graph of some roads: a spot where lines meet or end, and along a line about every `spacing` metres.

    Pieces that hang together with nothing (a yard's lane) are left out. Raises: ValueError where nothing is left.
    """
    lines = [x for x in lines if len(x.spots) >= 2]
    if not lines:
        raise ValueError("no roads")
    keys = np.round(np.concatenate([x.spots for x in lines]), DIGITS)
    spots, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.reshape(-1)
    ends = np.cumsum([len(x.spots) for x in lines])
    chains = np.split(number, ends[:-1])
    uses = np.bincount(number, minlength=len(spots))
    for c in chains:
        uses[c[[0, -1]]] += 2  # an end is kept, whoever else comes by
    arcs = [a for x, c in zip(lines, chains, strict=True) for a in _arcs(spots, c, uses, x, spacing)]
    if not arcs:
        raise ValueError("no roads")
    begin, end, kind, one = (np.array([a[k] for a in arcs], np.int64) for k in (0, 1, 3, 4))
    metres = np.array([a[2] for a in arcs])
    begin, end = np.where(one < 0, end, begin), np.where(one < 0, begin, end)
    return _connected(Roads(spots, begin, end, metres, kind, one == 0))


def _arcs(
    spots: Floats, chain: Whole, uses: Whole, line: Line, spacing: float
) -> list[tuple[int, int, float, int, int]]:
    steps = metres_of(spots[chain[:-1]], spots[chain[1:]])
    out, last, run = [], int(chain[0]), 0.0
    for n, step in enumerate(steps.tolist()):
        here, run = int(chain[n + 1]), run + step
        if uses[here] > 1 or run >= spacing:
            if here != last:
                out.append((last, here, run, line.kind, line.one_way))
            last, run = here, 0.0
    return out


def _connected(roads: Roads) -> Roads:
    """Only the pieces that are large enough, their spots numbered anew."""
    n = len(roads.spots)
    _, part = connected_components(csr_array((np.ones(roads.begin.size), (roads.begin, roads.end)), (n, n)), False)
    used = np.unique(np.concatenate([roads.begin, roads.end]))
    size = np.bincount(part[used], minlength=part.max() + 1)
    stays = used[size[part[used]] * SMALLEST_PART >= size.max()]
    new = np.full(n, -1)
    new[stays] = np.arange(stays.size)
    arc = new[roads.begin] >= 0
    return Roads(roads.spots[stays], new[roads.begin[arc]], new[roads.end[arc]], roads.metres[arc], roads.kind[arc],
                 roads.both[arc])  # fmt: skip


def _flat(spots: Floats, lat: float) -> Floats:
    """Metres east and north of (0, 0), true near a latitude."""
    flat: Floats = np.radians(spots) * EARTH_M * np.array([np.cos(np.radians(lat)), 1.0])
    return flat


def blocked(roads: Roads, bars: Floats, *, reach: float) -> NDArray[np.bool_]:
    """Which arcs somebody has closed. bars: (k, 4), from a spot to a spot (the same one twice for a single spot).

    An arc is closed where it crosses a bar, or comes as near as `reach` metres to one of its ends.
    """
    shut = np.zeros(roads.begin.size, bool)
    if not bars.size:
        return shut
    lat = float(bars[:, [1, 3]].mean())
    a, b = (_flat(roads.spots[i], lat) for i in (roads.begin, roads.end))
    for c, d in zip(_flat(bars[:, :2], lat), _flat(bars[:, 2:], lat), strict=True):
        crossed = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
        shut |= crossed | (np.minimum(_away(c, a, b), _away(d, a, b)) <= reach)
    return shut


def _side(a: Floats, b: Floats, p: Floats) -> Floats:
    """On which side of the line from a to b a spot lies."""
    ab, ap = b - a, p - a
    side: Floats = ab[..., 0] * ap[..., 1] - ab[..., 1] * ap[..., 0]
    return side


def _away(p: Floats, a: Floats, b: Floats) -> Floats:
    """How far a spot is from the piece between a and b."""
    ab = b - a
    long = np.maximum((ab**2).sum(-1), 1e-12)
    share = np.clip(((p - a) * ab).sum(-1) / long, 0, 1)
    away: Floats = np.sqrt(((p - a - share[..., None] * ab) ** 2).sum(-1))
    return away


def ways(
    roads: Roads,
    points: Floats,
    *,
    kmh: Sequence[float],
    shut: NDArray[np.bool_],
    keeps_one_way: bool,
    off_kmh: float,
    detour: float,
    off_metres: float,
) -> Ways:
    """Times and lengths between points along roads.

    kmh:        by kind of road; 0 where this traveller may not go.
    shut:       arcs that are closed to him.
    off_kmh:    from a point to its nearest spot on a road he may use (straight line times `detour`), and back.
    off_metres: whoever is farther from any road stands beside none (`Ways.off`); his ways are FAR.
    """
    speed = np.asarray(kmh, float)[roads.kind] / 3.6
    open_ = (speed > 0) & ~shut
    n, p = len(roads.spots), len(points)
    # Where he could go if nothing were closed: whoever lives behind a barrier is cut off, not set down outside it.
    usable = _there_and_back(roads, speed > 0, keeps_one_way)
    if not usable.size or not p:
        return Ways(np.full((p, p), FAR), np.full((p, p), FAR), np.ones(p, bool))
    lat = float(roads.spots[:, 1].mean())
    away, at = cKDTree(_flat(roads.spots[usable], lat)).query(_flat(points, lat))
    off, spot = away > off_metres, usable[at]
    both = open_ & (roads.both | (not keeps_one_way))
    begin = np.concatenate([roads.begin[open_], roads.end[both]])
    end = np.concatenate([roads.end[open_], roads.begin[both]])
    metres = np.concatenate([roads.metres[open_], roads.metres[both]])
    seconds = metres / np.concatenate([speed[open_], speed[both]])
    from_, where = np.unique(spot, return_inverse=True)
    tables = [_shortest(n, begin, end, cost, from_)[np.ix_(where, where)] for cost in (seconds, metres)]
    legs = away * detour
    straight = metres_of(points[:, None], points[None]) * detour
    # Two at one spot of a road walk straight to each other, never farther than by way of it.
    near = (spot[:, None] == spot[None]) & ~off[:, None] & ~off[None]
    long = np.where(near, np.minimum(straight, legs[:, None] + legs[None]), tables[1] + legs[:, None] + legs[None])
    last = off_kmh / 3.6
    time = np.where(near, long / last, tables[0] + (legs[:, None] + legs[None]) / last)
    no_way = off[:, None] | off[None] | ~np.isfinite(time)
    out = [np.where(no_way, FAR, np.minimum(np.ceil(np.where(no_way, 0, x)), FAR)).astype(np.int64)
           for x in (long, time)]  # fmt: skip
    for table in out:
        np.fill_diagonal(table, 0)
    return Ways(out[0], out[1], off)


def _there_and_back(roads: Roads, fit: NDArray[np.bool_], keeps_one_way: bool) -> Whole:
    """Spots from which one comes anywhere and home again: of pieces with half as many as the largest, or more.

    A file ends somewhere: one-way streets over its edge, and paths that nothing joins there, lead nowhere and back.
    """
    both = fit & (roads.both | (not keeps_one_way))
    begin = np.concatenate([roads.begin[fit], roads.end[both]])
    end = np.concatenate([roads.end[fit], roads.begin[both]])
    used, n = np.unique(np.concatenate([begin, end])), len(roads.spots)
    if not used.size:
        return used
    _, part = connected_components(csr_array((np.ones(begin.size), (begin, end)), (n, n)), True, "strong")
    size = np.bincount(part[used], minlength=part.max() + 1)
    found: Whole = used[2 * size[part[used]] >= size.max()]
    return found


def _shortest(n: int, begin: Whole, end: Whole, cost: Floats, from_: Whole) -> Floats:
    """(from_, from_) least costs. Of several arcs between two spots the cheapest counts: a sparse sum adds them."""
    order = np.lexsort((cost, end, begin))
    pair = np.stack([begin[order], end[order]], 1)
    first = np.concatenate([[True], (np.diff(pair, axis=0) != 0).any(1)]) if len(pair) else np.zeros(0, bool)
    kept = order[first]
    # A sparse nought is no arc: two spots a hair apart still are joined.
    graph = csr_array((np.maximum(cost[kept], 1e-6), (begin[kept], end[kept])), (n, n))
    found: Floats = dijkstra(graph, indices=from_)[:, from_]
    return found
