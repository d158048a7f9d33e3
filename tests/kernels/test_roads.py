"""Ways along roads: held to hand-solved towns and, on random towns, to all shortest ways found step by step."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.roads import FAR, Line, Roads, blocked, metres_of, roads_of, ways

LON, LAT = 113.6, 24.8
STEP = 0.001  # of a degree: 101 m east, 111 m north


def at(x: float, y: float) -> tuple[float, float]:
    """A spot so many steps east and north."""
    return (LON + x * STEP, LAT + y * STEP)


def road(*spots: tuple[float, float], kind: int = 0, one_way: int = 0) -> Line:
    """A road through spots given in steps."""
    return Line(np.array([at(*s) for s in spots]), kind, one_way)


def told(roads: Roads, *points: tuple[float, float], **more: Any) -> Any:
    """Ways at 36 km/h (10 m/s) on kind 0, 18 on kind 1, none on kind 2; 3.6 km/h beside the road, as straight."""
    asked = {"kmh": (36.0, 18.0, 0.0), "shut": np.zeros(roads.begin.size, bool), "keeps_one_way": True,
             "off_kmh": 3.6, "detour": 1.0, "off_metres": 300.0} | more  # fmt: skip
    return ways(roads, np.array([at(*p) for p in points]), **asked)


def bars(*pairs: tuple[tuple[float, float], tuple[float, float]]) -> np.ndarray:
    """Barriers from a spot to a spot."""
    return np.array([[*at(*a), *at(*b)] for a, b in pairs])


NORTH = float(metres_of(np.array(at(0, 0)), np.array(at(0, 1))))


def test_a_block_of_houses_is_gone_around_and_a_closed_street_makes_it_longer() -> None:
    east = float(metres_of(np.array(at(0, 0)), np.array(at(10, 0))))
    square = roads_of([road((0, 0), (10, 0)), road((10, 0), (10, 10)), road((10, 10), (0, 10)), road((0, 10), (0, 0))])
    found = told(square, (0, 0), (10, 0), (10, 10))
    assert found.metres[0, 1] == pytest.approx(east, abs=2) and found.seconds[0, 1] == pytest.approx(east / 10, abs=1)
    assert found.metres[0, 2] == pytest.approx(east + 10 * NORTH, rel=0.001) and not found.off.any()
    shut = blocked(square, bars(((5, -1), (5, 1))), reach=5)
    assert shut.any() and not shut.all()
    assert told(square, (0, 0), (10, 0), shut=shut).metres[0, 1] == pytest.approx(east + 20 * NORTH, rel=0.001)
    # A bar that ends before the street closes nothing; one spot on it does.
    assert not blocked(square, bars(((5, 1), (5, 3))), reach=5).any()
    assert blocked(square, bars(((5, 0), (5, 0))), reach=5).any()
    both = shut | blocked(square, bars(((0, 5), (0, 5))), reach=5)
    cut = told(square, (0, 0), (10, 0), shut=both)
    assert cut.seconds[0, 1] == cut.seconds[1, 0] == FAR and cut.metres[0, 1] == FAR and cut.seconds[0, 0] == 0


def test_cars_keep_to_their_roads_and_to_one_way_streets_and_walkers_do_not() -> None:
    ring = roads_of([road((0, 0), (10, 0), one_way=1), road((10, 0), (10, 10)), road((0, 10), (10, 10)),
                     road((0, 10), (0, 0)), road((0, 0), (10, 10), kind=2)])  # fmt: skip
    car, foot = told(ring, (0, 0), (10, 0)), told(ring, (0, 0), (10, 0), keeps_one_way=False)
    assert car.seconds[1, 0] > 2.9 * car.seconds[0, 1] and foot.seconds[1, 0] == foot.seconds[0, 1]
    backwards = roads_of([road((0, 0), (10, 0), one_way=-1), road((10, 0), (10, 10), (0, 10), (0, 0))])
    assert told(backwards, (0, 0), (10, 0)).metres[0, 1] > told(backwards, (0, 0), (10, 0)).metres[1, 0]
    path = told(ring, (0, 0), (10, 10), kmh=(4.5, 4.5, 4.5), keeps_one_way=False)
    assert path.metres[0, 1] < 0.8 * told(ring, (0, 0), (10, 10)).metres[0, 1]  # the footpath across


def test_the_way_to_the_road_counts_whoever_is_far_from_any_stands_beside_none_and_yards_lead_nowhere() -> None:
    long = [road((0, 0), *((x, 0) for x in range(1, 200)))]
    yard = [road((50, 1), (50, 1.2))]
    street = roads_of(long + yard)
    assert street.spots[:, 1].max() < at(0, 0.5)[1]  # the yard's lane hangs together with nothing
    found = told(street, (0, 1), (100, 0), (100, 9), (0, 1.1))
    assert found.seconds[0, 1] == pytest.approx(NORTH + 100 * 101 / 10, rel=0.01)  # on foot to the road, at 1 m/s
    assert found.off.tolist() == [False, False, True, False] and (found.seconds[2, [0, 1, 3]] == FAR).all()
    assert found.seconds[0, 3] == pytest.approx(0.1 * NORTH, abs=1)  # neighbours walk straight
    with pytest.raises(ValueError, match="no roads"):
        roads_of([Line(np.zeros((1, 2)), 0)])


def by_steps(roads: Roads, cost: np.ndarray) -> np.ndarray:
    """All shortest ways by trying every spot between every two (Floyd, Warshall)."""
    n = len(roads.spots)
    best = np.full((n, n), np.inf)
    np.fill_diagonal(best, 0)
    for a, b, c, both in zip(roads.begin, roads.end, cost, roads.both, strict=True):
        best[a, b] = min(best[a, b], c)
        if both:
            best[b, a] = min(best[b, a], c)
    for k in range(n):
        best = np.minimum(best, best[:, k : k + 1] + best[k : k + 1])
    return best


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans(), st.integers(0, 2), st.integers(-1, 1)),
             min_size=6, max_size=30),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=6, unique=True),
    st.integers(0, 9),
)  # fmt: skip
def test_ways_in_random_towns_are_the_shortest_there_are(
    streets: list[tuple[int, int, bool, int, int]], points: list[tuple[int, int]], seed: int
) -> None:
    roads = roads_of([road((x, y), (x + up, y + (not up)), kind=k, one_way=w) for x, y, up, k, w in streets])
    shut = np.random.default_rng(seed).random(roads.begin.size) < 0.2
    found = told(roads, *points, shut=shut, off_metres=1.0)
    speed = np.array([10.0, 5.0, 0.0])[roads.kind]
    cost = np.where((speed > 0) & ~shut, roads.metres / np.maximum(speed, 1e-9), np.inf)
    best = by_steps(roads, cost)
    back = np.isfinite(by_steps(roads, np.where(speed > 0, 1.0, np.inf)))
    used = sorted(set(roads.begin[speed > 0].tolist()) | set(roads.end[speed > 0].tolist()))
    size = (back & back.T).sum(1)
    usable = [n for n in used if 2 * size[n] >= max(size[used])]
    where = [next((n for n in usable if metres_of(roads.spots[n], np.array(at(*p))) < 1), None) for p in points]
    assert found.off.tolist() == [n is None for n in where]
    for (i, a), (j, b) in product(enumerate(where), repeat=2):
        if i != j:
            ours = best[a, b] if a is not None and b is not None else np.inf
            assert found.seconds[i, j] == (FAR if np.isinf(ours) else pytest.approx(ours, abs=1.1))
