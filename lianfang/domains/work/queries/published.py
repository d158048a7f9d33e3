"""What of a kind everybody may see, signed in or not: state and the fields its data publishes, by area. No persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lianfang.domains.areas.models import DIVISION, Area, AreaClosure
from lianfang.domains.editions.errors import KindMissing
from lianfang.domains.editions.queries import kind
from lianfang.domains.work.models import Item

MOST = 3000


@dataclass(frozen=True)
class Published:
    """An area under a kind of work: how it stands now, its published values, and those of the times before."""

    area: Area
    within: Area | None
    state: str
    version: int
    values: Mapping[str, Any]
    earlier: list[Mapping[str, Any]] = field(default_factory=list)


def published_kind(name: str) -> Mapping[str, Any]:
    """A kind whose data says that it is published. Raises KindMissing for any other."""
    body = kind(name)
    if "public" not in body or body.get("unit") != "area":
        raise KindMissing(kind=name)
    return body


def _areas(ids: set[UUID]) -> dict[UUID, tuple[Area, Area | None]]:
    """Areas with the one each lies in."""
    rows = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=ids, depth__lte=1)
    pairs: dict[UUID, dict[int, Area]] = {}
    for row in rows.select_related("ancestor").defer("ancestor__outline"):
        pairs.setdefault(row.descendant_id, {})[row.depth] = row.ancestor
    return {i: (p[0], p.get(1)) for i, p in pairs.items()}


def published_of(body: Mapping[str, Any]) -> list[Published]:
    """The newest item of a published kind about each area, by name of the area; older items as what was before."""
    rows = Item.objects.filter(kind=body["kind"], unit_kind="area", unit_id__isnull=False)
    found = rows.order_by("-opened_at").values_list("unit_id", "state", "version", "values")[:MOST]
    by_area: dict[UUID, list[tuple[str, int, Mapping[str, Any]]]] = {}
    for unit_id, state, version, values in found:
        if unit_id is None:
            continue
        shown = {n: values[n] for n in body["public"] if values.get(n) not in ("", None)}
        by_area.setdefault(unit_id, []).append((state, version, shown))
    areas = _areas(set(by_area))
    out = []
    for i, times in by_area.items():
        (state, version, values), before = times[0], [v for _, _, v in times[1:] if v]
        if i in areas:
            out.append(Published(areas[i][0], areas[i][1], state, version, values, before))
    return sorted(out, key=lambda p: (p.within.name if p.within else "", p.area.name))
