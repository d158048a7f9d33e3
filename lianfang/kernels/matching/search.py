"""Nobody in two places at once: the flow alone cannot state it, so it is told the clashes that matter, one by one."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lianfang.kernels.matching.market import Ints, Mask, Open, clash
from lianfang.kernels.matching.network import Prices, best_flow, first_groups, prices_of

RECUTS = 2  # the first tells most; later ones hardly raise the bound
FEW_PAIRS = 20_000  # from here on sifting is faster than one flow among all pairs
SAMPLE = 5  # so many pairs a person are looked at first, and as many of the cheapest by reduced cost join at a time


@dataclass(frozen=True)
class Found:
    """Pairs taken (F,) without a clash, their cost, what no answer can be below, the prices at the last flow, and the
    pairs (F,) that were still in play there. flows: how many were solved."""

    taken: Mask
    value: int
    bound: int
    prices: Prices
    allowed: Mask
    flows: int


def clashes_among(open_: Open, taken: Mask) -> Ints:
    """Pairs of pairs (C, 2) that one person got though they clash, neighbours by start.

    Enough to find one if there is any: if neighbours keep their rest, so do all.
    """
    held = np.flatnonzero(taken)
    a, b = held[:-1], held[1:]
    bad = (open_.person[a] == open_.person[b]) & clash(open_.market, open_.shift[a], open_.shift[b])
    return np.stack([a[bad], b[bad]], 1)


def cheapest(open_: Open, effort_pairs: int, stop: Callable[[], bool]) -> Found:
    """The cheapest clash-free answer found, and a bound; effort_pairs beyond the first answer go into the proof."""
    return _Search(open_, effort_pairs, stop).run()


class _Search:
    def __init__(self, open_: Open, effort_pairs: int, stop: Callable[[], bool]) -> None:
        self.open, self.effort_pairs, self.stop = open_, effort_pairs, stop
        self.groups = first_groups(open_)
        self.everything = np.ones(open_.pair.size, bool)
        self.every = max(2, open_.pair.size // (SAMPLE * max(open_.spare.size, 1)))
        self.flows = 0
        self.best: Found | None = None
        self.near = self.sifted() if open_.pair.size > FEW_PAIRS else self.everything

    def flow(self, allowed: Mask) -> tuple[Mask, int, Ints]:
        self.flows += 1
        taken, value = best_flow(self.open, self.groups, allowed)
        return taken, value, clashes_among(self.open, taken)

    def sifted(self) -> Mask:
        """Pairs that look cheap at the prices of a sample: with them the optimum is nearly whole."""
        sample = np.zeros(self.open.pair.size, bool)
        sample[:: self.every] = True
        taken, _, _ = self.flow(sample)
        reduced = self.reduced(prices_of(self.open, self.groups, sample, taken), taken)
        return sample | (reduced <= self.cheapest(reduced))

    def reduced(self, prices: Prices, taken: Mask) -> Ints:
        """Reduced costs (F,), those of taken pairs as 0."""
        return np.where(taken, 0, prices.entry + self.open.cost - prices.place[self.open.shift])

    def priced_flow(self) -> tuple[Mask, int, Ints, Prices]:
        """The flow among all pairs, by one among the near ones: what its prices show to be missing joins them."""
        while True:
            taken, value, clashes = self.flow(self.near)
            prices = prices_of(self.open, self.groups, self.near, taken)
            reduced = self.reduced(prices, taken)
            if not (reduced[~self.near] < 0).any():
                return taken, value, clashes, prices
            self.near = self.near | (reduced <= max(-1, self.cheapest(reduced)))

    def cheapest(self, reduced: Ints) -> int:
        """The reduced cost up to which the cheapest pairs are as many as the sample."""
        at = reduced.size // self.every
        return int(np.partition(reduced, at)[at])

    def keep(self, taken: Mask, value: int, allowed: Mask, prices: Prices | None = None) -> None:
        """A clash-free answer, if it is the cheapest so far; priced at once, while its groups stand."""
        if self.best is None or value < self.best.value:
            prices = prices or prices_of(self.open, self.groups, allowed, taken)
            self.best = Found(taken, value, value, prices, allowed, self.flows)

    def run(self) -> Found:
        taken, value, clashes, prices = self.priced_flow()
        bound = value
        for _ in range(RECUTS):
            if not len(clashes):
                break
            self.groups = recut(self.open, self.groups, clashes)
            taken, value, clashes, prices = self.priced_flow()
            bound = max(bound, value)
        if not len(clashes):
            self.keep(taken, value, self.everything, prices)
        else:
            bound = max(bound, self.narrow(self.reduced(prices, taken), value, clashes, prices))
        assert self.best is not None
        return replace(self.best, bound=min(bound, self.best.value), flows=self.flows)

    def narrow(self, reduced: Ints, value: int, clashes: Ints, prices: Prices) -> int:
        """Go down to a first answer, drop what no better answer can hold, then branch; gives the bound."""
        self.dive(clashes, prices)
        assert self.best is not None
        # A pair adds its reduced cost to the value of this flow at least.
        return self.branch(reduced < self.best.value - value, value, clashes)

    def dive(self, clashes: Ints, prices: Prices) -> None:
        """Forbid the dearer of each clashing two until nothing clashes: an answer, not a proof."""
        allowed = self.near.copy()
        worth = prices.place[self.open.shift] - self.open.cost
        while True:
            first = worth[clashes[:, 0]] < worth[clashes[:, 1]]
            allowed[np.where(first, clashes[:, 0], clashes[:, 1])] = False
            taken, value, clashes = self.flow(allowed)
            if not len(clashes):
                return self.keep(taken, value, allowed)

    def branch(self, allowed: Mask, value: int, clashes: Ints) -> int:
        """Of two clashing pairs one is absent from every answer: try both ways, the most promising first.

        Not begun where the effort does not even reach for both ways of each clash: the bound would hardly move.
        """
        assert self.best is not None
        waiting = [(value, n, (pair,)) for n, pair in enumerate(clashes[0].tolist())]
        each = max(int(allowed.sum()), 1)
        left = self.effort_pairs // each
        if left < 2 * len(clashes):
            return min(value, self.best.value)
        while waiting and waiting[0][0] < self.best.value:
            if not left or self.stop():
                return waiting[0][0]
            _, _, without = heapq.heappop(waiting)
            here = allowed.copy()
            here[list(without)] = False
            taken, value, clashes = self.flow(here)
            left -= 1
            if not len(clashes):
                self.keep(taken, value, here)
            elif value < self.best.value:
                for pair in clashes[0].tolist():
                    heapq.heappush(waiting, (value, 2 * self.flows + (pair == clashes[0, 1]), (*without, pair)))
        return self.best.value


def recut(open_: Open, groups: Ints, clashes: Ints) -> Ints:
    """Cut the pairs of the people who clash anew, so that those who clash share a group; still every two clash."""
    groups = groups.copy()
    seeds: dict[int, list[tuple[int, int]]] = {}
    for a, b in clashes.tolist():
        seeds.setdefault(int(open_.person[a]), []).append((a, b))
    people = np.array(sorted(seeds))
    firsts, ends = np.searchsorted(open_.person, people), np.searchsorted(open_.person, people, "right")
    for who, first, end in zip(people.tolist(), firsts.tolist(), ends.tolist()):
        shifts = open_.shift[first:end]
        starts = open_.market.starts[shifts].tolist()
        rested = (open_.market.ends[shifts] + open_.market.rest_minutes).tolist()
        pairs = [(a - first, b - first) for a, b in seeds[who]]
        groups[first:end] = first + np.array(_cut(starts, rested, pairs))
    return groups


def _cut(starts: list[int], rested: list[int], pairs: list[tuple[int, int]]) -> list[int]:
    """Cover intervals (by start) by cliques, the given pairs first: each is named by its first member.

    Intervals of a line clash by twos if and only if all have a point in common.
    """
    names = [-1] * len(starts)
    seeds = [list(p) for p in pairs] + [[i] for i in range(len(starts))]
    for seed in seeds:
        if any(names[i] >= 0 for i in seed):
            continue
        begin, end = max(starts[i] for i in seed), min(rested[i] for i in seed)
        members = list(seed)
        for i in range(len(starts)):
            if names[i] < 0 and i not in seed and starts[i] < end and begin < rested[i]:
                begin, end = max(begin, starts[i]), min(end, rested[i])
                members.append(i)
        for i in members:
            names[i] = min(members)
    return names
