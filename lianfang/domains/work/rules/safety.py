"""What makes a move safe: the kit of its kind piece by piece, the most an edition allows, and who is on a register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Bound:
    """The most that an edition allows: a number with its unit, by which rule, and where that comes from."""

    most: float
    unit: str
    rule: str | Mapping[str, str]
    source: str


@dataclass(frozen=True)
class Listed:
    """What a register says of somebody it lists: the name, and the last day for which it holds."""

    name: str
    until: date


@dataclass(frozen=True)
class Against:
    """What a move is held against beside its kind: bounds by value, registers by kind and key, and the day."""

    bounds: Mapping[str, Bound] = field(default_factory=dict)
    lists: Mapping[tuple[str, str], Listed] = field(default_factory=dict)
    on: date = date.min


NOTHING = Against()


def kept(kind: Body, had: Mapping[str, Any]) -> dict[str, Any]:
    """Of what an item holds, what need not be said again: not the kit that is put on each time."""
    anew = {f["name"] for f in kind.get("fields", []) if f.get("anew")}
    return {k: v for k, v in had.items() if k not in anew}


def kit_fields(kind: Body) -> list[str]:
    """The fields by which a kind's kit is confirmed, one a piece."""
    return ["kit_" + piece.replace("-", "_") for piece in (kind.get("risk") or {}).get("kit", [])]


def asked_skills(kind: Body) -> list[str]:
    """Verified skills that whoever is given it must have: its own, and the training of its risk where that is asked."""
    risk = kind.get("risk") or {}
    training = risk.get("training", []) if risk.get("asks_training") else []
    return list(dict.fromkeys([*kind.get("skills", []), *training]))


def asked_at(kind: Body, move: str, ask: str) -> list[tuple[Body, Body]]:
    """Fields with a criterion of a sort at a move, each with that criterion."""
    pairs = ((f, f.get("criterion") or {}) for f in kind.get("fields", []))
    return [(f, c) for f, c in pairs if ask in c and move in c["at"]]


def unsafe(kind: Body, move: Body, values: Mapping[str, Any], against: Against) -> tuple[str, dict[str, Any]] | None:
    """What keeps a move from being made safely, the first thing: kit, time in it, or who may take it over.

    values: those of this move alone. Edge: the very day on which a register's entry ends is still within.
    """
    pieces = kit_fields(kind) if move.get("kit") else []
    fields = {f["name"]: f for f in kind.get("fields", [])}
    without = [fields[n]["words"] for n in pieces if values.get(n) is not True and n in fields]
    if without:
        return "work.kit_missing", {"kit": without}
    for f, asked in asked_at(kind, move["name"], "at_most_value"):
        bound, value = against.bounds.get(asked["at_most_value"]), values.get(f["name"])
        if bound and isinstance(value, int | float) and value > bound.most:
            return "work.bound_passed", {"what": f["words"], "most": f"{bound.most:g}", "said": f"{value:g}",
                                         "unit": f.get("unit", bound.unit), "rule": bound.rule,
                                         "source": bound.source}  # fmt: skip
    for f, asked in asked_at(kind, move["name"], "registered"):
        listed = against.lists.get((asked["registered"], str(values.get(f["name"], "")).strip()))
        if listed is None:
            return "work.not_listed", {"key": str(values.get(f["name"], ""))}
        if listed.until < against.on:
            return "work.listing_over", {"name": listed.name, "until": listed.until.isoformat()}
    return None


def told_by(kind: Body, move: str, values: Mapping[str, Any], against: Against) -> dict[str, str]:
    """What the registers say of what a move names, by field: the name that belongs to a number."""
    pairs = asked_at(kind, move, "registered")
    found = [
        (c["into"], against.lists.get((c["registered"], str(values.get(f["name"], "")).strip()))) for f, c in pairs
    ]
    return {into: listed.name for into, listed in found if listed}
