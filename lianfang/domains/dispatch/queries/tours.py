"""Portions that wait to be brought to doors, who could carry them, and from where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.dispatch.rules import LOCAL
from lianfang.domains.grid.models import Household
from lianfang.domains.places.models import Place
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import work_held

DELIVERY, WAITS = "delivery", "open"
MOST_PORTIONS = 600  # planned at once; the rest the next time
MOST_DEPOTS = 60
MOST_UNDER_WAY = 120
NEXT = timedelta(minutes=15)  # after his last door, until a carrier takes up again


@dataclass(frozen=True)
class Due:
    """A household's portions: how many, by when, where its building stands."""

    item_id: UUID
    household_id: UUID
    building_id: UUID | None
    area_id: UUID
    parcels: int
    due_at: datetime | None
    lon: float | None
    lat: float | None
    words: str  # building, stair and door


@dataclass(frozen=True)
class Carrier:
    """Who carries: on foot or with a vehicle, how many portions at once, from which depot, from when until when."""

    account_id: UUID
    label: str
    holds: int
    depot: int
    from_at: datetime
    until_at: datetime
    is_car: bool = False


@dataclass(frozen=True)
class UnderWay:
    """What a carrier still has to bring (`waits`: not taken along yet; `late`: after its time), and brought today."""

    account_id: UUID
    left: int
    waits: int
    late: int
    brought: int
    next_at: datetime | None
    last_at: datetime | None


def due_portions(area_id: UUID, *, by: Actor, limit: int = MOST_PORTIONS) -> list[Due]:
    """Portions of an area and below that wait at a depot and that nobody has, the first due first."""
    rows = Item.objects.filter(work_held(by), kind=DELIVERY, state=WAITS, owner_id=None, is_closed=False,
                               area_id__in=ids_below(area_id), unit_kind="household")  # fmt: skip
    items = list(rows.order_by("due_at", "id").values_list("id", "unit_id", "values", "due_at")[:limit])
    doors = Household.objects.select_related("building").in_bulk([u for _, u, _, _ in items if u])
    out = []
    for i, unit, values, due in items:
        door = doors.get(unit) if unit else None
        if door is None:
            continue
        b = door.building
        words = " ".join(w for w in (b.name if b else "", door.unit, door.door) if w)
        out.append(Due(i, door.id, door.building_id, door.area_id, max(int(values.get("parcels") or 1), 1), due,
                       b.lon if b else None, b.lat if b else None, words))  # fmt: skip
    return out


def portions_counted(area_id: UUID, *, by: Actor) -> tuple[int, int]:
    """How many portions wait, and how many of them nobody has."""
    rows = Item.objects.filter(work_held(by), kind=DELIVERY, is_closed=False, area_id__in=ids_below(area_id))
    return rows.count(), rows.filter(state=WAITS, owner_id=None).count()


def busy_until(account_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, datetime]:
    """Of carriers who have portions to bring: when they can take up again, after the last door promised."""
    rows = Item.objects.filter(kind=DELIVERY, is_closed=False, owner_id__in=list(account_ids), due_at__gt=at)
    last = rows.order_by().values_list("owner_id").annotate(last=Max("due_at"))
    return {who: found + NEXT for who, found in last if who}


def tours_under_way(area_id: UUID, *, by: Actor, at: datetime) -> list[UnderWay]:
    """Who has portions of an area and below to bring, the latest first: how many are left, when the next is due."""
    rows = Item.objects.filter(work_held(by), kind=DELIVERY, area_id__in=ids_below(area_id)).order_by()
    open_ = rows.filter(is_closed=False, owner_id__isnull=False).values("owner_id").annotate(
        left=Count("id"), waits=Count("id", filter=Q(state=WAITS)), next=Min("due_at"), last=Max("due_at"),
        late=Count("id", filter=Q(due_at__lt=at)))  # fmt: skip
    found = {r["owner_id"]: r for r in open_.order_by("next", "owner_id")[:MOST_UNDER_WAY] if r["owner_id"]}
    today = at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    done = rows.filter(is_closed=True, done_by__in=list(found), closed_at__gte=today, counted__isnull=False)
    brought = dict(done.values_list("done_by").annotate(n=Count("id")))
    return [UnderWay(who, r["left"], r["waits"], r["late"], brought.get(who, 0), r["next"], r["last"])
            for who, r in found.items()]  # fmt: skip


def depots_in(area_id: UUID, *, limit: int = MOST_DEPOTS) -> Sequence[Place]:
    """Open places of an area and below from which goods can be taken: those with a spot on the map."""
    rows = Place.objects.filter(area_id__in=ids_below(area_id), state="open", lon__isnull=False)
    return list(rows.order_by("kind", "name")[:limit])
