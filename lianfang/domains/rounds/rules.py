"""What a round needs, which step follows which, and what a note about a unit must carry: on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Body = Mapping[str, Any]
STATES = ("planned", "staffed", "open", "sampling-closed", "results-in", "closed")
STATION_STATES = ("planned", "notified", "setting-up", "open", "closed")
TAKES_NOTES = ("open",)


@dataclass(frozen=True)
class Needs:
    """What an area's people need: stations, desks, people at them, tubes and suits. All whole numbers."""

    people: int = 0
    stations: int = 0
    desks: int = 0
    staff: int = 0
    tubes: int = 0
    suits: int = 0

    def __add__(self, other: Needs) -> Needs:
        return Needs(*(a + b for a, b in zip(self.all, other.all, strict=True)))

    @property
    def all(self) -> tuple[int, ...]:
        """The numbers in their order."""
        return (self.people, self.stations, self.desks, self.staff, self.tubes, self.suits)


def _up(n: int, each: float) -> int:
    return -(-n * 1000 // int(each * 1000)) if n else 0


def needs_of(people: int, values: Mapping[str, float], *, pool: int) -> Needs:
    """What one area needs by its guide; each part is rounded up, so that a village of ten has a station too.

    Takes:  values people_per_site, people_per_unit, people_per_sampler, tube_reserve_percent, suits_per_sampler.
    Edge:   no people need nothing; a station has a desk, a desk somebody at it.
    """
    stations = _up(people, values["people_per_site"])
    desks = max(stations, _up(people, values["people_per_unit"]))
    staff = max(desks, _up(people, values["people_per_sampler"]))
    tubes = _up(people, pool)
    spare = _up(tubes * int(values["tube_reserve_percent"]), 100)
    return Needs(people, stations, desks, staff, tubes + spare, staff * int(values["suits_per_sampler"]))


def whole_of(parts: Iterable[Needs]) -> Needs:
    """The sum of areas."""
    return sum(parts, Needs())


def next_state(state: str) -> str:
    """The step that follows; "" after the last."""
    n = STATES.index(state)
    return STATES[n + 1] if n + 1 < len(STATES) else ""


def may_follow(before: str, after: str) -> bool:
    """Whether a station may come to a state from another: forward only, but a closed one may open again."""
    order = STATION_STATES.index
    return after in STATION_STATES and (order(after) > order(before) or (before, after) == ("closed", "open"))


def names(kind: Body, what: str) -> list[str]:
    """Names of a kind's endings, tries or reasons."""
    return [e["name"] for e in kind.get(what, [])]


def by_sample(kind: Body) -> list[str]:
    """Endings that only a sample gives."""
    return [e["name"] for e in kind["endings"] if e.get("sample")]


def comes_back(kind: Body) -> list[str]:
    """Tries that say the unit comes after all: an ending noted by hand before is no longer so."""
    return [t["name"] for t in kind.get("tries", []) if t.get("back")]


def reasons_for(kind: Body, ending: str) -> list[Body]:
    """The reasons an ending may be given with."""
    return [r for r in kind.get("reasons", []) if ending in r["for"]]


def note_problem(kind: Body, says: str, reason: str) -> tuple[str, dict[str, Any]] | None:
    """Why a note about a unit cannot be taken: the code of its refusal and its values; None if it can."""
    if says in names(kind, "tries"):
        return None
    ending = next((e for e in kind["endings"] if e["name"] == says), None)
    if ending is None:
        return "rounds.ending_unknown", {"ending": says}
    if ending.get("sample"):
        return "rounds.not_by_hand", {"ending": {t: ending[t] for t in ("zh", "en")}}
    if ending.get("needs") and reason not in [r["name"] for r in reasons_for(kind, says)]:
        fits = [{t: r[t] for t in ("zh", "en")} for r in reasons_for(kind, says)]
        return "rounds.reason_missing", {"ending": {t: ending[t] for t in ("zh", "en")}, "reasons": fits}
    return None


def finish_at(left: int, ended_last_hour: int, at: datetime) -> datetime | None:
    """When nobody is left at the pace of the last hour; None where nothing moved."""
    if left == 0:
        return at
    return at + timedelta(hours=left / ended_last_hour) if ended_last_hour else None


def split_even(weights: Sequence[int], parts: int) -> list[list[int]]:
    """Buildings (by index, with what is left in each) dealt to so many pairs, the fullest first to the least laden."""
    out: list[list[int]] = [[] for _ in range(parts)]
    load = [0] * parts
    for n in sorted(range(len(weights)), key=lambda i: -weights[i]):
        k = load.index(min(load))
        out[k].append(n)
        load[k] += weights[n]
    return out
