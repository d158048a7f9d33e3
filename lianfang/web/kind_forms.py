"""The form a kind describes, for opening an item or making a move: made from data, checked for shape only.

What a move needs and whether a value fits is judged by work's own rules; this module turns them into fields and words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from lianfang.domains.work.rules import field_of, kept, missing_fields, unfit_values, unmet_criteria
from lianfang.web.messages import in_words
from lianfang.web.words import said

Body = Mapping[str, Any]
PREFIX = "f-"
INPUTS = {"number": "number", "whole": "number", "date": "date", "time": "time", "text": "text"}


@dataclass
class Entry:
    """One field as a page shows it: its words, the value it has, and what is wrong with that."""

    name: str
    words: str
    type: str
    value: Any = ""
    is_needed: bool = False
    when: str = ""
    unit: str = ""
    error: str = ""
    is_personal: bool = False
    choices: list[dict[str, Any]] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)  # names that fit, to choose or to type beside

    @property
    def input_type(self) -> str:
        """The browser's own input for this type."""
        return INPUTS.get(self.type, "text")


@dataclass
class KindForm:
    """A move of a kind (or "open") with the fields it needs and those it may take along."""

    move: str
    words: str
    needed: list[Entry]
    more: list[Entry]
    values: dict[str, Any] = field(default_factory=dict)
    look: str = ""
    is_main: bool = False

    @property
    def errors(self) -> list[Entry]:
        """Fields that cannot be taken as they are, for the top of the form."""
        return [e for e in (*self.needed, *self.more) if e.error]

    @property
    def has_fields(self) -> bool:
        """Whether the move asks anything at all."""
        return bool(self.needed or self.more)


def _choices(body: Body, value: Any) -> list[dict[str, Any]]:
    if body["type"] == "bool":
        pairs = [("true", gettext("Yes"), True), ("false", gettext("No"), False)]
        return [{"value": v, "words": w, "is_chosen": value is b} for v, w, b in pairs]
    return [
        {"value": c["value"], "words": said(c), "is_chosen": str(value) == str(c["value"])}
        for c in body.get("choices", [])
    ]


def _value_words(body: Body | None, value: Any) -> str:
    if body is None:
        return str(value)
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return next((said(c) for c in body.get("choices", []) if c["value"] == value), str(value))


def shown_value(kind: Body, name: str, value: Any) -> str:
    """A value of an item as people read it: choices in words, numbers with their unit."""
    body = field_of(kind, name)
    text = _value_words(body, value)
    return f"{text} {body['unit']}" if body and body.get("unit") and text else text


def value_cell(kind: Body, name: str, value: Any) -> Any:
    """A value of an item for a table's cell: numbers as numbers, choices in words, nothing as nothing."""
    body = field_of(kind, name)
    if body is None or value in ("", None):
        return None
    if not isinstance(value, bool) and isinstance(value, int | float):
        return value
    return _value_words(body, value)


def _entry(kind: Body, body: Body, move: str, value: Any) -> Entry:
    when = body.get("required_when") or {}
    words = ""
    if when:
        other = field_of(kind, when["field"])
        words = gettext("Needed if “%(field)s” is “%(value)s”") % {
            "field": said(other["words"]) if other else when["field"],
            "value": _value_words(other, when["is"]),
        }
    return Entry(
        name=body["name"],
        words=said(body["words"]),
        type=body["type"],
        value="" if value is None else value,
        is_needed=move in body.get("required_at", []) and not when,
        when=words,
        unit=body.get("unit", ""),
        is_personal=body.get("personal", "none") != "none",
        choices=_choices(body, value) if body["type"] in ("bool", "choice") else [],
    )


def form_of(
    kind: Body, move: str, words: str, had: Mapping[str, Any], *, also: Mapping[str, list[str]] | None = None
) -> KindForm:
    """The form of a move: fields it needs first, then those no move needs (unless it is a mere attempt).

    also: fields asked beside them, each with the names that are offered.
    """
    own = next((m for m in kind["moves"] if m["name"] == move), {})
    had = kept(kind, had)
    typed = [f for f in kind.get("fields", []) if not f.get("given") and not f.get("told")]
    needed = [f for f in typed if move in f.get("required_at", [])]
    free = [f for f in typed if not f.get("required_at")]
    beside = [f for f in typed if f["name"] in (also or {}) and f not in (*needed, *free)]
    extra = [_entry(kind, f, move, had.get(f["name"])) for f in beside]
    for entry in extra:
        entry.offers = (also or {})[entry.name]
    target = next((s for s in kind["states"] if s["name"] == own.get("to")), {})
    takes_more = move == "open" or (target.get("closed") and target.get("tone") == "done")
    return KindForm(
        move=move,
        words=words,
        needed=[_entry(kind, f, move, had.get(f["name"])) for f in needed],
        more=[*extra, *(_entry(kind, f, move, had.get(f["name"])) for f in free)]
        if takes_more and not own.get("attempt")
        else extra,
        look=target.get("tone", ""),
    )


def _typed(body: Body, text: str) -> Any:
    """The text of one input as its type says; a text that is no number stays text, and the rule says so."""
    try:
        if body["type"] == "whole":
            return int(text)
        if body["type"] == "number":
            return float(text)
    except ValueError:
        return text
    if body["type"] == "bool":
        return {"true": True, "false": False}.get(text, text)
    return text


def filled(form: KindForm, kind: Body, sent: Mapping[str, str], had: Mapping[str, Any]) -> KindForm:
    """The form with what was sent: its values, and by work's rules what is missing or unfit, each at its field."""
    for entry in (*form.needed, *form.more):
        body = field_of(kind, entry.name) or {}
        text = sent.get(PREFIX + entry.name, "").strip()
        value = _typed(body, text) if text else None
        entry.value = "" if value is None else value
        if body.get("type") in ("bool", "choice"):
            entry.choices = _choices(body, value)
        if value is not None:
            form.values[entry.name] = value
    had = kept(kind, had)
    missing = set(missing_fields(kind, form.move, {**had, **form.values}))
    unfit = unfit_values(kind, form.values)
    unmet = unmet_criteria(kind, form.move, {**had, **form.values}) if not unfit else {}
    for entry in (*form.needed, *form.more):
        if entry.name in unfit:
            entry.error = gettext("This cannot be taken. Check it and send again.")
        elif entry.name in missing:
            entry.error = gettext("This is still needed.")
        elif entry.name in unmet:
            entry.error = gettext("The criterion is not met: it asks for %(need)s.") % {
                "need": in_words(unmet[entry.name])
            }
    return form
