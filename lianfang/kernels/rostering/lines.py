"""The best legal line of one person for given prices of cells: a dynamic programme, day by day, exact.

A state after some days is what the rules still ask about the past: the run (which class of shift was last and the days
worked in a row, or the days off up to the minimum), the weekends worked, the duties that count against limits, and the
minutes in units of the common divisor of shift lengths. Shifts that the rules cannot tell apart for this person are one
bundle, of which each day only the cheapest cell counts. Minutes run only over what can still end within their bounds
(tables `low` and `high`), so dead ends are never opened.

All that is compiled stands in this file: numba renews its copy on disk when the file of a function changes, not when
the file of a function that it calls does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.rostering.compiled import compiled

Prices = NDArray[np.float64]
Ints = NDArray[np.int32]


class Legal(NamedTuple):
    """The rules of one person as arrays: T days, S shifts, B bundles, R run states, W weekend counts, K counts."""

    may: NDArray[np.bool_]  # (T, S + 1), the last column is off
    bundle: Ints  # (S,) the bundle of a shift
    units: Ints  # (B + 1,) minutes in units, 0 for off
    step: Ints  # (R, B + 1) the run state after a shift of the bundle or off; -1 never, -2 - r: r if no day was off
    run: Ints  # (R,) days worked in a row, 0 in states off
    tally: Ints  # (K, B) the count after a shift of the bundle, -1 beyond a limit
    weekend: Ints  # (T,) 1 on a Saturday, 2 on a Sunday
    low: Ints  # (T + 1, R, W) fewest units from which the end can be reached
    high: Ints  # (T + 1, R, W) most units; below low where the state is dead
    sizes: Ints  # R, W, K, width of units, first run state, whether the days before day 0 are known


@compiled
def weekend_added(kind: int, day: int, run: int) -> int:
    """1 if duty on this day begins a worked weekend: a Saturday, or a Sunday after a Saturday off or before day 0."""
    if kind == 1:
        return 1
    return 1 if kind == 2 and (run == 0 or day == 0) else 0


@compiled
def run_after(step: Any, run: Any, known: int, state: int, bundle: int, day: int) -> Any:
    """The run state after a day, or -1: a block that began on day 0 with an unknown past may end before its minimum."""
    to = step[state, bundle]
    if to < -1:
        return -2 - to if run[state] == day and known == 0 else -1
    return to


@compiled
def reach(may: Any, units: Any, step: Any, run: Any, weekend: Any, bundle: Any, sizes: Any) -> Any:
    """Most units worked up to each state and still to be worked from it, (2, T + 1, R, W); -1 where there is no way."""
    days, states, weeks, known = may.shape[0], sizes[0], sizes[1], sizes[5]
    width = units.shape[0]
    found = np.full((2, days + 1, states, weeks), -1, np.int32)
    found[0, 0, sizes[4], 0] = 0
    found[1, days] = 0
    opened = np.zeros((days, width), np.bool_)
    for day in range(days):
        opened[day, width - 1] = may[day, may.shape[1] - 1]
        for shift in range(bundle.shape[0]):
            opened[day, bundle[shift]] |= may[day, shift]
    for back in range(2):
        for i in range(days):
            day = days - 1 - i if back else i
            for state in range(states):
                for b in range(width):
                    to = run_after(step, run, known, state, b, day)
                    if to < 0 or not opened[day, b]:
                        continue
                    more = weekend_added(weekend[day], day, run[state]) if b < width - 1 else 0
                    for week in range(weeks - more):
                        if back and found[1, day + 1, to, week + more] >= 0:
                            got = found[1, day + 1, to, week + more] + units[b]
                            found[1, day, state, week] = max(found[1, day, state, week], got)
                        if not back and found[0, day, state, week] >= 0:
                            got = found[0, day, state, week] + units[b]
                            found[0, day + 1, to, week + more] = max(found[0, day + 1, to, week + more], got)
    return found


@compiled
def cheapest(legal: Legal, prices: Prices) -> tuple[Prices, Ints]:
    """Of each bundle and day the cheapest cell (T, B + 1) and its shift; infinite where none may be."""
    days, shifts = legal.may.shape[0], legal.may.shape[1] - 1
    off = legal.units.shape[0] - 1
    best = np.full((days, off + 1), np.inf)
    which = np.full((days, off + 1), -1, np.int32)
    for day in range(days):
        if legal.may[day, shifts]:
            best[day, off] = prices[day, shifts]
        for shift in range(shifts):
            b = legal.bundle[shift]
            if legal.may[day, shift] and prices[day, shift] < best[day, b]:
                best[day, b] = prices[day, shift]
                which[day, b] = shift
    return best, which


@compiled
def push(now: Any, then: Any, back: Any, at: int, to: int, steps: int, price: float, code: int) -> None:
    """Cells now[at : at + steps] with a price into then[to : ...] where they are better, and from where they came."""
    for i in range(steps):
        value = now[at + i] + price
        better = value < then[to + i]
        then[to + i] = value if better else then[to + i]
        back[to + i] = code if better else back[to + i]


@compiled
def alive(now: Any, at: int, steps: int) -> bool:
    """Whether any of these cells has been reached."""
    for i in range(at, at + steps):  # noqa: SIM110 (compiled: a generator is slower)
        if now[i] < np.inf:
            return True
    return False


@compiled
def sweep_day(legal: Legal, day: int, best: Prices, now: Prices, then: Prices, back: Any) -> None:
    """All moves of one day: now and then are (R * W * K * width) costs before and after it."""
    states, weeks, counts, width, _, known = legal.sizes
    bundles = legal.units.shape[0]
    for state in range(states):
        for week in range(weeks):
            low, high = legal.low[day, state, week], legal.high[day, state, week]
            for count in range(counts):
                at = ((state * weeks + week) * counts + count) * width
                if high < low or not alive(now, at, high - low + 1):
                    continue
                for b in range(bundles):
                    to = run_after(legal.step, legal.run, known, state, b, day)
                    duty = b < bundles - 1
                    more = legal.tally[count, b] if duty else count
                    after = week + (weekend_added(legal.weekend[day], day, legal.run[state]) if duty else 0)
                    if to < 0 or more < 0 or after >= weeks or best[day, b] == np.inf:
                        continue
                    base, units = legal.low[day + 1, to, after], legal.units[b]
                    first = max(low, base - units)
                    steps = min(high, legal.high[day + 1, to, after] - units) - first + 1
                    goal = ((to * weeks + after) * counts + more) * width + first + units - base
                    push(now, then, back, at + first - low, goal, steps, best[day, b], state * bundles + b)


@compiled
def traced(legal: Legal, best: Prices, which: Ints, back: Any, end: int) -> Any:
    """The line (T,) that ends in a cell, found backwards."""
    _, weeks, counts, width, _, _ = legal.sizes
    bundles, days = legal.units.shape[0], legal.may.shape[0]
    line = np.full(days, -1, np.int16)
    cell, count, pair = end % width, end // width % counts, end // width // counts
    state, week = pair // weeks, pair % weeks
    for i in range(days):
        day = days - 1 - i
        code = back[day, ((state * weeks + week) * counts + count) * width + cell]
        before, b = code // bundles, code % bundles
        units = legal.low[day + 1, state, week] + cell - legal.units[b]
        if b < bundles - 1:
            line[day] = which[day, b]
            week -= weekend_added(legal.weekend[day], day, legal.run[before])
            past = 0
            while legal.tally[past, b] != count:
                past += 1
            count = past
        state = before
        cell = units - legal.low[day, state, week]
    return line


@compiled
def best_line(legal: Legal, prices: Prices) -> tuple[float, Any]:
    """The cheapest line that keeps the rules of `legal`, and its cost; infinite, and off throughout, if there is none.

    Takes: prices (T, S + 1), the cost of each cell, the last column for off.
    """
    states, weeks, counts, width, first, _ = legal.sizes
    days = legal.may.shape[0]
    size = states * weeks * counts * width
    if size == 0:
        return np.inf, np.full(days, -1, np.int16)
    best, which = cheapest(legal, prices)
    back = np.empty((days, size), np.int16)
    now, then = np.full(size, np.inf), np.full(size, np.inf)
    now[first * weeks * counts * width - legal.low[0, first, 0]] = 0.0
    for day in range(days):
        then[:] = np.inf
        sweep_day(legal, day, best, now, then, back[day])
        now, then = then, now
    end = int(np.argmin(now))
    if now[end] == np.inf:
        return np.inf, np.full(days, -1, np.int16)
    return now[end], traced(legal, best, which, back, end)


@compiled
def put(cover: Any, line: Any, by: int) -> None:
    """Add a line to the cover, or take it away (by -1)."""
    for day in range(line.shape[0]):
        if line[day] >= 0:
            cover[day, line[day]] += by


@compiled
def marginal(wishes: Prices, cover: Any, heads: Any, under: Prices, over: Prices) -> Prices:
    """Costs of one more person in each cell (T, S + 1)."""
    prices = wishes.copy()
    for day in range(cover.shape[0]):
        for shift in range(cover.shape[1]):
            short = cover[day, shift] < heads[day, shift]
            prices[day, shift] += -under[day, shift] if short else over[day, shift]
    return prices


@compiled
def line_cost(prices: Prices, line: Any) -> float:
    """The sum of a line's cells; off is the last column."""
    total = 0.0
    for day in range(line.shape[0]):
        total += prices[day, line[day]]
    return total


@compiled
def response(
    legal: Legal, wishes: Prices, cover: Any, heads: Any, under: Prices, over: Prices, noise: Prices, scale: float
) -> Any:
    """The true marginal prices, the noisy ones, and the best line at the noisy ones; cover is without the person."""
    prices = marginal(wishes, cover, heads, under, over)
    noisy = prices + scale * noise
    cost, line = best_line(legal, noisy)
    return prices, noisy, cost, line


@compiled
def breaks(groups: Any, most: Any, line: Any) -> bool:
    """Whether a line (T,) has more duties of a group (G, S) than its most."""
    for g in range(groups.shape[0]):
        total = 0
        for day in range(line.shape[0]):
            if line[day] >= 0 and groups[g, line[day]]:
                total += 1
        if total > most[g]:
            return True
    return False
