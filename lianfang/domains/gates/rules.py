"""What a permit may be and become, and what a gate says to it, on plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

CONVOY = "convoy"  # a kind with a page of its own
MODES = ("walk", "bicycle", "car", "ambulance")
# applied → issued → out → back; or gone, where its kind lets out one way; or refused, returned for more, void (not used
# in time, or called back).
STATES = ("applied", "returned", "refused", "issued", "out", "back", "gone", "void")
DRIVEN = ("car", "ambulance")  # modes with a plate
WAYS = ("out", "in")
# How a passage comes to be told: now, at the gate; or afterwards, once there was signal: he passed, or was turned back.
SEEN = ("", "through", "turned")
SPENT = ("void", "out", "gone", "back")  # states in which a square that was good may be good no longer
EARLY = timedelta(minutes=30)  # a gate's clock and a person's differ; half an hour before his time he may go
SHRINK = 0.5  # of the time until somebody must leave, so much is for deciding; the rest is for the way


def ladder_of(
    holds: Sequence[Mapping[str, Any]], rules: Mapping[str, Mapping[str, Any]], *, is_fast: bool
) -> tuple[str, str]:
    """The ladder of decisions for an exit, and the name of the hold it follows from; ("", "") where none is needed.

    holds: what restricts the person, the one that speaks first: kind and its rules (leave_home, leave_zone).
    rules: by kind of hold its ladders {ladder, fast}; "other" for kinds that have none of their own.
    Gives ("no", kind) where the hold lets nobody out and it is not fast.
    """
    for h in holds:
        allowed = {h["rules"].get("leave_home", "yes"), h["rules"].get("leave_zone", "yes")}
        if allowed == {"yes"}:
            continue
        rule = rules.get(h["kind"]) or rules["other"]
        if is_fast:
            return str(rule["fast"]), str(h["kind"])
        return ("no" if "permit" not in allowed else str(rule["ladder"])), str(h["kind"])
    return "", ""


def decide_by(at: datetime, *, leaves_at: datetime, deadline_at: datetime | None, travel: timedelta) -> datetime:
    """By when all steps together must have been decided: half the time until the person has to leave.

    He leaves when he said, or so early that he is at his deadline's place in time, whichever is sooner.
    """
    leaves = min(leaves_at, deadline_at - travel) if deadline_at else leaves_at
    return at + max((leaves - at) * SHRINK, timedelta(0))


def verdict(
    state: str, way: str, *, from_at: datetime, until_at: datetime, at: datetime, is_one_way: bool = False
) -> str:
    """What a gate says: "" (may pass), not_issued, early, over, is_out, is_back, is_gone, void.

    Edge: coming back is never refused, however late: he is flagged, not shut out. One way out, nobody comes back by it.
    """
    if state == "gone":
        return "is_gone"
    if way == "in" and is_one_way:
        return "not_out"
    if way == "in":
        return "" if state in ("out", "issued", "back") else "not_out"
    if state in ("applied", "returned"):
        return "not_issued"
    if state in ("refused", "void"):
        return state
    if state == "out":
        return "is_out"
    if state == "back":
        return "is_back"
    if at < from_at - EARLY:
        return "early"
    return "over" if at >= until_at else ""


def convoy_verdict(state: str, *, until_at: datetime, at: datetime) -> str:
    """What a gate says to a convoy: "" (may pass), not_issued, refused, void, over.

    Edge: it is early or late as it comes, passes many gates, and none that it has not passed is closed to it.
    """
    if state in ("applied", "returned"):
        return "not_issued"
    if state in ("refused", "void"):
        return state
    return "over" if at >= until_at else ""


def lateness(due_at: datetime, passed_at: datetime | None, *, tolerance: timedelta, at: datetime) -> int:
    """Whole minutes a convoy is, or was, late at a gate; 0 within the tolerance."""
    late = (passed_at or at) - due_at
    return int(late.total_seconds() // 60) if late > tolerance else 0
