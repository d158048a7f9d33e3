"""Times and lengths between points: along roads and around what is closed, or straight where no roads are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lianfang.domains.dispatch.models import Ride
from lianfang.domains.dispatch.queries.kinds import ride_values, road_kinds
from lianfang.domains.dispatch.queries.roads import Ground, ground_of, roads_in
from lianfang.domains.gates.models import Closure
from lianfang.kernels.roads import FAR, Ways, blocked, metres_of, ways

ALL = "all"
Whole = NDArray[np.int64]


def ways_between(
    ground: Ground, points: Sequence[tuple[float, float]], values: Mapping[str, Any], *, on_foot: bool
) -> tuple[Whole, Whole]:
    """(p, p) metres and seconds, `kernels.roads.FAR` where everything that leads there is closed.

    Whoever stands beside no road is reckoned straight, times the guide's detour, from and to everybody.
    """
    spots = np.array(points, float).reshape(-1, 2)
    kmh = float(values["tour_foot_kmh"] if on_foot else values["ride_kmh"])
    straight = metres_of(spots[:, None], spots[None]) * float(values["ride_detour"])
    metres, seconds = np.rint(straight).astype(np.int64), np.rint(straight / kmh * 3.6).astype(np.int64)
    if ground.net is None:
        return metres, seconds
    found = _along(ground, spots, values, on_foot)
    by_road = ~(found.off[:, None] | found.off[None])
    return np.where(by_road, found.metres, metres), np.where(by_road, found.seconds, seconds)


@dataclass(frozen=True)
class Reckoned:
    """How long a way takes with getting in and out, none where every road there is closed; over what reckoned."""

    takes: timedelta | None
    ground: Ground


def way_of(ride: Ride, *, at: datetime) -> Reckoned | None:
    """The way of a ride by car; none where a spot of it is not known or nobody loaded roads there."""
    ground = ground_of(ride.area_id, at=at)
    ends = (ride.from_lon, ride.from_lat), (ride.to_lon, ride.to_lat)
    spots = [(lon, lat) for lon, lat in ends if lon is not None and lat is not None]
    if ground.net is None or len(spots) < len(ends):
        return None
    values = ride_values([ride.area_id], at=at)[ride.area_id]
    _, seconds = ways_between(ground, spots, values, on_foot=False)
    if seconds[0, 1] >= FAR:
        return Reckoned(None, ground)
    minutes = -(-int(seconds[0, 1]) // 60) + 2 * float(values["ride_load_minutes"])
    return Reckoned(timedelta(minutes=minutes), ground)


def is_cut_off(seconds: Whole, places: Sequence[int], others: Sequence[int]) -> bool:
    """Whether no way leads to any of some places from any other, there and back."""
    there = seconds[np.ix_(list(others), list(places))]
    back = seconds[np.ix_(list(places), list(others))].T
    return bool((np.maximum(there, back) >= FAR).all())


def _along(ground: Ground, spots: NDArray[np.float64], values: Mapping[str, Any], on_foot: bool) -> Ways:
    assert ground.net is not None  # asked above
    roads, kinds = roads_in(ground.net.id), road_kinds()
    foot = float(values["tour_foot_kmh"])
    kmh = [_kmh(kinds.get(k), foot, on_foot) for k in ground.net.kinds]
    bars = _bars([c for c in ground.closures if c.stops == ALL or not on_foot])
    shut = blocked(roads, bars, reach=float(values["road_closed_metres"]))
    return ways(roads, spots, kmh=kmh, shut=shut, keeps_one_way=not on_foot, off_kmh=foot,
                detour=float(values["ride_detour"]), off_metres=float(values["road_off_metres"]))  # fmt: skip


def _kmh(kind: Mapping[str, Any] | None, foot: float, on_foot: bool) -> float:
    if kind is None:  # of an edition that is no more: nobody knows how fast one goes there
        return 0.0
    return (foot if kind["foot"] else 0.0) if on_foot else float(kind["car_kmh"])


def _bars(closures: Sequence[Closure]) -> NDArray[np.float64]:
    rows = [(c.lon, c.lat, c.lon if c.lon_to is None else c.lon_to, c.lat if c.lat_to is None else c.lat_to)
            for c in closures if c.lon is not None and c.lat is not None]  # fmt: skip
    return np.array(rows, float).reshape(-1, 4)
