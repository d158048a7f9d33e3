"""All items of one kind in an area, open and closed, as a register: with counts by state and of one wish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.reading import work_held


@dataclass(frozen=True)
class Counts:
    """How many there are in all, by state, of these open, and how many of the open ones wish what was asked."""

    by_state: Mapping[str, int]
    open: int
    wishes: int


def _rows(kind_name: str, area_id: UUID, by: Actor) -> QuerySet[Item]:
    return Item.objects.filter(work_held(by), kind=kind_name, area_id__in=ids_below(area_id))


def register_listed(
    kind_name: str, *, area_id: UUID, by: Actor, state: str = "", wish: str = "", limit: int = 200
) -> list[Any]:
    """Items of a kind in an area the actor reads: of a state, or the open ones first; wish: a field that is yes.

    Each with its owner's post (`owner_label`).
    """
    rows = _rows(kind_name, area_id, by)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(**{f"values__{wish}": True}) if wish else rows
    rows = rows.select_related("area").defer("area__outline").annotate(owner_label=post_of("owner_id"))
    return list(rows.order_by("is_closed", "opened_at", "id")[:limit])


def register_counts(kind_name: str, *, area_id: UUID, by: Actor, wish: str) -> Counts:
    """Counts only, of what the actor sees there."""
    rows = _rows(kind_name, area_id, by)
    states = dict(rows.order_by().values_list("state").annotate(n=Count("id")))
    still = Q(is_closed=False)
    n = rows.aggregate(
        open=Count("id", filter=still), wishes=Count("id", filter=still & Q(**{f"values__{wish}": True}))
    )
    return Counts(states, n["open"], n["wishes"])
