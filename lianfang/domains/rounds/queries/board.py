"""Who is left: by building, door and person, in the order of a walk; and how fast a round goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Building, Household, Person, PersonFlag
from lianfang.domains.privacy.queries import opened, subjects_assigned
from lianfang.domains.rounds.models import Round, Share, Unit
from lianfang.domains.rounds.rules import TAKES_NOTES

HOUR = timedelta(hours=1)
STILL = ""  # the ending of who is still to come
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

PACE_BY_PART = """
SELECT c.ancestor_id, count(*) FROM rounds_unit u JOIN areas_areaclosure c ON c.descendant_id = u.area_id
WHERE u.round_id = %(round)s AND u.ended_at > %(since)s AND u.ended_at <= %(at)s
AND c.hierarchy = %(hierarchy)s AND c.ancestor_id = ANY(%(parts)s) GROUP BY c.ancestor_id
"""


@dataclass
class Door:
    """A door of a round: people by how they stand ("" still to come), and whether somebody tried."""

    household: Household
    stands: dict[str, int] = field(default_factory=dict)
    is_tried: bool = False
    home: int = 0
    units: list[Unit] = field(default_factory=list)

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


@dataclass(frozen=True)
class Block:
    """A building of a round: how many it counts there, are left, are left and met at home, and came to an ending."""

    id: UUID
    name: str
    all: int
    left: int
    home: int
    added: int
    ended: int  # in the last hour


def _within(rows: QuerySet[Unit], area_id: UUID) -> QuerySet[Unit]:
    """Units of an area; by its doors, since a round's units are found by building: a district's million is not read."""
    below = ids_below(area_id)
    doors = Household.objects.filter(area_id__in=below).values("building_id")
    return rows.filter(building_id__in=doors, area_id__in=below)


def blocks_of(found: Round, area_id: UUID, *, at: datetime) -> list[Block]:
    """Buildings of an area in a round, the fullest first, in one question: their sums are the area's. Counts only."""
    rows = _within(Unit.objects.filter(round=found), area_id)
    place = ("building__area__position", "building__position", "building__name", "building_id")
    counted = rows.values(*place).annotate(
        n=Count("id"),
        left=Count("id", filter=Q(ending="")),
        home=Count("id", filter=Q(ending="", is_home=True)),
        added=Count("id", filter=~Q(source="register")),
        ended=Count("id", filter=Q(ended_at__gt=at - HOUR, ended_at__lte=at)),
    )
    return [
        Block(r["building_id"], r["building__name"], r["n"], r["left"], r["home"], r["added"], r["ended"])
        for r in counted.order_by("-left", *place)
    ]


def _own_shares(found: Round, by: Actor, at: datetime) -> QuerySet[Share]:
    """Buildings on the actor's list whose purpose holds now: it ends with the round, when dealt anew, with the post."""
    live = subjects_assigned(by, at=at).values("source_id")
    return Share.objects.filter(round=found, round__state__in=TAKES_NOTES, account_id=by.id, id__in=live)


def _units_shown(found: Round, by: Actor, at: datetime, **where: Any) -> list[Unit]:
    """Units with what the actor may see of each: the door's people (`is_seen`), their whole names (`is_clear`)."""
    mine = Exists(_own_shares(found, by, at).filter(building_id=OuterRef("building_id")))
    marks = {
        name: ExpressionWrapper(held(by, right, incident="round__incident_id"), output_field=BooleanField())
        for name, right in (("is_read", "grid.read"), ("is_full", "grid.read_full"))
    }
    rows = Unit.objects.filter(round=found, **where).annotate(is_mine=mine, **marks).order_by("id")
    units: list[Any] = list(rows)
    for u in units:
        u.is_seen, u.is_clear = u.is_read or u.is_mine, u.is_full or u.is_mine
    return units


def doors_standing(found: Round, building: Building | UUID, *, by: Actor, at: datetime, area_id: UUID) -> list[Door]:
    """The doors of a building as it stands (unit, top floor first), each with how its people stand in the round.

    Only its doors in the area asked about, whose rounds the caller may read: none of a building that lies elsewhere.
    """
    rows = Household.objects.filter(building=building, area_id__in=ids_below(area_id)).select_related("building")
    doors = {h.id: Door(h) for h in rows.order_by("unit", "-floor", "door")}
    for u in _units_shown(found, by, at, building=building):
        door = doors.get(u.household_id)
        if door is not None:
            door.units.append(u)
            door.stands[u.ending] = door.stands.get(u.ending, 0) + 1
            door.home += u.is_home
            door.is_tried |= u.tries > 0 and u.ending == ""
    return list(doors.values())


