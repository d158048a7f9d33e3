"""Who may do what with a call: by its area, or by the second level that posts it too."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import Reach, held, may, require
from lianfang.domains.calls.models import Call


def of_calls(by: Actor, right: str, *, path: str = "") -> Q:
    """The rows for which the actor holds a right by the call they belong to (`path` leads to it)."""
    one = held(by, right, area=f"{path}area_id", incident=f"{path}incident_id")
    return one | held(by, right, area=f"{path}joint_area_id", incident=f"{path}incident_id")


def require_call(by: Actor, right: str, call: Call) -> None:
    """Refuse unless the actor holds a right on a call, by either of its levels. Raises RightMissing."""
    joint = call.joint_area_id
    own = joint is not None and may(by, right, area_id=joint, incident_id=call.incident_id)
    require(by, right, area_id=call.area_id, incident_id=call.incident_id, own=own)


def leads_call(by: Actor, call: Call) -> bool:
    """Whether the actor leads a call, by either of its levels."""
    levels = [a for a in (call.area_id, call.joint_area_id) if a]
    return any(may(by, "calls.lead", area_id=a, incident_id=call.incident_id) for a in levels)


def calls_of_decisions(decision_ids: Iterable[UUID], *, by: Actor) -> dict[UUID, list[Call]]:
    """Calls that came of decisions, by decision, as far as the actor may look at calls of one of their levels."""
    rows = Call.objects.filter(of_calls(by, "calls.read"), decision_id__in=list(decision_ids))
    out: dict[UUID, list[Call]] = {}
    for c in rows.select_related("area", "joint_area").order_by("-posted_at"):
        if c.decision_id:
            out.setdefault(c.decision_id, []).append(c)
    return out


def areas_of(calls: Iterable[Call]) -> set[UUID]:
    """The areas of calls, of both levels: to be asked about at once."""
    return {a for c in calls for a in (c.area_id, c.joint_area_id) if a}


def reaches(reach: Reach, call: Call) -> bool:
    """Whether a reach over `areas_of` includes a call."""
    return any(a and reach.has(a, call.incident_id) for a in (call.area_id, call.joint_area_id))
