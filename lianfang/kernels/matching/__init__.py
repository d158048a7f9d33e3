"""People to shifts at the least cost: distance, wishes, skills kept free, fairness; with the reasons of each place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lianfang.kernels.matching.market import (
    Ints,
    Market,
    Mask,
    Open,
    Weights,
    check,
    left_open,
    load_step,
    pair_cost,
)
from lianfang.kernels.matching.reasons import Placed, Unfilled, Why, placed_reasons, unfilled_reasons
from lianfang.kernels.matching.search import cheapest

__all__ = ["Market", "Matching", "Placed", "Unfilled", "Weights", "Why", "match", "rematch"]

EFFORT = 500_000  # about half a second


@dataclass(frozen=True)
class Matching:
    """Placements with reasons, open places with reasons; total cost, what no answer can cost less than, and the
    price (S,) of one more place of each shift. flows: how many flows were solved."""

    placed: Placed
    unfilled: Unfilled
    total: int
    bound: int
    prices: Ints
    flows: int

    @property
    def is_proven(self) -> bool:
        """Whether no answer costs less."""
        return self.total == self.bound


def match(market: Market, *, effort_pairs: int = EFFORT, stop: Callable[[], bool] = lambda: False) -> Matching:
    """Give places to people so that cost of pairs, of load and of open places is least; nobody gets two that clash.

    Takes:   a market; effort_pairs >= 0, how much may go into closing a gap after the first answer, as pairs times
             flows; stop ends that early.
    Gives:   the same answer for the same market, however its pairs are ordered, but for stop. total counts the fixed
             pairs too. Where clashes bind and effort_pairs does not suffice, bound < total: the honest gap.
    Raises:  ValueError for arrays that do not fit, pairs named twice, costs beyond int64.
    Edge:    fixed pairs stand whatever they break. No pair, nobody or no places is an answer. A person who costs as
             much as the open place may be left out or taken.
    Source:  docs/sources.md#flow
    """
    check(market)
    if effort_pairs < 0:
        raise ValueError("effort is counted from 0")
    open_ = left_open(market)
    found = cheapest(open_, effort_pairs, stop)
    placed = placed_reasons(open_, found)
    stands = _standing_cost(open_)
    return Matching(
        placed,
        unfilled_reasons(market, placed.pair),
        stands + found.value,
        stands + found.bound,
        found.prices.place,
        found.flows,
    )


def _standing_cost(open_: Open) -> int:
    """Cost of the fixed pairs with their load steps."""
    market = open_.market
    total = int(pair_cost(market)[market.fixed].sum())
    for k in range(int(open_.begun.max(initial=0))):
        total += int(load_step(market, np.full(open_.begun.size, k))[open_.begun > k].sum())
    return total


def rematch(
    market: Market,
    previous: Ints,
    *,
    pairs: Ints | None = None,
    people: Ints | None = None,
    shifts: Ints | None = None,
    move_cost: int | None = None,
    effort_pairs: int = EFFORT,
    stop: Callable[[], bool] = lambda: False,
) -> Matching:
    """Match again after cancellations: who is placed stays placed, and only what came free is given anew.

    Takes:   previous (N,), pairs of the market that were placed; cancelled pairs (indices), people and shifts; with
             move_cost >= 0 a placement may be undone, which costs that much beside all else (fixed pairs still stand).
    Gives:   as match, for the market without the cancelled, pairs still as indices of the whole. With move_cost, total
             and bound count each placement undone, and own_cost is less by move_cost where one stands.
    Raises:  as match, and ValueError for indices out of range, previous pairs named twice, or move_cost below 0.
    """
    gone_pair, gone_person, gone_shift = (
        _marked(x, n)
        for x, n in ((pairs, market.person.size), (people, market.most.size), (shifts, market.places.size))
    )
    stays = _marked(previous, market.person.size)
    if stays.sum() != previous.size or (move_cost or 0) < 0:
        raise ValueError("a previous pair is named once, and undoing costs no less than nothing")
    gone = gone_pair | gone_person[market.person] | gone_shift[market.shift]
    left = np.flatnonzero(~gone)
    smaller = _without(market, left, gone_shift)
    mine = stays[left]
    if move_cost is None:
        return _of_whole(
            match(replace(smaller, fixed=smaller.fixed | mine), effort_pairs=effort_pairs, stop=stop), left
        )
    wish = market.weights.preference * smaller.preference - move_cost * mine
    weights = replace(market.weights, preference=1)
    found = match(replace(smaller, preference=wish, weights=weights), effort_pairs=effort_pairs, stop=stop)
    found.placed.parts[:, 1] += move_cost * mine[found.placed.pair]
    undone = move_cost * int(mine.sum())
    return _of_whole(replace(found, total=found.total + undone, bound=found.bound + undone), left)


def _marked(indices: Ints | None, size: int) -> Mask:
    out = np.zeros(size, bool)
    if indices is not None and indices.size:
        if indices.min() < 0 or indices.max() >= size:
            raise ValueError("what was cancelled or placed is not there")
        out[indices] = True
    return out


def _without(market: Market, left: Ints, gone_shift: Mask) -> Market:
    """The market with only the pairs `left`, and no places in shifts that are gone."""
    return replace(
        market,
        person=market.person[left],
        shift=market.shift[left],
        distance_m=market.distance_m[left],
        preference=market.preference[left],
        surplus=market.surplus[left],
        fixed=market.fixed[left],
        places=np.where(gone_shift, 0, market.places),
    )


def _of_whole(found: Matching, left: Ints) -> Matching:
    return replace(found, placed=replace(found.placed, pair=left[found.placed.pair]))
