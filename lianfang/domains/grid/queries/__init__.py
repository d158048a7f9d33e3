"""The register as those may see it who have the right, in their areas or for their purpose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Avg, Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import is_self, may, post_of, visible_areas
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import below_at, ids_below
from lianfang.domains.grid.errors import HouseholdMissing, PersonMissing
from lianfang.domains.grid.models import (
    Answerer,
    Building,
    Household,
    Link,
    Person,
    PersonFlag,
    PopulationBase,
    Presence,
)
from lianfang.domains.grid.queries.files import (
    areas_to_name,
    buildings_of_moves,
    difference_counts,
    fate_counts,
    file_rows,
    file_seen,
    files_of,
    names_unknown,
    rehoused,
    rows_waiting,
)
from lianfang.domains.grid.queries.marks import marks_by_area, people_marked, units_marked
from lianfang.domains.grid.queries.nodes import answering_below, doors_answered, doors_without
from lianfang.domains.grid.queries.own import own_record
from lianfang.domains.grid.queries.reads import readers_seen, reads_seen
from lianfang.domains.grid.queries.search import PAGE, doors_matching, search_people
from lianfang.domains.grid.queries.spoken import spoken_word
from lianfang.domains.grid.queries.zones import doors_in
from lianfang.domains.privacy.queries import opened, subjects_assigned

__all__ = [
    "PAGE",
    "answering_below",
    "areas_to_name",
    "buildings_of_moves",
    "difference_counts",
    "doors_answered",
    "doors_in",
    "doors_matching",
    "doors_without",
    "fate_counts",
    "file_rows",
    "file_seen",
    "files_of",
    "marks_by_area",
    "names_unknown",
    "own_record",
    "people_marked",
    "readers_seen",
    "reads_seen",
    "rehoused",
    "rows_waiting",
    "search_people",
    "spoken_word",
    "units_marked",
]
ADULT = 16
POST = post_of("account_id")  # the post that answers


def people_seen(by: Actor, *, at: datetime) -> QuerySet[Presence]:
    """Present stays of persons the actor may see: in a granted area, or assigned to the actor."""
    return Presence.objects.filter(
        Q(area_id__in=visible_areas(by, "grid.read")) | Q(person_id__in=subjects_assigned(by, at=at)), to_on=None
    )


def person_seen(person_id: UUID, *, by: Actor, at: datetime) -> Person:
    """One person. Raises PersonMissing, also when the person is there but not for this actor."""
    rows = Person.objects.filter(id=person_id)
    if not is_self(by, person_id):
        rows = rows.filter(Exists(people_seen(by, at=at).filter(person_id=OuterRef("pk"))))
    found = rows.first()
    if found is None:
        raise PersonMissing(person=str(person_id))
    return found


def household_seen(household_id: UUID, *, by: Actor, at: datetime) -> Household:
    """One door with its building and area. Raises HouseholdMissing."""
    granted = Exists(visible_areas(by, "grid.read").filter(descendant_id=OuterRef("area_id")))
    assigned = Exists(subjects_assigned(by, at=at).filter(subject_id=OuterRef("pk")))
    rows = Household.objects.select_related("building", "area").filter(granted | assigned, id=household_id)
    found = rows.defer("area__outline").first()
    if found is None:
        raise HouseholdMissing(household=str(household_id))
    return found


def building_seen(building_id: UUID, *, by: Actor) -> Building:
    """One building with its area. Raises HouseholdMissing."""
    rows = Building.objects.select_related("area").filter(id=building_id, area_id__in=visible_areas(by, "grid.read"))
    found = rows.defer("area__outline").first()
    if found is None:
        raise HouseholdMissing(building=str(building_id))
    return found


def building_among(building_id: UUID, *, by: Actor) -> tuple[Building, list[Building]]:
    """One building with its area, and all buildings of that area. Raises HouseholdMissing, as building_seen does."""
    area = Subquery(Building.objects.filter(id=building_id).values("area_id")[:1])
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id=area).values("descendant_id")
    shown = Q(area_id__in=visible_areas(by, "areas.read")) | Q(id=building_id)
    read = Exists(visible_areas(by, "grid.read").filter(descendant_id=OuterRef("area_id")))
    rows = Building.objects.filter(shown, area_id__in=below).annotate(is_read=read).select_related("area")
    found = list(rows.defer("area__outline").order_by("area__position", "position"))
    own = next((b for b in found if b.id == building_id and b.is_read), None)
    if own is None:
        raise HouseholdMissing(building=str(building_id))
    return own, [*found]


def members_of(household: Household, *, by: Actor, at: datetime, whole: bool = True) -> list[dict[str, Any]]:
    """Persons with a present stay behind a door: name, age, flags, presence; whole names for who may address them."""
    flags = PersonFlag.objects.filter(person_id=OuterRef("person_id"), to_on=None).order_by("flag").values("flag")
    rows = household.presences.filter(to_on=None).select_related("person").annotate(flags=ArraySubquery(flags))
    stays = list(rows.order_by("person__birth_year", "id"))
    full = whole and may(by, "grid.read_full", area_id=household.area_id)
    shown = opened([s.person for s in stays], by=by, fields=("name", "id_number", "phone"), whole=full)
    return [
        {
            "id": s.person_id,
            **shown[s.person_id],
            "id_tail": shown[s.person_id]["id_number"][-4:],
            "sex": s.person.sex,
            "age": at.year - s.person.birth_year if s.person.birth_year else None,
            "flags": s.flags,
            "presence": s.kind,
        }
        for s in stays
    ]


def phones_of(household_id: UUID, *, area_id: UUID, by: Actor, at: datetime, most: int) -> list[dict[str, Any]]:
    """Names and phones of grown people behind a door, the eldest first, for those who may address them; else none."""
    if not may(by, "grid.read_full", area_id=area_id):
        return []
    here = Presence.objects.filter(household_id=household_id, to_on=None, kind__in=("lives", "stays"))
    people = Person.objects.filter(id__in=here.values("person_id")).exclude(birth_year__gt=at.year - ADULT)
    shown = opened(list(people.order_by("birth_year", "id")), by=by, fields=("name", "phone"), whole=True)
    return [p for p in shown.values() if p["phone"]][:most]


def stays_named(
    person_ids: Iterable[UUID], *, by: Actor, at: datetime, whole: bool = False
) -> list[tuple[Presence, str]]:
    """Present stays of persons with their doors, and the person's name: masked unless whole is asked and allowed.

    The name is empty for persons the actor may not see. Where somebody lives comes last.
    """
    ids = set(person_ids)
    if not ids:
        return []
    seen = Exists(people_seen(by, at=at).filter(person_id=OuterRef("person_id")))
    rows = Presence.objects.filter(person_id__in=ids, to_on=None).annotate(is_seen=seen)
    stays = sorted(rows.select_related("person", "household__building"), key=lambda p: p.kind == "lives")
    full = whole and may(by, "grid.read_full")
    people = {p.person_id: p.person for p in stays if p.is_seen}
    names = opened(list(people.values()), by=by, fields=("name",), whole=full)
    return [(p, names[p.person_id]["name"] if p.person_id in names else "") for p in stays]


def names_behind(stays: Sequence[Presence], *, by: Actor) -> dict[UUID, str]:
    """Masked names, by person, of stays with their persons that a query with `by` gave."""
    shown = opened([s.person for s in stays], by=by, fields=("name",))
    return {i: values["name"] for i, values in shown.items()}


def contact_of(person_id: UUID, *, by: Actor, at: datetime) -> dict[str, Any]:
    """Name and phone of a person, whole for itself and for who may address it; and the door where it lives.

    Raises: PersonMissing, as person_seen does.
    """
    own = is_self(by, person_id)
    seen = Exists(people_seen(by, at=at).filter(person_id=person_id))
    addressed = Exists(visible_areas(by, "grid.read_full").filter(descendant_id=OuterRef("area_id")))
    stays = Presence.objects.filter(person_id=person_id, to_on=None).annotate(is_seen=seen, is_addressed=addressed)
    stays = stays.select_related("person", "household__building", "area").defer("area__outline")
    stay = stays.order_by(Case(When(kind="lives", then=0), default=1)).first()
    person = stay.person if stay and (own or stay.is_seen) else person_seen(person_id, by=by, at=at)
    full = own or (stay is not None and stay.is_addressed)
    shown = opened([person], by=by, fields=("name", "phone"), whole=full)[person_id]
    return {**shown, "stay": stay, "is_whole": full}


def buildings_of(area_id: UUID, *, by: Actor) -> QuerySet[Building]:
    """Buildings of an area and all below it, as far as the actor may see them."""
    return (
        Building.objects.filter(area_id__in=ids_below(area_id))
        .filter(area_id__in=visible_areas(by, "areas.read"))
        .order_by("area__position", "position")
    )


def doors_of(building: Building, *, by: Actor) -> list[Household]:
    """Doors of a building as it stands (unit, floor, door), with how many live there and the ids of its people."""
    now = Q(presences__to_on=None)
    doors = list(
        Household.objects.filter(building_id=building.id, area_id__in=visible_areas(by, "grid.read"))
        .annotate(lives=Count("presences", filter=now & Q(presences__kind="lives")))
        .annotate(
            people=ArrayAgg(
                "presences__person_id", filter=now & Q(presences__kind__in=("lives", "away")), default=Value([])
            )
        )
        .order_by("unit", "-floor", "door")
    )
    for door in doors:
        door.building = building
    return [*doors]


def counts_by_area(area_ids: Iterable[UUID], *, presence: str = "lives") -> dict[UUID, int]:
    """How many persons have a present stay of one kind, by smallest area. Counts only: no person is shown."""
    rows = Presence.objects.filter(area_id__in=area_ids, kind=presence, to_on=None)
    return dict(rows.values_list("area_id").annotate(n=Count("*")))


# Each area is counted by itself along the index, in its order: nothing is sorted and no row is fetched.
BY_AREA = """
SELECT found.kind, c.descendant_id, found.n, found.doors FROM areas_areaclosure c CROSS JOIN LATERAL (
    SELECT p.kind, count(*) AS n, count(DISTINCT p.household_id) AS doors FROM grid_presence p
    WHERE p.area_id = c.descendant_id AND p.to_on IS NULL GROUP BY p.kind
) AS found WHERE c.hierarchy = %(hierarchy)s AND c.ancestor_id = %(area)s
"""


def presence_by_area(area_id: UUID) -> list[tuple[str, UUID, int, int]]:
    """(kind, smallest area, present stays, doors) of an area and all below it. Counts only: no person is shown."""
    with connection.cursor() as cursor:
        cursor.execute(BY_AREA, {"hierarchy": DIVISION, "area": area_id})
        return [(kind, area, n, doors) for kind, area, n, doors in cursor.fetchall()]


def buildings_with_people(area_id: UUID, *, by: Actor, presence: str = "lives") -> list[Building]:
    """Buildings of an area with how many have a present stay of one kind in each (`people`). No person is shown."""
    inside = Presence.objects.filter(building_id=OuterRef("pk"), kind=presence, to_on=None).order_by()
    counted = inside.values("building_id").annotate(n=Count("id")).values("n")
    return list(buildings_of(area_id, by=by).annotate(people=Coalesce(Subquery(counted), 0)))


def lives_by_building(building_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many live in each of some buildings. Counts only: no person is shown."""
    rows = Presence.objects.filter(building_id__in=list(building_ids), kind="lives", to_on=None)
    return dict(rows.values_list("building_id").annotate(n=Count("*")))