def people_behind(
    found: Round,
    household_ids: Sequence[UUID],
    *,
    by: Actor,
    at: datetime,
    whole: bool,
    units: Sequence[Unit] | None = None,
) -> dict[UUID, list[dict[str, Any]]]:
    """By door its people of a round: name (whole where the actor must address them), age, marks, how each stands.

    Only doors in the actor's areas (grid.read), or on its own list. `units`: those `doors_standing` gave, if it did.
    """
    if units is None:
        units = _units_shown(found, by, at, household__in=household_ids)
    shown = [u for u in units if u.is_seen]  # type: ignore[attr-defined]  # annotated
    clear = {u.unit_id for u in shown if whole and u.is_clear}  # type: ignore[attr-defined]  # annotated
    marks = PersonFlag.objects.filter(person_id=OuterRef("pk"), to_on=None).order_by("flag").values("flag")
    rows = Person.objects.filter(id__in=[u.unit_id for u in shown]).annotate(flags_now=ArraySubquery(marks))
    people = {p.id: p for p in rows}
    values: dict[UUID, dict[str, Any]] = {}
    for is_whole in (True, False):
        some = [p for i, p in people.items() if (i in clear) == is_whole]
        values |= opened(some, by=by, fields=("name", "id_number"), whole=is_whole)
    out: dict[UUID, list[dict[str, Any]]] = {}
    for u in shown:
        p = people.get(u.unit_id)
        if p is not None:
            row = _person(u, p, values[u.unit_id], p.flags_now, at)
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
    found: Round,
    *,
    by: Actor,
    area_id: UUID | None = None,
    is_home: bool = False,
    endings: Sequence[str] = (STILL,),
    limit: int,
) -> list[Door]:
    """Doors with somebody left, in the order of a walk from the top down: of the actor's own list, or of an area.

    Takes: endings: doors with somebody who stands so, where others than those left are meant.
    """
    rows = Unit.objects.filter(round=found, ending__in=endings)
    if area_id:
        rows = _within(rows, area_id)
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
    for household, ending, tries in rows.filter(household__in=found_doors).values_list(
        "household_id", "ending", "tries"
    ):
        stands = found_doors[household].stands
        stands[ending] = stands.get(ending, 0) + 1
        found_doors[household].is_tried |= tries > 0 and ending == STILL
    return list(found_doors.values())


def shares_in(found: Round, area_id: UUID) -> dict[UUID, set[UUID]]:
    """Who has which buildings of an area on its list, by account."""
    out: dict[UUID, set[UUID]] = {}
    rows = Share.objects.filter(round=found, building__area_id__in=ids_below(area_id))
    for account, building in rows.values_list("account_id", "building_id"):
        out.setdefault(account, set()).add(building)
    return out


def pace_of(found: Round, area_id: UUID, *, at: datetime) -> int:
    """How many came to an ending in an area in the last hour."""
    given: dict[str, Any] = {"round": found.id, "since": at - HOUR, "at": at, "hierarchy": DIVISION, "area": area_id}
    with connection.cursor() as cursor:
        cursor.execute(PACE, given)
        return int(cursor.fetchone()[0])


def pace_by_part(found: Round, parts: Sequence[UUID], *, at: datetime) -> dict[UUID, int]:
    """The same of several areas, in one question."""
    given: dict[str, Any] = {"round": found.id, "since": at - HOUR, "at": at, "hierarchy": DIVISION}
    given["parts"] = list(parts)
    with connection.cursor() as cursor:
        cursor.execute(PACE_BY_PART, given)
        return dict(cursor.fetchall())


def tally_problems(found: Round) -> int:
    """How many of the kept counts differ from the units themselves; 0 if the sums are true."""
    with connection.cursor() as cursor:
        cursor.execute(PROBLEMS, {"round": found.id})
        return int(cursor.fetchone()[0])
