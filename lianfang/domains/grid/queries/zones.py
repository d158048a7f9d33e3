"""Doors inside a set of buildings, in the order of a walk."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Count, Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.grid.models import Household


def doors_in(building_ids: Collection[UUID], *, by: Actor, limit: int) -> tuple[list[Household], int, int]:
    """The first doors of some buildings with how many live or stay behind each (`people`); doors and people in all.

    Only in areas whose register the actor may read. Counts only: no person is shown.
    """
    rows = Household.objects.filter(building_id__in=building_ids, area_id__in=visible_areas(by, "grid.read"))
    here = Q(presences__to_on=None, presences__kind__in=("lives", "stays"))
    whole = rows.aggregate(doors=Count("id", distinct=True), people=Count("presences", filter=here))
    shown = rows.select_related("building", "area").annotate(people=Count("presences", filter=here))
    block = ("building__position", "building__name", "building_id")
    order = ("area__position", "area__name", "area_id", *block, "unit", "-floor", "door")
    return [*shown.order_by(*order)[:limit]], whole["doors"], whole["people"]
