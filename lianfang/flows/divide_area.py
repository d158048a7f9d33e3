"""A committee is divided into grids: a smaller area is added, and buildings with their doors and open work go there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.services import add_area
from lianfang.domains.grid.models import Building, Household, Presence
from lianfang.domains.grid.services import put_buildings
from lianfang.domains.work.services import follow_doors


def divide_area(
    *,
    area_id: UUID,
    within_id: UUID,
    level: str,
    name: str,
    name_en: str,
    building_ids: Sequence[UUID],
    by: Actor,
    at: datetime,
) -> Area:
    """Add an area of a level below another and put some of the buildings there into it; all or nothing.

    Repeat: same area id: nothing is added or moved twice. Rights: grid.import on `within_id`.
    Raises: RowsUnfit, BuildingElsewhere.
    """
    require(by, "grid.import", area_id=within_id)
    with transaction.atomic():
        made = add_area(area_id=area_id, parent_id=within_id, level=level, name=name, name_en=name_en, by=by, at=at)
        if building_ids:
            came_from = dict(Building.objects.filter(id__in=building_ids).values_list("id", "area_id"))
            put_buildings(area_id=area_id, within_id=within_id, building_ids=building_ids, by=by, at=at)
            for was in set(came_from.values()) - {area_id}:
                blocks = [b for b, a in came_from.items() if a == was]
                doors = Household.objects.filter(building_id__in=blocks).values_list("id", flat=True)
                people = Presence.objects.filter(building_id__in=blocks, to_on=None, kind="lives")
                units = [*blocks, *doors, *people.values_list("person_id", flat=True)]
                follow_doors(unit_ids=units, from_area_id=was, to_area_id=area_id, by=by, at=at)
    return made
