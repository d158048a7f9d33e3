"""Outlines round buildings: they hold every point, keep what is apart apart, and refuse what makes no sense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lianfang.kernels.hulls import centroid, groups, hull, middle, outlines, spacing, to_metres
from lianfang.kernels.schematic import to_lonlat

HERE = (113.6, 24.8)
POINTS = arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.integers(-500, 500).map(float))


def is_inside(ring: np.ndarray, p: np.ndarray) -> bool:
    """Left of every edge of a counter-clockwise ring."""
    a, b = ring[:-1], ring[1:]
    return bool(np.all((b - a)[:, 0] * (p - a)[:, 1] - (b - a)[:, 1] * (p - a)[:, 0] >= -1e-6))


def test_the_hull_of_a_square_with_points_inside_is_its_four_corners() -> None:
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2], [1, 1], [1, 0]], dtype=float)
    assert {tuple(p) for p in hull(square).tolist()} == {(0, 0), (2, 0), (2, 2), (0, 2)}


def test_points_on_a_line_give_their_ends_and_one_point_gives_itself() -> None:
    assert hull(np.array([[0.0, 0], [1, 1], [2, 2]])).tolist() == [[0, 0], [2, 2]]
    assert hull(np.array([[3.0, 4], [3, 4]])).tolist() == [[3, 4]]


@given(POINTS)
def test_every_point_lies_inside_its_ring_and_the_ring_is_closed(points: np.ndarray) -> None:
    rings = outlines(to_lonlat(points, HERE), pad_m=30, gap_m=2000)
    assert len(rings) == 1 and rings[0][0].tolist() == rings[0][-1].tolist()
    ring = to_metres(rings[0], HERE)
    assert all(is_inside(ring, p) for p in points)


@given(POINTS)
def test_groups_are_as_many_as_islands_and_no_two_of_different_groups_are_near(points: np.ndarray) -> None:
    label = groups(points, gap=100)
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    assert np.all((apart > 100) | (label[:, None] == label[None]))
    assert sorted(set(label.tolist())) == list(range(int(label.max()) + 1))


def test_groups_of_no_points_are_none() -> None:
    assert groups(np.empty((0, 2)), gap=10).tolist() == []


@given(POINTS, st.sampled_from([10.0, 15.0, 70.0, 333.0]))
def test_groups_are_those_that_a_walk_from_point_to_point_finds(points: np.ndarray, gap: float) -> None:
    near = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) <= gap
    walked: list[int] = [-1] * len(points)
    for start in range(len(points)):
        edge = [start] if walked[start] < 0 else []
        name = max(walked) + 1
        while edge:
            here = edge.pop()
            walked[here] = name
            edge += [k for k in np.flatnonzero(near[here]).tolist() if walked[k] < 0]
    assert groups(points, gap=gap).tolist() == walked


def test_two_houses_far_apart_get_two_rings_and_none_gets_none() -> None:
    far = to_lonlat(np.array([[0.0, 0], [10, 0], [900, 0]]), HERE)
    assert len(outlines(far, pad_m=40, gap_m=300)) == 2
    assert outlines(np.empty((0, 2)), pad_m=40, gap_m=300) == []


def test_a_circle_round_one_point_has_its_radius() -> None:
    ring = to_metres(outlines(np.array([HERE]), pad_m=40, gap_m=300)[0], HERE)
    assert np.allclose(np.hypot(*ring.T), 40, atol=0.01)


def test_senseless_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="pad_m"):
        outlines(np.array([HERE]), pad_m=0, gap_m=10)
    with pytest.raises(ValueError, match="gap"):
        outlines(np.array([HERE]), pad_m=1, gap_m=0)
    with pytest.raises(ValueError, match="pole"):
        to_metres(np.array([HERE]), (0.0, 86.0))


def test_the_middle_of_an_outline_is_the_middle_of_its_box_and_a_line_has_none() -> None:
    square = [[0, 0], [4, 0], [4, 2], [0, 2], [0, 0]]
    assert middle({"type": "Polygon", "coordinates": [square]}) == (2, 1)
    assert middle({"type": "MultiPolygon", "coordinates": [[square], [[[8, 8], [9, 8], [9, 10], [8, 8]]]]}) == (4.5, 5)
    assert middle({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}) is None
    assert middle({"type": "Polygon", "coordinates": []}) is None


def test_spacing_is_what_neighbours_usually_keep_and_one_far_house_does_not_change_it() -> None:
    row = np.array([[100.0 * n, 0] for n in range(9)] + [[9000.0, 0]])
    assert spacing(row) == 100
    assert spacing(row[:1]) == 0


def test_a_village_of_wide_spacing_is_one_ring_and_the_largest_ring_comes_first() -> None:
    grid = np.array([[400.0 * x, 400.0 * y] for x in range(4) for y in range(3)])
    lonely = np.array([[-9000.0, 0]])
    rings = outlines(to_lonlat(np.vstack([lonely, grid]), HERE), pad_m=40, gap_m=300)
    assert len(rings) == 2
    assert np.ptp(to_metres(rings[0], HERE)[:, 0]) > 1200


def test_a_crowd_of_points_is_thinned_and_all_still_lie_inside() -> None:
    points = np.random.default_rng(1).uniform(-900, 900, (4000, 2))
    rings = outlines(to_lonlat(points, HERE), pad_m=45, gap_m=320)
    assert len(rings) == 1
    assert all(is_inside(to_metres(rings[0], HERE), p) for p in points)


def test_the_centroid_of_a_triangle_is_the_mean_of_its_corners_and_a_line_has_its_middle() -> None:
    assert np.allclose(centroid(np.array([[0.0, 0], [3, 0], [0, 3], [0, 0]])), (1, 1))
    assert centroid(np.array([[0.0, 0], [2, 0], [0, 0]])) == (1, 0)
