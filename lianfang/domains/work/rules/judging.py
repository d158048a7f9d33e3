"""Judging a move by its kind, on plain values. Pure: no item is read or written here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from lianfang.domains.work.rules.safety import NOTHING, Against, kept, told_by, unsafe
from lianfang.kernels.names import folded

Body = Mapping[str, Any]
GIVEN = "nothing: it is filled in by what it follows from"  # a field that nobody types
TAKEN_OFF, FOLLOWED, MOVED_AWAY = "taken-off", "followed", "moved-away"
HOUSE_MOVES = (TAKEN_OFF, FOLLOWED, MOVED_AWAY)  # what no kind names: the item went to other hands or doors
CHECK = "weather-check"  # the kind by which posts outdoors are flagged: its root is the line of the warning


@dataclass(frozen=True)
class Standing:
    """How an actor stands to an item."""

    is_owner: bool
    is_lead: bool
    is_in_area: bool
    made_last_move: bool
    was_doer: bool


@dataclass(frozen=True)
class Verdict:
    """The move's end state, or the code and values of its refusal."""

    state: str = ""
    code: str = ""
    values: Mapping[str, Any] | None = None
    fills: Mapping[str, Any] | None = None  # what a register says, kept with the move


def first_state(kind: Body, values: Mapping[str, Any] | None = None) -> str:
    """The state in which an item opens: the first whose first_when its values fulfil, else the one that is first."""
    for s in kind["states"]:
        when = s.get("first_when") or {}
        if when and (values or {}).get(when["field"]) == when["is"]:
            return str(s["name"])
    return str(next(s["name"] for s in kind["states"] if s.get("first")))


RIGHTS = {"open": "work.open", "read": "work.read", "do": "work.do", "lead": "work.lead"}


def right_of(kind: Body, what: str) -> str:
    """The right to open, read, do or lead items of a kind: work's own, unless the kind says that it is private."""
    return str((kind.get("private") or {}).get(what) or RIGHTS[what])


def state_of(kind: Body, name: str) -> Body:
    """A state of a kind by name."""
    found: Body = next(s for s in kind["states"] if s["name"] == name)
    return found


def closed_states(kind: Body) -> set[str]:
    """States in which an item is closed."""
    return {s["name"] for s in kind["states"] if s.get("closed")}


WITH_ZONE, WITH_AREA, AT_GATE, IN_ZONE = "ends_with_zone", "freed_with_area", "ends_at_gate", "found_in_zone"


def move_at_end(kind: Body, state: str, key: str = WITH_ZONE) -> Body | None:
    """The move that a kind names for the end of a zone (or what else the key says), if it starts from a state."""
    name = kind.get(key)
    return next((m for m in kind["moves"] if m["name"] == name and state in m["from"]), None) if name else None


def done_state(kind: Body) -> str:
    """The first closed state whose tone is done: where a parent stands when all its children are closed."""
    closed = [s for s in kind["states"] if s.get("closed")]
    return str(next((s["name"] for s in closed if s.get("tone") == "done"), closed[0]["name"]))


def moves_from(kind: Body, state: str, standing: Standing | None = None) -> list[Body]:
    """Moves that start in a state; with a standing, those this actor may make."""
    found = [m for m in kind["moves"] if state in m["from"]]
    return [m for m in found if standing is None or not _who_refuses(kind, m, standing)]


def _who_refuses(kind: Body, move: Body, s: Standing) -> str:
    fits = {"owner": s.is_owner, "lead": s.is_lead, "area": s.is_in_area, "other": s.is_in_area and not s.was_doer}
    if not any(fits[w] for w in move["who"]):
        return "work.needs_another" if "other" in move["who"] and s.was_doer else "work.move_not_yours"
    if move.get("second_person") and s.made_last_move:
        return "work.needs_another"
    if kind.get("closing_by_other") and move["to"] in closed_states(kind) and s.was_doer:
        return "work.needs_another"
    return ""


def field_of(kind: Body, name: str) -> Body | None:
    """A field of a kind by name."""
    return next((f for f in kind.get("fields", []) if f["name"] == name), None)


