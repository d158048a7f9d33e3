"""Work in the order in which somebody walks it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.work.models import Item


def in_walk_order(*, by: Actor, area_id: UUID, kind_name: str, limit: int) -> tuple[list[Item], int]:
    """Open items of a kind in the order of a walk, and how many: by stair, from the top down, so none is climbed twice.

    Items about no door come last, by due time.
    """
    rows = Item.objects.filter(held(by, "work.read"), kind=kind_name, is_closed=False)
    asked = list(rows.filter(area_id__in=ids_below(area_id)).order_by("due_at", "id").values_list("id", "unit_id"))
    units = [u for _, u in asked if u]
    steps = ("area__position", "building__position", "unit", "floor", "door")
    stays = Presence.objects.filter(person_id__in=units, to_on=None, kind__in=("lives", "stays"))
    doors = Household.objects.filter(id__in=units).values_list("id", *steps)
    found = doors.union(stays.values_list("person_id", *(f"household__{s}" for s in steps)), all=True)
    where = {unit: at for unit, *at in found}
    last = len(asked)

    def step(n: int) -> tuple[Any, ...]:
        if asked[n][1] not in where:
            return (1, last, last, "", 0, "", n)
        area, building, unit, floor, door = where[asked[n][1]]
        return (0, area, building, unit, -(floor or 0), door, n)

    walk = [asked[n][0] for n in sorted(range(last), key=step)[:limit]]
    items = {i.id: i for i in Item.objects.filter(id__in=walk).select_related("area")}
    return [items[i] for i in walk], last
