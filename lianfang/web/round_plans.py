"""Planning a round: its areas and time, the numbers the officer adopts, and its sites with their states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import path_seen, require, rights_on
from lianfang.domains.areas.queries import areas_of, family_of
from lianfang.domains.editions.queries import edition, guide, section_of, value
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.queries import incident_seen, incidents_seen
from lianfang.domains.places.errors import NotReady
from lianfang.domains.places.queries import places_in
from lianfang.domains.rounds import errors, queries
from lianfang.domains.rounds.models import Round, Station, Step
from lianfang.domains.rounds.rules import STATION_STATES
from lianfang.domains.rounds.services import NewStation, add_stations, adopt_plan, move_stations, plan_round
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.places import whole
from lianfang.web.rounds import NEED_WORDS, STATION_WORDS, needs_in, path_in, state_shown
from lianfang.web.weather_words import weather_on
from lianfang.web.words import LOCAL

GUIDE = "testing"
MOST_DESKS = 60
MOST_PLACES = 400


def _typed(text: str, field: str) -> datetime:
    """A local time typed into a form. Raises RoundUnfit."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
    except ValueError:
        raise errors.RoundUnfit(field=field, fix="") from None


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Areas of an incident, what is done, from when until when; the guide then proposes what it needs."""
    by, sent = actor_of(request), request.POST
    require(by, "rounds.plan")
    if request.method == "POST":
        areas = [i for i in (uuid_in(v) for v in sent.getlist("areas")) if i]
        found = plan_round(round_id=new_id(request), incident_id=uuid_in(sent.get("incident")) or UUID(int=0),
                           kind=sent.get("kind", ""), area_ids=areas, starts_at=_typed(sent.get("from", ""), "starts"),
                           ends_at=_typed(sent.get("until", ""), "ends"), by=by, at=clock.now())  # fmt: skip
        return redirect(f"{reverse('round-plan', args=[found.id])}?said=rounds.planned")
    asked = uuid_in(request.GET.get("incident"))
    if asked is None:
        rows = incidents_seen(by).filter(closed_at=None)[:50]
        return page(request, "rounds/new.html", {"incidents": rows})
    return page(request, "rounds/new.html", _choices(request, incident_seen(asked, by=by), by))


def _choices(request: HttpRequest, incident: Incident, by: Actor) -> dict[str, Any]:
    """What the form offers: areas with their people, kinds of the guide, tomorrow's hours."""
    at = clock.now().astimezone(LOCAL)
    area_id = uuid_in(request.GET.get("area")) or incident.area_id
    path_seen(area_id, by)
    family, people = family_of(area_id), queries.people_by_area(area_id)
    code = guide(incident.hazard, GUIDE, on=at.date())
    days = int(value(code, "round_days", area_id=area_id, at=at))
    starts_at = (at + timedelta(days=1)).replace(hour=7, minute=0)
    sums: dict[UUID, int] = {}
    for i, n in people.items():
        part = family.child_of.get(i)
        if part:
            sums[part] = sums.get(part, 0) + n
    return {"incident": incident, "area": family.area, "whole": sum(people.values()), "days": days,
            "parts": [{"area": a, "n": sums.get(a.id, 0)} for a in family.children],
            "kinds": section_of(code, "round_kinds"), "starts_at": starts_at,
            "ends_at": (starts_at + timedelta(days=days - 1)).replace(hour=22)}  # fmt: skip


