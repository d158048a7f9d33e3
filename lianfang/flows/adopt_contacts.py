"""Candidates become contacts: each is listed, held by rule and paper, watched day by day, and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.base.walls import beyond_the_wall
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.editions.queries import edition, section_of, values_by_area
from lianfang.domains.grid.models import Person, Presence
from lianfang.domains.grid.queries import ADULT, duty_phones
from lianfang.domains.holds.errors import HoldWithoutPaper
from lianfang.domains.holds.services import PersonHold, Terms, hold_people
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.privacy.services import assign_purposes
from lianfang.domains.tracing.errors import DaysOver
from lianfang.domains.tracing.models import Contact, Trace
from lianfang.domains.tracing.queries import trace_seen
from lianfang.domains.tracing.services import Decision, decide_contacts
from lianfang.domains.watch.errors import ALL as REFUSALS
from lianfang.domains.watch.rules import LOCAL, until_of
from lianfang.domains.watch.services import NewCase, open_watch_cases
from lianfang.flows.stop_duty import expose_helpers

GRID_WORKER = {"zh": "您的网格员", "en": "your grid worker"}
AUTHORITY = "county"  # whose command answers for holding a person, as for zones
WHY = "tracing.contact"
HERE = ("lives", "stays")


@dataclass(frozen=True)
class _Rule:
    """What an edition says of a degree of contact, with its values where the contact lives."""

    body: Mapping[str, Any]
    hold_days: int
    after_days: int
    checks: int


def adopt_contacts(
    *, trace_id: UUID, decisions: Sequence[Decision], paper_number: str, by: Actor, at: datetime
) -> list[Outcome]:
    """Take people's decisions on candidates of a trace; who is confirmed is watched, held and told at once.

    One outcome a decision, none undoes another. Days count from the last exposure: late discovery serves the rest.
    Repeat:  the same decision again: "repeated", nobody is held or told twice.
    Rights:  tracing.adopt and holds.place on the trace's area, tracing.adopt where each contact lives.
    Raises:  TraceMissing; HoldWithoutPaper where anybody is confirmed without the number of the paper.
    Codes:   those of tracing.decide_contacts, and tracing.days_over.
    """
    trace = trace_seen(trace_id, by=by)
    require(by, "tracing.adopt", area_id=trace.area_id, incident_id=trace.incident_id)
    if any(d.says == "confirm" for d in decisions):
        require(by, "holds.place", area_id=trace.area_id, incident_id=trace.incident_id)
        if not paper_number.strip():
            raise HoldWithoutPaper(kind="contact")
    with transaction.atomic():
        late = _too_late(trace, decisions, at)
        rest = [d for d in decisions if d.contact_id not in late]
        told = decide_contacts(trace_id=trace_id, decisions=rest, by=by, at=at) if rest else []
        done = {o.id for o in told if not o.code}
        confirmed = [d.contact_id for d in rest if d.says == "confirm" and d.contact_id in done]
        if confirmed:
            _hold(trace, list(Contact.objects.filter(id__in=confirmed).order_by("id")), paper_number, by, at)
    said = {o.id: o for o in told}
    return [Outcome(d.contact_id, DaysOver.code) if d.contact_id in late else said[d.contact_id] for d in decisions]


def _rules(trace: Trace, areas: set[UUID], at: datetime) -> dict[tuple[int, UUID], _Rule]:
    """By degree and area what the edition of the trace says; a degree it does not know is missing."""
    out: dict[tuple[int, UUID], _Rule] = {}
    for body in section_of(trace.edition, "watch_kinds"):
        if not body.get("degree"):
            continue
        names = [body[k] for k in ("hold_value", "after_value", "checks_value") if body.get(k)]
        for area, found in values_by_area(trace.edition, names, areas, at=at).items():
            if area:
                after = int(found[body["after_value"]]) if body.get("after_value") else 0
                out[body["degree"], area] = _Rule(
                    body, int(found[body["hold_value"]]), after, int(found[body["checks_value"]])
                )
    return out


def _day0(contact: Contact) -> date:
    """The day of the last exposure, in local time."""
    return datetime.fromisoformat(contact.evidence["last"]).astimezone(LOCAL).date()


def _too_late(trace: Trace, decisions: Sequence[Decision], at: datetime) -> set[UUID]:
    """Contacts to be confirmed whose days since the last exposure are over, or of a degree the edition ended."""
    asked = {d.contact_id: d for d in decisions if d.says == "confirm"}
    rows = list(trace.contacts.filter(id__in=asked, state__in=("proposed", "rejected")))
    rules = _rules(trace, {c.area_id for c in rows}, at)
    out = set()
    for c in rows:
        rule = rules.get((asked[c.id].degree or c.degree, c.area_id))
        if rule is None or until_of(_day0(c), rule.hold_days + rule.after_days) <= at:
            out.add(c.id)
    return out


def _hold(trace: Trace, contacts: Sequence[Contact], paper_number: str, by: Actor, at: datetime) -> None:
    rules = _rules(trace, {c.area_id for c in contacts}, at)
    place = ancestor_at(trace.area_id, AUTHORITY) or trace.area
    appeal = edition(trace.edition)["appeal"]
    cases, holds, held = [], [], []
    for c in contacts:
        rule = rules[c.degree, c.area_id]
        day0, case_id = _day0(c), uuid5(c.id, "watch")
        cases.append(NewCase(case_id, c.person_id, c.area_id, rule.body["name"], day0, rule.hold_days + rule.after_days,
                             rule.checks, until_of(day0, rule.hold_days + rule.after_days), c.id))  # fmt: skip
        until = until_of(day0, rule.hold_days)
        if until > at:  # who has served the held days already is only watched
            terms = _terms(trace, rule, until, place.name, paper_number, appeal, c)
            holds.append(PersonHold(uuid5(c.id, "hold"), c.person_id, c.area_id, terms, case_id))
            held.append((c, rule, until))
    _all_done(open_watch_cases(incident_id=trace.incident_id, edition=trace.edition, cases=cases, by=by, at=at))
    _all_done(hold_people(holds=holds, incident_id=trace.incident_id, decision_id=None, by=by, at=at))
    # The tracer goes on asking this person, wherever the person lives, for as long as the watch lasts.
    purposes = [(by.id, "person", c.person_id, uuid5(c.id, "watch")) for c in contacts]
    assign_purposes(purposes=purposes, why="tracing.contact", until_at=max(x.until_at for x in cases), by=by, at=at)
    expose_helpers(
        until_by_person={x.person_id: (x.id, x.until_at) for x in cases}, area_id=trace.area_id, by=by, at=at
    )
    _tell(trace, held, by, at)


def _all_done(outcomes: Sequence[Outcome]) -> None:
    """Nobody is listed without being watched and held: if one part is refused, all is undone."""
    bad = next((o for o in outcomes if o.code not in ("", "repeated")), None)
    if bad is not None:
        raise REFUSALS[bad.code](**bad.values)


def _terms(
    trace: Trace, rule: _Rule, until: datetime, authority: str, paper_number: str, appeal: Mapping[str, str], c: Contact
) -> Terms:
    body = rule.body
    return Terms(
        kind=body["name"],
        rank=body["rank"],
        edition=trace.edition,
        rule=f"{trace.edition} {body.get('rule', body['name'])}",
        authority=authority,
        paper_number=paper_number.strip(),
        rules=body["rules"],
        words=body["words"],
        says=body["says"],
        evidence={"why": WHY, "contact": str(c.id), "last": c.evidence.get("last")},
        appeal=dict(appeal),
        until_at=until,
    )


def grown_for(person_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, list[UUID]]:
    """To whom word about each person goes: the person, or for a child the grown people behind its door."""
    with beyond_the_wall():  # a contact may live in another district; the year of birth leaves nothing but who is told
        return _grown_for(person_ids, at=at)


def _grown_for(person_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, list[UUID]]:
    born = dict(Person.objects.filter(id__in=person_ids).values_list("id", "birth_year"))
    children = [p for p in person_ids if (born.get(p) or 0) > at.year - ADULT]
    out = {p: [p] for p in person_ids if p not in children}
    live = Presence.objects.filter(to_on=None, kind__in=HERE)
    doors = dict(live.filter(person_id__in=children).values_list("person_id", "household_id"))
    grown: dict[UUID, list[UUID]] = {}
    behind = live.filter(household_id__in=set(doors.values())).exclude(person__birth_year__gt=at.year - ADULT)
    for household, person in behind.order_by("person_id").values_list("household_id", "person_id"):
        grown.setdefault(household, []).append(person)
    return out | {c: grown.get(doors[c], [c]) if c in doors else [c] for c in children}


def _tell(trace: Trace, held: Sequence[tuple[Contact, _Rule, datetime]], by: Actor, at: datetime) -> None:
    appeal = edition(trace.edition)["appeal"]
    phones = duty_phones({c.area_id for c, _, _ in held}, at=at)
    to = grown_for([c.person_id for c, _, _ in held], at=at)
    writings = [
        Writing(
            uuid5(c.id, f"held {who}"),
            "person",
            who,
            {
                "what": rule.body["words"],
                "says": rule.body["says"],
                "from": at.isoformat(),
                "until": until.isoformat(),
                "phone": phones.get(c.area_id, GRID_WORKER),
                "appeal": appeal,
            },
            c.id,
            c.area_id,
        )
        for c, rule, until in held
        for who in to[c.person_id]
    ]
    write_messages(
        writings=writings, edition=trace.edition, template="contact-held", incident_id=trace.incident_id, by=by, at=at
    )
