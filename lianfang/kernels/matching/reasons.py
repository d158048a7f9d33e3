"""Why this person, and why nobody: what is shown beside each proposal and each place left open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from lianfang.kernels.matching.market import Ints, Market, Mask, Open, clash, load_step, pair_parts
from lianfang.kernels.matching.search import Found


class Why(IntEnum):
    """Why a place stays open: the first of these that holds for the shift."""

    FILLED = 0  # it does not
    NOBODY = 1  # no eligible person beside those who are there
    DEARER = 2  # somebody is free, but costs no less than the open place
    TAKEN = 3  # all who could are at their limit, on shifts that need them no less
    REST = 4  # some have shifts left, but all of these have another one at that time or too near to it


@dataclass(frozen=True)
class Placed:
    """Reasons of N placements.

    pair (N,) index into the market, ascending; kept (N,) bool, fixed beforehand. parts (N, 4): distance, preference,
    surplus, and the load step, a person's steps going to his shifts in their order of start. own_cost (N,): pair and
    the person's dearest step, what is saved by not placing him here. next_cost (N,): what one more place of this shift
    would cost, everybody moving as is best; next_person (N,): who would then come to the shift, -1 if it is as well
    left open. Where clashes bind, both are seen from the last flow alone: without the pairs it was forbidden, and
    blind to clashes it was not told of. Both are 0 and -1 for kept pairs;
    next_cost >= own_cost for the others: that is the proof of each.
    """

    pair: Ints
    kept: Mask
    parts: Ints
    own_cost: Ints
    next_cost: Ints
    next_person: Ints


@dataclass(frozen=True)
class Unfilled:
    """Reasons of open places, by shift: how many are open (S,), Why (S,), and of the eligible people who are not
    there (S, 3): free, at their limit, kept away by another shift of theirs."""

    places: Ints
    why: Ints
    people: Ints


def placed_reasons(open_: Open, found: Found) -> Placed:
    """Reasons of the fixed pairs and of those found."""
    market = open_.market
    pair = np.sort(np.concatenate([np.flatnonzero(market.fixed), open_.pair[found.taken]]))
    kept = market.fixed[pair]
    person, shift = market.person[pair], market.shift[pair]
    parts = np.concatenate([pair_parts(market)[pair], _load(market, person, shift)[:, None]], 1)
    count = np.bincount(person, minlength=market.most.size)
    dearest = load_step(market, np.maximum(count - 1, 0))
    cost = np.where(kept, 0, found.prices.place[shift])
    who = np.where(kept, -1, _next_people(open_, found)[shift])
    return Placed(pair, kept, parts, parts[:, :3].sum(1) + dearest[person], cost, who)


def _load(market: Market, person: Ints, shift: Ints) -> Ints:
    """The load step (N,) of each placement: the k-th by start bears the k-th step of its person."""
    order = np.lexsort((shift, market.starts[shift], person))
    who = person[order]
    first = np.searchsorted(who, who)
    load = np.empty(person.size, np.int64)
    nth = np.array(market.weights.nth, np.int64)
    k = np.arange(who.size) - first
    load[order] = nth[np.minimum(k, nth.size - 1)] + market.weights.served_hour * market.served_hours[who]
    return load


def _next_people(open_: Open, found: Found) -> Ints:
    """Who would come to each shift (S,) if one more were asked for: the last step of the cheapest way."""
    price, market = found.prices.place, open_.market
    reaches = found.allowed & ~found.taken & (found.prices.entry + open_.cost == price[open_.shift])
    reaches &= price[open_.shift] < market.urgency[open_.shift]
    who = np.full(price.size, -1)
    last = np.flatnonzero(reaches)[::-1]  # of equals the first
    who[open_.shift[last]] = open_.person[last]
    return who


def unfilled_reasons(market: Market, pair: Ints) -> Unfilled:
    """Reasons of what `pair`, the placements (N,), leave open."""
    shifts = market.places.size
    places = np.maximum(market.places - np.bincount(market.shift[pair], minlength=shifts), 0)
    count = np.bincount(market.person[pair], minlength=market.most.size)
    could = (places > 0)[market.shift] & (market.most > 0)[market.person]
    could[pair] = False
    could_at = np.flatnonzero(could)
    person, shift = market.person[could_at], market.shift[could_at]
    full = count[person] >= market.most[person]
    away = np.zeros(could_at.size, bool)
    mine = pair[np.argsort(market.person[pair], kind="stable")]
    first = np.searchsorted(market.person[mine], person)
    for k in range(int(count[person].max(initial=0))):
        has = np.flatnonzero((count[person] > k) & ~full)
        away[has] |= clash(market, market.shift[mine[first[has] + k]], shift[has])
    people = np.stack([np.bincount(shift[m], minlength=shifts) for m in (~full & ~away, full, away)], 1)
    why = np.select(
        [places == 0, people.sum(1) == 0, people[:, 0] > 0, people[:, 2] == 0],
        [Why.FILLED, Why.NOBODY, Why.DEARER, Why.TAKEN],
        Why.REST,
    )
    return Unfilled(places, why.astype(np.int64), people)
