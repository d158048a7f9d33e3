"""Badges for those who share a desk's phone: printed with a square, their PIN told once."""

from __future__ import annotations

import secrets
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import posts_in, strengths_held
from lianfang.domains.devices import queries
from lianfang.domains.devices.rules import VOUCHED
from lianfang.domains.devices.services import end_badge, issue_badge
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in


@signed_in
def badges(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """The badges of a gathering's area, and who may get one."""
    by, at = actor_of(request), clock.now()
    found = queries.vouching_seen(vouching_id, by=by)
    posts = posts_in(found.area_id, at=at)
    held = strengths_held([a.id for a in posts], at=at)
    context = {"v": found, "badges": list(queries.badges_seen(by, area_id=found.area_id, at=at)[:300]),
               "posts": [a for a in posts if held.get(a.id) in VOUCHED]}  # fmt: skip
    return page(request, "vouch/badges.html", context)


@require_POST
@signed_in
def issue(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """One badge, until the gathering's end; its PIN is on this answer and nowhere else."""
    by, at, account = actor_of(request), clock.now(), uuid_in(request.POST.get("account"))
    found, pin = queries.vouching_seen(vouching_id, by=by), f"{secrets.randbelow(10**6):06}"
    if account is None:
        raise Invalid(field="name", fix="")
    made = issue_badge(badge_id=new_id(request), account_id=account, area_id=found.area_id, pin=pin,
                       until_at=found.access_until_at, by=by, at=at)  # fmt: skip
    square = segno.make(queries.badge_square(made.id), error="m").svg_data_uri(scale=5, border=2)
    is_fresh = made.issued_at == at
    context = {"v": found, "badge": made, "square": square, "pin": pin if is_fresh else ""}
    return page(request, "vouch/badge.html", context)


@require_POST
@signed_in
def end(request: HttpRequest, vouching_id: UUID) -> HttpResponse:
    """A badge opens nothing any more."""
    end_badge(badge_id=uuid_in(request.POST.get("badge")) or vouching_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("badges", args=[vouching_id]) + "?said=devices.badge_ended")
