"""Routes: published instances beside plain PyVRP, VROOM and OR-Tools at the same seconds, and the best known.

    python -m benchmarks.routing --data FOLDER [--only cvrp,solomon] [--quick] [--no-peers] [--json FILE]

FOLDER holds delivery-vrp/ and person-transport/ with best_known.csv in each family. Every plan, ours and theirs, is
judged by a checker of this folder's own (`routing_check.py`). Compiling is done before and timed apart. Where vehicles
reload PyVRP alone searches, and it keeps the interpreter to itself: two processes with different seeds, and
`better_of`. At the end a plan of 1,000 jobs for 103 vehicles is made, and replanned after a change.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frame import Bench, timed
from benchmarks.routing_check import judged, read
from benchmarks.routing_data import FAMILIES, Family, customer_of
from lianfang.kernels.routing import Plan, Problem, Travel, Vehicle, better_of, jobs, problem, propose_routes, visits
from lianfang.kernels.routing.propose import ready
from lianfang.kernels.routing.replan import Change, Replanned, replan

PEERS = ("pyvrp", "vroom", "ortools")
Scored = tuple[int, float]  # vehicles (0 where they do not count), length
HOUR = 3600


def single(given: tuple[Problem, float, int, bool]) -> Plan:
    """One search in a process of its own."""
    problem_, seconds, seed, fewest = given
    return propose_routes(problem_, seconds=seconds, seed=seed, clock=time.perf_counter, fewest_vehicles=fewest)


def ours(problem_: Problem, seconds: float, seed: int, fewest: bool, pool: ProcessPoolExecutor) -> Plan:
    """Our plan on two cores."""
    if any(v.reload_at for v in problem_.vehicles):
        first, second = pool.map(single, [(problem_, seconds, seed + w, fewest) for w in range(2)])
        return better_of(problem_, first, second, fewest_vehicles=fewest)
    return propose_routes(
        problem_, seconds=seconds, seed=seed, clock=time.perf_counter, workers=2, fewest_vehicles=fewest
    )


def peer(name: str, family: str, file: Path, seconds: float, python: str) -> list[list[int]] | None:
    """A peer's routes, made in a process of its own."""
    command = [python, "-m", "benchmarks.routing_peers", name, family, str(file), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"    {name}: {done.stderr[-300:]}")
        return None
    found: list[list[int]] | None = json.loads(done.stdout.splitlines()[-1])["routes"]
    return found


def scored(family: Family, file: Path, routes: list[list[int]] | None) -> tuple[list[str], Scored]:
    """Violations and score by the checker; no routes are infinitely long."""
    if routes is None:
        return [], (10**6, inf)
    broken, vehicles, length = judged(read(file, family.rule), routes)
    return broken, (vehicles if family.fewest else 0, round(length, 6) if not broken else inf)


def measured(
    bench: Bench, chosen: argparse.Namespace, name: str, file: Path, best: Scored, pool: Any
) -> dict[str, Any]:
    """One instance: ours, the peers, who is ahead."""
    family = FAMILIES[name]
    problem_ = family.problem(file)
    seconds = chosen.seconds or family.seconds(problem_)
    took, plan = timed(lambda: ours(problem_, seconds, chosen.seed, family.fewest, pool))
    routes = [customer_of(problem_, r.stops.tolist()) for r in plan.routes]
    broken, own = scored(family, file, None if plan.unserved else routes)
    gap = 100 * (own[1] / best[1] - 1)
    rest = {}
    for p in () if chosen.no_peers else PEERS:
        if not (p != "pyvrp" and any(v.reload_at for v in problem_.vehicles)):
            faults, rest[p] = scored(family, file, peer(p, name, file, seconds, chosen.peer_python))
            if faults:
                print(f"    {p} breaks {len(faults)} rules: {faults[:2]}")
    said = "  ".join(f"{p} {v or ''} {100 * (d / best[1] - 1):+.2f} %" for p, (v, d) in rest.items())
    print(
        f"{name} {file.stem} @{seconds:.0f} s  best {best[0] or ''} {best[1]:.1f}  ours {own[0] or ''} {own[1]:.1f} "
        f"({gap:+.2f} %, took {took:.1f} s, {len(broken)} violations)  {said}",
        flush=True,
    )
    for p, (vehicles, length) in rest.items():
        if length < inf:
            bench.row(
                f"{name} {file.stem}{f' ({own[0]} to {vehicles})' if vehicles else ''}",
                own[1],
                peer=length,
                peer_name=p,
            )
    return {"own": own, "gap": gap, "broken": len(broken), "rest": rest, "best": best}


