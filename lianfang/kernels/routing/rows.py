"""Routes under change: rows of visits with times, loads and legs kept up to date, and where a task fits in best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.routing.compiled import bare, inlined
from lianfang.kernels.routing.problem import Ints
from lianfang.kernels.routing.tables import NONE, Narrow, Tables

NOWHERE = 2**62


class Rows(NamedTuple):
    """R rows of at most M visits, and what is kept to undo a change.

    row (R, M) visits, size (R,) how many; start, latest (R, M): earliest and latest begin of service; leg (R, M + 1)
    distance to each visit and to the end; load, before, after (R, M + 1, D) on each leg, and the most up to it and from
    it on; where, spot (N,) row and place of a visit, or NONE; cost (R,); shut (R,) rows not to be used; missed (T,)
    how often a task was left out; absent (T,) tasks left out, counts[0] of them; lanes (R,) rows in use, counts[1].
    old_*: as before the change; touched (R,), counts[2] of them; mark (R,) and gone (N,): when last, by clock[0].
    tried (V,), out (T,), key (T,): of use within one change.
    """

    row: Narrow
    size: Ints
    start: Ints
    latest: Ints
    leg: Ints
    load: Ints
    before: Ints
    after: Ints
    where: Ints
    spot: Ints
    cost: Ints
    shut: NDArray[np.uint8]
    missed: Ints
    absent: Ints
    lanes: Ints
    counts: Ints
    old_row: Narrow
    old_size: Ints
    old_cost: Ints
    old_absent: Ints
    touched: Ints
    mark: Ints
    gone: Ints
    tried: Ints
    out: Ints
    key: NDArray[np.float64]
    clock: Ints


def rows_of(t: Tables) -> Rows:
    """Empty rows, and every task left out."""
    fleet, n, tasks, loads = t.kind.size, t.mate.size, t.penalty.size, t.delivery.shape[1]
    wide = (fleet, n + 1, loads)
    return Rows(
        row=np.zeros((fleet, n), np.int32),
        size=np.zeros(fleet, np.int64),
        start=np.zeros((fleet, n), np.int64),
        latest=np.zeros((fleet, n), np.int64),
        leg=np.zeros((fleet, n + 1), np.int64),
        load=np.zeros(wide, np.int64),
        before=np.zeros(wide, np.int64),
        after=np.zeros(wide, np.int64),
        where=np.full(n, NONE, np.int64),
        spot=np.zeros(n, np.int64),
        cost=np.zeros(fleet, np.int64),
        shut=np.zeros(fleet, np.uint8),
        missed=np.zeros(tasks, np.int64),
        absent=np.arange(tasks, dtype=np.int64),
        lanes=np.zeros(fleet, np.int64),
        counts=np.array([tasks, 0, 0], np.int64),
        old_row=np.zeros((fleet, n), np.int32),
        old_size=np.zeros(fleet, np.int64),
        old_cost=np.zeros(fleet, np.int64),
        old_absent=np.zeros(tasks + 1, np.int64),
        touched=np.zeros(fleet, np.int64),
        mark=np.zeros(fleet, np.int64),
        gone=np.zeros(n, np.int64),
        tried=np.zeros(t.unit.size, np.int64),
        out=np.zeros(tasks, np.int64),
        key=np.zeros(tasks),
        clock=np.ones(1, np.int64),
    )


@inlined
def draw(chance: NDArray[np.uint64]) -> float:
    """The next number of [0, 1): xorshift on the one word of chance, which is never 0."""
    x = chance[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    chance[0] = x
    return float(x >> np.uint64(11)) / 9007199254740992.0


@inlined
def soonest(t: Tables, visit: int, arrives: int) -> int:
    """When service may begin on arriving, in whichever window is next; NOWHERE after the last."""
    for k in range(t.windows[visit]):
        if arrives <= t.closes[visit, k]:
            return int(max(arrives, t.opens[visit, k]))
    return NOWHERE


@inlined
def newest(t: Tables, visit: int, limit: int) -> int:
    """The latest begin of service not after a limit; -1 if there is none."""
    for k in range(t.windows[visit] - 1, -1, -1):
        if t.opens[visit, k] <= limit:
            return int(min(limit, t.closes[visit, k]))
    return -1


@inlined
def begin_of(t: Tables, kind: int) -> int:
    """The number of where a kind begins; its end is the next."""
    return t.mate.size + 2 * kind


@bare
def refresh(t: Tables, s: Rows, r: int) -> bool:
    """Bring times, loads, legs and cost of a row up to date; whether it keeps windows and capacity."""
    k, m = t.kind[r], s.size[r]
    begin = begin_of(t, k)
    row, leg, dist = s.row[r], s.leg[r], t.dist[t.profile[k]]
    last, length = begin, 0
    for i in range(m):
        v = row[i]
        s.where[v], s.spot[v] = r, i
        leg[i] = dist[last, v]
        length += leg[i]
        last = v
    leg[m] = dist[last, begin + 1] if m else 0
    s.cost[r] = t.unit[k] * (length + leg[m]) + t.fixed[k] if m else 0
    fits = refresh_times(t, s, r) if t.timed else True
    return refresh_loads(t, s, r) and fits


@bare
def refresh_times(t: Tables, s: Rows, r: int) -> bool:
    """Bring the earliest and latest begins of a row up to date; whether it keeps its windows."""
    k, m = t.kind[r], s.size[r]
    begin = begin_of(t, k)
    row, start, latest, dur = s.row[r], s.start[r], s.latest[r], t.dur[t.profile[k]]
    last, leaves = begin, t.begins[k]
    for i in range(m):
        v = row[i]
        now = soonest(t, v, leaves + dur[last, v])
        if now == NOWHERE:
            return False
        start[i] = now
        leaves = now + t.service[v]
        last = v
    if m and leaves + dur[last, begin + 1] > t.ends[k]:
        return False
    after, limit = begin + 1, t.ends[k]
    for i in range(m - 1, -1, -1):
        v = row[i]
        limit = newest(t, v, limit - dur[v, after] - t.service[v])
        latest[i] = limit
        after = v
    return True


@bare
def refresh_loads(t: Tables, s: Rows, r: int) -> bool:
    """Bring the loads of a row up to date; whether they keep its capacity."""
    k, m, row = t.kind[r], s.size[r], s.row[r]
    load, before, after = s.load[r], s.before[r], s.after[r]
    fits = True
    for d in range(t.capacity.shape[1]):
        now = 0
        for i in range(m):
            now += t.delivery[row[i], d]
        load[0, d] = before[0, d] = now
        for i in range(m):
            now += t.step[row[i], d]
            load[i + 1, d] = now
            before[i + 1, d] = max(now, before[i, d])
        fits = fits and before[m, d] <= t.capacity[k, d]
        most = now
        for i in range(m, -1, -1):
            most = max(most, load[i, d])
            after[i, d] = most
    return fits


@inlined
def room_for_job(t: Tables, s: Rows, r: int, k: int, c: int) -> bool:
    """Whether a job may fit anywhere in a row, by load alone."""
    for d in range(t.capacity.shape[1]):
        most, m = t.capacity[k, d], s.size[r]
        if s.load[r, 0, d] + t.delivery[c, d] > most or s.load[r, m, d] + t.pickup[c, d] > most:
            return False
    return True


@inlined
def fits_job(t: Tables, s: Rows, r: int, k: int, i: int, c: int, v: int, w: int) -> bool:
    """Whether a row keeps capacity and windows with a job between v and w, before its i-th visit."""
    for d in range(t.capacity.shape[1]):
        most = t.capacity[k, d]
        if s.before[r, i, d] + t.delivery[c, d] > most or s.after[r, i, d] + t.pickup[c, d] > most:
            return False
    if not t.timed:
        return True
    leaves = s.start[r, i - 1] + t.service[v] if i else t.begins[k]
    p = t.profile[k]
    begins = soonest(t, c, leaves + t.dur_to[p, c, v])
    until = s.latest[r, i] if i < s.size[r] else t.ends[k]
    return bool(begins + t.service[c] + t.dur[p, c, w] <= until)


@bare
def place_for_job(t: Tables, s: Rows, c: int, limit: int, chance: NDArray[np.uint64], blink: float) -> tuple:
    """(cost, row, place) of the cheapest way to put in a job, below a limit; (limit, -1, -1) if there is none."""
    best, found, place, n = limit, -1, -1, t.mate.size
    s.tried[:] = 0
    profile = 0
    to, out, last_close = t.dist_to[0, c], t.dist[0, c], t.last[c]
    for x in range(s.counts[1]):
        r = s.lanes[x]
        k, m = t.kind[r], s.size[r]
        if s.shut[r] or not t.allowed[c, k] or (m == 0 and s.tried[k]) or not room_for_job(t, s, r, k, c):
            continue
        if t.profile[k] != profile:
            profile = t.profile[k]
            to, out = t.dist_to[profile, c], t.dist[profile, c]
        extra, unit, end, v = 0, t.unit[k], n + 2 * k + 1, n + 2 * k
        if m == 0:
            s.tried[k], extra = 1, t.fixed[k]
        for i in range(m + 1):
            w = int(s.row[r, i]) if i < m else end
            cost = unit * (to[v] + out[w] - s.leg[r, i]) + extra
            if cost < best and fits_job(t, s, r, k, i, c, v, w) and (blink == 0.0 or draw(chance) >= blink):
                best, found, place = cost, r, i
            if t.timed and i < m and s.start[r, i] > last_close:
                break
            v = w
    return best, found, place


@inlined
def holds_shipment(t: Tables, s: Rows, r: int, i: int, a: int) -> bool:
    """Whether a shipment's amount fits on one leg of a row."""
    for d in range(t.capacity.shape[1]):  # noqa: SIM110 (numba)
        if s.load[r, i, d] + t.amount[a, d] > t.capacity[t.kind[r], d]:
            return False
    return True


