"""The assembly tables of a drill: people arrive over time, and each table takes one after another, as hands allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from lianfang.base.actor import Actor
from lianfang.domains.calls.services import NewNote, Presence, check_in, note_duty
from lianfang.drill.attending import CELSIUS
from lianfang.drill.outcomes import refuse_any

Told = Mapping[str, Any]
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Passage:
    """One person's way over the tables, in seconds after the first arrival."""

    arrived_s: float
    measured_s: float
    given_s: float
    shown_s: float
    on_post_s: float


def arrivals(n: int, minutes: float, rng: np.random.Generator) -> list[float]:
    """When so many people arrive, in seconds: the first at 0, the others at any time of that span, in order."""
    later = np.sort(rng.uniform(0.0, minutes * 60, size=max(n - 1, 0)))
    return [0.0, *(float(t) for t in later)][:n]


def passages(arrived_s: Sequence[float], told: Told) -> list[Passage]:
    """How people get over the tables: who comes goes to the table that is free first, and waits there for his turn.

    Takes:  arrived_s, in order; told: tables, group (people shown how to dress at once), and the seconds of each:
            measure, kit, show (once a group, in which the table serves nobody), walk (to the post).
    Gives:  one passage each, in the same order.
    Edge:   a table's last group may be smaller, and is shown as soon as its last has his kit and nobody is to come.
    """
    free = [0.0] * told["tables"]
    groups: list[list[int]] = [[] for _ in free]
    given = [(0.0, 0.0)] * len(arrived_s)
    shown = [0.0] * len(arrived_s)

    def show(t: int) -> None:
        free[t] += told["show_seconds"]
        for k in groups[t]:
            shown[k] = free[t]
        groups[t] = []

    for k, at in enumerate(arrived_s):
        t = min(range(len(free)), key=lambda i: free[i])
        measured = max(free[t], at) + told["measure_seconds"]
        free[t] = measured + told["kit_seconds"]
        given[k] = (measured, free[t])
        groups[t].append(k)
        if len(groups[t]) == told["group"]:
            show(t)
    for t, left in enumerate(groups):
        if left:
            show(t)
    return [Passage(at, *given[k], shown[k], shown[k] + told["walk_seconds"]) for k, at in enumerate(arrived_s)]


def assemble_over_time(claim_ids: Sequence[UUID], told: Told, *, begins_at: datetime, rng: np.random.Generator,
                       by: Actor) -> list[datetime]:  # fmt: skip
    """People of a call that assembles come over the tables, each tick and each coming at its own time.

    Gives when each was on post, by claim in the order given.
    """
    ways = passages(arrivals(len(claim_ids), told["arrive_minutes"], rng), told)
    notes, come = [], []
    for i, way in zip(claim_ids, ways, strict=True):
        for tick, at_s in (("temperature", way.measured_s), ("kit", way.given_s), ("training", way.shown_s)):
            celsius = CELSIUS if tick == "temperature" else None
            notes.append(NewNote(uuid5(i, tick), i, tick, begins_at + at_s * SECOND, by, {}, celsius))
        come.append(Presence(i, begins_at + way.on_post_s * SECOND, by))
    last = max(p.at for p in come)
    refuse_any(note_duty(notes=sorted(notes, key=lambda n: n.at), by=by, at=last))
    refuse_any(check_in(presences=come, by=by, at=last))
    return [p.at for p in come]
