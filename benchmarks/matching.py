"""People to shifts: ours from arrays to an explained answer, beside greedy and beside a plain LP by HiGHS.

What is invented, by a seed: where people and shifts are, wishes, skills, hours served, and who is eligible (at random,
so that sifting has no help from geography). "apart": no two shifts clash, so that LP and flow must have one optimum.
"clashing": mornings, afternoons, evenings, whole days and nights of a week with eight hours of rest; "tight": also as
many places as people may take at all. The peers keep no prices and give no reasons.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frame import Bench, timed
from lianfang.kernels.matching import Market, Matching, Weights, match, rematch

DAY, KINDS = 1440, ((8, 4), (13, 4), (18, 4), (8, 9), (20, 8))  # first hour, hours
WEIGHTS = Weights(1, 500, 300, 40, (0, 500, 1500))


def invented(people: int, shifts: int, each: int, *, seed: int = 1, load: float = 0.5) -> Market:
    """A clashing market of about people x each pairs; load, places asked per shift that people may take."""
    rng = np.random.default_rng(seed)
    degree = np.minimum(rng.poisson(each, people), shifts)
    person = np.repeat(np.arange(people), degree)
    shift = np.concatenate([rng.choice(shifts, d, replace=False) for d in degree])
    kind, most = np.array(KINDS)[rng.integers(0, len(KINDS), shifts)], rng.integers(1, 4, people)
    starts = kind[:, 0] * 60 + rng.integers(0, 7, shifts) * DAY
    homes, posts = rng.random((people, 2)) * 10_000, rng.random((shifts, 2)) * 10_000
    return Market(
        person,
        shift,
        np.hypot(*(homes[person] - posts[shift]).T).astype(np.int64),
        rng.integers(-3, 4, person.size),
        rng.integers(0, 3, person.size),
        np.zeros(person.size, bool),
        rng.integers(1, max(2, int(2 * load * most.sum() / shifts)), shifts),
        rng.integers(20_000, 60_000, shifts),
        starts,
        starts + kind[:, 1] * 60,
        most,
        rng.integers(0, 60, people),
        480,
        WEIGHTS,
    )


def apart(market: Market) -> Market:
    """The same market with each shift on a day of its own."""
    starts = np.arange(market.places.size) * 3 * DAY
    return replace(market, starts=starts, ends=starts + 240)


def cost_of(market: Market) -> np.ndarray:
    """Cost of the pairs without load."""
    w = market.weights
    return w.distance * market.distance_m + w.preference * market.preference + w.surplus * market.surplus


def steps_of(market: Market) -> np.ndarray:
    """Cost (P, K) of each person's further shifts."""
    width = int(market.most.max())
    nth = np.array([market.weights.nth[min(k, len(market.weights.nth) - 1)] for k in range(width)])
    return nth[None] + market.weights.served_hour * market.served_hours[:, None]


def greedy(market: Market) -> int:
    """What a coordinator does: the pair that helps most first, if there is place, limit and rest. Gives the cost."""
    cost, steps = cost_of(market), steps_of(market).tolist()
    gain = cost + steps_of(market)[market.person, 0] - market.urgency[market.shift]
    places, most, mine = market.places.tolist(), market.most.tolist(), [[] for _ in range(market.most.size)]
    starts, ends, rest = market.starts.tolist(), market.ends.tolist(), market.rest_minutes
    total = 0
    for e in np.argsort(gain, kind="stable").tolist():
        p, j = int(market.person[e]), int(market.shift[e])
        had = mine[p]
        if not places[j] or len(had) >= most[p]:
            continue
        if any(starts[j] < ends[a] + rest and starts[a] < ends[j] + rest for a in had):
            continue
        step = int(cost[e]) + steps[p][len(had)]
        if step < market.urgency[j]:
            had.append(j)
            places[j] -= 1
            total += step
    return total + int((np.array(places) * market.urgency).sum())


def linear(market: Market) -> dict[str, float]:
    """The market as an LP in a child process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "market.npz"
        given = {k: getattr(market, k) for k in ("person", "shift", "places", "urgency", "most")}
        np.savez(file, cost=cost_of(market), steps=steps_of(market), **given)
        command = [sys.executable, "-m", "benchmarks.matching_peer", str(file)]
        out = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(out.stdout)
    return answer


def median(work: Any, runs: int) -> tuple[float, Any]:
    """Median seconds of some runs, and what the last gave."""
    times = [timed(work) for _ in range(runs)]
    return statistics.median(t for t, _ in times), times[-1][1]


def measure(bench: Bench, name: str, market: Market, goal: float, runs: int, *, peer: bool) -> None:
    """One size: apart beside the LP, clashing beside greedy, a rematch after 50 cancellations."""
    free = apart(market)
    seconds, found = median(lambda: match(free), runs)
    if peer:
        answers = [linear(free) for _ in range(runs)]
        lp = statistics.median(a["seconds"] for a in answers)
        bench.row(f"{name}, apart, s", seconds, peer=lp, peer_name="HiGHS LP")
        bench.goal(
            f"{name}: one optimum with the LP, difference",
            found.total - answers[0]["total"],
            abs(found.total - answers[0]["total"]) < 0.5,
        )
    else:
        bench.row(f"{name}, apart, s", seconds)
    bench.goal(f"{name}, apart: proven, s (<= {goal})", seconds, seconds <= goal and found.is_proven)
    seconds, found = median(lambda: match(market), runs)
    slow, loss = timed(lambda: greedy(market))
    bench.row(f"{name}, clashing, s", seconds, peer=slow, peer_name="greedy")
    bench.row(f"{name}, clashing, cost", found.total, peer=loss, peer_name="greedy")
    bench.row(f"{name}, clashing, open places", float(found.unfilled.places.sum()))
    bench.row(f"{name}, clashing, gap to the bound, %", 100 * (found.total - found.bound) / found.bound)
    bench.goal(f"{name}, clashing, s (<= {goal})", seconds, seconds <= goal)
    again(bench, name, market, found, runs)


def again(bench: Bench, name: str, market: Market, found: Matching, runs: int) -> None:
    """50 people cancel one shift each."""
    gone = np.random.default_rng(2).choice(found.placed.pair, 50, replace=False)
    seconds, after = median(lambda: rematch(market, found.placed.pair, pairs=gone), runs)
    kept = np.isin(np.setdiff1d(found.placed.pair, gone), after.placed.pair).all()
    bench.goal(f"{name}: rematch after 50 cancellations, s (<= 0.3)", seconds, seconds <= 0.3 and bool(kept))


def main() -> None:
    """Both sizes and the tight one; each time is a median."""
    parser = argparse.ArgumentParser(prog="benchmarks.matching")
    parser.add_argument("--quick", action="store_true", help="the smaller size alone, one run")
    parser.add_argument("--large-peer", action="store_true", help="the LP at the larger size too: minutes")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    bench, runs = Bench("matching"), 1 if chosen.quick else 3
    print(f"load of the machine at the start: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")
    measure(bench, "5,000 x 300", invented(5000, 300, 60), 1.0, runs, peer=True)
    measure(bench, "5,000 x 300 tight", invented(5000, 300, 60, load=1.0), 1.0, runs, peer=True)
    if not chosen.quick:
        measure(bench, "20,000 x 800", invented(20_000, 800, 100), 6.0, runs, peer=chosen.large_peer)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.2f}")
    bench.show(chosen.json)


if __name__ == "__main__":
    main()
