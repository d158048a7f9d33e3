"""A search for routes: threads that cool ruin and recreate, one of which first tries to do with fewer vehicles."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from lianfang.kernels.routing import ruin
from lianfang.kernels.routing.model import Model, Routes, improve
from lianfang.kernels.routing.problem import Ints
from lianfang.kernels.routing.rows import Rows, rows_of
from lianfang.kernels.routing.tables import Narrow, Tables

HOT, COLD = 1.0, 0.01  # heat at the beginning and end, in mean costs of a leg
MEAN = 10.0  # visits taken out by a change
SHRINK_SHARE = 0.5  # of the time, at most, for fewer vehicles
SHRINK_HEAT = 0.1
MOST_STEPS = 4000
WORK = 400_000  # visits handled between two looks at the clock


@dataclass
class Best:
    """The best rows of all threads: tasks left out weigh most, then (if asked) vehicles, then cost."""

    row: Narrow
    size: Ints
    left_out: int
    vehicles: int
    cost: int

    def key(self, fewest: bool) -> tuple[int, int, int]:
        """What is compared."""
        return (self.left_out, self.vehicles, self.cost) if fewest else (self.left_out + self.cost, 0, 0)


@dataclass
class Search:
    """What threads share. hidden (T,): tasks nobody tries; fewest: vehicles before cost; bound: of vehicles."""

    tables: Tables
    clock: Callable[[], float]
    begun: float
    seconds: float
    stop: Callable[[], bool]
    fewest: bool
    bound: int
    best: Best
    shrinking: bool = False
    progress: list[tuple[float, int, int]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def paired(self) -> bool:
        """Whether there are shipments."""
        return bool((self.tables.mate >= 0).any())

    def part(self) -> float:
        """How much of the time is used, 1 at its end."""
        if self.stop() or self.seconds <= 0:
            return 1.0
        return min((self.clock() - self.begun) / self.seconds, 1.0)

    def take(self, row: Narrow, size: Ints, left_out: int, cost: int) -> bool:
        """Take rows if they are better; a copy."""
        found = Best(row, size, left_out, int((size > 0).sum()), cost)
        with self.lock:
            if found.key(self.fewest) >= self.best.key(self.fewest):
                return False
            self.best = Best(row.copy(), size.copy(), left_out, found.vehicles, cost)
            self.progress.append((self.clock() - self.begun, found.vehicles, cost + left_out))
            return True


def begin_search(
    tables: Tables,
    start: tuple[Narrow, Ints] | None,
    *,
    clock: Callable[[], float],
    seconds: float,
    stop: Callable[[], bool],
    fewest: bool,
    bound: int,
    hidden: Ints,
) -> Search:
    """A search from given rows, or from none, with whatever fits put in where it costs least."""
    begun = clock()
    tables.allowed[hidden] = 0
    s, chance = rows_of(tables), seed_of(0)
    if start is not None:
        ruin.load_rows(tables, s, *start)
    ruin.fill(tables, s, chance)
    best = Best(s.row.copy(), s.size.copy(), _left_out(tables, s), int((s.size > 0).sum()), int(s.cost.sum()))
    found = Search(tables, clock, begun, seconds, stop, fewest, bound, best)
    found.progress.append((clock() - begun, best.vehicles, best.cost + best.left_out))
    return found


def run(search: Search, seed: int, workers: int, model: Callable[[Ints], Model | None]) -> None:
    """Search with threads until the time is used; the last of several goes over to PyVRP where routes are long."""
    if not search.tables.penalty.size or not search.tables.kind.size:
        return
    search.shrinking = search.fewest and search.best.vehicles > search.bound
    if workers == 1:
        _work(search, seed, True)
        return
    with ThreadPoolExecutor(workers) as pool:
        every = [pool.submit(_work, search, seed + w, True) for w in range(workers - 1)]
        every.append(pool.submit(_mixed, search, seed + workers - 1, model))
        for done in every:
            done.result()


def seed_of(seed: int) -> np.ndarray:
    """The one word of chance."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)


def _work(search: Search, seed: int, shrinks: bool) -> None:
    """One thread: fewer vehicles while that pays, then cooling."""
    s, chance = rows_of(search.tables), seed_of(seed)
    if shrinks and search.shrinking:
        _shrink(search, s, chance)
    _cool(search, s, chance)


