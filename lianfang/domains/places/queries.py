"""Places and how much of them is free."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.places.models import Place, Stay


def places_in(area_id: UUID, *, by: Actor, kind: str = "") -> QuerySet[Place]:
    """Places of an area and below that the actor may see."""
    rows = Place.objects.filter(area_id__in=ids_below(area_id)).filter(area_id__in=visible_areas(by, "places.read"))
    return (rows.filter(kind=kind) if kind else rows).select_related("area").order_by("kind", "name")


def free_by_class(place: Place) -> dict[str, int]:
    """Capacity less present stays, by class."""
    taken = dict(Stay.objects.filter(place=place, ended_at=None).values_list("capacity_class").annotate(n=Count("id")))
    free: dict[str, Any] = {k: int(v) - taken.get(k, 0) for k, v in place.capacity.items()}
    return free
