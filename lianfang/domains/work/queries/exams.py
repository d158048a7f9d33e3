"""Exam candidates of an area, the nearest exam first, and when each took which step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.queries.reading import work_held

KIND = "exam-candidate"
QUIET = ("listed", "dropped")  # those nobody need plan for


def candidates_listed(area_id: UUID, *, by: Actor, shown: str = "", limit: int = 300) -> list[Any]:
    """Candidates whose home a zone holds or held, the nearest exam first; shown: those of one state instead."""
    rows = Item.objects.filter(work_held(by), kind=KIND, area_id__in=ids_below(area_id))
    rows = rows.filter(state=shown) if shown else rows.exclude(state__in=QUIET)
    rows = rows.select_related("area").defer("area__outline").annotate(owner_label=post_of("owner_id"))
    return list(rows.order_by("is_closed", "due_at", "id")[:limit])


def candidates_counted(area_id: UUID, *, by: Actor) -> Mapping[str, int]:
    """Counts only: on the list in all, whose home a zone holds or held (hits), whose plan stands (planned)."""
    rows = Item.objects.filter(work_held(by), kind=KIND, area_id__in=ids_below(area_id)).order_by()
    states = dict(rows.values_list("state").annotate(n=Count("id")))
    hits = sum(n for s, n in states.items() if s not in QUIET)
    return {"all": sum(states.values()), "hits": hits, "open": states.get("found", 0),
            "planned": hits - states.get("found", 0)}  # fmt: skip


def steps_of(item_ids: Sequence[UUID]) -> dict[UUID, dict[str, datetime]]:
    """By item when each move was made, the last time; for a page that showed the items."""
    out: dict[UUID, dict[str, datetime]] = {}
    for item_id, move, at in (
        Move.objects.filter(item_id__in=item_ids).order_by("at").values_list("item_id", "move", "at")
    ):
        out.setdefault(item_id, {})[move] = at
    return out
