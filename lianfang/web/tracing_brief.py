"""The one-step brief of a trace: what it means for the next measures; opening a trace by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import areas_of, path_of
from lianfang.domains.grid.queries import buildings_named, lives_by_building, search_people
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.queries import incidents_seen
from lianfang.domains.privacy.errors import SearchTooShort
from lianfang.domains.tracing import queries
from lianfang.domains.tracing.errors import WindowMissing
from lianfang.domains.tracing.models import Trace
from lianfang.domains.tracing.rules import CONFIRMED
from lianfang.flows.trace_case import trace_case
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.messages import sentence
from lianfang.web.searches import sought
from lianfang.web.tracing import desk
from lianfang.web.words import LOCAL

FOUND = 12
GONE = ("rejected",)


def _by_area(trace: Trace) -> dict[str, Any]:
    """Contacts by area and degree, confirmed and undecided; the parts sum to the whole."""
    found = queries.counts_by_area(trace)
    areas = areas_of({a for a, *_ in found})
    rows: dict[UUID, dict[str, Any]] = {}
    for area, degree, state, n in found:
        if state in GONE:
            continue
        row = rows.setdefault(area, {"area": areas[area], "close": 0, "second": 0, "undecided": 0})
        row["undecided" if state == "proposed" else "close" if degree == 1 else "second"] += n
    steps = {d: {"isolated": 0, "all": 0} for d in (1, 2)}
    for _, degree, state, n in found:
        steps[degree]["all"] += n if state in CONFIRMED else 0
        steps[degree]["isolated"] += n if state == "isolated" else 0
    parts = sorted(rows.values(), key=lambda r: (-r["close"], -r["second"], r["area"].name))
    sums = {k: sum(r[k] for r in parts) for k in ("close", "second", "undecided")}
    return {"areas": parts, "sums": sums, "steps": steps, "left_out": sum(n for _, _, s, n in found if s in GONE)}


def _zones(trace: Trace, by: Actor) -> dict[str, Any]:
    """Buildings of confirmed close contacts as a proposal for a zone a committee, with who would be tested there."""
    near = queries.buildings_of_contacts(trace)
    lives = lives_by_building(near)
    by_area: dict[UUID, dict[str, Any]] = {}
    for b in buildings_named(near, by=by):
        row = by_area.setdefault(b.area_id, {"area": b.area, "buildings": [], "contacts": 0, "people": 0})
        row["buildings"].append(b)
        row["contacts"] += near[b.id][1]
        row["people"] += lives.get(b.id, 0)
    zones = sorted(by_area.values(), key=lambda z: (-z["contacts"], z["area"].name))
    for z in zones:
        asked = {"area": z["area"].id, "buildings": ",".join(str(b.id) for b in z["buildings"])}
        z["draft"] = reverse("zone-new", args=[trace.incident_id]) + "?" + urlencode(asked)
    return {
        "zones": zones,
        "scope": sum(z["people"] for z in zones),
        "n_buildings": sum(len(z["buildings"]) for z in zones),
    }


def _venues(trace: Trace) -> list[dict[str, Any]]:
    met = queries.venues_of_contacts(trace)
    known = queries.venues_named(met)
    return sorted(
        ({"venue": known[i], "n": n} for i, n in met.items() if i in known), key=lambda r: (-r["n"], r["venue"].name)
    )


@signed_in
def brief(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """The brief of a trace in one step: contacts by degree and area, venues, zones that may be drafted, test scope."""
    by, at = actor_of(request), clock.now()
    found = queries.trace_seen(trace_id, by=by)
    minutes, by_area = queries.list_minutes(found), _by_area(found)
    lists = [{"degree": d, "minutes": minutes[d], **by_area["steps"][d]} for d in (1, 2)]
    context = {"t": found, "at": at, "lists": lists, "venues": _venues(found), "crowds": queries.crowds_of(found),
               "may_draft": may(by, "zones.draft", area_id=found.area_id, incident_id=found.incident_id)}  # fmt: skip
    return page(request, "tracing/brief.html", context | by_area | _zones(found, by))


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=LOCAL)


def open_incidents(by: Actor) -> list[Incident]:
    """Incidents the actor may trace in."""
    return [i for i in incidents_seen(by) if i.closed_at is None]


def _found(text: str, by: Actor, at: datetime) -> Mapping[str, Any]:
    if not text:
        return {"q": ""}
    try:
        return {"q": text, "found": search_people(text, by=by, at=at, limit=FOUND, for_case=True)}
    except SearchTooShort as e:
        return {"q": text, "too_short": sentence(e.code, e.values)}


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Begin a trace by hand: the person is found, onset or sample entered; what is wrong is said beside the form."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    require(by, "tracing.write")
    person, incident = uuid_in(sent.get("person")), uuid_in(sent.get("incident"))
    if request.method == "POST" and person and incident:
        try:
            made = trace_case(trace_id=new_id(request), incident_id=incident, person_id=person, area_id=home_id(by),
                              onset_at=_moment(sent.get("onset", "")), sampled_at=_moment(sent.get("sampled", "")),
                              by=by, at=at)  # fmt: skip
            return desk(made.id, said="tracing.opened")
        except WindowMissing as e:
            context = _form(request, by, at) | {"fault": sentence(e.code, e.values), "given": sent}
            return page(request, "tracing/new.html", context, status=422)
    return page(request, "tracing/new.html", _form(request, by, at))


def _form(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    text = request.POST.get("q", "").strip() or sought(request)
    context: dict[str, Any] = {"incidents": open_incidents(by), "path": path_of(home_id(by))}
    return context | dict(_found(text, by, at))
