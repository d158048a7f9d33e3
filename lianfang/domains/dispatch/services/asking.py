"""Rides asked for: nobody is moved before it was asked who depends on him, and no child travels alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Avg

from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import is_self, reach_by_actor
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.dispatch.errors import DependantAlone, MinorAlone, RideUnfit
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.dispatch.queries import locked_ride, may_plan
from lianfang.domains.dispatch.queries.kinds import care_paths, ride_groups, ride_values, trip_kinds
from lianfang.domains.dispatch.rules import PLACES, is_old_enough
from lianfang.domains.grid.models import Building, Household, Person, Presence
from lianfang.domains.grid.queries import carers_of
from lianfang.domains.holds.queries import colours_of_people
from lianfang.domains.places.models import Place
from lianfang.domains.places.queries import place_kinds
from lianfang.domains.privacy.queries import sealed

ASK = "dispatch.ask"
FLAGS = ("child", "fever")
ALONG = "along"  # a dependant goes along; any other word is who looks after him meanwhile
Point = tuple[float | None, float | None]


@dataclass(frozen=True)
class NewRide:
    """A ride as it is asked for. dependants: by person, ALONG or who looks after him; back: he is fetched again."""

    id: UUID
    kind: str
    by: Actor
    at: datetime
    ready_at: datetime
    arrive_by: datetime | None = None
    person_id: UUID | None = None
    household_id: UUID | None = None
    area_id: UUID | None = None
    heads: int = 1
    places: Mapping[str, int] = field(default_factory=dict)
    group: str = ""
    path: str = ""
    flags: Sequence[str] = ()
    words: str = ""
    start: str = ""
    end: str = ""
    phone: str = ""
    escort: str = ""
    dependants: Mapping[UUID, str] = field(default_factory=dict)
    from_place_id: UUID | None = None
    to_place_id: UUID | None = None
    back_at: datetime | None = None
    item_id: UUID | None = None
    plea_id: UUID | None = None
    incident_id: UUID | None = None
    terms: str = ""
    counterpart: str = ""
    relay_id: UUID | None = None  # the relay point at which another vehicle takes a load over
    relay_at: datetime | None = None  # from when it does
    contact: str = ""  # whom to ring there; with terms


@dataclass(frozen=True)
class _Known:
    """What the rows say of those who are to be moved, read once for all of them."""

    homes: Mapping[UUID, Presence]
    doors: Mapping[UUID, Household]
    born: Mapping[UUID, int | None]
    cared: Mapping[UUID, set[UUID]]
    places: Mapping[UUID, Place]
    county: Mapping[UUID, UUID | None]
    middles: Mapping[UUID, Point]
    colours: Mapping[UUID, set[str]]


@service("dispatch.ask_rides")
def ask_rides(*, rides: Sequence[NewRide], by: Actor, at: datetime) -> list[Outcome]:
    """Ask for rides; one outcome each, with its number. A ride with `back_at` brings a second one, home again.

    Repeat:  a known id: "repeated". Rights: dispatch.ask where it begins, or of oneself.
    Refuses: unfit (field and fix), minor_alone, dependant_alone, right_missing.
    """
    known = set(Ride.objects.filter(id__in=[r.id for r in rides]).values_list("id", flat=True))
    told = _known_of(rides, at)
    areas = {r.id: _area(r, told) for r in rides}
    reached = reach_by_actor((r.by for r in rides), ASK, areas={a for a in areas.values() if a})
    values = ride_values({a for a in areas.values() if a}, at=at)
    out, fresh = dict[UUID, Outcome](), list[NewRide]()
    for r in rides:
        area = areas[r.id]
        fault = _fault(r, area, told, values)
        own = r.person_id is not None and is_self(r.by, r.person_id)
        if r.id in known:
            out[r.id] = Outcome(r.id, "repeated")
        elif fault:
            out[r.id] = Outcome(r.id, fault.code, fault.values)
        elif area is None or not (own or reached[r.by.id].has(area, r.incident_id)):
            out[r.id] = Outcome(r.id, "accounts.right_missing", {"right": ASK, "area": str(area)})
        else:
            fresh.append(r)
    numbers = iter(_numbers(2 * len(fresh)))
    made = [row for r in fresh if (area := areas[r.id]) for row in _rows(r, area, told, values[area], numbers)]
    Ride.objects.bulk_create(made)
    out |= {row.id: Outcome(row.id, "", {"number": row.number}) for row in made}
    return [out[r.id] for r in rides]


def _known_of(rides: Sequence[NewRide], at: datetime) -> _Known:
    people = {r.person_id for r in rides if r.person_id}
    stays = Presence.objects.filter(person_id__in=people, to_on=None, kind__in=("lives", "stays"))
    homes = {p.person_id: p for p in stays.order_by("kind")}  # where he stays before where he lives
    doors = {r.household_id for r in rides if r.household_id} | {p.household_id for p in homes.values()}
    cared: dict[UUID, set[UUID]] = {}
    for link in carers_of(list(people)):
        if link.carer_id in people:
            cared.setdefault(link.carer_id, set()).add(link.cared_id)
    places = Place.objects.in_bulk([i for r in rides for i in (r.from_place_id, r.to_place_id, r.relay_id) if i])
    behind = Household.objects.select_related("building").in_bulk([d for d in doors if d])
    areas = {p.area_id for p in places.values()} | {h.area_id for h in behind.values()}
    areas |= {h.area_id for h in homes.values()} | {r.area_id for r in rides if r.area_id}
    spots = Building.objects.filter(area_id__in=areas, lon__isnull=False).order_by().values_list("area_id")
    middles = {area: (lon, lat) for area, lon, lat in spots.annotate(Avg("lon"), Avg("lat"))}
    born = dict(Person.objects.filter(id__in=people).values_list("id", "birth_year"))
    county = {a: found.id if (found := ancestor_at(a, "county")) else None for a in areas}
    return _Known(homes, behind, born, cared, places, county, middles, colours_of_people(people, at=at))


def _area(r: NewRide, told: _Known) -> UUID | None:
    """Of a person where he lives, whatever is given; of a door its own; else as given."""
    if r.person_id:
        return told.homes[r.person_id].area_id if r.person_id in told.homes else None
    door = told.doors.get(r.household_id) if r.household_id else None
    return door.area_id if door else r.area_id


def _fault(
    r: NewRide, area: UUID | None, told: _Known, values: Mapping[UUID | None, Mapping[str, Any]]
) -> Refused | None:
    kind = trip_kinds().get(r.kind)
    wrong = {
        "kind": kind is None, "group": bool(r.group) and r.group not in ride_groups(),
        "path": bool(r.path) and r.path not in care_paths(), "person": area is None,
        "arrive_by": r.arrive_by is not None and r.arrive_by <= r.at, "flags": bool(set(r.flags) - set(FLAGS)),
        "from": r.ready_at < r.at - timedelta(hours=1), "places": bool(set(r.places) - set(PLACES)),
        "heads": kind is not None and not kind["goods"] and not 1 <= r.heads <= 500,
        "load": kind is not None and kind["goods"] and r.places.get("load", 0) < 1,
        "end": r.to_place_id is None and not r.end.strip(),
        "to": not all(_is_near(i, area, told) for i in (r.from_place_id, r.to_place_id, r.relay_id)),
        "closed": any(i == r.to_place_id and p.state == "closed" for i, p in told.places.items()),
        "relay": not _is_relayed(r, told),
        "back": r.back_at is not None and r.back_at <= (r.arrive_by or r.ready_at),
    }  # fmt: skip
    for name, is_wrong in wrong.items():
        if is_wrong:
            return RideUnfit(field=name, fix=" ".join(trip_kinds()) if name == "kind" else "")
    for name in ("counterpart", "contact"):
        if r.terms.strip() and not getattr(r, name).strip():  # nobody agrees with an office that has no name or phone
            return RideUnfit(field=name, fix="text")
    if r.person_id is None or area is None:
        return None
    years = int(values[area]["ride_minor_years"])
    if not is_old_enough(told.born.get(r.person_id), years=years, at=r.at) and not r.escort.strip():
        return MinorAlone(years=years)
    left = told.cared.get(r.person_id, set()) - {p for p, who in r.dependants.items() if who.strip()}
    return DependantAlone(n=len(left)) if left else None


def _is_relayed(r: NewRide, told: _Known) -> bool:
    """Whether a load may be handed over where and when it was said; so it may where nobody said anything."""
    if r.relay_id is None:
        return r.relay_at is None
    place, kind = told.places.get(r.relay_id), trip_kinds().get(r.kind)
    is_point = place is not None and place.state == "open" and bool(place_kinds().get(place.kind, {}).get("relay"))
    goes_on = r.relay_at is not None and r.ready_at < r.relay_at and (r.arrive_by is None or r.relay_at < r.arrive_by)
    ends = {r.from_place_id, r.to_place_id}
    return is_point and goes_on and kind is not None and kind["goods"] and r.back_at is None and r.relay_id not in ends


def _is_near(place_id: UUID | None, area: UUID | None, told: _Known) -> bool:
    """Whether a place lies in the county of the ride: beds elsewhere are not kept from here, but agreed on."""
    if place_id is None or area is None:
        return True
    place = told.places.get(place_id)
    return place is not None and told.county[place.area_id] == told.county[area]


def _group(r: NewRide, told: _Known) -> str:
    """With whom he may sit: what was said, the path or the kind says, and never less than his own hold asks for."""
    groups, kind = ride_groups(), trip_kinds()[r.kind]
    named = r.group or care_paths().get(r.path, {}).get("group") or kind["group"]
    held = told.colours.get(r.person_id, set()) if r.person_id else set[str]()
    asked = [named, *(g for g, body in groups.items() if held & set(body.get("colours", ())))]
    return str(max(asked, key=lambda g: groups[g]["rank"]))


def _rows(r: NewRide, area: UUID, told: _Known, values: Mapping[str, Any], numbers: Iterator[int]) -> list[Ride]:
    kind, path, group = trip_kinds()[r.kind], care_paths().get(r.path, {}), _group(r, told)
    along = sum(1 for who in r.dependants.values() if who.strip() == ALONG)
    heads = 0 if kind["goods"] else r.heads + along + bool(r.escort.strip())
    places = {p: n for p, n in r.places.items() if n > 0}
    if not kind["goods"]:
        places["seat"] = max(heads - places.get("wheelchair", 0) - places.get("stretcher", 0), 0)
    carers = "; ".join(who.strip() for who in r.dependants.values() if who.strip() not in ("", ALONG))
    start, goal = _named(r.start, r.from_place_id, told), _named(r.end, r.to_place_id, told)
    said = {"words": r.words, "start": start, "end": goal, "phone": r.phone, "escort": r.escort, "carers": carers,
            "contact": r.contact if r.terms.strip() else ""}  # fmt: skip
    door = r.household_id or (told.homes[r.person_id].household_id if r.person_id else None)
    home = told.doors.get(door) if door else None
    begin = _point(r.from_place_id, home.building if home else None, area, told)
    end = _point(r.to_place_id, None, None, told)
    born = told.born.get(r.person_id) if r.person_id else None
    is_child = not is_old_enough(born, years=int(values["ride_minor_years"]), at=r.at)
    common = {
        "kind": r.kind, "path": r.path, "group": group, "area_id": area, "incident_id": r.incident_id,
        "person_id": r.person_id, "household_id": home.id if home else None, "item_id": r.item_id,
        "plea_id": r.plea_id, "heads": heads, "places": places, "is_direct": kind["direct"],
        "flags": sorted({*r.flags, *(["child"] if is_child else [])}),
        "vehicles": list(path.get("vehicles", [])), "asked_by": r.by.id, "asked_at": r.at,
        "protection": max(int(path.get("crew", 0)), int(ride_groups()[group]["crew"])),
    }  # fmt: skip
    out = Ride(id=r.id, number=next(numbers), sealed=_sealed(r.id, said, r.incident_id), ready_at=r.ready_at,
               arrive_by=r.arrive_by, from_place_id=r.from_place_id, to_place_id=r.to_place_id,
               to_class=path.get("place", {}).get("class", "") if r.to_place_id else "", from_lon=begin[0],
               from_lat=begin[1], to_lon=end[0], to_lat=end[1], terms=r.terms.strip()[:200],
               counterpart=r.counterpart.strip()[:120], **common)  # fmt: skip
    if r.relay_id is not None and r.relay_at is not None:
        return [out, _onward(out, r, said, common, told, next(numbers))]
    if r.back_at is None:
        return [out]
    again, home_again = uuid5(r.id, "back"), said | {"start": goal, "end": start}
    return [out, Ride(id=again, number=next(numbers), sealed=_sealed(again, home_again, r.incident_id),
                      ready_at=r.back_at, from_place_id=r.to_place_id, to_place_id=r.from_place_id, from_lon=end[0],
                      from_lat=end[1], to_lon=begin[0], to_lat=begin[1], outward=out, **common)]  # fmt: skip


def _onward(out: Ride, r: NewRide, said: Mapping[str, str], common: Mapping[str, Any], told: _Known,
            number: int) -> Ride:  # fmt: skip
    """The second leg of a load: from the relay point, with another vehicle; the first one ends there."""
    assert r.relay_id and r.relay_at
    point, name = _point(r.relay_id, None, None, told), _named("", r.relay_id, told)
    end, onward = (out.to_lon, out.to_lat), uuid5(r.id, "onward")
    out.sealed = _sealed(r.id, {**said, "end": name}, r.incident_id)
    out.to_place_id, (out.to_lon, out.to_lat) = r.relay_id, point
    out.arrive_by = r.relay_at
    return Ride(id=onward, number=number, sealed=_sealed(onward, {**said, "start": name}, r.incident_id),
                ready_at=r.relay_at, arrive_by=r.arrive_by, from_place_id=r.relay_id, to_place_id=r.to_place_id,
                from_lon=point[0], from_lat=point[1], to_lon=end[0], to_lat=end[1], follows=out, **common)  # fmt: skip


def _named(text: str, place_id: UUID | None, told: _Known) -> str:
    """Where a way begins or ends, in words for the driver: as it was typed, else the place's own name."""
    place = told.places.get(place_id) if place_id else None
    return text.strip() or (place.name if place else "")


