"""What somebody would like of a roster: days off, no nights, hours of the day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.responders.errors import ResponderMissing, ResponderUnfit
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.rules import wishes_fault

LOCAL = ZoneInfo("Asia/Shanghai")  # a day off is a local one


@service("responders.state_wishes")
def state_wishes(
    *, days_off: Collection[date], no_nights: bool, hours: Sequence[str], by: Actor, at: datetime
) -> Responder:
    """What the actor wishes of rosters, in place of what he wished before; days that are over are not kept.

    hours: from and until when a duty best begins, or nothing. Repeat: the same: nothing changes.
    Rights: oneself alone. Raises: ResponderMissing (not on the register), ResponderUnfit.
    """
    row = Responder.objects.select_for_update(no_key=True).filter(id=by.id, left_at=None).first()
    if row is None:
        raise ResponderMissing()
    today = at.astimezone(LOCAL).date()
    said = {"days_off": sorted({d.isoformat() for d in days_off if d >= today}), "no_nights": no_nights,
            "hours": list(hours)}  # fmt: skip
    wrong = wishes_fault(said)
    if wrong:
        raise ResponderUnfit(field="wishes", fix=wrong)
    kept = {k: v for k, v in said.items() if v}
    if row.wishes == kept:
        raise Repeated(row)
    row.wishes = kept
    row.save(update_fields=["wishes"])
    return row