def middles_of(area_ids: Iterable[UUID]) -> dict[UUID, list[float]]:
    """The middle of the buildings below each of some areas (longitude, latitude), where any has a place."""
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=set(area_ids))
    placed = below.filter(descendant__buildings__lon__isnull=False).order_by().values("ancestor_id")
    rows = placed.annotate(x=Avg("descendant__buildings__lon"), y=Avg("descendant__buildings__lat"))
    return {i: [x, y] for i, x, y in rows.values_list("ancestor_id", "x", "y")}


def buildings_matching(text: str, *, area_id: UUID, by: Actor) -> QuerySet[Building]:
    """Buildings of an area whose name is the text, or, if none is, begins with it or its number."""
    rows = buildings_of(area_id, by=by).select_related("area")
    exact = rows.filter(Q(name=text.strip()) | Q(key=text.replace(" ", "")))
    return exact if exact.exists() else rows.filter(key__startswith=text.replace(" ", ""))


def buildings_named(building_ids: Iterable[UUID], *, by: Actor) -> QuerySet[Building]:
    """Some buildings with their areas, as far as the actor may see them."""
    rows = Building.objects.filter(id__in=set(building_ids), area_id__in=visible_areas(by, "areas.read"))
    return rows.select_related("area").order_by("area__position", "position")


