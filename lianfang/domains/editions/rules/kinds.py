"""What a kind file must say, judged on plain values. The format: docs/formats.md, section 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

UNITS = ("person", "household", "building", "area", "place", "incident", "none")
FIELD_TYPES = ("text", "long", "number", "whole", "bool", "choice", "date", "time")
# What goes into a field of another kind: a line fits a long text, not the other way round.
IN_WEATHER = ("suit", "turn", "outdoor")  # limits of work outdoors that a weather warning may make shorter
TAKES = {"text": ("text", "long"), "whole": ("whole", "number")}
PERSONAL = ("none", "contact", "identity", "health")
RETENTION = ("track", "contact", "plea", "hours", "money", "dose", "decision")
TONES = ("todo", "tried", "doing", "done", "other")
WHO = ("owner", "lead", "area", "other")
NAME = re.compile(r"^[a-z][a-z0-9_-]*$")
RIGHT = re.compile(r"[a-z_]+\.[a-z_]+$")
Problem = dict[str, str]


def _problem(key: str, fix: str) -> Problem:
    return {"key": key, "fix": fix}


def words_problems(key: str, words: Any) -> list[Problem]:
    """Whether a text is there in Chinese and English."""
    missing = [t for t in ("zh", "en") if not (isinstance(words, Mapping) and str(words.get(t, "")).strip())]
    return [_problem(f"{key}.{t}", "a sentence in this language") for t in missing]


def _field_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    moves = {"open", *(m.get("name") for m in kind.get("moves", []))}
    names = [f.get("name", "") for f in kind.get("fields", [])]
    for f in kind.get("fields", []):
        key = f"fields.{f.get('name', '?')}"
        if not NAME.match(f.get("name", "")) or names.count(f.get("name")) > 1:
            yield _problem(key + ".name", "one lower-case name a field")
        yield from words_problems(key + ".words", f.get("words"))
        if f.get("type") not in FIELD_TYPES:
            yield _problem(key + ".type", "one of " + " ".join(FIELD_TYPES))
        if f.get("type") == "choice":
            if not f.get("choices"):
                yield _problem(key + ".choices", "at least one choice")
            for c in f.get("choices", []):
                yield from words_problems(f"{key}.choices.{c.get('value', '?')}", c)
        for m in f.get("required_at", []):
            if m not in moves:
                yield _problem(f"{key}.required_at", f"{m} is no move of this kind")
        when = f.get("required_when") or {}
        if when and when.get("field") not in names:
            yield _problem(f"{key}.required_when", "a field of this kind")
        if f.get("given") and (f.get("personal", "none") != "none" or "open" in f.get("required_at", [])):
            yield _problem(key + ".given", "a field that is not personal and that its opening does not need")
        if f.get("personal", "none") not in PERSONAL:
            yield _problem(key + ".personal", "one of " + " ".join(PERSONAL))
        if f.get("personal", "none") != "none" and f.get("retention") not in RETENTION:
            yield _problem(key + ".retention", "a retention class, since the field is personal")


def _criterion_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    moves = {m.get("name") for m in kind.get("moves", [])}
    for f in kind.get("fields", []):
        asked, key = f.get("criterion"), f"fields.{f.get('name', '?')}.criterion"
        if asked is None:
            continue
        if not asked.get("at") or set(asked["at"]) - moves or set(asked["at"]) - set(f.get("required_at", [])):
            yield _problem(key + ".at", "moves of this kind that require the field")
        if f.get("personal", "none") != "none":
            yield _problem(key, "a field that is not personal")
        twin: Mapping[str, Any] = next((o for o in kind.get("fields", []) if o.get("name") == asked.get("same_as")), {})
        chosen = {c.get("value") for c in f.get("choices", [])}
        into: Mapping[str, Any] = next((o for o in kind.get("fields", []) if o.get("name") == asked.get("into")), {})
        fits = {"at_most_value": f.get("type") in ("number", "whole"),
                "registered": f.get("type") == "text" and into.get("type") == "text" and bool(into.get("told")),
                "is": f.get("type") == "bool", "one_of": bool(chosen) and set(asked.get("one_of", [])) <= chosen,
                "at_least": f.get("type") in ("number", "whole"),
                "in_weather": "at_most_value" in asked and asked.get("in_weather") in IN_WEATHER,
                "same_as": twin.get("type") == f.get("type")}  # fmt: skip
        if not any(name in asked for name in fits) or any(not fit for name, fit in fits.items() if name in asked):
            yield _problem(
                key,
                "at_least, at_most_value: a number; is: yes or no; one_of: choices; same_as: a field "
                "of its type; registered: a text, into a text that is told",
            )


def _ride_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    """A kind whose plans ask for a ride says which fields tell of it, and which moves follow it."""
    ride = kind.get("ride")
    if ride is None:
        return
    fields = {f.get("name"): f for f in kind.get("fields", [])}
    moves = {m.get("name") for m in kind.get("moves", [])}
    if kind.get("unit") != "person" or not (kind.get("plan") or {}).get("clocks"):
        yield _problem("ride", 'a kind about a person, with plan = { clocks = "day" }: before its day nothing is late')
    for name in ("need", "where", "escort", "aid", "minutes"):
        if fields.get(ride.get(name), {}).get("personal", "none") != "none" or ride.get(name) not in fields:
            yield _problem(f"ride.{name}", "a field of this kind that is not personal")
    if ride.get("phone") not in fields or (ride.get("when") or {}).get("field") not in fields:
        yield _problem("ride", "phone and when name fields of this kind")
    for name in ("sent", "left", "there", "missed"):
        if ride.get(name) not in moves:
            yield _problem(f"ride.{name}", "a move of this kind")


def _kit_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    """A move that is made in the kind's kit asks of each piece anew whether it is on."""
    fields = {f.get("name"): f for f in kind.get("fields", [])}
    if (kind.get("risk") or {}).get("asks_training") and not kind["risk"].get("training"):
        yield _problem("risk.asks_training", "names of skills in risk.training")
    for m in kind.get("moves", []):
        pieces = ["kit_" + str(p).replace("-", "_") for p in (kind.get("risk") or {}).get("kit", [])]
        if m.get("kit") and not pieces:
            yield _problem(f"moves.{m.get('name', '?')}.kit", "pieces in risk.kit")
        for name in pieces if m.get("kit") else []:
            f = fields.get(name, {})
            if f.get("type") != "bool" or not f.get("anew") or m.get("name") not in f.get("required_at", []):
                yield _problem(f"moves.{m.get('name', '?')}.kit", f"a yes-or-no field {name}, asked anew at this move")


