"""Roads that are closed: as a list for those who keep them, and as barriers for whoever plans ways."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, may, post_of, reach
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ancestor_at, ids_above, ids_below
from lianfang.domains.gates.models import Closure
from lianfang.domains.gates.queries.permits import READ
from lianfang.domains.grid.models import Building
from lianfang.kernels.shapes import KM_PER_DEGREE, inside, ring_of

CLOSE = "gates.close"
MOST_BARS = 400
OPENED_SHOWN = timedelta(days=7)


def closures_seen(by: Actor, right: str = READ) -> QuerySet[Closure]:
    """Closed roads of the actor's areas."""
    return Closure.objects.filter(held(by, right))


def standing(at: datetime) -> Q:
    """Those that hold at a time."""
    return Q(opened_at=None, from_at__lte=at) & (Q(until_at=None) | Q(until_at__gt=at))


def closures_in(area_id: UUID, *, by: Actor, at: datetime, limit: int = 200) -> list[Closure]:
    """Closed roads of an area and below, the newest first; then those to come, over, or opened within a week.

    Each with the posts that closed it, opened it, stand there and have its key (`closer`, `opener`, `guard`,
    `keeper`), and whether it holds (`holds`).
    """
    rows = closures_seen(by).filter(area_id__in=ids_below(area_id)).select_related("area").defer("area__outline")
    rows = rows.filter(Q(opened_at=None) | Q(opened_at__gt=at - OPENED_SHOWN))
    rows = rows.exclude(until_at__lte=at - OPENED_SHOWN)
    rows = rows.annotate(closer=post_of("by"), opener=post_of("opened_by"), keeper=post_of("key_with"),
                         guard=post_of("guard_id"))  # fmt: skip
    found = list(rows.order_by("opened_at", "-from_at", "id")[:limit])
    for c in found:
        ended = c.opened_at is not None or (c.until_at is not None and c.until_at <= at)
        c.holds = not ended and c.from_at <= at  # type: ignore[attr-defined]  # for the page
    return sorted(found, key=lambda c: not c.holds)  # type: ignore[attr-defined]  # as above


def closed_now(area_id: UUID, *, by: Actor, at: datetime, limit: int = 200) -> list[Closure]:
    """Roads of an area and below that are closed at this time, the newest first."""
    rows = closures_seen(by).filter(standing(at), area_id__in=ids_below(area_id))
    return list(rows.order_by("-from_at", "id")[:limit])


def barriers_around(area_id: UUID, *, at: datetime) -> Sequence[Closure]:
    """What holds in the county of an area, for plans of ways: no right is asked, a plan says only how many there are.

    At most 400, the newest.
    """
    county = ancestor_at(area_id, "county")
    rows = Closure.objects.filter(standing(at), area_id__in=ids_below(county.id if county else area_id))
    return list(rows.order_by("-from_at", "id")[:MOST_BARS])


def lies_within(lon: float, lat: float, area_id: UUID, *, metres: float, by: Actor, incident_id: UUID | None) -> bool:
    """Whether a spot lies where the actor may close roads: within an area's surveyed outline, or near a building.

    Edge: an area that has neither outline nor a building with a spot cannot be judged, and is taken at its word.
    """
    north = metres / 1000 / KM_PER_DEGREE
    east = north / max(math.cos(math.radians(lat)), 0.01)
    near = Building.objects.filter(lon__range=(lon - east, lon + east), lat__range=(lat - north, lat + north))
    areas = set(near.order_by().values_list("area_id", flat=True).distinct())
    reached = reach(by, CLOSE, areas=areas)
    if any(reached.has(a, incident_id) for a in areas):
        return True
    surveyed = Area.objects.filter(id__in=ids_above(area_id), is_outline_invented=False).exclude(outline=None)
    own = [a for a in surveyed if may(by, CLOSE, area_id=a.id, incident_id=incident_id)]
    if any(inside(np.array([[lon, lat]]), ring_of(r)).any() for a in own for r in _rings(a.outline or {})):
        return True
    known = Building.objects.filter(area_id__in=ids_below(area_id), lon__isnull=False)
    return not own and not known.exists()


def _rings(outline: Mapping[str, Any]) -> list[Any]:
    """The outer rings of a polygon or of several."""
    parts = outline.get("coordinates", [])
    return [p[0] for p in (parts if outline.get("type") == "MultiPolygon" else [parts]) if p]