def _sealed(ride_id: UUID, said: Mapping[str, str], incident_id: UUID | None) -> bytes:
    told = {k: v.strip()[:300] for k, v in said.items() if v.strip()}
    scope = "incident" if incident_id else "register"
    return sealed([(ride_id, told)], scope=scope, scope_id=incident_id, retention="plea")[0]


def _point(place_id: UUID | None, building: Building | None, area_id: UUID | None, told: _Known) -> Point:
    """Where a way begins or ends: the place, the house, else the middle of the houses of the area; None: not known."""
    place = told.places.get(place_id) if place_id else None
    for spot in (place, None if place else building):
        if spot is not None and spot.lon is not None:
            return spot.lon, spot.lat
    within = place.area_id if place else area_id
    return told.middles.get(within, (None, None)) if within else (None, None)


def _numbers(n: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('dispatch_numbers') FROM generate_series(1, %s)", [n])
        return [row[0] for row in cursor.fetchall()]


@service("dispatch.confirm_terms", told=("terms",))
def confirm_terms(*, ride_id: UUID, side: str, post: str, by: Actor, at: datetime) -> Ride:
    """One side of an arrangement with another district says yes: ours, or theirs with the post that said so.

    Repeat: said already. Rights: dispatch.plan where the ride begins. Raises: RideMissing, RideUnfit.
    """
    row = locked_ride(ride_id)
    may_plan(row, by)
    if side not in ("ours", "theirs") or (side == "theirs" and not post.strip()):
        raise RideUnfit(field="post" if side == "theirs" else "side", fix="ours theirs")
    if getattr(row, f"{side}_at"):
        raise Repeated(row)
    if side == "ours":
        row.ours_at, row.ours_by = at, by.id
    else:
        row.theirs_at, row.theirs_by = at, post.strip()[:80]
    row.save(update_fields=["ours_at", "ours_by", "theirs_at", "theirs_by"])
    return row
