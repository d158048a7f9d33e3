"""Who may serve where and when, what a team may become, how a quota is shared: on plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

FITNESS = ("fit", "light", "off")
SKILL_STATES = ("stated", "verified", "refused")
IN_TEAM = "in"
MEMBER_STATES = ("applied", "reserve", "out", IN_TEAM, "left")
BASES = ("area", "estate", "post", "unit", "pool", "zone", "mission")
# From each state of a team those it may come to; on standby between two works, never back from having stood down.
TEAM_MOVES = {
    "formed": ("commissioned", "standby", "called", "deployed", "stood_down"),
    "commissioned": ("standby", "called", "deployed", "stood_down"),
    "standby": ("commissioned", "called", "deployed", "stood_down"),
    "called": ("deployed", "standby", "stood_down"),
    "deployed": ("resting", "standby", "stood_down"),
    "resting": ("called", "deployed", "standby", "stood_down"),
    "stood_down": (),
}
MISSION_MOVES = {"asked": "offered", "offered": "assembled", "assembled": "hosted", "hosted": "released"}
# How it ends without anybody being sent, from which states: the sender declines, who asked takes it back.
MISSION_ENDS = {"declined": ("asked", "offered"), "withdrawn": ("asked", "offered")}
AGE_BANDS = ((18, 30), (30, 40), (40, 50), (50, 60), (60, 150))  # half-open, in years
DAYS = tuple(range(7))


def shared_out(people: int, staff: Mapping[UUID, int]) -> dict[UUID, int]:
    """A quota for each body by its share of all staff, whole people, largest remainders first; sums to `people`.

    Raises: ValueError if they have fewer together. Edge: of equal remainders the smaller body gives less.
    Source: Hamilton's method (largest remainder).
    """
    every = sum(staff.values())
    if people > every or people < 0:
        raise ValueError("more asked for than there are")
    if not every:
        return dict.fromkeys(staff, 0)
    exact = {b: people * n / every for b, n in staff.items()}
    out = {b: int(x) for b, x in exact.items()}
    left = people - sum(out.values())
    order = sorted(staff, key=lambda b: (-(exact[b] - out[b]), -staff[b], str(b)))
    for b in [b for b in order if out[b] < staff[b]][:left]:
        out[b] += 1
    return out


def ages(born_years: Iterable[int], today: date) -> tuple[float | None, dict[tuple[int, int], int]]:
    """Mean age in whole calendar years, and how many in each band; nothing known: None."""
    years = [today.year - y for y in born_years]
    bands = {b: sum(b[0] <= a < b[1] for a in years) for b in AGE_BANDS}
    return (round(sum(years) / len(years), 1) if years else None), bands


def free_times_fault(times: Any) -> str:
    """What is wrong with the times somebody says he is free; empty if nothing."""
    if not isinstance(times, list):
        return "days from until"
    for t in times:
        if not isinstance(t, dict) or not t.get("days") or set(t["days"]) - set(DAYS):
            return "days 0–6"
        try:
            if time.fromisoformat(t["from"]) == time.fromisoformat(t["until"]):
                return "from until"
        except (KeyError, TypeError, ValueError):
            return "HH:MM"
    return ""


def wishes_fault(wishes: Mapping[str, Any], most_days: int = 31) -> str:
    """What is wrong with what somebody wishes of a roster: {days_off, no_nights, hours}; empty if nothing."""
    try:
        if len([date.fromisoformat(d) for d in wishes.get("days_off", [])]) > most_days:
            return f"0–{most_days}"
        hours = [day_minutes(h) for h in wishes.get("hours") or []]
    except (TypeError, ValueError):
        return "2027-03-01, HH:MM"
    return "" if not hours or (len(hours) == 2 and hours[0] < hours[1]) else "HH:MM–HH:MM"


def is_free(times: Sequence[Mapping[str, Any]], starts: datetime, ends: datetime) -> bool:
    """Whether one of the stated spans holds a whole shift, in local time; nothing stated: always.

    Edge: a span that ends before it begins runs into the next day and is of the day on which it begins.
    """
    if not times:
        return True
    return any(_holds(t, starts, ends) for t in times)


def _holds(span: Mapping[str, Any], starts: datetime, ends: datetime) -> bool:
    first, last = day_minutes(span["from"]), day_minutes(span["until"])
    last += 1440 if last <= first else 0
    length = (ends - starts).total_seconds() / 60
    begins = starts.hour * 60 + starts.minute
    for back in (0, 1):  # the span of the day itself, or that of the day before which runs on
        at = begins + 1440 * back
        if (starts.weekday() - back) % 7 in span["days"] and first <= at and at + length <= last:
            return True
    return False


def day_minutes(text: str) -> int:
    """Minutes from midnight of HH:MM. Raises ValueError."""
    t = time.fromisoformat(text)
    return t.hour * 60 + t.minute


@dataclass(frozen=True)
class Ability:
    """What counts about somebody when a place is given: verified skills, fitness and limits, insurance."""

    skills: frozenset[str] = frozenset()
    fitness: str = "fit"
    limits: frozenset[str] = frozenset()
    until_at: datetime | None = None  # of the fitness
    insured_until: date | None = None
    is_exposed: bool = False


NOTHING_SAID = Ability()  # of whoever is on no register: the same one of all, so that many are told by a look


@dataclass(frozen=True)
class Stated:
    """One statement of fitness, in the order they were made: by the person or not, after a harm or exposure or not."""

    state: str
    is_own: bool
    has_source: bool


def holding(stated: Sequence[Stated]) -> int:
    """Which of the statements that still run holds: the newest; but nobody's own word ends what a harm began.

    Edge: off duty by exposure or harm ends by its date, or by another's word.
    """
    now = 0
    for n, s in enumerate(stated):
        before = stated[now]
        if not (before.state == "off" and before.has_source and s.is_own):
            now = n
    return now


@dataclass(frozen=True)
class Demand:
    """What a post demands: verified skills, work that limits forbid, insurance."""

    skills: frozenset[str] = frozenset()
    forbids: frozenset[str] = frozenset()  # limits with which nobody serves here
    insured: bool = False


def why_not(ability: Ability, demand: Demand, on: date) -> tuple[str, dict[str, Any]]:
    """Why somebody may not serve on a post on a day; nothing speaks against it: "".

    A skill counts only if it is verified. Off duty is off every post; light duty is off those whose work is forbidden.
    """
    missing = demand.skills - ability.skills
    if missing:
        return "calls.not_trained", {"skills": sorted(missing)}
    if ability.fitness == "off":
        until = ability.until_at.isoformat() if ability.until_at else ""
        return ("calls.exposed" if ability.is_exposed else "calls.off_duty"), {"until": until}
    barred = ability.limits & demand.forbids if ability.fitness == "light" else frozenset()
    if barred:
        until = ability.until_at.isoformat() if ability.until_at else ""
        return "calls.limited", {"until": until, "limits": sorted(barred)}
    if demand.insured and (ability.insured_until is None or ability.insured_until < on):
        return "calls.not_insured", {"day": on.isoformat()}
    return "", {}


@dataclass(frozen=True)
class Turn:
    """One turn of a rota: from when to when, and who serves it."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[UUID, ...]


