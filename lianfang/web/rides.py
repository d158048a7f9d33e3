"""Asking for a ride: who is moved, who depends on him, by which path of care, to which free bed, by when, and home."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid, Refused
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.dispatch import queries
from lianfang.domains.dispatch.errors import raise_refusal
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.dispatch.rules import COLOURS, PLACES, path_of
from lianfang.domains.dispatch.services import ALONG, NewRide, ask_rides, cancel_ride, change_goal, confirm_terms
from lianfang.domains.grid.queries import carers_of, contact_of
from lianfang.domains.holds.queries import colour_of, holds_of
from lianfang.domains.needs.queries import plea_seen
from lianfang.domains.places.queries import goals_around, is_closed_now, place_kinds, standing_of
from lianfang.domains.work.queries import item_seen
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.messages import sentence
from lianfang.web.trips import ride_row
from lianfang.web.words import LOCAL, moment_typed, said, typed_moment

ASK, PLAN = "dispatch.ask", "dispatch.plan"
COLOUR_WORDS = {"green": gettext_noop("green"), "yellow": gettext_noop("yellow"), "red": gettext_noop("red")}
BRINGS = ("hospital-ward", "dialysis-room", "exam-room", "isolation-site", "shelter")  # places one is brought to
GOODS = ("relay-point", "goods-store", "shop", "service-post")  # where loads are taken up and set down


def _first(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    """What the form says before anybody types: of a piece of work or a plea, who and by when; one goes out now."""
    asked = {"from": typed_moment(at), "heads": "1", **request.GET.dict()}
    item_id, plea_id = uuid_in(asked.get("item")), uuid_in(asked.get("plea"))
    if item_id:
        item = item_seen(item_id, by=by)
        need = item.values.get("sort", "")
        asked |= {"person": str(item.unit_id or "") if item.unit_kind == "person" else "",
                  "colour": item.values.get("colour", ""), "need": need, "end": item.values.get("where", ""),
                  "kind": "emergency" if item.kind == "emergency-transfer" else "medical",
                  "aid": item.values.get("aid", "")}  # fmt: skip
    if plea_id:
        p = plea_seen(plea_id, by=by)
        asked |= {"person": str(p.person_id or ""), "end": p.deadline_where, "arrive": typed_moment(p.deadline_at)}
    return asked


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a ride; one page, the path of care and free beds on it."""
    by, at = actor_of(request), clock.now()
    typed = request.POST if request.method == "POST" else _first(request, by, at)
    person = uuid_in(typed.get("person"))
    if not (person and person == by.person_id):
        require(by, ASK)
    wrong: dict[str, Any] = {}
    if request.method == "POST" and "look" not in request.POST:
        try:
            return _asked(request, by, at)
        except Refused as refused:
            wrong = {"said": sentence(refused.code, refused.values), "code": refused.code, "status": refused.status}
    answer = page(
        request, "trips/ride_new.html", _context(typed, person, by, at) | wrong, status=wrong.get("status", 200)
    )
    answer.is_refusal = bool(wrong)  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
    return answer


def _context(typed: Mapping[str, Any], person: UUID | None, by: Actor, at: datetime) -> dict[str, Any]:
    known = contact_of(person, by=by, at=at) if person else None
    cared = [x.cared_id for x in carers_of([person]) if x.carer_id == person] if person else []
    colour = typed.get("colour") or _colour(person, by, at)
    paths = queries.care_paths()
    path = typed.get("path") or path_of(colour, typed.get("need", ""), paths)
    wanted = paths[path]["place"]["place"] if path in paths else ""
    stores = goals_around(home_id(by), GOODS) if person is None else []
    goals = [*goals_around(home_id(by), [wanted] if wanted else BRINGS), *stores]
    free = standing_of(goals, kinds=place_kinds(), on=at.astimezone(LOCAL).date())
    return {"typed": typed, "person": person, "known": known, "colour": colour, "path": path,
            "dependants": [(i, contact_of(i, by=by, at=at)["name"]) for i in cared],
            "kinds": [(n, said(k["words"]), k["goods"]) for n, k in queries.trip_kinds().items()],
            "paths": [(n, said(p["words"])) for n, p in paths.items()],
            "groups": [(n, said(g["words"])) for n, g in queries.ride_groups().items()],
            "colours": [(c, gettext(COLOUR_WORDS[c])) for c in COLOURS],
            "stores": stores, "relays": [p for p in stores if place_kinds().get(p.kind, {}).get("relay")],
            "goals": [(p, _free(p.kind, free[p.id].free)) for p in goals]}  # fmt: skip


def _colour(person: UUID | None, by: Actor, at: datetime) -> str:
    """The colour that speaks for somebody, for whoever has to find the path of care for him."""
    if person is None:
        return ""
    stay = contact_of(person, by=by, at=at)["stay"]
    if stay is None or not may(by, "holds.colour", area_id=stay.area_id):
        return ""
    return colour_of(holds_of(person, at=at))[0]


def _free(kind: str, free: Mapping[str, int]) -> str:
    words = {c["name"]: said(c) for c in place_kinds().get(kind, {}).get("classes", [])}
    return " · ".join(f"{words.get(c, c)} {n}" for c, n in free.items())


