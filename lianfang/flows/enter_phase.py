"""An incident enters a phase; the last one ends posts granted for it alone, what only they held, and its phones."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import actor_for, posts_of_incident
from lianfang.domains.calls.queries import shifts_of_incident
from lianfang.domains.devices.services import end_phones_of, end_scopes
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import change_phase
from lianfang.domains.work.services import give_back


def enter_phase(*, incident_id: UUID, phase: str, reason: str, by: Actor, at: datetime) -> Incident:
    """Another phase of an incident; the last one closes it, and ends every post that was granted for it alone.

    With it go the phones and badges of those posts, and the phones that were vouched for shifts of its calls.

    Rights and refusals: as incidents.change_phase.
    """
    with transaction.atomic():
        posts = {g.account_id: g for g in posts_of_incident(incident_id, at=at)}
        incident = change_phase(incident_id=incident_id, phase=phase, reason=reason, by=by, at=at)
        if incident.closed_at:
            for grant in posts.values():
                give_back(holder=actor_for(grant.account, at=at), by=by, at=at)
            end_phones_of(account_ids=sorted(posts), by=by, at=at)
            end_scopes(scope_ids=shifts_of_incident(incident_id), by=by, at=at)
    return incident
