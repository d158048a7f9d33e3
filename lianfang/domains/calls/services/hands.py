"""A roster changed by hand: somebody put on a place by name, a place freed with a reason; every gate is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.calls.errors import ClaimMissing, Collides, ReasonMissing, ShiftFull, raise_refusal
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries.joint import leads_call
from lianfang.domains.calls.services.claims import Ask, allow_claim, claim_shifts
from lianfang.domains.calls.services.places import tell_adopted, tell_claimants
from lianfang.domains.calls.services.releasing import release_claims

# What a lead answers for with a reason. Light duty is not among it: only who is on it may ask to serve all the same.
ANSWERED_FOR = ("calls.too_little_rest", "calls.too_many_hours", "calls.too_many_week")


@service("calls.put_on_shift", told=("why",))
def put_on_shift(*, claim_id: UUID, shift_id: UUID, account_id: UUID, why: str, by: Actor, at: datetime) -> Claim:
    """The lead puts somebody on a free place; he is told. A reason lets him serve in spite of too little rest.

    Who allowed that and why is kept, as when the person asks for it himself. Nobody is put on a waitlist.
    Repeat: same claim id: the first. Rights: calls.lead on the call; for oneself without the exception.
    Raises: what claiming refuses, AllowedByOneself, Collides (waits, or asks, for that shift already).
    """
    ask = Ask(claim_id, shift_id, account_id, at, by, waits=False)
    done = claim_shifts(asks=[ask], by=by, at=at)[0]
    if done.code in ANSWERED_FOR and why.strip():
        claim_shifts(asks=[replace(ask, why=why)], by=by, at=at)
        allow_claim(claim_id=claim_id, is_allowed=True, reason=why, by=by, at=at)
    else:
        raise_refusal(done)
    made = Claim.objects.select_related("shift__call").filter(id=done.values.get("claim", claim_id)).first()
    if made is None or made.shift_id != shift_id or made.account_id != account_id:
        raise ClaimMissing(claim=str(claim_id))
    if done.code == "repeated":
        if made.state in ("waiting", "asking"):
            raise Collides(**{"from": made.shift.starts_at.isoformat(), "until": made.shift.ends_at.isoformat()})
        raise Repeated(made)
    if made.state != "claimed":
        raise ShiftFull(places=made.shift.places, waiting=made.shift.waiting, place=made.shift.waiting)
    if account_id != by.id:
        tell_adopted({account_id: [made.shift]}, by, at)
    return made


@service("calls.free_place", told=("why",))
def free_place(*, claim_id: UUID, why: str, by: Actor, at: datetime) -> Claim:
    """The lead frees somebody's place; he is told why, and who waits first moves up.

    Repeat: freed before. Rights: calls.lead on the call. Raises: ClaimMissing, ReasonMissing, and what releasing
    refuses: AlreadyIn, NotClaimed, ShiftOver.
    """
    claim = Claim.objects.select_related("shift__call").filter(id=claim_id).first()
    if claim is None or not leads_call(by, claim.shift.call):
        raise ClaimMissing(claim=str(claim_id))
    if not why.strip():
        raise ReasonMissing()
    done = release_claims(claim_ids=[claim_id], by=by, at=at)[0]
    if done.code == "repeated":
        raise Repeated(claim)
    raise_refusal(done)
    if claim.account_id != by.id:
        tell_claimants("roster-freed", [claim], {claim.shift_id: claim.shift}, by, at, why=why.strip()[:200])
    return Claim.objects.get(id=claim_id)
