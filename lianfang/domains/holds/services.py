"""Placing and ending holds. Nothing holds anybody without rule, evidence, authority, paper and end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from lianfang.base.actor import Actor
from lianfang.base.bulk import copy_lines
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.holds.errors import HoldMissing, HoldWithoutEnd, HoldWithoutPaper
from lianfang.domains.holds.models import Hold, HoldBuilding


@dataclass(frozen=True)
class Terms:
    """Under which rule a hold stands and who answers for it."""

    kind: str
    rank: int
    edition: str
    rule: str
    authority: str
    paper_number: str
    rules: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    appeal: dict[str, str] = field(default_factory=dict)
    effect: str = "restrict"
    until_at: datetime | None = None
    review_at: datetime | None = None


@service("holds.place_hold", door=False)
def place_hold(
    *,
    hold_id: UUID,
    terms: Terms,
    area_id: UUID,
    person_id: UUID | None,
    building_ids: Iterable[UUID],
    incident_id: UUID | None,
    source_id: UUID | None,
    decision_id: UUID | None,
    by: Actor,
    at: datetime,
) -> Hold:
    """Hold one person, or all who live in buildings, from now.

    Called by the flows that asked the authority. Repeat: same id: the first. Raises: HoldWithoutEnd, HoldWithoutPaper.
    """
    known = Hold.objects.filter(id=hold_id).first()
    if known:
        raise Repeated(known)
    if terms.until_at is None and terms.review_at is None:
        raise HoldWithoutEnd(kind=terms.kind)
    if not terms.paper_number.strip():
        raise HoldWithoutPaper(kind=terms.kind)
    hold = Hold.objects.create(
        id=hold_id,
        kind=terms.kind,
        effect=terms.effect,
        rank=terms.rank,
        person_id=person_id,
        area_id=area_id,
        incident_id=incident_id,
        source_id=source_id,
        edition=terms.edition,
        rule=terms.rule,
        rules=terms.rules,
        words=terms.words,
        says=terms.says,
        evidence=terms.evidence,
        authority=terms.authority,
        decided_by=by.id,
        decision_id=decision_id,
        paper_number=terms.paper_number,
        appeal=terms.appeal,
        from_at=at,
        until_at=terms.until_at,
        review_at=terms.review_at,
    )
    copy_lines(HoldBuilding, ("hold_id", "building_id"), (f"{hold_id}\t{b}" for b in building_ids))
    return hold


@dataclass(frozen=True)
class PersonHold:
    """One person to be held: the hold's id, whom, where, under which terms, and what it comes from."""

    id: UUID
    person_id: UUID
    area_id: UUID
    terms: Terms
    source_id: UUID | None = None


@service("holds.hold_people", door=False)
def hold_people(
    *, holds: Sequence[PersonHold], incident_id: UUID | None, decision_id: UUID | None, by: Actor, at: datetime
) -> list[Outcome]:
    """Hold many persons from now, each under its own terms: the list form of place_hold.

    Called by the flows that asked the authority. Repeat: a known id is left ("repeated").
    Codes: holds.without_end, holds.without_paper.
    """
    known = set(Hold.objects.filter(id__in=[h.id for h in holds]).values_list("id", flat=True))
    out, rows = [], []
    for h in holds:
        t = h.terms
        code = "repeated" if h.id in known else ""
        code = code or (HoldWithoutEnd.code if t.until_at is None and t.review_at is None else "")
        code = code or ("" if t.paper_number.strip() else HoldWithoutPaper.code)
        out.append(Outcome(h.id, code))
        if not code:
            rows.append(Hold(id=h.id, kind=t.kind, effect=t.effect, rank=t.rank, person_id=h.person_id,
                             area_id=h.area_id, incident_id=incident_id, source_id=h.source_id, edition=t.edition,
                             rule=t.rule, rules=t.rules, words=t.words, says=t.says, evidence=t.evidence,
                             authority=t.authority, decided_by=by.id, decision_id=decision_id,
                             paper_number=t.paper_number, appeal=t.appeal, from_at=at, until_at=t.until_at,
                             review_at=t.review_at))  # fmt: skip
            known.add(h.id)
    Hold.objects.bulk_create(rows, batch_size=2000)
    return out


@service("holds.end_holds", door=False, told=("why",))
def end_holds(*, source_id: UUID, why: str, by: Actor, at: datetime) -> int:
    """Whatever a zone version or watch case placed ends now, with the reason."""
    return Hold.objects.filter(source_id=source_id, ended_at=None).update(ended_at=at, ended_why=why[:120])


@service("holds.carry_exemptions", door=False)
def carry_exemptions(
    *, from_id: UUID, to_id: UUID, until_at: datetime | None, review_at: datetime | None, by: Actor, at: datetime
) -> int:
    """A zone is drawn anew: whoever was exempt from it (an appeal granted) stays so, as long as the new one. How many.

    Called by the flow that replaces the zone, before the old one's holds end. Repeat: what was carried is left.
    """
    mine = Hold.objects.filter(source_id=from_id, effect="exempt", person__isnull=False, ended_at=None)
    return mine.update(source_id=to_id, until_at=until_at, review_at=review_at)


@service("holds.free_people", door=False, told=("why",))
def free_people(
    *,
    source_ids: Sequence[UUID],
    person_ids: Sequence[UUID],
    incident_id: UUID | None,
    why: str,
    by: Actor,
    at: datetime,
) -> int:
    """Personal holds end now: those that the sources placed, and all of an incident on the persons named; how many.

    Repeat: what has ended is left. A zone round a person is no personal hold: it is lifted as a zone.
    """
    mine = Hold.objects.filter(ended_at=None, person__isnull=False)
    fit = Q(source_id__in=list(source_ids)) | Q(person_id__in=list(person_ids), incident_id=incident_id)
    return mine.filter(fit, effect="restrict").update(ended_at=at, ended_why=why[:120])


@service("holds.end_people_holds", door=False, told=("why",))
def end_people_holds(*, hold_ids: Sequence[UUID], why: str, by: Actor, at: datetime) -> int:
    """These holds on persons end now, with the reason; how many did. Repeat: what has ended is left."""
    mine = Hold.objects.filter(id__in=list(hold_ids), ended_at=None, person__isnull=False)
    return mine.update(ended_at=at, ended_why=why[:120])


@service("holds.keep_for_review", door=False)
def keep_for_review(*, hold_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """These holds do not end by themselves any more: at the hour they would have ended somebody decides.

    Gives how many. Repeat: what waits for a review, or has ended, is left.
    """
    mine = Hold.objects.filter(id__in=list(hold_ids), ended_at=None, until_at__isnull=False)
    return mine.update(review_at=F("until_at"), until_at=None)


@service("holds.put_off_review", door=False)
def put_off_review(*, hold_id: UUID, review_at: datetime, by: Actor, at: datetime) -> Hold:
    """A review was held and the hold stays: the next review is set."""
    hold = Hold.objects.filter(id=hold_id, ended_at=None).first()
    if hold is None:
        raise HoldMissing(hold=str(hold_id))
    hold.review_at = review_at
    hold.save(update_fields=["review_at"])
    return hold
