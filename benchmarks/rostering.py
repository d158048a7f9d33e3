"""Duty rosters: published instances against plain CP-SAT and HiGHS at the same seconds, and against the best known.

    python -m benchmarks.rostering [FOLDER] [--only 4,8] [--seconds 30] [--no-peers] [--json FILE]

FOLDER holds nrp/InstanceN.txt and nrp/best_known.csv. Costs are counted anew by a checker of this folder's own
(`rostering_check.py`), which shares no line with the kernel. Peers run in processes of their own: their libraries and
ours do not stand each other in one. Compiling is done before and timed apart.
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

from benchmarks.frame import Bench, timed
from benchmarks.rostering_check import judged
from lianfang.kernels.rostering import Limit, Need, Person, Problem, Request, Shift, propose

FOLDER = Path(__file__).resolve().parents[2] / "shared/benchmarks/duty-roster"
# instance: (seconds, most percent above the best known); none: only legal is asked for
GOALS: dict[int, tuple[float, float]] = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 9, 11, 14), (30, 0.5)),
    **dict.fromkeys((8, 10, 12), (60, 2.0)),
    **dict.fromkeys((13, 15, 16, 17, 18, 19), (120, 5.0)),
    **dict.fromkeys(range(20, 25), (120, inf)),
}
PEERS = ("cp-sat", "highs")


def sections(file: Path) -> dict[str, list[list[str]]]:
    """Rows of each section of a published instance, comments left out."""
    out: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for raw in file.read_text(encoding="utf-8").splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("SECTION_"):
            rows = out.setdefault(line.removeprefix("SECTION_"), [])
        elif line:
            rows.append(line.split(","))
    return out


def problem_of(file: Path) -> Problem:
    """A published instance as a problem of ours; day 0 is a Monday."""
    s = sections(file)
    code = {r[0]: i for i, r in enumerate(s["SHIFTS"])}
    shifts = tuple(
        Shift(n, int(length), frozenset(code[x] for x in after.split("|") if x)) for n, length, after in s["SHIFTS"]
    )
    off = {r[0]: frozenset(int(d) for d in r[1:]) for r in s["DAYS_OFF"]}
    people = tuple(person_of(r, code, off.get(r[0], frozenset())) for r in s["STAFF"])
    who = {p.name: i for i, p in enumerate(people)}
    requests = [
        Request(who[p], int(d), code[k], int(w), on)
        for name, on in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False))
        for p, d, k, w in s.get(name, [])
    ]
    needs = tuple(Need(int(d), code[k], int(n), int(u), int(o)) for d, k, n, u, o in s["COVER"])
    return Problem(int(s["HORIZON"][0][0]), shifts, people, needs, tuple(requests))


def person_of(row: list[str], code: dict[str, int], off: frozenset[int]) -> Person:
    """One row of the staff."""
    name, limits, most, least, run, short, rest, weekends = row
    pairs = [p.split("=") for p in limits.split("|")]
    return Person(
        name,
        min_minutes=int(least),
        max_minutes=int(most),
        max_run=int(run),
        min_run=int(short),
        min_rest=int(rest),
        max_weekends=int(weekends),
        days_off=off,
        limits=tuple(Limit(frozenset({code[k]}), int(n)) for k, n in pairs),
    )


def ours(file: Path, seconds: float, seed: int, workers: int) -> dict[str, Any]:
    """Our roster, re-costed by the checker."""
    problem = problem_of(file)
    took, found = timed(lambda: propose(problem, seconds=seconds, seed=seed, clock=time.perf_counter, workers=workers))
    violations, cost = judged(file, found.roster.tolist())
    assert cost == found.cost, f"{file.name}: the checker counts {cost}, the kernel {found.cost}"
    return {"violations": violations, "cost": cost, "bound": found.bound, "proven": found.proven, "took": took}


def peer(name: str, file: Path, seconds: float) -> dict[str, Any]:
    """A peer's roster in a process of its own, re-costed by the checker; infinite where it found none."""
    command = [sys.executable, "-m", "benchmarks.rostering_peers", name, str(file), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"cost": inf, "bound": -inf, "violations": 0, "error": done.stderr[-300:]}
    found = json.loads(done.stdout.splitlines()[-1])
    if found["roster"] is None:
        return {"cost": inf, "bound": found["bound"], "violations": 0}
    violations, cost = judged(file, found["roster"])
    return {"cost": cost, "bound": found["bound"], "violations": violations}


def best_known(folder: Path) -> dict[int, float]:
    """The least published cost of each instance."""
    with (folder / "nrp/best_known.csv").open(encoding="utf-8") as file:
        return {int(r["instance"].removeprefix("Instance")): float(r["best_known"]) for r in csv.DictReader(file)}


def measured(bench: Bench, chosen: argparse.Namespace, number: int, best: float) -> None:
    """One instance: ours, the peers, and the goal."""
    file = chosen.folder / f"nrp/Instance{number}.txt"
    seconds, most = GOALS[number]
    seconds = chosen.seconds or seconds
    own = ours(file, seconds, chosen.seed, chosen.workers)
    gap = 100 * (own["cost"] / best - 1)
    rest = {} if chosen.no_peers else {name: peer(name, file, seconds) for name in PEERS}
    said = "  ".join(f"{n} {r['cost']} (bound {r['bound']:.0f}){' ' + r.get('error', '')}" for n, r in rest.items())
    print(
        f"{number:>3} @{seconds:.0f} s  best {best:.0f}  ours {own['cost']} (+{gap:.2f} %, bound {own['bound']:.1f}"
        f"{', proven' if own['proven'] else ''}, took {own['took']:.0f} s, {own['violations']} violations)  {said}",
        flush=True,
    )
    for name, found in rest.items():
        if found["cost"] < inf:
            bench.row(f"{number} @{seconds:.0f} s", own["cost"], peer=found["cost"], peer_name=name)
        bench.goal(f"{number}: not behind {name}", own["cost"], own["cost"] <= found["cost"])
    bench.row(f"{number} @{seconds:.0f} s", own["cost"], limit=best)
    bench.goal(f"{number}: legal", own["violations"], own["violations"] == 0)
    bench.goal(f"{number}: percent above the best known, at most {most}", gap, gap <= most)
    bench.goal(f"{number}: the bound is none above the best known", own["bound"], own["bound"] <= best + 1e-6)


def main() -> None:
    """Read the arguments, compile, then one instance after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks.rostering")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--only", type=lambda t: [int(n) for n in t.split(",")], help="numbers of instances")
    parser.add_argument("--seconds", type=float, help="instead of each instance's own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    best, bench = best_known(chosen.folder), Bench("rostering")
    there = sorted(n for n in best if (chosen.folder / f"nrp/Instance{n}.txt").exists())
    compiled, _ = timed(lambda: ours(chosen.folder / f"nrp/Instance{there[0]}.txt", 0.5, 1, 1))
    print(f"compiling or reading the cache, and half a second of search: {compiled:.1f} s")
    for number in chosen.only or there:
        measured(bench, chosen, number, best[number])
    bench.show(chosen.json)


if __name__ == "__main__":
    main()
