"""Postings: who is sent from which unit to which area, from when to when; those who live inside a zone while there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import bodies_administered, reach
from lianfang.domains.responders.errors import ResponderMissing, ResponderUnfit, StepUnfit
from lianfang.domains.responders.models import Posting, Responder
from lianfang.domains.responders.queries.people import postable_by

WRITE = "responders.write"


@dataclass(frozen=True)
class NewPosting:
    """Somebody is to serve in an area from a time; in a closed loop within a zone, if one is named."""

    id: UUID
    responder_id: UUID
    area_id: UUID
    from_at: datetime
    until_at: datetime | None = None
    team_id: UUID | None = None
    role: str = ""
    zone_id: UUID | None = None
    lodging_id: UUID | None = None


@service("responders.post_people")
def post_people(*, postings: Sequence[NewPosting], by: Actor, at: datetime) -> list[Outcome]:
    """Send people to areas; the unit that counts them is the one they have now. One outcome each.

    Repeat:  same id: "repeated". One posting at a time: an older one that runs on ends where the new one begins.
    Rights:  responders.write on the area that receives them and on the person (`postable_by`), or the administrator of
             their body: nobody draws a stranger to his area by knowing an id.
    Refuses: missing (also who is not the actor's to send), right_missing, unfit (it does not last).
    """
    people = {r.id: r for r in Responder.objects.select_related("account").filter(
        id__in={p.responder_id for p in postings}, left_at=None)}  # fmt: skip
    known = set(Posting.objects.filter(id__in=[p.id for p in postings]).values_list("id", flat=True))
    reached = reach(by, WRITE, areas={p.area_id for p in postings})
    heads, his = bodies_administered(by), postable_by(people, by=by)
    out, fresh = [], []
    for p in postings:
        who = people.get(p.responder_id)
        if p.id in known:
            out.append(Outcome(p.id, "repeated"))
        elif who is None:
            out.append(Outcome(p.id, ResponderMissing.code))
        elif not reached.has(p.area_id, None) and who.account.organisation_id not in heads:
            out.append(Outcome(p.id, RightMissing.code, {"right": WRITE, "area": str(p.area_id)}))
        elif who.id not in his:
            out.append(Outcome(p.id, ResponderMissing.code))
        elif p.until_at is not None and p.until_at <= p.from_at:
            out.append(Outcome(p.id, ResponderUnfit.code, {"field": "until", "fix": p.from_at.isoformat()}))
        else:
            known.add(p.id)
            fresh.append(Posting(id=p.id, responder=who, organisation_id=who.account.organisation_id, team_id=p.team_id,
                                 area_id=p.area_id, role=p.role[:30], from_at=p.from_at, until_at=p.until_at,
                                 zone_id=p.zone_id, lodging_id=p.lodging_id, posted_by=by.id))  # fmt: skip
            out.append(Outcome(p.id))
    _end_before(fresh)
    Posting.objects.bulk_create(fresh, batch_size=2000)
    return out


def _end_before(fresh: Sequence[Posting]) -> None:
    """Older postings of these people that run into the new ones."""
    begins = {p.responder_id: p.from_at for p in fresh}
    rows = Posting.objects.select_for_update().filter(responder_id__in=begins, left_at=None).order_by("id")
    older = [r for r in rows if r.from_at < (new := begins[r.responder_id]) and (r.until_at or new) >= new]
    for r in older:
        r.until_at = begins[r.responder_id]
    Posting.objects.bulk_update(older, ["until_at"], batch_size=2000)


@service("responders.enter_closed", told=("step",))
def enter_closed(*, posting_ids: Sequence[UUID], step: str, by: Actor, at: datetime) -> list[Outcome]:
    """People go into their zone to live and work there (in), or come out of it (out); one outcome each.

    Repeat:  they are in, or out: "repeated". Rights: responders.write on the area, or one's own.
    Refuses: missing, right_missing, step_unfit (out without having been in).
    """
    if step not in ("in", "out"):
        raise ResponderUnfit(field="step", fix="in out")
    rows = {p.id: p for p in Posting.objects.select_for_update().filter(id__in=posting_ids).order_by("id")}
    reached = reach(by, WRITE, areas={p.area_id for p in rows.values()})
    out, changed = [], []
    for i in posting_ids:
        row = rows.get(i)
        if row is None or not row.zone_id:
            out.append(Outcome(i, ResponderMissing.code))
        elif row.responder_id != by.id and not reached.has(row.area_id, None):
            out.append(Outcome(i, RightMissing.code, {"right": WRITE, "area": str(row.area_id)}))
        elif (row.entered_at if step == "in" else row.left_at) is not None:
            out.append(Outcome(i, "repeated"))
        elif step == "out" and row.entered_at is None:
            out.append(Outcome(i, StepUnfit.code, {"state": "out", "next": "out"}))
        else:
            row.entered_at, row.left_at = (at, None) if step == "in" else (row.entered_at, at)
            row.until_at = at if step == "out" and (not row.until_at or row.until_at > at) else row.until_at
            changed.append(row)
            out.append(Outcome(i))
    Posting.objects.bulk_update(changed, ["entered_at", "left_at", "until_at"], batch_size=2000)
    return out


@service("responders.end_postings")
def end_postings(*, posting_ids: Sequence[UUID], by: Actor, at: datetime) -> list[Outcome]:
    """People go home: their postings end now. Repeat: ended before. Rights: as for sending them. Refuses: missing,
    right_missing."""
    rows = {p.id: p for p in Posting.objects.select_for_update().filter(id__in=posting_ids).order_by("id")}
    reached = reach(by, WRITE, areas={p.area_id for p in rows.values()})
    heads = bodies_administered(by)
    out, changed = [], []
    for i in posting_ids:
        row = rows.get(i)
        if row is None:
            out.append(Outcome(i, ResponderMissing.code))
        elif not reached.has(row.area_id, None) and row.organisation_id not in heads:
            out.append(Outcome(i, RightMissing.code, {"right": WRITE, "area": str(row.area_id)}))
        elif row.until_at is not None and row.until_at <= at:
            out.append(Outcome(i, "repeated"))
        else:
            row.until_at = at if at > row.from_at else row.until_at
            row.left_at = at if row.entered_at and not row.left_at else row.left_at
            changed.append(row)
            out.append(Outcome(i))
    Posting.objects.bulk_update(changed, ["until_at", "left_at"], batch_size=2000)
    return out
