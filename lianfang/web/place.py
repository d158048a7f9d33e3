"""One place: counting in and out on a phone, opening and closing it, who stays, its checks, and its cases of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require, rights_in
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.grid.queries import search_people
from lianfang.domains.places import queries
from lianfang.domains.places.errors import PlaceMissing, PlaceUnfit
from lianfang.domains.places.models import Place
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.places.rules import day_of_stay
from lianfang.domains.places.services import (
    begin_stay,
    change_place,
    count_passage,
    end_stay,
    open_place,
    recount,
    set_state,
)
from lianfang.domains.privacy.errors import SearchTooShort
from lianfang.domains.work.queries import items_about
from lianfang.flows.count_cases import count_cases
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.messages import sentence
from lianfang.web.places import capacity_in, classes_shown, kind_words, state_shown, today, typed_day, whole
from lianfang.web.readiness import readiness_shown
from lianfang.web.searches import sought
from lianfang.web.work import row_of

Body = Mapping[str, Any]
FOUND = 12
TAPS = (2, 5, 10)  # groups that come together


def back(place_id: UUID, said_code: str) -> HttpResponse:
    """Back to the place, which says what was done."""
    return redirect(reverse("place", args=[place_id]) + f"?said={said_code}")


def _counted(place: Place, kinds: Mapping[str, Body]) -> dict[str, Any]:
    """What the count shows: how many are inside, the limit, how many may still go in."""
    standing = queries.standing_of([place], kinds=kinds, on=today())[place.id]
    return {"place": place, "standing": standing, "state": state_shown(place, today())}


def _stays(place: Place, by: Actor, at: datetime) -> dict[str, Any]:
    guests, total = queries.guests_of(place, by=by, at=at)
    on = at.astimezone(LOCAL).date()
    rows = [{"g": g, "day": day_of_stay(g.stay.from_at.astimezone(LOCAL).date(), on),
             "is_due": g.stay.until_at is not None and g.stay.until_at <= at} for g in guests]  # fmt: skip
    return {"guests": rows, "n_guests": total}


def _found(text: str, by: Actor, at: datetime) -> dict[str, Any]:
    """People found for admission, within the actor's rights and masked; who stays somewhere already is marked."""
    if not text:
        return {"q": ""}
    try:
        people = search_people(text, by=by, at=at, limit=FOUND, for_case=True)
    except SearchTooShort as e:
        return {"q": text, "too_short": sentence(e.code, e.values)}
    staying = queries.staying_ids(p["id"] for p in people)
    return {"q": text, "found": [{**p, "stays": p["id"] in staying} for p in people]}


def _checks(place: Place, body: Body, by: Actor) -> dict[str, Any]:
    kinds = kinds_by_name()
    items = items_about([place.id], by=by)
    rows = [row_of(i, {}, ["outcome"]) for i in items]
    return {"checks": rows, "check_kinds": [kinds[n] for n in body.get("checks", []) if n in kinds]}


