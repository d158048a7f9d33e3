"""A shift at another time: whoever holds a place is told and keeps it, unless he serves elsewhere at that time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service
from lianfang.domains.calls.errors import CallUnfit, ShiftMissing, TooLate
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.queries.seen import care_of, unfit_after
from lianfang.domains.calls.queries.spans import with_spans
from lianfang.domains.calls.queries.tasks import most_of, task_of
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.calls.services.places import (
    count_places,
    fill_from_waitlist,
    locked_accounts,
    locked_shifts,
    set_call_states,
    tell_claimants,
)
from lianfang.domains.devices.services import end_scopes

WEEK = timedelta(days=7)  # so far back a shift may still count
HELD = (*FIRM, "waiting", "asking")


@service("calls.move_shift")
def move_shift(*, shift_id: UUID, starts_at: datetime, ends_at: datetime, by: Actor, at: datetime) -> Shift:
    """A shift that has not begun takes place at another time; everybody on it is told, and who waits too.

    Who serves elsewhere at the new time, or would have too little rest, gives his place back; who waits moves up.
    Phones that were vouched for it are out: they were let in for other hours.
    Repeat: it is at that time: nothing changes. Rights: calls.post on the call. Locks: the shift, then accounts.
    Raises: ShiftMissing, TooLate (it has begun, or somebody is on it already), CallUnfit (the call is closed, no time
            to come, nothing lasting).
    """
    shifts = locked_shifts([shift_id])
    shift = shifts.get(shift_id)
    if shift is None:
        raise ShiftMissing(shift=str(shift_id))
    require_call(by, "calls.post", shift.call)
    if (shift.starts_at, shift.ends_at) == (starts_at, ends_at):
        raise Repeated(shift)
    if at >= shift.starts_at:
        raise TooLate(until=shift.starts_at.isoformat())
    if shift.call.state == "closed" or starts_at < at:
        raise CallUnfit(field="from", fix=at.isoformat())
    if ends_at <= starts_at:
        raise CallUnfit(field="until", fix=starts_at.isoformat())
    held = Claim.objects.filter(shift_id=shift_id, state__in=HELD)
    locked_accounts(held.values_list("account_id", flat=True))
    claims = list(held.select_for_update(no_key=True).order_by("id"))
    if any(c.state in ("checked_in", "done") for c in claims):
        raise TooLate(until=at.isoformat())
    shift.starts_at, shift.ends_at, shift.moved_at = starts_at, ends_at, at
    update_rows(Shift, [shift], ["starts_at", "ends_at", "moved_at"])
    _give_back(shift, claims, at)
    tell_claimants("call-shift-moved", claims, shifts, by, at)
    end_scopes(scope_ids=[shift_id], by=by, at=at)
    fill_from_waitlist(shifts, by, at)
    set_call_states([shift.call_id], at)
    return shift


def _give_back(shift: Shift, claims: list[Claim], at: datetime) -> None:
    """Places of those who serve elsewhere at the shift's new time, or whom it would leave without rest."""
    people = [c.account_id for c in claims if c.state in FIRM]
    firm = Claim.objects.filter(account_id__in=people, state__in=FIRM, shift__ends_at__gt=shift.starts_at - WEEK)
    held: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for who, begins, ends in with_spans(firm.exclude(shift_id=shift.id), at).values_list(
        "account_id", "begins", "ends"
    ):
        held.setdefault(who, []).append((begins, ends))
    care = care_of({shift.call.area_id}, at=at)[shift.call.area_id]
    span, risky = (shift.starts_at, shift.ends_at), most_of(task_of(shift.call), care)
    back = [c for c in claims if c.state in FIRM and unfit_after(held.get(c.account_id, []), span, care, risky)]
    for c in back:
        c.state, c.released_at = "released", at
        shift.taken -= 1
    update_rows(Claim, back, ["state", "released_at"])
    count_places([shift])