Buildings = Sequence[UUID] | QuerySet[Any, Any]  # ids, or a subquery where a district's would fill a page of SQL


def lives_in(building_ids: Buildings) -> int:
    """How many live in buildings (a count for a what-if)."""
    return Presence.objects.filter(building_id__in=building_ids, kind="lives", to_on=None).count()


def flags_in(building_ids: Buildings) -> dict[str, int]:
    """Who among those who live in buildings needs others: counts by flag."""
    inside = Presence.objects.filter(building_id__in=building_ids, kind="lives", to_on=None).values("person_id")
    rows = PersonFlag.objects.filter(person_id__in=inside, to_on=None).values_list("flag")
    return dict(rows.annotate(n=Count("id")).order_by("-n"))


def flagged_people(area_id: UUID, flags: Sequence[str]) -> QuerySet[PersonFlag, tuple[UUID, UUID]]:
    """(person, area) of everybody below an area with one of the flags now, each once."""
    rows = PersonFlag.objects.filter(area_id__in=ids_below(area_id), to_on=None, flag__in=flags)
    return rows.order_by("person_id").distinct("person_id").values_list("person_id", "area_id")


def answerers_of(area_id: UUID, *, at: datetime, household_id: UUID | None = None) -> list[Answerer]:
    """Who answers for a door: its head of linked households, then the grid workers of its area and above."""
    live = Answerer.objects.filter(Q(to_at=None) | Q(to_at__gt=at), from_at__lte=at).annotate(post=POST)
    above = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=area_id, ancestor_id=OuterRef("area_id"))
    own = Q(household_id=household_id, household_id__isnull=False)
    rows = live.annotate(depth=Subquery(above.values("depth")[:1]))
    found = list(rows.filter(own | Q(household=None, depth__isnull=False)))
    depth = {r.id: 99 if r.depth is None else r.depth for r in found}
    return sorted(found, key=lambda r: (r.household_id is None, depth[r.id]))


