"""Giving places back: the first who waits moves up in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.accounts.queries import reach
from lianfang.domains.calls.errors import AlreadyIn, ClaimMissing, NotClaimed, ShiftOver
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries.joint import areas_of, reaches
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.calls.services.places import (
    count_places,
    fill_from_waitlist,
    locked_shifts,
    set_call_states,
    tell_claimants,
)
from lianfang.domains.devices.services import end_scopes

AHEAD = ("claimed", "confirmed", "waiting", "asking")


@service("calls.release_claims")
def release_claims(*, claim_ids: Sequence[UUID], by: Actor, at: datetime) -> list[Outcome]:
    """Give places back, or leave the waitlist; whoever waits first and is free then moves up and is told.

    Repeat:  a claim released before: "repeated". Rights: the own claim, or calls.lead in the call's area.
    Refuses: claim_missing (somebody else's too), already_in, not_claimed (nobody came), shift_over.
    Locks:   the shifts in the order of their ids, then the claims, then accounts that move up.
    """
    of = set(Claim.objects.filter(id__in=claim_ids).values_list("shift_id", flat=True))
    shifts = locked_shifts(of)
    rows = Claim.objects.select_for_update(no_key=True).filter(id__in=claim_ids).order_by("id")
    claims = {c.id: c for c in rows}
    lead = reach(by, "calls.lead", areas=areas_of(s.call for s in shifts.values()))
    released: dict[UUID, Claim] = {}
    outcomes = []
    for i in claim_ids:
        claim = claims.get(i)
        call = shifts[claim.shift_id].call if claim else None
        if claim is None or call is None or not (
            claim.account_id == by.id or reaches(lead, call)
        ):  # fmt: skip
            outcomes.append(Outcome(i, ClaimMissing.code))
            continue
        code = _refusal(claim, at >= shifts[claim.shift_id].ends_at)
        outcomes.append(Outcome(i, code))
        if not code:
            shift = shifts[claim.shift_id]
            shift.taken, shift.waiting = shift.taken - (claim.state in FIRM), shift.waiting - (claim.state == "waiting")
            claim.state, claim.released_at = "released", at
            released[i] = claim
    if released:
        update_rows(Claim, list(released.values()), ["state", "released_at"])
        left = [c.account_id for c in released.values()]
        end_scopes(scope_ids=sorted({c.shift_id for c in released.values()}), account_ids=left, by=by, at=at)
        changed = {c.shift_id: shifts[c.shift_id] for c in released.values()}
        count_places(list(changed.values()))
        fill_from_waitlist(changed, by, at)
        set_call_states({s.call_id for s in changed.values()}, at)
    return outcomes


def _refusal(claim: Claim, is_over: bool) -> str:
    if claim.state == "released":
        return "repeated"
    if claim.state in ("checked_in", "done"):
        return AlreadyIn.code
    if claim.state == "no_show":
        return NotClaimed.code
    return ShiftOver.code if is_over else ""


@service("calls.end_leases", door=False)
def end_leases(*, by: Actor, at: datetime) -> int:
    """Places kept for who moved up and has not answered in time go to the next who waits; he is told. Gives how many.

    Harmless twice. Locks: the shifts in the order of their ids, then the claims, then accounts that move up.
    """
    due = Claim.objects.filter(state="claimed", answer_by__lte=at)
    shifts = locked_shifts(due.values_list("shift_id", flat=True))
    rows = list(due.select_for_update(no_key=True).filter(shift_id__in=shifts).order_by("id"))
    if not rows:
        return 0
    for c in rows:
        c.state, c.released_at = "released", at
        shifts[c.shift_id].taken -= 1
    update_rows(Claim, rows, ["state", "released_at"])
    count_places(list(shifts.values()))
    tell_claimants("call-offer-ended", rows, shifts, by, at)
    fill_from_waitlist(shifts, by, at)
    set_call_states({s.call_id for s in shifts.values()}, at)
    return len(rows)


@service("calls.end_claims", door=False)
def end_claims(*, account_ids: Sequence[UUID], until_at: datetime | None, by: Actor, at: datetime) -> list[Claim]:
    """People cannot serve until a time: what they hold of shifts that begin before it is given back.

    Who is on duty is checked out now, his hours stand and the rest of his turn is free (released_at). The first who
    wait move up and are told. The flow tested the right. Repeat: nothing is left to give back. Gives what was given
    back, with its shifts.
    """
    held = Claim.objects.filter(account_id__in=account_ids, state__in=(*AHEAD, "checked_in"), shift__ends_at__gt=at)
    held = held.filter(shift__starts_at__lt=until_at) if until_at else held
    shifts = locked_shifts(held.values_list("shift_id", flat=True))
    rows = list(held.select_for_update(of=("self",), no_key=True).filter(shift_id__in=shifts).order_by("id"))
    for c in rows:
        shift = c.shift = shifts[c.shift_id]
        if c.state == "checked_in":
            c.state, c.checked_out_at = "done", max(at, c.checked_in_at or at)
            c.released_at, shift.taken = at, shift.taken - 1
            continue
        shift.taken, shift.waiting = shift.taken - (c.state in FIRM), shift.waiting - (c.state == "waiting")
        c.state, c.released_at = "released", at
    update_rows(Claim, rows, ["state", "released_at", "checked_out_at"])
    changed = {c.shift_id: shifts[c.shift_id] for c in rows}
    count_places(list(changed.values()))
    fill_from_waitlist(changed, by, at)
    set_call_states({s.call_id for s in changed.values()}, at)
    return rows
