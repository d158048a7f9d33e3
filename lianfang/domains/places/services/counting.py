"""Counting: who goes in and out at a door, and the cases of a day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.places.errors import AtLimit, NobodyInside, PlaceClosed, PlaceUnfit
from lianfang.domains.places.models import Passage, Place, PlaceDay
from lianfang.domains.places.queries import census_kinds, place_kinds
from lianfang.domains.places.queries.census import LOCAL
from lianfang.domains.places.rules import is_open_on, limit_of
from lianfang.domains.places.services.register import locked_place

MOST_AT_ONCE = 50  # a tap or a group at a door; more is a slip of the finger


def _entry_class(place: Place) -> str:
    name = str(place_kinds().get(place.kind, {}).get("entry_class", ""))
    if not name:
        raise PlaceUnfit(field="kind", fix=place.kind)
    return name


def _keep(place: Place, passage_id: UUID, change: int, by: Actor, at: datetime, *, is_correction: bool) -> Passage:
    place.inside += change
    place.save(update_fields=["inside"])
    return Passage.objects.create(id=passage_id, place=place, change=change, inside=place.inside,
                                  is_correction=is_correction, by=by.id, at=at)  # fmt: skip


@service("places.count_passage")
def count_passage(*, passage_id: UUID, place_id: UUID, change: int, by: Actor, at: datetime) -> Passage:
    """So many went in (change > 0) or out of a place with limited entry.

    Repeat: same id: the first, counted once. Rights: places.count. Locks: the place row.
    Raises: PlaceMissing, PlaceUnfit, and for those going in PlaceClosed and AtLimit; for those leaving NobodyInside.
    """
    place = locked_place(place_id)
    require(by, "places.count", area_id=place.area_id)
    known = Passage.objects.filter(id=passage_id).first()
    if known:
        raise Repeated(known)
    entry = _entry_class(place)
    if change == 0 or abs(change) > MOST_AT_ONCE:
        raise PlaceUnfit(field="count", fix=f"1–{MOST_AT_ONCE}")
    if change > 0 and not is_open_on(place.state, place.opens_on, at.astimezone(LOCAL).date()):
        raise PlaceClosed(place=place.name)
    limit = limit_of(place.capacity, entry, place.limit_percent)
    if change > 0 and place.inside + change > limit:
        raise AtLimit(place=place.name, inside=place.inside, limit=limit, room=max(0, limit - place.inside))
    if place.inside + change < 0:
        raise NobodyInside(place=place.name, inside=place.inside)
    return _keep(place, passage_id, change, by, at, is_correction=False)


@service("places.recount")
def recount(*, passage_id: UUID, place_id: UUID, inside: int, by: Actor, at: datetime) -> Passage:
    """So many are inside by a count made anew: the difference is kept as a correction, over the limit too.

    Repeat: same id: the first. Rights: places.count. Locks: the place row. Raises: PlaceMissing, PlaceUnfit.
    """
    place = locked_place(place_id)
    require(by, "places.count", area_id=place.area_id)
    known = Passage.objects.filter(id=passage_id).first()
    if known:
        raise Repeated(known)
    _entry_class(place)
    if not 0 <= inside < 30_000:
        raise PlaceUnfit(field="count", fix="a whole number")
    return _keep(place, passage_id, inside - place.inside, by, at, is_correction=True)


@service("places.enter_day", door=False)
def enter_day(
    *,
    day_id: UUID,
    place_id: UUID,
    on: date,
    admitted: int,
    discharged: int,
    moved: int,
    died: int,
    active: int,
    by: Actor,
    at: datetime,
) -> PlaceDay:
    """The cases of a place on a day; entered again it is a further version, and the newest counts.

    Repeat: same id: the first. Rights: places.write. Locks: the place row.
    Raises: PlaceMissing, PlaceUnfit (a kind that counts no cases, a day to come, a number below 0).
    """
    place = locked_place(place_id)
    require(by, "places.write", area_id=place.area_id)
    known = PlaceDay.objects.filter(id=day_id).first()
    if known:
        raise Repeated(known)
    if place.kind not in census_kinds():
        raise PlaceUnfit(field="kind", fix=place.kind)
    if on > at.astimezone(LOCAL).date():
        raise PlaceUnfit(field="day", fix=on.isoformat())
    numbers = {"admitted": admitted, "discharged": discharged, "moved": moved, "died": died, "active": active}
    wrong = next((name for name, n in numbers.items() if not 0 <= n < 1_000_000), "")
    if wrong:
        raise PlaceUnfit(field=wrong, fix="a whole number")
    number = PlaceDay.objects.filter(place=place, on=on).count() + 1
    return PlaceDay.objects.create(id=day_id, place=place, on=on, number=number, by=by.id, at=at, **numbers)
