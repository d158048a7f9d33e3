"""Exam candidates whose homes come to lie in zones: found at every change, each with a plan, then home."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.timezone import get_current_timezone

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.editions.queries import common_edition, value
from lianfang.domains.grid.models import Person, Presence
from lianfang.domains.holds.queries import words_by_building
from lianfang.domains.messages.services import Writing, write_messages
from lianfang.domains.places.models import Place, Stay
from lianfang.domains.places.services.stays import free_stays, reserve_stay
from lianfang.domains.privacy.queries import opened
from lianfang.domains.responders.queries import duty_lists
from lianfang.domains.tracing.queries import people_meant
from lianfang.domains.work.errors import ItemMissing, MoveUnfit
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import item_seen
from lianfang.domains.work.services import NewItem, Note, find_in_zone, give_values, make_move, open_items

KIND, ROOM, SEAT = "exam-candidate", "exam-room", "isolated"
HERE = ("lives", "stays")
WATCHED = ("found", "planned", "left", "at-point", "finished")
ENDS_ROOM = ("finish", "drop", "replan")  # moves after which the room is kept no more
Wrong = tuple[int, str, str]  # row, field, what would fit


@dataclass(frozen=True)
class Candidate:
    """One line of a list: who, as name and id number say, and where and when the exam is."""

    row: int
    name: str
    id_number: str
    point: str
    day: date
    starts: time


def keep_candidates(
    *, exam: str, lines: Sequence[Candidate], area_id: UUID, by: Actor, at: datetime
) -> tuple[int, list[Wrong]]:
    """Keep the lines of a list whose person and exam point are known here, and look at once who lives in a zone.

    Gives how many were new, and for each other line its row, field and what would fit. Neither name nor number is
    kept: an entry is about a person of the register. Repeat: a line sent again is the entry it was.
    Rights: work.open on the area; of persons and exam points those the actor sees and that lie below it.
    """
    require(by, "work.open", area_id=area_id)
    below = set(ids_below(area_id))
    points = set(Place.objects.filter(kind=ROOM, area_id__in=below).values_list("name", flat=True))
    meant = people_meant({(c.name, c.id_number) for c in lines}, by=by)
    people = {p for some in meant.values() for p in some}
    homes = dict(Presence.objects.filter(person_id__in=people, to_on=None, kind__in=HERE, area_id__in=below)
                 .order_by("kind").values_list("person_id", "area_id"))  # fmt: skip
    hours = float(value(common_edition(), "exam_plan_hours", area_id=area_id, at=at))
    items, wrong = [], list[Wrong]()
    for c in lines:
        found = _whole([p for p in meant.get((c.name, c.id_number), []) if p in homes], c, by)
        if len(found) != 1:
            wrong.append((c.row, "id_number", "one" if found else "none"))
        elif c.point not in points:
            wrong.append((c.row, "point", ", ".join(sorted(points)[:6])))
        else:
            items.append(_entry(exam, c, found[0], homes[found[0]], area_id, hours))
    with transaction.atomic():
        known = set(Item.objects.filter(id__in=[i.id for i in items]).values_list("id", flat=True))
        open_items(kind_name=KIND, items=items, area_id=area_id, incident_id=None, by=by, at=at)
        match_candidates(building_ids=_homes({i.unit_id for i in items if i.unit_id}), by=by, at=at)
    return len({i.id for i in items} - known), sorted(wrong)


def _whole(found: list[UUID], c: Candidate, by: Actor) -> list[UUID]:
    """Of namesakes whose numbers end alike those whose whole number it is."""
    if len(found) < 2:
        return found
    told = opened(list(Person.objects.filter(id__in=found)), by=by, fields=("id_number",), whole=True)
    return [p for p in found if told[p]["id_number"] == c.id_number]


def _entry(exam: str, c: Candidate, person_id: UUID, home: UUID, area_id: UUID, hours: float) -> NewItem:
    starts = datetime.combine(c.day, c.starts, get_current_timezone())
    values = {"point": c.point, "day": c.day.isoformat(), "starts": c.starts.strftime("%H:%M")}
    return NewItem(uuid5(area_id, f"{exam} {person_id} {starts.isoformat()}"), home, "person", person_id, title=exam,
                   values=values, due_at=starts, slot_at=starts - timedelta(hours=hours))  # fmt: skip


def _homes(people: Collection[UUID]) -> list[UUID]:
    rows = Presence.objects.filter(person_id__in=people, to_on=None, kind__in=HERE).exclude(building_id=None)
    return list(dict.fromkeys(b for b in rows.values_list("building_id", flat=True) if b))


def _live_there(buildings: Collection[UUID]) -> list[UUID]:
    rows = Presence.objects.filter(building_id__in=list(buildings), to_on=None, kind__in=HERE)
    return list(rows.values_list("person_id", flat=True))


def match_candidates(*, building_ids: Collection[UUID], by: Actor, at: datetime) -> list[UUID]:
    """Of candidates on a list those whose home a zone holds now are found; who plans for them is told how many.

    Called whenever a zone comes into force or changes, and when a list is kept. Rights: the flow's. Repeat: harmless.
    """
    held = words_by_building(list(building_ids), at=at)
    closed = [b for b, holds in held.items() if any(h.effect == "restrict" for h in holds)]
    found = list(find_in_zone(unit_ids=_live_there(closed), why="incidents.zone", by=by, at=at)) if closed else []
    _tell(list(Item.objects.filter(id__in=found).select_related("area")), "exam-hit", by, at)
    return found


def tell_of_change(*, building_ids: Collection[UUID], by: Actor, at: datetime) -> int:
    """A zone over candidates' homes changed or ended: who plans for them hears; no plan changes by itself."""
    rows = Item.objects.filter(kind=KIND, state__in=WATCHED, unit_id__in=_live_there(building_ids))
    items = list(rows.select_related("area").order_by("id"))
    _tell(items, "exam-zone", by, at)
    return len(items)


