"""A checker of published dial-a-ride instances that shares nothing with the kernel: own reading, doubles, own costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from pathlib import Path


@dataclass(frozen=True)
class Instance:
    """A file as it stands: minutes and distances in doubles; node 0 is the depot, r pick-up, n + r drop-off, r from 1.

    depot: earliest start, latest end; node: x, y, service, load, early, late.
    """

    vehicles: int
    requests: int
    duration: float
    capacity: int
    ride: float
    depot: tuple[float, float]
    node: tuple[tuple[float, ...], ...]

    def way(self, a: int, b: int) -> float:
        """Euclid, neither rounded nor cut."""
        return hypot(self.node[a][0] - self.node[b][0], self.node[a][1] - self.node[b][1])


def read(file: Path) -> Instance:
    """An instance in the form of Cordeau and Laporte; a last depot line, if there is one, gives the latest end."""
    rows = [[float(x) for x in line.split()] for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    vehicles, stops, duration, capacity, ride = rows[0]
    n = int(stops) // 2
    node = tuple(tuple(row[1:]) for row in rows[1 : 2 * n + 2])
    end = rows[2 * n + 2] if len(rows) > 2 * n + 2 else rows[1]
    return Instance(int(vehicles), n, duration, int(capacity), ride, (node[0][4], end[6]), node)


Tour = list[tuple[int, float]]  # nodes with begin of service


def judged(instance: Instance, tours: list[tuple[float, Tour, float]]) -> tuple[list[str], float]:
    """What is broken, in words, and the cost: tours as (start, [(node, begin), ...], end) in the instance's units."""
    wrong = [] if len(tours) <= instance.vehicles else [f"{len(tours)} tours for {instance.vehicles} vehicles"]
    cost, seen = 0.0, list[int]()
    for number, (start, tour, end) in enumerate(tours):
        wrong += [f"tour {number}: {what}" for what in _of_tour(instance, start, tour, end)]
        nodes = [0, *(node for node, _ in tour), 0]
        cost += sum(instance.way(a, b) for a, b in pairwise(nodes)) if tour else 0.0
        seen += nodes[1:-1]
    if sorted(seen) != list(range(1, 2 * instance.requests + 1)):
        wrong.append(f"{2 * instance.requests - len(set(seen))} stops are left out, {len(seen) - len(set(seen))} twice")
    return wrong, cost


def _of_tour(instance: Instance, start: float, tour: Tour, end: float, slip: float = 1e-6) -> list[str]:
    """Travel, windows, places, order, ride limit, duration of one tour; slip is for the doubles' own error."""
    n, load, here, left, wrong, begun = instance.requests, 0.0, 0, start, list[str](), dict[int, float]()
    for node, begin in tour:
        _, _, service, people, early, late = instance.node[node]
        if begin < left + instance.way(here, node) - slip:
            wrong.append(f"stop {node} begins before it can be reached")
        if not early - slip <= begin <= late + slip:
            wrong.append(f"stop {node} outside its window")
        load += people
        if load > instance.capacity:
            wrong.append(f"too many on board after stop {node}")
        if node <= n:
            begun[node] = begin + service
        elif node - n not in begun:
            wrong.append(f"stop {node} before its pick-up")
        elif begin - begun.pop(node - n) > instance.ride + slip:
            wrong.append(f"ride of {node - n} too long")
        here, left = node, begin + service
    if begun:
        wrong.append(f"never set down: {sorted(begun)}")
    if end < left + instance.way(here, 0) - slip or end > instance.depot[1] + slip or start < instance.depot[0] - slip:
        wrong.append("start or end of the tour")
    if end - start > instance.duration + slip:
        wrong.append("tour too long")
    return wrong
