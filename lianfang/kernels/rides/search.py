"""Large-neighbourhood search with cooling: take some out, put them back, keep the plan if it is not much dearer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lianfang.kernels.rides.neighbourhood import BLINK, place_by_regret, place_each, pull_some
from lianfang.kernels.rides.problem import Ints
from lianfang.kernels.rides.state import State, below, draw, note_tours, refresh, take_out, total_cost, untouched
from lianfang.kernels.rides.tables import Tables
from lianfang.kernels.rostering.compiled import compiled

GREEDY = 0.5  # share of steps that put back one after the other, not by regret
NEARLY = 1.03  # plans no dearer than so many times the best lend their tours to others


class Kept(NamedTuple):
    """A plan put aside: stops (V, 2N), counts (V,), by (N,), and cost (1,)."""

    stops: Ints
    counts: Ints
    by: Ints
    cost: Ints


def kept_of(t: Tables, s: State) -> Kept:
    """A copy of the plan in the hand."""
    return Kept(s.stops.copy(), s.car["count"].copy(), s.by.copy(), np.array([total_cost(t, s)], np.int64))


@compiled
def keep(s: State, to: Kept, cost: int, only: bool) -> None:
    """Put the plan in the hand aside; only what was touched if so asked."""
    for v in range(s.car.size):
        if not only or s.car[v].touched > 0:
            to.counts[v] = s.car[v].count
            to.stops[v, : s.car[v].count] = s.stops[v, : s.car[v].count]
    to.by[:] = s.by
    to.cost[0] = cost


@compiled
def take_back(t: Tables, s: State, old: Kept, only: bool) -> None:
    """Make the plan put aside that in the hand; only what was touched if so asked."""
    s.by[:] = old.by
    for v in range(s.car.size):
        if not only or s.car[v].touched > 0:
            s.car[v].count = old.counts[v]
            s.stops[v, : old.counts[v]] = old.stops[v, : old.counts[v]]
            refresh(t, s, v)


@compiled
def shuffled(t: Tables, s: State, waiting: Ints, count: int) -> None:
    """The waiting in an order by chance, those with the longest way first, or those with the earliest end first."""
    n, way = t.person.size, below(s, 4)
    for k in range(count - 1, 0, -1):
        m = below(s, k + 1)
        waiting[k], waiting[m] = waiting[m], waiting[k]
    if way < 2:
        return
    key = np.zeros(count, np.int64)
    for k in range(count):
        r = waiting[k]
        key[k] = -t.leg[r, r + n] if way == 2 else t.stop[r + n].late
    waiting[:count] = waiting[:count][np.argsort(key, kind="mergesort")]


@compiled
def halves_out(t: Tables, s: State) -> None:
    """Of linked requests carry both or neither."""
    for r in range(t.person.size):
        mate = t.person[r].mate
        if mate >= 0 and s.by[r] >= 0 and s.by[mate] < 0 and not t.person[r].locked:
            v = s.by[r]
            take_out(t, s, r)
            refresh(t, s, v)


@compiled
def steps(t: Tables, s: State, now: Kept, best: Kept, rounds: int, warmth: float, most: int) -> None:
    """Some rounds of the search at one temperature; `now` is the plan in the hand before and after."""
    waiting = np.zeros(t.person.size, np.int64)
    for _ in range(rounds):
        untouched(s)
        count = pull_some(t, s, 1 + below(s, most), waiting)
        if count == 0:
            continue
        if draw(s) < GREEDY:
            shuffled(t, s, waiting, count)
            place_each(t, s, waiting, count, BLINK)
        else:
            place_by_regret(t, s, waiting, count, 1 + below(s, 4), BLINK)
        halves_out(t, s)
        cost = total_cost(t, s)
        if cost < NEARLY * best.cost[0]:
            note_tours(s)
        if cost < now.cost[0] - warmth * np.log(draw(s)):
            keep(s, now, cost, True)
            if cost < best.cost[0]:
                keep(s, best, cost, False)
        else:
            take_back(t, s, now, True)