def _tell(items: Sequence[Item], template: str, by: Actor, at: datetime) -> None:
    """The first of the committee's and of the command's list for each area, and whoever owns an entry: once each."""
    areas = {i.area_id: i.area for i in items}
    lists = duty_lists({(r, a) for a in areas for r in ("committee-lead", "duty-officer")}, at=at)
    writings = []
    for area_id, area in areas.items():
        mine = [i for i in items if i.area_id == area_id]
        firsts = [x for r in ("committee-lead", "duty-officer") for x in lists[r, area_id][:1]]
        blanks = {"area": {"zh": area.name, "en": area.name_en or area.name}, "many": str(len(mine))}
        for who in dict.fromkeys([*firsts, *(i.owner_id for i in mine if i.owner_id)]):
            key = uuid5(mine[0].id, f"{template} {who} {at.isoformat()}")
            writings.append(Writing(key, "account", who, blanks, mine[0].id, area_id))
    if writings:
        write_messages(writings=writings, edition=common_edition(), template=template, incident_id=None, by=by, at=at)


def _candidate(item_id: UUID, by: Actor) -> Item:
    """An open entry whose plan the actor may make. Raises ItemMissing, RightMissing."""
    item = item_seen(item_id, by=by)
    if item.kind != KIND or item.unit_id is None:
        raise ItemMissing(item=str(item_id))
    require(by, "work.do", area_id=item.area_id, incident_id=item.incident_id)
    return item


def keep_room(*, item_id: UUID, place_id: UUID, by: Actor, at: datetime) -> Stay:
    """An isolated seat of an exam room that is open, its checklist done, is kept for a candidate who was found.

    Rights: work.do where he lives. Repeat: kept. Raises: ItemMissing, MoveUnfit (not found, or the plan is complete),
    PlaceMissing, PlaceClosed, PlaceFull, StaysElsewhere.
    """
    item = _candidate(item_id, by)
    room = Place.objects.filter(id=place_id, kind=ROOM).first()
    if item.state != "found" or room is None or item.unit_id is None:
        raise MoveUnfit(state=item.state, move="room")
    with transaction.atomic():
        Item.objects.select_for_update(of=("self",)).get(id=item.id)  # two rooms chosen at once: one is kept
        before = _kept(item.id)
        if before is not None and before.place_id == room.id:
            return before
        if before is not None:
            free_stays(person_ids=[], stay_ids=[before.id], by=by, at=at)
        stay: Stay = reserve_stay(stay_id=uuid5(item.id, f"exam room {at.isoformat()}"), place_id=room.id,
                                  capacity_class=SEAT, person_id=item.unit_id, from_at=at, by=by, at=at)  # fmt: skip
        give_values(item_id=item.id, values={"room": room.name, "room-stay": str(stay.id)}, by=by, at=at)
    return stay


def _kept(item_id: UUID) -> Stay | None:
    """The stay by which a candidate's room is kept, while it is."""
    text = Item.objects.values_list("values", flat=True).get(id=item_id).get("room-stay", "")
    return Stay.objects.filter(id=text, ended_at=None).first() if text else None


def car_of(item_id: UUID) -> Ride | None:
    """The car that is sent for a candidate: asked for, put on a trip, and not called off."""
    rows = Ride.objects.filter(item_id=item_id, outward=None, trip__isnull=False)
    return rows.exclude(state__in=("asked", "cancelled", "not_there")).select_related("trip").order_by("number").last()


def move_candidate(*, note_id: UUID, item_id: UUID, move: str, values: Mapping[str, Any], by: Actor,
                   at: datetime) -> UUID:  # fmt: skip
    """One step of a candidate: the plan is complete, or on the day home left, there, over, home again.

    The plan is complete only with a helper, a car that is on a trip, a kept room, invigilators and an entrance. The
    room is free again once the exam is over, or the plan changes. Rights, refusals, repeat: as work.make_moves.
    """
    item = item_seen(item_id, by=by)
    if item.kind != KIND:
        raise ItemMissing(item=str(item_id))
    with transaction.atomic():
        if move == "plan" and not item.is_closed:
            car = car_of(item.id)
            give_values(item_id=item.id, values={"car": f"№{car.number}" if car else ""}, by=by, at=at)
        make_move(note=Note(note_id, item_id, move, by, at, values=values), by=by, at=at)
        stay = _kept(item.id) if move in ENDS_ROOM else None
        if stay:
            free_stays(person_ids=[], stay_ids=[stay.id], by=by, at=at)
        if stay and move == "replan":
            give_values(item_id=item.id, values={"room": "", "room-stay": "", "car": ""}, by=by, at=at)
    return item_id
