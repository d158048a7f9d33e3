"""Mixed lines solved from inside against a general solver's simplex method on the programme written out."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernels.rostering.interior import Programme, begin, factored, inside, sums

SOME = settings(max_examples=40, deadline=None, derandomize=True, database=None)


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Up to five people with up to six columns each over up to eight cells, on up to three days."""
    people, rows, days = draw(st.integers(0, 5)), draw(st.integers(0, 8)), draw(st.integers(1, 3))
    owner = [p for p in range(people) for _ in range(draw(st.integers(1, 6)))]
    lines = [sorted(draw(st.sets(st.integers(0, rows - 1), max_size=days))) if rows else [] for _ in owner]
    cells = np.array([line + [-1] * (days - len(line)) for line in lines], np.int32).reshape(len(owner), days)
    weights = [draw(st.sampled_from([(100, 1), (20, 0), (0, 5), (10**6, 3)])) for _ in range(rows)]
    costs = [*(draw(st.integers(-9, 9)) for _ in owner), *(w[0] for w in weights), *(w[1] for w in weights)]
    heads = np.array([draw(st.integers(-1, 3)) for _ in range(rows)], np.float64)
    return Programme(np.array(owner, np.int64), cells, np.array(costs, np.float64), heads, people)


def by_simplex(p: Programme) -> float:
    """The same programme written out row by row for a general solver: the oracle."""
    columns, rows = len(p.owner), len(p.heads)
    matrix = np.zeros((p.people + rows, columns + 2 * rows))
    matrix[p.owner, np.arange(columns)] = 1
    for j, line in enumerate(p.cells):
        matrix[p.people + line[line >= 0], j] = 1
    matrix[p.people + np.arange(rows), columns + np.arange(rows)] = 1
    matrix[p.people + np.arange(rows), columns + rows + np.arange(rows)] = -1
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    for cost in p.costs:
        solver.addCol(float(cost), 0.0, highspy.kHighsInf, 0, np.zeros(0, np.int32), np.zeros(0))
    for row, right in zip(matrix, [1.0] * p.people + list(p.heads)):
        on = np.flatnonzero(row).astype(np.int32)
        solver.addRow(right, right, len(on), on, row[on])
    solver.run()
    return float(solver.getObjectiveValue())


@SOME
@given(programmes(), st.randoms(use_true_random=False))
def test_from_inside_the_value_is_the_one_of_the_simplex_also_from_an_old_mix(p: Programme, chance: Any) -> None:
    best = by_simplex(p)
    shares = np.array([chance.random() for _ in p.owner])
    prices = np.array([chance.uniform(-9, 9) for _ in p.heads])
    for begun in (begin(p), begin(p, shares, prices)):
        point, value = inside(p, begun)
        near = 1e-4 * max(1.0, abs(best))
        assert best - near <= value <= best + 1e-6 * max(1.0, abs(best))
        assert abs(float(p.costs @ point.shares) - best) <= near
        persons, covered = sums(p, point.shares)
        assert np.allclose(persons, 1, atol=1e-6) and np.allclose(covered, p.heads, atol=1e-6)
        assert (point.shares >= 0).all()


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 70])
def test_a_square_is_factorised_in_place_and_one_that_has_no_factor_is_told(n: int) -> None:
    half = np.random.default_rng(n).normal(size=(n, n))
    square = half @ half.T + np.eye(n)
    lower = square.copy()
    assert factored(lower)
    assert np.allclose(np.tril(lower) @ np.tril(lower).T, square)
    if n:
        assert not factored(square - 2 * np.trace(square) * np.eye(n))
