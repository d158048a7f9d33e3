"""What a search for a roster has found so far, and how much time it has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from threading import Lock

import numpy as np

from lianfang.kernels.rostering.lines import Prices
from lianfang.kernels.rostering.sweeps import State
from lianfang.kernels.rostering.tables import Tables

ROUNDING = 1e-4  # a bound from floating point is lowered by this before it is rounded up


class Board:
    """Where searches beside each other leave the best roster they know, and learn that it is time to end."""

    def __init__(self, best: State) -> None:
        self.best = best
        self.closed = False
        self.lock = Lock()

    def leave(self, state: State) -> None:
        """Leave a roster, which nobody changes any more, if it is better."""
        with self.lock:
            if state.cost < self.best.cost:
                self.best = state

    def close(self) -> None:
        """Let every search end at its next look."""
        self.closed = True


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
    board: Board | None = None
    bound: float = -np.inf
    cells: Prices = field(default_factory=lambda: np.zeros((0, 0)))
    values: Prices = field(default_factory=lambda: np.zeros(0))
    progress: list[tuple[float, int, float]] = field(default_factory=list)

    def seconds(self) -> float:
        """Time since the beginning."""
        return self.clock() - self.begun

    def left(self) -> float:
        """Seconds that remain."""
        return 0.0 if self.board is not None and self.board.closed else self.until - self.clock()

    def over(self) -> bool:
        """Whether there is nothing more to do: the time is used up, or the best roster is proven."""
        return self.proven() or self.left() <= 0

    def proven(self) -> bool:
        """Whether the best roster of all costs no more than the bound, rounded up as all costs are whole."""
        cost = self.best.cost if self.board is None else min(self.best.cost, self.board.best.cost)
        return self.bound > -np.inf and cost <= self.least()

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
        if self.board is not None:
            self.board.leave(self.best)
        return True
