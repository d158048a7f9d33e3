"""Vehicles lent or offered, who drives them when, and their disinfection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import live_grants, reach, require
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.dispatch.errors import CrewTaken, RideState, RideUnfit, VehicleMissing
from lianfang.domains.dispatch.models import Trip, Turn, Vehicle
from lianfang.domains.dispatch.queries.kinds import ride_groups, vehicle_kinds
from lianfang.domains.dispatch.queries.seen import locked_driver, locked_vehicle
from lianfang.domains.dispatch.rules import PLACES, PROTECTION
from lianfang.domains.dispatch.services.asking import _numbers
from lianfang.domains.privacy.queries import sealed

PLAN = "dispatch.plan"
OFFER = "calls.claim"  # whoever serves may offer his own car


@service("dispatch.add_vehicle")
def add_vehicle(
    *, vehicle_id: UUID, kind: str, plate: str, phone: str, organisation_id: UUID | None, area_id: UUID,
    places: dict[str, int], groups: Sequence[str], lon: float | None, lat: float | None, from_at: datetime,
    until_at: datetime | None, by: Actor, at: datetime,
) -> Vehicle:  # fmt: skip
    """A body's vehicle serves in an area from a time, at most until another. Repeat: same id: the first.

    Rights: dispatch.plan there. Raises: RideUnfit.
    """
    known = Vehicle.objects.filter(id=vehicle_id).first()
    if known:
        raise Repeated(known)
    require(by, PLAN, area_id=area_id)
    return _kept(vehicle_id, kind, plate, phone, organisation_id, None, area_id, places, groups or list(ride_groups()),
                 (lon, lat), (from_at, until_at), [], by)  # fmt: skip


@service("dispatch.offer_car")
def offer_car(
    *, vehicle_id: UUID, kind: str, plate: str, phone: str, area_id: UUID, places: dict[str, int], hours: Sequence[str],
    until_at: datetime | None, by: Actor, at: datetime,
) -> Vehicle:  # fmt: skip
    """Somebody offers his own car and drives it: in an area where he serves, at the hours he has (from, until, HH:MM).

    He is its driver at those hours; contacts and the ill are never put into a private car.
    Repeat: same id: the first. Rights: calls.claim in the area. Raises: RideUnfit.
    """
    known = Vehicle.objects.filter(id=vehicle_id).first()
    if known:
        raise Repeated(known)
    require(by, OFFER, area_id=area_id)
    if hours:
        try:
            first, last = (time.fromisoformat(h) for h in hours)
        except ValueError:
            raise RideUnfit(field="hours", fix="HH:MM") from None
        if first >= last:
            raise RideUnfit(field="hours", fix="HH:MM")
    groups = [name for name, body in ride_groups().items() if body["own_cars"]]
    return _kept(vehicle_id, kind, plate, phone, None, by.id, area_id, places, groups, (None, None),
                 (at, until_at), list(hours), by)  # fmt: skip


def _kept(vehicle_id: UUID, kind: str, plate: str, phone: str, organisation_id: UUID | None, account_id: UUID | None,
          area_id: UUID, places: dict[str, int], groups: Sequence[str], spot: tuple[float | None, float | None],
          span: tuple[datetime, datetime | None], hours: list[str], by: Actor) -> Vehicle:  # fmt: skip
    entry = vehicle_kinds().get(kind)
    room = {p: int(places.get(p, (entry or {}).get("places", {}).get(p, 0))) for p in PLACES}
    wrong = {
        "kind": entry is None, "plate": not plate.strip(), "groups": bool(set(groups) - set(ride_groups())),
        "places": set(places) - set(PLACES) or min(room.values()) < 0 or max(room.values()) > 50_000,
        "until": span[1] is not None and span[1] <= span[0],
    }  # fmt: skip
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise RideUnfit(field=name, fix=" ".join(vehicle_kinds()) if name == "kind" else "")
    told = {k: v.strip()[:40] for k, v in (("plate", plate), ("phone", phone)) if v.strip()}
    return Vehicle.objects.create(
        id=vehicle_id, number=_numbers(1)[0], kind=kind, sealed=sealed([(vehicle_id, told)])[0],
        organisation_id=organisation_id, account_id=account_id, area_id=area_id, places=room, groups=list(groups),
        lon=spot[0], lat=spot[1], from_at=span[0], until_at=span[1], hours=hours, by=by.id,
    )  # fmt: skip


@service("dispatch.withdraw_vehicle")
def withdraw_vehicle(*, vehicle_id: UUID, by: Actor, at: datetime) -> Vehicle:
    """The vehicle serves no longer; planned trips stand and are to be given to another. Repeat: withdrawn.

    Rights: its owner; dispatch.plan in its area. Raises: VehicleMissing.
    """
    row = locked_vehicle(vehicle_id)
    if row.account_id != by.id:
        require(by, PLAN, area_id=row.area_id)
    if row.until_at is not None and row.until_at <= at:
        raise Repeated(row)
    row.until_at = max(at, row.from_at + timedelta(seconds=1))
    row.save(update_fields=["until_at"])
    return row


@service("dispatch.put_crew")
def put_crew(*, turn_id: UUID, vehicle_id: UUID, account_id: UUID, role: str, protection: int, from_at: datetime,
             until_at: datetime, by: Actor, at: datetime) -> Turn:  # fmt: skip
    """Somebody drives a vehicle, or goes along, from a time to a time. Repeat: same id: the first.

    He serves where the planner sends cars, or for an area round the vehicle's: nobody puts a stranger on by his id.
    Rights: dispatch.plan in the vehicle's area. Raises: VehicleMissing, RideUnfit, CrewTaken (he, or the wheel).
    """
    known = Turn.objects.filter(id=turn_id).first()
    if known:
        raise Repeated(known)
    vehicle = locked_vehicle(vehicle_id)
    require(by, PLAN, area_id=vehicle.area_id)
    wrong: dict[str, Any] = {
        "role": role not in ("driver", "escort"), "protection": protection not in PROTECTION,
        "until": not from_at < until_at <= from_at + timedelta(hours=24),
        "account": locked_driver(account_id) is None or not _serves(account_id, vehicle, by, at),
    }  # fmt: skip
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise RideUnfit(field=name, fix="")
    same = Q(account_id=account_id) | (Q(vehicle=vehicle, role="driver") if role == "driver" else Q(pk__in=[]))
    taken = Turn.objects.filter(same, from_at__lt=until_at, until_at__gt=from_at).order_by("from_at").first()
    if taken:
        raise CrewTaken(until=taken.until_at.isoformat())
    return Turn.objects.create(id=turn_id, vehicle=vehicle, account_id=account_id, role=role, protection=protection,
                               from_at=from_at, until_at=until_at, by=by.id)  # fmt: skip


def _serves(account_id: UUID, vehicle: Vehicle, by: Actor, at: datetime) -> bool:
    """Whether somebody has a post where the planner may send cars, or over the vehicle's area."""
    areas = set(live_grants(at).filter(account_id=account_id).values_list("area_id", flat=True))
    reached = reach(by, PLAN, areas=areas)
    return bool(areas & set(ids_above(vehicle.area_id))) or any(reached.has(a, None) for a in areas)


