"""Weather warnings on other pages: a chip with kind, colour and until when; what a post's lead chose; what to have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries import outdoor_tasks
from lianfang.domains.editions.queries import edition, kind
from lianfang.domains.incidents.models import WeatherWarning
from lianfang.domains.incidents.queries import warning_kinds, weather_limits_at
from lianfang.domains.incidents.rules.weather import WeatherRule, items_for
from lianfang.domains.work.queries.weather import Check, checks_on
from lianfang.domains.work.rules import CHECK, field_of
from lianfang.web.words import moment, said, thousands

Body = Mapping[str, Any]


def colour_words(code: str, colour: str) -> str:
    """A colour of an edition in words."""
    return next((said(c["words"]) for c in edition(code)["warning_colours"] if c["name"] == colour), colour)


def warning_name(code: str, kind_name: str, colour: str) -> str:
    """Rainstorm, yellow: the kind and its colour in words."""
    entry = warning_kinds(code).get(kind_name, {})
    words = {"kind": said(entry.get("words")) or kind_name, "colour": colour_words(code, colour)}
    return gettext("%(kind)s, %(colour)s") % words


def chip(w: WeatherWarning, at: datetime) -> dict[str, Any]:
    """A warning as a chip: its name, its colour for the swatch, from or until when."""
    return {"w": w, "words": warning_name(w.edition, w.kind, w.colour), "colour": w.colour,
            "is_coming": w.from_at > at, "is_live": w.ended_at is None and w.until_at > at}  # fmt: skip


def choices() -> list[dict[str, Any]]:
    """What a lead may choose for a post, as the kind lists it."""
    field = field_of(kind(CHECK), "choice") or {}
    return [{"value": c["value"], "words": said(c)} for c in field.get("choices", [])]


def choice_words(value: str) -> str:
    """What was chosen, in words; nothing where nobody chose yet."""
    return next((c["words"] for c in choices() if c["value"] == value), value)


def check_shown(c: Check, at: datetime) -> dict[str, Any]:
    """A flagged post: the warning's chip, and what its lead chose."""
    return {"check": c, "item": c.item, "chip": chip(c.warning, at), "chosen": choice_words(c.choice),
            "is_late": not c.choice and c.item.due_at is not None and c.item.due_at < at}  # fmt: skip


def weather_on(unit_ids: Collection[UUID], at: datetime) -> dict[UUID, list[dict[str, Any]]]:
    """By call or place what the weather does to it now; nothing for those no warning flagged."""
    return {u: [check_shown(c, at) for c in found] for u, found in checks_on(unit_ids).items()}


def limits_shown(rules: Iterable[WeatherRule]) -> list[dict[str, Any]]:
    """What each rule in force asks, in words with its numbers and until when."""
    return [{"rule": r, "words": said(r.words), "limits": _limits(r)} for r in rules]


def _limits(r: WeatherRule) -> list[str]:
    numbers = (
        (r.suit_minutes, gettext("in a suit at most %(n)s min at a stretch")),
        (r.turn_minutes, gettext("outdoors at most %(n)s min at a stretch")),
        (r.break_minutes, gettext("then a break of %(n)s min")),
        (r.outdoor_minutes, gettext("outdoors at most %(n)s min a day")),
    )
    out = [words % {"n": thousands(n)} for n, words in numbers if n is not None]
    if r.closed_hours:
        begins, ends = (f"{int(h):02}:{round(h % 1 * 60):02}" for h in r.closed_hours)
        out.append(gettext("nobody outdoors %(from)s to %(until)s") % {"from": begins, "until": ends})
    return [gettext("no work in the open but to save life"), *out] if r.stops else out


def needs_of(call: Call, shifts: Sequence[Shift], at: datetime) -> dict[str, Any]:
    """For a call outdoors under a warning: the rules, and what each shift to come should have for its people."""
    if call.task not in outdoor_tasks():
        return {}
    rules = weather_limits_at([call.area_id], at=at)[call.area_id].rules
    rows = []
    for s in shifts:
        fit = [r for r in rules if s.starts_at < r.until_at and s.ends_at > at]
        hours = (s.ends_at - s.starts_at).total_seconds() / 3600
        items = [
            f"{said(i['words'])} {thousands(i['n'])}" for i in items_for(fit, people=s.taken, hours=hours) if i["n"]
        ]
        if items:
            rows.append({"s": s, "items": items})
    return {"rules": limits_shown(rules), "rows": rows} if rules else {}


def weather_blanks(told: Mapping[str, Any]) -> dict[str, Any]:
    """The blanks of the log's sentences about warnings."""
    out = {"warning": "", "until": "", "posts": told.get("posts", ""), "post": said(told.get("post")), "chosen": ""}
    if told.get("warning") and told.get("edition"):
        out["warning"] = warning_name(str(told["edition"]), str(told["warning"]), str(told.get("colour", "")))
    if told.get("until") and told.get("warning"):
        out["until"] = moment(datetime.fromisoformat(str(told["until"])))
    if told.get("move"):
        chosen = str(told.get("choice") or "")
        out["chosen"] = choice_words(chosen) if chosen else gettext("back to normal")
    return out


def span(w: WeatherWarning) -> str:
    """From when to when a warning holds."""
    ends = w.ended_at if w.ended_at and w.ended_at < w.until_at else w.until_at
    return f"{moment(w.from_at)} – {moment(ends)}"
