"""Groups go to shops, and people of a group to jobs there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import reach
from lianfang.domains.calls.errors import CallUnfit, ClaimMissing, NotClaimed, ShiftMissing
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries.hosts import host_jobs
from lianfang.domains.calls.queries.joint import areas_of, reaches, require_call
from lianfang.domains.calls.queries.seen import LOCAL
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.calls.services.places import locked_shifts
from lianfang.domains.responders.queries import abilities_of, bodies_around
from lianfang.domains.responders.rules import Ability, Demand, why_not

LEAD = "calls.lead"


@service("calls.allot_group")
def allot_group(*, shift_id: UUID, host_id: UUID | None, by: Actor, at: datetime) -> Shift:
    """A group serves at a shop, which then confirms its hours; None: at none any more.

    Repeat: allotted there. Rights: calls.lead on the call. Locks: the shift.
    Raises: ShiftMissing, CallUnfit (a body that is not around the call's area; the turnout is confirmed).
    """
    shift = locked_shifts([shift_id]).get(shift_id)
    if shift is None:
        raise ShiftMissing(shift=str(shift_id))
    require_call(by, LEAD, shift.call)
    if shift.host_id == host_id:
        raise Repeated(shift)
    if host_id is not None and not bodies_around(shift.call.area_id).filter(id=host_id).exists():
        raise CallUnfit(field="body", fix="")
    if shift.turnout_at is not None:
        raise CallUnfit(field="until", fix=shift.turnout_at.isoformat())
    shift.host_id = host_id
    update_rows(Shift, [shift], ["host_id"])
    return shift


@service("calls.give_jobs", told=("job",))
def give_jobs(*, claim_ids: Sequence[UUID], job: str, by: Actor, at: datetime) -> list[Outcome]:
    """People of a group have a job at its shop; one outcome each.

    Repeat: the job is his: "repeated". Rights: calls.lead on the call. Raises: CallUnfit (no such job). Locks: the
    claims. Refuses: claim_missing, not_claimed, and what the job asks that a person may not or cannot (not_trained,
    limited, off_duty, exposed).
    """
    task = host_jobs().get(job)
    if task is None:
        raise CallUnfit(field="job", fix=" ".join(host_jobs()))
    rows = {c.id: c for c in Claim.objects.select_for_update(of=("self",)).select_related("shift__call").filter(
        id__in=claim_ids).order_by("id")}  # fmt: skip
    lead = reach(by, LEAD, areas=areas_of(c.shift.call for c in rows.values()))
    led = {i: c for i, c in rows.items() if reaches(lead, c.shift.call)}
    able = abilities_of({c.account_id: c.organisation_id for c in led.values()}, at=at)
    out = [_given(i, led.get(i), job, task, able) for i in claim_ids]
    changed = [led[o.id] for o in out if not o.code]
    for c in changed:
        c.job = job
    update_rows(Claim, changed, ["job"])
    return out


def _given(claim_id: UUID, claim: Claim | None, job: str, task: Mapping[str, Any],
           able: Mapping[UUID, Ability]) -> Outcome:  # fmt: skip
    if claim is None:
        return Outcome(claim_id, ClaimMissing.code)
    if claim.state not in FIRM:
        return Outcome(claim_id, NotClaimed.code, {"state": claim.state})
    if claim.job == job:
        return Outcome(claim_id, "repeated")
    demand = Demand(frozenset(task.get("skills", [])), frozenset(task.get("forbids", [])), False)
    code, values = why_not(able[claim.account_id], demand, claim.shift.starts_at.astimezone(LOCAL).date())
    return Outcome(claim_id, code, values)
