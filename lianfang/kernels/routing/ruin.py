"""Ruin and recreate: strings of neighbouring visits are taken out and put back greedily (SISR), cooled; and a fleet
made smaller by leaving tasks of one row out and counting how often each stays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.routing.compiled import bare, compiled, inlined
from lianfang.kernels.routing.problem import Ints
from lianfang.kernels.routing.rows import (
    NOWHERE,
    Rows,
    draw,
    place_for_job,
    place_for_shipment,
    put,
    refresh,
)
from lianfang.kernels.routing.tables import NONE, Narrow, Tables

STRING, DEPTH, SPLIT = 10, 0.01, 0.5  # longest string, how soon the kept middle ends, share of split strings
BLINK = 0.01  # how often a place is overlooked
RETRIED = 12  # tasks left out that are tried again in one change
AT_ANY_COST = 0.5  # share of changes that put tasks in beyond their prize: together they may pay
SPARE = 2  # empty rows of each kind that a change may use
Chance = NDArray[np.uint64]


@inlined
def touch(s: Rows, r: int) -> None:
    """Keep a row as it is before its first change."""
    if s.mark[r] == s.clock[0]:
        return
    s.mark[r] = s.clock[0]
    s.touched[s.counts[2]] = r
    s.counts[2] += 1
    s.old_size[r], s.old_cost[r] = s.size[r], s.cost[r]
    for i in range(s.size[r]):
        s.old_row[r, i] = s.row[r, i]


@bare
def begin_change(s: Rows) -> None:
    """Forget what was kept, and keep who is left out."""
    s.clock[0] += 1
    s.counts[2] = 0
    s.old_absent[s.absent.size] = s.counts[0]
    for i in range(s.counts[0]):
        s.old_absent[i] = s.absent[i]


@bare
def undo(t: Tables, s: Rows) -> None:
    """Put everything back as it was when the change began."""
    for x in range(s.counts[2]):
        r = s.touched[x]
        s.size[r] = s.old_size[r]
        for i in range(s.size[r]):
            s.row[r, i] = s.old_row[r, i]
        refresh(t, s, r)
    s.counts[0] = s.old_absent[s.absent.size]
    for i in range(s.counts[0]):
        s.absent[i] = s.old_absent[i]
        s.where[s.absent[i]] = NONE
        if t.mate[s.absent[i]] >= 0:
            s.where[t.mate[s.absent[i]]] = NONE


@inlined
def take_out(t: Tables, s: Rows, v: int, many: int) -> int:
    """Mark a visit and its mate as gone; the task is the many-th of out. How many there are then."""
    if s.gone[v] == s.clock[0]:
        return many
    mate = t.mate[v]
    s.gone[v] = s.clock[0]
    if mate >= 0:
        s.gone[mate] = s.clock[0]
    s.out[many] = min(v, mate) if mate >= 0 else v
    return many + 1


@bare
def close_up(t: Tables, s: Rows, r: int) -> bool:
    """Leave the visits that are gone out of a row."""
    kept = 0
    for i in range(s.size[r]):
        v = s.row[r, i]
        if s.gone[v] == s.clock[0]:
            s.where[v] = NONE
        else:
            s.row[r, kept] = v
            kept += 1
    s.size[r] = kept
    return refresh(t, s, r)


@bare
def cut_string(t: Tables, s: Rows, chance: Chance, r: int, spot: int, length: int, many: int) -> int:
    """Take a string around a place out of a row, now and then with its middle kept."""
    m, middle = s.size[r], 0
    if length > 1 and length < m and draw(chance) < SPLIT:
        middle = 1
        while length + middle < m and draw(chance) > DEPTH:
            middle += 1
    whole = length + middle
    low, high = max(0, spot - whole + 1), min(spot, m - whole)
    begin = low + int(draw(chance) * (high - low + 1))
    skip = begin + 1 + int(draw(chance) * (length - 1)) if middle else m
    for i in range(begin, begin + whole):
        if i < skip or i >= skip + middle:
            many = take_out(t, s, s.row[r, i], many)
    return many


@bare
def ruin(t: Tables, s: Rows, chance: Chance, mean: float) -> int:
    """Take strings out of rows next to a visit drawn; their tasks are the first of out. -1: a row without them breaks.

    mean: how many visits to take out on average.
    """
    n = t.mate.size
    used = 0
    for x in range(s.counts[1]):
        used += s.size[s.lanes[x]] > 0
    each = (n - s.counts[0]) / max(used, 1)
    longest = min(float(STRING), max(each, 1.0))
    strings = int(1 + draw(chance) * max(4.0 * mean / (1.0 + longest) - 1.0, 1.0))
    seed = int(draw(chance) * n)
    many, cut = 0, 0
    for x in range(n):
        if cut >= strings:
            break
        v = t.near[seed, x]
        r = s.where[v]
        if r < 0 or s.shut[r] or s.mark[r] == s.clock[0] or s.gone[v] == s.clock[0]:
            continue
        touch(s, r)
        most = min(float(s.size[r]), longest)
        length = min(int(1 + draw(chance) * most), s.size[r])
        many = cut_string(t, s, chance, r, s.spot[v], length, many)
        if not close_up(t, s, r):
            return -1
        cut += 1
    return many


@bare
def put_in_order(t: Tables, s: Rows, chance: Chance, many: int) -> None:
    """Sort the first of out by an order drawn: by chance, largest, farthest, nearest; with windows also shortest, first
    or last."""
    which = draw(chance) * (17.0 if t.timed else 11.0)
    home = t.mate.size
    for x in range(many):
        c = s.out[x]
        if which < 4.0:
            key = draw(chance)
        elif which < 8.0:
            key = 0.0
            for d in range(t.delivery.shape[1]):
                key -= float(t.delivery[c, d] + t.pickup[c, d] + t.amount[c, d])
        elif which < 10.0:
            key = -float(t.dist[0, home, c])
        elif which < 11.0:
            key = float(t.dist[0, home, c])
        elif which < 13.0:
            key = float(t.last[c] - t.first[c])
        elif which < 15.0:
            key = float(t.first[c])
        else:
            key = -float(t.last[c])
        y = x
        while y > 0 and s.key[y - 1] > key:
            s.key[y], s.out[y] = s.key[y - 1], s.out[y - 1]
            y -= 1
        s.key[y], s.out[y] = key, c


@bare
def put_best(t: Tables, s: Rows, chance: Chance, c: int, limit: int, blink: float) -> bool:
    """Put a task where it costs least, if that is less than a limit."""
    if t.mate[c] >= 0:
        _, r, i, j = place_for_shipment(t, s, c, limit, chance, blink)
    else:
        _, r, i = place_for_job(t, s, c, limit, chance, blink)
        j = i
    if r < 0:
        return False
    touch(s, r)
    put(t, s, r, c, i, j)
    return True


@bare
def change(t: Tables, s: Rows, chance: Chance, mean: float, must: bool) -> bool:
    """One ruin and recreate; must: a task is left out only where nothing fits. False: undo it, a row broke."""
    begin_change(s)
    many = ruin(t, s, chance, mean)
    if many < 0:
        return False
    had = s.counts[0]
    for x in range(min(had, RETRIED)):
        y = x + int(draw(chance) * (had - x))
        s.absent[x], s.absent[y] = s.absent[y], s.absent[x]
    tried = min(had, RETRIED)
    for x in range(tried):
        s.out[many + x] = s.absent[x]
    s.counts[0] = had - tried
    for x in range(had - tried):
        s.absent[x] = s.absent[x + tried]
    many += tried
    put_in_order(t, s, chance, many)
    for x in range(many):
        c = s.out[x]
        if not put_best(t, s, chance, c, NOWHERE if must else t.penalty[c], BLINK):
            s.absent[s.counts[0]] = c
            s.counts[0] += 1
    return True


@bare
def difference(t: Tables, s: Rows) -> int:
    """What the change costs: rows and tasks left out, now less then."""
    found = 0
    for x in range(s.counts[2]):
        found += s.cost[s.touched[x]] - s.old_cost[s.touched[x]]
    for x in range(s.counts[0]):
        found += t.penalty[s.absent[x]]
    for x in range(s.old_absent[s.absent.size]):
        found -= t.penalty[s.old_absent[x]]
    return found


@bare
def keep(s: Rows, row: Narrow, size: Ints) -> None:
    """Copy the rows."""
    for r in range(size.size):
        size[r] = s.size[r]
        for i in range(size[r]):
            row[r, i] = s.row[r, i]


@bare
def open_lanes(t: Tables, s: Rows) -> None:
    """List the rows in use and a few empty ones of each kind."""
    s.tried[:] = 0
    s.counts[1] = 0
    for r in range(s.size.size):
        if s.shut[r]:
            continue
        if s.size[r] == 0:
            if s.tried[t.kind[r]] == SPARE:
                continue
            s.tried[t.kind[r]] += 1
        s.lanes[s.counts[1]] = r
        s.counts[1] += 1


@bare
def total(t: Tables, s: Rows) -> int:
    """What the rows and the tasks left out cost."""
    found = 0
    for r in range(s.cost.size):
        found += s.cost[r]
    for x in range(s.counts[0]):
        found += t.penalty[s.absent[x]]
    return found


@bare
def cool(
    t: Tables, s: Rows, chance: Chance, steps: int, heat: float, mean: float, row: Narrow, size: Ints, best: int
) -> int:
    """Changes at one heat, a worse one taken with a chance that falls with its cost; the best rows met are kept."""
    open_lanes(t, s)
    now = total(t, s)
    for _ in range(steps):
        if not change(t, s, chance, mean, s.counts[0] > 0 and draw(chance) < AT_ANY_COST):
            undo(t, s)
            continue
        more = difference(t, s)
        if more >= -heat * np.log(max(draw(chance), 1e-300)):
            undo(t, s)
            continue
        now += more
        if now < best:
            best = now
            keep(s, row, size)
    return best


@bare
def shrink(t: Tables, s: Rows, chance: Chance, steps: int, heat: float, mean: float) -> bool:
    """Changes until no task is left out: fewer sums of `missed` are taken, at the same sum as cooling does."""
    open_lanes(t, s)
    for _ in range(steps):
        if s.counts[0] == 0:
            return True
        if not change(t, s, chance, mean, True):
            undo(t, s)
            continue
        then, now, rows = 0, 0, 0
        for x in range(s.old_absent[s.absent.size]):
            then += s.missed[s.old_absent[x]]
        for x in range(s.counts[0]):
            now += s.missed[s.absent[x]]
        for x in range(s.counts[2]):
            rows += s.cost[s.touched[x]] - s.old_cost[s.touched[x]]
        for x in range(s.counts[0]):
            s.missed[s.absent[x]] += 1
        taken = now < then or (now == then and rows < -heat * np.log(max(draw(chance), 1e-300)))
        if s.counts[0] > 0 and not taken:
            undo(t, s)
    return bool(s.counts[0] == 0)


@bare
def drop_row(t: Tables, s: Rows, r: int) -> None:
    """Shut a row and leave its tasks out."""
    for i in range(s.size[r]):
        v = s.row[r, i]
        s.where[v] = NONE
        if t.mate[v] < 0 or t.mate[v] > v:
            s.absent[s.counts[0]] = v
            s.counts[0] += 1
    s.size[r] = 0
    s.shut[r] = 1
    refresh(t, s, r)


@bare
def load_rows(t: Tables, s: Rows, row: Narrow, size: Ints) -> bool:
    """Take rows as they are; whether all keep windows and capacity."""
    fits = True
    s.where[:] = NONE
    for r in range(size.size):
        s.size[r] = size[r]
        for i in range(size[r]):
            s.row[r, i] = row[r, i]
        fits = refresh(t, s, r) and fits
    s.counts[0] = 0
    for c in range(t.penalty.size):
        if s.where[c] == NONE:
            s.absent[s.counts[0]] = c
            s.counts[0] += 1
    return fits


@compiled
def fill(t: Tables, s: Rows, chance: Chance) -> None:
    """Put every task left out where it costs least, as cheap as its penalty at most, hardest windows first."""
    key = np.empty(s.counts[0])
    begin_change(s)
    for x in range(s.counts[0]):
        c = s.absent[x]
        key[x] = float(t.first[c]) - 0.5 * float(t.dist[0, t.mate.size, c])
    order = np.argsort(key)
    tasks, left = s.absent[: s.counts[0]].copy(), 0
    for x in range(tasks.size):
        open_lanes(t, s)
        c = tasks[order[x]]
        if not put_best(t, s, chance, c, t.penalty[c], 0.0):
            s.absent[left] = c
            left += 1
    s.counts[0] = left


@bare
def weigh(t: Tables, row: Narrow, size: Ints) -> tuple:
    """(cost of the rows, penalty of the tasks that are in none)."""
    cost = 0
    left = 0
    for c in range(t.penalty.size):
        left += t.penalty[c]
    for r in range(size.size):
        k = t.kind[r]
        last, p = t.mate.size + 2 * k, t.profile[k]
        for i in range(size[r]):
            v = row[r, i]
            cost += t.unit[k] * t.dist[p, last, v]
            last = v
            if v < t.penalty.size:
                left -= t.penalty[v]
        if size[r]:
            cost += t.unit[k] * t.dist[p, last, t.mate.size + 2 * k + 1] + t.fixed[k]
    return cost, left
