"""Work that goes along when the doors it is about come to stand in another area."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.accounts.queries import require
from lianfang.domains.work.models import Item, Plan


@service("work.follow_doors", door=False)
def follow_doors(*, unit_ids: Sequence[UUID], from_area_id: UUID, to_area_id: UUID, by: Actor, at: datetime) -> int:
    """Open work and plans about these doors, buildings and people belong to their new area; owner and clocks stay.

    Rights: grid.import on both areas, as for the doors themselves.
    """
    for area_id in (from_area_id, to_area_id):
        require(by, "grid.import", area_id=area_id)
    Plan.objects.filter(unit_id__in=unit_ids, area_id=from_area_id, ended_at=None).update(area_id=to_area_id)
    rows = Item.objects.filter(unit_id__in=unit_ids, area_id=from_area_id, is_closed=False)
    return rows.update(area_id=to_area_id)
