"""What a step of the search takes out of a plan and how it puts it back."""

from __future__ import annotations

import numpy as np

from lianfang.kernels.rides.insertion import NONE, best_place, legs
from lianfang.kernels.rides.problem import Ints
from lianfang.kernels.rides.state import State, below, draw, put_in, refresh, take_out
from lianfang.kernels.rides.tables import Tables
from lianfang.kernels.rostering.compiled import compiled

BLINK = 0.02  # chance that a place is overlooked
MOST_WAITING = 40  # of those not carried, how many are tried in a step
UNKNOWN = 2**40  # regret where there is no other vehicle


@compiled
def pull(t: Tables, s: State, r: int, waiting: Ints, count: int) -> int:
    """Take out a request and the one linked to it; gives how many wait."""
    if s.by[r] < 0 or t.person[r].locked:
        return count
    take_out(t, s, r)
    waiting[count] = r
    count += 1
    mate = t.person[r].mate
    if mate >= 0 and s.by[mate] >= 0 and not t.person[mate].locked:
        take_out(t, s, mate)
        waiting[count] = mate
        count += 1
    return count


@compiled
def pull_near(t: Tables, s: State, seed: int, size: int, waiting: Ints) -> int:
    """Requests like one request, the nearest rather than others."""
    n, count = t.person.size, pull(t, s, seed, waiting, 0)
    for _ in range(4 * size):
        if count >= size:
            break
        count = pull(t, s, t.near[seed, int(draw(s) ** 4 * n)], waiting, count)
    return count


@compiled
def pull_any(t: Tables, s: State, size: int, waiting: Ints) -> int:
    """Requests by chance."""
    count = 0
    for _ in range(2 * size):
        if count < size:
            count = pull(t, s, below(s, t.person.size), waiting, count)
    return count


