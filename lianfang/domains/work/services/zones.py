"""Work that was only for the time of a zone, a hold or a weather warning: it ends with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service, tell
from lianfang.domains.editions.queries import kind, kinds_by_name
from lianfang.domains.grid.models import Household, Presence
from lianfang.domains.privacy.services import end_purposes
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.rules import IN_ZONE, WITH_AREA, WITH_ZONE, closed_states, move_at_end
from lianfang.domains.work.services.timing import start_clocks


@service("work.end_with_zone", door=False)
def end_with_zone(*, building_ids: Sequence[UUID], incident_id: UUID, why: str, by: Actor, at: datetime) -> int:
    """End open work of an incident about these buildings, their doors and people, where its kind says so; how many.

    Repeat: what has ended is left. Rights: the flow's, which frees the people. Locks: the items, in id order.
    """
    doors = Household.objects.filter(building_id__in=building_ids).values("id")
    people = Presence.objects.filter(building_id__in=building_ids, to_on=None).values("person_id")
    mine = Item.objects.filter(incident_id=incident_id, is_closed=False)
    ids = {*mine.filter(unit_id__in=doors).values_list("id", flat=True)}
    ids |= {*mine.filter(unit_id__in=people).values_list("id", flat=True)}
    ids |= {*mine.filter(unit_id__in=list(building_ids)).values_list("id", flat=True)}
    return end_items(ids, "zone", why, by, at)


@service("work.end_with_hold", door=False)
def end_with_hold(*, unit_ids: Sequence[UUID], incident_id: UUID, why: str, by: Actor, at: datetime) -> int:
    """End open work of an incident about these persons, doors and watch cases, where its kind ends with what held them.

    Repeat: what has ended is left. Rights: the flow's, which frees the people. Locks: the items, in id order.
    """
    mine = Item.objects.filter(incident_id=incident_id, is_closed=False, unit_id__in=list(unit_ids))
    return end_items({*mine.values_list("id", flat=True)}, "hold", why, by, at)


@service("work.end_with_warning", door=False)
def end_with_warning(*, warning_id: UUID, kept_ids: Collection[UUID], why: str, by: Actor, at: datetime) -> int:
    """End open work that a weather warning's line flagged, but for what is kept; how many.

    Repeat: what has ended is left. Rights: the flow's, which changes the warning. Locks: the items, in id order.
    """
    mine = Item.objects.filter(root_id=warning_id, is_closed=False).exclude(id__in=list(kept_ids))
    ended = end_items({*mine.values_list("id", flat=True)}, "warning", why, by, at)
    if not ended:
        raise Repeated(0)  # the job asks again and again: nothing ended leaves no entry
    return ended


@service("work.free_with_area", door=False)
def free_with_area(*, area_ids: Collection[UUID], incident_id: UUID, why: str, by: Actor, at: datetime) -> list[UUID]:
    """Open items that wait for the release of their area make the move by which their kind says they are free.

    Those of the incident, and of none. Repeat: what is free already. Rights: the flow's. Gives the items, by id.
    """
    bodies = {name: body for name, body in kinds_by_name().items() if body.get(WITH_AREA)}
    rows = Item.objects.filter(Q(incident_id=incident_id) | Q(incident_id=None), area_id__in=list(area_ids))
    found = rows.filter(kind__in=bodies, is_closed=False).values_list("id", "kind", "version", "state")
    ids = {i for i, name, version, state in found if move_at_end(kind(name, version), state, WITH_AREA)}
    if not ids:
        raise Repeated([])
    end_items(ids, "area", why, by, at, key=WITH_AREA)
    return sorted(ids, key=str)


@service("work.find_in_zone", door=False)
def find_in_zone(*, unit_ids: Collection[UUID], why: str, by: Actor, at: datetime) -> list[UUID]:
    """Open items about these persons make the move by which their kind says that a zone holds their home now.

    Repeat: what was found before. Rights: the flow's. Gives the items, by id.
    """
    bodies = {name: body for name, body in kinds_by_name().items() if body.get(IN_ZONE)}
    rows = Item.objects.filter(unit_id__in=list(unit_ids), kind__in=bodies, is_closed=False)
    found = rows.values_list("id", "kind", "version", "state")
    ids = {i for i, name, version, state in found if move_at_end(kind(name, version), state, IN_ZONE)}
    if not ids:
        raise Repeated([])
    end_items(ids, "found", why, by, at, key=IN_ZONE)
    return sorted(ids, key=str)


def end_items(ids: set[UUID], what: str, why: str, by: Actor, at: datetime, *, key: str = WITH_ZONE) -> int:
    """Make the ending move of each item whose kind has one from its state."""
    moves, ended = [], []
    for item in Item.objects.select_for_update().filter(id__in=ids).order_by("id"):
        body = kind(item.kind, item.version)
        move = move_at_end(body, item.state, key)
        if move is None:
            continue
        note_id = uuid5(item.id, f"{what} {at.isoformat()}")
        moves.append(Move(id=note_id, item_id=item.id, move=move["name"], from_state=item.state, to_state=move["to"],
                          by=by.id, at=at, told={"why": why}))  # fmt: skip
        item.state, item.changed_at, item.next_try_at = move["to"], at, None
        item.is_closed = item.state in closed_states(body)
        item.closed_at = at if item.is_closed else None
        ended.append(item)
    Move.objects.bulk_create(moves, batch_size=2000)
    tell(moved=len(moves))
    update_rows(Item, ended, ["state", "changed_at", "next_try_at", "is_closed", "closed_at"])
    for name, version in {(i.kind, i.version) for i in ended}:
        start_clocks(kind(name, version), [i for i in ended if (i.kind, i.version) == (name, version)], at=at)
    end_purposes(source_ids=[i.id for i in ended if i.is_closed or key == WITH_ZONE], by=by, at=at)
    return len(ended)
