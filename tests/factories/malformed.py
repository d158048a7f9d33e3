"""Envelopes as no phone should make them: whole ones of every kind, each broken in one to three places."""

from __future__ import annotations

import copy
import json
import random
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

DEEP: Any = "x"
for _ in range(200):
    DEEP = [DEEP]
# Each was met in the field, or is the first neighbour of what was: a cut emoji, a clock of 1970, a tired finger.
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 2**63 - 1, -(2**63) - 1, 2**70, 1e308, -1e308, "", " ", "\0", "a\0b",
    "\ud83d", "😷" * 50, "x" * 70_000, "'; DROP TABLE base_envelope; --", "=1+1", "<script>", "../..", "٣٨", "𝟛𝟠",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-07-21T09:00:00", "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1970-01-01T00:00:00Z", str(UUID(int=0)), "not-a-uuid",
    [], [None], {}, {"": ""}, {"a": {"b": [1, {"c": None}]}}, [[]] * 50, DEEP, {"zh": "中"}, "NaN", "Infinity",
)  # fmt: skip


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all places in a document, inner ones too."""
    out = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        out += _leaves(inner, (*path, key))
    return out


def broken(whole: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy with one to three places replaced, removed, doubled under another name, or filled with a neighbour."""
    out = copy.deepcopy(whole)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        path = chance.choice(_leaves(out) or [("id",)])
        holder = out
        for key in path[:-1]:
            holder = holder[key]
        how = chance.random()
        if how < 0.75:
            holder[path[-1]] = copy.deepcopy(chance.choice(ODD))
        elif how < 0.9:
            del holder[path[-1]]
        elif isinstance(holder, dict):
            holder[f"{path[-1]}x" * chance.choice((1, 40))] = chance.choice(ODD)
    return out


def stream(bodies: list[tuple[str, dict[str, Any]]], *, actor: UUID, at: datetime, n: int, seed: int) -> list[bytes]:
    """Uploads of a hundred broken envelopes each, one whole one of a kind nobody knows among them, as they are sent."""
    chance, out = random.Random(seed), []
    for first in range(0, n, 100):
        made = []
        for k in range(first, min(first + 100, n)):
            kind, body = chance.choice(bodies)
            whole = {"id": str(uuid4()), "kind": kind, "made_at": at.isoformat(), "seq": k, "actor": str(actor),
                     "body": body}  # fmt: skip
            made.append(broken(whole, chance))
        sound = {"id": str(uuid4()), "kind": "no.such", "made_at": at.isoformat(), "seq": n + first,
                 "actor": str(actor), "body": {"note": "中"}}  # fmt: skip
        batch = {"device": str(uuid4()), "sent_at": at.isoformat(), "envelopes": [*made, sound]}
        out.append(json.dumps(batch).encode())
    return out
