"""The programme of mixed lines solved from inside by a method of our own, made for its shape.

Every column belongs to one person and each needed cell has slacks both ways. So a mix and prices that are feasible are
at hand at once, people are eliminated before anything is factorised, and what was found before the last lines came is
a place to begin. A general solver, which knows none of that, takes four to six times as long.
Source: docs/sources.md#rostering (primal-dual interior point, predictor and corrector)

Compiled functions that call each other stand in one file, see `lines`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.compiled import compiled

Floats = NDArray[np.float64]
MOST_STEPS = 60
CLOSE = 1e-6  # the gap at the end, as a part of the value
BOUNDARY = 0.995  # of the way to the wall that a step goes
FIRM = 1e-11  # what the diagonal gains, as a part of itself: differences of large sums must not make it negative
EVEN, CENTRAL = 0.3, 0.2  # before a warm start: of shares what is dealt out evenly, of prices what goes to the middle
BLOCK = 32  # columns factorised together, a multiple of 8
LOOSE, BELOW = 0.05, 1.0  # at the beginning: heads of slack, and how far people's duals are below what is allowed


class Programme(NamedTuple):
    """N columns of P people over C cells; after the columns come C slacks for heads short and C for heads over.

    owner (N,), every person owns one at least; cells (N, T): the cells a column covers, ascending, -1 for none.
    """

    owner: NDArray[np.int64]
    cells: NDArray[np.int32]
    costs: Floats  # (N + 2 C,)
    heads: Floats  # (C,)
    people: int


class Point(NamedTuple):
    """Shares of columns and slacks (N + 2 C,), duals of people (P,) and of cells (C,)."""

    shares: Floats
    persons: Floats
    prices: Floats


@compiled
def sums(programme: Programme, weights: Any) -> Any:
    """What weighted columns and slacks add up to: people (P,), cells (C,)."""
    columns, rows = programme.owner.shape[0], programme.heads.shape[0]
    persons, covered = np.zeros(programme.people), np.zeros(rows)
    for j in range(columns):
        persons[programme.owner[j]] += weights[j]
        for cell in programme.cells[j]:
            if cell >= 0:
                covered[cell] += weights[j]
    for cell in range(rows):
        covered[cell] += weights[columns + cell] - weights[columns + rows + cell]
    return persons, covered


@compiled
def worth(programme: Programme, persons: Any, prices: Any) -> Any:
    """What the rows of each column and slack are worth together (N + 2 C,)."""
    columns, rows = programme.owner.shape[0], programme.heads.shape[0]
    total = np.empty(columns + 2 * rows)
    for j in range(columns):
        total[j] = persons[programme.owner[j]]
        for cell in programme.cells[j]:
            if cell >= 0:
                total[j] += prices[cell]
    for cell in range(rows):
        total[columns + cell] = prices[cell]
        total[columns + rows + cell] = -prices[cell]
    return total


@compiled
def product(one: Any, other: Any) -> float:
    """The sum of products."""
    total = 0.0
    for i in range(one.shape[0]):
        total += one[i] * other[i]
    return total


@compiled
def normal(programme: Programme, weights: Any) -> Any:
    """The normal equations without people: cells by cells (lower half), people by cells, people."""
    columns, rows, people = programme.owner.shape[0], programme.heads.shape[0], programme.people
    square, sides, totals = np.zeros((rows, rows)), np.zeros((people, rows)), np.zeros(people)
    own = np.empty(max(rows, programme.cells.shape[1]), np.int64)
    for j in range(columns):
        person, many = programme.owner[j], 0
        totals[person] += weights[j]
        for cell in programme.cells[j]:
            if cell >= 0:
                own[many] = cell
                many += 1
        for a in range(many):
            sides[person, own[a]] += weights[j]
            for b in range(a + 1):
                square[own[a], own[b]] += weights[j]
    for a in range(rows):
        square[a, a] = (square[a, a] + weights[columns + a] + weights[columns + rows + a]) * (1 + FIRM)
    for person in range(people):
        many = 0
        for cell in range(rows):
            if sides[person, cell] > 0:
                own[many] = cell
                many += 1
        for a in range(many):
            part = sides[person, own[a]] / totals[person]
            for b in range(a + 1):
                square[own[a], own[b]] -= part * sides[person, own[b]]
    return square, sides, totals


@compiled
def panel(turned: Any, first: int, many: int) -> bool:
    """Many columns of a factor from the first, turned to rows (many, n), in place; False where a number fails."""
    for k in range(many):
        for m in range(k):
            part = turned[m, first + k]
            for i in range(first + k, turned.shape[1]):
                turned[k, i] -= part * turned[m, i]
        if not turned[k, first + k] > 0:
            return False
        root = np.sqrt(turned[k, first + k])
        for i in range(first + k, turned.shape[1]):
            turned[k, i] /= root
    return True


@compiled
def lessened(row: Any, turned: Any, at: int, first: int) -> None:
    """A row of what is left of a square, less its products with the panel; eight at once, for memory is slow."""
    for k in range(0, turned.shape[0], 8):
        a, b, c, d = turned[k, at], turned[k + 1, at], turned[k + 2, at], turned[k + 3, at]
        e, f, g, h = turned[k + 4, at], turned[k + 5, at], turned[k + 6, at], turned[k + 7, at]
        p, q, r, s = turned[k], turned[k + 1], turned[k + 2], turned[k + 3]
        t, u, v, w = turned[k + 4], turned[k + 5], turned[k + 6], turned[k + 7]
        for j in range(first, at + 1):
            half = (a * p[j] + b * q[j]) + (c * r[j] + d * s[j])
            row[j] -= half + ((e * t[j] + f * u[j]) + (g * v[j] + h * w[j]))


@compiled
def factored(lower: Any) -> bool:
    """Cholesky's factor in place of a lower half; False where a number fails.

    NumPy's is the faster one on an idle machine; but its threads wait for one another, and beside other work on the
    same processors it took ten times as long.
    """
    n = lower.shape[0]
    turned = np.empty((BLOCK, n))
    for first in range(0, n, BLOCK):
        many = min(BLOCK, n - first)
        for k in range(many):
            for i in range(first + k, n):
                turned[k, i] = lower[i, first + k]
        if not panel(turned, first, many):
            return False
        for k in range(many):
            for i in range(first + k, n):
                lower[i, first + k] = turned[k, i]
        for i in range(first + many, n):
            lessened(lower[i], turned, i, first + many)
    return True


@compiled
def backed(lower: Any, right: Any) -> Any:
    """The solution for a factor times its transpose."""
    x = right.copy()
    for i in range(x.shape[0]):
        four = i - i % 4
        a, b, c, d = x[i], 0.0, 0.0, 0.0  # four sums: the processor need not wait for one
        for k in range(0, four, 4):
            a -= lower[i, k] * x[k]
            b -= lower[i, k + 1] * x[k + 1]
            c -= lower[i, k + 2] * x[k + 2]
            d -= lower[i, k + 3] * x[k + 3]
        for k in range(four, i):
            a -= lower[i, k] * x[k]
        x[i] = (a + b + c + d) / lower[i, i]
    for back in range(x.shape[0]):
        i = x.shape[0] - 1 - back
        x[i] /= lower[i, i]
        for k in range(i):
            x[k] -= lower[i, k] * x[i]
    return x


@compiled
def direction(programme: Programme, shares: Any, spare: Any, wanted: Any, factor: Any, sides: Any, totals: Any) -> Any:
    """The way to a point where rows hold, and shares times spare costs change by what is wanted; its worth too."""
    persons, cells = sums(programme, shares + wanted / spare)
    cells = programme.heads - cells
    for person in range(programme.people):
        persons[person] = (1 - persons[person]) / totals[person]
        for cell in range(cells.shape[0]):
            cells[cell] -= sides[person, cell] * persons[person]
    prices = backed(factor, cells)
    for person in range(programme.people):
        persons[person] -= product(sides[person], prices) / totals[person]
    gain = worth(programme, persons, prices)
    return Point((wanted + shares * gain) / spare, persons, prices), gain


@compiled
def room(values: Any, moves: Any) -> float:
    """How far along a way values stay above 0, at most the whole."""
    most = 1.0
    for i in range(values.shape[0]):
        if values[i] + most * moves[i] < 0:
            most = -values[i] / moves[i]
    return most


@compiled
def approach(programme: Programme, point: Point) -> Point:
    """Steps until the mix is as good as proven best, or numbers allow no further one.

    A step goes straight to the end first, to learn how far the middle must be sought and how the way bends, then anew.
    """
    for _ in range(MOST_STEPS):
        shares = point.shares
        spare = programme.costs - worth(programme, point.persons, point.prices)
        gap = product(shares, spare)
        if gap <= CLOSE * max(1.0, abs(product(programme.costs, shares))):
            break
        square, sides, totals = normal(programme, shares / spare)
        if not factored(square):
            break
        wanted = -shares * spare
        way, gain = direction(programme, shares, spare, wanted, square, sides, totals)
        own, dual = room(shares, way.shares), room(spare, -gain)
        then = product(shares + own * way.shares, spare - dual * gain)
        wanted += gap / shares.shape[0] * (then / gap) ** 3 + way.shares * gain
        way, gain = direction(programme, shares, spare, wanted, square, sides, totals)
        own, dual = min(1.0, BOUNDARY * room(shares, way.shares)), min(1.0, BOUNDARY * room(spare, -gain))
        point = Point(shares + own * way.shares, point.persons + dual * way.persons, point.prices + dual * way.prices)
    return point


def begin(programme: Programme, shares: Floats | None = None, prices: Floats | None = None) -> Point:
    """A point inside: from old shares of columns (N,) and prices, or from even shares and prices in their middle."""
    columns, rows = len(programme.owner), len(programme.heads)
    under, over = programme.costs[columns : columns + rows], programme.costs[columns + rows :]
    own = even = 1 / np.bincount(programme.owner, minlength=programme.people)[programme.owner]
    rates = middle = (under - over) / 2
    if shares is not None and prices is not None:
        total = np.bincount(programme.owner, weights=shares, minlength=programme.people)[programme.owner]
        own = np.where(total > LOOSE, (1 - EVEN) * shares / np.maximum(total, LOOSE) + EVEN * even, even)
        edge = 1e-3 * (under + over)
        rates = np.clip((1 - CENTRAL) * prices + CENTRAL * middle, edge - over, under - edge)
    missing = programme.heads - sums(programme, np.concatenate([own, np.zeros(2 * rows)]))[1]
    slacks = np.maximum(missing, 0) + LOOSE, np.maximum(-missing, 0) + LOOSE
    return Point(np.concatenate([own, *slacks]), least(programme, rates) - BELOW, rates)


def least(programme: Programme, prices: Floats) -> Floats:
    """Of each person the least a column costs at these prices: the best duals of people (P,)."""
    found, columns = np.full(programme.people, np.inf), len(programme.owner)
    spare = programme.costs - worth(programme, np.zeros(programme.people), prices)
    np.minimum.at(found, programme.owner, spare[:columns])
    return found


def inside(programme: Programme, begun: Point) -> tuple[Point, float]:
    """The middle of the best mixes, and a value that no mix is below; the mix costs a little more, by CLOSE at most.

    Takes:  columns for every person; a point whose shares, slacks and spare costs are above 0.
    Edge:   where numbers allow no further step the last point stands; its value holds for any prices.
    Source: docs/sources.md#rostering
    """
    point = approach(programme, begun)
    persons = least(programme, point.prices)
    return point._replace(persons=persons), float(persons.sum() + (programme.heads * point.prices).sum())
