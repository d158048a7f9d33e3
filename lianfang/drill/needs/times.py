"""How long pleas of a drill waited: what its report tells beside the figures that were printed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils.timezone import localdate

from lianfang.domains.incidents.models import Incident
from lianfang.domains.needs.models import Plea
from lianfang.domains.reports.queries.asked import asked_twice

MINUTE = timedelta(minutes=1)


def _spread(minutes: list[float]) -> dict[str, float]:
    return {"n": len(minutes), **{f"p{q}": round(float(np.percentile(minutes, q)), 1) for q in (50, 90, 99)}}


def waiting_times(incident: Incident, at: datetime) -> dict[str, Any]:
    """Minutes from a plea to its answer and to an owner of its work, shares of promises and hard deadlines kept; and
    how many households were asked the same twice on one day.

    Empty where nobody asked. A plea that nobody has answered yet is no answer in time. A deadline is met when the work
    was over by then.
    """
    rows = list(Plea.objects.filter(incident_id=incident.id).exclude(end="same").values_list(
        "danger", "received_at", "acknowledged_at", "reply_by", "deadline_at", "item__opened_at", "item__owner_id",
        "item__closed_at"))  # fmt: skip
    if not rows:
        return {}
    answered: dict[str, list[float]] = {}
    owned: list[float] = []
    kept, due, met = 0, 0, 0
    for danger, received, seen, promised, deadline, opened, owner, closed in rows:
        if seen is not None:
            answered.setdefault(danger, []).append((seen - received) / MINUTE)
            kept += seen <= promised
        if opened is not None and owner is not None:
            owned.append((opened - received) / MINUTE)
        due += deadline is not None
        met += deadline is not None and closed is not None and closed <= deadline
    twice = asked_twice(incident.area_id, localdate(incident.opened_at), at)
    return {"pleas": len(rows), "answered_minutes": {d: _spread(m) for d, m in sorted(answered.items())},
            "owner_minutes": _spread(owned) if owned else {}, "promises_kept_percent": round(100 * kept / len(rows), 2),
            "deadlines": due, "deadlines_met_percent": round(100 * met / due, 2) if due else None,
            "households_asked_twice": twice}  # fmt: skip
