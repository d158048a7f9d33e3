"""Words of the daily sheet: what each figure counts, and how its cross-check reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, gettext_noop

from lianfang.domains.reports.rules import Line
from lianfang.web.words import thousands

DEFINITIONS = {
    "register.lives": gettext_noop("People whose present stay is living here, each counted once."),
    "register.away": gettext_noop("People on the register who are away now, each counted once."),
    "register.stays": gettext_noop("People who stay here for now and live elsewhere."),
    "holds.zones": gettext_noop("Zones in force at the cut-off."),
    "holds.persons": gettext_noop("People who live or stay inside zones in force at the cut-off, each counted once."),
    "holds.confined": gettext_noop("Of these, people who may not leave the home or the zone freely."),
    "asked.twice": gettext_noop(
        "Households that were asked the same more than once on this day: each knock or call counts, and tasks that "
        "one person finished count once beside no knock of the same person. What a routine or plan orders is not "
        "counted. Opens to the last time of each."
    ),
    "messages.made": gettext_noop("Messages written up to the cut-off, whatever became of them."),
    "messages.sent": gettext_noop("Messages that left: sent, delivered, read or answered."),
}
# Which presence a figure counts where its name does not say so; said below the name.
COUNTED = {
    "register.away": gettext_noop("on the register, away now"),
    "holds.persons": gettext_noop("living or staying there"),
    "holds.confined": gettext_noop("living or staying there"),
}
PICKS = {
    "received": gettext_noop("Tasks of this kind opened up to the cut-off."),
    "done": gettext_noop("What finished tasks of this kind count, up to the cut-off."),
    "open": gettext_noop("Tasks of this kind opened up to the cut-off and not closed by then."),
}
INDEX = gettext_noop("An index the edition in force defines over finished tasks.")
SOURCES = {
    "register": gettext_noop("register"),
    "holds": gettext_noop("holds in force and the register"),
    "zones": gettext_noop("zone versions"),
    "messages": gettext_noop("outbox"),
    "work": gettext_noop("work board"),
    "asked": gettext_noop("knocks, calls and finished tasks"),
}
FATES = {
    "waiting": gettext_noop("waiting"),
    "sent": gettext_noop("sent"),
    "delivered": gettext_noop("delivered"),
    "read": gettext_noop("read by the receiver"),
    "answered": gettext_noop("answered"),
    "failed": gettext_noop("failed"),
    "capped": gettext_noop("kept on the page only"),
}
STATES = {
    "open": gettext_noop("not sent"),
    "sent": gettext_noop("sent, waits to be accepted"),
    "returned": gettext_noop("returned"),
    "accepted": gettext_noop("accepted"),
}
TONES = {"open": "todo", "sent": "doing", "returned": "bad", "accepted": "done"}
MOST_PARTS = 10


def definition_of(line: Line) -> str:
    """What a figure counts, in one sentence."""
    if line.name.startswith("work."):
        return gettext(PICKS[line.name.rsplit(".", 1)[1]])
    return gettext(DEFINITIONS.get(line.name, INDEX))


def counted_of(line: Line) -> str:
    """Which presence a figure about people counts, where its name does not say so."""
    return gettext(COUNTED[line.name]) if line.name in COUNTED else ""


def source_of(line: Line) -> str:
    """Where its records are."""
    return gettext(SOURCES.get(line.source, SOURCES["work"]))


def check_of(line: Line) -> dict[str, str]:
    """The cross-check in words: = finished + open, or by how much the sums differ; nothing where there is none."""
    if not line.check:
        return {}
    values = {k: thousands(v) for k, v in line.check_values.items()}
    if line.check == "ok":
        return {"tone": "ok", "words": gettext("= %(closed)s finished + %(open)s open") % values}
    return {"tone": "bad", "words": gettext("differs by %(gap)s: %(closed)s finished, %(open)s open") % values}


def state_of_sheet(state: str) -> dict[str, str]:
    """The state of a sheet as a chip."""
    return {"words": gettext(STATES.get(state, state)), "tone": TONES.get(state, "other")}


def fate_words(fate: str) -> str:
    """What became of a message."""
    return gettext(FATES.get(fate, fate))


def parts_of(line: Line, names: Mapping[Any, str]) -> list[dict[str, Any]]:
    """Parts by child area, largest first; what does not fit is one row "others", so that the parts still sum up."""
    rows = sorted(((names.get(a, ""), v) for a, v in line.parts.items()), key=lambda r: -r[1])
    head, tail = rows[:MOST_PARTS], rows[MOST_PARTS:]
    shown = [{"name": n or gettext("this area itself"), "value": v} for n, v in head]
    if tail:
        shown.append({"name": gettext("%(n)s others") % {"n": len(tail)}, "value": sum(v for _, v in tail)})
    most = max((r["value"] for r in shown), default=0)
    return [{**r, "most": most} for r in shown]


def grouped(lines: Sequence[Line], groups: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lines under their groups, in the order they came."""
    out: list[dict[str, Any]] = []
    for line in lines:
        if not out or out[-1]["name"] != line.group:
            out.append({"name": line.group, "words": groups.get(line.group, line.group), "lines": []})
        out[-1]["lines"].append({"line": line, "check": check_of(line), "counts": counted_of(line)})
    return out
