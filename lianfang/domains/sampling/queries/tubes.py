"""Tubes and what is in them; results by area; the roll a desk takes along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.grid.models import Household, Person
from lianfang.domains.privacy.queries import opened
from lianfang.domains.rounds.models import Desk, Round, Unit
from lianfang.domains.sampling.errors import FileMissing, TubeUnknown
from lianfang.domains.sampling.models import LabFile, Sample, Tube

# The order of a walk: block by block, stair by stair, from the top down.
BLOCK = ("area__position", "building__position", "building__name", "building_id")
WALK = (*BLOCK, "household__unit", "-household__floor", "household__door", "id")
MOST_ON_A_ROLL = 6_000  # what a phone takes along: a community, not a district


@dataclass(frozen=True)
class Results:
    """Tubes of an area by result ("" while waiting), and the samples in them."""

    tubes: Mapping[str, int] = field(default_factory=dict)
    samples: int = 0

    @property
    def waiting(self) -> int:
        """Tubes without a result."""
        return self.tubes.get("", 0)

    @property
    def all(self) -> int:
        """All tubes."""
        return sum(self.tubes.values())


def tubes_seen(by: Actor) -> QuerySet[Tube]:
    """Tubes in the actor's areas, or of the desk where the actor is."""
    fit = held(by, "sampling.read", incident="round__incident_id") | Q(desk__account_id=by.id)
    return Tube.objects.filter(fit)


def tube_seen(code: str, *, by: Actor) -> Tube:
    """One tube by its code. Raises TubeUnknown."""
    found = tubes_seen(by).filter(code=code).select_related("desk__station__place", "area", "round").first()
    if found is None:
        raise TubeUnknown(tube=code)
    return found


def tubes_of(found: Round, *, by: Actor, result: str | None = None, area_id: UUID | None = None) -> QuerySet[Tube]:
    """Tubes of a round, the newest first; of one result ("" waits), of an area."""
    rows = tubes_seen(by).filter(round=found)
    if result is not None:
        rows = rows.filter(result=result)
    if area_id:
        rows = rows.filter(area_id__in=ids_below(area_id))
    return rows.select_related("desk__station__place", "area").defer("area__outline").order_by("-opened_at", "code")


def tubes_of_desk(desk: Desk) -> list[Tube]:
    """Tubes of one desk, the newest first."""
    return list(Tube.objects.filter(desk=desk).order_by("-opened_at", "code")[:200])


def tubes_waiting(found: Round) -> int:
    """How many tubes of a round with somebody in them have no result yet."""
    return Tube.objects.filter(round=found, result="", n__gt=0).count()


def results_by_area(found: Round, *, area_id: UUID | None = None) -> dict[UUID, Results]:
    """Tubes with somebody in them by smallest area (of the desk) and result. Counts only."""
    rows = Tube.objects.filter(round=found, n__gt=0)
    if area_id:
        rows = rows.filter(area_id__in=ids_below(area_id))
    out: dict[UUID, tuple[dict[str, int], int]] = {}
    for area, result, n, samples in rows.values_list("area_id", "result").annotate(c=Count("id"), s=Sum("n")):
        tubes, so_far = out.get(area, ({}, 0))
        out[area] = ({**tubes, result: n}, so_far + samples)
    return {a: Results(t, s) for a, (t, s) in out.items()}


def results_of(found: Round, *, area_id: UUID | None = None) -> Results:
    """The same for a whole round or area."""
    tubes: dict[str, int] = {}
    samples = 0
    for r in results_by_area(found, area_id=area_id).values():
        samples += r.samples
        for name, n in r.tubes.items():
            tubes[name] = tubes.get(name, 0) + n
    return Results(tubes, samples)


