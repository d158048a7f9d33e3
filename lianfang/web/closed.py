"""Living and working inside a zone: who is in since when, where he sleeps, his tests, when he leaves; by hour."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require, rights_on
from lianfang.domains.incidents.queries import zones_in_force
from lianfang.domains.places.queries import place_kinds, places_in
from lianfang.domains.responders import queries
from lianfang.domains.work.queries.own import tests_open
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.map import path_to
from lianfang.web.places import today, typed_day
from lianfang.web.words import LOCAL, named


@signed_in
def inside(request: HttpRequest) -> HttpResponse:
    """Everybody who lives inside a zone of an area, the strength of each zone by hour, and the form to send more."""
    by, at = actor_of(request), clock.now()
    path = path_to(request, by)
    area = path[-1]
    require(by, "responders.read", area_id=area.id)
    day = typed_day(request.GET.get("day", ""), today())
    zones = {v.zone_id: v.zone.name for v in zones_in_force(by=by, area_id=area.id)}
    kinds = place_kinds()
    stays = [p for p in places_in(area.id, by=by, state="open") if kinds.get(p.kind, {}).get("stay")]
    lodgings = {p.id: named(p) for p in stays}
    posted = queries.closed_postings(by, area_id=area.id, at=at)
    tests = tests_open({p.responder_id for p in posted}, at=at)
    rows = [{"p": p, "zone": zones.get(p.zone_id, ""), "lodging": lodgings.get(p.lodging_id, ""),
             "test": tests.get(p.responder_id)} for p in posted]  # fmt: skip
    rights = rights_on(by, path)
    context = {"area": area, "path": path[:-1], "rows": rows, "day": day, "hours": _hours(area.id, zones, day, by),
               "zones": zones, "lodgings": lodgings, "now_inside": sum(p.entered_at is not None for p in posted),
               "may_send": "responders.write" in rights,
               "teams": queries.teams_of(area.id, by=by, at=at) if "responders.write" in rights else []}  # fmt: skip
    return page(request, "people/closed.html", context)


def _hours(area_id: Any, zones: dict[Any, str], day: Any, by: Actor) -> list[tuple[str, list[tuple[datetime, int]]]]:
    """The strength inside each zone at every hour of a day."""
    first = datetime.combine(day, time(), LOCAL)
    found = queries.strength_by_hour(area_id, by=by, from_at=first)
    return sorted((zones.get(z, ""), ticks) for z, ticks in found.items())
