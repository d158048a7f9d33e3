"""What holds a person or a building, at a time, in which words: the one query for page, gate, claim and message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import edition
from lianfang.domains.grid.models import Presence
from lianfang.domains.holds.models import Hold, HoldBuilding
from lianfang.domains.holds.rules import precedence

WORST = ("green", "yellow", "red")  # colours of the health code, the worst last
# Each building's hold that speaks is found first: a district has a hundred times fewer buildings than people.
RANKED = """
WITH live AS (
    SELECT id, person_id, row_number() OVER (ORDER BY
        CASE effect WHEN 'danger' THEN 2 WHEN 'exempt' THEN 1 ELSE 0 END DESC, rank DESC, id) AS n
    FROM holds_hold
    WHERE from_at <= %(at)s AND (until_at IS NULL OR until_at > %(at)s) AND (ended_at IS NULL OR ended_at > %(at)s)
)
"""
NUMBERS = RANKED + "SELECT n, id FROM live"  # noqa: S608  constants only
ALL_HELD_TAIL = """
, building AS (
    SELECT hb.building_id, min(live.n) AS n FROM live JOIN holds_holdbuilding hb ON hb.hold_id = live.id
    WHERE live.person_id IS NULL GROUP BY hb.building_id
)
SELECT pr.person_id, building.n FROM building JOIN grid_presence pr ON pr.building_id = building.building_id
    AND pr.to_on IS NULL AND pr.kind IN ('lives', 'stays')
UNION ALL
SELECT person_id, n FROM live WHERE person_id IS NOT NULL
"""
ALL_HELD = RANKED + ALL_HELD_TAIL
# Only what keeps somebody at home or inside an area confines; a watch area does not.
HELD_BY_AREA = """
WITH live AS (
    SELECT id, person_id, NOT (rules->'leave_home' = '"yes"' AND rules->'leave_zone' = '"yes"') AS confines
    FROM holds_hold
    WHERE from_at <= %(at)s AND (until_at IS NULL OR until_at > %(at)s) AND (ended_at IS NULL OR ended_at > %(at)s)
        AND effect = 'restrict' AND (%(incident)s::uuid IS NULL OR incident_id = %(incident)s::uuid)
), building AS MATERIALIZED (
    SELECT hb.building_id, live.confines FROM live JOIN holds_holdbuilding hb ON hb.hold_id = live.id
    WHERE live.person_id IS NULL
), person AS MATERIALIZED (SELECT person_id, confines FROM live WHERE person_id IS NOT NULL)
SELECT c.descendant_id, found.held, found.confined FROM areas_areaclosure c CROSS JOIN LATERAL (
    SELECT count(DISTINCT p.person_id) AS held, count(DISTINCT p.person_id) FILTER (
        WHERE p.building_id IN (SELECT building_id FROM building WHERE confines)
        OR p.person_id IN (SELECT person_id FROM person WHERE confines)
    ) AS confined
    FROM grid_presence p WHERE p.area_id = c.descendant_id AND p.to_on IS NULL AND p.kind IN ('lives', 'stays')
    AND (p.building_id IN (SELECT building_id FROM building) OR p.person_id IN (SELECT person_id FROM person))
) AS found WHERE c.hierarchy = %(hierarchy)s AND c.ancestor_id = %(area)s AND found.held > 0
"""


def own_holds(by: Actor, *, limit: int = 20) -> list[Hold]:
    """Every hold that was placed on the actor alone, and those round the home that hold now or did; newest first."""
    homes = Presence.objects.filter(person_id=by.person_id, kind__in=("lives", "stays")).values("building_id")
    inside = HoldBuilding.objects.filter(building_id__in=homes).values("hold_id")
    rows = Hold.objects.filter(Q(person_id=by.person_id) | Q(person=None, id__in=inside))
    return list(rows.order_by("-from_at", "id")[:limit]) if by.person_id else []


def live_holds(at: datetime) -> QuerySet[Hold]:
    """Holds that are in force at a time (half-open)."""
    return Hold.objects.filter(
        Q(until_at=None) | Q(until_at__gt=at), Q(ended_at=None) | Q(ended_at__gt=at), from_at__lte=at
    )


def colour_of(holds: Collection[Hold]) -> tuple[str, Hold | None]:
    """The colour of a person's health code by what restricts him now, and the hold that makes it: the worst speaks.

    By the editions of the holds: a kind of zone or of watching states its colour. Without any it is green.
    """
    found = [(code_colour(h.edition, h.kind), h) for h in holds if h.effect == "restrict"]
    worst = max(found, key=lambda f: (WORST.index(f[0]), f[1].rank), default=None)
    return worst if worst and worst[0] != WORST[0] else (WORST[0], None)


def code_colour(edition_code: str, kind: str) -> str:
    """What a kind of zone or of watching means for the health code, as its edition says; green where it does not."""
    body = edition(edition_code)
    kinds = (*body.get("zone_kinds", ()), *body.get("watch_kinds", ()))
    return next((str(k.get("code_colour", WORST[0])) for k in kinds if k["name"] == kind), WORST[0])


def holds_of(person_id: UUID, *, at: datetime) -> list[Hold]:
    """All holds on a person at a time, the one that speaks first: danger to life > exemption > strictest.

    Personal ones, and those of the buildings where the person lives or stays.
    """
    buildings = Presence.objects.filter(person_id=person_id, to_on=None, kind__in=("lives", "stays")).values(
        "building_id"
    )
    inside = HoldBuilding.objects.filter(building_id__in=buildings).values("hold_id")
    rows = list(live_holds(at).filter(Q(person_id=person_id) | Q(id__in=inside)))
    return sorted(rows, key=lambda h: precedence(h.effect, h.rank), reverse=True)


def colours_of_people(person_ids: Collection[UUID], *, at: datetime) -> dict[UUID, set[str]]:
    """The code colours of holds placed on some persons themselves, not on where they live; who has none is left out."""
    out: dict[UUID, set[str]] = {}
    for h in live_holds(at).filter(person_id__in=person_ids, effect="restrict"):
        if h.person_id is not None:
            out.setdefault(h.person_id, set()).add(code_colour(h.edition, h.kind))
    return out


def holds_of_building(building_id: UUID, *, at: datetime) -> list[Hold]:
    """All holds on a building at a time, strictest first."""
    rows = list(live_holds(at).filter(person=None, buildings__building_id=building_id))
    return sorted(rows, key=lambda h: precedence(h.effect, h.rank), reverse=True)


def holds_behind(building_id: UUID, person_ids: Sequence[UUID], *, at: datetime) -> list[Hold]:
    """All holds on a building and on persons who live there, the one that speaks first: for the page of a door."""
    rows = live_holds(at).filter(Q(person=None, buildings__building_id=building_id) | Q(person_id__in=person_ids))
    return sorted(rows.distinct(), key=lambda h: precedence(h.effect, h.rank), reverse=True)


def words_by_building(building_ids: Collection[UUID], *, at: datetime) -> dict[UUID, list[Hold]]:
    """For each of many buildings the holds on it, the strictest first: an address says in which zone it lies."""
    out: dict[UUID, list[Hold]] = {}
    rows = HoldBuilding.objects.filter(building_id__in=building_ids, hold__in=live_holds(at).filter(person=None))
    for r in rows.select_related("hold"):
        out.setdefault(r.building_id, []).append(r.hold)
    return {b: sorted(hs, key=lambda h: precedence(h.effect, h.rank), reverse=True) for b, hs in out.items()}


def holds_of_all(*, at: datetime) -> dict[UUID, UUID]:
    """For everybody who is held at a time, the hold that speaks."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, {"at": at})
        hold = dict(cursor.fetchall())
        cursor.execute(ALL_HELD, {"at": at})
        rows = cursor.fetchall()
    best: dict[UUID, int] = dict(rows)
    if len(best) < len(rows):
        # Who has a hold of his own, or two stays, is met twice: the lower number speaks.
        for person, n in rows:
            best[person] = min(best[person], n)
    return {person: hold[n] for person, n in best.items()}


