"""A volunteer's phone at assembly: it asks to be taken in, waits for its lead, and from then signs in by its key."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.signatures import bytes_of
from lianfang.base.throttle import Limit, address_of, give_back, take_try
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.rules import session_marks
from lianfang.domains.devices.errors import CodeUnknown, NotSignedIn
from lianfang.domains.devices.queries import asked_state, challenge, live_device
from lianfang.domains.devices.rules import DIGITS
from lianfang.domains.devices.services import ask_binding, enter_code
from lianfang.field.door import device_in, wipe_at
from lianfang.field.views import uuid_or_none
from lianfang.flows.failed_sign_ins import note_failed
from lianfang.flows.phone_sessions import begin_by_badge, begin_by_key

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# A whole assembly may come from one address; a phone has its own id. Wrong tries are counted, right ones are not.
DIGITS_TYPED = Limit("join", 200, 600)  # by address
KEY_SHOWN, BADGE_SHOWN = Limit("enter", 20, 600), Limit("badge", 20, 600)  # by phone
WORN_OUT = "field.too_many_tries"


@require_GET
@ensure_csrf_cookie
def shell(request: HttpRequest) -> HttpResponse:
    """The page that the square on the lead's screen opens; no sign-in, no person's data."""
    return render(request, "field/join.html", {})


def _sent(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) and len(request.body) < 4000 else {}


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name, "")
    return value.replace("\0", "") if isinstance(value, str) else ""


def _refused(code: str, status: int = 403) -> JsonResponse:
    return JsonResponse({"code": code}, status=status)


def _failed(request: HttpRequest, way: str, device: UUID, code: str, at: datetime) -> JsonResponse:
    """A phone that signed nobody in: refused, and counted for the auditor under its id."""
    note_failed(way=way, name=f"phone {device}", address=address_of(request), at=at)
    return _refused(code, 429 if code == WORN_OUT else 403)


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """The phone asks to be taken in: code, name, public key, under an id of its own making."""
    sent, at, code = _sent(request), clock.now(), _text(_sent(request), "code").replace(" ", "")
    if len(code) != DIGITS:  # a square nobody guesses, so it may be tried
        return _asked(sent, code, at)[0]
    if not take_try(DIGITS_TYPED, address_of(request), at=at):
        return _refused(WORN_OUT, 429)
    answer, is_wrong = _asked(sent, code, at)
    if not is_wrong:
        give_back(DIGITS_TYPED, address_of(request))
    return answer


def _asked(sent: dict[str, Any], code: str, at: datetime) -> tuple[JsonResponse, bool]:
    """The answer, and whether the code was none."""
    device = uuid_or_none(sent.get("device")) or uuid4()  # one without an id never learns how it stands
    try:
        key = bytes_of(_text(sent, "key"))
        made = ask_binding(device_id=device, code=code, name=_text(sent, "name"), public_key=key, by=Actor(device),
                           at=at)  # fmt: skip
    except ValueError:
        return _refused("devices.key_unfit", 422), False
    except Refused as refused:
        return _refused(refused.code, refused.status), isinstance(refused, CodeUnknown)
    return JsonResponse({"state": made.state}), False


@require_POST
def state(request: HttpRequest) -> HttpResponse:
    """How the asking stands; an id that never asked reads as refused."""
    device = uuid_or_none(_sent(request).get("device"))
    found, is_desk = asked_state(device) if device else ("", False)
    return JsonResponse({"state": found or "refused", "desk": is_desk})


@require_POST
def challenged(request: HttpRequest) -> HttpResponse:
    """What the phone signs to sign in; every id gets one."""
    device = uuid_or_none(_sent(request).get("device")) or UUID(int=0)
    return JsonResponse({"challenge": challenge(device, at=clock.now())})


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """The phone signs in by its key, for the account that its lead confirmed."""
    sent, at, mark = _sent(request), clock.now(), secrets.token_urlsafe(9)
    device = uuid_or_none(sent.get("device")) or UUID(int=0)
    if not take_try(KEY_SHOWN, str(device), at=at):
        return _failed(request, "key", device, WORN_OUT, at)
    try:
        account = begin_by_key(device_id=device, challenge=_text(sent, "challenge")[:80], mark=mark, by=Actor(device),
                               signature=_text(sent, "signature")[:120], most=settings.MOST_SESSIONS,
                               at=at)  # fmt: skip
    except NotSignedIn as refused:
        return _failed(request, "key", device, refused.code, at)
    give_back(KEY_SHOWN, str(device))
    return _begun(request, account, device, session_marks(mark, strength="device", at=at))


def _begun(request: HttpRequest, account: Account, device_id: UUID, marks: dict[str, Any]) -> JsonResponse:
    """The session at a phone, ended with the phone; whoever was signed in before is not."""
    logout(request)
    login(request, account, backend=BACKEND)
    request.session.update(marks | {"device": str(device_id)})
    return JsonResponse({"actor": str(account.id), "wipe_at": wipe_at(request)})


@require_GET
@ensure_csrf_cookie
def badge(request: HttpRequest) -> HttpResponse:
    """A desk's phone is handed on: the next one shows the badge and types its PIN."""
    return render(request, "field/badge.html", {})


@require_POST
def take_over(request: HttpRequest) -> HttpResponse:
    """The holder of a badge is at the phone from now; what the former one noted stays the former one's."""
    sent, at, mark = _sent(request), clock.now(), secrets.token_urlsafe(9)
    device = uuid_or_none(sent.get("device")) or UUID(int=0)
    if not take_try(BADGE_SHOWN, str(device), at=at):
        return _failed(request, "badge", device, WORN_OUT, at)
    account, refused = begin_by_badge(device_id=device, challenge=_text(sent, "challenge")[:80], mark=mark,
                                      signature=_text(sent, "signature")[:120], badge=_text(sent, "badge")[:80],
                                      pin=_text(sent, "pin")[:12], most=settings.MOST_SESSIONS, by=Actor(device),
                                      at=at)  # fmt: skip
    if account is None:
        return _failed(request, "badge", device, refused, at)
    give_back(BADGE_SHOWN, str(device))
    return _begun(request, account, device, session_marks(mark, strength="code", at=at))


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    return asked if url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()) else "/field/"


def code(request: HttpRequest) -> HttpResponse:
    """The lead's one-time code, before doors are taken along."""
    device, at = device_in(request), clock.now()
    found = live_device(device, at=at) if device else None
    if found is None or not request.user.is_authenticated:
        return redirect("sign-in")
    wrong = ""
    if request.method == "POST":
        by = actor_for(request.user, at=at, device=found.id)
        digits = "".join(c for c in request.POST.get("code", "") if c.isdigit())[:6]
        (done,) = enter_code(device_id=found.id, digits=digits, by=by, at=at)
        if not done.code:
            request.session["strength"] = "code"
            request.session.cycle_key()
            return redirect(_back(request))
        wrong = gettext("The code does not fit, or is older than five minutes. Ask your lead for a new one.")
    return render(request, "field/code.html", {"wrong": wrong, "next": _back(request)}, status=422 if wrong else 200)
