"""How a simulated person brings an item of any kind to another state: the shortest way, with plausible values."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from lianfang.domains.work.rules import kept

Body = Mapping[str, Any]


def way_to(kind: Body, start: str, end: str) -> list[Body]:
    """The fewest moves from a state to another; empty when it stands there already.

    Raises: ValueError when no moves lead there.
    """
    before: dict[str, Body] = {}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if state == end:
            break
        for m in kind["moves"]:
            if state in m["from"] and m["to"] not in before and m["to"] != start:
                before[m["to"]] = {**m, "came_from": state}
                queue.append(m["to"])
    if end != start and end not in before:
        raise ValueError(f"no moves of {kind['kind']} lead from {start} to {end}")
    way: list[Body] = []
    state = end
    while state != start:
        way.append(before[state])
        state = before[state]["came_from"]
    return way[::-1]


def _plausible(f: Body, rng: np.random.Generator) -> Any:
    if f["type"] == "choice":
        return f["choices"][0]["value"]
    if f["type"] == "bool":
        return True
    if f["type"] in ("number", "whole"):
        return int(rng.integers(1, 5))
    return {"date": "2026-01-01", "time": "12:00"}.get(f["type"], "演练")


def values_for(kind: Body, move: str, given: Body, had: Body, rng: np.random.Generator) -> dict[str, Any]:
    """What a move needs: the scenario's own values where it gives them, else plausible ones, each field once."""
    names = {f["name"] for f in kind.get("fields", [])}
    had = kept(kind, had)
    values: dict[str, Any] = {}
    for f in kind.get("fields", []):
        if move not in f.get("required_at", []) or f["name"] in had:
            continue
        when = f.get("required_when") or {}
        known = {**given, **had, **values}
        if when and known.get(when["field"]) != when["is"]:
            continue
        values[f["name"]] = given[f["name"]] if f["name"] in given else _plausible(f, rng)
    # Sums of the scenario (containers seen …) belong to the last move even where the kind does not ask for them.
    return {**values, **{k: v for k, v in given.items() if k in names and k not in had and move != "open"}}


def asked_at(kind: Body, move: str, given: Body, had: Body, rng: np.random.Generator) -> dict[str, Any]:
    """The same with just what the kind asks for at that move."""
    fields = {f["name"] for f in kind.get("fields", []) if move in f.get("required_at", [])}
    return values_for(kind, move, {k: v for k, v in given.items() if k in fields}, had, rng)


def spread(total: int, parts: int, rng: np.random.Generator) -> list[int]:
    """A total as whole parts at random that sum to it exactly."""
    if parts <= 0:
        return []
    counts: list[int] = rng.multinomial(total, np.full(parts, 1 / parts)).tolist()
    return counts
