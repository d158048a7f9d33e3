"""Reading a scenario: figures as data, and which reported value accepts which printed one. Format: docs/formats.md."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from lianfang.drill.check import problems_of

LOCAL = ZoneInfo("Asia/Shanghai")
BUILT_IN = resources.files("lianfang.drill") / "scenarios"
STAGINGS = resources.files("lianfang.drill") / "stagings"
TABLES = (
    "place",
    "org",
    "team",
    "resource",
    "site",
    "zone",
    "checkpoint",
    "count",
    "rule",
    "event",
    "activity",
    "request",
    "donation",
    "notice",
    "gap",
)
Record = Mapping[str, Any]


class CannotPlay(ValueError):
    """The scenario, or the database, is not fit for a drill; the text says why and what to do."""


@dataclass
class Scenario:
    """A scenario as read: its records by table; `expect` is for the comparer only."""

    name: str
    register: Record
    incident: Record
    tables: dict[str, list[dict[str, Any]]]
    expect: Record
    staging: Record = field(default_factory=dict)  # of a report: what it leaves open, invented for the exercise
    shift: timedelta = field(default_factory=timedelta)

    def of(self, table: str) -> list[dict[str, Any]]:
        """Records of a table, in the file's order."""
        return self.tables.get(table, [])

    def moment(self, day: date, clock: time) -> datetime:
        """A local day and clock of the scenario as an instant, shifted to when the drill is played."""
        return datetime.combine(day, clock, LOCAL) + self.shift

    def end(self) -> datetime:
        """The evening of the last day."""
        return self.moment(self.incident["last_date"], time(20, 30))

    def one(self, table: str, record_id: str) -> dict[str, Any]:
        """A record by its id. Raises CannotPlay."""
        for record in self.of(table):
            if record["id"] == record_id:
                return record
        raise CannotPlay(f"{self.name} has no {table} {record_id}")

    def of_kind(self, table: str, kind: str) -> list[dict[str, Any]]:
        """Records of one kind."""
        return [r for r in self.of(table) if r.get("kind") == kind]

    def codes_of(self, place: str) -> list[str]:
        """The divisions a place is; none where neither the scenario nor its staging says."""
        codes = self.staging.get("places", {}).get(place)
        record = next((p for p in self.of("place") if p["id"] == place), {})
        return list(codes) if codes else [record["code"]] if record.get("code") else []

    def event_moment(self, e: Record) -> datetime:
        """When an event is played: its own time of day, or the one the staging gives it. Raises CannotPlay."""
        clock = e.get("time") or self.staging.get("times", {}).get(e["id"])
        if clock is None or "date" not in e:
            raise CannotPlay(f"event {e['id']} has no date or time, and the staging gives it none")
        return self.moment(e["date"], clock)


def accepts(n: Record, x: float | None) -> bool:
    """Whether a reported value fits a printed quantity with its hedge.

    Edge: an unknown value (None) fits nothing, not even "vague". Source: the rules stand in docs/formats.md, section 3.
    """
    if x is None:
        return False
    bound = n["bound"]
    if bound == "vague":
        return x > 0
    v = n["value"]
    if bound == "exact":
        return bool(x == v)
    if bound == "at-most":
        return bool(0 < x <= v)
    step = 1
    while v and v % (step * 10) == 0:
        step *= 10
    if bound == "under":
        return bool(0.9 * v <= x <= v)
    low = {"over": v, "about": 0.95 * v, "about-over": 0.95 * v}[bound]
    if bound == "about":
        return bool(low <= x <= 1.05 * v)
    return bool(low <= x < v + step)


def scaled_quantity(record: Record, share: float) -> dict[str, Any]:
    """A quantity at a share of the population: figures that do not scale stay as printed.

    A scaled count is rounded to whole units; see `fits_scaled` for what that does to a comparison.
    """
    n = dict(record["n"])
    if record.get("scales") and share != 1:
        n["value"] = round(n["value"] * share) if n["bound"] != "vague" else n.get("value")
    return n


def fits_scaled(record: Record, share: float, x: float | None) -> bool:
    """`accepts` at a share: rounding whole people into few units may move a scaled figure by up to three units."""
    n = scaled_quantity(record, share)
    if accepts(n, x):
        return True
    if not record.get("scales") or share == 1 or x is None or n["bound"] == "vague":
        return False
    return bool(abs(x - n["value"]) <= max(3, 0.05 * n["value"]))


def count_of(record: Record, share: float) -> int:
    """How many a record stands for, at the drill's share."""
    return int(scaled_quantity(record, share)["value"]) if "n" in record else 1


def read_scenario(name: str) -> Scenario:
    """A built-in scenario by name, or a file by path; a report is read with its staging. Raises CannotPlay."""
    file = Path(name)
    text = _built_in(name) if file.suffix != ".toml" else file.read_text(encoding="utf-8")
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise CannotPlay(f"{name} is not readable: {e}") from e
    if body.get("format") != "scenario/1":
        raise CannotPlay(f"{name} is no scenario/1")
    wrong = problems_of(body, TABLES)
    if wrong:
        raise CannotPlay(f"{name} cannot be played: " + "; ".join(wrong[:10]))
    staging = {} if "register" in body else _staging(body["id"])
    register = body.get("register") or staging["register"]
    incident = {**body["incident"], **staging.get("incident", {})}
    tables = {t: body.get(t, []) for t in TABLES}
    return Scenario(body["id"], register, incident, tables, body.get("expect", {}), staging)


def _built_in(name: str) -> str:
    found = BUILT_IN / f"{name}.toml"
    if not found.is_file():
        known = sorted(f.name.removesuffix(".toml") for f in BUILT_IN.iterdir() if f.name.endswith(".toml"))
        raise CannotPlay(f"there is no scenario {name}; there are: {', '.join(known)}")
    return found.read_text(encoding="utf-8")


def _staging(name: str) -> Record:
    found = STAGINGS / f"{name}.toml"
    if not found.is_file():
        raise CannotPlay(f"{name} has no [register], and there is no staging that gives it one")
    return tomllib.loads(found.read_text(encoding="utf-8"))


def chosen(n: Record, rng: np.random.Generator) -> int:
    """A whole number that a printed quantity accepts, drawn anew for each seed: what the replay makes of a hedge.

    Raises: ValueError for a vague one, which prints no number.
    """
    v = int(n["value"])
    step = 1
    while v and v % (step * 10) == 0:
        step *= 10
    if n["bound"] == "vague":
        raise ValueError("a vague quantity has no number")
    low, high = {
        "exact": (v, v),
        "at-most": (1, v),
        "over": (v, v + step - 1),
        "under": (-(-9 * v // 10), v),
        "about": (-(-95 * v // 100), 105 * v // 100),
        "about-over": (v, v + step - 1),
    }[n["bound"]]
    return int(rng.integers(low, high + 1))


def split(total: int, weights: Sequence[float]) -> list[int]:
    """A total in whole parts by weights, each at least one where it goes round: the largest remainders get the rest."""
    n = len(weights)
    if n == 0:
        return []
    base = 1 if total >= n else 0
    whole = sum(weights) or n
    exact = [(total - base * n) * (w if sum(weights) else 1) / whole for w in weights]
    parts = [base + int(x) for x in exact]
    order = sorted(range(n), key=lambda k: exact[k] - int(exact[k]), reverse=True)
    for k in order[: total - sum(parts)]:
        parts[k] += 1
    return parts
