"""What a search for a roster has found so far, and how much time it has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from lianfang.kernels.rostering.lines import Prices
from lianfang.kernels.rostering.sweeps import State
from lianfang.kernels.rostering.tables import Tables

ROUNDING = 1e-4  # a bound from floating point is lowered by this before it is rounded up


@dataclass
class Search:
    """The best roster and bound, the clock and the chance of one run.

    cells (T, S): the duals that gave the bound; values (P,): the least each person's line costs at them.
    """

    tables: Tables
    best: State
    rng: np.random.Generator
    clock: Callable[[], float]
    begun: float
    until: float
    workers: int = 1
    bound: float = -np.inf
    cells: Prices = field(default_factory=lambda: np.zeros((0, 0)))
    values: Prices = field(default_factory=lambda: np.zeros(0))
    progress: list[tuple[float, int, float]] = field(default_factory=list)

    def seconds(self) -> float:
        """Time since the beginning."""
        return self.clock() - self.begun

    def left(self) -> float:
        """Seconds that remain."""
        return self.until - self.clock()

    def over(self) -> bool:
        """Whether there is nothing more to do: the time is used up, or the best roster is proven."""
        return self.proven() or self.left() <= 0

    def proven(self) -> bool:
        """Whether the best roster costs no more than the bound; all costs are whole, so the bound is rounded up."""
        return self.bound > -np.inf and self.best.cost <= self.least()

    def least(self) -> float:
        """The least whole cost that the bound allows."""
        return ceil(self.bound - ROUNDING) if self.bound > -np.inf else -np.inf

    def raise_bound(self, bound: float, cells: Prices, values: Prices) -> None:
        """Take a bound if it is better."""
        if bound > self.bound:
            self.bound, self.cells, self.values = bound, cells.copy(), values.copy()
            self.progress.append((self.seconds(), self.best.cost, self.bound))

    def take(self, state: State) -> bool:
        """Take a roster if it is better; a copy."""
        if state.cost >= self.best.cost:
            return False
        self.best = State(state.roster.copy(), state.cover.copy(), state.cost)
        self.progress.append((self.seconds(), state.cost, self.bound))
        return True
