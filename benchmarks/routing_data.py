"""Published routing instances as problems of ours: VRPLIB (plain and with trips), Solomon and Li-Lim text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lianfang.kernels.routing import Problem, Travel, Vehicle, jobs, problem, shipments, visits, whole

SCALE = 1000  # of double distances; travel times are rounded up, so that a plan on time stays on time
Table = NDArray[np.float64]


def between(points: Table) -> Table:
    """Euclid, doubles."""
    apart = points[:, None, :] - points[None, :, :]
    return np.sqrt((apart**2).sum(2))


def sections(file: Path) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """The head and the sections of a VRPLIB file."""
    head: dict[str, str] = {}
    parts: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip().endswith("_SECTION"):
            rows = parts.setdefault(line.strip().removesuffix("_SECTION"), [])
        elif ":" in line and not parts:
            head[line.split(":")[0].strip()] = line.split(":", 1)[1].strip().strip('"')
        elif line.split():
            rows.append(line.split())
    return head, parts


def column(parts: dict[str, list[list[str]]], name: str, n: int, otherwise: float) -> Table:
    """The second column of a section of n rows."""
    if name not in parts:
        return np.full(n, otherwise)
    return np.array([float(r[1]) for r in parts[name]])


def vrplib(file: Path, *, trips: bool = False) -> Problem:
    """A CVRP (distances rounded to whole) or, with trips, all times ten (distances truncated)."""
    head, parts = sections(file)
    points = np.array([[float(x) for x in r[1:3]] for r in parts["NODE_COORD"]])
    n = len(points)
    apart = np.floor(10 * between(points)) if trips else np.rint(between(points))
    travel = Travel(*(apart.astype(np.int64) for _ in range(2)))
    by = 10 if trips else 1
    opens = np.array([float(r[1]) for r in parts["TIME_WINDOW"]]) * by if trips else np.zeros(n)
    closes = np.array([float(r[2]) for r in parts["TIME_WINDOW"]]) * by if trips else np.full(n, 1e9)
    service = np.full(n, by * float(head.get("SERVICE_TIME", 0)))
    ready = by * column(parts, "RELEASE_TIME", n, 0)
    fleet = Vehicle(
        (int(head["CAPACITY"]),),
        count=int(head.get("VEHICLES", n - 1)),
        closes=int(closes[0]),
        reload_at=(0,) if trips else (),
    )
    at = visits(np.arange(1, n), service=service[1:], opens=opens[1:], closes=closes[1:])
    demand = column(parts, "DEMAND", n, 0)[1:].astype(np.int64)
    return problem(travel, (fleet,), jobs_=jobs(at, delivery=demand, ready=ready[1:].astype(np.int64)))


def solomon(file: Path, *, truncated: bool) -> Problem:
    """A VRPTW; truncated: distances and times times ten, cut to whole, else doubles times SCALE."""
    words = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    rows = np.array([[float(x) for x in w] for w in words if len(w) == 7 and w[0].isdigit()])
    vehicles, capacity = next((int(w[0]), int(w[1])) for w in words if len(w) == 2 and w[0].isdigit())
    apart, by = between(rows[:, 1:3]), 10 if truncated else SCALE
    if truncated:
        short = np.floor(10 * apart).astype(np.int64)
        travel = Travel(short, short)
    else:
        travel = Travel(whole(apart, scale=SCALE), whole(apart, scale=SCALE, up=True))
    opens, closes, service = (by * rows[:, c].astype(np.int64) for c in (4, 5, 6))
    at = visits(np.arange(1, len(rows)), service=service[1:], opens=opens[1:], closes=closes[1:])
    fleet = Vehicle((capacity,), count=vehicles, closes=int(closes[0]))
    return problem(travel, (fleet,), jobs_=jobs(at, delivery=rows[1:, 3].astype(np.int64)))


def lilim(file: Path) -> Problem:
    """Pick-ups and deliveries with windows; doubles times SCALE."""
    words = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.split()]
    vehicles, capacity = int(words[0][0]), int(words[0][1])
    rows = np.array([[float(x) for x in w] for w in words[1:]])
    apart = between(rows[:, 1:3])
    travel = Travel(whole(apart, scale=SCALE), whole(apart, scale=SCALE, up=True))
    first = np.flatnonzero(rows[:, 8] > 0)
    second = rows[first, 8].astype(int)

    def side(which: NDArray[np.intp]) -> object:
        opens, closes, service = (SCALE * rows[which, c].astype(np.int64) for c in (4, 5, 6))
        return visits(which, service=service, opens=opens, closes=closes)

    both = shipments(side(first), side(second), amount=rows[first, 3].astype(np.int64))  # type: ignore[arg-type]  # rows of numbers, whatever numpy says of them
    fleet = Vehicle((capacity,), count=vehicles, closes=SCALE * int(rows[0, 5]))
    return problem(travel, (fleet,), shipments_=both)


def customer_of(problem: Problem, stops: list[int]) -> list[int]:
    """Stops as customers of the file; a reload is a 0."""
    every = (problem.jobs.visits, problem.shipments.pick, problem.shipments.drop)
    place = np.concatenate([v.place for v in every])
    return [int(place[s]) if s >= 0 else 0 for s in stops]


@dataclass(frozen=True)
class Family:
    """One folder of instances: how it is read, scored and timed; goals: percent above the best known, share of
    instances with its number of vehicles, how many more any may have. best_by: their unit in the checker's."""

    folder: str
    ending: str
    problem: Callable[[Path], Problem]
    rule: str
    fewest: bool
    seconds: Callable[[Problem], float]
    goal: float
    best_by: float = 1.0
    share: float = 0.7
    more: int = 100


FAMILIES = {
    "cvrp": Family("delivery-vrp/cvrp", "vrp", vrplib, "round", False, lambda p: 10 if p.tasks < 300 else 12, 1.2),
    "solomon": Family(
        "delivery-vrp/solomon", "txt", partial(solomon, truncated=True), "truncate", False, lambda _: 10, 0.3
    ),
    "gh200": Family("delivery-vrp/gh200", "txt", partial(solomon, truncated=False), "double", True, lambda _: 20, 3.0),
    "multitrip": Family(
        "delivery-vrp/multitrip", "vrp", partial(vrplib, trips=True), "truncate", False, lambda _: 20, 2.0, 0.1
    ),
    "lilim100": Family("person-transport/lilim100", "txt", lilim, "double", True, lambda _: 15, 0.5, share=1.0),
    "lilim200": Family("person-transport/lilim200", "txt", lilim, "double", True, lambda _: 20, inf, share=0, more=1),
}
