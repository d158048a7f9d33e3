"""Traces and their rows, as those may see them who trace in the area or the incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of, visible_areas
from lianfang.domains.privacy.models import PersonIndex
from lianfang.domains.privacy.queries import same_person_token
from lianfang.domains.tracing.errors import TraceMissing
from lianfang.domains.tracing.models import Contact, CrowdVenue, Trace, Venue, Visit, VisitBatch

READ = "tracing.read"


def traces_seen(by: Actor) -> QuerySet[Trace]:
    """Traces of the actor's areas and incidents, open ones first, with how many contacts are undecided and decided."""
    rows = Trace.objects.filter(held(by, READ)).select_related("area", "incident").defer("area__outline")
    found = rows.annotate(
        n_proposed=Count("contacts", filter=Q(contacts__state="proposed")),
        n_close=Count("contacts", filter=Q(contacts__degree=1) & ~Q(contacts__state__in=("proposed", "rejected"))),
        n_second=Count("contacts", filter=Q(contacts__degree=2) & ~Q(contacts__state__in=("proposed", "rejected"))),
    )
    return found.order_by(F("state").desc(), "-opened_at", "id")


@dataclass(frozen=True)
class Announced:
    """A venue to announce: when somebody traced was there, and how many were present that day."""

    name: str
    degree: int
    from_at: datetime
    to_at: datetime
    present: int


@dataclass(frozen=True)
class Stop:
    """Where the case was within its window."""

    venue_id: UUID
    name: str
    from_at: datetime
    to_at: datetime


def trace_seen(trace_id: UUID, *, by: Actor) -> Trace:
    """One trace with area and incident, venues to announce (`crowd_rows`), and stops (`stop_rows`).

    Raises: TraceMissing.
    """
    stops = Visit.objects.filter(
        incident_id=OuterRef("incident_id"),
        person_id=OuterRef("person_id"),
        from_at__lt=OuterRef("window_to_at"),
        to_at__gt=OuterRef("window_from_at"),
    ).order_by("from_at", "id")
    stop = JSONObject(venue_id="venue_id", name="venue__name", from_at="from_at", to_at="to_at")
    crowds = CrowdVenue.objects.filter(trace_id=OuterRef("pk")).order_by("degree", "-present", "from_at")
    row = JSONObject(name="venue__name", degree="degree", from_at="from_at", to_at="to_at", present="present")
    rows = Trace.objects.filter(held(by, READ), id=trace_id).select_related("area", "incident")
    both = {"crowd_rows": ArraySubquery(crowds.values(row=row)), "stop_rows": ArraySubquery(stops.values(row=stop))}
    found = rows.annotate(**both).defer("area__outline").first()
    if found is None:
        raise TraceMissing(trace=str(trace_id))
    return found


def contacts_of(trace: Trace, *, states: Sequence[str] = ()) -> list[Contact]:
    """Contacts of a trace that a query with `by` gave: close ones first, the longest together first."""
    rows = trace.contacts.select_related("area").defer("area__outline")
    rows = rows.filter(state__in=states) if states else rows
    return [*rows.order_by("degree", "-evidence__household", F("evidence__minutes").desc(nulls_last=True), "id")]


def crowds_of(trace: Trace) -> list[Announced]:
    """Venues of a trace that `trace_seen` gave that are announced, those of the case first, the fullest first."""
    rows: list[dict[str, Any]] = trace.crowd_rows  # type: ignore[attr-defined]  # annotated
    return [Announced(r["name"], r["degree"], _moment(r["from_at"]), _moment(r["to_at"]), r["present"]) for r in rows]


def stops_of(trace: Trace) -> list[Stop]:
    """Where the case of a trace that `trace_seen` gave was within its window, in order."""
    rows: list[dict[str, Any]] = trace.stop_rows  # type: ignore[attr-defined]  # annotated
    return [Stop(UUID(r["venue_id"]), r["name"], _moment(r["from_at"]), _moment(r["to_at"])) for r in rows]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def venues_named(venue_ids: Iterable[UUID]) -> dict[UUID, Venue]:
    """Some venues by id."""
    return {v.id: v for v in Venue.objects.filter(id__in=set(venue_ids))}


def venues_matching(names: Iterable[str], *, by: Actor) -> dict[str, list[UUID]]:
    """Venues of the actor's areas by their exact name: for a file that names them."""
    rows = Venue.objects.filter(name__in=set(names), area_id__in=visible_areas(by, READ))
    out: dict[str, list[UUID]] = {}
    for venue_id, name in rows.order_by("id").values_list("id", "name"):
        out.setdefault(name, []).append(venue_id)
    return out


def people_meant(pairs: Iterable[tuple[str, str]], *, by: Actor) -> dict[tuple[str, str], list[UUID]]:
    """Persons of the actor's areas whom a name with the end of an id number means: for a file that names them.

    Whoever is not meant by anybody is left out; two mean that the file must say more. No name is shown.
    """
    asked = {same_person_token(name, number): (name, number) for name, number in pairs if name and len(number) >= 4}
    rows = PersonIndex.objects.filter(tokens__overlap=list(asked), area_id__in=visible_areas(by, "grid.read"))
    out: dict[tuple[str, str], list[UUID]] = {}
    for person_id, tokens in rows.values_list("person_id", "tokens") if asked else ():
        for t in set(tokens) & asked.keys():
            out.setdefault(asked[t], []).append(person_id)
    return out


def batches_seen(by: Actor, *, limit: int = 12) -> list[VisitBatch]:
    """The newest deliveries of visits in the actor's areas, each with the post that brought it (`post`)."""
    rows = VisitBatch.objects.filter(held(by, READ)).select_related("area", "incident").defer("area__outline")
    return [*rows.annotate(post=post_of("by")).order_by("-at")[:limit]]