@signed_in
def plan(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """The proposal by area, and the officer's own numbers in its place, with the reason."""
    by = actor_of(request)
    found = queries.round_seen(round_id, by=by)
    require(by, "rounds.plan", area_id=found.area_id, incident_id=found.incident_id)
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        adopt_plan(round_id=round_id, adopted=_own(request, found), reason=reason, by=by, at=clock.now())
        return redirect(f"{reverse('round', args=[round_id])}?said=rounds.adopted")
    proposed = found.plan.get("proposed", {})  # a recall has none: its people are known
    chosen = found.plan.get("adopted", proposed)
    heads = [{"name": n, "words": gettext(w)} for n, w in NEED_WORDS.items()]
    areas = areas_of(UUID(i) for i in proposed)
    rows = [{"area": areas[UUID(i)], "cells": [h | {"n": chosen[i][h["name"]], "proposed": numbers[h["name"]]}
             for h in heads]} for i, numbers in proposed.items()]  # fmt: skip
    context = {"round": found, "heads": heads, "rows": rows, "sum": asdict(needs_in(found, "proposed")),
               "reason": found.plan.get("reason", ""), "guide": edition(found.edition)["title"]}  # fmt: skip
    return page(request, "rounds/plan.html", context)


def _own(request: HttpRequest, found: Round) -> dict[UUID, dict[str, int]]:
    """The numbers of the form that differ from the proposal, by area. Raises Invalid."""
    out: dict[UUID, dict[str, int]] = {}
    for area, numbers in found.plan.get("proposed", {}).items():
        for name in numbers:
            text = request.POST.get(f"{name}-{area}", "").strip()
            if text and (n := whole(text.replace(",", ""), field=name)) != numbers[name]:
                out.setdefault(UUID(area), {})[name] = n
    return out


@signed_in
def stations(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Sites by area with state, units, people; moved one by one or all at once; a new one from the places there."""
    by, cluster = actor_of(request), request.GET.get("cluster", "")
    found = queries.round_seen(round_id, by=by)
    path = path_in(request, by, found)
    kind = queries.kind_of(found.edition, found.kind)
    rights = rights_on(by, path, incident_id=found.incident_id)
    every = list(queries.stations_of(found, by=by, area_id=path[-1].id))
    rows = [s for s in every if cluster in ("", s.cluster)]
    may_plan = "rounds.plan" in rights and found.state in ("planned", "staffed", "open")
    known = {s.place_id for s in every}
    places = places_in(path[-1].id, by=by, kind=kind["place_kind"])[:MOST_PLACES] if may_plan else []
    context = {"round": found, "area": path[-1], "cluster": cluster, "place_kind": kind["place_kind"],
               "rows": _shown(rows, queries.steps_by_station(found)), "may_plan": may_plan,
               "not_open": sum(s.state != "open" for s in rows),
               "may_move": bool({"rounds.plan", "sampling.scan"} & rights),
               "places": [p for p in places if p.id not in known],
               "states": [{"name": s, "words": state_shown(s, STATION_WORDS)["words"]} for s in STATION_STATES[1:]],
               "desks": sum(s.n_desks for s in rows), "seated": sum(s.n_seated for s in rows),
               "people": sum(s.n_people or 0 for s in rows)}  # fmt: skip
    return page(request, "rounds/stations.html", context)


def _shown(rows: Sequence[Station], steps: dict[UUID, list[Step]]) -> list[dict[str, Any]]:
    out, weather = [], weather_on({s.place_id for s in rows}, clock.now())
    for s in rows:
        taken = steps.get(s.id, [])
        before = [{"words": state_shown(x.state, STATION_WORDS)["words"], "step": x} for x in taken[:-1]]
        out.append({"s": s, "state": state_shown(s.state, STATION_WORDS), "last": taken[-1] if taken else None,
                    "before": before, "weather": weather.get(s.place_id, [])})  # fmt: skip
    return out


def _to_stations(request: HttpRequest, round_id: UUID, code: str) -> HttpResponse:
    kept = {n: request.POST.get(n, "") for n in ("area", "cluster")} | {"said": code}
    address = reverse("round-stations", args=[round_id])
    return redirect(f"{address}?{urlencode({n: v for n, v in kept.items() if v})}")


def _raise(outcome: Outcome, kinds: Sequence[type[Refused]]) -> None:
    for kind in kinds:
        if outcome.code == kind.code:
            raise kind(**outcome.values)


@require_POST
@signed_in
def move(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """The chosen sites, or all that are shown, come to a state; those that cannot stay, and the page says so."""
    by, sent = actor_of(request), request.POST
    found = queries.round_seen(round_id, by=by)
    ids = [i for i in (uuid_in(v) for v in sent.getlist("station")) if i]
    if sent.get("all"):
        asked = uuid_in(sent.get("area"))
        rows = queries.stations_of(found, by=by, area_id=asked, cluster=sent.get("cluster", ""))
        ids = list(rows.values_list("id", flat=True))
    if not ids:
        raise errors.StationMissing(station="")
    outcomes = move_stations(station_ids=ids, state=sent.get("state", ""), by=by, at=clock.now())
    refused = [o for o in outcomes if o.code and o.code != "repeated"]
    if len(refused) == len(outcomes):
        _raise(refused[0], (errors.StationMissing, errors.RoundNotReady, NotReady))
    return _to_stations(request, round_id, "rounds.moved_partly" if refused else "rounds.moved")


@require_POST
@signed_in
def station(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """A place is put to work in the round: so many units, so many people at each."""
    by, sent = actor_of(request), request.POST
    queries.round_seen(round_id, by=by)
    desks = min(MOST_DESKS, whole(sent.get("desks", ""), field="desks"))
    made = NewStation(new_id(request), uuid_in(sent.get("place")) or UUID(int=0),
                      [whole(sent.get("people", ""), field="staff")] * desks,
                      sent.get("cluster", "").strip()[:60])  # fmt: skip
    _raise(add_stations(round_id=round_id, stations=[made], by=by, at=clock.now())[0], (errors.RoundUnfit,))
    return _to_stations(request, round_id, "rounds.station_added")
