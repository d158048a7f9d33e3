"""Dial-a-ride: published instances against OR-Tools routing at the same seconds, and against the best known.

    python -m benchmarks.rides --data FOLDER [--only a2-16,R3a] [--quick] [--seconds S] [--no-peers] [--json FILE]

FOLDER holds darp/NAME.txt (Cordeau and Laporte) and darp/best_known.csv. Violations and costs are counted by a checker
of this folder's own (`rides_check.py`), which shares no line with the kernel, in doubles: travel is rounded up and
costs to the nearest at a ten-thousandth of a minute for both solvers. PyVRP and VROOM cannot state a ride limit; what
they give is not a dial-a-ride plan, so they are not run. Both solvers have the machine's two cores to themselves: ours
searches with two threads, OR-Tools routing, which has one, runs two strategies side by side and the better counts.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frame import Bench, timed
from benchmarks.rides_check import Instance, judged, read
from lianfang.kernels.rides import Cleaning, Problem, Requests, Vehicles, faults, propose_rides

FOLDER = Path(__file__).resolve().parents[2] / "shared/benchmarks/person-transport"
SCALE = 10_000
# instance: (seconds, most percent above the best known)
GOALS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("a2-16", "a3-24", "a4-32", "a4-48", "b2-16", "b4-40"), (10, 0.5)),
    **dict.fromkeys(("a6-60", "a8-96", "b6-60"), (30, 1.5)),
    **dict.fromkeys(("R1a", "R3a", "R5a"), (30, 3.0)),
}
QUICK = ("a2-16", "a4-48", "b4-40")
PEERS = ("parallel-cheapest", "local-cheapest")


def scaled(instance: Instance) -> dict[str, Any]:
    """Whole numbers both solvers get: duration rounded up, so that what is kept here is kept in doubles."""
    nodes = range(2 * instance.requests + 1)
    way = np.array([[instance.way(a, b) for b in nodes] for a in nodes]) * SCALE
    column = np.array(instance.node) * SCALE
    return {
        "duration": np.ceil(way - 1e-6).astype(np.int64),
        "cost": np.rint(way).astype(np.int64),
        "service": column[:, 2].astype(np.int64),
        "load": np.array([int(x[3]) for x in instance.node]),
        "window": column[:, 4:6].astype(np.int64),
        "ride": int(instance.ride * SCALE),
        "longest": int(instance.duration * SCALE),
        "depot": tuple(int(x * SCALE) for x in instance.depot),
    }


def problem_of(instance: Instance) -> Problem:
    """A published instance as a problem of ours."""
    x, n, m = scaled(instance), instance.requests, instance.vehicles
    requests = Requests.of(
        np.arange(1, n + 1),
        np.arange(n + 1, 2 * n + 1),
        pickup_window=x["window"][1 : n + 1],
        dropoff_window=x["window"][n + 1 :],
        pickup_service=x["service"][1 : n + 1],
        dropoff_service=x["service"][n + 1 :],
        load=x["load"][1 : n + 1, None],
        max_ride=x["ride"],
    )
    shift, room = np.tile(np.array(x["depot"]), (m, 1)), np.full((m, 1), instance.capacity)
    vehicles = Vehicles.of(np.zeros(m), np.zeros(m), room, shift=shift, max_duration=x["longest"])
    return Problem(requests, vehicles, x["duration"], x["cost"], Cleaning.none())


def ours(instance: Instance, seconds: float, seed: int, workers: int) -> dict[str, Any]:
    """Our plan, judged by the checker."""
    problem, rng = problem_of(instance), np.random.default_rng(seed)
    took, plan = timed(
        lambda: propose_rides(problem, seconds=seconds, rng=rng, clock=time.perf_counter, workers=workers)
    )
    assert not faults(problem, plan), "the kernel's own judge finds a fault"
    tours = [
        (
            r.start_at / SCALE,
            [(int(s) + 1, b / SCALE) for s, b in zip(r.stops, r.begin.tolist())],
            r.end_at / SCALE,
        )
        for r in plan.routes
    ]
    wrong, cost = judged(instance, tours)
    return {"cost": cost, "violations": len(wrong), "wrong": wrong[:3], "took": took}


def peers(file: Path, instance: Instance, seconds: float) -> dict[str, Any]:
    """OR-Tools routing, two strategies side by side; the cheapest plan that carries everybody."""
    command = [sys.executable, "-m", "benchmarks.rides_peer"]
    running = [
        subprocess.Popen([*command, p, str(file), str(seconds)], stdout=subprocess.PIPE, text=True) for p in PEERS
    ]
    best: dict[str, Any] = {"cost": inf, "violations": 0}
    for process in running:
        out, _ = process.communicate()
        tours = json.loads(out.splitlines()[-1]) if process.returncode == 0 and out else None
        if tours is not None:
            wrong, cost = judged(instance, [(s, [(int(a), b) for a, b in tour], e) for s, tour, e in tours])
            if not wrong and cost < best["cost"]:
                best = {"cost": cost, "violations": 0}
    return best


def measured(bench: Bench, chosen: argparse.Namespace, name: str, best: float) -> None:
    """One instance: ours over the seeds (median), the peer, and the goals."""
    file = chosen.data / f"darp/{name}.txt"
    seconds, most = GOALS[name]
    seconds = chosen.seconds or seconds
    instance = read(file)
    runs = [ours(instance, seconds, 1 + k, chosen.workers) for k in range(chosen.seeds)]
    cost = float(np.median([r["cost"] for r in runs]))
    gap, wrong = 100 * (cost / best - 1), sum(r["violations"] for r in runs)
    peer = {"cost": inf} if chosen.no_peers else peers(file, instance, seconds)
    each = " ".join(f"{r['cost']:.2f}" for r in runs)
    beside = "" if chosen.no_peers else f"  OR-Tools {peer['cost']:.2f} ({100 * (peer['cost'] / best - 1):+.2f} %)"
    print(
        f"{name:6} @{seconds:.0f} s  best {best:.2f}  ours {each} ({gap:+.2f} %, {wrong} violations){beside}",
        flush=True,
    )
    for r in runs:
        for what in r["wrong"]:
            print(f"       {what}")
    if peer["cost"] < inf:
        bench.row(f"{name} @{seconds:.0f} s", cost, peer=peer["cost"], peer_name="OR-Tools")
    if not chosen.no_peers:
        bench.goal(f"{name}: not behind OR-Tools", cost, cost <= peer["cost"] + 1e-6)
    bench.row(f"{name} @{seconds:.0f} s (PyVRP, VROOM: cannot state ride limits)", cost, limit=best)
    bench.goal(f"{name}: violations by the checker", wrong, wrong == 0)
    bench.goal(f"{name}: percent above the best known, at most {most}", gap, gap <= most)


def main() -> None:
    """Read the arguments, compile, then one instance after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks.rides")
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--only", type=lambda t: t.split(","), help="names of instances")
    parser.add_argument("--quick", action="store_true", help="three small instances")
    parser.add_argument("--seconds", type=float, help="instead of each instance's own")
    parser.add_argument("--seeds", type=int, default=1, help="runs of ours; the median counts")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with (chosen.data / "darp/best_known.csv").open(encoding="utf-8") as file:
        best = {r["instance"]: float(r["best_known_cost"]) for r in csv.DictReader(file)}
    there = [name for name in GOALS if (chosen.data / f"darp/{name}.txt").exists()]
    bench = Bench("rides")
    compiled, _ = timed(lambda: ours(read(chosen.data / f"darp/{there[0]}.txt"), 0.2, 1, 1))
    print(f"compiling or reading the cache, and a fifth of a second of search: {compiled:.1f} s")
    for name in chosen.only or (QUICK if chosen.quick else there):
        measured(bench, chosen, name, best[name])
    bench.show(chosen.json)


if __name__ == "__main__":
    main()