def held_by_area(area_id: UUID, *, at: datetime, incident_id: UUID | None = None) -> dict[UUID, tuple[int, int]]:
    """By smallest area: how many who live or stay there a restriction holds at a time, and how many it confines.

    Counts only: no person is shown. Each person counts once in an area; areas with nobody held are left out.
    """
    given = {"at": at, "incident": incident_id, "hierarchy": DIVISION, "area": area_id}
    with connection.cursor() as cursor:
        cursor.execute(HELD_BY_AREA, given)
        return {area: (held, confined) for area, held, confined in cursor.fetchall()}


def persons_held(at: datetime, *, incident_id: UUID | None = None, area_id: UUID | None = None) -> int:
    """How many persons at least one restriction holds at a time, each once; of an incident, or who live in an area."""
    holds = live_holds(at).filter(effect="restrict")
    if incident_id:
        holds = holds.filter(incident_id=incident_id)
    stays = Presence.objects.filter(to_on=None, kind__in=("lives", "stays"))
    if area_id:
        stays = stays.filter(area_id__in=ids_below(area_id))
    personal = holds.filter(person__isnull=False).values("person_id")
    inside = stays.filter(building_id__in=holds.filter(person=None).values("buildings__building_id")).values(
        "person_id"
    )
    if area_id:
        return inside.union(stays.filter(person_id__in=personal).values("person_id")).count()
    return inside.union(personal).count()


def reviews_due(at: datetime) -> QuerySet[Hold]:
    """Holds whose review time has come and that nobody has decided on."""
    return Hold.objects.filter(ended_at=None, review_at__lte=at)


def buildings_held(building_ids: Collection[UUID], *, at: datetime) -> set[UUID]:
    """Of some buildings those inside the extent of a hold that is in force."""
    rows = HoldBuilding.objects.filter(building_id__in=building_ids, hold__in=live_holds(at).filter(person=None))
    return set(rows.values_list("building_id", flat=True))
