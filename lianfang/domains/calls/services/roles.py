"""Heads by role of a call: stated when it is posted, or changed later; who waits moves up where that lets him."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.calls.errors import CallMissing
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.calls.queries.roles import fitting_roles
from lianfang.domains.calls.services.places import fill_from_waitlist, locked_shifts, set_call_states

Role = Mapping[str, Any]  # {skill, heads}


@service("calls.set_roles")
def set_roles(*, call_id: UUID, roles: Sequence[Role], by: Actor, at: datetime) -> Call:
    """How many of each shift's people have which skill, from now on; who holds a place keeps it.

    Who waits moves up where a place is no longer kept. Repeat: they are so: nothing changes.
    Rights: calls.post on the call. Raises: CallMissing, CallUnfit. Locks: shifts that have not ended, then the call.
    """
    call = Call.objects.filter(id=call_id).first()
    if call is None:
        raise CallMissing(call=str(call_id))
    require_call(by, "calls.post", call)
    ahead = Shift.objects.filter(call_id=call_id, ends_at__gt=at, places__gt=0)
    shifts = locked_shifts(ahead.values_list("id", flat=True))
    call = Call.objects.select_for_update(no_key=True).get(id=call_id)
    kept = fitting_roles(roles, {}, min((s.places for s in shifts.values()), default=1))
    if call.roles == kept:
        raise Repeated(call)
    call.roles = kept
    call.save(update_fields=["roles"])
    for s in shifts.values():
        s.call = call
    fill_from_waitlist(shifts, by, at)
    set_call_states([call_id], at)
    return call
