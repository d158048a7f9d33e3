"""The organisation of a place: who answers for each node and block of doors, and where nobody does."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Answerer, Household


def answering_below(area_id: UUID, *, at: datetime) -> list[dict[str, Any]]:
    """Who answers below an area, by post and role: for which areas as a whole, and for how many doors."""
    live = Answerer.objects.filter(Q(to_at=None) | Q(to_at__gt=at), from_at__lte=at, area_id__in=ids_below(area_id))
    rows = live.values("account_id", "role", "area_id", "area__name", "area__name_en", post=post_of("account_id"))
    counted = rows.annotate(doors=Count("household_id"), whole=Count("id", filter=Q(household=None)))
    return [{**r} for r in counted.order_by("area__position", "role", "account_id")]


def doors_answered(area_id: UUID, *, role: str, at: datetime) -> dict[UUID, tuple[int, int]]:
    """By smallest area below one: doors that somebody in a role answers for, and doors in all; empty homes aside."""
    live = Answerer.objects.filter(Q(to_at=None) | Q(to_at__gt=at), role=role, from_at__lte=at)
    held = Q(id__in=live.filter(household__isnull=False).values("household_id"))
    rows = Household.objects.filter(area_id__in=ids_below(area_id), is_empty=False).values_list("area_id")
    return {area: (n, every) for area, n, every in rows.annotate(n=Count("id", filter=held), every=Count("id"))}


def doors_without(area_id: UUID, *, role: str, at: datetime, limit: int) -> list[Household]:
    """Doors of an area for which nobody in a role answers, in the order of the buildings."""
    live = Answerer.objects.filter(Q(to_at=None) | Q(to_at__gt=at), role=role, from_at__lte=at)
    rows = Household.objects.filter(area_id__in=ids_below(area_id), is_empty=False).select_related("building")
    free = rows.exclude(id__in=live.filter(household__isnull=False).values("household_id"))
    return list(free.order_by("building__position", "building__name", "unit", "floor", "door")[:limit])