def value_fix(field: Body, value: Any) -> str:
    """What is wrong with a value of a field, as a fix; "" when nothing is."""
    if value in ("", None):
        return ""
    kind = field["type"]
    if kind == "choice" and value not in [c["value"] for c in field["choices"]]:
        return "one of " + " ".join(str(c["value"]) for c in field["choices"])
    if kind == "bool" and not isinstance(value, bool):
        return "true or false"
    if kind in ("number", "whole"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "a number"
        if kind == "whole" and value != int(value):
            return "a whole number"
    if kind in ("text", "long", "date", "time") and not isinstance(value, str):
        return "text"
    if isinstance(value, str) and "\x00" in value:
        return "text without the character NUL"
    if (kind == "text" and len(str(value)) > 300) or (kind == "long" and len(str(value)) > 4000):
        return "shorter text"
    return ""


def unfit_values(kind: Body, values: Mapping[str, Any]) -> dict[str, str]:
    """Fields whose values cannot be taken, each with its fix; unknown names too."""
    bad = {}
    for name, value in values.items():
        field = field_of(kind, name)
        fix = "no field of this kind" if field is None else value_fix(field, value)
        if field is not None and field.get("told"):
            fix = "said by the register"
        if field is not None and field.get("given"):
            fix = GIVEN
        if fix:
            bad[name] = fix
    return bad


def missing_fields(kind: Body, move: str, values: Mapping[str, Any]) -> list[str]:
    """Fields that a move (or "open") needs and that are empty."""
    out = []
    for f in kind.get("fields", []):
        when = f.get("required_when") or {}
        asked = move in f.get("required_at", []) and (not when or values.get(when["field"]) == when["is"])
        if asked and values.get(f["name"]) in ("", None):
            out.append(f["name"])
    return out


def unmet_criteria(kind: Body, move: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Fields that stay below what a move asks of them by the kind, each with what is asked."""
    out = {}
    for f in kind.get("fields", []):
        asked = f.get("criterion") or {}
        value = values.get(f["name"])
        if move not in asked.get("at", []) or value in ("", None):
            continue
        if "is" in asked and value is not asked["is"]:
            out[f["name"]] = "true" if asked["is"] else "false"
        if "at_least" in asked and value < asked["at_least"]:
            out[f["name"]] = f"≥ {asked['at_least']}"
        if "one_of" in asked and value not in asked["one_of"]:
            fit = [c for c in f.get("choices", []) if c["value"] in asked["one_of"]]
            out[f["name"]] = " / ".join(f"{c['zh']} {c['en']}" for c in fit)
        if "same_as" in asked and value != values.get(asked["same_as"]):
            out[f["name"]] = f"= {values.get(asked['same_as'])}"
    return out


def judge(kind: Body, *, state: str, move: str, values: Mapping[str, Any], had: Mapping[str, Any],
          standing: Standing, against: Against = NOTHING) -> Verdict:  # fmt: skip
    """What becomes of a move: its end state, or the first reason why not.

    values: what comes with the move. had: what the item holds already (personal values as any non-empty mark).
    """
    found = next((m for m in kind["moves"] if m["name"] == move), None)
    if found is None:
        return Verdict(code="work.move_unknown", values={"move": move})
    if state not in found["from"]:
        return Verdict(code="work.move_unfit", values={"state": state, "move": move})
    who = _who_refuses(kind, found, standing)
    if who:
        return Verdict(code=who, values={"move": move})
    bad = unfit_values(kind, values)
    if bad:
        name, fix = next(iter(bad.items()))
        return Verdict(code="work.field_unfit", values={"field": name, "fix": fix})
    had = kept(kind, had)
    fault = unsafe(kind, found, values, against)
    missing = missing_fields(kind, move, {**had, **values})
    if fault and fault[0] == "work.kit_missing":  # it is said before anything else is asked
        return Verdict(code=fault[0], values=fault[1])
    if missing:
        return Verdict(code="work.field_missing", values={"fields": missing})
    if fault:
        return Verdict(code=fault[0], values=fault[1])
    unmet = unmet_criteria(kind, move, {**had, **values})
    if unmet:
        name, need = next(iter(unmet.items()))
        return Verdict(code="work.criterion_unmet", values={"field": name, "need": need})
    return Verdict(state=str(found["to"]), fills=told_by(kind, move, values, against))


def split_values(kind: Body, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Values that may stand open, and personal ones by retention class."""
    plain: dict[str, Any] = {}
    personal: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        field = field_of(kind, name)
        if field is not None and field.get("personal", "none") != "none":
            personal.setdefault(field["retention"], {})[name] = value
        else:
            plain[name] = value
    return plain, personal


def search_words(*texts: str) -> list[str]:
    """Words under which open text is found: Latin words and numbers, and pairs of neighbouring CJK characters."""
    words: list[str] = []
    for text in texts:
        plain = folded(text)
        words += [plain[i : i + 2] for i in range(len(plain) - 1) if not plain[i : i + 2].isascii()]
        words += ["".join(c for c in w if c.isalnum()) for w in text.lower().split() if w.isascii()]
    return [w for w in dict.fromkeys(words) if w][:60]


def counted_value(kind: Body, state: str, values: Mapping[str, Any]) -> float | None:
    """What a finished item counts: 1, or its counted field; None where it ends undone."""
    if state_of(kind, state).get("tone") != "done" or state not in closed_states(kind):
        return None
    name = kind.get("counted_field")
    return float(values.get(name) or 0) if name else 1.0


def is_drawn(item_id: UUID, note_id: UUID, percent: int) -> bool:
    """Whether a finished item is drawn for a second look: percent in 100, by a digest nobody chooses beforehand.

    The digest takes in the id of the closing note, so the doer cannot tell from the item alone.
    """
    draw = hashlib.sha256(item_id.bytes + note_id.bytes).digest()
    return int.from_bytes(draw[:4], "big") % 100 < percent


UNIT_MINUTES = {"day": 1440, "天": 1440, "hour": 60, "小时": 60, "minute": 1, "分钟": 1}
NO_EDITION_MINUTES = 240  # a clock that asks an edition, on an item that belongs to no incident


def clock_minutes(
    kind: Body, clock: Body, values: Mapping[str, Any], in_edition: tuple[float, str] | None = None
) -> float:
    """How long a clock runs: by the item's own field, else by the kind, else by the edition's value and its unit."""
    own = values.get(clock.get("field", ""))
    if own:
        return float(own) * UNIT_MINUTES[(field_of(kind, clock["field"]) or {}).get("unit") or "minute"]
    if clock.get("minutes"):
        return float(clock["minutes"])
    return in_edition[0] * UNIT_MINUTES.get(in_edition[1], 1) if in_edition else float(NO_EDITION_MINUTES)


def _hours(window: Sequence[str]) -> tuple[time, time]:
    return time.fromisoformat(window[0]), time.fromisoformat(window[1])


def next_try(windows: Sequence[Sequence[str]], tried: Sequence[datetime], at: datetime) -> datetime:
    """When to try again: the next start of the window of the day in which fewest attempts were made, local time.

    windows: hours of a day, each [from, to). tried, at: local; a window that began is over until its next day.
    Edge: attempts outside every window count for none; equal counts: the window that comes first from `at` on.
    """
    starts = []
    for window in windows:
        begins, ends = _hours(window)
        start = datetime.combine(at.date(), begins, at.tzinfo)
        start = start if start > at else start + timedelta(days=1)
        starts.append((sum(1 for t in tried if begins <= t.time() < ends), start))
    return min(starts)[1]


def parent_fits(kind: Body, parent_kind: str) -> bool:
    """Whether a kind may hang under a parent kind: itself when it fans out, or one it names."""
    return parent_kind == kind["kind"] or parent_kind in kind.get("parents", [])


def runs_of(kind: Body, known: Mapping[str, Body]) -> list[str]:
    """Kinds of errands on which an item of this kind may be taken along with others: parents that are runs."""
    return [p for p in kind.get("parents", []) if kind.get("back_from_run") and known.get(p, {}).get("run")]


def unmade_move(kind: Body, state: str) -> Body | None:
    """The move that takes an item back into the queue from a state, when the errand it went along on is over.

    None where the work is made already (a card that is topped up is brought home late, not topped up again).
    """
    back = kind.get("back_from_run")
    return next((m for m in kind["moves"] if m["name"] == back and state in m["from"]), None)


def next_day(on: date, *, weekdays: Sequence[int], every_days: int | None, today: date) -> date | None:
    """The first day of a rhythm after one of its days that has not gone by; none where there is no rhythm.

    weekdays: 1 Monday … 7 Sunday. Edge: days that went by while nothing was opened are left out, not made up for.
    """
    if weekdays:
        first = max(on + timedelta(days=1), today)
        return next(d for d in (first + timedelta(days=n) for n in range(7)) if d.isoweekday() in weekdays)
    if every_days:
        missed = max(0, -(-(today - on).days // every_days))
        return on + timedelta(days=every_days * max(missed, 1))
    return None


def routine_of(plan_id: UUID) -> str:
    """The word by which an item says of which plan it is."""
    return f"plan {plan_id}"


def plan_of(routine: str) -> UUID | None:
    """Of which plan an item with this word is, if of any."""
    head, _, last = routine.partition(" ")
    return UUID(last) if head == "plan" else None


def carried(kind: Body, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of a finished item's values its next one takes along, as its kind says."""
    names = (kind.get("plan") or {}).get("carries", [])
    return {n: values[n] for n in names if values.get(n) not in ("", None)}


def planned_values(kind: Body, values: Mapping[str, Any], *, left: int) -> dict[str, Any]:
    """The values with which a planned item opens, so many days before it is due: its plan's, and the days left.

    Edge: where no day is left, what the kind says of such a late one is filled in, unless the plan says it.
    """
    plan = kind.get("plan") or {}
    late = plan.get("late", {}) if left <= 0 else {}
    days = {plan["days"]: max(left, 0)} if plan.get("days") else {}
    return {**late, **values, **days}


def is_driven(kind: Body, values: Mapping[str, Any]) -> bool:
    """Whether a plan of this kind asks for a car too: its kind knows rides, and the values say so."""
    when = (kind.get("ride") or {}).get("when") or {}
    return bool(when) and values.get(when["field"]) == when["is"]


def columns(kind: Body, which: str = "list_columns") -> Sequence[str]:
    """Columns of a kind's list or paper."""
    return list(kind.get(which) or ["unit", "due_at"])


def health_fields(kind: Body) -> list[str]:
    """Names of a kind's fields that tell of somebody's health."""
    return [f["name"] for f in kind.get("fields", []) if f.get("personal") == "health"]


def opening_right(kind: Body) -> str:
    """The right that opens an item's sealed values, beside owning it: who leads the work, unless its kind says whom."""
    return str(kind.get("personal_right", right_of(kind, "read" if kind.get("private") else "lead")))


def personal_fields(kind: Body) -> list[str]:
    """Names of a kind's personal fields."""
    return [f["name"] for f in kind.get("fields", []) if f.get("personal", "none") != "none"]
