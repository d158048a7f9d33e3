"""Opening a trace, and keeping what a machine proposes for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Repeated, service
from lianfang.base.walls import beyond_the_wall
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.editions.queries import value
from lianfang.domains.grid.errors import PersonMissing
from lianfang.domains.grid.models import Person, Presence
from lianfang.domains.incidents.errors import IncidentMissing
from lianfang.domains.incidents.models import Incident
from lianfang.domains.tracing.errors import TraceMissing, TraceOpen, WindowMissing
from lianfang.domains.tracing.models import Contact, CrowdVenue, Trace
from lianfang.domains.tracing.rules import Crowd as Crowd
from lianfang.domains.tracing.rules import Proposal as Proposal
from lianfang.domains.tracing.rules import window_of

WRITE = "tracing.write"
LOOKBACK = ("close_contact_lookback_days", "close_contact_lookback_sample_days")
FOUND = "sampling.result"  # who enters a positive result begins the trace with it


@service("tracing.open_trace")
def open_trace(
    *,
    trace_id: UUID,
    incident_id: UUID,
    person_id: UUID,
    area_id: UUID,
    onset_at: datetime | None,
    sampled_at: datetime | None,
    by: Actor,
    at: datetime,
) -> Trace:
    """Begin to look for the contacts of a case, in the window that the incident's edition opens.

    Repeat:  same id: the first. Rights: tracing.write on the area, or sampling.result (a result opens its trace).
    Raises:  IncidentMissing, PersonMissing, WindowMissing (neither onset nor sample known), TraceOpen.
    """
    is_found = may(by, FOUND, area_id=area_id, incident_id=incident_id)
    if not is_found:
        require(by, WRITE, area_id=area_id, incident_id=incident_id)
    known = Trace.objects.filter(id=trace_id).first()
    if known:
        raise Repeated(known)
    incident = Incident.objects.filter(id=incident_id).first()
    if incident is None:
        raise IncidentMissing(incident=str(incident_id))
    # A laboratory's result opens the trace of somebody whom the laboratory may not read; a tracer traces whom he may.
    with beyond_the_wall() if is_found else nullcontext():
        is_known = Person.objects.filter(id=person_id).exists()
    if not is_known:
        raise PersonMissing(person=str(person_id))
    days, sample_days = (
        float(value(incident.edition, f"close_contact_lookback_{n}days", area_id=area_id, at=at))
        for n in ("", "sample_")
    )
    window = window_of(onset_at=onset_at, sampled_at=sampled_at, until_at=at, days=days, sample_days=sample_days)
    if window is None:
        raise WindowMissing()
    try:
        with transaction.atomic():
            return Trace.objects.create(
                id=trace_id, incident=incident, person_id=person_id, area_id=area_id, onset_at=onset_at,
                sampled_at=sampled_at, window_from_at=window[0], window_to_at=window[1], edition=incident.edition,
                opened_at=at, opened_by=by.id,
            )  # fmt: skip
    except IntegrityError as e:
        raise TraceOpen(person=str(person_id)) from e


def _locked(trace_id: UUID) -> Trace:
    found = Trace.objects.select_for_update().filter(id=trace_id).first()
    if found is None:
        raise TraceMissing(trace=str(trace_id))
    return found


@service("tracing.close_trace")
def close_trace(*, trace_id: UUID, by: Actor, at: datetime) -> Trace:
    """The lists of a case are done: the trace is read only from now. Repeat: a closed one stays. Locks: the trace."""
    trace = _locked(trace_id)
    require(by, WRITE, area_id=trace.area_id, incident_id=trace.incident_id)
    if trace.state == "closed":
        raise Repeated(trace)
    trace.state = "closed"
    trace.save(update_fields=["state"])
    return trace


def _homes(person_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Area and building of each person, where they live before where they stay."""
    rows = Presence.objects.filter(person_id__in=person_ids, to_on=None, kind__in=("lives", "stays", "registered"))
    order = {"registered": 0, "stays": 1, "lives": 2}
    found = sorted(rows.values_list("kind", "person_id", "area_id", "building_id"), key=lambda r: order[r[0]])
    return {person: (area, building) for _, person, area, building in found}


@service("tracing.record_proposal", door=False)
def record_proposal(
    *, trace_id: UUID, proposals: Sequence[Proposal], crowds: Sequence[Crowd], by: Actor, at: datetime
) -> Trace:
    """Keep what a machine proposes: new candidates are added, undecided ones get the new evidence or go with it.

    What a person has decided is never touched. Called by the flow that computed it. Locks: the trace.
    Raises: TraceMissing.
    """
    trace = _locked(trace_id)
    have = {c.person_id: c for c in trace.contacts.all()}
    wanted = {p.person_id: p for p in proposals if p.person_id != trace.person_id}
    homes = _homes(list(wanted.keys() - have.keys()))
    fresh, changed = [], []
    for person_id, p in wanted.items():
        known = have.get(person_id)
        if known is None:
            area_id, building_id = homes.get(person_id, (trace.area_id, None))
            fresh.append(Contact(id=uuid5(trace_id, f"contact {person_id}"), trace=trace, person_id=person_id,
                                 area_id=area_id, building_id=building_id, degree=p.degree, via_id=p.via_id,
                                 evidence=dict(p.evidence), proposed_at=at))  # fmt: skip
        elif known.state == "proposed":
            known.degree, known.via_id, known.evidence = p.degree, p.via_id, dict(p.evidence)
            changed.append(known)
    Contact.objects.bulk_create(fresh, batch_size=2000)
    update_rows(Contact, changed, ["degree", "via_id", "evidence"])
    gone = [c.id for c in have.values() if c.state == "proposed" and c.person_id not in wanted]
    Contact.objects.filter(id__in=gone).delete()
    _announce(trace, crowds, at)
    trace.first_listed_at = trace.first_listed_at or (at if fresh else None)
    trace.completed_at = None if fresh else trace.completed_at
    trace.save(update_fields=["first_listed_at", "completed_at"])
    return trace


def _announce(trace: Trace, crowds: Sequence[Crowd], at: datetime) -> None:
    rows = [
        CrowdVenue(id=uuid5(trace.id, f"crowd {c.venue_id} {c.degree} {c.from_at.isoformat()}"), trace=trace,
                   venue_id=c.venue_id, degree=c.degree, from_at=c.from_at, to_at=c.to_at, present=c.present,
                   noted_at=at)
        for c in crowds
    ]  # fmt: skip
    trace.crowds.exclude(id__in=[r.id for r in rows]).delete()
    CrowdVenue.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["to_at", "present"], batch_size=2000
    )
