"""When a message may go out, and what becomes of one that failed. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

QUIET_FROM, QUIET_UNTIL = time(21, 30), time(7, 30)  # local; where an edition sets no hours of its own
TRIES = 5


def sends_at(
    made_at: datetime, *, purpose: str, quiet_from: time = QUIET_FROM, quiet_until: time = QUIET_UNTIL
) -> datetime:
    """When a message made at a local time may leave: at once, or at the end of quiet hours; a warning never waits.

    Edge: at exactly quiet_from it waits; at exactly quiet_until it leaves.
    """
    clock = made_at.timetz().replace(tzinfo=None)
    quiet = (
        (clock >= quiet_from or clock < quiet_until) if quiet_from > quiet_until else quiet_from <= clock < quiet_until
    )
    if purpose == "warn" or not quiet:
        return made_at
    day = made_at if clock < quiet_until else made_at + timedelta(days=1)
    return day.replace(hour=quiet_until.hour, minute=quiet_until.minute, second=0, microsecond=0)


def retry_after(tries: int) -> timedelta | None:
    """How long to wait before the next try: 1, 2, 4, 8 minutes; None when it has failed."""
    return timedelta(minutes=2 ** (tries - 1)) if tries < TRIES else None


def filled(text: str, values: dict[str, str]) -> str:
    """A template with its blanks filled; a blank without a value stays visible as the blank's name in brackets."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text
