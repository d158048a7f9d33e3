"""The door of all pages: one transaction a request under the request role, refusals as pages, safe headers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.base.roles import REQUEST_ROLE, acting_as, name_actor
from lianfang.domains.accounts.queries import actor_for, home_area
from lianfang.domains.audit.services import record_reads
from lianfang.domains.incidents.models import Incident
from lianfang.domains.privacy.queries import ReadList, reads
from lianfang.web.messages import sentence

Answer = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]
NAV = (("map", "地图"), ("register", "名册"), ("work", "工作"), ("incidents", "事件"), ("decisions", "审批"), ("sheet", "日报"))


class DoorTransaction:
    """Everything of a request, its session too, in one transaction under the request role; rolled back if refused."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.STATIC_URL) or request.path == "/healthz":
            return self.get_response(request)
        noted = ReadList()
        mark = reads.set(noted)
        try:
            with acting_as(REQUEST_ROLE):
                response = self.get_response(request)
                if getattr(response, "is_refusal", False) or response.status_code >= 500:
                    transaction.set_rollback(True)
                elif noted.subjects:
                    _keep_reads(request, noted)
                return response
        finally:
            reads.reset(mark)


def _keep_reads(request: HttpRequest, noted: ReadList) -> None:
    by = getattr(request, "actor", None)
    if by is not None:
        match = request.resolver_match
        record_reads(door_name=match.view_name if match else request.path[:100], fields=sorted(noted.fields),
                     subjects=sorted(noted.subjects), by=by, at=clock.now())


class SafeHeaders:
    """Nothing is loaded from elsewhere, no inline script or style, no framing, no cache of what is personal."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy",
                                    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; "
                                    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Permissions-Policy"] = "geolocation=(self), camera=(self)"
        return response


class Refusals:
    """A refusal becomes a page with what, why, what next; a missing page says so; nothing personal is in it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a Refused into its page; leave bugs to the server's own error page."""
        if isinstance(error, Refused):
            return refusal_page(request, error)
        if isinstance(error, PermissionDenied | Http404):
            return None
        return None


def refusal_page(request: HttpRequest, error: Refused) -> HttpResponse:
    """The page of a refusal, whole or as a part for htmx; its transaction is rolled back."""
    said = sentence(error.code, error.values)
    template = "_refusal.html" if request.headers.get("HX-Request") else "refusal.html"
    response = render(request, template, {"said": said, "code": error.code}, status=error.status)
    response.is_refusal = True  # type: ignore[attr-defined]
    if error.status == 503:
        response.headers["Retry-After"] = str(error.values.get("retry_seconds", 20))
    return response


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request, with the grants that hold now; asked once a request."""
    found: Actor | None = getattr(request, "actor", None)
    if found is None:
        found = actor_for(request.user, at=clock.now(), purpose=request.headers.get("X-Purpose", "")[:120])
        name_actor(found)
        request.actor = found  # type: ignore[attr-defined]
    return found


def signed_in(view: View) -> View:
    """Only for somebody signed in; else to the sign-in page and back."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect(f"{reverse('sign-in')}?next={request.path}")
        actor_of(request)
        return view(request, *args, **kwargs)

    return run


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a template; for htmx requests with its part, the template's name with a leading underscore."""
    return render(request, template, context, status=status)


def new_id(request: HttpRequest) -> UUID:
    """The id of what a form makes: sent by the form itself, so that a second press is a retry and not a second row."""
    given = request.POST.get("id", "")
    try:
        return UUID(given)
    except ValueError:
        return uuid4()


def is_sandbox() -> bool:
    """Whether the database is a drill's: its pages carry a hatched border."""
    return Incident.objects.filter(is_drill=True).exists()


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame shows: who is here, where, the language, whether this is an exercise."""
    by = getattr(request, "actor", None)
    rights = {r for g in by.grants for r in g.rights} if by else set()
    shown = {"map": "areas.read", "register": "grid.read", "work": "work.read", "incidents": "incidents.read",
             "decisions": "incidents.read", "sheet": "reports.read"}
    usable = connection.connection is not None and not connection.needs_rollback
    return {
        "actor": by, "home": home_area(by) if by else None, "lang": "en" if get_language() == "en" else "zh",
        "nav": [n for n, _ in NAV if shown[n] in rights], "sandbox": usable and is_sandbox(), "now": clock.now(),
        "fresh_id": uuid4(),
    }
