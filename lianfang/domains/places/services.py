"""Opening places, and who stays in them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.places.errors import PlaceFull, PlaceMissing, StaysElsewhere
from lianfang.domains.places.models import Place, Stay
from lianfang.domains.places.queries import free_by_class


@service("places.register_place", told=("name", "name_en"))
def register_place(
    *,
    place_id: UUID,
    kind: str,
    name: str,
    name_en: str,
    area_id: UUID,
    capacity: dict[str, int],
    lon: float | None,
    lat: float | None,
    incident_id: UUID | None,
    by: Actor,
    at: datetime,
) -> Place:
    """A place with its capacity by class, planned. Rights: places.write on the area. Repeat: same id: the first."""
    require(by, "places.write", area_id=area_id)
    known = Place.objects.filter(id=place_id).first()
    if known:
        raise Repeated(known)
    return Place.objects.create(
        id=place_id,
        kind=kind,
        name=name,
        name_en=name_en,
        area_id=area_id,
        capacity=capacity,
        lon=lon,
        lat=lat,
        incident_id=incident_id,
    )


def _locked(place_id: UUID) -> Place:
    found = Place.objects.select_for_update().filter(id=place_id).first()
    if found is None:
        raise PlaceMissing(place=str(place_id))
    return found


@service("places.set_state")
def set_state(*, place_id: UUID, state: str, by: Actor, at: datetime) -> Place:
    """Open or close a place."""
    place = _locked(place_id)
    require(by, "places.write", area_id=place.area_id)
    place.state = state
    place.save(update_fields=["state"])
    return place


@service("places.begin_stay")
def begin_stay(
    *,
    stay_id: UUID,
    place_id: UUID,
    capacity_class: str,
    person_id: UUID,
    until_at: datetime | None,
    by: Actor,
    at: datetime,
) -> Stay:
    """Give one free place of a class to a person.

    Repeat: same id: the first. Raises: PlaceMissing, PlaceFull, StaysElsewhere. Locks: the place row.
    """
    place = _locked(place_id)
    require(by, "places.write", area_id=place.area_id)
    known = Stay.objects.filter(id=stay_id).first()
    if known:
        raise Repeated(known)
    if Stay.objects.filter(person_id=person_id, ended_at=None).exists():
        raise StaysElsewhere(person=str(person_id))
    free = free_by_class(place).get(capacity_class, 0)
    if free < 1:
        raise PlaceFull(place=place.name, capacity=place.capacity.get(capacity_class, 0))
    return Stay.objects.create(
        id=stay_id, place=place, capacity_class=capacity_class, person_id=person_id, from_at=at, until_at=until_at
    )


@service("places.end_stay")
def end_stay(*, stay_id: UUID, by: Actor, at: datetime) -> int:
    """The person leaves; the place is free again."""
    stay = Stay.objects.select_related("place").filter(id=stay_id).first()
    if stay is None:
        raise PlaceMissing(stay=str(stay_id))
    require(by, "places.write", area_id=stay.place.area_id)
    return Stay.objects.filter(id=stay_id, ended_at=None).update(ended_at=at)
