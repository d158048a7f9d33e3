"""A county as a drawn plan: streets, committees and buildings tiled in metres round an origin. INVENTED, no map.

No open township outline, street network or house position was found, so nothing here says where anything is; it only
keeps apart what is apart, and near what belongs together. The datum shifts below are for real maps a site loads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

EARTH_RADIUS_M = 6_371_008.8
URBAN_HOUSEHOLDS = (60, 110)


@dataclass(frozen=True, eq=False)
class Buildings:
    """Where households live. Households (H,): building int32, unit, floor, door int16; a house has 0, 0, 0.

    Buildings (B,): committee int32; number int32 from 1 within the committee; is_house bool: one household, one door.
    A door is written as in 2单元501: floor * 100 + place on the floor.
    """

    building: NDArray[np.int32]
    unit: NDArray[np.int16]
    floor: NDArray[np.int16]
    door: NDArray[np.int16]
    committee: NDArray[np.int32]
    number: NDArray[np.int32]
    is_house: NDArray[np.bool_]


def _worst(row: list[float], side: float) -> float:
    """The longest side by the shortest of the tiles of a row along a side."""
    total = sum(row)
    return max(side * side * max(row) / total**2, total**2 / (side * side * min(row)))


def squarified(areas: Floats, x: float, y: float, width: float, height: float) -> Floats:
    """Tile a rectangle with near-square tiles of given areas.

    Takes:   areas (n,) > 0, summing to width * height (up to rounding); x, y the low corner; all in metres.
    Gives:   tiles (n,4): x0, y0, x1, y1, in the order of areas.
    Source:  Bruls, Huizing, van Wijk, Squarified Treemaps (2000)
    """
    order = np.argsort(-areas, kind="stable")
    left = [float(areas[i]) for i in order]
    tiles = np.empty((areas.shape[0], 4))
    done = 0
    while done < len(left):
        side = min(width, height)
        row = [left[done]]
        while done + len(row) < len(left) and _worst([*row, left[done + len(row)]], side) <= _worst(row, side):
            row.append(left[done + len(row)])
        depth = sum(row) / side
        ends = np.concatenate([[0.0], np.cumsum(row) / depth])
        for k in range(len(row)):
            low, high = ends[k], ends[k + 1]
            tiles[order[done + k]] = (
                (x, y + low, x + depth, y + high) if height <= width else (x + low, y, x + high, y + depth)
            )
        if height <= width:
            x, width = x + depth, width - depth
        else:
            y, height = y + depth, height - depth
        done += len(row)
    return tiles


def tile_committees(
    street_of_committee: NDArray[np.int32], weights: Floats, *, width_m: float = 12_000.0, height_m: float = 9_000.0
) -> Floats:
    """Lay out the committees of a county so that those of a street lie together.

    Takes:   street_of_committee (C,) any whole labels; weights (C,) > 0, households or persons; the size of the plan.
    Gives:   rectangles (C,4): x0, y0, x1, y1 metres from the middle of the plan, east and north positive; areas in
             proportion to weights; the rectangles of a street fill one rectangle, all of them the whole plan.
    Raises:  ValueError for a weight or size that is not positive, or arrays of different length.
    Edge:    no committee gives (0,4).
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != street_of_committee.shape or np.any(weights <= 0) or width_m <= 0 or height_m <= 0:
        raise ValueError("weights and sizes must be positive, one weight a committee")
    tiles = np.empty((weights.shape[0], 4))
    if not weights.size:
        return tiles
    _, street = np.unique(street_of_committee, return_inverse=True)
    scale = width_m * height_m / weights.sum()
    streets = squarified(np.bincount(street, weights=weights) * scale, -width_m / 2, -height_m / 2, width_m, height_m)
    for k, (x0, y0, x1, y1) in enumerate(streets):
        at = np.flatnonzero(street == k)
        part = weights[at] / weights[at].sum() * ((x1 - x0) * (y1 - y0))
        tiles[at] = squarified(part, float(x0), float(y0), float(x1 - x0), float(y1 - y0))
    return tiles


