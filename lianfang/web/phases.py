"""A response cut by its phases: what was received and done in each, beside each other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop

from lianfang.base import clock
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.incidents import queries
from lianfang.domains.reports.queries import by_phase
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.words import said

NAMES = {
    "signals": gettext_noop("Signals"),
    "zones.began": gettext_noop("Zones that came into force"),
    "zones.ended": gettext_noop("Zones that ended"),
    "work.received": gettext_noop("Tasks received"),
    "work.done": gettext_noop("Work done"),
    "messages.made": gettext_noop("Messages written"),
}


@signed_in
def phases(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Figures of an incident by phase; each row's parts sum to its whole."""
    by, at = actor_of(request), clock.now()
    incident = queries.incident_seen(incident_id, by=by)
    body, kinds = queries.edition_of(incident), kinds_by_name()
    spans, rows = by_phase(incident, by=by, at=at)

    def words(name: str, kind: str) -> str:
        if name == "signals":
            return w.words_of(body, "signals", kind)
        return said(kinds[kind]["words"]) if kind in kinds else ""

    groups: dict[str, list[dict[str, Any]]] = {}
    for r in rows:
        row = {"words": words(r.name, r.kind), "values": r.values, "sum": sum(r.values)}
        groups.setdefault(r.name, []).append(row)
    context = {
        "incident": incident,
        "spans": [{"span": s, "words": w.phase_words(body, s.phase)} for s in spans],
        "groups": [{"words": gettext(NAMES[n]), "rows": rs} for n, rs in groups.items()],
    }
    return page(request, "incidents/phases.html", context)