@service("dispatch.end_turn")
def end_turn(*, turn_id: UUID, by: Actor, at: datetime) -> int:
    """A turn ends now, or never begins; planned trips of it are shown as without a driver. Repeat: nothing is left.

    Rights: dispatch.plan in the vehicle's area. Raises: VehicleMissing.
    """
    row = Turn.objects.select_related("vehicle").filter(id=turn_id).first()
    if row is None:
        raise VehicleMissing()
    require(by, PLAN, area_id=row.vehicle.area_id)
    if row.until_at <= at:
        raise Repeated(0)
    if row.from_at >= at:
        return Turn.objects.filter(id=turn_id).delete()[0]
    return Turn.objects.filter(id=turn_id).update(until_at=at)


@service("dispatch.clean_vehicle")
def clean_vehicle(*, vehicle_id: UUID, by: Actor, at: datetime) -> Vehicle:
    """The vehicle is disinfected: its trips to be cleaned after are over, their rides closed. Repeat: clean already.

    Rights: whoever drove or drives it; dispatch.plan in its area. Raises: VehicleMissing, RideState (on the way).
    """
    row = locked_vehicle(vehicle_id)
    drove = Trip.objects.filter(vehicle=row, driver_id=by.id).exists()
    drives = Turn.objects.filter(vehicle=row, account_id=by.id, from_at__lte=at, until_at__gt=at).exists()
    if not (drove or drives or row.account_id == by.id):
        require(by, PLAN, area_id=row.area_id)
    if Trip.objects.filter(vehicle=row, state="out").exists():
        raise RideState(state="out", next="closed")
    dirty = list(Trip.objects.filter(vehicle=row, state="to_clean"))
    if not row.carried and not dirty:
        raise Repeated(row)
    row.carried, row.cleaned_at = "", at
    row.save(update_fields=["carried", "cleaned_at"])
    for trip in dirty:  # as a rule one: who has to be cleaned goes on no other trip before
        trip.state, trip.cleaned_at, trip.cleaned_by = "closed", at, by.id
        trip.save(update_fields=["state", "cleaned_at", "cleaned_by"])
        trip.rides.filter(state="handed_over").update(state="closed", closed_at=at)
    return row
