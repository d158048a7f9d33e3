"""Cases of an area by place and day: what was counted, what is missing, sums, and the days that reached zero."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import family_of
from lianfang.domains.incidents.queries import flags_of, incidents_seen
from lianfang.domains.places import queries
from lianfang.flows.count_cases import ZERO
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.map import path_to
from lianfang.web.places import kind_words, today, typed_day

DAYS = 14


@signed_in
def census(request: HttpRequest) -> HttpResponse:
    """The counts of an area on a day, place by place, and its sums of two weeks."""
    by, asked = actor_of(request), request.GET
    path = path_to(request, by)
    area = path[-1]
    require(by, "places.read", area_id=area.id)
    on, kinds = typed_day(asked.get("on", ""), today()), queries.place_kinds()
    found = queries.census_of(area.id, by=by, kind=asked.get("kind", ""), on=on, since=on - timedelta(days=DAYS))
    incidents = [i for i in incidents_seen(by).defer("area__outline") if i.area_id == area.id]
    context = {"area": area, "path": [a for a in path[:-1] if a.is_seen], "on": on, "today": today(),
               "parts": family_of(area.id).children, "census": found, "asked": asked,
               "zeros": flags_of([i.id for i in incidents], ZERO), "chosen": next(d for d in found.days if d.on == on),
               "kinds": [(n, kind_words(kinds[n], n)) for n in queries.census_kinds()]}  # fmt: skip
    return page(request, "places/census.html", context)
