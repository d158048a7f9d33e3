"""Posts that hold for one incident alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.accounts.models import RoleGrant
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.incidents.errors import IncidentClosed, IncidentMissing
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.queries import incidents_to_grant


@service("incidents.grant_for_incident")
def grant_for_incident(
    *,
    grant_id: UUID,
    account_id: UUID,
    role: str,
    area_id: UUID,
    incident_id: UUID,
    until_at: datetime | None,
    by: Actor,
    at: datetime,
) -> RoleGrant:
    """A role on an area for the things of one incident, until a time, until ended, or until the incident closes.

    Rights:  as accounts.grant_role. Locks: the incident row, so that it does not close in between.
    Raises:  IncidentMissing (none that lies over or in an area the actor administers), IncidentClosed.
    """
    incident = Incident.objects.select_for_update(of=("self",)).filter(id=incident_id).first()
    if incident is None or not incidents_to_grant(by).filter(id=incident_id).exists():
        raise IncidentMissing(incident=str(incident_id))
    if incident.closed_at:
        raise IncidentClosed(incident=str(incident_id))
    return grant_role(
        grant_id=grant_id,
        account_id=account_id,
        role=role,
        area_id=area_id,
        until_at=until_at,
        incident_id=incident_id,
        by=by,
        at=at,
    )
