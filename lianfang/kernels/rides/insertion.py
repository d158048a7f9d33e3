"""The cheapest places of a request in an order of stops: quick tests first, the exact schedule for what is left."""

from __future__ import annotations

from lianfang.kernels.rides.schedule import gate_back, gate_out, lateness_cost, least_times
from lianfang.kernels.rides.state import FREE, SHUT, State, draw
from lianfang.kernels.rides.tables import FAR, Tables
from lianfang.kernels.rostering.compiled import compiled

NONE = 2**60  # the cost of no place


@compiled
def best_place(t: Tables, s: State, r: int, v: int, limit: int, blink: float) -> tuple[int, int, int]:
    """Cost below limit, and positions i <= j of pick-up and drop-off (as put_in) of the cheapest place, or NONE.

    With blink > 0 each place is overlooked with that chance.
    """
    best = (min(limit, NONE), 0, 0)
    kind = t.vehicle[v].kind
    if not t.may[kind, r]:
        return NONE, 0, 0
    found = False
    for i in range(t.vehicle[v].done + 1, s.car[v].count + 2):
        on_board = s.board[v, i - 1]
        if on_board != FREE and (on_board != t.person[r].risk or t.person[r].direct):
            continue
        here = pick_first(t, s, r, v, i, best, blink)
        if here[0] < best[0]:
            best, found = here, True
    return best if found else (NONE, 0, 0)


@compiled
def leave_at(t: Tables, s: State, v: int, i: int) -> int:
    """Earliest end of service at position i of an order, without regard to rides."""
    left = s.first[v, i]
    if i > 0:
        left += t.stop[s.stops[v, i - 1]].service
        if i <= t.vehicle[v].done:
            left = max(left, t.vehicle[v].ready)
    return int(left)


@compiled
def legs(t: Tables, v: int, a: int, b: int) -> tuple[int, int]:
    """Duration and cost from stop a to stop b, -1 for the depots."""
    a = gate_out(t, v) if a < 0 else a
    b = gate_back(t, v) if b < 0 else b
    return t.leg[a, b], t.leg_cost[a, b]


@compiled
def room_for(t: Tables, s: State, r: int, v: int, i: int) -> bool:
    """Whether a request fits beside those on board after position i."""
    short = 0
    for k in range(t.load.shape[1]):
        short += s.full[v, i, k] + t.load[r, k] > t.room[t.vehicle[v].kind, k]
    return short == 0


@compiled
def pick_first(
    t: Tables, s: State, r: int, v: int, i: int, best: tuple[int, int, int], blink: float
) -> tuple[int, int, int]:
    """The best place with the pick-up before position i, if it is better than `best`; else best."""
    n, count = t.person.size, s.car[v].count
    before = s.stops[v, i - 2] if i > 1 else -1
    ahead = s.stops[v, i - 1] if i <= count else -1
    base = 0 if count else -t.kind[t.vehicle[v].kind].fixed
    time, cost = legs(t, v, before, r)
    now = max(leave_at(t, s, v, i - 1) + time, t.stop[r].early)
    if now > t.stop[r].late or not room_for(t, s, r, v, i - 1):
        return best
    gone = legs(t, v, before, ahead)[1] if count else 0
    rode, last, way = -t.stop[r].service, r, cost - base - gone  # way: cost so far, less the leg given up
    for j in range(i, count + 2):
        here = s.stops[v, j - 1] if j <= count else -1
        now += t.stop[last].service
        rode += t.stop[last].service
        hop, hop_cost = t.leg[last, r + n], t.leg_cost[last, r + n]
        on, on_cost = legs(t, v, r + n, here)
        then = max(now + hop, t.stop[r + n].early)
        if (
            then <= t.stop[r + n].late
            and then + t.stop[r + n].service + on <= s.last[v, j]
            and rode + hop <= t.person[r].ride
        ):
            less = 0 if j == i or count == 0 else legs(t, v, last, here)[1]
            delta = way + hop_cost + on_cost - less
            if delta < best[0] and (blink <= 0.0 or draw(s) >= blink):
                best = judged(t, s, r, v, i, j, delta, best)
        if here < 0 or t.person[r].direct or not carries_on(t, s, r, v, j):
            return best
        time, cost = legs(t, v, last, here)
        way += cost if j == i else 0
        now, rode = max(now + time, t.stop[here].early), rode + time
        if now > s.last[v, j] or rode > t.person[r].ride or time >= FAR:
            return best
        last = here
    return best


@compiled
def carries_on(t: Tables, s: State, r: int, v: int, j: int) -> bool:
    """Whether a request can stay on board over position j of an order."""
    stop, n = s.stops[v, j - 1], t.person.size
    if s.board[v, j] == SHUT or t.person[stop if stop < n else stop - n].risk != t.person[r].risk:
        return False
    return bool(room_for(t, s, r, v, j))


@compiled
def judged(
    t: Tables, s: State, r: int, v: int, i: int, j: int, delta: int, best: tuple[int, int, int]
) -> tuple[int, int, int]:
    """The place (i, j) with its whole cost if its schedule exists and it is better than `best`; else best."""
    n, count = t.person.size, s.car[v].count
    at = 0
    for k in range(1, count + 2):
        if k == i:
            s.trial[at] = r
            at += 1
        if k == j:
            s.trial[at] = r + n
            at += 1
        if k <= count:
            s.trial[at] = s.stops[v, k - 1]
            at += 1
    known = max(t.vehicle[v].done, min(i - 1, s.car[v].firm))
    for k in range(known + 1):
        s.times[k] = s.first[v, k]
    if not least_times(t, v, s.trial, count + 2, known, s.times, s.where):
        return best
    cost = delta
    if t.paced:
        cost += lateness_cost(t, s.trial, count + 2, t.vehicle[v].done, s.times) - s.car[v].late
    return (cost, i, j) if cost < best[0] else best