@inlined
def drop_in_row(t: Tables, s: Rows, r: int, i: int, a: int, first: int, leaves: int, limit: int) -> tuple:
    """(cost, place) of the cheapest drop of a shipment picked up before visit i; first: what the pick costs alone."""
    k, m = t.kind[r], s.size[r]
    p, end, b = t.profile[k], begin_of(t, k) + 1, t.mate[a]
    unit, best, place, v = t.unit[k], limit, -1, a
    before = int(s.row[r, i - 1]) if i else end - 1
    for j in range(i, m + 1):
        if leaves > t.last[b] or not holds_shipment(t, s, r, j, a):
            break
        w = int(s.row[r, j]) if j < m else end
        until = s.latest[r, j] if j < m else t.ends[k]
        if j == i:
            cost = unit * (t.dist[p, before, a] + t.dist[p, a, b] + t.dist[p, b, w] - s.leg[r, i])
        else:
            cost = first + unit * (t.dist_to[p, b, v] + t.dist[p, b, w] - s.leg[r, j])
        if cost < best:
            begins = soonest(t, b, leaves + t.dur[p, v, b])
            if begins + t.service[b] + t.dur[p, b, w] <= until:
                best, place = cost, j
        if j < m:
            begins = soonest(t, w, leaves + t.dur[p, v, w])
            if begins > until:
                break
            leaves, v = begins + t.service[w], w
    return best, place