def goals(bench: Bench, name: str, found: list[dict[str, Any]]) -> None:
    """The goals of a family; percents of instances with more vehicles than the best known do not count."""
    family = FAMILIES[name]
    mean = float(np.mean([r["gap"] for r in found]))
    bench.goal(f"{name}: violations", sum(r["broken"] for r in found), not any(r["broken"] for r in found))
    if family.goal < inf:
        bench.goal(f"{name}: percent above the best known on average, at most {family.goal}", mean, mean <= family.goal)
    if family.fewest:
        share = float(np.mean([r["own"][0] <= r["best"][0] for r in found]))
        bench.goal(f"{name}: share with the best known vehicles, at least {family.share}", share, share >= family.share)
        most = max(r["own"][0] - r["best"][0] for r in found)
        bench.goal(f"{name}: more vehicles than the best known, at most {family.more}", most, most <= family.more)
    for p in PEERS:
        pairs = [(r["own"], r["rest"][p]) for r in found if p in r["rest"]]
        if pairs:
            behind = sum(own[0] > his[0] or (own[0] == his[0] and own[1] > his[1] * (1 + 1e-6)) for own, his in pairs)
            ahead = sum(own[0] < his[0] or (own[0] == his[0] and own[1] < his[1] * (1 - 1e-6)) for own, his in pairs)
            print(f"  {name}: against {p} ahead on {ahead}, even on {len(pairs) - ahead - behind}, behind on {behind}")
            bench.goal(f"{name}: instances ahead of {p} less behind", ahead - behind, ahead >= behind)


def town(tasks: int) -> Problem:
    """An invented town: jobs with windows of two hours for 103 vehicles, 20 km across."""
    rng = np.random.default_rng(1)
    spots = rng.integers(0, 20_000, (1101, 2))[: tasks + 1]
    opens = rng.integers(8, 17, 1100)[:tasks] * HOUR
    opens[1000:] = 14 * HOUR
    apart = np.sqrt(((spots[:, None] - spots[None]) ** 2).sum(2)).astype(np.int64)
    at = visits(np.arange(1, tasks + 1), service=600, opens=opens, closes=opens + 2 * HOUR)
    fleet = Vehicle((12,), count=103, opens=8 * HOUR, closes=20 * HOUR, fixed_cost=5000)
    return problem(Travel(apart, apart // 8), (fleet,), jobs_=jobs(at, delivery=1))


def live(bench: Bench) -> None:
    """A first answer for 1,000 jobs, and replans after a failed vehicle and after a new job."""
    before, after, now = town(1000), town(1001), 11 * HOUR
    compiled, _ = timed(ready)
    print(f"compiling or reading the cache: {compiled:.1f} s")
    took, plan = timed(lambda: propose_routes(before, seconds=0, seed=1, clock=time.perf_counter))
    bench.row("first plan of 1,000 jobs, seconds", took, limit=5)
    bench.goal("first plan of 1,000 jobs within 5 s", took, took < 5 and not plan.unserved)
    plan = propose_routes(before, seconds=5, seed=1, clock=time.perf_counter, workers=2)
    done = np.array(
        [min(int((r.begins <= now).sum()) + 1, r.stops.size) * bool(r.begins[0] <= now) for r in plan.routes]
    )
    cases: list[tuple[str, Problem, Change]] = [
        ("a vehicle failed", before, Change(failed=(3,))),
        ("a job came", after, Change()),
    ]
    for what, given, change in cases:

        def work(given: Problem = given, change: Change = change) -> Replanned:
            return replan(
                given,
                plan,
                before=before,
                now=now,
                executed=done,
                change=change,
                seconds=1.0,
                seed=1,
                clock=time.perf_counter,
            )

        work()
        took, found = timed(work)
        longest = max((abs(m.begins_at - m.promised_at) for m in found.moved), default=0)
        print(f"{what}: {took:.2f} s, {len(found.moved)} promises moved, at most by {longest / 60:.0f} minutes")
        bench.goal(f"replan within 2 s: {what}", took, took <= 2 and not found.unserved)


def best_known(folder: Path, family: Family) -> dict[str, Scored]:
    """The best known of each instance, in the numbers of the checker."""
    with (folder / family.folder / "best_known.csv").open(encoding="utf-8") as file:
        rows = [list(r.values()) for r in csv.DictReader(file)]
    if family.fewest:
        return {r[0]: (int(r[1]), float(r[2])) for r in rows}
    return {r[0]: (0, float(r[1]) * family.best_by) for r in rows}


def main() -> None:
    """Read the arguments, compile, then one family after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks.routing")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", type=lambda t: t.split(","), default=list(FAMILIES))
    parser.add_argument("--quick", action="store_true", help="two of each family, three seconds each")
    parser.add_argument("--few", type=int, help="so many instances of each family, spread over it")
    parser.add_argument("--most", type=int, default=520, help="customers of the largest X instance")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peer-python", default=sys.executable, help="the Python in which the peers are installed")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    chosen.seconds = chosen.seconds or (3.0 if chosen.quick else None)
    bench = Bench("routing")
    live(bench)
    with ProcessPoolExecutor(2) as pool:
        for name in chosen.only:
            best = best_known(chosen.data, FAMILIES[name])
            files = {n: chosen.data / FAMILIES[name].folder / f"{n}.{FAMILIES[name].ending}" for n in sorted(best)}
            files = {n: f for n, f in files.items() if name != "cvrp" or int(n.split("-")[1][1:]) <= chosen.most}
            many = chosen.few or (2 if chosen.quick else len(files))
            few = list(files)[:: max(len(files) // many, 1)][:many]
            goals(bench, name, [measured(bench, chosen, name, files[n], best[n], pool) for n in few])
    bench.show(chosen.json)


if __name__ == "__main__":
    main()