def place_buildings(
    rectangles: Floats, committee_of_building: NDArray[np.int32], *, edge_share: float = 0.06
) -> Floats:
    """Put the buildings of each committee on a grid inside its rectangle, one a cell.

    Takes:   rectangles (C,4) as `tile_committees` gives; committee_of_building (B,) in 0..C-1; edge_share in [0, 0.5):
             of each side, kept free along the edge as roads.
    Gives:   xy (B,2) metres; no two alike, all strictly inside their committee; rows run west to east, south first,
             in the order of the buildings.
    Raises:  ValueError for an edge_share outside its range.
    """
    if not 0 <= edge_share < 0.5:
        raise ValueError("edge_share must be in [0, 0.5)")
    count = np.bincount(committee_of_building, minlength=rectangles.shape[0])
    size = (rectangles[:, 2:] - rectangles[:, :2]) * (1 - 2 * edge_share)
    low = rectangles[:, :2] + (rectangles[:, 2:] - rectangles[:, :2]) * edge_share
    columns = np.maximum(1, np.ceil(np.sqrt(count * size[:, 0] / size[:, 1]))).astype(np.int64)
    rows = np.maximum(1, -(-count // columns))
    rank = _rank_within(committee_of_building, count)
    at = committee_of_building
    cell = np.stack([rank % columns[at], rank // columns[at]], axis=1) + 0.5
    return np.asarray(low[at] + cell * size[at] / np.stack([columns[at], rows[at]], axis=1))


def _rank_within(group: NDArray[np.int32], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, 2 ... for the members (n,) of each group, in their order."""
    order = np.argsort(group, kind="stable")
    rank = np.empty(group.shape[0], dtype=np.int64)
    rank[order] = np.arange(group.shape[0]) - np.repeat(np.cumsum(count) - count, count)
    return rank


def buildings_of(
    household_committee: NDArray[np.int32],
    *,
    is_urban: NDArray[np.bool_],
    doors_per_floor: int,
    floors: int,
    rng: np.random.Generator,
    collective: NDArray[np.bool_] | None = None,
    households: tuple[int, int] = URBAN_HOUSEHOLDS,
) -> Buildings:
    """Group the households of each committee into buildings, at random.

    Takes:   household_committee (H,) in 0..C-1; is_urban (C,); doors_per_floor 1..99 and floors >= 1 of one unit
             (stairs); collective (H,): dormitories, sites, homes, each a building of its own like a rural house;
             households: fewest and most in an urban building (a small copy of a county may want small buildings).
    Gives:   Buildings. Urban buildings hold so many households as far as whole units allow (one unit at least), the
             last of a committee what is left; each door holds one household.
    Raises:  ValueError for doors or floors outside their ranges.
    """
    if not 1 <= doors_per_floor <= 99 or floors < 1:
        raise ValueError("doors_per_floor must be in 1..99, floors at least 1")
    unit_size, flat = doors_per_floor * floors, is_urban[household_committee]
    flat = flat if collective is None else flat & ~collective
    least = max(1, -(-households[0] // unit_size))
    most = max(least, households[1] // unit_size)
    shuffled = rng.permutation(np.flatnonzero(flat))
    shuffled = shuffled[np.argsort(household_committee[shuffled], kind="stable")]
    count = np.bincount(household_committee[shuffled], minlength=is_urban.shape[0])
    drawn = -(-count // (least * unit_size))
    capacity = rng.integers(least, most + 1, int(drawn.sum())) * unit_size
    ends = np.cumsum(capacity)
    before = np.concatenate([[0], ends])[np.cumsum(drawn) - drawn]
    place = before[household_committee[shuffled]] + _rank_within(household_committee[shuffled], count)
    found = np.searchsorted(ends, place, side="right")
    inside = place - (ends - capacity)[found]
    unit, floor, door = (np.zeros(household_committee.shape[0], dtype=np.int16) for _ in range(3))
    unit[shuffled] = inside // unit_size + 1
    floor[shuffled] = inside % unit_size // doors_per_floor + 1
    door[shuffled] = floor[shuffled] * 100 + inside % doors_per_floor + 1
    key = capacity.shape[0] + np.arange(household_committee.shape[0])
    key[shuffled] = found
    return _numbered(household_committee, key, flat, unit, floor, door)


def _numbered(
    household_committee: NDArray[np.int32],
    key: NDArray[np.int64],
    flat: NDArray[np.bool_],
    unit: NDArray[np.int16],
    floor: NDArray[np.int16],
    door: NDArray[np.int16],
) -> Buildings:
    """Buildings in the order of their committees, blocks of flats before houses, numbered from 1 in each."""
    used, first, member = np.unique(key, return_index=True, return_inverse=True)
    committee = household_committee[first]
    order = np.lexsort((used, committee))
    place = np.empty(order.shape[0], dtype=np.int32)
    place[order] = np.arange(order.shape[0], dtype=np.int32)
    committee = committee[order].astype(np.int32)
    number = (_rank_within(committee, np.bincount(committee)) + 1).astype(np.int32)
    return Buildings(place[member], unit, floor, door, committee, number, ~flat[first][order])


def to_lonlat(xy: Floats, origin: tuple[float, float]) -> Floats:
    """Metres east and north of an origin as degrees; plane, good to one part in a thousand within 50 km.

    Takes:   xy (n,2); origin (lon, lat) in degrees, |lat| < 85.
    Gives:   (n,2) lon, lat, in the datum of the origin.
    Raises:  ValueError for an origin at or beyond 85 degrees.
    """
    lon, lat = origin
    if abs(lat) >= 85:
        raise ValueError("the plane is no use near a pole")
    metres = np.pi / 180 * EARTH_RADIUS_M
    return np.stack([lon + xy[:, 0] / (metres * np.cos(np.radians(lat))), lat + xy[:, 1] / metres], axis=1)


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> Pair:
    """Degrees in WGS 84 as GCJ-02, the datum of Chinese map services; outside its box unchanged.

    Source:  the publicly known formula (Krasovsky 1940 ellipsoid), e.g. GitHub googollee/eviltransform (MIT)
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = lon - 105, lat - 35
    root, both = np.sqrt(np.abs(x)), (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    north = (
        -100
        + 2 * x
        + 3 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + both
        + (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
        + (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    )
    east = (
        300
        + x
        + 2 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + both
        + (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
        + (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    )
    axis_m, squeeze = 6_378_245.0, 0.00669342162296594323
    magic = 1 - squeeze * np.sin(np.radians(lat)) ** 2
    step_lat = np.degrees(north * magic * np.sqrt(magic) / (axis_m * (1 - squeeze)))
    step_lon = np.degrees(east * np.sqrt(magic) / (axis_m * np.cos(np.radians(lat))))
    is_in = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    return np.where(is_in, lon + step_lon, lon), np.where(is_in, lat + step_lat, lat)


def gcj02_to_bd09(lon: Floats, lat: Floats) -> Pair:
    """Degrees in GCJ-02 as BD-09. Source: the publicly known formula, as above."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    turn = np.pi * 3000 / 180
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * turn)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * turn)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> Pair:
    """Degrees in GCJ-02 as WGS 84, to better than 1e-6 degrees (0.1 m); outside its box unchanged."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def bd09_to_wgs84(lon: Floats, lat: Floats) -> Pair:
    """Degrees in BD-09 as WGS 84, to better than 1e-6 degrees (0.1 m)."""
    return gcj02_to_wgs84(*_inverse(gcj02_to_bd09, lon, lat))


def _inverse(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Undo a small shift: step back by the miss until it is below 1e-9 degrees, at most 30 times."""
    goal_lon, goal_lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    found_lon, found_lat = goal_lon.copy(), goal_lat.copy()
    for _ in range(30):
        got_lon, got_lat = forward(found_lon, found_lat)
        found_lon, found_lat = found_lon + goal_lon - got_lon, found_lat + goal_lat - got_lat
        if max(np.max(np.abs(goal_lon - got_lon), initial=0), np.max(np.abs(goal_lat - got_lat), initial=0)) < 1e-9:
            break
    return found_lon, found_lat
