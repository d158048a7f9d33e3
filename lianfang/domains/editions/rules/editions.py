"""What an edition file must say, and which value holds where and when. The format: docs/formats.md, section 2."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from lianfang.domains.editions.rules.kinds import NAME, Problem, words_problems

STATUSES = ("V", "L", "S", "D", "?", "I")
TESTS = ("days_without_case", "days_since_start", "figure_below", "open_work_none")
ROUTINE_UNITS = ("person", "household", "building", "place", "area")
COLOURS = ("red", "yellow", "green")
ALLOWANCES = ("yes", "no", "permit")
ENDING = 16  # letters of the name of an ending, try or reason of a round
PARTS = (
    "signals",
    "phases",
    "checklist",
    "routines",
    "figures",
    "place_kinds",
    "levels",
    "level_tasks",
    "measures",
    "flags",
    "round_kinds",
    "tasks",
    "risk_classes",
    "inside_kinds",
    "work_streams",
    "readiness",
    "watch_kinds",
    "responder_kinds",
    "skills",
    "duty_limits",
    "standings",
    "team_kinds",
    "team_roles",
    "outside_desks",
    "warnings",
    "warning_colours",
    "weather_rules",
    "permit_rules",
    "delay_reasons",
    "closure_kinds",
    "ride_groups",
    "vehicle_kinds",
    "trip_kinds",
    "care_paths",
    "road_kinds",
    "questions",
    "spoken_words",
)
RISKS = ("low", "medium", "high")


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of the content, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def _problem(key: str, fix: str) -> Problem:
    return {"key": key, "fix": fix}


def _value_problems(values: Mapping[str, Any]) -> Iterable[Problem]:
    for name, v in values.items():
        for part in ("value", "unit", "source", "status"):
            if v.get(part) in (None, "") and not (part == "value" and v.get("status") == "?" and "value" in v):
                yield _problem(f"values.{name}.{part}", "every value has value, unit, source and status")
        if v.get("status") not in STATUSES:
            yield _problem(f"values.{name}.status", "one of " + " ".join(STATUSES))
        yield from words_problems(f"values.{name}.words", v.get("words"))


def _refers(key: str, name: str, values: Mapping[str, Any]) -> Iterable[Problem]:
    if name and name not in values:
        yield _problem(key, f"{name} is no value of this edition")


def _zone_problems(edition: Mapping[str, Any]) -> Iterable[Problem]:
    values = edition.get("values", {})
    kinds = {z.get("name") for z in edition.get("zone_kinds", [])}
    for z in edition.get("zone_kinds", []):
        key = f"zone_kinds.{z.get('name', '?')}"
        for part in ("words", "mark", "says"):
            yield from words_problems(f"{key}.{part}", z.get(part))
        if not (z.get("until_value") or z.get("review_value")):
            yield _problem(key, "an end: until_value or review_value")
        yield from _refers(key + ".until_value", z.get("until_value", ""), values)
        yield from _refers(key + ".review_value", z.get("review_value", ""), values)
        if z.get("milder") and z["milder"] not in kinds:
            yield _problem(key + ".milder", f"{z['milder']} is no zone kind of this edition")
        if set((z.get("rules") or {}).values()) - set(ALLOWANCES) or not z.get("rules"):
            yield _problem(key + ".rules", "yes, no or permit for leave_home, leave_zone, gather")
        if z.get("code_colour", "green") not in COLOURS:
            yield _problem(key + ".code_colour", "one of " + " ".join(COLOURS))
        if z.get("tests"):
            yield from words_problems(key + ".tests", z["tests"])
            yield from _refers(key + ".tests", z["tests"].get("value", "") or "(no value)", values)
        if not z.get("authority"):
            yield _problem(key + ".authority", "the level whose command adopts it")
        for condition in z.get("lifting", []):
            if condition.get("test") not in TESTS:
                yield _problem(f"{key}.lifting.{condition.get('name', '?')}", "one of " + " ".join(TESTS))
            yield from words_problems(f"{key}.lifting.{condition.get('name', '?')}", condition)
            yield from _refers(f"{key}.lifting", condition.get("value", ""), values)


def _part_problems(edition: Mapping[str, Any]) -> Iterable[Problem]:
    values = edition.get("values", {})
    for part in PARTS:
        for entry in edition.get(part, []):
            key = f"{part}.{entry.get('name', '?')}"
            if not NAME.match(str(entry.get("name", ""))):
                yield _problem(key + ".name", "a lower-case name")
            yield from words_problems(key + ".words", entry.get("words"))
    for part in ("checklist", "level_tasks"):
        for entry in edition.get(part, []):
            key = f"{part}.{entry.get('name', '?')}"
            if not entry.get("kind") or not entry.get("role"):
                yield _problem(key, "a kind and the role that owns it")
            yield from _refers(key + ".due_value", entry.get("due_value", "") or "(no due_value)", values)
    for entry in edition.get("questions", []):
        if not entry.get("kinds"):
            yield _problem(f"questions.{entry.get('name', '?')}.kinds", "the kinds of work that ask it")
    levels = {e.get("name") for e in edition.get("levels", [])}
    for entry in edition.get("level_tasks", []):
        if not entry.get("levels") or (levels and set(entry["levels"]) - levels):
            yield _problem(f"level_tasks.{entry.get('name', '?')}.levels", "one or more levels of this edition")
    for entry in edition.get("routines", []):
        if entry.get("over") not in ROUTINE_UNITS:
            yield _problem(f"routines.{entry.get('name', '?')}.over", "one of " + " ".join(ROUTINE_UNITS))
    for entry in edition.get("watch_kinds", []):
        key = f"watch_kinds.{entry.get('name', '?')}"
        if entry.get("code_colour", "green") not in COLOURS:
            yield _problem(key + ".code_colour", "one of " + " ".join(COLOURS))
        yield from words_problems(key + ".says", entry.get("says"))
        for name in ("hold_value", "checks_value"):
            yield from _refers(f"{key}.{name}", entry.get(name, "") or "(none)", values)
        yield from _refers(key + ".after_value", entry.get("after_value", ""), values)
        if set((entry.get("rules") or {}).values()) - set(ALLOWANCES) or not entry.get("rules"):
            yield _problem(key + ".rules", "yes, no or permit for leave_home, leave_zone, gather")
    for entry in edition.get("templates", []):
        yield from words_problems(f"templates.{entry.get('name', '?')}", entry)
    for entry in edition.get("signals", []):
        yield from _refers(
            f"signals.{entry.get('name')}.acknowledge_value", entry.get("acknowledge_value", "") or "(none)", values
        )


def _place_problems(edition: Mapping[str, Any]) -> Iterable[Problem]:
    for entry in edition.get("place_kinds", []):
        key = f"place_kinds.{entry.get('name', '?')}"
        classes = [c.get("name") for c in entry.get("classes", [])]
        for c in entry.get("classes", []):
            yield from words_problems(f"{key}.classes.{c.get('name', '?')}", c)
        if entry.get("entry_class") and entry["entry_class"] not in classes:
            yield _problem(key + ".entry_class", "a class of this kind")
        for level in entry.get("levels", []):
            yield from words_problems(f"{key}.levels.{level.get('name', '?')}", level)
            yield from words_problems(f"{key}.levels.{level.get('name', '?')}.says", level.get("says"))


def _round_problems(edition: Mapping[str, Any]) -> Iterable[Problem]:
    values = edition.get("values", {})
    for entry in edition.get("round_kinds", []):
        key = f"round_kinds.{entry.get('name', '?')}"
        yield from words_problems(key + ".desk", entry.get("desk"))
        yield from _refers(key + ".pool_value", entry.get("pool_value", ""), values)
        endings = {e.get("name") for e in entry.get("endings", [])}
        if not NAME.match(str(entry.get("task", ""))):
            yield _problem(key + ".task", "the task for which people are called up")
        if entry.get("unit") != "person":
            yield _problem(key + ".unit", "person: rounds over other units are kinds of work today")
        if len(endings) < 2:
            yield _problem(key + ".endings", "two or more ways in which a unit ends")
        for e in (*entry.get("endings", []), *entry.get("tries", []), *entry.get("reasons", [])):
            yield from words_problems(f"{key}.{e.get('name', '?')}", e)
            if not NAME.match(str(e.get("name", ""))) or len(str(e.get("name"))) > ENDING:
                yield _problem(f"{key}.{e.get('name', '?')}", f"a lower-case name of at most {ENDING} letters")
        for r in entry.get("reasons", []):
            if not r.get("for") or set(r["for"]) - endings:
                yield _problem(f"{key}.reasons.{r.get('name', '?')}.for", "one or more endings of this kind")
        for e in entry.get("endings", []):
            if e.get("needs") and not any(e["name"] in r.get("for", []) for r in entry.get("reasons", [])):
                yield _problem(f"{key}.endings.{e['name']}", "at least one reason, since it needs one")


def _task_problems(edition: Mapping[str, Any]) -> Iterable[Problem]:
    values = edition.get("values", {})
    for part in ("tasks", "inside_kinds"):
        for entry in edition.get(part, []):
            if entry.get("risk") not in RISKS:
                yield _problem(f"{part}.{entry.get('name', '?')}.risk", "one of " + " ".join(RISKS))
    for entry in edition.get("tasks", []):
        if "unit" in entry:
            yield from words_problems(f"tasks.{entry.get('name', '?')}.unit", entry["unit"])
        for n, role in enumerate(entry.get("roles", [])):
            heads = role.get("heads")
            if not role.get("skill") or not isinstance(heads, int) or heads < 1:
                yield _problem(f"tasks.{entry.get('name', '?')}.roles.{n}", "a skill, and heads from 1")
    for section in ("tasks", "risk_classes"):
        for entry in edition.get(section, []):
            key = f"{section}.{entry.get('name', '?')}"
            for part in ("kit", "training"):
                for n, thing in enumerate(entry.get(part, [])):
                    yield from words_problems(f"{key}.{part}.{n}", thing)
    for entry in edition.get("risk_classes", []):
        key = f"risk_classes.{entry.get('name', '?')}"
        if entry.get("name") not in RISKS:
            yield _problem(key, "one of " + " ".join(RISKS))
        for name in ("most_hours_value", "tests_value"):
            yield from _refers(f"{key}.{name}", entry.get(name, ""), values)


def _readiness_problems(edition: Mapping[str, Any]) -> Iterable[Problem]:
    streams = {s.get("name") for s in edition.get("work_streams", [])}
    for entry in edition.get("readiness", []):
        key = f"readiness.{entry.get('name', '?')}"
        if entry.get("stream") not in streams:
            yield _problem(f"{key}.stream", "one of work_streams")
        if not isinstance(entry.get("mandatory"), bool):
            yield _problem(f"{key}.mandatory", "true or false")


def _weather_problems(edition: Mapping[str, Any]) -> Iterable[Problem]:
    values, colours = edition.get("values", {}), {c.get("name") for c in edition.get("warning_colours", [])}
    kinds = {w.get("name"): w for w in edition.get("warnings", [])}
    for name, entry in kinds.items():
        if not entry.get("colours") or set(entry["colours"]) - colours:
            yield _problem(f"warnings.{name}.colours", "one or more of warning_colours, the mildest first")
        if not (entry.get("codes") or entry.get("texts")):
            yield _problem(f"warnings.{name}", "codes or texts by which an alert is known")
    for entry in edition.get("weather_rules", []):
        key = f"weather_rules.{entry.get('name', '?')}"
        if entry.get("colour") not in kinds.get(entry.get("warning"), {}).get("colours", []):
            yield _problem(key, "a warning of this edition and a colour it has")
        for name in ("suit_value", "turn_value", "break_value", "outdoor_value", "closed_value"):
            yield from _refers(f"{key}.{name}", entry.get(name, ""), values)
        for n, item in enumerate(entry.get("items", [])):
            yield from words_problems(f"{key}.items.{n}", item)
            yield from _refers(f"{key}.items.{n}", item.get("per_hour_value", ""), values)


def edition_problems(edition: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with an edition file; empty if it may be taken."""
    problems: list[Problem] = []
    for key in ("edition", "hazard", "jurisdiction"):
        if not edition.get(key):
            problems.append(_problem(key, "required"))
    if not isinstance(edition.get("valid_from"), date):
        problems.append(_problem("valid_from", "a date"))
    for key in ("title", "issuer", "appeal"):
        problems += words_problems(key, edition.get(key))
    for key in ("values",) if edition.get("base") else ("values", "signals", "phases", "zone_kinds"):
        if not edition.get(key):
            problems.append(_problem(key, "at least one"))
    values = _value_problems(edition.get("values", {}))
    parts = [*_part_problems(edition), *_place_problems(edition), *_task_problems(edition), *_round_problems(edition)]
    parts += _readiness_problems(edition)
    return [*problems, *values, *_zone_problems(edition), *parts, *_weather_problems(edition)]


def ladder_problems(ladder: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with a ladder of decisions."""
    problems = words_problems("words", ladder.get("words"))
    for n, step in enumerate(ladder.get("steps", [])):
        if not step.get("right") or not step.get("level"):
            problems.append(_problem(f"steps.{n}", "a right and the level that holds it"))
        if step.get("at_timeout", "deputy") not in ("deputy", "refuse"):
            problems.append(_problem(f"steps.{n}.at_timeout", "deputy or refuse"))
    return problems if ladder.get("steps") else [*problems, _problem("steps", "at least one")]
