"""What was noted about somebody on duty, and what follows: fit to go in, breaks due, how long in a suit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Noted = tuple[str, datetime, Mapping[str, Any]]  # kind, when, values
Fate = tuple[str, dict[str, Any]]

TICKS = ("temperature", "kit", "training")  # of assembly: noted by the lead
OWN = ("break", "back", "meal", "suit-on", "suit-off", "relief", "count")  # by oneself too
MOST_COUNTED = 100_000
SECOND = ("gear", "entered", "left")  # by a second person of the same post, never by oneself
LEADS = (*TICKS, "relieved", "overrun")
PROOF = "proof"  # that he is there, in an emergency: a service of its own keeps it
AFTER = ("feedback",)  # of a turn that was served, by oneself alone
KINDS = (*LEADS, *OWN, *SECOND, *AFTER)
CELSIUS = (33.0, 43.0)
# A note that closes what another began.
ENDS = {"back": "break", "suit-off": "suit-on", "left": "entered"}


@dataclass(frozen=True)
class DutyState:
    """How somebody on duty stands at a time, by what was noted; None: not so."""

    rested_at: datetime | None = None  # since when without break or meal
    break_since: datetime | None = None
    suit_since: datetime | None = None
    inside_since: datetime | None = None
    relief_at: datetime | None = None  # asked and not yet sent
    overrun_until: datetime | None = None  # a long job that a lead allowed, until then
    overrun_why: str = ""
    has_eaten: bool = False
    metres: int | None = None  # from the post, as he last showed in an emergency
    has_photo: bool = False


def latest(notes: Iterable[Noted], kind: str) -> Noted | None:
    """The newest note of a kind."""
    found = [n for n in notes if n[0] == kind]
    return max(found, key=lambda n: n[1]) if found else None


def _open_since(notes: Sequence[Noted], begins: str, ends: str) -> datetime | None:
    first, last = latest(notes, begins), latest(notes, ends)
    return first[1] if first and (last is None or last[1] < first[1]) else None


def duty_state(notes: Sequence[Noted], came_at: datetime) -> DutyState:
    """How somebody who has come stands: breaks, suit, inside, relief, from his notes in any order."""
    pauses = [n[1] for n in notes if n[0] in ("back", "meal")]
    overrun = latest(notes, "overrun")
    shown = [values for kind, _, values in sorted(notes, key=lambda n: n[1]) if kind == PROOF]
    return DutyState(
        rested_at=max([came_at, *pauses]),
        break_since=_open_since(notes, "break", "back"),
        suit_since=_open_since(notes, "suit-on", "suit-off"),
        inside_since=_open_since(notes, "entered", "left"),
        relief_at=_open_since(notes, "relief", "relieved"),
        overrun_until=datetime.fromisoformat(overrun[2]["until"]) if overrun else None,
        overrun_why=str(overrun[2].get("why", "")) if overrun else "",
        has_eaten=latest(notes, "meal") is not None,
        metres=next((v["metres"] for v in reversed(shown) if "metres" in v), None),
        has_photo=any("photo" in v for v in shown),
    )


def assembly_missing(notes: Sequence[Noted], *, kit: bool, training: bool) -> list[str]:
    """Which ticks of assembly are still missing, in their order."""
    asked = {"temperature": True, "kit": kit, "training": training}
    return [t for t in TICKS if asked[t] and latest(notes, t) is None]


def has_fever(notes: Sequence[Noted]) -> bool:
    """Whether the newest temperature of assembly stops him."""
    found = latest(notes, "temperature")
    return bool(found and found[2].get("fever"))


def note_fault(kind: str, notes: Sequence[Noted], at: datetime, values: Mapping[str, Any], celsius: float | None,
               came_at: datetime | None) -> Fate:  # fmt: skip
    """Why a note cannot be kept after those before it; nothing against it: "".

    Nobody goes in before a second person has checked his gear since he was last inside; nobody comes out without
    decontamination; a pause, a suit or a stay inside ends once; on duty alone one eats, rests and wears a suit.
    """
    if kind not in KINDS:
        return "calls.unfit", {"field": "kind", "fix": " ".join(KINDS)}
    if kind == "temperature" and (celsius is None or not CELSIUS[0] <= celsius <= CELSIUS[1]):
        return "calls.unfit", {"field": "celsius", "fix": "33–43 °C"}
    if kind == "overrun" and not (str(values.get("why", "")).strip() and _until(values)):
        return "calls.unfit", {"field": "reason", "fix": "text"}
    if kind == "count" and not _counted(values.get("n")):
        return "calls.unfit", {"field": "count", "fix": f"1–{MOST_COUNTED}"}
    if kind not in TICKS and came_at is None:
        return "calls.not_in", {"state": ""}
    if kind in ENDS and _open_since(notes, ENDS[kind], kind) is None:
        return "calls.not_begun", {"kind": ENDS[kind]}
    begun = {v: k for k, v in ENDS.items()}
    if kind in begun and _open_since(notes, kind, begun[kind]) is not None:
        return "repeated", {}
    if kind == "entered":
        gear, out = latest(notes, "gear"), latest(notes, "left")
        if gear is None or (out is not None and gear[1] < out[1]):
            return "calls.gear_unchecked", {}
    if kind == "left" and not values.get("clean"):
        return "calls.unfit", {"field": "clean", "fix": "true"}
    return "", {}


def _counted(n: Any) -> bool:
    return isinstance(n, int) and 1 <= n <= MOST_COUNTED


def _until(values: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(values.get("until", "")))
    except ValueError:
        return None


def sum_counted(notes: Iterable[Noted]) -> int:
    """How many units were noted on a turn."""
    return sum(int(values.get("n", 0)) for kind, _, values in notes if kind == "count")


def over(since: datetime | None, at: datetime, limit: timedelta) -> bool:
    """Whether something has lasted longer than its limit; what has not begun has not."""
    return since is not None and at - since > limit


def load_of(hours_today: float, hours_week: float, *, amber: tuple[float, float], red: tuple[float, float]) -> str:
    """How much somebody has served, against the limits of a day and of seven: red, amber, or ""."""
    if hours_today >= red[0] or hours_week >= red[1]:
        return "red"
    return "amber" if hours_today >= amber[0] or hours_week >= amber[1] else ""