def _register_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    """A kind that is a register says by which field one is found, what one is called and until when it holds."""
    told = kind.get("register")
    if told is None:
        return
    types = {f.get("name"): f.get("type") for f in kind.get("fields", []) if f.get("personal", "none") == "none"}
    for part, fits in (("key", "text"), ("name", "text"), ("until", "date")):
        if types.get(told.get(part)) != fits:
            yield _problem(f"register.{part}", f"a {fits} field of this kind that is not personal")
    if not set(told.get("states", [])) <= {s.get("name") for s in kind.get("states", [])}:
        yield _problem("register.states", "states of this kind")


def _public_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    if "public" in kind and kind.get("unit") != "area":
        yield _problem("public", "only a kind about an area is published")
    fields = {f.get("name"): f for f in kind.get("fields", [])}
    for name in kind.get("public", []):
        body = fields.get(name)
        if body is None or body.get("personal", "none") != "none" or body.get("type") in ("text", "long"):
            yield _problem("public", f"{name} is no field without persons and free text")


def _reaches(start: Iterable[str], steps: Mapping[str, set[str]]) -> set[str]:
    seen, todo = set(start), list(start)
    while todo:
        for after in steps.get(todo.pop(), set()) - seen:
            seen.add(after)
            todo.append(after)
    return seen


def _state_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    states = {s.get("name", ""): s for s in kind.get("states", [])}
    first = [n for n, s in states.items() if s.get("first")]
    begins = [*first, *(n for n, s in states.items() if s.get("first_when"))]
    yield from _first_when_problems(kind)
    closed = {n for n, s in states.items() if s.get("closed")}
    for n, s in states.items():
        yield from words_problems(f"states.{n}.words", s.get("words"))
        if s.get("tone") not in TONES:
            yield _problem(f"states.{n}.tone", "one of " + " ".join(TONES))
    if len(first) != 1:
        yield _problem("states", "exactly one state with first = true")
    if not closed:
        yield _problem("states", "at least one state with closed = true")
    steps: dict[str, set[str]] = {}
    back: dict[str, set[str]] = {}
    for m in kind.get("moves", []):
        key = f"moves.{m.get('name', '?')}"
        yield from words_problems(key + ".words", m.get("words"))
        for s in [*m.get("from", []), m.get("to")]:
            if s not in states:
                yield _problem(key, f"{s} is no state of this kind")
        if not m.get("who") or set(m.get("who", [])) - set(WHO):
            yield _problem(key + ".who", "one or more of " + " ".join(WHO))
        if closed & set(m.get("from", [])):
            yield _problem(key + ".from", "a closed state has no move out of it")
        for s in m.get("from", []):
            steps.setdefault(s, set()).add(m.get("to"))
            back.setdefault(m.get("to"), set()).add(s)
    for n in sorted(set(states) - _reaches(begins, steps)):
        yield _problem(f"states.{n}", "no move leads here from the first state")
    for n in sorted(set(states) - _reaches(closed, back)):
        yield _problem(f"states.{n}", "no way from here to a closed state: a cycle nobody leaves")


