"""Urgent cases: solved in the word of their asker or a lead, by team and in all; each count opens to its pleas."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from lianfang.base import clock
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import area
from lianfang.domains.needs.queries import urgent_books, urgent_rows
from lianfang.domains.work.queries import unit_labels
from lianfang.domains.work.queries.alarms import alarmed_items
from lianfang.web.door import actor_of, home_id, page, signed_in, uuid_in
from lianfang.web.needs import READ, plea_row
from lianfang.web.work import row_of

SHOWN = ("received", "open", "solved", "otherwise", "team", "none")


@signed_in
def urgent(request: HttpRequest) -> HttpResponse:
    """How many urgent cases came and were solved, by team and in all; the pleas behind the count that was chosen."""
    by, asked = actor_of(request), request.GET
    require(by, READ)
    place, team = uuid_in(asked.get("area")) or home_id(by), uuid_in(asked.get("team"))
    shown = asked.get("show", "") if asked.get("show") in SHOWN else "solved"
    rows = urgent_rows(place, by=by, show=shown, team=team)
    alarms = alarmed_items(place, by=by)
    labels = unit_labels(alarms, by=by, at=clock.now())
    context = {"area": area(place), "books": urgent_books(place, by=by), "rows": [plea_row(p) for p in rows],
               "alarms": [row_of(i, labels) for i in alarms], "shown": shown, "team": team}  # fmt: skip
    return page(request, "needs/urgent.html", context)
