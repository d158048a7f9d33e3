"""Vehicles that serve an area, who drives them day and night, and one's own car on offer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import labels_of, live_grants, require
from lianfang.domains.areas.queries import area, ids_below
from lianfang.domains.dispatch import queries
from lianfang.domains.dispatch.models import Vehicle
from lianfang.domains.dispatch.rules import PLACES
from lianfang.domains.dispatch.services import add_vehicle, end_turn, offer_car, put_crew, withdraw_vehicle
from lianfang.domains.responders.queries import bodies_around
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.trips import taken
from lianfang.web.words import moment_typed, said, typed_moment

READ, PLAN = "dispatch.read", "dispatch.plan"
DRIVERS = ("volunteer", "grid-worker")  # whose posts may drive; most of them serve as volunteers
MOST_DRIVERS = 200


@signed_in
def fleet(request: HttpRequest) -> HttpResponse:
    """Each vehicle with what it has room for, whether it is clean, and its crew from now on."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    require(by, READ)
    area_id = uuid_in(asked.get("area")) or home_id(by)
    rows = queries.vehicles_here(area_id, by=by, at=at)
    grants = live_grants(at).filter(role__in=DRIVERS, area_id__in=ids_below(area_id)).order_by("account_id")
    people = labels_of(set(grants.values_list("account_id", flat=True)[:MOST_DRIVERS]))
    context = {"area": area(area_id), "rows": [_row(v) for v in rows], "plates": queries.plates_of(rows, by=by),
               "drivers": sorted(people.items(), key=lambda p: p[1]), **_choices(), "now_typed": typed_moment(at),
               "bodies": list(bodies_around(area_id))}  # fmt: skip
    return page(request, "trips/fleet.html", context)


def _row(v: Vehicle) -> dict[str, Any]:
    return {"v": v, "kind": said(queries.vehicle_kinds()[v.kind]["words"]), "room": taken(v.places),
            "carried": said(queries.ride_groups()[v.carried]["words"]) if v.carried else "",
            "dirty": bool(v.carried) and queries.ride_groups()[v.carried]["each"],
            "turns": list(v.turns.all())}  # fmt: skip


def _choices() -> dict[str, Any]:
    return {"kinds": [(n, said(k["words"])) for n, k in queries.vehicle_kinds().items()],
            "groups": [(n, said(g["words"])) for n, g in queries.ride_groups().items()]}  # fmt: skip


@require_POST
@signed_in
def add(request: HttpRequest) -> HttpResponse:
    """A body lends a vehicle."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    add_vehicle(vehicle_id=new_id(request), kind=sent.get("kind", ""), plate=sent.get("plate", ""),
                phone=sent.get("phone", ""), organisation_id=uuid_in(sent.get("body")),
                area_id=uuid_in(sent.get("area")) or home_id(by), places=_places(request), groups=sent.getlist("group"),
                lon=None, lat=None, from_at=moment_typed(sent.get("from", ""), field="from") or at,
                until_at=moment_typed(sent.get("until", ""), field="until"), by=by, at=at)  # fmt: skip
    return redirect(reverse("fleet") + "?said=dispatch.vehicle_added")


def _places(request: HttpRequest) -> dict[str, int]:
    found = {p: whole_in(request.POST.get(p, "")) for p in PLACES if request.POST.get(p, "").strip()}
    for name, n in found.items():
        if n is None:
            raise Invalid(field=name, fix="a whole number")
    return {p: n for p, n in found.items() if n is not None}


@require_POST
@signed_in
def crew(request: HttpRequest, vehicle_id: UUID) -> HttpResponse:
    """Somebody drives it, or goes along, from a time to a time; or a turn ends."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    turn_id, account_id = uuid_in(sent.get("ends")), uuid_in(sent.get("account"))
    if turn_id:
        end_turn(turn_id=turn_id, by=by, at=at)
        return redirect(reverse("fleet") + "?said=dispatch.crewed")
    begins, ends = (moment_typed(sent.get(n, ""), field=n) for n in ("from", "until"))
    if account_id is None or begins is None or ends is None:
        raise Invalid(field="until", fix="YYYY-MM-DD HH:MM")
    put_crew(turn_id=new_id(request), vehicle_id=vehicle_id, account_id=account_id, role=sent.get("role", "driver"),
             protection=whole_in(sent.get("protection", "0")) or 0, from_at=begins, until_at=ends, by=by,
             at=at)  # fmt: skip
    return redirect(reverse("fleet") + "?said=dispatch.crewed")


@require_POST
@signed_in
def withdraw(request: HttpRequest, vehicle_id: UUID) -> HttpResponse:
    """It serves no longer."""
    withdraw_vehicle(vehicle_id=vehicle_id, by=actor_of(request), at=clock.now())
    to = "own-car" if request.POST.get("then") == "own" else "fleet"
    return redirect(reverse(to) + "?said=dispatch.withdrawn")


@signed_in
def own_car(request: HttpRequest) -> HttpResponse:
    """My own car on offer: which hours, how many seats; and what it was offered for so far."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    if request.method == "POST":
        hours = [h for h in (sent.get("first", ""), sent.get("last", "")) if h]
        offer_car(vehicle_id=new_id(request), kind=sent.get("kind", "car"), plate=sent.get("plate", ""),
                  phone=sent.get("phone", ""), area_id=uuid_in(sent.get("area")) or home_id(by),
                  places=_places(request), hours=hours, until_at=moment_typed(sent.get("until", ""), field="until"),
                  by=by, at=at)  # fmt: skip
        return redirect(reverse("own-car") + "?said=dispatch.offered")
    require(by, "calls.claim")
    rows = list(queries.vehicles_seen(by).filter(account_id=by.id).exclude(until_at__lte=at).order_by("number"))
    context = {"rows": [_row(v) for v in rows], "plates": queries.plates_of(rows, by=by), **_choices()}
    return page(request, "trips/own_car.html", context)
