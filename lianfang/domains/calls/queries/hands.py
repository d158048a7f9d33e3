"""Whom a lead may put on a shift by name: people of a squad, and who may serve where the call asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.calls.errors import CallMissing
from lianfang.domains.calls.models import Call
from lianfang.domains.calls.queries.audience import claiming
from lianfang.domains.calls.queries.joint import require_call
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.queries import team_seen
from lianfang.domains.responders.rules import IN_TEAM

MOST = 20


def people_to_put(
    call_id: UUID, *, named: str, team_id: UUID | None, by: Actor, at: datetime
) -> list[tuple[UUID, str]]:
    """Accounts and posts of those who take shifts where a call asks, by a part of the post's name or by their squad.

    Neither a name nor a squad: nobody. Rights: calls.lead on the call. Raises: CallMissing, TeamMissing.
    """
    call = Call.objects.filter(id=call_id).first()
    if call is None:
        raise CallMissing(call=str(call_id))
    require_call(by, "calls.lead", call)
    if not named.strip() and team_id is None:
        return []
    asked = call.asked_area_id
    near = AreaClosure.objects.filter(hierarchy=DIVISION).filter(
        Q(ancestor_id=asked, descendant_id=OuterRef("area_id"))
        | Q(descendant_id=asked, ancestor_id=OuterRef("area_id"))
    )
    serve: Any = claiming(at).filter(Exists(near)).values("account_id")
    rows = Account.objects.filter(id__in=serve, is_active=True, label__icontains=named.strip())
    if team_id:
        team_seen(team_id, by=by, at=at)
        rows = rows.filter(id__in=Member.objects.filter(team_id=team_id, state=IN_TEAM).values("responder_id"))
    return list(rows.order_by("label", "id").values_list("id", "label")[:MOST])
