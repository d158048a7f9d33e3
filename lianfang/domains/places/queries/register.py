"""Places and how much of them is free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import JSONObject

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of, visible_areas
from lianfang.domains.areas.queries import ancestor_at, ids_below
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.grid.queries import stays_named
from lianfang.domains.places.errors import PlaceMissing, StayMissing
from lianfang.domains.places.models import Opening, Passage, Place, ReadyItem, Stay
from lianfang.domains.places.rules import is_open_on, limit_of

Body = Mapping[str, Any]
NOTHING: Body = {}


def place_kinds() -> dict[str, Body]:
    """Kinds of places by name, as the common edition and every other list them."""
    return entries_of("place_kinds")


def places_seen(by: Actor) -> QuerySet[Place]:
    """Places in the actor's areas."""
    return Place.objects.filter(area_id__in=visible_areas(by, "places.read"))


def goals_around(area_id: UUID, kinds: Sequence[str], *, limit: int = 60) -> list[Place]:
    """Open places of some kinds in the county round an area, for whoever has to bring somebody there.

    A ward or an exam room lies where it lies: who sends a car must know of it, whatever places he keeps himself.
    Names and free places only; nobody in them is shown.
    """
    county = ancestor_at(area_id, "county")
    within = ids_below(county.id if county else area_id)
    rows = Place.objects.filter(kind__in=kinds, state="open", area_id__in=within).select_related("area")
    return list(rows.defer("area__outline").order_by("kind", "name", "id")[:limit])


def is_closed_now(place_id: UUID) -> bool:
    """Whether a place whither somebody is brought has closed."""
    return Place.objects.filter(id=place_id, state="closed").exists()


def places_in(area_id: UUID, *, by: Actor, kind: str = "", state: str = "") -> QuerySet[Place]:
    """Places of an area and below that the actor may see; by kind and state if named."""
    rows = places_seen(by).filter(area_id__in=ids_below(area_id))
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(state=state) if state else rows
    return rows.select_related("area").defer("area__outline").order_by("kind", "name", "id")


def open_in(area_id: UUID, *, by: Actor, on: date) -> list[Place]:
    """Places of an area and below that are open on a day, as far as the actor may see them."""
    return [p for p in places_in(area_id, by=by, state="open") if is_open_on(p.state, p.opens_on, on)]


def counts_in(area_id: UUID, *, by: Actor) -> list[tuple[UUID, str, str, int, int]]:
    """(smallest area, kind, state, places, people counted inside) of an area and all below it."""
    rows = places_seen(by).filter(area_id__in=ids_below(area_id)).order_by()
    found = rows.values_list("area_id", "kind", "state").annotate(n=Count("id"), inside=Sum("inside"))
    return [(a, k, s, n, inside or 0) for a, k, s, n, inside in found]


def place_seen(place_id: UUID, *, by: Actor) -> Place:
    """One place with its area, the rule that opened it, who set that (`opened_by`), its stays by class (`taken`), and
    whether a readiness list was laid (`is_listed`). Raises: PlaceMissing.
    """
    stays = Stay.objects.filter(place_id=OuterRef("pk"), ended_at=None).order_by().values("capacity_class")
    taken = stays.annotate(n=Count("id")).values(row=JSONObject(name="capacity_class", n="n"))
    rows = places_seen(by).filter(id=place_id).select_related("area", "opening").defer("area__outline")
    found = rows.annotate(opened_by=post_of("opening__by"), taken=ArraySubquery(taken),
                          is_listed=Exists(ReadyItem.objects.filter(place_id=OuterRef("pk")))).first()  # fmt: skip
    if found is None:
        raise PlaceMissing(place=str(place_id))
    return found


def free_by_class(place: Place) -> dict[str, int]:
    """Capacity less present stays, by class."""
    return standing_of([place], kinds=NOTHING, on=None)[place.id].free


@dataclass(frozen=True)
class Standing:
    """How full a place is: free by class of stay, and where entry is counted its limit and how many may still go in."""

    is_open: bool
    taken: dict[str, int] = field(default_factory=dict)
    free: dict[str, int] = field(default_factory=dict)
    limit: int | None = None
    room: int | None = None


def standing_of(places: Iterable[Place], *, kinds: Mapping[str, Body], on: date | None) -> dict[UUID, Standing]:
    """How full some places are, in one question; of a place that brings its stays by class, in none."""
    every = list(places)
    taken: dict[UUID, dict[str, int]] = {
        p.id: {t["name"]: t["n"] for t in p.taken} for p in every if hasattr(p, "taken")
    }
    rest = [p for p in every if p.id not in taken]
    counted = Stay.objects.filter(place__in=rest, ended_at=None).order_by() if rest else Stay.objects.none()
    for place_id, name, n in counted.values_list("place_id", "capacity_class").annotate(n=Count("id")):
        taken.setdefault(place_id, {})[name] = n
    out = {}
    for p in every:
        own = taken.get(p.id, {})
        entry = kinds.get(p.kind, NOTHING).get("entry_class", "")
        limit = limit_of(p.capacity, entry, p.limit_percent) if entry else None
        free = {k: int(v) - own.get(k, 0) for k, v in p.capacity.items() if k != entry}
        room = None if limit is None else max(0, limit - p.inside)
        out[p.id] = Standing(on is not None and is_open_on(p.state, p.opens_on, on), own, free, limit, room)
    return out


def openings_over(area_ids: Iterable[UUID], *, kind: str, limit: int = 12) -> list[Opening]:
    """Rules that opened places of a kind in some areas, newest first, each with the post that set it (`post`)."""
    rows = Opening.objects.filter(area_id__in=list(area_ids), place_id=None)
    rows = (rows.filter(kind=kind) if kind else rows).select_related("area").defer("area__outline")
    return [*rows.annotate(post=post_of("by")).order_by("-at")[:limit]]


def passages_of(place: Place, *, limit: int = 8) -> list[Passage]:
    """The last taps at a place's door, newest first, each with the post that made it (`post`)."""
    return [*place.passages.annotate(post=post_of("by")).order_by("-at", "-id")[:limit]]


@dataclass(frozen=True)
class Guest:
    """One who stays: the stay, and the person's name as far as the actor may see it ("" if not at all)."""

    stay: Stay
    name: str


def guests_of(place: Place, *, by: Actor, at: datetime, limit: int = 200) -> tuple[list[Guest], int]:
    """Who stays in a place now, the longest first, and how many in all; names masked unless the actor may address."""
    rows = Stay.objects.filter(place=place, ended_at=None)
    found = list(rows.order_by("from_at", "id")[:limit])
    names = {p.person_id: n for p, n in stays_named({s.person_id for s in found}, by=by, at=at, whole=True) if n}
    total = len(found) if len(found) < limit else rows.count()
    return [Guest(s, names.get(s.person_id, "")) for s in found], total


def staying_ids(person_ids: Iterable[UUID]) -> set[UUID]:
    """Which of some persons stay in any place now."""
    return set(Stay.objects.filter(person_id__in=set(person_ids), ended_at=None).values_list("person_id", flat=True))


def stay_seen(stay_id: UUID, *, by: Actor) -> Stay:
    """One stay in a place the actor sees. Raises StayMissing."""
    rows = Stay.objects.filter(Q(id=stay_id), place__area_id__in=visible_areas(by, "places.read"))
    found = rows.select_related("place").first()
    if found is None:
        raise StayMissing(stay=str(stay_id))
    return found
