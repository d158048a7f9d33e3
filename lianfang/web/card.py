"""The identity card on the phone: a resident who scans it sees that its holder is on duty, and at what."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from lianfang.base import clock
from lianfang.domains.accounts.queries import posts_shown
from lianfang.domains.calls.queries import on_duty
from lianfang.domains.devices.queries import card_holder, card_number, card_token
from lianfang.domains.devices.rules import CARD_GOOD
from lianfang.domains.editions.queries import roles
from lianfang.web.door import actor_of, page, signed_in


def _duties(account_id: UUID, at: datetime) -> dict[str, Any]:
    """What somebody serves at now: the shift he has come to, or else his posts at doors. No name, no phone."""
    claim = on_duty(account_id, at=at)
    posts = [] if claim else posts_shown(account_id, "devices.card", at=at)
    shown = [{"words": roles()[g.role]["words"], "area": g.area, "until": g.to_at} for g in posts]
    return {"shift": claim.shift if claim else None, "number": card_number(account_id), "now": at, "posts": shown}


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """My card: a square for any camera, my number, and what a resident will see."""
    by, at = actor_of(request), clock.now()
    duties = _duties(by.id, at)
    context: dict[str, Any] = duties | {"good_minutes": int(CARD_GOOD.total_seconds() // 60), "until": at + CARD_GOOD}
    if duties["shift"] or duties["posts"]:
        address = request.build_absolute_uri(reverse("card-shown", args=[card_token(by.id, at=at)]))
        context["address"] = address
        context["qr"] = segno.make_qr(address, error="m").svg_data_uri(scale=6, border=4)
    return page(request, "calls/card.html", context)


def shown(request: HttpRequest, token: str) -> HttpResponse:
    """What a resident sees who scanned a card: on duty or not, task, area, until when. Anybody may ask."""
    at = clock.now()
    return page(request, "calls/card_shown.html", _duties(card_holder(token, at=at), at))
