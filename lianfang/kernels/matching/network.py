"""The matching as a flow of least cost, and the prices at which its optimum can be checked and explained.

Source -> person by parallel arcs, the k-th as dear as the k-th shift -> (person, group of clashing shifts), one unit ->
shift; and source -> shift at the cost of an open place, so that there is always a flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from lianfang.kernels.matching.market import Ints, Market, Mask, Open

FAR = 2**61  # dearer than any path, and its sum with one still fits


@dataclass(frozen=True)
class Prices:
    """What one more place would cost.

    place (S,): a place in each shift, the cost of leaving it open at most; entry (F,): bringing one unit to the person
    of a pair. entry + cost - place is the reduced cost: >= 0 for every allowed pair that is not taken.
    """

    place: Ints
    entry: Ints


def first_groups(open_: Open) -> Ints:
    """Groups (F,) of each person's pairs, named by their first: of one group every two clash.

    Cuts the shifts of all people alike, by start: a group ends where a shift begins after the rest of one of its own.
    """
    market, pairs = open_.market, np.arange(open_.pair.size)
    slot = _slots(market)[open_.shift]
    begins = np.ones(pairs.size, bool)
    begins[1:] = (open_.person[1:] != open_.person[:-1]) | (slot[1:] != slot[:-1])
    begins |= open_.spare[open_.person] < 2  # with one shift left nothing can clash
    return np.maximum.accumulate(np.where(begins, pairs, 0))


def _slots(market: Market) -> Ints:
    slots, until, slot = np.zeros(market.places.size, np.int64), -FAR, -1
    for j in np.lexsort((market.ends, market.starts)).tolist():
        start, rested = int(market.starts[j]), int(market.ends[j]) + market.rest_minutes
        slot, until = (slot + 1, rested) if start >= until else (slot, min(until, rested))
        slots[j] = slot
    return slots


def best_flow(open_: Open, groups: Ints, allowed: Mask) -> tuple[Mask, int]:
    """The pairs (F,) of a flow of least cost among the allowed ones, at most one of each group; and its cost."""
    people, shifts = open_.spare.size, open_.places.size
    use = np.flatnonzero(allowed)
    person, shift, group = open_.person[use], open_.shift[use], groups[use]
    members = np.bincount(group, minlength=groups.size)
    shared = np.flatnonzero(members > 1)
    node = np.zeros(groups.size, np.int64)
    node[shared] = 1 + people + shifts + np.arange(shared.size)
    tail = np.where(members[group] > 1, node[group], 1 + person)
    room = np.minimum(open_.spare, np.bincount(person, minlength=people))
    who, capacity, cost = _load_arcs(open_, room)
    asked = np.flatnonzero(open_.places)
    ones = np.ones
    tails = np.concatenate([tail, np.zeros(who.size + asked.size, np.int64), 1 + open_.person[shared]])
    heads = np.concatenate([1 + people + shift, 1 + who, 1 + people + asked, node[shared]])
    capacities = np.concatenate([ones(use.size, np.int64), capacity, open_.places[asked], ones(shared.size, np.int64)])
    free = np.zeros(shared.size, np.int64)
    costs = np.concatenate([open_.cost[use], cost, open_.market.urgency[asked], free])
    supplies = np.zeros(1 + people + shifts + shared.size, np.int64)
    supplies[0], supplies[1 + people : 1 + people + shifts] = open_.places.sum(), -open_.places
    flows = _solve(tails, heads, capacities, costs, supplies)
    taken = np.zeros(groups.size, bool)
    taken[use[flows[: use.size] > 0]] = True
    return taken, int((flows * costs).sum())


def _load_arcs(open_: Open, room: Ints) -> tuple[Ints, Ints, Ints]:
    """Parallel arcs source -> person: who, capacity, cost of that many further shifts; one arc where cost stays."""
    last = len(open_.market.weights.nth) - 1
    parts = []
    for k in range(last + 1):
        flat = open_.begun + k >= last
        who = np.flatnonzero((room > k) & ((k == 0) | (open_.begun + k <= last)))
        step = open_.step(np.full(room.size, k))[who]
        parts.append((who, np.where(flat[who], room[who] - k, 1), step))
    return tuple(np.concatenate(p) for p in zip(*parts))  # type: ignore[return-value]  # as many as came


def _solve(tails: Ints, heads: Ints, capacities: Ints, costs: Ints, supplies: Ints) -> Ints:
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32), heads.astype(np.int32), capacities, costs
    )
    solver.set_nodes_supplies(np.arange(supplies.size, dtype=np.int32), supplies)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise RuntimeError(f"the flow solver gave {status} for a problem that always has a flow")
    flows: Ints = solver.flows(arcs)
    return flows


def prices_of(open_: Open, groups: Ints, allowed: Mask, taken: Mask) -> Prices:
    """Shortest ways from the source in what a flow of least cost leaves: one more place, everybody moving as is best.

    Raises:  RuntimeError if the flow was not one of least cost (the ways would never end).
    """
    market, person, shift = open_.market, open_.person, open_.shift
    held = np.flatnonzero(taken)
    count = np.bincount(person[held], minlength=open_.spare.size)
    idle = np.where(open_.spare > count, open_.step(count), FAR)
    holder = np.full(groups.size, -1)
    holder[groups[held]] = np.arange(held.size)
    rest = np.flatnonzero(allowed & ~taken)
    place = market.urgency.copy()
    np.minimum.at(place, shift[rest], np.where(holder[groups[rest]] < 0, idle[person[rest]], FAR) + open_.cost[rest])
    moving = rest[count[person[rest]] > 0]
    by, cost, who, to = holder[groups[moving]], open_.cost[moving], person[moving], shift[moving]
    for _ in range(2 * market.places.size + 2):
        via = place[shift[held]] - open_.cost[held]
        entry = idle.copy()
        np.minimum.at(entry, person[held], via)
        lower = place.copy()
        np.minimum.at(lower, to, (np.where(by < 0, entry[who], via[by]) if held.size else entry[who]) + cost)
        if (lower == place).all():
            hand = holder[groups]
            return Prices(place, np.where(hand < 0, entry[person], via[hand]) if held.size else entry[person])
        place = lower
    raise RuntimeError("a flow that could still be made cheaper has no prices")
