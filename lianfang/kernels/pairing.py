"""Pairing groups with helpers: each group has one helper, and the heads a helper looks after are balanced."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
MOST_NODES = 20_000  # of the search that proves the best: about half a second


@dataclass(frozen=True)
class Pairing:
    """For each group the index of its helper; what each helper looks after then; the least that the most can be.

    is_best: proven that no pairing leaves the most loaded helper with fewer heads.
    """

    helper: tuple[int, ...]
    loads: tuple[int, ...]
    bound: int
    is_best: bool


def pair(heads: Ints, loads: Ints) -> Pairing:
    """Groups to helpers so that the largest load is least; of such pairings one whose loads are near each other.

    Takes:   heads (N,) int >= 0 of the groups; loads (M,) int >= 0 the helpers have already; M >= 1.
    Gives:   a helper for each group. The second aim (sum of squares of the loads) is improved, not proven.
    Raises:  ValueError for negative numbers, or groups without a helper.
    Edge:    no group: nothing is paired, and it is best. Equal groups go to helpers in their order: the same input
             gives the same pairing.
    Source:  docs/sources.md#pairing (longest first, then moves and swaps; depth-first search with bounds)
    """
    if (heads < 0).any() or (loads < 0).any() or not loads.size:
        raise ValueError("heads and loads are numbers from 0, and there is a helper")
    order = np.argsort(-heads, kind="stable")
    helper = np.zeros(heads.size, np.int64)
    now = loads.astype(np.int64).copy()
    for g in order:
        helper[g] = int(np.argmin(now))
        now[helper[g]] += heads[g]
    _improve(heads, helper, now)
    bound = _bound(heads, loads)
    best = int(now.max()) == bound
    if not best:
        found, best = _search(heads[order], loads, bound, int(now.max()))
        if found is not None:
            helper[order] = found
            now = loads + np.bincount(helper, weights=heads, minlength=loads.size).astype(np.int64)
            _improve(heads, helper, now)
    return Pairing(tuple(map(int, helper)), tuple(map(int, now)), int(now.max()) if best else bound, best)


def _bound(heads: Ints, loads: Ints) -> int:
    """What the largest load cannot be less than: the mean, a helper's own, the largest group, two on one helper."""
    total, m = int(heads.sum() + loads.sum()), loads.size
    least = [-(-total // m), int(loads.max())]
    if heads.size:
        least.append(int(heads.max() + loads.min()))
    if heads.size > m:  # of the m + 1 largest, two share a helper: at least the two smallest of them
        top = np.sort(heads)[::-1][: m + 1]
        least.append(int(top[-1] + top[-2] + loads.min()))
    return max(least)


def _improve(heads: Ints, helper: Ints, loads: Ints) -> None:
    """Move a group, or swap two, while the largest load or the sum of squares falls. In place."""
    while True:
        step = _best_step(heads, helper, loads)
        if step is None:
            return
        for g, to in step:
            loads[helper[g]] -= heads[g]
            loads[to] += heads[g]
            helper[g] = to


def _best_step(heads: Ints, helper: Ints, loads: Ints) -> list[tuple[int, int]] | None:
    """The step by which the sum of squares falls most without a larger largest load; none where none falls."""
    best, found = 0, None
    for a in range(heads.size):
        for to in range(loads.size):
            d = int(heads[a])
            gain = 2 * d * (int(loads[helper[a]]) - int(loads[to]) - d)
            if gain > best:
                best, found = gain, [(a, to)]
        for b in range(a + 1, heads.size):
            d = int(heads[a] - heads[b])
            gain = 2 * d * (int(loads[helper[a]]) - int(loads[helper[b]]) - d) if helper[a] != helper[b] else 0
            if gain > best:
                best, found = gain, [(a, int(helper[b])), (b, int(helper[a]))]
    return found


def _search(heads: Ints, loads: Ints, bound: int, most: int) -> tuple[Ints | None, bool]:
    """A pairing whose largest load is below `most`, the least of all; and whether the search came to its end.

    heads: the largest first. Helpers with equal loads are tried once.
    """
    now, chosen = [int(x) for x in loads], np.zeros(heads.size, np.int64)
    rest = [int(x) for x in heads[::-1].cumsum()[::-1]] + [0]
    state = {"most": most, "nodes": 0}
    found: list[Ints] = []

    def place(k: int) -> None:
        state["nodes"] += 1
        if state["nodes"] > MOST_NODES or state["most"] == bound:
            return
        if k == heads.size:
            state["most"] = max(now)
            found[:] = [chosen.copy()]
            return
        if sum(state["most"] - 1 - x for x in now) < rest[k]:
            return  # what is left does not fit below the best so far
        tried = set()
        for m in sorted(range(len(now)), key=now.__getitem__):
            if now[m] in tried or now[m] + int(heads[k]) >= state["most"]:
                continue
            tried.add(now[m])
            now[m] += int(heads[k])
            chosen[k] = m
            place(k + 1)
            now[m] -= int(heads[k])

    place(0)
    done = state["nodes"] <= MOST_NODES
    return (found[0] if found else None), done or state["most"] == bound
