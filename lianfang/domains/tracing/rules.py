"""The window of a case, how a contact's state may move, and which visits can be taken: on plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

STATES = ("proposed", "rejected", "listed", "located", "notified", "isolated", "released")
STEPS = ("listed", "located", "notified", "isolated", "released")  # in this order; one may be passed over
CONFIRMED = STEPS
DEGREES = (1, 2)
ANSWERS = ("goes-along", "somebody-comes", "not-alone")  # who looks after those who depend on a contact


@dataclass(frozen=True)
class Proposal:
    """Somebody a machine proposes as a contact, with what it saw."""

    person_id: UUID
    degree: int
    via_id: UUID | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Crowd:
    """A venue too full to follow each: when somebody traced was there, and how many were present that day."""

    venue_id: UUID
    degree: int
    from_at: datetime
    to_at: datetime
    present: int


def window_of(
    *, onset_at: datetime | None, sampled_at: datetime | None, until_at: datetime, days: float, sample_days: float
) -> tuple[datetime, datetime] | None:
    """From when to when contacts are looked for: so many days before onset, without signs before the positive sample.

    Gives None where neither is known. Source: docs/sources.md, contact guide (P1, P2).
    """
    if onset_at is not None:
        return onset_at - timedelta(days=days), max(until_at, onset_at)
    if sampled_at is not None:
        return sampled_at - timedelta(days=sample_days), max(until_at, sampled_at)
    return None


def may_advance(state: str, to: str) -> bool:
    """Whether a confirmed contact may step on: forward only; who is isolated needs no finding any more."""
    return state in STEPS and to in STEPS and STEPS.index(to) > STEPS.index(state)


def visit_fault(from_at: datetime, to_at: datetime, at: datetime) -> str:
    """Why the times of a visit cannot stand; "" if they can. A visit that lasts until now is taken."""
    if to_at <= from_at:
        return "tracing.visit_backwards"
    return "tracing.visit_to_come" if to_at > at else ""


def is_dependant(age: int | None, flags: frozenset[str], *, adult: int, needing: frozenset[str]) -> bool:
    """Whether somebody cannot be left without another: a child, or who has a mark that says so."""
    return (age is not None and age < adult) or bool(flags & needing)
