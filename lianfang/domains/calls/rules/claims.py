"""Who gets a place: asks in the order of time against free places; when one may come and leave. On plain values."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from lianfang.domains.calls.rules.roles import Heads

STATES = ("draft", "open", "full", "closed")
FIRM = ("claimed", "confirmed", "checked_in", "done")  # these hold a place
LIVE = (*FIRM, "waiting", "asking", "no_show")  # one of these a shift and person
ASKABLE = ("calls.limited",)  # what the lead may allow although it speaks against a place: light duty, on own request
NOBODY: frozenset[str] = frozenset()
RISKS = ("low", "medium", "high")
CODE_DIGITS = 6
HOUR = timedelta(hours=1)

Span = tuple[datetime, datetime]
Hindrance = tuple[str, dict[str, Any]]


@dataclass
class Room:
    """A shift as a batch of asks meets it; the counters move as asks are judged."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    places: int
    taken: int
    waiting: int
    asked: int
    opens_at: datetime
    closes_at: datetime | None
    is_closed: bool
    rest: timedelta = timedelta()  # that people have in any 24 hours
    most: timedelta = timedelta.max  # that they serve between two such rests
    risky: timedelta = timedelta.max  # that one may serve on this task at once, by its risk
    week: timedelta = timedelta.max  # that they serve in any seven days
    waves: tuple[tuple[datetime, int], ...] = ()  # from when on how many of a hundred places are let go
    heads: Heads | None = None  # who of a role it needs, where it needs any

    def let_go(self, at: datetime) -> tuple[int, datetime | None]:
        """How many places may be taken at a time, and when the next ones are let go; no waves: all, never."""
        if not self.waves:
            return self.places, None
        percent = max((p for opens, p in self.waves if opens <= at), default=0)
        later = [opens for opens, p in self.waves if opens > at and p > percent]
        return -(-self.places * percent // 100), min(later, default=None)


@dataclass(frozen=True)
class Wish:
    """One person asks for one shift; `waits`: takes a place on the waitlist if it is full."""

    id: UUID
    shift_id: UUID
    account_id: UUID
    at: datetime
    waits: bool = True
    why: str = ""  # asks the lead to be let serve in spite of too little rest, with a reason


@dataclass(frozen=True)
class Verdict:
    """What becomes of a wish: a state and its order on the shift, or a refusal with its code."""

    wish: Wish
    code: str = ""
    state: str = ""
    order: int = 0
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Standing:
    """What is known before the first ask is judged, and grows with each place given."""

    known: dict[UUID, tuple[UUID, UUID]]  # claim id -> shift and account, of ids that came before
    mine: dict[tuple[UUID, UUID], UUID]  # (shift, account) -> its live claim
    held: dict[UUID, list[Span]]  # account -> the times of places it holds
    unfit: Mapping[UUID, tuple[str, dict[str, Any]]]  # wish id -> why it may not ask at all
    skills: Mapping[UUID, Collection[str]] = field(default_factory=dict)  # account -> verified ones, where roles count


def state_now(state: str, opens_at: datetime, at: datetime) -> str:
    """The state of a call at a time: a draft whose hour has come is open, whoever looks first."""
    return "open" if state == "draft" and opens_at <= at else state


def overlaps(a: Span, b: Span) -> bool:
    """Whether two spans have a moment in common; half-open, so one may begin when the other ends."""
    return a[0] < b[1] and b[0] < a[1]


def tired(held: Sequence[Span], new: Span, *, rest: timedelta, most: timedelta) -> tuple[str, dict[str, Any]]:
    """Whether a shift more leaves too little rest, or is too much between two rests; shifts do not overlap.

    A duty is what is served with less than a rest between its parts. It lasts, from its first hour to its last, no
    longer than leaves a rest in 24 hours, and its parts add up to no more than the most. One shift alone is the
    posting lead's own decision, however long.
    """
    duty, left = [new], sorted(held)
    while near := [s for s in left if any(s[0] - d[1] < rest and d[0] - s[1] < rest for d in duty)]:
        duty += near
        left = [s for s in left if s not in near]
    if len(duty) == 1:
        return "", {}
    begun, ends = min(s[0] for s in duty), max(s[1] for s in duty)
    served = sum((s[1] - s[0] for s in duty), timedelta())
    if served > most:
        return "calls.too_many_hours", {"hours": round(served / HOUR, 1), "most": most / HOUR}
    if ends - begun > 24 * HOUR - rest:
        return "calls.too_little_rest", {"hours": rest / HOUR, "from": begun.isoformat(), "until": ends.isoformat()}
    return "", {}


def too_long(span: Span, risky: timedelta) -> Hindrance:
    """Why a shift of its own is longer than its task's risk lets one serve."""
    return "calls.too_many_hours", {"hours": round((span[1] - span[0]) / HOUR, 1), "most": risky / HOUR}


def is_night(starts: datetime, ends: datetime, hours: Sequence[float]) -> bool:
    """Whether a shift, in local time, has a moment in the night: from one hour of the day to another of the next."""
    first, last = hours
    day = starts.replace(hour=0, minute=0, second=0, microsecond=0)
    nights = [(day + timedelta(days=n, hours=first), day + timedelta(days=n + (last <= first), hours=last))
              for n in range(-1, (ends - day).days + 1)]  # fmt: skip
    return any(overlaps((starts, ends), night) for night in nights)


def weary(held: Sequence[Span], new: Span, *, week: timedelta) -> tuple[str, dict[str, Any]]:
    """Whether any seven days with this shift hold more hours than a week's most; shifts do not overlap.

    It is enough to look at the spans of seven days that begin with a shift or end with one. One shift alone is the
    posting lead's own decision.
    """
    spans = [*held, new]
    starts = {s[0] for s in spans} | {s[1] - 7 * 24 * HOUR for s in spans}
    for first in sorted(s for s in starts if s <= new[0] and s + 7 * 24 * HOUR >= new[1]):
        last = first + 7 * 24 * HOUR
        inside = [(max(a, first), min(b, last)) for a, b in spans if a < last and first < b]
        served = sum((b - a for a, b in inside), timedelta())
        if len(inside) > 1 and served > week:
            return "calls.too_many_week", {"hours": round(served / HOUR, 1), "most": week / HOUR}
    return "", {}


def asked_from(audiences: Sequence[tuple[datetime, Mapping[str, Any]]], who: Mapping[str, Any]) -> datetime | None:
    """From when on a call asks somebody: the first of its audiences that holds him; None if none does.

    An audience names bodies or kinds of them, kinds of people, skills, teams, a reserve, areas of home; of each it
    names one has to fit; bodies and their kinds are one question. `who` has the same names, each a set.
    """
    return min((opens for opens, a in audiences if _fits(a, who)), default=None)


def _fits(audience: Mapping[str, Any], who: Mapping[str, Any]) -> bool:
    bodies = {("bodies", str(b)) for b in audience.get("bodies") or []}
    bodies |= {("kinds", k) for k in audience.get("kinds") or []}
    if bodies and not bodies & {(name, x) for name in ("bodies", "kinds") for x in who[name]}:
        return False
    if audience.get("reserve") and not who["reserve"]:
        return False
    asked = {n: {str(x) for x in audience.get(n) or []} for n in ("people", "skills", "teams", "homes")}
    return all(not some or some & set(who[n]) for n, some in asked.items())


def answer_by(at: datetime, starts_at: datetime, *, share: float, most: timedelta, least: timedelta) -> datetime | None:
    """Until when a place that came free is kept for who moved up: a share of the time left, so shorter as it nears.

    Never longer than `most`; None (kept without answer) once less than `least` would be left to answer.
    """
    left = min(most, (starts_at - at) * share)
    return at + left if left >= least else None


def judge_wishes(wishes: Sequence[Wish], rooms: Mapping[UUID, Room], standing: Standing) -> list[Verdict]:
    """What becomes of each wish, the earliest first; gives verdicts in the order the wishes came.

    Edge: of two at the same moment the one sent first is first. The same person twice on a shift: the first claim.
    """
    queue = sorted(range(len(wishes)), key=lambda n: wishes[n].at)
    verdicts = {n: _judge(wishes[n], rooms, standing) for n in queue}
    return [verdicts[n] for n in range(len(wishes))]


def _judge(wish: Wish, rooms: Mapping[UUID, Room], standing: Standing) -> Verdict:
    before = standing.known.get(wish.id)
    if before is not None:
        same = before == (wish.shift_id, wish.account_id)
        return Verdict(wish, "repeated" if same else "calls.claim_differs", values={"claim": str(wish.id)})
    room = rooms.get(wish.shift_id)
    if room is None:
        return Verdict(wish, "calls.shift_missing", values={"shift": str(wish.shift_id)})
    hindered = standing.unfit.get(wish.id, ("", {}))
    if hindered[0] and not (wish.why and hindered[0] in ASKABLE):
        return Verdict(wish, hindered[0], values=hindered[1])
    mine = standing.mine.get((wish.shift_id, wish.account_id))
    if mine is not None:
        return Verdict(wish, "repeated", values={"claim": str(mine)})
    code, values = _closed(room, wish.at)
    held = standing.held.setdefault(wish.account_id, [])
    span = (room.starts_at, room.ends_at)
    other = next((s for s in held if overlaps(s, span)), None)
    if not code and other:
        code, values = "calls.collides", {"from": other[0].isoformat(), "until": other[1].isoformat()}
    if not code:
        code, values = _worn(held, span, room, hindered)
        if code and wish.why:
            standing.mine[wish.shift_id, wish.account_id] = wish.id
            return Verdict(wish, "", "asking", 0, {"state": "asking"} | values)
    is_full, is_kept = room.taken >= room.places, _is_kept(room, standing.skills.get(wish.account_id, NOBODY))
    let_go, next_at = room.let_go(wish.at)
    if not code and not is_full and room.taken >= let_go and next_at is not None:
        code, values = "calls.held_back", {"from": next_at.isoformat(), "places": room.places - room.taken}
    if not code and is_full and not wish.waits:
        code, values = "calls.full", {"places": room.places, "waiting": room.waiting, "place": room.waiting + 1}
    if not code and is_kept and room.heads and not wish.waits:
        code, values = "calls.kept_for_role", {"skills": sorted(room.heads.lacking()), "place": room.waiting + 1,
                                               "places": room.places - room.taken}  # fmt: skip
    if code:
        return Verdict(wish, code, values=values)
    return _given(wish, room, standing, is_full or is_kept)


def _is_kept(room: Room, own: Collection[str]) -> bool:
    free = room.places - room.taken
    return free > 0 and room.heads is not None and room.heads.is_kept(own, free)


def _worn(
    held: Sequence[Span], span: Span, room: Room, hindered: tuple[str, dict[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """What the lead alone may allow: light duty, too little rest, too many hours at once or in a week."""
    if hindered[0]:
        return hindered
    if span[1] - span[0] > room.risky:
        return too_long(span, room.risky)
    if not held:
        return "", {}
    code, values = tired(held, span, rest=room.rest, most=min(room.most, room.risky))
    return (code, values) if code else weary(held, span, week=room.week)


def _closed(room: Room, at: datetime) -> tuple[str, dict[str, Any]]:
    if room.is_closed or (room.closes_at is not None and at >= room.closes_at):
        return "calls.closed", {}
    if at >= room.ends_at:
        return "calls.shift_over", {"until": room.ends_at.isoformat()}
    if at < room.opens_at:
        return "calls.not_yet_open", {"from": room.opens_at.isoformat()}
    return "", {}


def _given(wish: Wish, room: Room, standing: Standing, has_to_wait: bool) -> Verdict:
    room.asked += 1
    values: dict[str, Any] = {"state": "waiting" if has_to_wait else "claimed"}
    if has_to_wait:
        room.waiting += 1
        values["place"] = room.waiting
    else:
        room.taken += 1
        if room.heads:
            room.heads.take(standing.skills.get(wish.account_id, NOBODY))
        standing.held[wish.account_id].append((room.starts_at, room.ends_at))
    standing.known[wish.id] = (wish.shift_id, wish.account_id)
    standing.mine[wish.shift_id, wish.account_id] = wish.id
    return Verdict(wish, "", values["state"], room.asked, values)


def may_come(span: Span, at: datetime, *, early: timedelta) -> tuple[str, dict[str, Any]]:
    """Whether one may check in at a time: from so long before the shift until it ends (half-open)."""
    opens = span[0] - early
    if at < opens:
        return "calls.too_early", {"from": opens.isoformat()}
    if at >= span[1]:
        return "calls.too_late", {"until": span[1].isoformat()}
    return "", {}


def may_leave(came_at: datetime, ends_at: datetime, at: datetime, *, late: timedelta) -> tuple[str, dict[str, Any]]:
    """Whether one may check out at a time: after coming, and not too long after the shift has ended."""
    if at < came_at:
        return "calls.too_early", {"from": came_at.isoformat()}
    if at > ends_at + late:
        return "calls.too_late", {"until": (ends_at + late).isoformat()}
    return "", {}


def code_digits(key: bytes, shift_id: UUID, on: date) -> str:
    """The check-in code of a shift on a day: six digits that nobody guesses without the site's key."""
    digest = hmac.digest(key, f"check-in {shift_id} {on.isoformat()}".encode(), "sha256")
    return str(int.from_bytes(digest[:8], "big") % 10**CODE_DIGITS).zfill(CODE_DIGITS)


@dataclass(frozen=True)
class Waiting:
    """One who waits and whose time is free, in the order of asking."""

    claim_id: UUID
    shift_id: UUID
    account_id: UUID
    span: Span


def move_up(
    waiting: Sequence[Waiting],
    free: Mapping[UUID, int],
    heads: Mapping[UUID, Heads] | None = None,
    skills: Mapping[UUID, Collection[str]] | None = None,
) -> list[Waiting]:
    """Who moves up into free places: the first of each waitlist; nobody into two shifts at the same time.

    heads: by shift who of a role it needs: the last places are kept for them. skills: by account, where that counts.
    """
    left, held, out = dict(free), dict[UUID, list[Span]](), []
    roles, can = heads or {}, skills or {}
    for w in waiting:
        if left.get(w.shift_id, 0) < 1 or any(overlaps(s, w.span) for s in held.get(w.account_id, ())):
            continue
        own, needed = can.get(w.account_id, NOBODY), roles.get(w.shift_id)
        if needed and needed.is_kept(own, left[w.shift_id]):
            continue
        if needed:
            needed.take(own)
        left[w.shift_id] -= 1
        held.setdefault(w.account_id, []).append(w.span)
        out.append(w)
    return out
