"""Sessions: begun under a mark of their own, ended when idle, when too old, or when an account has too many."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from lianfang.base import clock
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.rules import is_session_over, session_marks
from lianfang.domains.accounts.services import begin_session
from lianfang.domains.devices.queries import live_device

SEEN_STEP_S = 60  # how exactly a session knows when it was used last: one write a minute, not one a page


def has_second_step(request: HttpRequest) -> bool:
    """Whether a second factor was shown in this session."""
    return any(r.get("method") == "mfa" for r in get_authentication_records(request, request.user))


def begin(request: HttpRequest, *, strength: str) -> None:
    """A session that has just signed in gets its mark, its hour and how strong the sign-in was."""
    at, mark = clock.now(), secrets.token_urlsafe(9)
    by = actor_for(request.user, at=at)
    begin_session(account_id=by.id, mark=mark, most=settings.MOST_SESSIONS, by=by, at=at)
    request.session.update(session_marks(mark, strength=strength, at=at))


def _is_over(request: HttpRequest) -> bool:
    session, now_s = request.session, clock.now().timestamp()
    if session["mark"] not in request.user.sessions:
        return True
    if "device" in session and live_device(UUID(session["device"]), at=clock.now()) is None:
        return True
    if is_session_over(begun_s=session["begun_s"], seen_s=session["seen_s"], now_s=now_s,
                       most_hours=settings.SESSION_HOURS, idle_minutes=settings.IDLE_MINUTES):  # fmt: skip
        return True
    if now_s - session["seen_s"] >= SEEN_STEP_S:
        session["seen_s"] = now_s
    return False


class SessionLimits:
    """A session that is over is nobody's: the page asks to sign in again, the phone keeps its notes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.get("mark") and request.user.is_authenticated and _is_over(request):
            logout(request)
        return self.get_response(request)
