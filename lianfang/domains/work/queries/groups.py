"""Groups whom somebody cares for, with what is fetched for them and how many of them were fed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.timezone import get_current_timezone

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.queries.plans import plans_seen
from lianfang.domains.work.queries.reading import work_held

GROUP, COURIER, MEAL = "stranded-group", "courier-job", "group-meal"


@dataclass(frozen=True)
class Books:
    """What was asked to be fetched, is on its way and arrived, in items; of a day's meals whom they are for and fed."""

    asked: int
    collected: int
    handed: int
    meals: int
    served: int
    people: int
    fed: int


def _day(on: date) -> Q:
    begins = datetime.combine(on, time(), get_current_timezone())
    return Q(due_at__gte=begins, due_at__lt=begins + timedelta(days=1))


def _rows(area_id: UUID, by: Actor) -> QuerySet[Item]:
    return Item.objects.filter(work_held(by), area_id__in=ids_below(area_id))


def groups_listed(area_id: UUID, *, by: Actor, limit: int = 100) -> list[Any]:
    """Groups of an area, those that nobody cares for first; each with its carer's post (`owner_label`)."""
    rows = _rows(area_id, by).filter(kind=GROUP).select_related("area").defer("area__outline")
    rows = rows.annotate(owner_label=post_of("owner_id"))
    return list(rows.order_by("is_closed", "state", "opened_at", "id")[:limit])


def parts_of(groups: Sequence[Item], kind_name: str, *, by: Actor, on: date | None = None) -> dict[UUID, list[Item]]:
    """By group its items of a kind, the oldest due first; on: those due on that day."""
    rows = Item.objects.filter(work_held(by), parent_id__in=[g.id for g in groups], kind=kind_name)
    rows = rows.filter(_day(on)) if on else rows
    out: dict[UUID, list[Item]] = {}
    for i in rows.defer("sealed").order_by("due_at", "opened_at", "id"):
        if i.parent_id:
            out.setdefault(i.parent_id, []).append(i)
    return out


def meal_plans(groups: Sequence[Item], *, by: Actor) -> dict[UUID, list[Plan]]:
    """By group the meals that come every day."""
    out: dict[UUID, list[Plan]] = {}
    rows = plans_seen(by).filter(parent_id__in=[g.id for g in groups], kind=MEAL, ended_at=None).defer("sealed")
    for p in rows.order_by("at_time", "id"):
        if p.parent_id:
            out.setdefault(p.parent_id, []).append(p)
    return out


def books_of_groups(area_id: UUID, *, by: Actor, on: date) -> Books:
    """Sums only: of all that was fetched for groups of an area, counted in items, and of a day's meals, in people."""
    rows = _rows(area_id, by).order_by()

    def number(name: str) -> Cast:
        return Cast(KeyTextTransform(name, "values"), IntegerField())

    jobs = rows.filter(kind=COURIER, parent__kind=GROUP).exclude(state="cancelled")
    n = jobs.aggregate(asked=Sum(number("items")), collected=Sum(number("collected")), handed=Sum("counted"))
    meals = rows.filter(_day(on), kind=MEAL, parent__kind=GROUP)
    m = meals.aggregate(meals=Count("id"), served=Count("id", filter=Q(state="served")), people=Sum(number("people")),
                        fed=Sum("counted"))  # fmt: skip
    return Books(**{k: int(v or Decimal(0)) for k, v in (n | m).items()})
