"""Goods to doors: who carries, from which depot; tours are proposed door by door, and given by a press each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import labels_of, posts_in, require
from lianfang.domains.areas.queries import area
from lianfang.domains.dispatch.planning import Tour, cars_here, propose_tours
from lianfang.domains.dispatch.planning.tours import LEAD
from lianfang.domains.dispatch.queries import plates_of
from lianfang.domains.dispatch.queries.kinds import tour_values, vehicle_kinds
from lianfang.domains.dispatch.queries.tours import (
    Carrier,
    busy_until,
    depots_in,
    portions_counted,
    tours_under_way,
)
from lianfang.domains.dispatch.services import adopt_tour, end_tour
from lianfang.domains.places.models import Place
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.words import said

MOST_HELPERS, MOST_HELD = 80, 5000
WHY_LEFT = {
    "not_allowed": gettext_noop("nobody may"), "too_large": gettext_noop("more than anybody carries"),
    "too_late": gettext_noop("nobody is there in time, not even alone"), "too_dear": gettext_noop("too far"),
    "cut_off": gettext_noop("every road there is closed"),
    "no_room": gettext_noop("those who carry have no time left for it"),
}  # fmt: skip


def _crew(area_id: UUID, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Who could carry: drivers at the wheel with what their vehicles hold, then everybody with a post here."""
    values = tour_values([area_id], at=at)[area_id]
    ends = at + timedelta(hours=float(values["tour_hours"]))
    cars = [c for c in cars_here(area_id, by, at) if "goods" in c.vehicle.groups and c.from_at < ends]
    posts, plates = labels_of({c.driver_id for c in cars}), plates_of([c.vehicle for c in cars], by=by)
    rows = [{"id": c.driver_id, "label": posts.get(c.driver_id, ""), "is_car": True, "from": c.from_at,
             "until": min(c.until_at, ends), "plate": plates.get(c.vehicle.id, ""),
             "vehicle": said(vehicle_kinds()[c.vehicle.kind]["words"]),
             "holds": int(c.vehicle.places.get("load", 0) / float(values["tour_portion_kg"]))}
            for c in cars]  # fmt: skip
    rows = [r for r in rows if r["holds"] > 0]
    driving = {r["id"] for r in rows}
    rows += [{"id": p.id, "label": p.label, "is_car": False, "from": at, "until": ends, "plate": "", "vehicle": "",
              "holds": int(values["tour_on_foot"])}
             for p in posts_in(area_id, at=at, most=MOST_HELPERS) if p.id not in driving]  # fmt: skip
    busy = busy_until([r["id"] for r in rows], at=at)
    return [r | {"from": max(r["from"], busy.get(r["id"], at)), "is_busy": r["id"] in busy} for r in rows]


@signed_in
def tours(request: HttpRequest) -> HttpResponse:
    """Portions that wait, the depots they can be taken from, and who could carry them."""
    by, at = actor_of(request), clock.now()
    area_id = uuid_in(request.GET.get("area")) or home_id(by)
    require(by, LEAD, area_id=area_id)
    waits, free = portions_counted(area_id, by=by)
    under_way = tours_under_way(area_id, by=by, at=at)
    posts = labels_of({t.account_id for t in under_way})
    context = {"area": area(area_id), "waits": waits, "free": free, "crew": _crew(area_id, by, at),
               "depots": depots_in(area_id),
               "under_way": [(t, posts.get(t.account_id, "")) for t in under_way]}  # fmt: skip
    return page(request, "trips/tours.html", context)


def _carriers(sent: QueryDict, area_id: UUID, n_depots: int, by: Actor, at: datetime) -> list[Carrier]:
    """Those who were ticked, with how much each takes and from where. Raises Invalid."""
    chosen, out = set(sent.getlist("who")), []
    for r in _crew(area_id, by, at):
        if str(r["id"]) not in chosen:
            continue
        holds, depot = sent.get(f"n-{r['id']}", ""), sent.get(f"d-{r['id']}", "0")
        if not holds.isdecimal() or not 1 <= int(holds) <= MOST_HELD:
            raise Invalid(field="holds", fix=f"1–{MOST_HELD}")
        if not depot.isdecimal() or int(depot) >= n_depots:
            raise Invalid(field="depot", fix="id")
        if r["from"] < r["until"]:
            out.append(Carrier(r["id"], r["label"], int(holds), int(depot), r["from"], r["until"], r["is_car"]))
    return out


@require_POST
@signed_in
def propose(request: HttpRequest) -> HttpResponse:
    """Who brings what to which doors in which order: proposed; each tour is given by a press of its own."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    area_id = uuid_in(sent.get("area")) or home_id(by)
    require(by, LEAD, area_id=area_id)
    here = {str(p.id): p for p in depots_in(area_id)}
    depots: Sequence[Place] = [here[i] for i in dict.fromkeys(sent.getlist("depot")) if i in here]
    if not depots:
        raise Invalid(field="depot", fix="id")
    carriers = _carriers(sent, area_id, len(depots), by, at)
    if not carriers:
        raise Invalid(field="who", fix="id")
    found = propose_tours(area_id, carriers, depots, by=by, at=at, is_late_too=bool(sent.get("late")))
    left = [(d, gettext(WHY_LEFT[why])) for d, why in found.left]
    context = {"area": area(area_id), "tours": [_row(t) for t in found.tours], "left": left,
               "ground": found.ground}  # fmt: skip
    return page(request, "trips/tours_proposed.html", context)


def _row(t: Tour) -> dict[str, Any]:
    stops = [{"at": s.at, "is_new": s.is_new_load, "portions": s.portions, "n": sum(p.parcels for p in s.portions)}
             for s in t.stops]  # fmt: skip
    sent = [f"{p.item_id}|{s.at.isoformat()}" for s in t.stops for p in s.portions]
    return {"t": t, "stops": stops, "sent": sent, "km": t.metres / 1000}


@require_POST
@signed_in
def adopt(request: HttpRequest) -> HttpResponse:
    """A proposed tour is given to its carrier; tested once more, since others give too."""
    by, sent = actor_of(request), request.POST
    carrier, area_id, stops = uuid_in(sent.get("carrier")), uuid_in(sent.get("area")), _stops(sent.getlist("stop"))
    if carrier is None or not stops:
        raise Invalid(field="stop", fix="")
    adopt_tour(tour_id=new_id(request), carrier_id=carrier, stops=stops, by=by, at=clock.now())
    return redirect(reverse("tours") + f"?area={area_id or home_id(by)}&said=dispatch.tour_given")


def _stops(values: Sequence[str]) -> list[tuple[UUID, datetime]]:
    """Doors with their times as the form of a proposal sends them. Raises Invalid."""
    out = []
    for text in values[:1000]:
        item, _, moment = text.partition("|")
        item_id = uuid_in(item)
        try:
            when = datetime.fromisoformat(moment)
        except ValueError:
            when = None
        if item_id is None or when is None or when.tzinfo is None:
            raise Invalid(field="stop", fix="")
        out.append((item_id, when))
    return out


@require_POST
@signed_in
def end(request: HttpRequest) -> HttpResponse:
    """Who cannot go on has nothing more to bring: it waits for a new tour."""
    by, carrier = actor_of(request), uuid_in(request.POST.get("carrier"))
    area_id = uuid_in(request.POST.get("area")) or home_id(by)
    if carrier is None:
        raise Invalid(field="who", fix="id")
    end_tour(carrier_id=carrier, area_id=area_id, by=by, at=clock.now())
    return redirect(reverse("tours") + f"?area={area_id}&said=dispatch.tour_ended")
