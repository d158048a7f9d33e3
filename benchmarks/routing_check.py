"""A checker of published routing instances that shares nothing with the kernel: own reading, own rules, own costs.

Routes are lists of customers as the file counts them (depot 0, customers 1..); with trips, 0 inside a route is a
return to the depot. Distances by the rule of the instance's folder: rounded to whole (X set), times ten and truncated
(Solomon, trips), double (Gehring-Homberger, Li and Lim). Times follow the same rule as distances.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import floor, hypot
from pathlib import Path

LATE = 1e-6  # how much too late is still on time: sums of doubles


@dataclass(frozen=True)
class Customer:
    """One line of an instance; demand below 0 is a drop."""

    x: float
    y: float
    demand: float = 0.0
    opens: float = 0.0
    closes: float = 1e15
    service: float = 0.0
    ready: float = 0.0
    mate: int = 0


@dataclass(frozen=True)
class Instance:
    """Customers with the depot first, how many vehicles there are, and what one holds."""

    customers: list[Customer]
    vehicles: int
    capacity: float
    rule: str

    def apart(self, a: int, b: int) -> float:
        """The distance, and the time, from one to another."""
        p, q = self.customers[a], self.customers[b]
        far = hypot(p.x - q.x, p.y - q.y)
        return {"round": floor(far + 0.5), "truncate": floor(10 * far) / 10, "double": far}[self.rule]


def read(file: Path, rule: str) -> Instance:
    """An instance by the form of its text."""
    text = file.read_text(encoding="utf-8")
    if "NODE_COORD_SECTION" in text:
        return _read_sections(text, rule)
    lines = [[float(x) for x in line.split()] for line in text.splitlines() if re.fullmatch(r"[-\d.\s]+", line)]
    lines = [line for line in lines if line]
    vehicles, capacity = lines[0][:2]
    pairs = len(lines[1]) == 9
    customers = [Customer(*line[1:7], mate=int(line[8] or -line[7]) if pairs else 0) for line in lines[1:]]
    return Instance(customers, int(vehicles), capacity, rule)


def _read_sections(text: str, rule: str) -> Instance:
    """The VRPLIB form: a head, then sections with one line a customer."""
    head = dict(re.findall(r"^(\w+)\s*:\s*(.*?)\s*$", text, re.M))
    tables: dict[str, dict[int, list[float]]] = {}
    for name, body in re.findall(r"(\w+)_SECTION\s*\n(.*?)(?=\n[A-Z]|\Z)", text, re.S):
        rows = [[float(x) for x in line.split()] for line in body.splitlines() if line.strip()]
        tables[name] = {int(row[0]): row[1:] for row in rows if len(row) > 1}
    service = float(head.get("SERVICE_TIME", 0))
    out = []
    for key, (x, y) in tables["NODE_COORD"].items():
        window = tables.get("TIME_WINDOW", {}).get(key, [0.0, 1e15])
        ready = tables.get("RELEASE_TIME", {}).get(key, [0.0])[0]
        demand = tables["DEMAND"][key][0]
        out.append(Customer(x, y, demand, *window, service=service if out else 0.0, ready=ready))
    return Instance(out, int(head.get("VEHICLES", len(out))), float(head["CAPACITY"]), rule)


def judged(instance: Instance, routes: list[list[int]]) -> tuple[list[str], int, float]:
    """What the routes break, how many vehicles they use, and their length by the rule of the instance."""
    used = [r for r in routes if any(r)]
    broken = ["too many vehicles"] if len(used) > instance.vehicles else []
    seen = Counter(c for r in used for c in r if c)
    broken += [f"customer {c} {seen[c]} times" for c in range(1, len(instance.customers)) if seen[c] != 1]
    broken += [f"customer {c} is not there" for c in seen if c >= len(instance.customers)]
    length = 0.0
    for route in used:
        ways = list(pairwise([0, *route, 0]))
        length += sum(instance.apart(a, b) for a, b in ways)
        broken += _late(instance, route) + _loads(instance, route) + _pairs(instance, route)
    return broken, len(used), length


def _late(instance: Instance, route: list[int]) -> list[str]:
    """Windows, the shift, and goods that are not ready when a trip goes out."""
    broken, all_, at = [], instance.customers, 0
    now = all_[0].opens
    trips = [[]]
    for c in route:
        if c:
            trips[-1].append(c)
        else:
            trips.append([])
    for trip in trips:
        now = max([now + instance.apart(at, 0), *(all_[c].ready for c in trip)])
        at = 0
        for c in trip:
            now = max(now + instance.apart(at, c), all_[c].opens)
            if now > all_[c].closes + LATE:
                broken.append(f"customer {c} at {now}, until {all_[c].closes}")
            now += all_[c].service
            at = c
    back = now + instance.apart(at, 0)
    return [*broken, f"back at {back}"] if back > all_[0].closes + LATE else broken


def _loads(instance: Instance, route: list[int]) -> list[str]:
    """Capacity: deliveries of a trip together, shipments at every step."""
    broken, held = [], 0.0
    paired = any(c.mate for c in instance.customers)
    for c in route:
        held = held + instance.customers[c].demand if c else 0.0
        if held > instance.capacity + LATE or (paired and held < -LATE):
            broken.append(f"load {held} at customer {c}")
    return broken


def _pairs(instance: Instance, route: list[int]) -> list[str]:
    """Both visits of a shipment in one route, the pick-up first."""
    spot = {c: i for i, c in enumerate(route)}
    broken = []
    for c, i in spot.items():
        mate = instance.customers[c].mate
        if mate > 0 and spot.get(mate, -1) < i:
            broken.append(f"pair {c}, {mate}")
        if mate < 0 and -mate not in spot:
            broken.append(f"pair {-mate}, {c}")
    return broken
