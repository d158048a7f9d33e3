"""What asks a household the same thing twice, and when nobody knocks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

KNOCK = "knock"  # the kind of which one item is one knock or call
BESIDE_WORK = ("rounds", "watch", "needs", "other")  # what is spoken of at a door and is no item of work


@dataclass(frozen=True)
class Asking:
    """That somebody asked a household a question and was answered: by a knock or call, or by a task that was done."""

    question: str
    by: UUID | None
    is_knock: bool


def times_asked(askings: Iterable[Asking]) -> dict[str, int]:
    """How often each question was asked of a household that day.

    Each knock once. Tasks that one person finished are one asking, and none beside a knock of his own: whoever knocks,
    asks, and then notes the task, has asked once.
    """
    knocks: dict[tuple[str, UUID | None], int] = {}
    for a in askings:
        pair = (a.question, a.by)
        knocks[pair] = knocks.get(pair, 0) + a.is_knock
    out: dict[str, int] = {}
    for (question, _), n in knocks.items():
        out[question] = out.get(question, 0) + max(n, 1)
    return out


def holds_since(at: datetime, hours: float) -> datetime:
    """Since when an answer still holds, in local time: so many hours back, never beyond the day's own beginning."""
    return max(at.replace(hour=0, minute=0, second=0, microsecond=0), at - timedelta(hours=hours))


def is_at_night(at: datetime, hours: Sequence[float]) -> bool:
    """Whether a local time lies within the hours in which nobody knocks as a routine: [22, 7] is from 22:00 to 07:00.

    Edge: at exactly the first hour it is night, at exactly the last it is day; two equal hours are no night.
    """
    begins, ends = hours
    clock = at.hour + at.minute / 60 + at.second / 3600
    return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
