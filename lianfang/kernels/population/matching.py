"""Nearest free partner by age: the one step from which households are built, exact in its counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def nearest_distinct(targets: Floats, values: Floats) -> Ints:
    """For each target a place in the sorted values, no place twice, in the order of the targets and near to them.

    Takes:   targets (n,); values (m,) ascending, m >= n.
    Gives:   places (n,) int, all different; a smaller target never gets a larger value.
    Raises:  ValueError when m < n.
    Edge:    a crowd of equal targets is spread to both sides of its value.
    Source:  own: the mean of the two greedy fits, pushed up only and pushed down only; both keep the order strictly,
             and the whole mean of two strictly rising sequences rises strictly too.
    """
    n, m = targets.shape[0], values.shape[0]
    if m < n:
        raise ValueError("fewer values than targets")
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(targets, kind="stable")
    step = np.arange(n)
    wish = np.searchsorted(values, targets[order]) - step
    up = np.clip(np.maximum.accumulate(wish), 0, m - n) + step
    down = np.clip(np.minimum.accumulate(wish[::-1])[::-1], 0, m - n) + step
    places = np.empty(n, dtype=np.int64)
    places[order] = (up + down) // 2
    return places


class Crowd:
    """Persons sorted by age, each free until settled in a household. The only mutable value of the generator.

    age (N,) ascending years with fraction; sex (N,) 1 or 2; home (N,) household or -1; free (N,) bool.
    """

    def __init__(self, age: Floats, sex: NDArray[np.int8]) -> None:
        self.age, self.sex = age, sex
        self.home = np.full(age.shape[0], -1, dtype=np.int64)
        self.free = np.ones(age.shape[0], dtype=np.bool_)

    def pool(self, low: float, high: float, sex: int = 0) -> Ints:
        """Free persons of low <= age < high, of one sex or of both (0), by rising age."""
        a, b = np.searchsorted(self.age, [low, high])
        is_free = self.free[a:b] if sex == 0 else self.free[a:b] & (self.sex[a:b] == sex)
        return np.flatnonzero(is_free) + int(a)

    def take(self, targets: Floats, pool: Ints, homes: Ints, tolerance: float = 200.0) -> Ints:
        """Settle for each target age the nearest person of a pool in the household of the same place.

        Gives:   persons (n,), -1 where the pool is exhausted or nobody within tolerance (years) is left.
        Edge:    if the pool is smaller than n, the earlier targets are served.
        """
        chosen = np.full(targets.shape[0], -1, dtype=np.int64)
        served = min(targets.shape[0], pool.shape[0])
        found = pool[nearest_distinct(targets[:served], self.age[pool])]
        near = np.abs(self.age[found] - targets[:served]) <= tolerance
        chosen[:served] = np.where(near, found, -1)
        self.settle(chosen, homes)
        return chosen

    def settle(self, persons: Ints, homes: Ints) -> None:
        """Put persons (n,) into homes (n,); -1 is nobody."""
        real = persons >= 0
        self.home[persons[real]] = homes[real]
        self.free[persons[real]] = False

    def ages_of(self, persons: Ints) -> Floats:
        """Ages of persons (n,), NaN for -1."""
        return np.where(persons >= 0, self.age[persons], np.nan)
