"""Convoys as the gates expect them, and as those see them who cleared or asked for their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.editions.queries import common_edition, values_by_area
from lianfang.domains.gates.models import Crossing, Permit
from lianfang.domains.gates.queries.permits import CHECK, permits_seen
from lianfang.domains.gates.rules import CONVOY, lateness
from lianfang.domains.privacy.queries import opened

ASKED_WHY = timedelta(hours=24)  # so long after a late convoy the gate is asked why it was late


@dataclass(frozen=True)
class Seen:
    """A gate of a convoy's way: how many minutes late, if at all; at a gate also what it carries and its plates."""

    crossing: Crossing
    late: int
    goods: str = ""
    where: str = ""
    plates: str = ""


def crossings_seen(by: Actor) -> QuerySet[Crossing]:
    """Gates of convoys where the actor checks."""
    fit = held(by, CHECK, incident="permit__incident_id")
    return Crossing.objects.filter(fit).select_related("permit", "area").defer("area__outline")


def expected(*, by: Actor, at: datetime, limit: int = 20) -> list[Seen]:
    """What is expected at the actor's gates, the next first: cleared, not passed, its pass not over.

    Plates and goods are shown whole to the gate that must know them on the road; the read is noted.
    """
    due = Q(passed_at=None, permit__state__in=("issued", "out"), permit__until_at__gt=at)
    rows = list(crossings_seen(by).filter(due).order_by("due_at", "id")[:limit])
    permits = {c.permit_id: c.permit for c in rows}
    told = opened(list(permits.values()), by=by, fields=("purpose", "where", "plate"), whole=True)
    late = _lateness(rows, at)
    return [Seen(c, late[n], *(told[c.permit_id].get(k, "") for k in ("purpose", "where", "plate")))
            for n, c in enumerate(rows)]  # fmt: skip


def to_explain(*, by: Actor, at: datetime, limit: int = 6) -> list[Seen]:
    """Convoys that came late to the actor's gates, or are late now, and nobody has said why; the newest first."""
    late = Q(passed_at__gt=at - ASKED_WHY) | Q(
        passed_at=None, due_at__gt=at - ASKED_WHY, permit__state__in=("issued", "out")
    )
    rows = list(crossings_seen(by).filter(late, late_why="", due_at__lte=at).order_by("-due_at", "id")[: 4 * limit])
    return [Seen(c, n) for c, n in zip(rows, _lateness(rows, at), strict=True) if n][:limit]


def _lateness(rows: Sequence[Crossing], at: datetime) -> list[int]:
    values = values_by_area(common_edition(), ["convoy_late_minutes"], {c.area_id for c in rows}, at=at)
    return [
        lateness(c.due_at, c.passed_at, tolerance=timedelta(minutes=values[c.area_id]["convoy_late_minutes"]), at=at)
        for c in rows
    ]


def convoys_listed(*, by: Actor, limit: int = 40) -> list[Permit]:
    """Convoys the actor may see, the newest asked first."""
    rows = permits_seen(by).filter(kind=CONVOY).defer("sealed").annotate(asker=post_of("asked_by"))
    return list(rows.order_by("-asked_at", "id")[:limit])


def ways_of(permits: Sequence[Permit], *, at: datetime) -> dict[UUID, list[Seen]]:
    """Of permits that were seen, the gates of each one's way in order, with how late each was."""
    found = Crossing.objects.filter(permit_id__in=[p.id for p in permits]).select_related("area")
    rows = list(found.defer("area__outline").order_by("permit_id", "position"))
    out: dict[UUID, list[Seen]] = {p.id: [] for p in permits}
    for c, n in zip(rows, _lateness(rows, at), strict=True):
        out[c.permit_id].append(Seen(c, n))
    return out
