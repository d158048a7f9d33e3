"""Where a unit lies that new work is to be about, asked as the page of that unit asks it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import area
from lianfang.domains.grid.queries import building_seen, contact_of, household_seen
from lianfang.domains.places.queries import place_seen


def area_of_unit(unit_kind: str, unit_id: UUID, *, by: Actor, at: datetime) -> UUID | None:
    """The area of a unit that the actor may see; none for a sort of unit that lies nowhere by itself.

    Raises: HouseholdMissing, PersonMissing, PlaceMissing, AreaMissing.
    """
    if unit_kind == "household":
        return household_seen(unit_id, by=by, at=at).area_id
    if unit_kind == "person":
        stay = contact_of(unit_id, by=by, at=at)["stay"]
        return stay.area_id if stay else None
    if unit_kind == "building":
        return building_seen(unit_id, by=by).area_id
    if unit_kind == "place":
        return place_seen(unit_id, by=by).area_id
    return area(unit_id).id if unit_kind == "area" else None