@compiled
def pull_strings(t: Tables, s: State, seed: int, size: int, waiting: Ints) -> int:
    """Stretches of several orders about one place (slack induction by removal of strings)."""
    n, count = t.person.size, 0
    hit = np.zeros(t.vehicle.size, np.int64)
    length = 2 + below(s, 2 * max(2, size // 2))
    for k in range(n):
        r = t.near[seed, k]
        v = s.by[r]
        if count >= size:
            break
        if v < 0 or hit[v] > 0 or t.person[r].locked:
            continue
        hit[v] = 1
        stretch = min(length, s.car[v].count)
        first = max(0, min(s.place[r] - 1 - below(s, stretch), s.car[v].count - stretch))
        inside = s.stops[v, first : first + stretch].copy()
        for stop in inside:
            if count < size or stop == r:
                count = pull(t, s, stop if stop < n else stop - n, waiting, count)
    return count


@compiled
def saving(t: Tables, s: State, r: int) -> int:
    """What legs cost less without a request."""
    n, v = t.person.size, s.by[r]
    i, j, stops = s.place[r], s.place[r + n], s.stops[v]
    before = stops[i - 2] if i > 1 else -1
    after = stops[j] if j < s.car[v].count else -1
    if j == i + 1:
        gone = legs(t, v, before, r)[1] + t.leg_cost[r, r + n] + legs(t, v, r + n, after)[1]
        return int(gone if before < 0 and after < 0 else gone - legs(t, v, before, after)[1])
    mid, end = stops[i], stops[j - 2]
    gain = legs(t, v, before, r)[1] + t.leg_cost[r, mid] - legs(t, v, before, mid)[1]
    return int(gain + t.leg_cost[end, r + n] + legs(t, v, r + n, after)[1] - legs(t, v, end, after)[1])


@compiled
def pull_dear(t: Tables, s: State, size: int, waiting: Ints) -> int:
    """Requests whose absence saves most, with noise."""
    n, count = t.person.size, 0
    gain = np.zeros(n)
    for r in range(n):
        if s.by[r] >= 0:
            gain[r] = -saving(t, s, r) * draw(s)
    order = np.argsort(gain)
    for k in range(min(n, size)):
        count = pull(t, s, order[k], waiting, count)
    return count


@compiled
def pull_vehicle(t: Tables, s: State, r: int, size: int, waiting: Ints) -> int:
    """All a vehicle carries, up to some size."""
    n, v, count = t.person.size, s.by[r], 0
    if v < 0:
        return 0
    for stop in s.stops[v, : s.car[v].count].copy():
        if stop < n and count < size:
            count = pull(t, s, stop, waiting, count)
    return count


@compiled
def pull_some(t: Tables, s: State, size: int, waiting: Ints) -> int:
    """One of the ways to take out about so many requests, and the orders made whole."""
    way, seed = below(s, 11), below(s, t.person.size)
    if way < 4:
        count = pull_strings(t, s, seed, size, waiting)
    elif way < 7:
        count = pull_near(t, s, seed, size, waiting)
    elif way < 8:
        count = pull_any(t, s, size, waiting)
    elif way < 10:
        count = pull_dear(t, s, size, waiting)
    else:
        count = pull_vehicle(t, s, seed, max(size, 12), waiting)
    for v in range(t.vehicle.size):
        if s.car[v].touched == 2:
            refresh(t, s, v)
    taken = count
    absent = 0
    for r in range(t.person.size):
        absent += s.by[r] < 0
    chance = MOST_WAITING / max(1, absent - taken)
    for r in range(t.person.size):
        if s.by[r] < 0 and count < waiting.size and draw(s) < chance and not among(waiting, taken, r):
            waiting[count] = r
            count += 1
    return count


@compiled
def among(waiting: Ints, count: int, r: int) -> bool:
    """Whether r is one of the first."""
    times = 0
    for k in range(count):
        times += waiting[k] == r
    return times > 0


@compiled
def may_carry(t: Tables, s: State, r: int, v: int, seen: Ints) -> bool:
    """Whether a vehicle is to be tried: allowed, by its linked request's if so asked, the first idle of its kind."""
    kind, mate = t.vehicle[v].kind, t.person[r].mate
    if not t.may[kind, r]:
        return False
    if mate >= 0 and t.person[r].together and s.by[mate] >= 0:
        return bool(s.by[mate] == v)
    if s.car[v].count == 0 and t.vehicle[v].ready == 0:
        if seen[kind] == r + 1:
            return False
        seen[kind] = r + 1
    return True


@compiled
def place_each(t: Tables, s: State, waiting: Ints, count: int, blink: float) -> None:
    """One after the other to its cheapest place."""
    seen = np.zeros(t.vehicle.size, np.int64)
    for r in waiting[:count]:
        best, to, i, j = t.person[r].drop_cost, -1, 0, 0
        for v in range(t.vehicle.size):
            if may_carry(t, s, r, v, seen):
                cost, a, b = best_place(t, s, r, v, best, blink)
                if cost < best:
                    best, to, i, j = cost, v, a, b
        seen[:] = 0
        if to >= 0:
            put_in(t, s, r, to, i, j)


@compiled
def place_by_regret(t: Tables, s: State, waiting: Ints, count: int, depth: int, blink: float) -> None:
    """Always the one first who loses most if its best vehicles go to others (depth of them; 1: the cheapest first)."""
    vehicles = t.vehicle.size
    cost = np.full((count, vehicles), NONE)
    at, to = np.zeros(cost.shape, np.int64), np.zeros(cost.shape, np.int64)
    left, seen = waiting[:count].copy(), np.zeros(vehicles, np.int64)
    for k in range(count):
        for v in range(vehicles):
            if may_carry(t, s, left[k], v, seen):
                cost[k, v], at[k, v], to[k, v] = best_place(t, s, left[k], v, t.person[left[k]].drop_cost, blink)
    while True:
        k, v = most_urgent(left, cost, depth)
        if k < 0:
            return
        r, was_idle = left[k], s.car[v].count == 0
        put_in(t, s, r, v, at[k, v], to[k, v])
        left[k] = -1
        for m in range(count):
            if left[m] < 0:
                continue
            seen[:] = 0
            for w in range(vehicles):
                again = (
                    w == v
                    or left[m] == t.person[r].mate
                    or (was_idle and t.vehicle[w].kind == t.vehicle[v].kind and s.car[w].count == 0)
                )
                tried = may_carry(t, s, left[m], w, seen)
                if again:
                    cost[m, w] = NONE
                if again and tried:
                    cost[m, w], at[m, w], to[m, w] = best_place(t, s, left[m], w, t.person[left[m]].drop_cost, blink)


@compiled
def most_urgent(left: Ints, cost: Ints, depth: int) -> tuple[int, int]:
    """Which waits with the greatest regret, and its cheapest vehicle; -1 if nobody can be placed."""
    who, to, greatest = -1, -1, -1.0
    low = np.empty(max(2, depth + 1), np.int64)
    for k in range(left.size):
        if left[k] < 0:
            continue
        low[:] = NONE
        best = -1
        for v in range(cost.shape[1]):
            c = cost[k, v]
            if c < low[0]:
                best = v
            for h in range(depth):
                if c < low[h]:
                    low[h], c = c, low[h]
        if best < 0:
            continue
        regret = 1.0 / (2.0 + max(-1.9, low[0] / 2**40)) if depth == 1 else 0.0
        for h in range(1, depth):
            regret += min(low[h] - low[0], UNKNOWN)
        if regret > greatest:
            who, to, greatest = k, best, regret
    return who, to