@signed_in
def place(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """One place, for a phone: who is inside, who stays, what is free, its rule, its checks, its cases of a day."""
    by, at = actor_of(request), clock.now()
    found = queries.place_seen(place_id, by=by)
    kinds = queries.place_kinds()
    body = kinds.get(found.kind, {})
    counted = _counted(found, kinds)
    context = {"body": body, "kind": kind_words(body, found.kind), "rights_here": rights_in(by, found.area_id),
               "classes": classes_shown(body, found, counted["standing"].free), "today": today(), "taps": TAPS,
               "level": next((x for x in body.get("levels", []) if x["name"] == found.level), None),
               "sizes": [{**c, "n": found.capacity.get(c["name"], "")} for c in body.get("classes", [])]}  # fmt: skip
    if body.get("entry_class"):
        context["passages"] = queries.passages_of(found)
    if body.get("stay"):
        context |= _stays(found, by, at)
    if body.get("census"):
        context["days"] = queries.last_days(found)
    return page(request, "places/place.html", context | counted | _checks(found, body, by) | readiness_shown(found))


@signed_in
def count(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """The live count of a place; sent with a change, so many went in or out."""
    by = actor_of(request)
    if request.method == "POST":
        change = whole(request.POST.get("change", ""), field="count")
        count_passage(passage_id=new_id(request), place_id=place_id, change=change, by=by, at=clock.now())
        if not request.headers.get("HX-Request"):
            return back(place_id, "places.counted")
    found = queries.place_seen(place_id, by=by)
    return page(request, "places/_count.html", _counted(found, queries.place_kinds()))


@require_POST
@signed_in
def count_anew(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """So many are inside by a count made anew."""
    inside = whole(request.POST.get("inside", ""), field="count")
    recount(passage_id=new_id(request), place_id=place_id, inside=inside, by=actor_of(request), at=clock.now())
    return back(place_id, "places.recounted")


@require_POST
@signed_in
def open_one(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """Open one place from a day on, up to a share of its capacity."""
    sent = request.POST
    open_place(opening_id=new_id(request), place_id=place_id, opens_on=typed_day(sent.get("opens_on", ""), today()),
               limit_percent=whole(sent.get("percent", "100"), field="percent"), reason=sent.get("reason", ""),
               in_spite=sent.get("in_spite", ""), by=actor_of(request), at=clock.now())  # fmt: skip
    return back(place_id, "places.opened")


@require_POST
@signed_in
def close(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """Close a place, with the reason."""
    reason = request.POST.get("reason", "")
    if not reason.strip():
        raise PlaceUnfit(field="reason", fix="text")
    set_state(place_id=place_id, state="closed", reason=reason, by=actor_of(request), at=clock.now())
    return back(place_id, "places.closed_now")


@require_POST
@signed_in
def change(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """Another capacity by class, or another level of rules."""
    by = actor_of(request)
    found = queries.place_seen(place_id, by=by)
    capacity = capacity_in(request, queries.place_kinds().get(found.kind, {}))
    change_place(place_id=place_id, capacity=capacity, level=request.POST.get("level", ""), by=by, at=clock.now())
    return back(place_id, "places.changed")


def _end_of(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), LOCAL)
    except ValueError:
        return None


@signed_in
def admit(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """Search whom to admit, within the actor's rights; sent, the person has one free place of a class."""
    by, at = actor_of(request), clock.now()
    if request.method == "POST":
        person, sent = uuid_in(request.POST.get("person")), request.POST
        if person is None:
            raise PlaceUnfit(field="person", fix="")
        begin_stay(stay_id=new_id(request), place_id=place_id, capacity_class=sent.get("class", ""), by=by, at=at,
                   person_id=person, until_at=_end_of(sent.get("until", "")))  # fmt: skip
        return back(place_id, "places.admitted")
    found = queries.place_seen(place_id, by=by)
    require(by, "places.write", area_id=found.area_id)
    require(by, "grid.read")
    kinds = queries.place_kinds()
    counted = _counted(found, kinds)
    classes = classes_shown(kinds.get(found.kind, {}), found, counted["standing"].free)
    context = counted | {"classes": classes} | _found(sought(request), by, at)
    return page(request, "places/admit.html", context)


@require_POST
@signed_in
def release(request: HttpRequest, stay_id: UUID) -> HttpResponse:
    """A person leaves the place; it is free again."""
    by = actor_of(request)
    stay = queries.stay_seen(stay_id, by=by)
    end_stay(stay_id=stay_id, by=by, at=clock.now())
    return back(stay.place_id, "places.released")


@require_POST
@signed_in
def enter(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """The cases of a place on a day, entered by its post."""
    by, sent = actor_of(request), request.POST
    if not queries.places_seen(by).filter(id=place_id).exists():
        raise PlaceMissing(place=str(place_id))
    numbers = {n: whole(sent.get(n, "") or "0", field=n) for n in queries.NUMBERS if n != "active"}
    count_cases(day_id=new_id(request), place_id=place_id, on=typed_day(sent.get("on", ""), today()),
                active=whole(sent.get("active", ""), field="active"), by=by, at=clock.now(), **numbers)  # fmt: skip
    return back(place_id, "places.day_entered")
