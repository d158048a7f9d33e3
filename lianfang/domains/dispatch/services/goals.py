"""Whither somebody is brought changes: the place has closed, or another one is nearer; beds, driver and desks know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Exists, OuterRef, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import labels_of
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.dispatch.errors import RideState, RideUnfit
from lianfang.domains.dispatch.models import Ride, Stop, Trip
from lianfang.domains.dispatch.queries.confined import confined_drivers, held_drivers, moved_since
from lianfang.domains.dispatch.queries.kinds import care_paths
from lianfang.domains.dispatch.queries.seen import (
    SAID,
    dispatchers_of,
    heard_by,
    locked_ride,
    locked_trip_of,
    may_plan,
)
from lianfang.domains.dispatch.rules import LOCAL
from lianfang.domains.dispatch.services.asking import _sealed
from lianfang.domains.dispatch.services.keeping import Lines, _write, _write_to
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.services import Writing
from lianfang.domains.places.models import Place
from lianfang.domains.places.services import free_stays, reserve_stay
from lianfang.domains.privacy.queries import opened

GOES = ("asked", "assigned", "loaded")
CLOSED, CHANGED, MOVED = "ride-goal-closed", "ride-new-goal", "ride-has-moved"
CONFINED, HELD = "trip-driver-held", "trips-not-yours"


@service("dispatch.change_goal")
def change_goal(*, ride_id: UUID, to_place_id: UUID | None, end: str, by: Actor, at: datetime) -> Ride:
    """Somebody is brought elsewhere, also while he sits in the car: the bed kept for him is free, another is kept.

    to_place_id, or `end` in words. The way home begins where he is brought. Driver, who asked and the new place's desk
    hear. Repeat: the same goal. Rights: dispatch.plan where it begins, or who asked.
    Raises: RideMissing, RideState (not under way any more), RideUnfit, PlaceClosed, PlaceFull, StaysElsewhere.
    Locks:  as those who drive: vehicle, trip, rides.
    """
    trip_id = Ride.objects.filter(id=ride_id).values_list("trip_id", flat=True).first()
    _, trip, rides = locked_trip_of(trip_id=trip_id) if trip_id else (None, None, dict[UUID, Ride]())
    row = rides.get(ride_id) or locked_ride(ride_id)
    if row.asked_by != by.id:
        may_plan(row, by)
    place = Place.objects.filter(id=to_place_id).first() if to_place_id else None
    said = {**opened([row], by=by, fields=SAID, whole=True, subject="subject_id")[row.id]}
    words = end.strip() or (place.name if place else "")
    if row.to_place_id == to_place_id and said["end"] == words:
        raise Repeated(row)
    _fit(row, to_place_id, place, words)
    free_stays(person_ids=[], stay_ids=[row.stay_id] if row.stay_id else [], by=by, at=at)
    row.to_place_id, row.sealed = to_place_id, _sealed(row.id, {**said, "end": words}, row.incident_id)
    row.to_lon, row.to_lat = (place.lon, place.lat) if place else (None, None)
    wanted = care_paths().get(row.path, {}).get("place", {})
    row.to_class = wanted.get("class", "") if place and place.kind == wanted.get("place") else ""
    row.stay_id = _kept(row, trip, by, at)
    row.save(update_fields=["to_place_id", "sealed", "to_lon", "to_lat", "to_class", "stay_id"])
    _from_there(row, words, by)
    _tell_of_goal(row, trip, place, by, at)
    return row


def _fit(row: Ride, to_place_id: UUID | None, place: Place | None, words: str) -> None:
    if row.state not in GOES:
        raise RideState(state=row.state, next="assigned")
    county = {a: ancestor_at(a, "county") for a in (row.area_id, place.area_id)} if place else {}
    here = len({c.id if c else None for c in county.values()}) <= 1
    wrong = {"end": not words, "to": (to_place_id is not None and place is None) or not here,
             "terms": bool(row.terms), "relay": row.follows_id is not None or hasattr(row, "onward"),
             "closed": place is not None and place.state != "open"}  # fmt: skip
    for field, is_wrong in wrong.items():
        if is_wrong:
            raise RideUnfit(field=field, fix="")


def _kept(row: Ride, trip: Trip | None, by: Actor, at: datetime) -> UUID | None:
    """A bed at the new goal, where one was or would be kept: only for whoever a car was sent for."""
    if trip is None or not (row.to_place_id and row.to_class and row.person_id):
        return None
    planned = Stop.objects.filter(ride=row, what="out").values_list("planned_at", flat=True).first()
    stay_id = uuid5(row.id, f"stay {row.to_place_id} {at.isoformat()}")
    stay = reserve_stay(stay_id=stay_id, place_id=row.to_place_id, capacity_class=row.to_class,
                        person_id=row.person_id, from_at=max(planned or at, at), by=by, at=at)  # fmt: skip
    return stay_id if stay.id == stay_id else None


def _from_there(row: Ride, words: str, by: Actor) -> None:
    """Whoever is fetched home again is fetched from where he was brought."""
    back: Ride | None = Ride.objects.select_for_update().filter(outward=row, state__in=("asked", "assigned")).first()
    if back is None:
        return
    said = opened([back], by=by, fields=SAID, whole=True, subject="subject_id")[back.id]
    back.from_place_id, back.from_lon, back.from_lat = row.to_place_id, row.to_lon, row.to_lat
    back.sealed = _sealed(back.id, {**said, "start": words}, back.incident_id)
    back.save(update_fields=["from_place_id", "from_lon", "from_lat", "sealed"])


def _tell_of_goal(row: Ride, trip: Trip | None, place: Place | None, by: Actor, at: datetime) -> None:
    lines: Lines = {}
    desks = dispatchers_of([place.area_id], at)[place.area_id] if place and row.stay_id else []
    people = [*heard_by([row])[row.id], *([trip.driver_id] if trip else []), *desks]
    some = lines.setdefault((CHANGED, row.incident_id), [])
    some += [Writing(uuid5(row.id, f"goal {at.isoformat()} {p}"), "account", p, {"number": str(row.number)}, row.id,
                     row.area_id) for p in dict.fromkeys(people)]  # fmt: skip
    _write(lines, by, at)


@service("dispatch.tell_stopped", door=False)
def tell_stopped(*, limit: int, by: Actor, at: datetime) -> int:
    """What cannot go as planned is told once: a place has closed, somebody has moved, a driver may not leave.

    Dispatchers hear of all, who asked and who drives of the first two; a driver who may not leave of all his trips
    together, with whom to call. Harmless twice. Gives how many.
    """
    lines: Lines = {}
    closed, moved = list(_untold(CLOSED).filter(_to_closed(), state__in=GOES)[:limit]), _moved(limit)
    rides = [*closed, *moved]
    senders, heard = dispatchers_of((r.area_id for r in rides), at), heard_by(rides)
    for template, some in ((CLOSED, closed), (MOVED, moved)):
        for r in some:
            drives = [r.trip.driver_id] if r.trip else []
            said = {"number": str(r.number), "from": r.ready_at.isoformat()}
            _write_to(lines, template, r, said, [*senders[r.area_id], *heard[r.id], *drives])
    trips = _confined_trips(limit, at)
    _say_confined(lines, trips, at)
    _write(lines, by, at)
    return len(rides) + len(trips)


def _say_confined(lines: Lines, trips: Sequence[Trip], at: datetime) -> None:
    """To the dispatchers a line a trip; to each driver one, with all that he will not drive and whom to call."""
    senders = dispatchers_of((t.area_id for t in trips), at)
    posts = labels_of({p for some in senders.values() for p in some})
    own: dict[tuple[UUID, UUID | None], list[Trip]] = {}
    for t in trips:
        said = {"number": str(t.number), "from": t.starts_at.isoformat()}
        people = [p for p in senders[t.area_id] if p != t.driver_id]
        lines.setdefault((CONFINED, t.incident_id), []).extend(
            Writing(uuid5(t.id, f"{CONFINED} {p}"), "account", p, said, t.id, t.area_id) for p in people)  # fmt: skip
        own.setdefault((t.driver_id, t.incident_id), []).append(t)
    for (driver, incident), some in own.items():
        call = dict.fromkeys(posts.get(p, "") for t in some for p in senders[t.area_id] if p != driver)
        when = [f"№{t.number} {t.starts_at.astimezone(LOCAL):%m-%d %H:%M}" for t in some]
        values = {"trips": {"zh": "、".join(when), "en": ", ".join(when)},
                  "call": {"zh": "、".join(call) or "调度值班", "en": ", ".join(call) or "the duty desk"}}  # fmt: skip
        lines.setdefault((HELD, incident), []).append(
            Writing(uuid5(some[0].id, f"{HELD} {driver}"), "account", driver, values, some[0].id, some[0].area_id)
        )


def _untold(template: str) -> QuerySet[Ride]:
    told = Message.objects.filter(about_id=OuterRef("id"), template=template)
    return Ride.objects.filter(~Exists(told)).select_related("trip").order_by("ready_at", "id")


def _to_closed() -> Q:
    return Q(to_place_id__in=Place.objects.filter(state="closed").values("id"))


def _moved(limit: int) -> list[Ride]:
    """Rides that were asked for and whose person lives behind another door by now; not those on board already."""
    rows = list(_untold(MOVED).filter(state__in=GOES[:2]).exclude(person_id=None)[:limit])
    gone = moved_since(rows)
    return [r for r in rows if r.id in gone]


def _confined_trips(limit: int, at: datetime) -> Sequence[Trip]:
    told = Message.objects.filter(about_id=OuterRef("id"), template=CONFINED)
    ahead = list(Trip.objects.filter(~Exists(told), state="planned", ends_at__gt=at).order_by("starts_at")[:limit])
    some = held_drivers({t.driver_id for t in ahead}, at=at)
    near = [t for t in ahead if t.driver_id in some]
    held = {t.id for t in near if confined_drivers([t.driver_id], from_at=max(t.starts_at, at), until_at=t.ends_at)}
    return [t for t in ahead if t.id in held]
