"""Notes about people on duty: assembly, breaks, the suit, in and out, relief, so many units done; feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import Reach, reach
from lianfang.domains.calls.errors import CallUnfit, ClaimMissing, NotClaimed, NotServed, SecondPerson
from lianfang.domains.calls.models import Claim, DutyNote
from lianfang.domains.calls.queries.duty import noted_of
from lianfang.domains.calls.queries.joint import areas_of, reaches
from lianfang.domains.calls.queries.seen import limits_of
from lianfang.domains.calls.rules import FIRM, Noted
from lianfang.domains.calls.rules.duty import AFTER, OWN, SECOND, note_fault
from lianfang.domains.privacy.queries import sealed

LEAD = "calls.lead"
PLAIN = ("why", "until", "clean", "kit", "what", "n")  # values that name no person's health


@dataclass(frozen=True)
class NewNote:
    """One thing noted about a claim at a time; its id is the note's, so a phone may send it again."""

    id: UUID
    claim_id: UUID
    kind: str
    at: datetime
    by: Actor
    values: Mapping[str, Any] = field(default_factory=dict)
    celsius: float | None = None
    words: str = ""  # of feedback


def _may(note: NewNote, claim: Claim, lead: Reach, beside: set[tuple[UUID, UUID]]) -> str:
    """The code of why somebody may not note this about a claim; "" if he may."""
    if note.kind in AFTER:
        return "" if claim.account_id == note.by.id else RightMissing.code
    is_own, leads = claim.account_id == note.by.id, reaches(lead, claim.shift.call)
    if note.kind in SECOND:
        if is_own:
            return SecondPerson.code
        return "" if leads or (claim.shift_id, note.by.id) in beside else RightMissing.code
    return "" if leads or (is_own and note.kind in OWN) else RightMissing.code


@service("calls.note_duty", savepoint=False)
def note_duty(*, notes: Sequence[NewNote], by: Actor, at: datetime) -> list[Outcome]:
    """Keep what was noted about people on duty, each after those before it; one outcome a note.

    Gives:   a temperature's outcome says `fever` where it stops the work.
    Repeat:  same id, or what has begun begins again: "repeated".
    Rights:  calls.lead on the call; one's own breaks, suit, asking for relief and counting; gear, in and out by a
             second person of the same shift, never by oneself.
             What one says of a turn that was served (feedback) is one's own alone, once.
    Refuses: claim_missing, right_missing, second_person, not_claimed, not_in, not_begun, gear_unchecked, not_served,
             unfit.
    Locks:   the claims, in the order of their ids.
    """
    rows = Claim.objects.select_for_update(of=("self",), no_key=True).filter(id__in={n.claim_id for n in notes})
    claims = {c.id: c for c in rows.select_related("shift__call").order_by("id")}
    leads = {i: reach(b, LEAD, areas=areas_of(c.shift.call for c in claims.values()))
             for i, b in {n.by.id: n.by for n in notes}.items()}  # fmt: skip
    beside = set(Claim.objects.filter(shift_id__in={c.shift_id for c in claims.values()}, state__in=FIRM,
                                      account_id__in=leads).values_list("shift_id", "account_id"))  # fmt: skip
    known = set(DutyNote.objects.filter(id__in=[n.id for n in notes]).values_list("id", flat=True))
    before = noted_of(claims)
    limits = limits_of({c.shift.call.area_id for c in claims.values()}, at=at)
    done: dict[int, Outcome] = {}
    fresh: list[tuple[NewNote, dict[str, Any]]] = []
    for n in sorted(range(len(notes)), key=lambda n: notes[n].at):
        note, claim = notes[n], claims.get(notes[n].claim_id)
        values = {k: v for k, v in note.values.items() if k in PLAIN}
        if note.id in known:
            done[n] = Outcome(note.id, "repeated")
        elif claim is None:
            done[n] = Outcome(note.id, ClaimMissing.code)
        else:
            stops = limits[claim.shift.call.area_id]["fever_stops_celsius"]
            done[n] = _judged(note, claim, leads[note.by.id], beside, before[claim.id], stops, values)
            if not done[n].code:
                known.add(note.id)
                before[claim.id].append((note.kind, note.at, values))
                fresh.append((note, values))
    _keep(fresh, claims)
    return [done[n] for n in range(len(notes))]


def _judged(note: NewNote, claim: Claim, lead: Reach, beside: set[tuple[UUID, UUID]], before: Sequence[Noted],
            stops: float, values: dict[str, Any]) -> Outcome:  # fmt: skip
    code = _may(note, claim, lead, beside)
    if code:
        told = {"right": LEAD, "area": str(claim.shift.call.area_id)} if code == RightMissing.code else {}
        return Outcome(note.id, code, told)
    if note.kind in AFTER:
        return _spoken(note, claim, before)
    if claim.state not in FIRM:
        return Outcome(note.id, NotClaimed.code, {"state": claim.state})
    came = claim.checked_in_at if claim.state == "checked_in" else None
    code, told = note_fault(note.kind, before, note.at, note.values, note.celsius, came)
    if not code and note.kind == "temperature" and note.celsius is not None:
        values["fever"] = note.celsius >= stops
        told = {"fever": values["fever"]}
    return Outcome(note.id, code, told)


def _spoken(note: NewNote, claim: Claim, before: Sequence[Noted]) -> Outcome:
    """What somebody says of a turn he has served: once, and something."""
    if claim.state != "done":
        return Outcome(note.id, NotServed.code, {"state": claim.state})
    if not note.words.strip():
        return Outcome(note.id, CallUnfit.code, {"field": "words", "fix": "text"})
    return Outcome(note.id, "repeated" if any(k in AFTER for k, _, _ in before) else "")


def _sealed_values(note: NewNote) -> dict[str, Any]:
    told = {"celsius": note.celsius, "words": note.words.strip()[:500] if note.kind in AFTER else ""}
    return {k: v for k, v in told.items() if v not in (None, "")}


def _keep(fresh: Sequence[tuple[NewNote, dict[str, Any]]], claims: Mapping[UUID, Claim]) -> None:
    """Temperatures are sealed under the incident's key, or the register's where the call is of none."""
    rows: list[DutyNote] = []
    for incident in {claims[n.claim_id].shift.call.incident_id for n, _ in fresh}:
        mine = [(n, v) for n, v in fresh if claims[n.claim_id].shift.call.incident_id == incident]
        told = [(n.id, _sealed_values(n)) for n, _ in mine]
        scope = {"scope": "incident", "scope_id": incident, "retention": "contact"} if incident else {}
        for (n, v), blob in zip(mine, sealed(told, **scope), strict=True):  # type: ignore[arg-type]  # one of two shapes
            rows.append(DutyNote(id=n.id, claim_id=n.claim_id, kind=n.kind, at=n.at, by=n.by.id, values=v, sealed=blob))
    DutyNote.objects.bulk_create(rows, batch_size=2000)
