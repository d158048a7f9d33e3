"""The lead at assembly: a square that rotates, who asks, one tap each; later the code for doors, and the end."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import labels_of, require, strength_of
from lianfang.domains.areas.queries import area
from lianfang.domains.calls.queries import calls_led, roster_of, shift_seen
from lianfang.domains.devices import queries
from lianfang.domains.devices.errors import AccountTooStrong, DeviceMissing, VouchingOver
from lianfang.domains.devices.models import Vouching
from lianfang.domains.devices.rules import VOUCHED
from lianfang.domains.devices.services import (
    Confirming,
    begin_vouching,
    confirm_devices,
    end_devices,
    end_vouching,
    give_code,
)
from lianfang.domains.editions.queries import roles
from lianfang.web.calls import hours_text
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.words import LOCAL, said

SOON = timedelta(hours=24)  # shifts a lead may gather for
REFUSALS = {e.code: e for e in (AccountTooStrong, DeviceMissing, VouchingOver)}


def _roles() -> list[dict[str, str]]:
    return [{"name": n, "words": said(r["words"])} for n, r in roles().items() if strength_of([n]) in VOUCHED]


def _shifts(by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Shifts that begin within a day, or run, of calls the actor leads."""
    near = [(s, c) for c in calls_led(by, at=at) for s in c.shifts.all() if at < s.ends_at and s.starts_at < at + SOON]
    return [{"s": s, "words": said(c.title), "hours": hours_text(s), "area": c.area}
            for s, c in sorted(near, key=lambda pair: (pair[0].starts_at, pair[0].id))]  # fmt: skip


@signed_in
def vouch(request: HttpRequest) -> HttpResponse:
    """What a lead gathers people for: shifts of his calls, or a mission he names; and what is gathered already."""
    by, at = actor_of(request), clock.now()
    require(by, queries.VOUCH)
    seen = queries.vouchings_seen(by).filter(access_until_at__gt=at).order_by("ended_at", "until_at", "id")
    gathered = list(seen[:30])
    taken = {v.scope_id for v in gathered if v.ended_at is None}
    context = {"gathered": gathered, "shifts": [s for s in _shifts(by, at) if s["s"].id not in taken],
               "roles": _roles(), "area": area(home_id(by)), "doubtful": queries.quarantined(by).count()}  # fmt: skip
    return page(request, "vouch/list.html", context)


def _ends(text: str, at: datetime) -> datetime:
    """When a mission ends, as typed: an hour of today, or of tomorrow where it has passed."""
    try:
        hour = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  # an hour of the local day
    except ValueError:
        raise Invalid(field="until", fix="HH:MM") from None
    end = datetime.combine(at.astimezone(LOCAL).date(), hour, LOCAL)
    return end if end > at else end + timedelta(days=1)


@require_POST
@signed_in
def begin(request: HttpRequest) -> HttpResponse:
    """Gather for a shift, or for a mission until an hour."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    shift_id = uuid_in(sent.get("shift"))
    if shift_id:
        shift = shift_seen(shift_id, by=by)
        what = {"area_id": shift.call.area_id, "scope_kind": "shift", "scope_id": shift.id, "until_at": shift.ends_at,
                "title": said(shift.call.title)}  # fmt: skip
    else:
        kind = "desk" if sent.get("desk") else "mission"
        what = {"area_id": home_id(by), "scope_kind": kind, "scope_id": None,
                "until_at": _ends(sent.get("until", ""), at),
                "title": sent.get("title", "").strip() or gettext("Mission")}  # fmt: skip
    made = begin_vouching(vouching_id=new_id(request), role=sent.get("role", ""), by=by, at=at,
                          grace_minutes=settings.AFTER_MISSION_MINUTES, **what)  # fmt: skip
    return redirect("vouching", made.id)


def _now(request: HttpRequest, found: Vouching, at: datetime) -> dict[str, Any]:
    """The square and the number of this minute, and who asks."""
    is_open = found.ended_at is None and at < found.until_at
    asking = queries.phones_of(found, by=actor_of(request), states=("asking",)) if is_open else []
    shown: dict[str, Any] = {"v": found, "is_open": is_open, "waiting": asking}
    if is_open:
        token, digits = queries.codes_shown(found, at=at)
        address = request.build_absolute_uri(reverse("join")) + f"#{token}"
        shown["qr"] = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
        shown["digits"] = f"{digits[:3]} {digits[3:]}"
    if asking and found.scope_kind == "shift":
        claims = roster_of([found.scope_id], by=actor_of(request))[found.scope_id]
        names = labels_of({c.account_id for c in claims})
        shown["claims"] = [{"id": i, "label": n} for i, n in sorted(names.items(), key=lambda pair: pair[1])]
    return shown


@signed_in
def vouching(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """One gathering: the square, who asks, who is in."""
    by, at = actor_of(request), clock.now()
    found = queries.vouching_seen(vouching_id, by=by)
    context = _now(request, found, at) | {"phones": queries.phones_of(found, by=by, states=("enrolled", "revoked"))}
    return page(request, "vouch/vouching.html", context)


@signed_in
def now(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """The part of it that changes by itself."""
    found = queries.vouching_seen(vouching_id, by=actor_of(request))
    return page(request, "vouch/_now.html", _now(request, found, clock.now()))


def _settled(request: HttpRequest, vouching_id: UUID, outcomes: list[Outcome], code: str) -> HttpResponse:
    """Refused, or back to the page; a page that stays where it is asks for no other."""
    for o in outcomes:
        if o.code in REFUSALS:
            raise REFUSALS[o.code](**o.values)
    if request.headers.get("Accept") == "application/json":
        return HttpResponse(status=204)
    return redirect(reverse("vouching", args=[vouching_id]) + f"?said={code}")


@require_POST
@signed_in
def confirm(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """I know who asks, and both screens show the same digits."""
    account = uuid_in(request.POST.get("account"))
    items = [Confirming(i, account) for i in map(uuid_in, request.POST.getlist("device")) if i]
    done = confirm_devices(items=items, by=actor_of(request), at=clock.now())
    return _settled(request, vouching_id, done, "devices.confirmed")


@require_POST
@signed_in
def end_phone(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """One phone is out: I do not know who asks, he has left, the phone is lost."""
    ids = [i for i in map(uuid_in, request.POST.getlist("device")) if i]
    done = end_devices(device_ids=ids, by=actor_of(request), at=clock.now())
    return _settled(request, vouching_id, done, "devices.ended")


@require_POST
@signed_in
def code(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """The one-time code for one phone, on this answer and nowhere else."""
    by, at = actor_of(request), clock.now()
    found = queries.device_seen(uuid_in(request.POST.get("device")) or vouching_id, by=by)
    digits = f"{secrets.randbelow(10**6):06}"
    give_code(device_id=found.id, digits=digits, by=by, at=at)
    holder = next(d for d in queries.phones_of(found.vouching, by=by, states=("enrolled",)) if d.id == found.id)
    context = {"v": found.vouching, "holder": holder.holder, "digits": f"{digits[:3]} {digits[3:]}"}
    return page(request, "vouch/code.html", context)


@require_POST
@signed_in
def end(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """The mission is over, or the code was seen by others: all its phones are out."""
    end_vouching(vouching_id=vouching_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("vouch") + "?said=devices.vouching_ended")
