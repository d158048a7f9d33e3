"""Insurance before risky duty: what somebody says of his own policy counts once another has seen it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.responders.errors import JudgedByOneself, ResponderUnfit
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.services.register import locked_responder


@service("responders.confirm_insurance")
def confirm_insurance(*, responder_id: UUID, until: date | None, by: Actor, at: datetime) -> Responder:
    """Who keeps the register has seen the policy: somebody is insured through a day; none: there is no such policy.

    Repeat: the same day, seen before. Rights: responders.write, and never for oneself.
    Raises: ResponderMissing, RightMissing, JudgedByOneself, ResponderUnfit (a day gone by).
    """
    row = locked_responder(responder_id, by)
    if row.id == by.id:
        raise JudgedByOneself()
    if until and until < at.date():
        raise ResponderUnfit(field="insured", fix=at.date().isoformat())
    if row.insured_until == until and (row.insured_by is not None or until is None):
        raise Repeated(row)
    row.insured_until, row.insured_by = until, by.id if until else None
    row.save(update_fields=["insured_until", "insured_by"])
    return row
