"""What contacts amount to: counts, minutes, venues, buildings, and who depends on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Q, Value

from lianfang.domains.editions.queries import common_edition, section_of
from lianfang.domains.grid.models import Presence
from lianfang.domains.grid.queries import ADULT, carers_of
from lianfang.domains.tracing.models import Contact, Trace
from lianfang.domains.tracing.rules import CONFIRMED, is_dependant

HERE = ("lives", "stays")


def counts_by_area(trace: Trace) -> list[tuple[UUID, int, str, int]]:
    """(area, degree, state, contacts) of a trace: counts only, no person is shown."""
    rows = trace.contacts.order_by("area_id", "degree", "state").values_list("area_id", "degree", "state")
    return [(a, d, s, n) for a, d, s, n in rows.annotate(n=Count("id"))]


def list_minutes(trace: Trace) -> dict[int, int | None]:
    """By degree the minutes from the report of the case until nobody on the list was undecided; None where one is."""
    rows = trace.contacts.values_list("degree").annotate(
        last=Max("decided_at"), left=Count("id", filter=Q(state="proposed"))
    )
    out: dict[int, int | None] = {1: None, 2: None}
    for degree, last, left in rows:
        out[degree] = int((last - trace.opened_at).total_seconds() // 60) if last and not left else None
    return out


def venues_of_contacts(trace: Trace) -> dict[UUID, int]:
    """In which venues the confirmed or still undecided contacts of a trace were met, and how many in each."""
    out: dict[UUID, int] = {}
    rows = trace.contacts.exclude(state="rejected").values_list("evidence__venues", flat=True)
    for venues in rows:
        for v in venues or []:
            out[UUID(v["id"])] = out.get(UUID(v["id"]), 0) + 1
    return out


def buildings_of_contacts(trace: Trace, *, degree: int = 1) -> dict[UUID, tuple[UUID, int]]:
    """Where confirmed contacts of a degree live: building to its area and their number. What a zone might be."""
    rows = Contact.objects.filter(trace=trace, degree=degree, state__in=CONFIRMED, building_id__isnull=False)
    found = rows.order_by().values_list("building_id", "area_id").annotate(n=Count("id"))
    return {b: (a, n) for b, a, n in found if b}


@dataclass(frozen=True)
class Dependant:
    """Somebody who would be left without another: a cared-for person, or one behind the same door with nobody able."""

    person_id: UUID
    why: str  # cares: a link says so; door: nobody able stays behind the door


def _needing() -> frozenset[str]:
    return frozenset(f["name"] for f in section_of(common_edition(), "flags") if f.get("needs_care"))


def dependants_of(
    person_ids: Collection[UUID], *, leaving: Iterable[UUID], at: datetime
) -> dict[UUID, list[Dependant]]:
    """Who depends on each of some people, were they moved; people with nobody depending on them are left out.

    leaving: all who leave with them or are gone already, so that two parents who both go count as nobody staying.
    """
    asked, gone = list(person_ids), set(leaving) | set(person_ids)
    out: dict[UUID, list[Dependant]] = {}
    for link in carers_of(asked):
        if link.carer_id in gone and link.carer_id in asked and link.cared_id not in gone:
            out.setdefault(link.carer_id, []).append(Dependant(link.cared_id, "cares"))
    live = Presence.objects.filter(to_on=None, kind__in=HERE)
    doors = live.filter(person_id__in=asked).values("household_id")
    flags = ArrayAgg("person__flags__flag", filter=Q(person__flags__to_on=None), default=Value([]))
    rows = live.filter(household_id__in=doors, household__is_collective=False).annotate(marks=flags)
    behind: dict[UUID, list[tuple[UUID, bool]]] = {}
    needing = _needing()
    for household, person, born, marks in rows.values_list("household_id", "person_id", "person__birth_year", "marks"):
        age = at.year - born if born else None
        needs = is_dependant(age, frozenset(m for m in marks if m), adult=ADULT, needing=needing)
        behind.setdefault(household, []).append((person, needs))
    for people in behind.values():
        staying = [(p, needs) for p, needs in people if p not in gone]
        if any(not needs for _, needs in staying):
            continue
        able = [p for p, needs in people if p in asked and not needs]
        for person in able:  # a child who is moved leaves nobody behind who leant on it
            known = {d.person_id for d in out.get(person, [])}
            out.setdefault(person, []).extend(Dependant(p, "door") for p, _ in staying if p not in known)
    return {p: found for p, found in out.items() if found}
