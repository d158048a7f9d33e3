"""The phones' own door: who is at the phone, and why nobody is."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, JsonResponse

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.roles import name_actor
from lianfang.domains.accounts.queries import actor_for, is_signed_in_enough, must_replace_password
from lianfang.domains.devices.queries import live_device

SIGNED_OUT, TOO_WEAK, NEEDS_CODE = "field.signed_out", "field.too_weak", "field.needs_code"


def device_in(request: HttpRequest) -> UUID | None:
    """The enrolled device whose key began this session; none where a password did."""
    found = request.session.get("device")
    return UUID(found) if found else None


def actor_at(request: HttpRequest) -> Actor | None:
    """Who is at the phone; the door of all pages records what was read under this name.

    Nobody where the sign-in is too weak for the roles held: `sent_away` then says which.
    """
    if not request.user.is_authenticated or must_replace_password(request.user, session=request.session):
        return None
    by = actor_for(request.user, at=clock.now(), purpose=request.headers.get("X-Purpose", "")[:120])
    by = replace(by, device=device_in(request))
    if not is_signed_in_enough(by, session=request.session):
        request.away = NEEDS_CODE if by.device else TOO_WEAK  # type: ignore[attr-defined]  # the door's own mark
        return None
    name_actor(by)
    request.actor = by  # type: ignore[attr-defined]  # the door's own mark
    return by


def away_of(request: HttpRequest) -> str:
    """Why `actor_at` gave nobody."""
    return str(getattr(request, "away", SIGNED_OUT))


def sent_away(request: HttpRequest, code: str = "") -> JsonResponse:
    """Why the phone gets nothing: nobody is signed in, or not strongly enough."""
    code = code or away_of(request)
    return JsonResponse({"code": code}, status=401 if code == SIGNED_OUT else 403)


def wipe_at(request: HttpRequest) -> str | None:
    """When the phone forgets what it took along: as its access ends; no time for one that a password opened."""
    device = device_in(request)
    found = live_device(device, at=clock.now()) if device else None
    return found.until_at.isoformat() if found and found.until_at else None
