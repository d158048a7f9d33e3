"""Codes become sentences here, and nowhere below: refusals in four parts, and the line after something was done."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, gettext_noop

from lianfang.domains.editions.queries import entries_of
from lianfang.domains.messages.rules import moment_said, moment_words
from lianfang.web.sentences import SENTENCES
from lianfang.web.sentences_calls import CALLS, CALLS_DONE, CALLS_WORDS
from lianfang.web.sentences_needs import NEEDS, NEEDS_DONE
from lianfang.web.sentences_people import PEOPLE, PEOPLE_DONE, PEOPLE_WORDS
from lianfang.web.sentences_places import PLACES
from lianfang.web.sentences_programs import PROGRAMS, PROGRAMS_DONE
from lianfang.web.sentences_response import RESPONSE
from lianfang.web.sentences_rounds import ROUNDS, ROUNDS_DONE, ROUNDS_WORDS
from lianfang.web.sentences_signin import SIGNIN, SIGNIN_DONE, SIGNIN_WORDS
from lianfang.web.sentences_tracing import TRACING
from lianfang.web.sentences_trips import TRIPS, TRIPS_DONE
from lianfang.web.sentences_weather import WEATHER, WEATHER_DONE, WEATHER_WORDS
from lianfang.web.sentences_work import WORK

ALL = {**SENTENCES, **RESPONSE, **PLACES, **CALLS, **ROUNDS, **SIGNIN, **TRACING, **PROGRAMS, **PEOPLE, **WEATHER,
       **NEEDS, **TRIPS, **WORK}  # fmt: skip
GENERAL = "base.refused"
# Values that name entries of the editions: the section that has their words.
NAMED = {"skills": "skills", "limits": "duty_limits", "readiness": "readiness"}
# Values that are codes of ours, in words; what is not here is a name or a number and stands as it is.
WORDS = {
    **SIGNIN_WORDS,
    **ROUNDS_WORDS,
    **CALLS_WORDS,
    **PEOPLE_WORDS,
    **WEATHER_WORDS,
    "open": gettext_noop("open"),
    "sent": gettext_noop("sent"),
    "returned": gettext_noop("returned"),
    "accepted": gettext_noop("accepted"),
    "granted": gettext_noop("granted"),
    "refused": gettext_noop("refused"),
    "asked": gettext_noop("asked"),
    "applied": gettext_noop("applied"),
    "read": gettext_noop("read"),
    "in_force": gettext_noop("in force"),
    "replaced": gettext_noop("replaced"),
    "lifted": gettext_noop("lifted"),
    "person": gettext_noop("person"),
    "household": gettext_noop("household"),
    "building": gettext_noop("building"),
    "area": gettext_noop("area"),
    "place": gettext_noop("place"),
    "incident": gettext_noop("incident"),
    "county": gettext_noop("county"),
    "street": gettext_noop("street"),
    "committee": gettext_noop("committee"),
    "text": gettext_noop("text"),
    "a number": gettext_noop("a number"),
    "a whole number": gettext_noop("a whole number"),
    "shorter text": gettext_noop("shorter text"),
    "areas.read": gettext_noop("look at areas"),
    "grid.read": gettext_noop("look at the register"),
    "grid.read_full": gettext_noop("read whole names and phones"),
    "grid.write": gettext_noop("write in the register"),
    "grid.import": gettext_noop("bring in a register"),
    "incidents.signal": gettext_noop("report a signal"),
    "incidents.open": gettext_noop("open an incident"),
    "incidents.read": gettext_noop("look at incidents"),
    "incidents.phase": gettext_noop("change a phase"),
    "zones.draft": gettext_noop("draft a zone"),
    "zones.adopt": gettext_noop("adopt a zone"),
    "zones.lift": gettext_noop("lift a zone"),
    "holds.read": gettext_noop("look at holds"),
    "holds.place": gettext_noop("place a hold"),
    "holds.free": gettext_noop("end a hold"),
    "decisions.decide": gettext_noop("decide"),
    "needs.take": gettext_noop("take pleas in"),
    "work.read": gettext_noop("look at the work board"),
    "work.open": gettext_noop("open a task"),
    "work.do": gettext_noop("do tasks"),
    "work.lead": gettext_noop("lead the work"),
    "dispatch.read": gettext_noop("look at journeys"),
    "dispatch.ask": gettext_noop("ask for a ride"),
    "dispatch.plan": gettext_noop("send cars"),
    "places.read": gettext_noop("look at places"),
    "places.write": gettext_noop("keep places"),
    "places.count": gettext_noop("count at a door"),
    "true": gettext_noop("yes"),
    "false": gettext_noop("no"),
    "capacity": gettext_noop("capacity"),
    "reason": gettext_noop("reason"),
    "percent": gettext_noop("share of the capacity"),
    "kind": gettext_noop("kind"),
    "name": gettext_noop("name"),
    "day": gettext_noop("day"),
    "count": gettext_noop("count"),
    "until": gettext_noop("last day"),
    "active": gettext_noop("active cases"),
    "tracing.read": gettext_noop("look at traces"),
    "tracing.write": gettext_noop("trace contacts"),
    "tracing.adopt": gettext_noop("confirm contacts"),
    "watch.read": gettext_noop("look at the watch list"),
    "watch.lead": gettext_noop("open and end watch cases"),
    "watch.check": gettext_noop("note health checks"),
    "celsius": gettext_noop("temperature"),
    "time": gettext_noop("time"),
    "messages.send": gettext_noop("send messages"),
    "messages.read": gettext_noop("look at messages"),
    "responders.read": gettext_noop("look at the duty book"),
    "responders.write": gettext_noop("keep the duty book"),
    "reports.read": gettext_noop("look at the daily sheet"),
    "reports.send": gettext_noop("send or judge a sheet"),
    "editions.override": gettext_noop("change a value here"),
    "editions.read": gettext_noop("look at editions"),
    "drill.play": gettext_noop("run an exercise"),
    "audit.read": gettext_noop("read the reads"),
    "accounts.grant": gettext_noop("grant roles"),
    "grid.file_unreadable": gettext_noop("The workbook is damaged."),
    "grid.file_empty": gettext_noop("The file is empty."),
    "grid.file_locked": gettext_noop("The file has a password."),
    "grid.file_too_big": gettext_noop("The file is too big to be one register."),
    "grid.file_kind_unknown": gettext_noop("The file is neither a workbook nor a text table."),
}
DONE = {
    **PROGRAMS_DONE,
    **SIGNIN_DONE,
    **ROUNDS_DONE,
    **CALLS_DONE,
    **PEOPLE_DONE,
    **WEATHER_DONE,
    **NEEDS_DONE,
    **TRIPS_DONE,
    "decisions.link_made": gettext_noop("The link is made. Hand it to the office: it serves once."),
    "decisions.link_revoked": gettext_noop("The link opens nothing any more."),
    "decisions.appealed": gettext_noop("Sent. Another official looks at it; the answer comes here."),
    "work.correction_asked": gettext_noop("Sent. It is checked within three days."),
    "privacy.glass_broken": gettext_noop("Search now. Whom you find is written down, and read tomorrow."),
    "privacy.glass_reviewed": gettext_noop("The finding is kept."),
    "privacy.ordered": gettext_noop("Ordered. It opens for nobody from now; the certificate comes with the next run."),
    "privacy.held": gettext_noop("It is kept longer."),
    "privacy.lifted": gettext_noop("The legal hold has ended."),
    "editions.asked": gettext_noop("Asked. It holds as soon as it is approved."),
    "work.moved": gettext_noop("Noted."),
    "work.page_typed": gettext_noop("The page is typed in: every row is noted, with who wrote it and who typed it."),
    "work.knocked": gettext_noop("Noted: everybody who comes after you sees it."),
    "work.opened": gettext_noop("The task is open."),
    "work.taken": gettext_noop("The task is yours."),
    "work.transfer_asked": gettext_noop("Asked. Where nobody answers, the task is yours at the time it says."),
    "work.transfer_given": gettext_noop("The task is theirs now. They have been told."),
    "work.transfer_kept": gettext_noop("You keep it. They have been told."),
    "work.put_back": gettext_noop(
        "You do not hold it any more. Whoever asked for it has it, or it waits on the board."
    ),
    "work.door_taken": gettext_noop("What nobody held behind this door is yours now."),
    "work.door_empty": gettext_noop("Everything here is somebody's already."),
    "work.second_look": gettext_noop("The second look is kept."),
    "grid.person_entered": gettext_noop("The person is on the register."),
    "grid.flag_set": gettext_noop("The mark is set."),
    "grid.flag_ended": gettext_noop("The mark has ended."),
    "grid.base_entered": gettext_noop("The printed population is entered."),
    "grid.answers": gettext_noop("From now they answer here."),
    "grid.answers_ended": gettext_noop("They answer here no longer."),
    "grid.divided": gettext_noop("The part is added; its doors and their open work went along."),
    "responders.formed": gettext_noop("Added."),
    "grid.file_kept": gettext_noop("The file was read. Nothing has changed yet."),
    "grid.file_applied": gettext_noop("The file was taken."),
    "grid.rows_settled": gettext_noop("It is noted, with your post and the time."),
    "grid.rows_partly": gettext_noop("Noted in part. The rows that stay say why."),
    "grid.area_named": gettext_noop("The file was read anew with that name. Nothing has changed yet."),
    "grid.file_refused": gettext_noop("The file was not taken. Nothing has changed."),
    "responders.body_added": gettext_noop(
        "The body is added. Open its accounts, and grant one of them its administration."
    ),
    "accounts.password_set": gettext_noop("Your own password holds from now."),
    "accounts.granted": gettext_noop("Granted. It holds from now."),
    "accounts.ended": gettext_noop(
        "The post has ended, and its rights with it. Work only it could do waits on the board."
    ),
    "accounts.closed": gettext_noop("The account is closed. Nobody signs in by it any more."),
    "places.registered": gettext_noop("The place is entered. It is not open yet."),
    "places.opened": gettext_noop("Opened. The rule stands on every page of these places."),
    "places.closed_now": gettext_noop("Closed. Nobody is let in; those inside can be counted out."),
    "places.readiness_laid": gettext_noop("The list is laid. Tick what is ready on the spot."),
    "places.ticked_ready": gettext_noop("Ticked as ready."),
    "places.changed": gettext_noop("Changed."),
    "places.counted": gettext_noop("Counted."),
    "places.recounted": gettext_noop("The number inside is corrected."),
    "places.admitted": gettext_noop("Admitted. This is day 1."),
    "places.released": gettext_noop("Released. The place is free again."),
    "places.day_entered": gettext_noop("The day is entered."),
    "tracing.adopted": gettext_noop("Confirmed. The person is held by rule and paper, is watched, and was told."),
    "tracing.rejected": gettext_noop("Left out, with your reason."),
    "tracing.again": gettext_noop("Computed anew from all visits known now. What people decided stays."),
    "tracing.stepped": gettext_noop("Noted."),
    "tracing.opened": gettext_noop("The trace is open. Nobody is held before you confirm."),
    "tracing.closed": gettext_noop("The trace is closed."),
    "tracing.venue_entered": gettext_noop("The venue is entered."),
    "watch.checked": gettext_noop("The check is kept."),
    "watch.fever": gettext_noop("The check is kept. This is a fever: call the medical staff now."),
    "watch.freed": gettext_noop("Free. The person was told, and what hung on the hold has ended."),
    "messages.answered": gettext_noop("Your answer is kept."),
    "incidents.reported": gettext_noop("The signal is kept and the duty officer was told."),
    "incidents.acknowledged": gettext_noop("You have it: the clock has stopped."),
    "incidents.attached": gettext_noop("The signal belongs to this incident now."),
    "incidents.level_set": gettext_noop("The level is set. Every lower level has the order."),
    "incidents.measure_set": gettext_noop("The measure is set. Every page shows it from its time on."),
    "incidents.measure_ended": gettext_noop("The measure has ended."),
    "incidents.opened": gettext_noop("The incident is open. Its checklist has owners and they were told."),
    "incidents.phase_changed": gettext_noop("The phase is changed."),
    "incidents.mode_changed": gettext_noop("The mode is changed."),
    "incidents.zone_drafted": gettext_noop("The draft is kept. Nobody is held by it."),
    "incidents.zone_asked": gettext_noop("The authority was asked. Its clock runs."),
    "incidents.zone_lifted": gettext_noop("The zone is lifted. The people inside are free and were told."),
    "decisions.granted": gettext_noop("Granted. It holds from now."),
    "decisions.refused": gettext_noop("Refused. Nothing changes."),
    "decisions.returned": gettext_noop("Sent back to who asked."),
    "decisions.reported": gettext_noop("Reported. The leader above was told and decides."),
    "reports.sent": gettext_noop("The sheet was sent."),
    "reports.accepted": gettext_noop("The sheet was accepted."),
    "reports.returned": gettext_noop("The sheet was returned."),
}


@dataclass(frozen=True)
class Said:
    """A refusal in words: what happened, why, what to do next, who can change it."""

    what: str
    why: str
    next: str
    who: str


SPAN = " – "  # from one value to another, as a fix says what fits


class _Blanks(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def in_words(value: Any) -> str:
    """A value of a refusal as people read it."""
    if isinstance(value, Mapping) and value.keys() >= {"zh", "en"}:
        return str(value["en" if get_language() == "en" else "zh"])
    if isinstance(value, Mapping):
        return " ".join(in_words(v) for v in value.values())
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return gettext(", ").join(in_words(v) for v in value)
    text = str(value)
    if SPAN in text:
        return SPAN.join(in_words(part) for part in text.split(SPAN))
    moment = moment_said(text)
    if moment:
        return moment_words(localtime(moment), "en" if get_language() == "en" else "zh")
    return gettext(WORDS[text]) if text in WORDS else text


def _named(name: str, value: Any) -> Any:
    """Skills and limits by the words of the editions; anything else as it is."""
    section = NAMED.get(name)
    if section is None or not isinstance(value, list):
        return value
    entries, language = entries_of(section), "en" if get_language() == "en" else "zh"
    return [entries[v]["words"][language] if v in entries else v for v in value]


def all_codes() -> set[str]:
    """Every code that has its four sentences."""
    return set(ALL)


def sentence(code: str, values: Mapping[str, Any]) -> Said:
    """The four parts of a refusal in the reader's language.

    Edge: a code without sentences is a bug: KeyError under test; in service it is logged and the general one is shown.
    """
    if code not in ALL:
        if "pytest" in sys.modules:
            raise KeyError(code)
        logging.getLogger(__name__).error("no sentence for refusal %s", code)
        code = GENERAL
    blanks = _Blanks({k: in_words(_named(k, v)) for k, v in values.items()})
    blanks.setdefault("retry_seconds", "20")
    what, why, next_, who = (gettext(part) % blanks for part in ALL[code])
    return Said(what, " ".join(why.split()), next_, who)


def done_sentence(code: str) -> str:
    """The line after something was done; nothing for a code that is not ours."""
    return gettext(DONE[code]) if code in DONE else ""