def _mixed(search: Search, seed: int, model: Callable[[Ints], Model | None]) -> None:
    """A thread that leaves the cooling to PyVRP, the better half where times bind and nothing is paired (measured)."""
    s, chance = rows_of(search.tables), seed_of(seed)
    if search.shrinking:
        _shrink(search, s, chance)
    with search.lock:
        best = search.best
    given, kind, used = None, search.tables.kind, best.size > 0
    if search.tables.timed and not search.paired and best.left_out == 0:
        given = model(np.bincount(kind[used] if search.fewest else kind, minlength=search.tables.unit.size))
    if given is None:
        _cool(search, s, chance)
        return
    rows = [(int(kind[r]), best.row[r, : best.size[r]].tolist()) for r in np.flatnonzero(used)]

    def told(routes: Routes) -> None:
        row, size = np.zeros_like(s.row), np.zeros_like(s.size)
        for k, stops in routes:
            r = int(np.flatnonzero((kind == k) & (size == 0))[0])
            row[r, : len(stops)], size[r] = stops, len(stops)
        _publish(search, row, size)

    improve(given, rows, seed=seed, over=lambda: search.part() >= 1.0, found=told)


def _shrink(search: Search, s: Rows, chance: np.ndarray) -> None:
    """Row after row: leave its tasks out and find places for them elsewhere, until the time for this is used."""
    t = search.tables
    s.missed[:] = 1
    while search.part() < SHRINK_SHARE and search.best.vehicles > search.bound:
        _load(search, s)
        hidden = s.counts[0]
        if hidden:
            break
        ruin.drop_row(t, s, _easiest(t, s))
        heat = SHRINK_HEAT * _leg(t, s)
        goal, done = int((s.size > 0).sum()), False
        while not done and search.part() < SHRINK_SHARE and search.best.vehicles > goal:
            done = bool(ruin.shrink(t, s, chance, _steps(t), heat, MEAN))
        if done:
            search.take(s.row, s.size, _left_out(t, s), int(s.cost.sum()))
    search.shrinking = False


def _cool(search: Search, s: Rows, chance: np.ndarray) -> None:
    """Cooling until the time is used; rows with fewer vehicles found elsewhere are gone on with."""
    t = search.tables
    _load(search, s)
    row, size = s.row.copy(), s.size.copy()
    best, vehicles, leg = int(ruin.total(t, s)), search.best.vehicles, _leg(t, s)
    while (part := search.part()) < 1.0:
        if search.fewest and search.best.vehicles < vehicles:
            _load(search, s)
            row[:], size[:] = s.row, s.size
            best, vehicles, leg = int(ruin.total(t, s)), search.best.vehicles, _leg(t, s)
        heat = leg * HOT * (COLD / HOT) ** part
        found = int(ruin.cool(t, s, chance, _steps(t), heat, MEAN, row, size, best))
        if found < best:
            best = found
            _publish(search, row, size)


def _publish(search: Search, row: Narrow, size: Ints) -> None:
    """Tell the others of rows."""
    t = search.tables
    cost, left = ruin.weigh(t, row, size)
    search.take(row, size, int(left), int(cost))


def _load(search: Search, s: Rows) -> None:
    """Go on from the best rows; vehicles beyond them are shut where the fewest are asked for."""
    with search.lock:
        best = search.best
    ruin.load_rows(search.tables, s, best.row, best.size)
    s.shut[:] = (s.size == 0) if search.fewest and best.left_out == 0 else 0


def _easiest(t: Tables, s: Rows) -> int:
    """The row whose tasks were missed least so far, and of those the one with fewest visits."""
    rows = np.flatnonzero(s.size > 0)
    missed = [int(s.missed[[v for v in s.row[r, : s.size[r]] if v < t.penalty.size]].sum()) for r in rows]
    return int(rows[np.argmin(missed)])


def _leg(t: Tables, s: Rows) -> float:
    """What a leg costs on average."""
    return float(
        max((s.cost.sum() - t.fixed[t.kind[s.size > 0]].sum()) / max(s.size.sum() + (s.size > 0).sum(), 1), 1e-9)
    )


def _left_out(t: Tables, s: Rows) -> int:
    return int(t.penalty[s.absent[: s.counts[0]]].sum())


def _steps(t: Tables) -> int:
    return min(max(WORK // max(t.mate.size, 1), 10), MOST_STEPS)
