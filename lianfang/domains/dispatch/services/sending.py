"""A vehicle is sent: adopted by a person, with everything tested that a proposal keeps to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import holders_of, reach
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.dispatch.errors import (
    CrewMissing,
    DriverHeld,
    GroupsMixed,
    HasMoved,
    NotAlone,
    NotConfirmed,
    RelayFirst,
    RelaySame,
    RideMissing,
    RideState,
    RideUnfit,
    TooFull,
    VehicleTaken,
)
from lianfang.domains.dispatch.models import Ride, Stop, Trip, Turn, Vehicle
from lianfang.domains.dispatch.queries.confined import confined_drivers, moved_since
from lianfang.domains.dispatch.queries.kinds import ride_groups, trip_kinds
from lianfang.domains.dispatch.queries.seen import heard_by, locked_driver, locked_vehicle
from lianfang.domains.dispatch.rules import OnBoard, board_problem, clean_span, in_hours
from lianfang.domains.dispatch.services.asking import _numbers
from lianfang.domains.editions.queries import common_edition
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.errors import PlaceClosed
from lianfang.domains.places.models import Place
from lianfang.domains.places.services import reserve_stay

PLAN = "dispatch.plan"
DESK = "county-officer"  # of the place whither somebody is brought, where no post of its own is known
Stops = Sequence[tuple[UUID, str, datetime]]
FAULTS: Mapping[str, type[Any]] = {"mixed": GroupsMixed, "alone": NotAlone, "full": TooFull}


@service("dispatch.adopt_trip", told=("why",))
def adopt_trip(*, trip_id: UUID, vehicle_id: UUID, driver_id: UUID, starts_at: datetime, stops: Stops,
               why: Mapping[str, Any], by: Actor, at: datetime) -> Trip:  # fmt: skip
    """Send a vehicle: it has no other trip then, cleaning included; groups never mix; its crew is on duty, protected.

    stops: (ride, "in" or "out", planned at) in order. A place in the destination is reserved; driver, passenger's post
    and destination are told. Repeat: same id: the first. Rights: dispatch.plan where each ride begins and where the
    vehicle serves. Locks: the vehicle, the driver, then the rides in the order of their ids.
    Raises: VehicleMissing, RideMissing, RideState, RideUnfit, VehicleTaken, GroupsMixed, TooFull, NotAlone,
    CrewMissing, DriverHeld, HasMoved, NotConfirmed, RelayFirst, RelaySame, PlaceClosed, PlaceFull.
    """
    known = Trip.objects.filter(id=trip_id).first()
    if known:
        raise Repeated(known)
    vehicle, _, rides = locked_vehicle(vehicle_id), locked_driver(driver_id), _rides_of(stops)
    reached = reach(by, PLAN, areas={vehicle.area_id, *(r.area_id for r in rides.values())})
    if not all(reached.has(r.area_id, r.incident_id) for r in rides.values()) or not reached.has(vehicle.area_id, None):
        raise RideMissing()
    _may_be_sent(vehicle, rides, stops, at)
    _relayed(vehicle, driver_id, rides, stops)
    [group], times = {r.group for r in rides.values()}, [t for _, _, t in stops]
    if sorted(times) != times or times[0] < starts_at or times[-1] < at:
        raise RideUnfit(field="stops", fix="")
    _is_free(vehicle, driver_id, starts_at, times[-1], group, trip_id)
    _crewed(vehicle, driver_id, max(r.protection for r in rides.values()), starts_at, times[-1])
    if confined_drivers([driver_id], from_at=max(starts_at, at), until_at=times[-1]):
        raise DriverHeld()
    first, cleaning = next(iter(rides.values())), ride_groups()[group]
    free_at = times[-1] + timedelta(minutes=cleaning["clean_minutes"] if cleaning["each"] else 0)
    trip = Trip.objects.create(id=trip_id, number=_numbers(1)[0], vehicle=vehicle, driver_id=driver_id, group=group,
                               area_id=first.area_id, incident_id=first.incident_id, starts_at=starts_at,
                               ends_at=times[-1], free_at=free_at, why=dict(why), adopted_by=by.id,
                               adopted_at=at)  # fmt: skip
    Stop.objects.bulk_create(
        Stop(id=uuid5(trip_id, f"{r} {what}"), trip=trip, ride_id=r, position=n, what=what, planned_at=t)
        for n, (r, what, t) in enumerate(stops))  # fmt: skip
    for r in rides.values():
        r.state, r.trip, r.assigned_at, r.told_at = "assigned", trip, at, None
        r.stay_id = _reserved(r, {(i, w): t for i, w, t in stops}, by, at)
    Ride.objects.bulk_update(rides.values(), ["state", "trip", "assigned_at", "stay_id", "told_at"])
    _tell(trip, rides, stops, by, at)
    return trip


def _rides_of(stops: Stops) -> dict[UUID, Ride]:
    ids = {i for i, _, _ in stops}
    rows = Ride.objects.select_for_update(of=("self",)).filter(id__in=ids).order_by("id")
    found = {r.id: r for r in rows}
    if not ids or set(found) != ids:
        raise RideMissing()
    return found


def _may_be_sent(vehicle: Vehicle, rides: Mapping[UUID, Ride], stops: Stops,
                 at: datetime) -> None:  # fmt: skip
    """Whether these rides may go in this vehicle in this order. Raises as adopt_trip."""
    for r in rides.values():
        if r.state != "asked":
            raise RideState(state=r.state, next="assigned")
        missing = [side for side in ("ours", "theirs") if r.terms and not getattr(r, f"{side}_at")]
        if missing:
            raise NotConfirmed(sides=missing)
        if r.vehicles and vehicle.kind not in r.vehicles:
            raise RideUnfit(field="vehicle", fix=" ".join(r.vehicles))
    closed = Place.objects.filter(
        id__in=[r.to_place_id for r in rides.values() if r.to_place_id], state="closed"
    ).first()
    if closed is not None:
        raise PlaceClosed(place=closed.name)
    moved = moved_since(rides.values())
    if moved:
        raise HasMoved(number=rides[min(moved)].number)
    boards = {i: OnBoard(r.group, r.places, r.is_direct) for i, r in rides.items()}
    groups = sorted({r.group for r in rides.values()})
    if len(groups) > 1:  # one group a trip: between two the vehicle is disinfected, and that is another trip
        raise GroupsMixed(groups=groups)
    fault = board_problem([(i, w) for i, w, _ in stops], boards, vehicle.places, vehicle.groups)
    if fault:
        raise FAULTS.get(fault[0], RideUnfit)(**(fault[1] or {"field": "stops", "fix": ""}))


def _relayed(vehicle: Vehicle, driver_id: UUID, rides: Mapping[UUID, Ride], stops: Stops) -> None:
    """Whether loads that were handed over go on with another vehicle and driver, and not before they are there.

    Raises: RelaySame, RelayFirst (the first leg was not sent yet, or is set down later than this one takes it up).
    """
    times = {i: t for i, what, t in stops if what == "in"}
    before = Ride.objects.select_related("trip").in_bulk([r.follows_id for r in rides.values() if r.follows_id])
    down = dict(Stop.objects.filter(ride__in=before, what="out").values_list("ride_id", "planned_at"))
    for r in rides.values():
        first = before.get(r.follows_id) if r.follows_id else None
        if first is None:
            continue
        trip = first.trip
        if first.id in rides or (trip is not None and (trip.vehicle_id == vehicle.id or trip.driver_id == driver_id)):
            raise RelaySame(number=first.number)
        there = first.handed_over_at or down.get(first.id)
        if first.state == "asked" or there is None or times[r.id] < there:
            raise RelayFirst(number=first.number, state=first.state)


def _is_free(vehicle: Vehicle, driver_id: UUID, starts_at: datetime, ends_at: datetime, group: str,
             trip_id: UUID) -> None:  # fmt: skip
    """Whether vehicle and driver have nothing else then, cleaning included. Raises VehicleTaken."""
    lent = vehicle.from_at <= starts_at and (vehicle.until_at is None or ends_at <= vehicle.until_at)
    if not lent or not in_hours(vehicle.hours, starts_at, ends_at):
        raise VehicleTaken(number=vehicle.number, until=(vehicle.until_at or vehicle.from_at).isoformat())
    others, groups = Trip.objects.exclude(state__in=("closed", "cancelled")).exclude(id=trip_id), ride_groups()
    for t in others.filter(vehicle=vehicle).order_by("starts_at"):
        theirs, ours = t.ends_at + clean_span(t.group, group, groups), ends_at + clean_span(group, t.group, groups)
        if t.starts_at < ours and theirs > starts_at:
            raise VehicleTaken(number=t.number, until=theirs.isoformat())
    busy = others.filter(driver_id=driver_id, starts_at__lt=ends_at, ends_at__gt=starts_at).first()
    if busy:
        raise VehicleTaken(number=busy.number, until=busy.ends_at.isoformat())


def _crewed(vehicle: Vehicle, driver_id: UUID, protection: int, starts_at: datetime, ends_at: datetime) -> None:
    """Whether the driver is on duty with the vehicle all that time, protected enough. Raises CrewMissing."""
    if vehicle.account_id == driver_id:
        return
    turns = Turn.objects.filter(vehicle=vehicle, account_id=driver_id, role="driver", protection__gte=protection)
    if not turns.filter(from_at__lte=starts_at, until_at__gte=ends_at).exists():
        raise CrewMissing(protection=protection)


def _reserved(r: Ride, times: Mapping[tuple[UUID, str], datetime], by: Actor, at: datetime) -> UUID | None:
    if not (r.to_place_id and r.to_class and r.person_id):
        return None
    stay_id = uuid5(r.id, f"stay {at.isoformat()}")
    stay = reserve_stay(stay_id=stay_id, place_id=r.to_place_id, capacity_class=r.to_class, person_id=r.person_id,
                        from_at=times[r.id, "out"], by=by, at=at)  # fmt: skip
    return (
        stay_id if stay.id == stay_id else None
    )  # who stays there already keeps his bed, whatever becomes of the ride


def _tell(trip: Trip, rides: Mapping[UUID, Ride], stops: Stops, by: Actor, at: datetime) -> None:
    """The driver, who asked, and the desk of the place whither somebody comes hear of it; numbers, no names."""
    times = {(i, w): t for i, w, t in stops}
    lines: dict[str, list[Writing]] = {"trip-new": [], "ride-assigned": [], "ride-expected": []}
    lines["trip-new"].append(Writing(uuid5(trip.id, "driver"), "account", trip.driver_id,
                                     {"number": str(trip.number), "from": trip.starts_at.isoformat()}, trip.id,
                                     trip.area_id))  # fmt: skip
    goals = Place.objects.select_related("area").in_bulk([r.to_place_id for r in rides.values() if r.to_place_id])
    desks = {g.area_id: holders_of(DESK, above=ids_above(g.area_id), at=at)[:3] for g in goals.values()}
    heard = heard_by(rides.values())
    for r in rides.values():
        said = {"number": str(r.number), "from": times[r.id, "in"].isoformat()}
        lines["ride-assigned"] += [Writing(uuid5(trip.id, f"asker {r.id} {who}"), "account", who, said, r.id, r.area_id)
                                   for who in heard[r.id]]  # fmt: skip
        goal = goals.get(r.to_place_id) if r.to_place_id else None
        if goal is None:
            continue
        for who in desks[goal.area_id]:
            lines["ride-expected"].append(
                Writing(uuid5(trip.id, f"goal {r.id} {who}"), "account", who,
                        {"number": str(r.number), "until": times[r.id, "out"].isoformat(), "n": str(r.heads),
                         "what": trip_kinds()[r.kind]["words"]}, r.id, goal.area_id))  # fmt: skip
    for template, some in lines.items():
        if some:
            write_messages(writings=some, edition=common_edition(), template=template, incident_id=trip.incident_id,
                           by=by, at=at)  # fmt: skip
