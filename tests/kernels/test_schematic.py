"""The schematic: tiles by hand, by invariants, and the datum shifts against published pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lianfang.kernels.schematic import (
    bd09_to_wgs84,
    buildings_of,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    place_buildings,
    squarified,
    tile_committees,
    to_lonlat,
    wgs84_to_gcj02,
)


def area(tiles):
    return (tiles[:, 2] - tiles[:, 0]) * (tiles[:, 3] - tiles[:, 1])


def overlaps(tiles, eps=1e-6):
    low = np.maximum(tiles[:, None, :2], tiles[None, :, :2])
    high = np.minimum(tiles[:, None, 2:], tiles[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    return np.argwhere(np.triu(both, 1) > eps)


def test_the_published_squarified_example():
    # Bruls et al. 2000, figure 4: areas 6,6,4,3,2,2,1 in 6 x 4; 6 and 6 stand in a column of width 3.
    tiles = squarified(np.array([6.0, 6, 4, 3, 2, 2, 1]), 0, 0, 6, 4)
    assert tiles[0].tolist() == [0, 0, 3, 2]
    assert tiles[1].tolist() == [0, 2, 3, 4]
    assert area(tiles) == pytest.approx([6, 6, 4, 3, 2, 2, 1])
    assert tiles[2] == pytest.approx([3, 0, 3 + 12 / 7, 7 / 3])
    assert tiles[3] == pytest.approx([3 + 12 / 7, 0, 6, 7 / 3])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.floats(1, 5000)), min_size=1, max_size=40))
def test_committees_tile_the_plan_by_weight_and_by_street(pairs):
    street, weights = np.array([p[0] for p in pairs], dtype=np.int32), np.array([p[1] for p in pairs])
    tiles = tile_committees(street, weights, width_m=4000, height_m=3000)
    assert area(tiles) == pytest.approx(weights / weights.sum() * 12e6, rel=1e-6)
    assert overlaps(tiles, 1e-3).size == 0
    assert tiles[:, :2].min(axis=0) == pytest.approx([-2000, -1500])
    assert tiles[:, 2:].max(axis=0) == pytest.approx([2000, 1500])
    for label in np.unique(street):
        own = tiles[street == label]
        box = np.concatenate([own[:, :2].min(axis=0), own[:, 2:].max(axis=0)])[None]
        assert area(box)[0] == pytest.approx(area(own).sum(), rel=1e-6), "a street is one rectangle"


def test_tiles_need_weights():
    assert tile_committees(np.zeros(0, dtype=np.int32), np.zeros(0)).shape == (0, 4)
    with pytest.raises(ValueError):
        tile_committees(np.zeros(2, dtype=np.int32), np.array([1.0, 0.0]))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200))
def test_buildings_stand_apart_inside_their_committee(committee):
    at = np.array(committee, dtype=np.int32)
    tiles = tile_committees(np.array([0, 0, 1, 1], dtype=np.int32), np.array([4.0, 1, 2, 3]))
    xy = place_buildings(tiles, at)
    assert np.all((xy > tiles[at, :2]) & (xy < tiles[at, 2:]))
    assert np.unique(xy.round(6), axis=0).shape == xy.shape


def test_four_buildings_by_hand():
    xy = place_buildings(np.array([[0.0, 0, 100, 100]]), np.zeros(4, dtype=np.int32), edge_share=0.0)
    assert xy.tolist() == [[25, 25], [75, 25], [25, 75], [75, 75]]
    with pytest.raises(ValueError):
        place_buildings(np.array([[0.0, 0, 1, 1]]), np.zeros(1, dtype=np.int32), edge_share=0.5)


def test_households_of_a_town_share_blocks_and_those_of_a_village_do_not():
    committee = np.repeat(np.array([0, 1, 0], dtype=np.int32), [400, 50, 100])
    collective = np.zeros(550, dtype=np.bool_)
    collective[:2] = True
    found = buildings_of(
        committee,
        is_urban=np.array([True, False]),
        doors_per_floor=4,
        floors=6,
        collective=collective,
        rng=np.random.default_rng(0),
    )
    homes = np.bincount(found.building)
    blocks = ~found.is_house
    assert homes[found.is_house].max() == 1
    assert found.is_house.sum() == 52
    assert homes[blocks].sum() == 498
    full = np.sort(homes[blocks])[1:]
    assert full.min() >= 60
    assert full.max() <= 110
    assert np.array_equal(found.committee[found.building], committee)
    doors = np.stack([found.building, found.unit, found.door], axis=1)
    assert np.unique(doors, axis=0).shape == doors.shape, "one household a door"
    flats = found.unit > 0
    assert np.array_equal(flats, blocks[found.building])
    assert np.array_equal(found.door[flats] // 100, found.floor[flats])
    assert found.floor.max() == 6
    assert found.door.max() <= 604
    assert np.array_equal(found.number[found.committee == 1], np.arange(1, 51))


def test_buildings_need_doors():
    with pytest.raises(ValueError):
        buildings_of(
            np.zeros(1, dtype=np.int32),
            is_urban=np.array([True]),
            doors_per_floor=0,
            floors=1,
            rng=np.random.default_rng(0),
        )


def test_metres_become_degrees():
    there = to_lonlat(np.array([[0.0, 0.0], [0.0, 111_195.08], [55_597.54, 0.0]]), (111.6, 60.0))
    assert there == pytest.approx(np.array([[111.6, 60], [111.6, 61], [112.6, 60]]), abs=1e-5)
    with pytest.raises(ValueError):
        to_lonlat(np.zeros((1, 2)), (0.0, 86.0))


def test_datum_shifts_equal_published_pairs():
    # Pairs of the test suites of googollee/eviltransform and the README of wandergis/coordtransform (both MIT).
    lon, lat = wgs84_to_gcj02(np.array([121.5272106, 113.912316, 116.404]), np.array([31.1774276, 22.543847, 39.915]))
    assert lon == pytest.approx([121.531541859215, 113.9171764808363, 116.41024449916938], abs=1e-9)
    assert lat == pytest.approx([31.17530398364597, 22.540796131694766, 39.91640428150164], abs=1e-9)
    lon, lat = gcj02_to_bd09(np.array([116.404]), np.array([39.915]))
    assert (lon[0], lat[0]) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


china = arrays(np.float64, (20, 2), elements=st.floats(0, 1)).map(lambda u: (73 + 62 * u[:, 0], 4 + 49 * u[:, 1]))


@given(china)
def test_shifted_points_come_back(points):
    lon, lat = points
    for there, back in (
        (wgs84_to_gcj02, gcj02_to_wgs84),
        (lambda x, y: gcj02_to_bd09(*wgs84_to_gcj02(x, y)), bd09_to_wgs84),
    ):
        found = back(*there(lon, lat))
        assert np.max(np.abs(found[0] - lon)) < 1e-8
        assert np.max(np.abs(found[1] - lat)) < 1e-8


def test_points_outside_the_box_stay():
    assert [v.tolist() for v in gcj02_to_wgs84(np.array([2.35]), np.array([48.85]))] == [[2.35], [48.85]]
