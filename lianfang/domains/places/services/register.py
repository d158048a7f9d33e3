"""Entering places, opening and closing them: one by one, or all of a kind in an area by a dated rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Building
from lianfang.domains.places.errors import NothingToOpen, PlaceMissing, PlaceUnfit
from lianfang.domains.places.models import Opening, Place
from lianfang.domains.places.queries import lacking_at, place_kinds
from lianfang.domains.places.queries.census import LOCAL
from lianfang.domains.places.rules import STATES, capacity_fix, is_open_on
from lianfang.domains.places.services.readiness import waive_lacking


def _fit(kind: str, capacity: Mapping[str, int], level: str) -> None:
    body = place_kinds().get(kind)
    if body is None:
        raise PlaceUnfit(field="kind", fix=kind)
    fix = capacity_fix([c["name"] for c in body.get("classes", [])], capacity)
    if fix:
        raise PlaceUnfit(field="capacity", fix=fix)
    if level and level not in [x["name"] for x in body.get("levels", [])]:
        raise PlaceUnfit(field="level", fix=level)


@service("places.register_place", told=("name", "name_en"))
def register_place(
    *,
    place_id: UUID,
    kind: str,
    name: str,
    name_en: str,
    area_id: UUID,
    capacity: dict[str, int],
    lon: float | None,
    lat: float | None,
    incident_id: UUID | None,
    by: Actor,
    at: datetime,
    level: str = "",
    building_id: UUID | None = None,
) -> Place:
    """A place with its capacity by class, planned. Rights: places.write on the area. Repeat: same id: the first.

    building_id: the building it is in, by which a zone finds it.
    Raises: PlaceUnfit (no such kind, class or level; no name; a building elsewhere).
    """
    require(by, "places.write", area_id=area_id)
    known = Place.objects.filter(id=place_id).first()
    if known:
        raise Repeated(known)
    if not name.strip():
        raise PlaceUnfit(field="name", fix="text")
    _fit(kind, capacity, level)
    if building_id and not Building.objects.filter(id=building_id, area_id__in=ids_below(area_id)).exists():
        raise PlaceUnfit(field="building", fix=str(building_id))
    return Place.objects.create(
        id=place_id,
        kind=kind,
        name=name.strip(),
        name_en=name_en.strip(),
        area_id=area_id,
        capacity=capacity,
        level=level,
        lon=lon,
        lat=lat,
        incident_id=incident_id,
        building_id=building_id,
    )


def locked_place(place_id: UUID) -> Place:
    """A place, its row locked until the transaction ends. Raises PlaceMissing."""
    found = Place.objects.select_for_update().filter(id=place_id).first()
    if found is None:
        raise PlaceMissing(place=str(place_id))
    return found


@service("places.change_place")
def change_place(*, place_id: UUID, capacity: dict[str, int], level: str, by: Actor, at: datetime) -> Place:
    """Another capacity by class, or another level of rules. Raises: PlaceMissing, PlaceUnfit. Locks: the place."""
    place = locked_place(place_id)
    require(by, "places.write", area_id=place.area_id)
    _fit(place.kind, capacity, level)
    place.capacity, place.level = capacity, level
    place.save(update_fields=["capacity", "level"])
    return place


@service("places.set_state", told=("reason", "in_spite"))
def set_state(*, place_id: UUID, state: str, by: Actor, at: datetime, reason: str = "", in_spite: str = "") -> Place:
    """Open a place from today, or close it. in_spite: why it opens although its readiness list is not done.

    Raises: PlaceMissing, PlaceUnfit, NotReady. Locks: the place.
    """
    place = locked_place(place_id)
    require(by, "places.write", area_id=place.area_id)
    if state not in STATES:
        raise PlaceUnfit(field="state", fix="one of " + " ".join(STATES))
    if state == "open":
        waive_lacking(place, in_spite, by, at)
    place.state, place.state_why = state, reason.strip()[:300]
    if state == "open" and place.opens_on is None:
        place.opens_on = at.astimezone(LOCAL).date()
    place.save(update_fields=["state", "state_why", "opens_on"])
    return place


def _rule(
    opening_id: UUID, area_id: UUID, kind: str, opens_on: date, percent: int, reason: str, by: Actor, at: datetime
) -> Opening:
    if not 1 <= percent <= 100:
        raise PlaceUnfit(field="percent", fix="1–100 %")
    if not reason.strip():
        raise PlaceUnfit(field="reason", fix="text")
    return Opening(id=opening_id, area_id=area_id, kind=kind, opens_on=opens_on, limit_percent=percent,
                   reason=reason.strip()[:300], by=by.id, at=at)  # fmt: skip


def _apply(opening: Opening, place_ids: Sequence[UUID]) -> None:
    opening.n_places = len(place_ids)
    opening.save(force_insert=True)
    Place.objects.filter(id__in=place_ids).update(
        state="open", state_why="", opening=opening, opens_on=opening.opens_on, limit_percent=opening.limit_percent
    )


@service("places.open_place", told=("reason", "in_spite"))
def open_place(*, opening_id: UUID, place_id: UUID, opens_on: date, limit_percent: int, reason: str, by: Actor,
               at: datetime, in_spite: str = "") -> Opening:  # fmt: skip
    """Open one place from a day on, up to a share of its capacity.

    in_spite: why it opens although mandatory items of its readiness list are open; they are waived with it.
    Repeat: same opening id: the first. Rights: places.write. Raises: PlaceMissing, PlaceUnfit, NotReady.
    Locks:  the place.
    """
    place = locked_place(place_id)
    require(by, "places.write", area_id=place.area_id)
    known = Opening.objects.filter(id=opening_id).first()
    if known:
        raise Repeated(known)
    rule = _rule(opening_id, place.area_id, place.kind, opens_on, limit_percent, reason, by, at)
    rule.place_id = place.id
    waive_lacking(place, in_spite, by, at)
    _apply(rule, [place.id])
    return rule


@service("places.open_places", told=("reason",))
def open_places(
    *,
    opening_id: UUID,
    area_id: UUID,
    kind: str,
    opens_on: date,
    limit_percent: int,
    reason: str,
    leave_out: Sequence[UUID],
    by: Actor,
    at: datetime,
) -> Opening:
    """Open all places of a kind in an area from a day on, each up to the same share of its own capacity.

    leave_out: places that stay as they are. A place that is open now is changed only by a rule that holds from today;
    one whose readiness list lacks something mandatory is left to be opened by itself.
    Repeat: same opening id: the first. Rights: places.write on the area. Locks: the places.
    Raises: PlaceUnfit, NothingToOpen.
    """
    require(by, "places.write", area_id=area_id)
    known = Opening.objects.filter(id=opening_id).first()
    if known:
        raise Repeated(known)
    if kind not in place_kinds():
        raise PlaceUnfit(field="kind", fix=kind)
    rule = _rule(opening_id, area_id, kind, opens_on, limit_percent, reason, by, at)
    today = at.astimezone(LOCAL).date()
    rows = Place.objects.select_for_update().filter(kind=kind, area_id__in=ids_below(area_id)).order_by("id")
    ids = [
        p.id
        for p in rows.exclude(id__in=list(leave_out))
        if opens_on <= today or not is_open_on(p.state, p.opens_on, today)
    ]
    lacking = lacking_at(ids)
    ids = [i for i in ids if i not in lacking]
    if not ids:
        raise NothingToOpen(kind=kind)
    _apply(rule, ids)
    return rule
