"""What is matched: people, shifts and the pairs that may be; checked, then brought into the order of the search."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
LIMIT = 2**60  # costs are multiplied by the number of nodes inside the flow solver; this stays clear of int64


@dataclass(frozen=True)
class Weights:
    """Cost units: of a metre of distance, a point of preference, a point of surplus skill, an hour served before,
    and of a person's first, second, third ... shift (never falling; the last value stands for all later ones)."""

    distance: int = 1
    preference: int = 1
    surplus: int = 1
    served_hour: int = 0
    nth: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Market:
    """E eligible pairs of P people and S shifts, all int64.

    person, shift (E,) indices; distance_m, preference, surplus (E,) cost parts before weighting (a wish may be below
    0); fixed (E,) bool, pairs that stand. places (S,) >= 0; urgency (S,), the cost of each place left open; starts,
    ends (S,) minutes, half-open. most (P,) >= 0 shifts a person; served_hours (P,) >= 0. rest_minutes >= 0 between two
    shifts of one person.
    """

    person: Ints
    shift: Ints
    distance_m: Ints
    preference: Ints
    surplus: Ints
    fixed: Mask
    places: Ints
    urgency: Ints
    starts: Ints
    ends: Ints
    most: Ints
    served_hours: Ints
    rest_minutes: int = 0
    weights: Weights = Weights()


@dataclass(frozen=True)
class Open:
    """What is left to decide once the fixed pairs stand: pairs by person, then start of the shift, then shift.

    pair (F,) indices into the market; person, shift, cost (F,); places (S,) and spare (P,) still free; begun (P,)
    fixed shifts of each person.
    """

    market: Market
    pair: Ints
    person: Ints
    shift: Ints
    cost: Ints
    places: Ints
    spare: Ints
    begun: Ints

    def step(self, taken: Ints) -> Ints:
        """Cost (P,) of one more shift for people who got `taken` (P,) beside their fixed ones."""
        return load_step(self.market, self.begun + taken)


def load_step(market: Market, before: Ints) -> Ints:
    """Cost (P,) of one more shift for people who have `before` (P,) shifts in this plan: what makes it fair."""
    nth = np.array(market.weights.nth, np.int64)
    return nth[np.minimum(before, nth.size - 1)] + market.weights.served_hour * market.served_hours


def pair_parts(market: Market) -> Ints:
    """Weighted cost parts (E, 3): distance, preference, surplus."""
    w = market.weights
    return np.stack([w.distance * market.distance_m, w.preference * market.preference, w.surplus * market.surplus], 1)


def pair_cost(market: Market) -> Ints:
    """Weighted cost (E,) without fairness, which depends on the person's other shifts."""
    w = market.weights
    return w.distance * market.distance_m + w.preference * market.preference + w.surplus * market.surplus


def clash(market: Market, a: Ints, b: Ints) -> Mask:
    """Whether shifts overlap or lie closer than the rest; exactly the rest apart is allowed."""
    rest, starts, ends = market.rest_minutes, market.starts, market.ends
    return (starts[a] < ends[b] + rest) & (starts[b] < ends[a] + rest)


def check(market: Market) -> None:
    """Raise ValueError for arrays that do not fit together, repeated pairs, or costs beyond int64."""
    pairs = [market.shift, market.distance_m, market.preference, market.surplus, market.fixed]
    shifts, people = [market.urgency, market.starts, market.ends], [market.served_hours]
    groups = ((market.person, pairs), (market.places, shifts), (market.most, people))
    for first, others in groups:
        if first.ndim != 1 or any(a.shape != first.shape for a in others):
            raise ValueError("arrays of one kind have one length")
    every = [a for first, others in groups for a in (first, *others) if a is not market.fixed]
    if any(a.dtype != np.int64 for a in every) or market.fixed.dtype != np.bool_:
        raise ValueError("numbers are int64, fixed is bool")
    for index, size in ((market.person, market.most.size), (market.shift, market.places.size)):
        if index.size and (index.min() < 0 or index.max() >= size):
            raise ValueError("a pair names a person or shift that is not there")
    if any((a < 0).any() for a in (market.places, market.most, market.served_hours)) or market.rest_minutes < 0:
        raise ValueError("places, limits, hours and rest are not below 0")
    if (market.ends <= market.starts).any():
        raise ValueError("a shift ends after it starts")
    nth = market.weights.nth
    if not nth or any(b < a for a, b in pairwise(nth)) or market.weights.served_hour < 0:
        raise ValueError("each further shift and hour costs no less than the one before")
    _check_range(market)


def _check_range(market: Market) -> None:
    """Sums in Python's own integers, which do not overflow."""
    w = market.weights

    def top(a: Ints) -> int:
        return max(abs(int(a.min())), abs(int(a.max()))) if a.size else 0

    dearest = top(market.distance_m) * abs(w.distance) + top(market.preference) * abs(w.preference)
    dearest += top(market.surplus) * abs(w.surplus) + max(abs(n) for n in w.nth)
    dearest += w.served_hour * top(market.served_hours) + top(market.urgency)
    nodes = market.person.size + market.places.size + market.most.size + 2
    if dearest * max(nodes, sum(market.places.tolist()), 1) > LIMIT:
        raise ValueError("costs are too large for 64-bit sums")
    if max(top(market.starts), top(market.ends)) + market.rest_minutes > LIMIT:
        raise ValueError("times are too large for 64-bit sums")


def left_open(market: Market) -> Open:
    """Bring a checked market into the order of the search, without what the fixed pairs rule out.

    Edge:    fixed pairs stand even where they overfill a shift, exceed a limit or clash with each other.
    Raises:  ValueError for a pair named twice.
    """
    rank = np.empty(market.places.size, np.int64)
    rank[np.lexsort((market.ends, market.starts))] = np.arange(market.places.size)
    order = np.argsort(market.person * max(market.places.size, 1) + rank[market.shift], kind="stable")
    person, shift, fixed = market.person[order], market.shift[order], market.fixed[order]
    if ((person[1:] == person[:-1]) & (shift[1:] == shift[:-1])).any():
        raise ValueError("a pair is named twice")
    begun = np.bincount(person[fixed], minlength=market.most.size)
    spare = np.maximum(market.most - begun, 0)
    places = np.maximum(market.places - np.bincount(shift[fixed], minlength=market.places.size), 0)
    free = ~fixed & (spare[person] > 0) & (places[shift] > 0)
    free[free] = ~clashes_with(market, person[fixed], shift[fixed], person[free], shift[free])
    pair = order[free]
    return Open(market, pair, person[free], shift[free], pair_cost(market)[pair], places, spare, begun)


def clashes_with(market: Market, person: Ints, shift: Ints, of: Ints, other: Ints) -> Mask:
    """Which of the pairs (of, other) clash with one of the placements (person, shift), the latter sorted by person."""
    out = np.zeros(of.size, bool)
    first = np.searchsorted(person, np.arange(market.most.size + 1))
    count = np.diff(first)
    for k in range(int(count.max(initial=0))):  # few: a person's placements
        has = np.flatnonzero(count[of] > k)
        out[has] |= clash(market, shift[first[of[has]] + k], other[has])
    return out
