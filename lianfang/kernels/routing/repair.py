"""Rows that are on their way: what is driven stays, the rest is judged by driving it through in thought."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.routing.compiled import bare
from lianfang.kernels.routing.problem import Ints
from lianfang.kernels.routing.rows import NOWHERE, draw, soonest
from lianfang.kernels.routing.tables import NONE, Narrow, Tables

TAKEN = 6  # tasks taken out at once, at most
Chance = NDArray[np.uint64]


class Live(NamedTuple):
    """The open part of R rows. row (R, M), size (R,): visits still to come; at (R,): where it starts from, a visit or
    an end of its kind, leaving at `leaves` (R,), with aboard (R, D); away (R,) has left its depot; shut (R,) drives no
    more.

    promised (N,): begin told before, or NONE; home (T,) the row told before; held (T,) the row that alone may serve
    it, or NONE; fixed (T,) not to be moved at all; ready (N,). where (T,) the row now, or NONE. weights: cost of one
    unit of time a promise moves, time that counts as none, cost of another vehicle. near_change (F,) tasks around it.
    """

    row: Narrow
    size: Ints
    at: Ints
    leaves: Ints
    aboard: Ints
    away: NDArray[np.uint8]
    shut: NDArray[np.uint8]
    promised: Ints
    home: Ints
    held: Ints
    fixed: NDArray[np.uint8]
    ready: Ints
    where: Ints
    weights: Ints
    near_change: Ints
    cost: Ints
    way: Ints
    kept_row: Narrow
    kept_size: Ints
    kept_cost: Ints
    kept_where: Ints
    out: Ints


@bare
def way_cost(t: Tables, v: Live, r: int, m: int) -> int:
    """What driving the first m visits of `way` costs row r, with promises moved; -1 if it breaks a rule."""
    k = t.kind[r]
    p, end = t.profile[k], t.mate.size + 2 * k + 1
    if m == 0 and v.away[r] == 0:
        return 0
    for d in range(t.capacity.shape[1]):
        load = v.aboard[r, d]
        if v.away[r] == 0:
            for i in range(m):
                load += t.delivery[v.way[i], d]
        if load > t.capacity[k, d]:
            return -1
        for i in range(m):
            load += t.step[v.way[i], d]
            if load > t.capacity[k, d]:
                return -1
    now, last, far, told = v.leaves[r], v.at[r], 0, 0
    if v.away[r] == 0:
        for i in range(m):
            now = max(now, v.ready[v.way[i]])
    for i in range(m):
        c = v.way[i]
        far += t.dist[p, last, c]
        now = soonest(t, c, now + t.dur[p, last, c])
        if now == NOWHERE:
            return -1
        if v.promised[c] != NONE:
            told += v.weights[0] * max(abs(now - v.promised[c]) - v.weights[1], 0)
        now += t.service[c]
        last = c
        task = c if c < t.penalty.size else t.mate[c]
        if v.home[task] != NONE and v.home[task] != r and c == task:
            told += v.weights[2]
    if now + t.dur[p, last, end] > t.ends[k]:
        return -1
    return int(t.unit[k] * (far + t.dist[p, last, end]) + told + (t.fixed[k] if v.away[r] == 0 else 0))


@bare
def may_take(t: Tables, v: Live, r: int, c: int) -> bool:
    """Whether a row may take a task at all: goods from the depot only while it is there."""
    if v.shut[r] or not t.allowed[c, t.kind[r]] or (v.held[c] != NONE and v.held[c] != r):
        return False
    if v.away[r] and v.held[c] != r:
        for d in range(t.delivery.shape[1]):
            if t.delivery[c, d] > 0:
                return False
    return True


@bare
def lay(t: Tables, v: Live, r: int, c: int, i: int, j: int) -> int:
    """Write the way of a row with a task before its i-th visit (its drop before the j-th); how long it is."""
    m = 0
    for x in range(v.size[r] + 1):
        if x == i:
            v.way[m] = c
            m += 1
        if x == j and t.mate[c] >= 0:
            v.way[m] = t.mate[c]
            m += 1
        if x < v.size[r]:
            v.way[m] = v.row[r, x]
            m += 1
    return m


@bare
def put_live(t: Tables, v: Live, c: int) -> bool:
    """Put a task where it costs least, promises counted; whether there was a place."""
    best, row, pick, drop = t.penalty[c], -1, -1, -1
    empty = -1
    for r in range(v.size.size):
        if not may_take(t, v, r, c):
            continue
        if v.size[r] == 0 and v.away[r] == 0:
            if empty == t.kind[r]:
                continue
            empty = t.kind[r]
        for i in range(v.size[r] + 1):
            for j in range(i, (v.size[r] if t.mate[c] >= 0 else i) + 1):
                cost = way_cost(t, v, r, lay(t, v, r, c, i, j))
                if cost >= 0 and cost - v.cost[r] < best:
                    best, row, pick, drop = cost - v.cost[r], r, i, j
    if row < 0:
        return False
    m = lay(t, v, row, c, pick, drop)
    for x in range(m):
        v.row[row, x] = v.way[x]
    v.size[row] = m
    v.cost[row] += best
    v.where[c] = row
    return True


@bare
def pull(t: Tables, v: Live, c: int) -> bool:
    """Take a task out of its row; False if what stays breaks a rule."""
    r, m = v.where[c], 0
    for x in range(v.size[r]):
        if v.row[r, x] != c and v.row[r, x] != t.mate[c]:
            v.way[m] = v.row[r, x]
            m += 1
    cost = way_cost(t, v, r, m)
    if cost < 0:
        return False
    for x in range(m):
        v.row[r, x] = v.way[x]
    v.size[r] = m
    v.cost[r] = cost
    v.where[c] = NONE
    return True


@bare
def worth(t: Tables, v: Live) -> int:
    """What everything costs: ways, promises moved and tasks left out."""
    found = 0
    for r in range(v.cost.size):
        found += v.cost[r]
    for c in range(t.penalty.size):
        if v.where[c] == NONE and v.fixed[c] == 0:
            found += t.penalty[c]
    return found


@bare
def copy_live(row: Narrow, size: Ints, cost: Ints, where: Ints, to: tuple) -> None:
    """Copy rows, sizes, costs and where tasks are."""
    for r in range(size.size):
        to[1][r], to[2][r] = size[r], cost[r]
        for i in range(size[r]):
            to[0][r, i] = row[r, i]
    for c in range(where.size):
        to[3][c] = where[c]


@bare
def repair(t: Tables, v: Live, chance: Chance, steps: int) -> int:
    """Take a few tasks around the change out and put them back, the last left out first; keep what costs less."""
    best = worth(t, v)
    now, kept = (v.row, v.size, v.cost, v.where), (v.kept_row, v.kept_size, v.kept_cost, v.kept_where)
    copy_live(*now, kept)
    for _ in range(steps):
        seed = v.near_change[int(draw(chance) * v.near_change.size)]
        many, wanted, fits = 0, 1 + int(draw(chance) * TAKEN), True
        for c in range(t.penalty.size):
            if v.where[c] == NONE and v.fixed[c] == 0 and many < TAKEN:
                v.out[many] = c
                many += 1
        for x in range(t.near.shape[1]):
            if wanted == 0 or not fits:
                break
            c = t.near[seed, x]
            c = c if c < t.penalty.size else t.mate[c]
            if v.where[c] != NONE and v.fixed[c] == 0 and draw(chance) < 0.5:
                fits = pull(t, v, c)
                v.out[many] = c
                many, wanted = many + 1, wanted - 1
        for x in range(many if fits else 0):
            y = x + int(draw(chance) * (many - x))
            v.out[x], v.out[y] = v.out[y], v.out[x]
            put_live(t, v, v.out[x])
        after = worth(t, v) if fits else NOWHERE
        if after < best:
            best = after
            copy_live(*now, kept)
        else:
            copy_live(*kept, now)
    return best