def answerers_by_area(area_ids: Sequence[UUID], *, role: str, at: datetime) -> dict[UUID, list[Answerer]]:
    """Who answers for each of some areas as a whole, in one role."""
    out: dict[UUID, list[Answerer]] = {}
    rows = Answerer.objects.filter(Q(to_at=None) | Q(to_at__gt=at), from_at__lte=at, role=role, household=None)
    for r in rows.filter(area_id__in=area_ids).annotate(post=POST).order_by("from_at"):
        out.setdefault(r.area_id, []).append(r)
    return out


def duty_phones(area_ids: set[UUID], *, at: datetime) -> dict[UUID, str]:
    """The duty phone of who answers for each area now, where one is known."""
    rows = Answerer.objects.filter(
        Q(to_at=None) | Q(to_at__gt=at), area_id__in=area_ids, household=None, from_at__lte=at
    )
    return dict(rows.exclude(phone="").order_by("-from_at").values_list("area_id", "phone"))


def areas_unanswered(area_id: UUID, *, level: str, role: str, at: datetime) -> QuerySet[Any]:
    """Areas of a level below one for which nobody holds the role now: the vacancies."""
    held = Answerer.objects.filter(Q(to_at=None) | Q(to_at__gt=at), role=role, household=None).values("area_id")
    return below_at(area_id, level).exclude(id__in=held)


def carers_of(person_ids: Sequence[UUID]) -> list[Link]:
    """Links from and to persons, now: whoever is moved, these depend on them."""
    return list(Link.objects.filter(Q(carer_id__in=person_ids) | Q(cared_id__in=person_ids), to_on=None))


def population_base(area_id: UUID) -> PopulationBase | None:
    """The printed population of an area, newest first."""
    return PopulationBase.objects.filter(area_id=area_id).order_by("-year").first()


def register_date(when: datetime) -> date:
    """The local day of a moment, for dated facts."""
    return localdate(when)
