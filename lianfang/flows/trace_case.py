"""A case is traced in one call: the trace is opened, contacts are computed, and the proposal is kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.tracing.models import Trace
from lianfang.domains.tracing.planning import propose_contacts
from lianfang.domains.tracing.queries import trace_seen
from lianfang.domains.tracing.services import open_trace, record_proposal


def trace_case(
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
    """Open the trace of a case and propose its contacts; nobody is held before a person adopts them.

    Repeat: same id: the first trace, computed anew from what is known now. Raises: what tracing.open_trace raises.
    """
    with transaction.atomic():
        trace = open_trace(trace_id=trace_id, incident_id=incident_id, person_id=person_id, area_id=area_id,
                           onset_at=onset_at, sampled_at=sampled_at, by=by, at=at)  # fmt: skip
        return _propose(trace, by, at)


def propose_again(*, trace_id: UUID, by: Actor, at: datetime) -> Trace:
    """Compute the contacts of a trace anew, after further visits came in; what people decided stays.

    Rights: tracing.write on the trace's area. Raises: TraceMissing.
    """
    trace = trace_seen(trace_id, by=by)
    require(by, "tracing.write", area_id=trace.area_id, incident_id=trace.incident_id)
    with transaction.atomic():
        return _propose(trace, by, at)


def _propose(trace: Trace, by: Actor, at: datetime) -> Trace:
    found = propose_contacts(trace, at=at)
    return record_proposal(trace_id=trace.id, proposals=found.contacts, crowds=found.crowds, by=by, at=at)
