"""Work in the order in which somebody walks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.reading import work_held

# Nobody walks more at a time; of more, only the areas that are walked first are put in order.
MOST_WALKED = 5_000
# Names and ids after the positions: two grids, or two blocks, of one position are not walked door by door in turn.
AREA = ("area__position", "area__name", "area_id")
STEPS = (*AREA, "building__position", "building__name", "building_id", "unit", "floor", "door")


def in_walk_order(*, by: Actor, area_id: UUID, kind_name: str, limit: int) -> tuple[list[Item], int]:
    """Open items of a kind in the order of a walk, and how many: by stair, from the top down, so none is climbed twice.

    Items about no door come last, by due time; of more than `MOST_WALKED`, last of the areas that fill the limit.
    """
    rows = Item.objects.filter(work_held(by), kind=kind_name, is_closed=False)
    rows = rows.filter(area_id__in=ids_below(area_id))
    total = rows.count()
    if total > MOST_WALKED:
        rows = rows.filter(area_id__in=_first_areas(rows, limit))
    walk = walked(list(rows.order_by("due_at", "id").values_list("id", "unit_id")))[:limit]
    items = {i.id: i for i in Item.objects.filter(id__in=walk).select_related("area")}
    return [items[i] for i in walk], total


def walked(asked: Sequence[tuple[UUID, UUID | None]]) -> list[UUID]:
    """Ids of (id, unit) pairs in the order of a walk; those about no door keep their order and come last."""
    units = [u for _, u in asked if u]
    stays = Presence.objects.filter(person_id__in=units, to_on=None, kind__in=("lives", "stays"))
    doors = Household.objects.filter(id__in=units).values_list("id", *STEPS)
    found = doors.union(stays.values_list("person_id", *(f"household__{s}" for s in STEPS)), all=True)
    where = {unit: at for unit, *at in found}

    def step(n: int) -> tuple[Any, ...]:
        if asked[n][1] not in where:
            return (1, n)
        *before, floor, door = where[asked[n][1]]
        return (0, *before, -(floor or 0), door, n)

    return [asked[n][0] for n in sorted(range(len(asked)), key=step)]


def _first_areas(rows: QuerySet[Item], limit: int) -> list[UUID]:
    """The areas that are walked first, as many as hold `limit` items."""
    first: list[UUID] = []
    held_so_far = 0
    for found, n in rows.order_by(*AREA).values_list("area_id").annotate(n=Count("id")):
        if held_so_far >= limit:
            break
        first.append(found)
        held_so_far += n
    return first
