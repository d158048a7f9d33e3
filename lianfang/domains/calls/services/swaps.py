"""Places change hands: a lead moves somebody, one gives his shift to a colleague or takes another's for it.

All of it in one transaction and judged by the gates of claiming: what is given up is given up only if the rest may be.
Locks, as in `places`: shifts in the order of their ids, accounts, then claims and the swap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actors_for
from lianfang.domains.calls.errors import (
    ClaimMissing,
    Collides,
    NoColleague,
    NotClaimed,
    ShiftOver,
    SwapMissing,
    SwapOver,
    SwapUnfit,
    raise_refusal,
)
from lianfang.domains.calls.models import Claim, Shift, Swap
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.queries.swaps import colleagues
from lianfang.domains.calls.services.claims import Ask, claim_shifts
from lianfang.domains.calls.services.places import (
    count_places,
    fill_from_waitlist,
    locked_accounts,
    locked_shifts,
    set_call_states,
    tell_claimants,
)
from lianfang.domains.devices.services import end_scopes

MOVABLE = ("claimed", "confirmed")


def _held(claim_ids: Iterable[UUID | None], *others: UUID) -> tuple[dict[UUID, Shift], dict[UUID, Claim]]:
    """Claims, their shifts and some further ones, and who holds them, locked in the order of the house."""
    ids = [i for i in claim_ids if i]
    before = Claim.objects.filter(id__in=ids).values_list("shift_id", "account_id")
    shifts = locked_shifts({s for s, _ in before} | set(others))
    locked_accounts({a for _, a in before})
    rows = Claim.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id")
    return shifts, {c.id: c for c in rows}


def _give_up(claims: Sequence[Claim], shifts: dict[UUID, Shift], by: Actor, at: datetime) -> None:
    for c in claims:
        if c.state not in MOVABLE:
            raise NotClaimed(state=c.state)
        if at >= shifts[c.shift_id].ends_at:
            raise ShiftOver(until=shifts[c.shift_id].ends_at.isoformat())
        c.state, c.released_at = "released", at
        shifts[c.shift_id].taken -= 1
    update_rows(Claim, claims, ["state", "released_at"])
    count_places([shifts[i] for i in sorted({c.shift_id for c in claims})])
    for c in claims:
        end_scopes(scope_ids=[c.shift_id], account_ids=[c.account_id], by=by, at=at)


@service("calls.move_claim")
def move_claim(*, claim_id: UUID, moved_id: UUID, shift_id: UUID, by: Actor, at: datetime) -> Claim:
    """The lead puts somebody on another shift: the old place is given up and the new one taken, or nothing happens.

    Who waits for the old place moves up; who is moved is told. Repeat: same moved_id: the first.
    Rights: calls.lead on both calls. Raises: ClaimMissing, NotClaimed, ShiftOver, and what claiming refuses.
    """
    known = Claim.objects.filter(id=moved_id).first()
    shifts, claims = _held([claim_id], shift_id)
    claim = claims.get(claim_id)
    if claim is None:
        raise ClaimMissing(claim=str(claim_id))
    require_call(by, "calls.lead", shifts[claim.shift_id].call)
    if known:
        raise Repeated(known)
    _give_up([claim], shifts, by, at)
    ask = Ask(moved_id, shift_id, claim.account_id, at, by, waits=False, team_id=claim.team_id)
    raise_refusal(claim_shifts(asks=[ask], by=by, at=at)[0])
    made = Claim.objects.filter(id=moved_id).first()
    if made is None:  # he has, or waits for, the very shift he should be moved to
        goal = shifts[shift_id]
        raise Collides(**{"from": goal.starts_at.isoformat(), "until": goal.ends_at.isoformat()})
    fill_from_waitlist(locked_shifts([claim.shift_id]), by, at)
    set_call_states({shifts[claim.shift_id].call_id}, at)
    tell_claimants("roster-moved", [made], shifts, by, at)
    return made


@service("calls.ask_swap")
def ask_swap(
    *, swap_id: UUID, claim_id: UUID, to_account_id: UUID, for_claim_id: UUID | None, by: Actor, at: datetime
) -> Swap:
    """Ask a colleague to take a shift, or to take it for one of his (for_claim_id); nothing changes before he agrees.

    Repeat: same id, or asked him already: the first. Rights: the own claim; a colleague serves at the same call or is
    in one of the own teams. Raises: ClaimMissing, NotClaimed, ShiftOver, NoColleague.
    """
    claim = Claim.objects.select_related("shift__call").filter(id=claim_id, account_id=by.id).first()
    if claim is None:
        raise ClaimMissing(claim=str(claim_id))
    before = Swap.objects.filter(Q(id=swap_id) | Q(claim=claim, to_account_id=to_account_id, state="asked")).first()
    if before:
        raise Repeated(before)
    _may_go(claim, at)
    if to_account_id not in colleagues([claim], by=by)[claim.id]:
        raise NoColleague()
    other = Claim.objects.select_related("shift").filter(id=for_claim_id, account_id=to_account_id).first()
    if for_claim_id and other is None:
        raise ClaimMissing(claim=str(for_claim_id))
    if other:
        _may_go(other, at)
    swap = Swap.objects.create(id=swap_id, claim=claim, to_account_id=to_account_id, for_claim=other, asked_by=by.id,
                               asked_at=at)  # fmt: skip
    _tell("swap-asked", to_account_id, claim, swap, by, at)
    return swap


def _may_go(claim: Claim, at: datetime) -> None:
    if claim.state not in MOVABLE:
        raise NotClaimed(state=claim.state)
    if at >= claim.shift.ends_at:
        raise ShiftOver(until=claim.shift.ends_at.isoformat())


def _tell(template: str, who: UUID, claim: Claim, swap: Swap, by: Actor, at: datetime) -> None:
    """A message to one of the two about the shift that changes hands."""
    about = Claim(id=uuid5(swap.id, f"{template} {who}"), shift_id=claim.shift_id, account_id=who)
    tell_claimants(template, [about], {claim.shift_id: claim.shift}, by, at)


@service("calls.answer_swap")
def answer_swap(*, swap_id: UUID, agrees: bool, by: Actor, at: datetime) -> Swap:
    """The colleague agrees, and the places change hands at once; or he does not.

    Repeat:  answered so before. Rights: who was asked.
    Raises:  SwapMissing; SwapOver (answered otherwise, withdrawn); NotClaimed, ShiftOver (a place is no longer held);
             what claiming refuses to who agrees; SwapUnfit for what it refuses to the other, whose reasons are his own.
    """
    swap = Swap.objects.filter(id=swap_id, to_account_id=by.id).first()
    if swap is None:
        raise SwapMissing(swap=str(swap_id))
    shifts, claims = _held([swap.claim_id, swap.for_claim_id])
    swap = Swap.objects.select_for_update().get(id=swap_id)
    if swap.state == ("agreed" if agrees else "declined"):
        raise Repeated(swap)
    if swap.state != "asked":
        raise SwapOver(state=swap.state)
    swap.state, swap.answered_at = "agreed" if agrees else "declined", at
    swap.save(update_fields=["state", "answered_at"])
    claim = claims[swap.claim_id]
    claim.shift = shifts[claim.shift_id]
    if agrees:
        _change_hands(swap, claims, shifts, by, at)
    _tell("swap-agreed" if agrees else "swap-declined", claim.account_id, claim, swap, by, at)
    return swap


def _change_hands(swap: Swap, claims: dict[UUID, Claim], shifts: dict[UUID, Shift], by: Actor, at: datetime) -> None:
    given, taken = claims[swap.claim_id], claims.get(swap.for_claim_id) if swap.for_claim_id else None
    _give_up([c for c in (given, taken) if c], shifts, by, at)
    asks = [Ask(uuid5(swap.id, "given"), given.shift_id, by.id, at, by, waits=False, team_id=given.team_id)]
    if taken:
        asker = actors_for(Account.objects.filter(id=given.account_id), at=at)[given.account_id]
        asks.append(Ask(uuid5(swap.id, "taken"), taken.shift_id, given.account_id, at, asker, waits=False,
                        team_id=taken.team_id))  # fmt: skip
    mine, *others = claim_shifts(asks=asks, by=by, at=at)
    raise_refusal(mine)
    if any(o.code for o in others):
        raise SwapUnfit()
    _end_others(claims, at)


def _end_others(claims: Iterable[UUID], at: datetime) -> None:
    """Nobody else is asked any more about claims that have changed hands."""
    gone = list(claims)
    rest = Swap.objects.filter(Q(claim_id__in=gone) | Q(for_claim_id__in=gone), state="asked")
    rest.update(state="withdrawn", answered_at=at)


@service("calls.withdraw_swap")
def withdraw_swap(*, swap_id: UUID, by: Actor, at: datetime) -> Swap:
    """Who asked no longer asks. Repeat: withdrawn before. Rights: the asker. Raises: SwapMissing, SwapOver."""
    swap = Swap.objects.select_for_update().filter(id=swap_id, asked_by=by.id).first()
    if swap is None:
        raise SwapMissing(swap=str(swap_id))
    if swap.state == "withdrawn":
        raise Repeated(swap)
    if swap.state != "asked":
        raise SwapOver(state=swap.state)
    swap.state, swap.answered_at = "withdrawn", at
    swap.save(update_fields=["state", "answered_at"])
    return swap