def people_of_tubes(tube_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """By tube the people in it now: who is recalled when it is positive."""
    out: dict[UUID, list[UUID]] = {}
    rows = Sample.objects.filter(tube_id__in=list(tube_ids), voided_at=None).order_by("taken_at", "id")
    for tube, person in rows.values_list("tube_id", "person_id"):
        out.setdefault(tube, []).append(person)
    return out


def sampled_in(found: Round, person_ids: Sequence[UUID]) -> dict[UUID, Sample]:
    """By person the sample that counts in a round, with its tube."""
    rows = Sample.objects.filter(round=found, person_id__in=person_ids, voided_at=None).select_related("tube")
    return {s.person_id: s for s in rows}


def tubes_by_state(rounds: Iterable[Round], *, by: Actor) -> dict[UUID, dict[str, tuple[int, int]]]:
    """By round and state how many tubes the actor sees, and how many people are in them. Counts only."""
    out: dict[UUID, dict[str, tuple[int, int]]] = {}
    rows = tubes_seen(by).filter(round__in=[r.id for r in rounds]).order_by()
    for found, state, n, people in rows.values_list("round_id", "state").annotate(c=Count("id"), s=Sum("n")):
        out.setdefault(found, {})[state] = (n, people)
    return out


def file_seen(file_id: UUID, *, by: Actor) -> LabFile:
    """One file of results, as `files_of` shows them. Raises FileMissing."""
    found = _files(by).filter(id=file_id).first()
    if found is None:
        raise FileMissing(file=str(file_id))
    return found


def _files(by: Actor) -> QuerySet[LabFile]:
    return LabFile.objects.filter(Q(by=by.id) | Q(id__in=tubes_seen(by).exclude(file=None).values("file_id")))


def files_of(*, by: Actor, limit: int = 30) -> list[LabFile]:
    """The newest files of results that brought one to a tube the actor sees, or that the actor sent."""
    return [*_files(by).annotate(post=post_of("by")).order_by("-at")[:limit]]


def roll_of(desk: Desk, *, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Who is on the list in the desk's area: name, door, age, last digits, how each stands. For the phone at the desk.

    Called with a desk that `rounds.desk_seen` gave: being there is the purpose. The reading is noted.
    """
    rows = Unit.objects.filter(round_id=desk.round_id, area_id__in=ids_below(desk.area_id))
    units = list(rows.order_by(*WALK)[:MOST_ON_A_ROLL])
    people = {p.id: p for p in Person.objects.filter(id__in=[u.unit_id for u in units])}
    shown = opened(list(people.values()), by=by, fields=("name", "id_number"), whole=True)
    doors = Household.objects.filter(id__in={u.household_id for u in units}).select_related("building")
    where = {h.id: h for h in doors}
    return [
        _on_roll(u, people[u.unit_id], shown[u.unit_id], where[u.household_id], at)
        for u in units
        if u.unit_id in people and u.household_id in where
    ]


def station_list(desk: Desk) -> dict[str, Any]:
    """What a station's phone knows of its area: how each person stands, by an id that names nobody, and the doors.

    Who comes shows a code that says who he is; so a phone that is lost there loses no list of names.
    """
    rows = Unit.objects.filter(round_id=desk.round_id, area_id__in=ids_below(desk.area_id))
    units = list(rows.order_by(*WALK).values_list("unit_id", "ending", "household_id")[:MOST_ON_A_ROLL])
    doors = Household.objects.filter(id__in={u[2] for u in units}).select_related("building")
    where = {h.id: h for h in doors}
    return {
        "listed": {str(i): ending for i, ending, _ in units},
        "doors": [_door(where[i]) for i in dict.fromkeys(u[2] for u in units) if i in where],
    }


def _door(h: Household) -> dict[str, str]:
    number = f"{h.unit}-{h.door}" if h.unit else h.door
    return {"household": str(h.id), "building": h.building.name, "door": number}


def _on_roll(u: Unit, p: Person, values: Mapping[str, Any], door: Household, at: datetime) -> dict[str, Any]:
    return {
        "id": str(u.unit_id),
        "name": values["name"],
        "tail": str(values["id_number"])[-4:],
        "sex": p.sex,
        "age": at.year - p.birth_year if p.birth_year else None,
        **_door(door),
        "ending": u.ending,
        "home": u.is_home,
    }


def own_samples(by: Actor, *, rounds: int = 30) -> list[Sample]:
    """The actor's own samples of the newest rounds that count, with tube and round, newest first."""
    newest = Round.objects.order_by("-starts_at").values("id")[:rounds]
    rows = Sample.objects.filter(round__in=newest, person_id=by.person_id, voided_at=None)
    rows = rows.select_related("tube", "round").defer("round__plan")
    return list(rows.order_by("-taken_at")) if by.person_id else []
