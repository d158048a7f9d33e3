"""Incidents, zones and decisions in words: rules, levels, flags, ends, and the log as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, gettext_noop, ngettext

from lianfang.base.models import LogEntry
from lianfang.domains.editions.queries import common_edition, edition, section_of
from lianfang.web.weather_words import weather_blanks
from lianfang.web.words import day, said

Body = Mapping[str, Any]
NOTHING: Body = {}

RULES = {
    ("leave_home", "yes"): gettext_noop("Leaves home freely"),
    ("leave_home", "permit"): gettext_noop("Leaves home with a permit"),
    ("leave_home", "no"): gettext_noop("Stays at home"),
    ("leave_zone", "yes"): gettext_noop("Leaves the zone freely"),
    ("leave_zone", "permit"): gettext_noop("Leaves the zone with a permit"),
    ("leave_zone", "no"): gettext_noop("Does not leave the zone"),
    ("gather", "yes"): gettext_noop("May meet in groups"),
    ("gather", "permit"): gettext_noop("Meets in groups with a permit"),
    ("gather", "no"): gettext_noop("No meeting in groups"),
}
RULE_NAMES = {
    "leave_home": gettext_noop("Home"),
    "leave_zone": gettext_noop("Zone"),
    "gather": gettext_noop("Groups"),
}
COLOURS = {
    "red": gettext_noop("Health code: red"),
    "yellow": gettext_noop("Health code: yellow"),
    "green": gettext_noop("Health code: green"),
}
LEVELS = {
    "province": gettext_noop("province command"),
    "prefecture": gettext_noop("city command"),
    "county": gettext_noop("county command"),
    "street": gettext_noop("street office"),
    "committee": gettext_noop("committee"),
}
ENDED = {
    "incidents.review_ran_out": gettext_noop("nobody reviewed it in time"),
    "incidents.replaced": gettext_noop("replaced by the next version"),
    "replaced": gettext_noop("replaced by the next version"),
    "incidents.until_reached": gettext_noop("its time ran out"),
    "incidents.cancelled": gettext_noop("the weather service cancelled it"),
    "incidents.out_of_reach": gettext_noop("the post is over, or the warning no longer reaches it"),
}
STATES = {
    "draft": (gettext_noop("draft"), "tried"),
    "in_force": (gettext_noop("in force"), "doing"),
    "replaced": (gettext_noop("replaced"), "other"),
    "lifted": (gettext_noop("lifted"), "done"),
    "asked": (gettext_noop("waits for the authority"), "todo"),
    "granted": (gettext_noop("granted"), "done"),
    "refused": (gettext_noop("refused"), "bad"),
    "returned": (gettext_noop("sent back"), "tried"),
    "withdrawn": (gettext_noop("not needed any more"), "other"),
}
MODES = {"routine": gettext_noop("routine"), "emergency": gettext_noop("emergency")}
DECISIONS = {
    "permit": gettext_noop("Permit to go out"),
    "adopt-zone": gettext_noop("Adopt a zone"),
    "lift-zone": gettext_noop("Lift a zone"),
    "override-value": gettext_noop("Change a value here"),
    "appeal": gettext_noop("Somebody appeals against a hold"),
    "start-response": gettext_noop("Start a joint response"),
}
# What the log says of each service, by its name; blanks are filled from what the entry tells. Others are not shown.
SENTENCES = {
    "incidents.report_signal": gettext_noop("reported a signal: %(signal)s, source %(source)s"),
    "incidents.acknowledge_signal": gettext_noop("acknowledged the signal"),
    "incidents.escalate_signal": gettext_noop("Nobody acknowledged in time: the next on duty was told"),
    "incidents.open_incident": gettext_noop("opened the incident"),
    "incidents.change_phase": gettext_noop("set the phase to %(phase)s"),
    "incidents.set_mode": gettext_noop("set the mode to %(mode)s"),
    "incidents.attach_signal": gettext_noop("added a further signal"),
    "incidents.set_level": gettext_noop("set the response level to %(level)s, by %(issuer)s"),
    "incidents.set_measure": gettext_noop("set a measure: %(measure)s"),
    "incidents.end_measure": gettext_noop("ended a measure"),
    "incidents.note_milestone": gettext_noop("Milestone: %(milestone)s, %(on)s"),
    "incidents.withdraw_milestone": gettext_noop("Withdrawn after a correction: %(milestone)s, %(on)s"),
    "incidents.draft_zone": gettext_noop("drafted a zone: %(name)s, %(kind)s"),
    "incidents.enforce_version": gettext_noop("The zone %(zone)s is in force"),
    "incidents.end_version": gettext_noop("lifted the zone %(zone)s"),
    "incidents.alarm_review": gettext_noop("The review of %(zone)s is due: the authority was alarmed"),
    "decisions.ask_decision": gettext_noop("asked the authority about %(zone)s"),
    "decisions.say": gettext_noop("decided on %(zone)s: %(says)s"),
    "work.open_items": gettext_noop("opened tasks: %(items)s"),
    "work.open_tested": gettext_noop("opened tasks: %(items)s"),
    "messages.write_messages": gettext_noop("wrote messages: %(writings)s"),
    "places.register_place": gettext_noop("entered a place: %(name)s"),
    "rounds.plan_round": gettext_noop("planned a round of testing"),
    "calls.post_call": gettext_noop("called for people"),
    "incidents.raise_warning": gettext_noop("entered a weather warning: %(warning)s, until %(until)s"),
    "incidents.end_warning": gettext_noop("Weather warning over: %(warning)s"),
    "work.flag_posts": gettext_noop("flagged posts outdoors: %(posts)s"),
    "work.note_check": gettext_noop("weather, %(post)s: %(chosen)s"),
    "tracing.open_trace": gettext_noop("began to trace a case"),
    "tracing.import_visits": gettext_noop("took in where people had been"),
}
SAYS = {"grant": gettext_noop("granted"), "refuse": gettext_noop("refused"), "return": gettext_noop("sent back")}
MILESTONES = {"zero-day": gettext_noop("no active case left in the incident's area")}
BY_ITSELF = ("incidents.escalate_signal", "incidents.alarm_review")


def entry(body: Body, section: str, name: str) -> Body:
    """One named entry of a section of an edition that was read once; nothing where it is not there."""
    return next((e for e in body.get(section, []) if e["name"] == name), NOTHING)


def words_of(body: Body, section: str, name: str) -> str:
    """An entry's words in the reader's language, or its name."""
    return said(entry(body, section, name).get("words")) or name


def shared_words(body: Body, section: str, name: str) -> str:
    """The same, of a section to which the common edition adds."""
    found = entry(body, section, name) or entry(edition(common_edition()), section, name)
    return said(found.get("words")) or name


def phase_words(body: Body, name: str) -> str:
    """A phase in words; modes too, since both stand in the same column of changes."""
    return gettext(MODES[name]) if name in MODES else words_of(body, "phases", name)


def change_words(body: Body, name: str) -> str:
    """What a change went from or to: a phase, a mode, or a response level of the plan or of the house."""
    shown = phase_words(body, name)
    return shown if shown != name else shared_words(body, "levels", name)


def class_of(body: Body, kind: str, name: str) -> Body:
    """A class of a kind of signal."""
    return next((c for c in entry(body, "signals", kind).get("classes", []) if c["name"] == name), NOTHING)


def signal_words(body: Body, kind: str, case_class: str) -> str:
    """Case report: confirmed."""
    parts = words_of(body, "signals", kind), said(class_of(body, kind, case_class)) or case_class
    return gettext("%(kind)s: %(class)s") % {"kind": parts[0], "class": parts[1]}


def level_words(level: str) -> str:
    """The command of an area level."""
    return gettext(LEVELS[level]) if level in LEVELS else level


def flag_entries() -> list[Body]:
    """All marks people may carry, as the common edition lists them."""
    return section_of(common_edition(), "flags")


def flag_words(name: str) -> str:
    """What others must know to help, in words."""
    return words_of({"flags": flag_entries()}, "flags", name)


def flags_shown(flags: Mapping[str, int]) -> list[dict[str, Any]]:
    """Counts by flag with their words, the largest first."""
    return [{"words": flag_words(f), "n": n} for f, n in sorted(flags.items(), key=lambda p: -p[1])]


def state_shown(state: str) -> dict[str, str]:
    """The state of a zone version or decision: words and look of its chip."""
    words, look = STATES.get(state, (state, ""))
    return {"words": gettext(words), "look": look}


def rules_shown(rules: Mapping[str, str]) -> list[dict[str, str]]:
    """The three rules of a zone in words, strict ones marked."""
    looks = {"yes": "free", "permit": "permit", "no": "strict"}
    return [
        {"name": gettext(RULE_NAMES[r]), "words": gettext(RULES[r, rules[r]]), "look": looks[rules[r]]}
        for r in RULE_NAMES
        if (r, rules.get(r, "")) in RULES
    ]


def _days(body: Body, name: str) -> float | None:
    found = body.get("values", {}).get(name) if name else None
    return float(found["value"]) if found and not isinstance(found["value"], list) else None


def end_words(body: Body, rule: Body) -> str:
    """How a kind of zone ends: by itself, or looked at again."""
    until, review = _days(body, rule.get("until_value", "")), _days(body, rule.get("review_value", ""))
    if until:
        return ngettext("Ends by itself after %(n)g day", "Ends by itself after %(n)g days", int(until)) % {"n": until}
    if review:
        return ngettext("Looked at again within %(n)g day", "Looked at again within %(n)g days", int(review)) % {
            "n": review
        }
    return ""


def colour_words(rule: Body) -> str:
    """What a kind of zone means for the health code; empty where the edition says nothing."""
    words = COLOURS.get(rule.get("code_colour", ""))
    return gettext(words) if words else ""


def tests_words(body: Body, rule: Body) -> str:
    """How often people inside are tested, with the number of the edition; empty where it says nothing."""
    asked = rule.get("tests")
    if not asked:
        return ""
    found = body.get("values", {}).get(asked["value"], {}).get("value", "")
    return f"{said(asked)}: {', '.join(str(n) for n in found) if isinstance(found, list) else found}"


def kind_shown(body: Body, name: str) -> dict[str, Any]:
    """A kind of zone as pages show it: mark, look, words, rules, authority, end."""
    rule = entry(body, "zone_kinds", name)
    milder = rule.get("milder")
    return {
        "name": name, "words": said(rule.get("words")) or name, "mark": said(rule.get("mark")),
        "rank": rule.get("rank", 0), "look": rule.get("look", "none"), "says": said(rule.get("says")),
        "rules": rules_shown(rule.get("rules", {})),
        "authority": level_words(rule.get("authority", "")), "end": end_words(body, rule),
        "milder": words_of(body, "zone_kinds", milder) if milder else "",
        "tests": tests_words(body, rule), "colour_words": colour_words(rule),
    }  # fmt: skip


def kinds_shown(body: Body) -> list[dict[str, Any]]:
    """All kinds of zone of an edition, the least intrusive first."""
    return sorted((kind_shown(body, z["name"]) for z in body.get("zone_kinds", [])), key=lambda k: k["rank"])


def ended_words(why: str) -> str:
    """Why a zone ended: a code of ours in words, or the reason somebody wrote."""
    return gettext(ENDED[why]) if why in ENDED else why


def timeline_rows(
    entries: Sequence[LogEntry], body: Body, zones: Mapping[UUID, str], posts: Mapping[UUID, str]
) -> list[dict[str, Any]]:
    """The log as sentences: when, who, what, and the reason given. Entries without a sentence are left out."""
    subject = _subjects(entries)
    rows = []
    for e in entries:
        text = SENTENCES.get(e.service)
        if not text:
            continue
        blanks = _blanks(e, body, zones, subject)
        who = "" if e.service in BY_ITSELF else posts.get(e.actor_id, gettext("The house itself") if posts else "")
        reason = str(e.told.get("reason") or e.told.get("why") or "")
        rows.append({"at": e.at, "who": who, "words": gettext(text) % blanks, "reason": _plain(reason)})
    return rows


def _plain(reason: str) -> str:
    return "" if reason == "…" else ended_words(reason)


def _subjects(entries: Iterable[LogEntry]) -> dict[str, str]:
    asked = (e.told for e in entries if e.service == "decisions.ask_decision")
    return {t["decision_id"]: t["subject_id"] for t in asked}


def _blanks(e: LogEntry, body: Body, zones: Mapping[UUID, str], subject: Mapping[str, str]) -> dict[str, Any]:
    told = e.told
    about = told.get("version_id") or told.get("subject_id") or subject.get(str(told.get("decision_id", "")), "")
    zone = zones.get(UUID(about), "") if about else ""
    return {
        "items": "", "writings": "", "name": "", "source": "", "issuer": "", **told, "zone": zone,
        "on": day(date.fromisoformat(str(told["on"]))) if told.get("on") else "",
        "level": change_words(body, str(told.get("level", ""))) if told.get("level") else "",
        "measure": shared_words(body, "measures", str(told.get("name", ""))),
        "kind": words_of(body, "zone_kinds", str(told.get("kind", ""))),
        "phase": phase_words(body, str(told.get("phase", ""))), "mode": phase_words(body, str(told.get("mode", ""))),
        "says": gettext(SAYS.get(str(told.get("says", "")), "")) if told.get("says") else "",
        "milestone": gettext(MILESTONES.get(str(told.get("name", "")), "")) if told.get("on") else "",
        **weather_blanks(told),
        "signal": signal_words(body, str(told.get("kind", "")), str(told.get("case_class", ""))),
    }  # fmt: skip