def _first_when_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    fields = {f.get("name"): f for f in kind.get("fields", [])}
    for s in kind.get("states", []):
        when = s.get("first_when") or {}
        field = fields.get(when.get("field"), {})
        choices = _choices(field)
        # The state stands openly on the board: a personal choice would be told by it; that nothing is left may be.
        told = bool(choices) and field.get("personal", "none") != "none"
        if when and (not field or "is" not in when or told or (choices and when["is"] not in choices)):
            yield _problem(f"states.{s.get('name', '?')}.first_when", "a value of a field, of no personal choice")


def _choices(field: Mapping[str, Any]) -> list[Any]:
    return [c.get("value") for c in field.get("choices", [])]


def _private_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    private = kind.get("private")
    if private is None:
        return
    if set(private) != {"open", "read", "do", "lead"} or not all(RIGHT.match(str(r)) for r in private.values()):
        yield _problem("private", "a right each to open, read, do and lead it")
    if kind.get("fan_out") or "public" in kind:
        yield _problem("private", "nothing that is published or fanned out is private")


def _move_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    fields = {f.get("name") for f in kind.get("fields", [])}
    clocks = {c.get("name") for c in kind.get("clocks", [])}
    for m in kind.get("moves", []):
        key = f"moves.{m.get('name', '?')}"
        for c in m.get("again", []):
            if c not in clocks:
                yield _problem(key + ".again", f"{c} is no clock of this kind")
        opens = m.get("opens") or {}
        if opens and opens.get("field") not in fields:
            yield _problem(key + ".opens.field", "a field of this kind")
        if opens and not (opens.get("kind") and opens.get("into")):
            yield _problem(key + ".opens", "the kind it opens and the field the words go into")
    dates = {f.get("name") for f in kind.get("fields", []) if f.get("type") == "date"}
    if kind.get("calendar") and kind["calendar"] not in dates:
        yield _problem("calendar", f"{kind['calendar']} is no date field of this kind")
    names = {m.get("name") for m in kind.get("moves", [])}
    for key in ("ends_with_zone", "back_from_run", "freed_with_area", "ends_at_gate", "found_in_zone"):
        if kind.get(key) and kind[key] not in names:
            yield _problem(key, f"{kind[key]} is no move of this kind")
    for window in kind.get("try_windows", []):
        try:
            fits = len(window) == 2 and time.fromisoformat(window[0]) < time.fromisoformat(window[1])
        except (TypeError, ValueError):
            fits = False
        if not fits:
            yield _problem("try_windows", 'hours of a day, each ["09:00", "11:30"]')


def _plan_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    """What a kind says about coming again, and by which value an item opens in another state."""
    types = {f.get("name"): f.get("type") for f in kind.get("fields", [])}
    plan = kind.get("plan") or {}
    for key, fits in (("next", ("date",)), ("date", ("date",)), ("days", ("whole", "number"))):
        if plan.get(key) and types.get(plan[key]) not in fits:
            yield _problem(f"plan.{key}", f"{plan[key]} is no {fits[0]} field of this kind")
    hidden = {f.get("name") for f in kind.get("fields", []) if f.get("personal", "none") != "none"}
    for key in ("next", "date"):
        if plan.get(key) in hidden:
            yield _problem(f"plan.{key}", "a field that is not personal: the plan keeps the day openly")
    for name in [*plan.get("carries", []), *plan.get("late", {})]:
        if name not in types:
            yield _problem("plan", f"{name} is no field of this kind")
    if plan.get("clocks", "day") != "day":
        yield _problem("plan.clocks", "day, or left out: its clocks then run from when it is opened")


