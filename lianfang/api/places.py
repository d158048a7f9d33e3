"""Places that are open, and how much room each has now."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils.timezone import localtime
from ninja import Schema

from lianfang.api.door import Cursor, Limit, Word, actor_of, by_id, route, told
from lianfang.base import clock
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.places.queries import place_kinds, places_seen, standing_of

SAID = ("id", "kind", "name", "name_en", "area_id", "level", "state", "lon", "lat")


class PlaceOut(Schema):
    """A place: free by class of stay; where entry is counted, its limit and how many may still go in (`room`)."""

    id: UUID
    kind: str
    name: str
    name_en: str
    area_id: UUID
    level: str
    state: str
    is_open: bool
    lon: float | None
    lat: float | None
    capacity: dict[str, int]
    free: dict[str, int]
    limit: int | None
    room: int | None


class PlacePage(Schema):
    """Some places, and the cursor of the next page."""

    items: list[PlaceOut]
    next: str


@route("GET", "/places", scopes=["places.read"], gives=PlacePage, name="places")
def places(
    request: HttpRequest, area: UUID | None = None, kind: Word = "", cursor: Cursor = "", limit: Limit = 50
) -> PlacePage:
    """Places of the program's area that are open, of one area and below or of one kind if named. Nobody in them."""
    rows = places_seen(actor_of(request)).filter(state="open")
    rows = rows.filter(area_id__in=ids_below(area)) if area else rows
    found, following = by_id(rows.filter(kind=kind) if kind else rows, cursor, limit)
    standing = standing_of(found, kinds=place_kinds(), on=localtime(clock.now()).date())
    items = [
        PlaceOut(**told(p, SAID), **told(standing[p.id], ("is_open", "free", "limit", "room")),
                 capacity={k: int(n) for k, n in p.capacity.items()})
        for p in found
    ]  # fmt: skip
    return PlacePage(items=items, next=following)