def rota(people: Sequence[UUID], from_at: datetime, until_at: datetime, *, hours: int) -> list[Turn]:
    """Turns of so many hours round the clock, members shared out in turn so that nobody has two running.

    With n turns a day the squad is cut into n parts, each the same hours each day; too few members for that serve
    every turn they can without following on themselves. Edge: the last turn ends where the offer does.
    Raises: ValueError for no people or no hours.
    """
    if not people or hours < 1:
        raise ValueError("a rota needs people and hours")
    a_day = -(-24 // hours)
    parts = [tuple(people[n::a_day]) for n in range(a_day)] if len(people) >= a_day else [(p,) for p in people]
    turns, starts, n = [], from_at, 0
    while starts < until_at:
        ends = min(starts + timedelta(hours=hours), until_at)
        turns.append(Turn(starts, ends, parts[n % len(parts)]))
        starts, n = ends, n + 1
    return turns


def paired(people: Sequence[UUID], skilled: Collection[UUID]) -> list[list[UUID]]:
    """Units of two, one of each skilled while they last; an odd one out makes a unit of three; one alone is one."""
    first = [p for p in people if p in skilled]
    half = len(people) // 2
    heads, rest = first[:half], [p for p in people if p not in first[:half]]
    heads += rest[: half - len(heads)]
    rest = [p for p in people if p not in heads]
    if not heads:
        return [list(people)] if people else []
    units = [[a, b] for a, b in zip(heads, rest, strict=False)]
    units[-1] += rest[len(heads) :]
    return units


def may_become(state: str, next_state: str) -> bool:
    """Whether a team in a state may come to another."""
    return next_state in TEAM_MOVES.get(state, ())


def taken_fault(criteria: Mapping[str, Any], kind: str, skills: frozenset[str]) -> dict[str, str]:
    """What of a team's criteria (kinds, skills) somebody does not meet; empty if all are met."""
    kinds, wanted = criteria.get("kinds") or [], set(criteria.get("skills") or [])
    if kinds and kind not in kinds:
        return {"field": "kind", "fix": " ".join(kinds)}
    missing = wanted - skills
    return {"field": "skills", "fix": " ".join(sorted(missing))} if missing else {}
