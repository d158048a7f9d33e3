"""Whose list a building is on: handed to a pair, dealt out anew between pairs, never on two lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.accounts.queries import require, serves_at
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from lianfang.domains.rounds.errors import RoundUnfit
from lianfang.domains.rounds.models import Share
from lianfang.domains.rounds.queries import left_by_building
from lianfang.domains.rounds.rules import split_even
from lianfang.domains.rounds.services.plans import locked_round

WHY = "rounds.share"


@service("rounds.split_list")
def split_list(*, round_id: UUID, area_id: UUID, account_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Deal the buildings of an area in which somebody is left between accounts, so that each has as many to meet.

    A building is on one list only: who had it before has it no more, and may not read its doors. Rights: rounds.end in
    the area. Raises: RoundMissing, RoundUnfit (nobody, or one who does not serve there). Locks: the round.
    Gives how many buildings were dealt.
    """
    found = locked_round(round_id)
    require(by, "rounds.end", area_id=area_id, incident_id=found.incident_id)
    if not account_ids or not all(serves_at(a, area_id, at=at) for a in account_ids):
        raise RoundUnfit(field="account", fix="")
    left = left_by_building(round_id, area_id)
    dealt = split_even([n for _, n in left], len(account_ids))
    buildings = [b for b, _ in left]
    before = Share.objects.filter(round=found, building__in=buildings)
    end_purposes(source_ids=list(before.values_list("id", flat=True)), by=by, at=at)
    before.delete()
    rows = [
        Share(id=uuid5(found.id, f"{buildings[n]} {account} {at.isoformat()}"), round=found, building_id=buildings[n],
              account_id=account, by=by.id, at=at)
        for account, mine in zip(account_ids, dealt, strict=True)
        for n in mine
    ]  # fmt: skip
    Share.objects.bulk_create(rows)
    purposes = [(s.account_id, "building", s.building_id, s.id) for s in rows]
    assign_purposes(purposes=purposes, why=WHY, until_at=found.ends_at, by=by, at=at)
    return len(rows)
