"""Tours met during the search, put together anew: the cheapest choice that carries each request once or drops it."""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np

from lianfang.kernels.rides.problem import Ints
from lianfang.kernels.rides.state import State
from lianfang.kernels.rides.tables import Tables

MOST = 12_000  # tours remembered; the oldest go first
FEWEST = 30  # below this many there is nothing to put together
NODES = 400
Key = tuple[int, frozenset[int]]


@dataclass
class Pool:
    """Tours by who drives and who is carried: the cheapest order of each. Kinds of idle vehicles are numbered from 0,
    vehicles that are under way below 0."""

    cost: dict[Key, int] = field(default_factory=dict)
    order: dict[Key, tuple[int, ...]] = field(default_factory=dict)
    seen: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)

    def take(self, t: Tables, s: State) -> None:
        """Remember the tours a search met, and let it begin to note anew."""
        n = t.person.size
        for v, cost, count, *stops in s.met[: s.mets[0]].tolist():
            order = tuple(stops[:count])
            d = driver(t, v)
            if (d, order) in self.seen:
                continue
            self.seen.add((d, order))
            key = (d, frozenset(stop for stop in order if stop < n))
            if cost < self.cost.get(key, 2**62):
                self.cost.pop(key, None)
                self.cost[key], self.order[key] = cost, order
        s.mets[0] = 0
        while len(self.cost) > MOST:
            oldest = next(iter(self.cost))
            del self.cost[oldest], self.order[oldest]


def driver(t: Tables, v: int) -> int:
    """What stands for a vehicle in the pool."""
    under_way = t.vehicle["done"][v] > 0 or t.vehicle["ready"][v] > 0
    return -1 - v if under_way else int(t.vehicle["kind"][v])


def together(t: Tables, pool: Pool, seconds: float) -> dict[int, Ints] | None:
    """Orders by vehicle of the best choice found within a time; None if there is none or it is not worth a try.

    Edge: a link that asks for one vehicle is not looked at here: such problems have no choice.
    """
    if len(pool.cost) < FEWEST or t.person["together"].any():
        return None
    keys, n = list(pool.cost), t.person.size
    drivers = sorted({driver(t, v) for v in range(t.vehicle.size)})
    vehicles: dict[int, list[int]] = {d: [] for d in drivers}
    for v in range(t.vehicle.size):
        vehicles[driver(t, v)].append(v)
    chosen = choice(t, pool, keys, {d: len(vehicles[d]) for d in drivers}, seconds)
    if chosen is None:
        return None
    out = {}
    for i in chosen:
        d, _ = keys[i]
        out[vehicles[d].pop()] = np.array(pool.order[keys[i]], np.int64)
    return out if sum(len(o) for o in out.values()) <= 2 * n else None


def choice(t: Tables, pool: Pool, keys: list[Key], most: dict[int, int], seconds: float) -> list[int] | None:
    """Columns chosen: each request once or dropped, links whole, no more tours than there are vehicles."""
    n, unit = t.person.size, max(1.0, float(np.median(list(pool.cost.values()))))
    row = {d: n + i for i, d in enumerate(most)}
    links = [r for r in range(n) if t.person["mate"][r] > r]
    rows = n + len(most)
    index = [np.array([*sorted(who), row[d]]) for d, who in keys]
    index += [np.array([r]) for r in range(n)]
    costs = [pool.cost[k] / unit for k in keys] + (t.person["drop_cost"] / unit).tolist()
    starts = np.concatenate([[0], np.cumsum([len(i) for i in index])[:-1]]).astype(np.int32)
    flat = np.concatenate(index).astype(np.int32)
    solver, none = highspy.Highs(), np.zeros(0, np.int32)
    options = (("output_flag", False), ("threads", 1), ("time_limit", seconds), ("mip_max_nodes", NODES))
    for option, value in (*options, ("mip_rel_gap", 1e-5)):
        solver.setOptionValue(option, value)
    low = np.concatenate([np.ones(n), np.zeros(len(most))])
    high = np.concatenate([np.ones(n), np.array(list(most.values()), float)])
    solver.addRows(rows, low, high, 0, np.zeros(rows, np.int32), none, np.zeros(0))
    count = len(costs)
    solver.addCols(count, np.array(costs), np.zeros(count), np.ones(count), len(flat), starts, flat, np.ones(len(flat)))
    for r in links:
        pair = np.array([len(keys) + r, len(keys) + int(t.person["mate"][r])], np.int32)
        solver.addRow(0.0, 0.0, 2, pair, np.array([1.0, -1.0]))
    every = np.arange(count, dtype=np.int32)
    solver.changeColsIntegrality(count, every, np.full(count, highspy.HighsVarType.kInteger))
    solver.run()
    if solver.getInfo().primal_solution_status != 2:
        return None
    shares = np.asarray(solver.getSolution().col_value)[: len(keys)]
    return [int(i) for i in np.flatnonzero(shares > 0.5)]
