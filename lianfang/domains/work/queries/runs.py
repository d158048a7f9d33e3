"""Errands for several: what may be taken along, and what one errand has on it in the order of the walk."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import kind, kinds_by_name
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.walks import walked
from lianfang.domains.work.rules import first_state, runs_of

MOST = 60  # doors one person goes for at once


def run_kinds() -> list[str]:
    """Names of kinds of which several may be taken along on one errand."""
    known = kinds_by_name()
    return [name for name, body in known.items() if runs_of(body, known)]


def for_a_run(kind_name: str, *, area_id: UUID, by: Actor, limit: int = MOST) -> list[Item]:
    """What waits for somebody to go, in the order of the walk: open, begun by nobody, on no errand yet."""
    rows = Item.objects.filter(held(by, "work.do"), area_id__in=ids_below(area_id), kind=kind_name, is_closed=False)
    rows = rows.filter(state=first_state(kind(kind_name)), parent=None).annotate(owner_label=post_of("owner_id"))
    return _in_order(list(rows.order_by("due_at", "id")[:limit]))


def on_run(run: Item) -> list[Item]:
    """What is on an errand that the actor sees, in the order of the walk."""
    return _in_order(list(run.children.order_by("due_at", "id")[:MOST]))


def _in_order(items: Sequence[Item]) -> list[Item]:
    known = {i.id: i for i in items}
    return [known[i] for i in walked([(i.id, i.unit_id) for i in items])]
