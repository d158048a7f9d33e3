"""What a weather warning is and asks, by the entries of its edition. On plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lianfang.domains.incidents.rules.cap import Alert, AlertArea, AlertUnfit, Info

Body = Mapping[str, Any]
CODE_LENGTHS = (12, 9, 6, 4, 2)  # committee, street, county, city, province: shorter ones are filled up with noughts


@dataclass(frozen=True)
class Told:
    """One warning that an alert tells of: an event in its colour, from when to when, in words by language."""

    kind: str
    colour: str
    from_at: datetime
    until_at: datetime
    headline: Mapping[str, str]
    advice: Mapping[str, str]
    areas: tuple[AlertArea, ...]


@dataclass(frozen=True)
class WeatherRule:
    """What a warning asks of work outdoors, in minutes; None where its edition sets no limit; sources by value."""

    name: str
    kind: str
    colour: str
    words: Mapping[str, str]
    until_at: datetime
    stops: bool = False  # no work in the open but what saves life
    suit_minutes: int | None = None  # a turn in a suit
    turn_minutes: int | None = None  # a turn outdoors without a break
    break_minutes: int | None = None
    outdoor_minutes: int | None = None  # outdoors in all, a day
    closed_hours: tuple[float, float] | None = None  # nobody outdoors from, to: hours of the local day
    items: tuple[Mapping[str, Any], ...] = ()
    sources: Mapping[str, str] | None = None


def code_of(text: str) -> list[str]:
    """A division code as areas carry it: as written, and with the noughts taken off that fill it up."""
    plain = text.strip()
    if not plain.isdigit():
        return [plain]
    shorter = [plain[:n] for n in CODE_LENGTHS if len(plain) > n and not plain[n:].strip("0")]
    return [plain, *shorter]


def tongue(language: str) -> str:
    """zh, en, or the language's own tag."""
    return language.lower().split("-")[0]


def kind_meant(info: Info, kinds: Sequence[Body]) -> Body | None:
    """The kind of warning by its code, else by the longest of a kind's texts that the event or headline holds."""
    for entry in kinds:
        if set(entry.get("codes", [])) & set(info.codes):
            return entry
    for said in (info.event.lower(), info.headline.lower()):
        found = [(len(t), e["name"], e) for e in kinds for t in e.get("texts", []) if t.lower() in said]
        if found:
            return max(found, key=lambda f: f[:2])[2]
    return None


def colour_meant(info: Info, colours: Sequence[Body]) -> Body | None:
    """The colour as the event, headline or a parameter names it, else by the severity."""
    for said in (info.event, info.headline, *info.parameters):
        words = said.lower()
        for c in colours:
            if c["words"]["zh"] in words or c["words"]["zh"][0] + "警" in words or c["words"]["en"] in _latin(words):
                return c
    return next((c for c in colours if c.get("severity") == info.severity), None)


def _latin(text: str) -> set[str]:
    return set("".join(c if c.isascii() and c.isalpha() else " " for c in text).split())


def warnings_told(alert: Alert, kinds: Sequence[Body], colours: Sequence[Body], *, lasts: timedelta) -> list[Told]:
    """The warnings an alert tells of: one language speaks, Chinese first; the others add their words to it.

    lasts: how long one holds that names no end. An alert is taken whole or not at all: raises AlertUnfit for an event
    of no kind, and for a colour that is neither named nor meant by the severity.
    """
    order = {"zh": 0, "en": 1}
    tongues = sorted({tongue(i.language) for i in alert.infos}, key=lambda t: (order.get(t, 2), t))
    main = [i for i in alert.infos if tongue(i.language) == tongues[0]]
    out: dict[tuple[Any, ...], Told] = {}
    for n, info in enumerate(main):
        kind, colour = kind_meant(info, kinds), colour_meant(info, colours)
        if kind is None:
            raise AlertUnfit("event", "one of " + " ".join(e["words"]["zh"] for e in kinds) + f", not {info.event}")
        if colour is None:
            raise AlertUnfit("severity", "a colour in the event or headline, or a severity other than Unknown")
        begins = info.begins_at or alert.sent_at
        ends = info.expires_at or begins + lasts
        same = [info, *_same_in_others(alert, tongues, n, info)]
        key = (kind["name"], colour["name"], begins, ends)
        before = out[key].areas if key in out else ()
        out[key] = Told(*key, _by_tongue(same, "headline"), _by_tongue(same, "instruction"), before + info.areas)
    return list(out.values())


def _same_in_others(alert: Alert, tongues: Sequence[str], n: int, info: Info) -> Iterable[Info]:
    """The same info in other languages: with the same times, else the one in the same place of its language."""
    for other in tongues[1:]:
        theirs = [i for i in alert.infos if tongue(i.language) == other]
        times = [i for i in theirs if (i.begins_at, i.expires_at) == (info.begins_at, info.expires_at)]
        if len(times) == 1:
            yield times[0]
        elif n < len(theirs):
            yield theirs[n]


def _by_tongue(infos: Sequence[Info], name: str) -> dict[str, str]:
    said = {tongue(i.language): getattr(i, name) or (i.event if name == "headline" else "") for i in infos}
    return {t: words for t, words in said.items() if words}


def rule_entry(rules: Sequence[Body], colours: Sequence[str], kind: str, colour: str) -> Body | None:
    """The rule of a warning in its colour, else of the next milder colour that has one; None without any."""
    milder = colours[: colours.index(colour) + 1] if colour in colours else ()
    for c in reversed(milder):
        for entry in rules:
            if entry["warning"] == kind and entry["colour"] == c:
                return entry
    return None


def strictest(numbers: Iterable[int | None]) -> int | None:
    """The smallest of some limits; None where none is set."""
    return min((n for n in numbers if n is not None), default=None)


def items_for(rules: Sequence[WeatherRule], *, people: int, hours: float) -> list[dict[str, Any]]:
    """What people on a shift of so many hours should have, each thing once with the larger amount."""
    out: dict[str, dict[str, Any]] = {}
    for rule in rules:
        for item in rule.items:
            n = float(item.get("per_person", 0)) * people + float(item.get("per_hour", 0)) * people * hours
            known = out.setdefault(item["zh"], {"words": {"zh": item["zh"], "en": item["en"]}, "n": n})
            known["n"] = max(known["n"], n)
    return list(out.values())