def opening_problems(kinds: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Problem]]:
    """Of kinds taken together: moves that open an item of another kind which could not take it, by kind name."""
    known = {k.get("kind"): k for k in kinds}
    for k in known.values():
        loan = (k.get("ride") or {}).get("loan")
        if loan and loan.get("into") not in {f.get("name") for f in known.get(loan.get("kind"), {}).get("fields", [])}:
            yield str(k.get("kind")), _problem("ride.loan", "a kind, and the field that says what is lent")
        for f in k.get("fields", []):
            of = (f.get("criterion") or {}).get("registered")
            if of and "register" not in known.get(of, {}):
                yield str(k.get("kind")), _problem(f"fields.{f.get('name', '?')}.criterion", f"{of} is no register")
        for m in k.get("moves", []):
            opens = m.get("opens") or {}
            other = known.get(opens.get("kind")) if opens else None
            key = f"moves.{m.get('name', '?')}.opens"
            if opens and other is None:
                yield str(k.get("kind")), _problem(key + ".kind", f"there is no kind {opens.get('kind')}")
            if other is None:
                continue
            theirs = {f.get("name"): f for f in other.get("fields", [])}.get(opens.get("into"))
            mine: Mapping[str, Any] = {f.get("name"): f for f in k.get("fields", [])}.get(opens.get("field")) or {}
            if other.get("unit") != k.get("unit") and not other.get("unit_later"):
                yield str(k.get("kind")), _problem(key + ".kind", "a kind about the same unit, or one that may lack it")
            given = {opens.get("into"), *(opens.get("values") or {})}
            for f in other.get("fields", []):
                if "open" in f.get("required_at", []) and f.get("name") not in given:
                    yield str(k.get("kind")), _problem(key + ".values", f"{f.get('name')}, which its opening needs")
            if theirs is None:
                yield str(k.get("kind")), _problem(key + ".into", f"a field of {opens.get('kind')}")
            elif mine.get("personal", "none") != "none" and theirs.get("personal", "none") == "none":
                yield str(k.get("kind")), _problem(key + ".into", "a personal field, since what goes in is personal")
            elif mine and theirs.get("type") not in TAKES.get(str(mine.get("type")), (mine.get("type"),)):
                yield str(k.get("kind")), _problem(key + ".into", f"a field that takes every {mine.get('type')}")


def _clock_problems(kind: Mapping[str, Any]) -> Iterable[Problem]:
    states = {s.get("name") for s in kind.get("states", [])}
    numbers = {f.get("name") for f in kind.get("fields", []) if f.get("type") in ("number", "whole")}
    for c in kind.get("clocks", []):
        key = f"clocks.{c.get('name', '?')}"
        yield from words_problems(key + ".words", c.get("words"))
        if not c.get("escalate_to"):
            yield _problem(key + ".escalate_to", "a role that receives it")
        if c.get("field") and c["field"] not in numbers:
            yield _problem(key + ".field", "a number field of this kind, in days, hours or minutes")
        if not (c.get("value") or (isinstance(c.get("minutes"), int) and c["minutes"] > 0)):
            yield _problem(key + ".minutes", "minutes, or the name of an edition's value")
        if (c.get("at_once") or c.get("upward")) and not c.get("minutes"):
            yield _problem(key + ".minutes", "minutes that whoever is told at once has to accept it")
        for s in set(c.get("in_states", [])) - states or ([] if c.get("in_states") else ["(none)"]):
            yield _problem(key + ".in_states", f"{s} is no state of this kind")


def kind_problems(kind: Mapping[str, Any], *, file_name: str = "") -> list[Problem]:
    """Everything that is wrong with a kind file; empty if it may be taken."""
    problems: list[Problem] = []
    if not NAME.match(str(kind.get("kind", ""))) or (file_name and kind.get("kind") != file_name):
        problems.append(_problem("kind", "a lower-case name that equals the file name"))
    if not isinstance(kind.get("version"), int) or kind["version"] < 1:
        problems.append(_problem("version", "a whole number from 1"))
    if kind.get("unit") not in UNITS:
        problems.append(_problem("unit", "one of " + " ".join(UNITS)))
    for key in ("words", "note", "counted"):
        problems += words_problems(key, kind.get(key))
    if not 0 <= int(kind.get("spot_check_percent", 0)) <= 100:
        problems.append(_problem("spot_check_percent", "0 to 100"))
    if not RIGHT.match(str(kind.get("personal_right", "work.lead"))):
        problems.append(_problem("personal_right", "a right, as roles have them: responders.health"))
    field_names = {f.get("name") for f in kind.get("fields", [])}
    bools = {f.get("name") for f in kind.get("fields", []) if f.get("type") == "bool"}
    problems += [
        _problem("score", f"{p} is no yes-or-no field of this kind") for p in kind.get("score", []) if p not in bools
    ]
    for key in ("list_columns", "print_columns"):
        for c in kind.get(key, []):
            if c not in field_names | {"unit", "area", "state", "owner", "due_at", "opened_at", "title"}:
                problems.append(_problem(key, f"{c} is no field of this kind"))
    if kind.get("counted_field") and kind["counted_field"] not in field_names:
        problems.append(_problem("counted_field", "a number field of this kind"))
    parts = (_field_problems, _state_problems, _move_problems, _clock_problems, _criterion_problems, _public_problems,
             _private_problems, _plan_problems, _kit_problems, _register_problems,
             _ride_problems)  # fmt: skip
    return problems + [p for part in parts for p in part(kind)]
