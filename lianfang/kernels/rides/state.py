"""A plan in the hand of the search: orders of stops, what each vehicle costs, and what insertions look up."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lianfang.kernels.rides.problem import Ints
from lianfang.kernels.rides.schedule import (
    gate_back,
    gate_out,
    lateness_cost,
    latest_times,
    least_times,
    plain_times,
)
from lianfang.kernels.rides.tables import Tables, records
from lianfang.kernels.rostering.compiled import compiled

MET = 200  # tours remembered between two looks at the clock
FREE, SHUT = -1, -2  # on board: nobody; somebody who shares with no one


class State(NamedTuple):
    """car (V,) records: count of stops, cost, firm (positions whose `first` keep rides too), late (cost of lateness),
    touched (1 changed, 2 look-ups out of date). stops (V, 2N); by (N,) vehicle or -1; place (2N,) positions from 1.
    Looked up: first, last (V, 2N + 2) times by windows and legs alone; full (V, 2N + 2, S) load after each position;
    board (V, 2N + 2) class on board after it, FREE or SHUT. Scratch: trial, times, where. chance (1,): the draws.
    met (MET, 2N + 3): vehicle, cost, count and stops of tours met since `mets` (1,), their number, was put to 0."""

    car: Any
    stops: Ints
    by: Ints
    place: Ints
    first: Ints
    last: Ints
    full: Ints
    board: Ints
    trial: Ints
    times: Ints
    where: Ints
    chance: Ints
    met: Ints
    mets: Ints


def empty_state(t: Tables, seed: int) -> State:
    """What stands is carried and nothing else; draws begin at the seed."""
    n, v, sets = t.person.size, t.vehicle.size, t.load.shape[1]
    shapes = [(v, 2 * n), (n,), (2 * n,), (v, 2 * n + 2), (v, 2 * n + 2), (v, 2 * n + 2, sets), (v, 2 * n + 2)]
    shapes += [(2 * n + 4,), (2 * n + 4,), (n,), (1,), (MET, 2 * n + 3), (1,)]
    car = records(v, ("count", "cost", "firm", "late", "touched"))
    state = State(car, *(np.zeros(s, np.int64) for s in shapes))
    state.by[:] = -1
    state.chance[0] = seed % (2**31 - 3) + 1
    for i in range(v):
        refresh(t, state, i)
    return state


@compiled
def untouched(s: State) -> None:
    """No vehicle is marked as changed."""
    for v in range(s.car.size):
        s.car[v].touched = 0


@compiled
def draw(s: State) -> float:
    """A number in (0, 1): the minimal standard generator, its product kept within 63 bits."""
    s.chance[0] = s.chance[0] * 48271 % 2147483647
    return float(s.chance[0] / 2147483647.0)


@compiled
def below(s: State, most: int) -> int:
    """A whole number in 0..most - 1."""
    return int(draw(s) * most)


@compiled
def drive_cost(t: Tables, v: int, stops: Ints, count: int) -> int:
    """What legs and use of a vehicle cost; nothing if it stays."""
    if count == 0:
        return 0
    cost = (
        t.kind[t.vehicle[v].kind].fixed
        + t.leg_cost[gate_out(t, v), stops[0]]
        + t.leg_cost[stops[count - 1], gate_back(t, v)]
    )
    for i in range(1, count):
        cost += t.leg_cost[stops[i - 1], stops[i]]
    return int(cost)


@compiled
def refresh(t: Tables, s: State, v: int) -> None:
    """Look-ups of one vehicle after its order changed; the order keeps all limits."""
    n, count, stops = t.person.size, s.car[v].count, s.stops[v]
    s.car[v].touched = 1
    s.board[v, 0] = FREE
    for k in range(t.load.shape[1]):
        s.full[v, 0, k] = 0
    aboard = 0
    for i in range(1, count + 1):
        stop = stops[i - 1]
        s.place[stop] = i
        r = stop if stop < n else stop - n
        sign = 1 if stop < n else -1
        aboard += sign
        for k in range(t.load.shape[1]):
            s.full[v, i, k] = s.full[v, i - 1, k] + sign * t.load[r, k]
        s.board[v, i] = FREE if aboard == 0 else (SHUT if sign > 0 and t.person[r].direct else t.person[r].risk)
        s.by[r] = v
    s.car[v].firm = plain_times(t, v, stops, count, s.first[v], s.where)
    latest_times(t, v, stops, count, s.last[v])
    s.car[v].cost = drive_cost(t, v, stops, count)
    s.car[v].late = late_now(t, s, v)
    s.car[v].cost += s.car[v].late


@compiled
def late_now(t: Tables, s: State, v: int) -> int:
    """What lateness costs a vehicle as it goes."""
    if not t.paced:
        return 0
    count, stops = s.car[v].count, s.stops[v]
    known = min(s.car[v].firm, count)
    for i in range(known + 1):
        s.times[i] = s.first[v, i]
    least_times(t, v, stops, count, known, s.times, s.where)
    return int(lateness_cost(t, stops, count, t.vehicle[v].done, s.times))


@compiled
def take_out(t: Tables, s: State, r: int) -> None:
    """Take a request out of its vehicle's order, without the look-ups (refresh follows)."""
    n, v = t.person.size, s.by[r]
    kept = 0
    for i in range(s.car[v].count):
        stop = s.stops[v, i]
        if stop not in (r, r + n):
            s.stops[v, kept] = stop
            kept += 1
    s.car[v].count = kept
    s.by[r] = -1
    s.car[v].touched = 2


@compiled
def put_in(t: Tables, s: State, r: int, v: int, i: int, j: int) -> None:
    """Put a request into an order: its pick-up before position i, its drop-off before what was position j >= i."""
    n, count = t.person.size, s.car[v].count
    for k in range(count - 1, j - 2, -1):
        s.stops[v, k + 2] = s.stops[v, k]
    s.stops[v, j] = r + n
    for k in range(j - 2, i - 2, -1):
        s.stops[v, k + 1] = s.stops[v, k]
    s.stops[v, i - 1] = r
    s.car[v].count = count + 2
    refresh(t, s, v)


@compiled
def total_cost(t: Tables, s: State) -> int:
    """Driving, use, lateness, and requests not carried."""
    cost = 0
    for v in range(s.car.size):
        cost += s.car[v].cost
    for r in range(s.by.size):
        if s.by[r] < 0:
            cost += t.person[r].drop_cost
    return int(cost)


@compiled
def note_tours(s: State) -> None:
    """Remember the tours that were changed."""
    for v in range(s.car.size):
        k, count = s.mets[0], s.car[v].count
        if s.car[v].touched > 0 and count > 0 and k < s.met.shape[0]:
            s.met[k, 0], s.met[k, 1], s.met[k, 2] = v, s.car[v].cost, count
            for i in range(count):
                s.met[k, 3 + i] = s.stops[v, i]
            s.mets[0] += 1
