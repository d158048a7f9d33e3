"""Who stays in a place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.grid.queries import person_seen
from lianfang.domains.places.errors import PlaceClosed, PlaceFull, PlaceUnfit, StayMissing, StaysElsewhere
from lianfang.domains.places.models import Stay
from lianfang.domains.places.queries import free_by_class, place_kinds
from lianfang.domains.places.queries.census import LOCAL
from lianfang.domains.places.rules import is_open_on
from lianfang.domains.places.services.register import locked_place


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
    """Give one free place of a class to a person whom the actor may see.

    Repeat: same id: the first. Locks: the place row.
    Raises: PlaceMissing, PersonMissing, PlaceClosed, PlaceUnfit (the day before today), PlaceFull, StaysElsewhere.
    """
    place = locked_place(place_id)
    require(by, "places.write", area_id=place.area_id)
    known = Stay.objects.filter(id=stay_id).first()
    if known:
        raise Repeated(known)
    person_seen(person_id, by=by, at=at)
    if not is_open_on(place.state, place.opens_on, at.astimezone(LOCAL).date()):
        raise PlaceClosed(place=place.name)
    if until_at is not None and until_at <= at:
        raise PlaceUnfit(field="until", fix="")
    if Stay.objects.filter(person_id=person_id, ended_at=None).exists():
        raise StaysElsewhere(person=str(person_id))
    free = free_by_class(place).get(capacity_class, 0)
    if free < 1:
        raise PlaceFull(place=place.name, capacity=place.capacity.get(capacity_class, 0))
    return Stay.objects.create(
        id=stay_id, place=place, capacity_class=capacity_class, person_id=person_id, from_at=at, until_at=until_at
    )


@service("places.reserve_stay", door=False)
def reserve_stay(*, stay_id: UUID, place_id: UUID, capacity_class: str, person_id: UUID, from_at: datetime, by: Actor,
                 at: datetime) -> Stay:  # fmt: skip
    """Keep a free place of a class for somebody who is brought there. Where he stays already, that stay is given.

    Called by the service that sends the car and tested the right to. Repeat: same id: the first. Locks: the place row.
    Raises: PlaceMissing, PlaceClosed, PlaceFull, StaysElsewhere (kept for him in another place).
    """
    place = locked_place(place_id)
    known = Stay.objects.filter(id=stay_id).first()
    if known:
        raise Repeated(known)
    if not is_open_on(place.state, place.opens_on, at.astimezone(LOCAL).date()):
        raise PlaceClosed(place=place.name)
    stays = Stay.objects.filter(person_id=person_id, ended_at=None).first()
    if stays and stays.place_id == place_id:
        return stays
    if stays:
        raise StaysElsewhere(person=str(person_id))
    if free_by_class(place).get(capacity_class, 0) < 1:
        raise PlaceFull(place=place.name, capacity=place.capacity.get(capacity_class, 0))
    return Stay.objects.create(id=stay_id, place=place, capacity_class=capacity_class, person_id=person_id,
                               from_at=from_at, until_at=None)  # fmt: skip


@service("places.end_stay")
def end_stay(*, stay_id: UUID, by: Actor, at: datetime) -> int:
    """The person leaves; the place is free again. Repeat: nothing changes. Raises: StayMissing."""
    stay = Stay.objects.select_related("place").filter(id=stay_id).first()
    if stay is None:
        raise StayMissing(stay=str(stay_id))
    require(by, "places.write", area_id=stay.place.area_id)
    if stay.ended_at is not None:
        raise Repeated(0)
    return Stay.objects.filter(id=stay_id, ended_at=None).update(ended_at=at)


@service("places.free_stays", door=False)
def free_stays(*, person_ids: Sequence[UUID], stay_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Stays that hung on a hold end with it: those named, and those of the persons in places of such a kind.

    Called by the flow that frees people; how many ended. Repeat: what has ended is left.
    """
    kinds = [name for name, body in place_kinds().items() if body.get("ends_with_hold")]
    fit = Q(id__in=list(stay_ids)) | Q(person_id__in=list(person_ids), place__kind__in=kinds)
    return Stay.objects.filter(fit, ended_at=None).update(ended_at=at)
