"""Traces and their rows, as those may see them who trace in the area or the incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

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


def trace_seen(trace_id: UUID, *, by: Actor) -> Trace:
    """One trace with its area and incident. Raises TraceMissing."""
    rows = Trace.objects.filter(held(by, READ), id=trace_id).select_related("area", "incident")
    found = rows.defer("area__outline").first()
    if found is None:
        raise TraceMissing(trace=str(trace_id))
    return found


def contacts_of(trace: Trace, *, states: Sequence[str] = ()) -> list[Contact]:
    """Contacts of a trace that a query with `by` gave: close ones first, the longest together first."""
    rows = trace.contacts.select_related("area").defer("area__outline")
    rows = rows.filter(state__in=states) if states else rows
    return [*rows.order_by("degree", "-evidence__household", F("evidence__minutes").desc(nulls_last=True), "id")]


def crowds_of(trace: Trace) -> list[CrowdVenue]:
    """Venues of a trace that are announced, the fullest first."""
    return list(trace.crowds.select_related("venue").order_by("degree", "-present", "from_at"))


def visits_of(person_id: UUID, *, incident_id: UUID, from_at: datetime, to_at: datetime) -> list[Visit]:
    """Where somebody was in a time, as an incident's sources have it, in order; for a trace that `by` may see."""
    rows = Visit.objects.filter(incident_id=incident_id, person_id=person_id, from_at__lt=to_at, to_at__gt=from_at)
    return list(rows.select_related("venue").order_by("from_at", "id"))


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
