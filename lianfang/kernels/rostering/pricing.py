"""Column generation: lines priced in until the mix of lines is the best there is, and the bound that this gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.lines import Prices
from lianfang.kernels.rostering.master import Master, Solution
from lianfang.kernels.rostering.search import Search
from lianfang.kernels.rostering.tables import legal_line

SMOOTH = 0.7  # weight of the best duals so far; without it the duals swing for many rounds
EACH = 20  # columns of a person that stay when there are twice as many
ROOT_SHARE = 0.6  # of the time that is left, at most, for the bound
EPSILON = 1e-4  # what a programme solved from inside may be off; costs are whole
Priced = tuple[int, float, float, NDArray[np.int16]]


def price(search: Search, master: Master, solution: Solution, cells: Prices) -> tuple[float, Prices, int]:
    """The best line of every free person at some duals: the bound they give, least values (P,), how many new columns.

    The bound holds for any duals between -over and under: what the needs pay, and for each person the least that a line
    can cost at these prices (a fixed person: his line). A line is new if its reduced cost in `solution` is below 0.
    """
    tables = search.tables
    wide = np.concatenate([cells, np.zeros((len(cells), 1))], axis=1)
    true = np.concatenate([solution.cells, np.zeros((len(cells), 1))], axis=1)
    days = np.arange(len(cells))
    values = np.zeros(len(tables.members))
    for person, column in master.fixed.items():
        c = master.columns[column]
        values[person] = c.cost - wide[days, c.line].sum()
    fresh = []
    for i, value, cost, line in _priced(search, [p for p in master.people if p not in master.fixed], wide):
        values[i] = value
        own = tables.wishes[i][days, line].sum() - true[days, line].sum() - solution.persons[i]
        if cost < np.inf and own < -EPSILON:
            fresh.append((i, line))
    bound = master.constant + float((cells * master.heads).sum()) + float(values.sum())
    return bound, values, master.add(fresh)


def _priced(search: Search, people: list[int], wide: Prices) -> list[Priced]:
    """Each person's best line; several at once if there are workers, for each has tables of his own.

    Out of time there is no line and no bound: on large problems a single round takes seconds.
    """
    tables = search.tables

    def one(i: int) -> Priced:
        if search.left() <= 0:
            return i, -np.inf, np.inf, tables.kept[i]
        return (i, *legal_line(tables, i, tables.wishes[i] - wide))

    if search.workers < 2:
        return [one(i) for i in people]
    with ThreadPoolExecutor(search.workers) as pool:
        return list(pool.map(one, people))


def clipped(search: Search, cells: Prices) -> Prices:
    """Duals that the slacks allow."""
    return np.clip(cells, -search.tables.over, search.tables.under)


def generate(search: Search, master: Master, *, gap: float = 0.5) -> Solution:
    """Column generation over all persons until the programme is within `gap` of the bound, or its time is over."""
    solution, weight = master.solve(), SMOOTH
    last = search.left() * (1 - ROOT_SHARE)
    while not search.over() and search.left() > last:
        first = search.bound == -np.inf
        mix = 0.0 if first else weight
        cells = (0.0 if first else mix * search.cells) + (1 - mix) * clipped(search, solution.cells)
        bound, values, added = price(search, master, solution, cells)
        search.raise_bound(bound, cells, values)
        if added == 0:
            if mix == 0.0:
                break
            weight = weight / 2 if weight > 0.05 else 0.0
            continue
        weight = SMOOTH
        if len(master.columns) > 2 * EACH * len(master.people):
            master.trim(solution.cells, EACH)
        solution = master.solve()
        if solution.value - search.bound < gap:
            break
    return solution


def settle(
    search: Search, master: Master, solution: Solution, *, least: int, most: int, enough: float, target: float
) -> tuple[Solution, float]:
    """Some rounds of pricing with lines fixed: at least, then until the programme is low enough, at most.

    Gives: the solution, and a bound on every roster with these lines fixed. Ends where the bound is above the target.
    """
    bound, done = -np.inf, 0
    while done < (least if solution.value <= enough else most) and not search.over():
        done += 1
        now, _, added = price(search, master, solution, clipped(search, solution.cells))
        bound = max(bound, now)
        if bound > target + EPSILON or added == 0:
            break
        solution = master.solve()
    return solution, bound