def _asked(request: HttpRequest, by: Actor, at: datetime) -> HttpResponse:
    sent = request.POST
    person = uuid_in(sent.get("person"))
    stay = contact_of(person, by=by, at=at)["stay"] if person else None
    place = stay.area_id if stay else uuid_in(sent.get("area")) or home_id(by)
    item_id, plea_id = uuid_in(sent.get("item")), uuid_in(sent.get("plea"))
    if item_id:  # what it is a part of must be his to see
        item_seen(item_id, by=by)
    if plea_id:
        plea_seen(plea_id, by=by)
    ready = moment_typed(sent.get("from", ""), field="from")
    if ready is None:
        raise Invalid(field="from", fix="YYYY-MM-DD HH:MM")
    aid = {"wheelchair": "wheelchair", "stretcher": "stretcher"}.get(sent.get("aid", ""))
    places = {p: whole_in(sent.get(p, "")) or 0 for p in PLACES if sent.get(p)} | ({aid: 1} if aid else {})
    named = {n.removeprefix("dependant-"): v for n, v in sent.items() if n.startswith("dependant-")}
    along = {n: ALONG if v == ALONG else sent.get(f"carer-{n}", "") for n, v in named.items()}
    ride = NewRide(
        new_id(request), sent.get("kind", ""), by, at, ready, moment_typed(sent.get("arrive", ""), field="arrive_by"),
        person, uuid_in(sent.get("door")), place, whole_in(sent.get("heads", "1")) or 0, places,
        sent.get("group", ""), sent.get("path", ""), sent.getlist("flag"), sent.get("words", ""), sent.get("start", ""),
        sent.get("end", ""), sent.get("phone", ""), sent.get("escort", ""),
        {i: v for n, v in along.items() if (i := uuid_in(n))}, uuid_in(sent.get("from_place")),
        uuid_in(sent.get("goal")),
        moment_typed(sent.get("back", ""), field="back"), item_id, plea_id,
        response_in(request, place), sent.get("terms", ""), sent.get("counterpart", ""),
        uuid_in(sent.get("relay")), moment_typed(sent.get("relay_at", ""), field="relay_at"), sent.get("contact", ""),
    )  # fmt: skip
    raise_refusal(ask_rides(rides=[ride], by=by, at=at)[0])
    return redirect(reverse("ride", args=[ride.id]) + "?said=dispatch.asked")


@signed_in
def ride(request: HttpRequest, ride_id: UUID) -> HttpResponse:
    """One ride: where it stands with every time, its car, the bed kept for it, and what both sides agreed on."""
    by = actor_of(request)
    found = queries.ride_seen(ride_id, by=by)
    path = queries.care_paths().get(found.path)
    trips = [found.trip] if found.trip else []
    context = {"row": ride_row(found), "x": found, "told": queries.told_of([found], by=by)[found.id],
               "path": said(path["words"]) if path else "", "returns": [ride_row(r) for r in found.returns.all()],
               "legs": _legs(found), **_goals(found, by),
               "plans": may(by, PLAN, area_id=found.area_id, incident_id=found.incident_id),
               "plate": "".join(queries.plates_of([t.vehicle for t in trips], by=by).values())}  # fmt: skip
    return page(request, "trips/ride.html", context)


def _goals(r: Ride, by: Actor) -> dict[str, Any]:
    """Whither he may be brought instead, for whoever sends cars or asked; and whether his goal has closed."""
    may_change = r.state in ("asked", "assigned", "loaded") and not r.terms and not _legs(r)
    if not may_change or not (r.asked_by == by.id or may(by, PLAN, area_id=r.area_id, incident_id=r.incident_id)):
        return {}
    near = goals_around(r.area_id, GOODS if queries.trip_kinds()[r.kind]["goods"] else BRINGS)
    is_closed = r.to_place_id is not None and is_closed_now(r.to_place_id)
    return {"goals": [p for p in near if p.id != r.to_place_id], "goal_closed": is_closed}


def _legs(r: Ride) -> list[dict[str, Any]]:
    """The other leg of a load that is handed over on its way: the one before it, or the one after."""
    first, then = r.follows, getattr(r, "onward", None)
    return [ride_row(x) | {"is_first": x is first} for x in (first, then) if x is not None]


@require_POST
@signed_in
def cancel(request: HttpRequest, ride_id: UUID) -> HttpResponse:
    """Nobody need be fetched any more."""
    cancel_ride(ride_id=ride_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return redirect(reverse("ride", args=[ride_id]) + "?said=dispatch.ride_cancelled")


@require_POST
@signed_in
def goal(request: HttpRequest, ride_id: UUID) -> HttpResponse:
    """Somebody is brought elsewhere."""
    sent = request.POST
    change_goal(ride_id=ride_id, to_place_id=uuid_in(sent.get("goal")), end=sent.get("end", ""),
                by=actor_of(request), at=clock.now())  # fmt: skip
    return redirect(reverse("ride", args=[ride_id]) + "?said=dispatch.goal_changed")


@require_POST
@signed_in
def confirm(request: HttpRequest, ride_id: UUID) -> HttpResponse:
    """One side of what was agreed with another district says yes."""
    sent = request.POST
    confirm_terms(ride_id=ride_id, side=sent.get("side", ""), post=sent.get("post", ""), by=actor_of(request),
                  at=clock.now())  # fmt: skip
    return redirect(reverse("ride", args=[ride_id]) + "?said=dispatch.confirmed")
