"""What people decide about candidates, and how far a confirmed contact has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import Reach, reach, require
from lianfang.domains.tracing.errors import (
    ContactElsewhere,
    ContactMissing,
    DecidedOtherwise,
    DependantsUnasked,
    ReasonMissing,
    TraceMissing,
)
from lianfang.domains.tracing.models import Contact, Trace
from lianfang.domains.tracing.queries import dependants_of
from lianfang.domains.tracing.queries.contacts import Dependant
from lianfang.domains.tracing.rules import ANSWERS, CONFIRMED, DEGREES, may_advance

ADOPT = "tracing.adopt"
MOVES = ("located", "notified", "isolated")
HELD = ("listed", *MOVES)


@dataclass(frozen=True)
class Decision:
    """A person's word on one candidate; `answer` says who looks after those who depend on the person."""

    contact_id: UUID
    says: str  # confirm reject
    reason: str = ""
    degree: int | None = None  # another degree than the machine proposed
    answer: str = ""  # goes-along somebody-comes not-alone


@dataclass(frozen=True)
class Step:
    """A confirmed contact was located, notified or isolated, at a time."""

    contact_id: UUID
    to: str
    at: datetime


def _locked(trace_id: UUID, contact_ids: Sequence[UUID]) -> tuple[Trace, dict[UUID, Contact]]:
    trace = Trace.objects.select_for_update().filter(id=trace_id).first()
    if trace is None:
        raise TraceMissing(trace=str(trace_id))
    rows = trace.contacts.select_for_update().filter(id__in=contact_ids).order_by("id")
    return trace, {c.id: c for c in rows}


def _fault(
    d: Decision, c: Contact, trace: Trace, allowed: Reach, leaning: Mapping[UUID, list[Dependant]]
) -> Outcome | None:
    """Why a decision cannot be taken; a decision taken before is "repeated"."""
    if not allowed.has(c.area_id, trace.incident_id):
        return Outcome(d.contact_id, ContactElsewhere.code, {"area": str(c.area_id)})
    if d.says == "reject":
        if c.state == "rejected":
            return Outcome(d.contact_id, "repeated")
        if c.state != "proposed":
            return Outcome(d.contact_id, DecidedOtherwise.code, {"state": c.state})
        return None if d.reason.strip() else Outcome(d.contact_id, ReasonMissing.code)
    if c.state in CONFIRMED:
        same = d.degree in (None, c.degree)
        return Outcome(d.contact_id, "repeated" if same else DecidedOtherwise.code, {} if same else {"state": c.state})
    if d.says != "confirm" or d.degree not in (None, *DEGREES):
        return Outcome(d.contact_id, DecidedOtherwise.code, {"state": c.state})
    if c.person_id in leaning and d.answer not in ANSWERS:
        return Outcome(d.contact_id, DependantsUnasked.code, {"count": len(leaning[c.person_id])})
    return None


@service("tracing.decide_contacts", door=False)
def decide_contacts(*, trace_id: UUID, decisions: Sequence[Decision], by: Actor, at: datetime) -> list[Outcome]:
    """Confirm or reject candidates; the confirmed are listed from now. Called by the flow that holds and tells them.

    Repeat:  the same word again: "repeated". Who was rejected may be confirmed later.
    Rights:  tracing.adopt where each contact lives, for the incident. Locks: the trace, then the contacts.
    Codes:   tracing.contact_missing, contact_elsewhere, decided_otherwise, reason_missing, dependants_unasked
             (nobody is confirmed, and so moved, before it was said who looks after those who depend on the person).
    """
    trace, contacts = _locked(trace_id, [d.contact_id for d in decisions])
    allowed = reach(by, ADOPT, areas={c.area_id for c in contacts.values()})
    going = [contacts[d.contact_id].person_id for d in decisions if d.says == "confirm" and d.contact_id in contacts]
    gone = Contact.objects.filter(
        state__in=("listed", "located", "notified", "isolated"), trace__incident=trace.incident
    )
    leaning = dependants_of(going, leaving=gone.values_list("person_id", flat=True), at=at) if going else {}
    out, changed = [], {}
    for d in decisions:
        c = contacts.get(d.contact_id)
        fault = Outcome(d.contact_id, ContactMissing.code) if c is None else _fault(d, c, trace, allowed, leaning)
        out.append(fault or Outcome(d.contact_id))
        if fault is None and c is not None:
            _decide(c, d, leaning.get(c.person_id, []), by, at)
            changed[c.id] = c
    update_rows(Contact, [*changed.values()],
                ["state", "degree", "decided_by", "decided_at", "reason", "listed_at", "evidence"])  # fmt: skip
    if changed and trace.completed_at is None and not trace.contacts.filter(state="proposed").exists():
        trace.completed_at = at
        trace.save(update_fields=["completed_at"])
    return out


def _decide(c: Contact, d: Decision, leaning: Sequence[Dependant], by: Actor, at: datetime) -> None:
    c.decided_by, c.decided_at, c.reason = by.id, at, d.reason.strip()[:300]
    if d.says == "reject":
        c.state = "rejected"
        return
    c.state, c.listed_at, c.degree = "listed", at, d.degree or c.degree
    if leaning:
        c.evidence = {**c.evidence, "dependants": {"answer": d.answer, "count": len(leaning)}}


@service("tracing.advance_contacts")
def advance_contacts(*, trace_id: UUID, steps: Sequence[Step], by: Actor, at: datetime) -> list[Outcome]:
    """Note that confirmed contacts were located, notified or isolated; forward only, a step may be passed over.

    Repeat: a step taken before: "repeated". Rights: tracing.write. Locks: the trace, then the contacts.
    """
    trace, contacts = _locked(trace_id, [s.contact_id for s in steps])
    require(by, "tracing.write", area_id=trace.area_id, incident_id=trace.incident_id)
    out, changed = [], {}
    for s in steps:
        c = contacts.get(s.contact_id)
        if c is None:
            out.append(Outcome(s.contact_id, ContactMissing.code))
        elif c.state == s.to:
            out.append(Outcome(s.contact_id, "repeated"))
        elif s.to not in MOVES or not may_advance(c.state, s.to):
            out.append(Outcome(s.contact_id, DecidedOtherwise.code, {"state": c.state}))
        else:
            c.state = s.to
            setattr(c, f"{s.to}_at", s.at)
            changed[c.id] = c
            out.append(Outcome(s.contact_id))
    update_rows(Contact, [*changed.values()], ["state", *(f"{m}_at" for m in MOVES)])
    return out


@service("tracing.release_contacts", door=False)
def release_contacts(*, contact_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Contacts whose watch has ended are released; how many. Called by the flow that frees them. Repeat: left."""
    rows = Contact.objects.filter(id__in=list(contact_ids), state__in=HELD)
    return rows.update(state="released", released_at=at)
