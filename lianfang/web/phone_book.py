"""The phone book of duty: who answers for what in which order; putting somebody on duty, ending a line."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.accounts.queries import may, posts_in, require
from lianfang.domains.responders.errors import ResponderUnfit
from lianfang.domains.responders.queries import phone_book
from lianfang.domains.responders.services import end_duty, put_on_duty
from lianfang.web.call_outs import outside_desks, role_words
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.map import path_to
from lianfang.web.places import whole
from lianfang.web.words import moment_in

READ, WRITE = "responders.read", "responders.write"
POSITIONS = range(10)


@signed_in
def book(request: HttpRequest) -> HttpResponse:
    """The phone book of duty of an area: who answers for what in which order, and the desks outside the house."""
    by, at = actor_of(request), clock.now()
    path = path_to(request, by)
    area = path[-1]
    require(by, READ, area_id=area.id)
    rows, writes = phone_book(area.id, at=at), may(by, WRITE, area_id=area.id)
    kept = {a for a in {d.area_id for d in rows} if may(by, WRITE, area_id=a)}
    context = {"area": area, "path": path[:-1], "rows": rows, "roles": role_words(), "desks": outside_desks(),
               "now": at, "kept": kept, "writes": writes, "positions": POSITIONS,
               "posts": posts_in(area.id, at=at) if writes else []}  # fmt: skip
    return page(request, "people/phone_book.html", context)


@require_POST
@signed_in
def put(request: HttpRequest) -> HttpResponse:
    """Put somebody on duty for a role at a position, from now or a time on, until further notice or a time."""
    by, sent = actor_of(request), request.POST
    area, account = uuid_in(sent.get("area")) or home_id(by), uuid_in(sent.get("account"))
    if account is None:
        raise ResponderUnfit(field="account", fix="")
    first, last = (moment_in(sent[f], field=f) if sent.get(f) else None for f in ("from", "until"))
    put_on_duty(duty_id=new_id(request), role=sent.get("role", ""), area_id=area, account_id=account,
                position=whole(sent.get("position", "0"), field="position"), from_at=first, until_at=last, by=by,
                at=clock.now())  # fmt: skip
    return redirect(reverse("phone-book") + f"?area={area}&said=responders.kept")


@require_POST
@signed_in
def end(request: HttpRequest, duty_id: UUID) -> HttpResponse:
    """A line of the phone book of duty ends now."""
    end_duty(duty_id=duty_id, by=actor_of(request), at=clock.now())
    area = uuid_in(request.POST.get("area"))
    return redirect(reverse("phone-book") + (f"?area={area}&" if area else "?") + "said=responders.kept")