@bare
def place_for_shipment(t: Tables, s: Rows, a: int, limit: int, chance: NDArray[np.uint64], blink: float) -> tuple:
    """(cost, row, pick, drop) of the cheapest way to put in a shipment; (limit, -1, -1, -1) if there is none."""
    best, found, pick, drop, n = limit, -1, -1, -1, t.mate.size
    s.tried[:] = 0
    for x in range(s.counts[1]):
        r = s.lanes[x]
        k, m = t.kind[r], s.size[r]
        if s.shut[r] or not t.allowed[a, k] or (m == 0 and s.tried[k]):
            continue
        extra, p, v, leaves = 0, t.profile[k], n + 2 * k, t.begins[k]
        if m == 0:
            s.tried[k], extra = 1, t.fixed[k]
        for i in range(m + 1):
            w = int(s.row[r, i]) if i < m else n + 2 * k + 1
            begins = soonest(t, a, leaves + t.dur_to[p, a, v])
            if begins == NOWHERE:
                break
            until = s.latest[r, i] if i < m else NOWHERE
            if begins + t.service[a] <= until and (blink == 0.0 or draw(chance) >= blink):
                alone = t.unit[k] * (t.dist_to[p, a, v] + t.dist[p, a, w] - s.leg[r, i])
                cost, j = drop_in_row(t, s, r, i, a, alone + extra, begins + t.service[a], best - extra)
                if j >= 0:
                    best, found, pick, drop = cost + extra, r, i, j
            if i < m:
                leaves, v = s.start[r, i] + t.service[w], w
    return best, found, pick, drop


@bare
def put(t: Tables, s: Rows, r: int, task: int, pick: int, drop: int) -> None:
    """Put a task into a row: its first visit before the pick-th visit, its second, if any, before the drop-th."""
    m, mate = s.size[r], t.mate[task]
    row = s.row[r]
    if mate >= 0:
        for i in range(m, drop, -1):
            row[i] = row[i - 1]
        row[drop] = mate
        m += 1
    for i in range(m, pick, -1):
        row[i] = row[i - 1]
    row[pick] = task
    s.size[r] = m + 1
    refresh(t, s, r)
