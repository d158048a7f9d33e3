"""Rounds of work that repeat: a due slot opens one item for every unit the edition names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.timezone import localtime

from lianfang.base.actor import Actor
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import edition, value
from lianfang.domains.grid.models import Answerer, Building, Household, PersonFlag, Presence
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.places.models import Place
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items


def slots_due(routine: Mapping[str, Any], incident: Incident, *, at: datetime) -> list[datetime]:
    """Slots of a routine that are due today up to `at`: its times of the local day, or its first time every n days."""
    local = localtime(at)
    times = [time.fromisoformat(t) for t in routine.get("times") or ["08:00"]]
    if routine.get("every_days_value"):
        n = int(value(incident.edition, routine["every_days_value"], area_id=incident.area_id, at=at))
        if (local.date() - localtime(incident.opened_at).date()).days % max(n, 1):
            return []
        times = times[:1]
    slots = [datetime.combine(local.date(), t, local.tzinfo) for t in times]
    first = incident.opened_at - timedelta(hours=1)
    return [s for s in slots if first <= s <= at]


def _in_zones(incident: Incident, kinds: list[str]) -> list[UUID]:
    rows = ZoneVersion.objects.filter(zone__incident=incident, state="in_force", kind__in=kinds)
    return list(rows.values_list("buildings__building_id", flat=True).distinct())


def units_of(routine: Mapping[str, Any], incident: Incident) -> Iterable[tuple[UUID, UUID]]:
    """(unit, area) of everything a routine covers now, inside its zones and with its flags if it names any."""
    below = ids_below(incident.area_id)
    over, flags = routine["over"], list(routine.get("flags") or [])
    if over == "place":
        sites = Place.objects.filter(area_id__in=below, state="open")
        if routine.get("place_kinds"):
            sites = sites.filter(kind__in=routine["place_kinds"])
        return sites.values_list("id", "area_id")
    stays = Presence.objects.filter(area_id__in=below, to_on=None, kind__in=("lives", "stays"))
    homes = Household.objects.filter(area_id__in=below, is_empty=False)
    blocks = Building.objects.filter(area_id__in=below)
    if routine.get("zone_kinds"):
        zoned = _in_zones(incident, list(routine["zone_kinds"]))
        stays, homes, blocks = (
            stays.filter(building_id__in=zoned),
            homes.filter(building_id__in=zoned),
            blocks.filter(id__in=zoned),
        )
    if flags:
        flagged = PersonFlag.objects.filter(area_id__in=below, to_on=None, flag__in=flags).values("person_id")
        stays = stays.filter(person_id__in=flagged)
        homes = homes.filter(id__in=stays.values("household_id"))
        blocks = blocks.filter(id__in=stays.values("building_id"))
    if over == "person":
        return stays.order_by("person_id").distinct("person_id").values_list("person_id", "area_id")
    if over == "household":
        return homes.values_list("id", "area_id")
    if over == "building":
        return blocks.values_list("id", "area_id")
    return ((a, a) for a in blocks.values_list("area_id", flat=True).distinct())


def _owners(incident: Incident, role: str, at: datetime) -> dict[UUID, UUID]:
    rows = Answerer.objects.filter(area_id__in=ids_below(incident.area_id), role=role, household=None, to_at=None)
    return dict(rows.order_by("from_at").values_list("area_id", "account_id"))


def open_slot(
    *, incident: Incident, routine: Mapping[str, Any], slot_at: datetime, due_at: datetime, by: Actor, at: datetime
) -> int:
    """Open the items of one slot, each owned by who answers for its area; a slot opened before adds nothing."""
    # The job comes by every few seconds: whoever has the slot's item already is not looked at again.
    slot = Item.objects.filter(incident_id=incident.id, routine=routine["name"], slot_at=slot_at)
    have = set(slot.values_list("unit_id", flat=True))
    fresh = [(unit, area) for unit, area in units_of(routine, incident) if unit not in have]
    owners = _owners(incident, routine.get("role", "grid-worker"), at) if fresh else {}
    items = [
        NewItem(
            id=uuid5(incident.id, f"{routine['name']} {slot_at.isoformat()} {unit}"),
            area_id=area,
            unit_kind=routine["over"],
            unit_id=unit,
            title=routine["words"]["zh"],
            title_en=routine["words"]["en"],
            owner_id=owners.get(area),
            owner_role=routine.get("role", ""),
            due_at=due_at,
            routine=routine["name"],
            slot_at=slot_at,
        )
        for unit, area in fresh
    ]
    if not items:
        return 0
    with transaction.atomic():
        done = open_items(
            kind_name=routine["kind"],
            items=items,
            area_id=incident.area_id,
            incident_id=incident.id,
            by=by,
            at=at,
        )
    return sum(1 for o in done if not o.code)


def run_routines(*, by: Actor, at: datetime) -> int:
    """Open every due slot of every open incident; returns the items opened. Harmless when run twice."""
    opened = 0
    for incident in Incident.objects.filter(closed_at=None, mode="emergency"):
        for routine in edition(incident.edition).get("routines", []):
            for slot in slots_due(routine, incident, at=at):
                minutes = value(incident.edition, "round_due_minutes", area_id=incident.area_id, at=at)
                due = slot + timedelta(minutes=float(minutes))
                opened += open_slot(incident=incident, routine=routine, slot_at=slot, due_at=due, by=by, at=at)
    return opened
