"""Outlines overlap when they share ground: by hand, by an independent raster, and at each edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernels.shapes import KM_PER_DEGREE, circle_overlaps, inside, ring_of, rings_overlap

SQUARE = ring_of([(0, 0), (4, 0), (4, 4), (0, 4)])
HORSESHOE = ring_of([(0, 0), (6, 0), (6, 6), (4, 6), (4, 2), (2, 2), (2, 6), (0, 6)])


def test_a_ring_is_closed_and_has_three_points() -> None:
    assert len(SQUARE) == 5 and (SQUARE[0] == SQUARE[-1]).all()
    assert len(ring_of([(0, 0), (1, 0), (1, 1), (0, 0)])) == 4
    with pytest.raises(ValueError, match="three points"):
        ring_of([(0, 0), (1, 1)])


def test_points_inside_a_bent_ring() -> None:
    points = np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0], [3.0, 1.0], [9.0, 1.0]])
    assert inside(points, HORSESHOE).tolist() == [True, False, True, True, False]


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ([(1, 1), (2, 1), (2, 2), (1, 2)], True),  # inside
        ([(-1, -1), (9, -1), (9, 9), (-1, 9)], True),  # around
        ([(3, 3), (6, 3), (6, 6), (3, 6)], True),  # corner over corner
        ([(1, -1), (3, -1), (3, 5), (1, 5)], True),  # across, no corner of either inside
        ([(0, 0), (4, 0), (4, 4), (0, 4)], True),  # the same
        ([(4, 0), (8, 0), (8, 4), (4, 4)], False),  # beside, along an edge
        ([(5, 5), (8, 5), (8, 8)], False),
    ],
)
def test_rings_share_ground_or_not_whichever_is_asked_first(other: list[tuple[float, float]], overlap: bool) -> None:
    assert rings_overlap(SQUARE, ring_of(other)) is overlap and rings_overlap(ring_of(other), SQUARE) is overlap


def test_a_ring_in_the_gap_of_a_horseshoe_is_not_on_it() -> None:
    assert not rings_overlap(HORSESHOE, ring_of([(2.5, 3), (3.5, 3), (3.5, 5), (2.5, 5)]))
    assert rings_overlap(HORSESHOE, ring_of([(2.5, 1.5), (3.5, 1.5), (3.5, 5), (2.5, 5)]))


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    x, y = draw(st.integers(-8, 8)), draw(st.integers(-8, 8))
    return x, y, x + draw(st.integers(1, 9)), y + draw(st.integers(1, 9))


@given(boxes(), boxes())
def test_boxes_overlap_exactly_where_their_sides_do(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    rings = [ring_of([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]) for x1, y1, x2, y2 in (a, b)]
    shared = max(a[0], b[0]) < min(a[2], b[2]) and max(a[1], b[1]) < min(a[3], b[3])
    assert rings_overlap(*rings) is shared


def test_a_circle_reaches_a_ring_from_within_and_across_the_gap_between() -> None:
    assert circle_overlaps((2, 2), 0.0, SQUARE)
    near = (4.5, 2)  # half a degree east of the edge, two degrees north of the equator
    gap = 0.5 * KM_PER_DEGREE * np.cos(np.radians(2))
    assert circle_overlaps(near, gap + 0.1, SQUARE) and not circle_overlaps(near, gap - 0.1, SQUARE)
