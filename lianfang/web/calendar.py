"""The calendar of exams and events that cannot wait: the policy at each point, and what a zone would break."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate

from lianfang.base import clock
from lianfang.domains.accounts.queries import path_seen, require
from lianfang.domains.editions.queries import common_edition, edition, kinds_by_name, section_of
from lianfang.domains.incidents.models import Measure
from lianfang.domains.incidents.queries import policies_at, zones_touching
from lianfang.domains.places.queries import places_in
from lianfang.domains.work.queries import Dated, dated_items
from lianfang.domains.work.rules import state_of
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, home_id, page, signed_in, uuid_in
from lianfang.web.kind_forms import shown_value
from lianfang.web.measures import measure_rows
from lianfang.web.words import said, titled

MOST = 200


def _conflicts(rows: Sequence[Dated]) -> dict[UUID, list[dict[str, Any]]]:
    """By item the zones, in force or drafted, over its building; of a place without a building, in its community."""
    placed = [r.place for r in rows if r.place]
    touching = zones_touching(
        [p.building_id for p in placed if p.building_id], [p.area_id for p in placed if not p.building_id]
    )
    out: dict[UUID, list[dict[str, Any]]] = {}
    for r in rows:
        if r.place is None:
            continue
        over: dict[UUID, dict[str, Any]] = {}
        for v, building, area in touching:
            if building == r.place.building_id or (r.place.building_id is None and area == r.place.area_id):
                body = edition(v.zone.incident.edition)
                over[v.id] = {"v": v, "kind": w.kind_shown(body, v.kind), "state": w.state_shown(v.state)}
        out[r.item.id] = list(over.values())
    return out


def _policies(rows: Sequence[Dated], at: datetime) -> dict[UUID, list[Measure]]:
    entries = section_of(common_edition(), "measures")
    names = [e["name"] for e in entries if e.get("policy_of") in {r.item.kind for r in rows}]
    return policies_at([(r.place.id, r.place.area_id) for r in rows if r.place], names, at=at)


@signed_in
def calendar(request: HttpRequest) -> HttpResponse:
    """What is held on which day and where: the policy there, from where it is inherited, and zones over it."""
    by, at = actor_of(request), clock.now()
    area_id = uuid_in(request.GET.get("area")) or home_id(by)
    require(by, "work.read", area_id=area_id)
    try:
        from_on = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        from_on = localdate(at)
    rows = dated_items(area_id, from_on=from_on, by=by, limit=MOST)
    policies, conflicts, kinds = _policies(rows, at), _conflicts(rows), kinds_by_name()
    shown = []
    for r in rows:
        body = kinds[r.item.kind]
        state = state_of(body, r.item.state)
        texts = {n: shown_value(body, n, v) for n in ("starts", "expected", "sort") if (v := r.item.values.get(n))}
        mine = measure_rows(policies.get(r.place.id, []), at) if r.place else []
        shown.append(
            {"row": r, "title": titled(r.item), "state": said(state["words"]), "tone": state["tone"], "texts": texts,
             "policies": mine, "conflicts": conflicts.get(r.item.id, [])}
        )  # fmt: skip
    context = {"area": path_seen(area_id, by)[-1], "rows": shown, "from_on": from_on,
               "places": list(places_in(area_id, by=by)[:MOST]),
               "broken": sum(1 for s in shown if s["conflicts"])}  # fmt: skip
    return page(request, "work/calendar.html", context)
