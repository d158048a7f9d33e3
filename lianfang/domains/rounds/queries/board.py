"""Who is left: by building, door and person, in the order of a walk; and how fast a round goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import reach
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Building, Household, Person, PersonFlag
from lianfang.domains.privacy.queries import opened
from lianfang.domains.rounds.models import Round, Share, Unit

HOUR = timedelta(hours=1)
PROBLEMS = """
SELECT count(*) FROM (
    SELECT area_id, ending, source, count(*) AS n FROM rounds_unit WHERE round_id = %(round)s GROUP BY 1, 2, 3
) u FULL JOIN (SELECT area_id, ending, source, n FROM rounds_tally WHERE round_id = %(round)s AND n <> 0) t
USING (area_id, ending, source) WHERE u.n IS DISTINCT FROM t.n
"""
PACE = """
SELECT count(*) FROM rounds_unit u WHERE u.round_id = %(round)s AND u.ended_at > %(since)s AND u.ended_at <= %(at)s
AND u.area_id IN (
    SELECT descendant_id FROM areas_areaclosure WHERE hierarchy = %(hierarchy)s AND ancestor_id = %(area)s)
"""


@dataclass
class Door:
    """A door of a round: people by how they stand ("" still to come), and whether somebody tried."""

    household: Household
    stands: dict[str, int] = field(default_factory=dict)
    is_tried: bool = False
    home: int = 0

    @property
    def left(self) -> int:
        """People behind the door without a named state."""
        return self.stands.get("", 0)

    @property
    def all(self) -> int:
        """People of the round behind the door."""
        return sum(self.stands.values())


def left_by_building(round_id: UUID, area_id: UUID) -> list[tuple[UUID, int]]:
    """Buildings of an area in which somebody is left, and how many: the fullest first."""
    rows = Unit.objects.filter(round_id=round_id, ending="", area_id__in=ids_below(area_id))
    counted = rows.values_list("building_id").annotate(n=Count("id"))
    return sorted(counted, key=lambda r: (-r[1], str(r[0])))


def building_left(found: Round, area_id: UUID) -> list[tuple[Building, int, int]]:
    """Buildings of an area with how many are left in each and how many the round counts there; the fullest first."""
    rows = Unit.objects.filter(round=found, area_id__in=ids_below(area_id))
    counted = {
        b: (left, n)
        for b, left, n in rows.values_list("building_id").annotate(left=Count("id", filter=Q(ending="")), n=Count("id"))
    }
    blocks = Building.objects.filter(id__in=counted).select_related("area").defer("area__outline")
    ordered = sorted(blocks, key=lambda b: (-counted[b.id][0], b.area.position, b.position, b.name))
    return [(b, *counted[b.id]) for b in ordered]


def doors_standing(found: Round, building: Building) -> list[Door]:
    """The doors of a building as it stands (unit, top floor first), each with how its people stand in the round."""
    doors = {h.id: Door(h) for h in Household.objects.filter(building=building).order_by("unit", "-floor", "door")}
    rows = Unit.objects.filter(round=found, building=building).values_list("household_id", "ending")
    counted = rows.annotate(
        n=Count("id"), tried=Count("id", filter=Q(tries__gt=0)), home=Count("id", filter=Q(is_home=True))
    )
    for household, ending, n, tried, home in counted:
        door = doors.get(household)
        if door is not None:
            door.stands[ending] = n
            door.home += home
            door.is_tried |= bool(tried) and ending == ""
    return list(doors.values())


def people_behind(
    found: Round, household_ids: Sequence[UUID], *, by: Actor, at: datetime, whole: bool
) -> dict[UUID, list[dict[str, Any]]]:
    """By door its people of a round: name (whole where the actor must address them), age, marks, how each stands.

    Only doors in the actor's areas (grid.read), or on its own list.
    """
    units = list(Unit.objects.filter(round=found, household__in=household_ids).order_by("id"))
    seen = reach(by, "grid.read", areas={u.area_id for u in units})
    full = reach(by, "grid.read_full", areas={u.area_id for u in units})
    mine = set(Share.objects.filter(round=found, account_id=by.id).values_list("building_id", flat=True))
    shown = [u for u in units if seen.has(u.area_id, found.incident_id) or u.building_id in mine]
    clear = {u.unit_id for u in shown if whole and (full.has(u.area_id, found.incident_id) or u.building_id in mine)}
    people = {p.id: p for p in Person.objects.filter(id__in=[u.unit_id for u in shown])}
    values: dict[UUID, dict[str, Any]] = {}
    for is_whole in (True, False):
        some = [p for i, p in people.items() if (i in clear) == is_whole]
        values |= opened(some, by=by, fields=("name", "id_number"), whole=is_whole)
    flags: dict[UUID, list[str]] = {}
    for person, flag in PersonFlag.objects.filter(person_id__in=people, to_on=None).values_list("person_id", "flag"):
        flags.setdefault(person, []).append(flag)
    out: dict[UUID, list[dict[str, Any]]] = {}
    for u in shown:
        if u.unit_id in people:
            row = _person(u, people[u.unit_id], values[u.unit_id], flags.get(u.unit_id, []), at)
            out.setdefault(u.household_id, []).append(row)
    return out


def _person(u: Unit, p: Person, values: Mapping[str, Any], flags: Sequence[str], at: datetime) -> dict[str, Any]:
    return {
        "id": p.id,
        "name": values["name"],
        "id_tail": str(values["id_number"])[-4:],
        "sex": p.sex,
        "age": at.year - p.birth_year if p.birth_year else None,
        "flags": flags,
        "unit": u,
    }


def unit_standing(found: Round, person_id: UUID) -> Unit | None:
    """How one person stands in a round; None where the round does not count the person."""
    return Unit.objects.filter(round=found, unit_id=person_id).first()


def next_doors(
    found: Round, *, by: Actor, area_id: UUID | None = None, is_home: bool = False, limit: int
) -> list[Door]:
    """Doors with somebody left, in the order of a walk from the top down: of the actor's own list, or of an area."""
    rows = Unit.objects.filter(round=found, ending="")
    if area_id:
        rows = rows.filter(area_id__in=ids_below(area_id))
    else:
        rows = rows.filter(building__in=Share.objects.filter(round=found, account_id=by.id).values("building_id"))
    if is_home:
        rows = rows.filter(is_home=True)
    order = (
        "building__area__position",
        "building__position",
        "building__name",
        "building_id",
        "unit",
        "-floor",
        "door",
    )
    doors = Household.objects.filter(id__in=rows.values("household_id")).select_related("building__area")
    found_doors = {h.id: Door(h) for h in doors.defer("building__area__outline").order_by(*order)[:limit]}
    for household, tries in rows.filter(household__in=found_doors).values_list("household_id", "tries"):
        found_doors[household].stands[""] = found_doors[household].left + 1
        found_doors[household].is_tried |= tries > 0
    return list(found_doors.values())


def pace_of(found: Round, area_id: UUID, *, at: datetime) -> int:
    """How many came to an ending in an area in the last hour."""
    given: dict[str, Any] = {"round": found.id, "since": at - HOUR, "at": at, "hierarchy": DIVISION, "area": area_id}
    with connection.cursor() as cursor:
        cursor.execute(PACE, given)
        return int(cursor.fetchone()[0])


def tally_problems(found: Round) -> int:
    """How many of the kept counts differ from the units themselves; 0 if the sums are true."""
    with connection.cursor() as cursor:
        cursor.execute(PROBLEMS, {"round": found.id})
        return int(cursor.fetchone()[0])
