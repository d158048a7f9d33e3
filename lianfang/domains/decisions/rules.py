"""Which steps of a ladder may be decided now, and by when, on plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar


class Stepping(Protocol):
    """What of a step says whether it waits for the one before it."""

    is_beside: bool


S = TypeVar("S", bound=Stepping)


def open_steps(waiting: Sequence[S]) -> list[S]:
    """Of the steps that wait, in their order, those that may be decided now: the first, and all beside it."""
    out: list[S] = []
    for step in waiting:
        if out and not step.is_beside:
            break
        out.append(step)
    return out


def step_dues(steps: Sequence[Mapping[str, Any]], at: datetime, must_by: datetime | None) -> list[datetime | None]:
    """When each step falls due: each has its minutes after the one before; those beside each other run together.

    must_by: where the whole would take longer, every step has its share of the time there is. A step without minutes
    has no clock of its own, unless the word is needed by a time.
    """
    spans = [timedelta(minutes=s.get("minutes") or 0) for s in steps]
    ends, begins, end = list[timedelta](), timedelta(0), timedelta(0)
    for s, span in zip(steps, spans, strict=True):
        begins = begins if s.get("beside") else end
        ends.append(begins + span)
        end = max(end, begins + span)
    given = max(must_by - at, timedelta(0)) if must_by else None
    if given is not None and end > given:
        share = given / end
        return [at + e * share if span else must_by for e, span in zip(ends, spans, strict=True)]
    return [at + e if span else must_by for e, span in zip(ends, spans, strict=True)]
