"""What a phone kept while it had no signal: when it was noted, and the worker that opens the page without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_GET

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.web.door import page

MOST_LATE = timedelta(hours=12)  # a phone finds signal within a shift; what is older is told to the lead
# What modules of these pages import.
IMPORTED = ("js/kept.mjs", "js/permit.mjs", "js/token.mjs", "js/camera.mjs", "field/draw.mjs")
HEADER = "X-Lianfang-Keep"  # of a page that may stay on a phone
TOLD = ("said", "code")  # of one press or one scan: what a page says of it is not kept
FILES = (
    "css/tokens.css",
    "css/field.css",
    "css/desk.css",
    "css/calls.css",
    "css/people.css",
    "js/once.js",
    "js/desk.js",
    "js/proof.mjs",
    "js/kept.mjs",
    "js/rush.mjs",
    "js/gate.mjs",
    "js/permit.mjs",
    "js/token.mjs",
    "js/camera.mjs",
    "field/draw.mjs",
    "vendor/htmx.min.js",
    "tile.svg",
)


def noted_at(request: HttpRequest) -> datetime:
    """When something was noted: now, or the time at which a phone without signal kept it. Raises Invalid.

    Never later than now: a clock that runs ahead is taken to say now. Older than a shift it is refused.
    """
    at, told = clock.now(), request.POST.get("noted_at", "")
    if not told:
        return at
    noted = _moment(told)
    if noted is None or noted < at - MOST_LATE:
        raise Invalid(field="noted_at", fix=(at - MOST_LATE).isoformat())
    return min(noted, at)


def _moment(told: str) -> datetime | None:
    try:
        noted = datetime.fromisoformat(told)
    except ValueError:
        return None
    return noted if noted.tzinfo else None


def noted_anyhow(request: HttpRequest) -> datetime:
    """When something was noted that has happened and nobody undoes: it is never refused for its time. Older than a
    shift it is taken as of a shift ago; unreadable, as of now."""
    at, told = clock.now(), request.POST.get("noted_at", "")
    return min(max(_moment(told) or at, at - MOST_LATE), at)


def kept_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page that its reader's phone may keep until he signs out; what is said of one press is of that moment."""
    response = page(request, template, context)
    if not any(request.GET.get(name) for name in TOLD):
        response.headers[HEADER] = "1"
    return response


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The worker of the pages of shifts; it knows nothing about anybody."""
    # A module names another by its plain address, whatever fingerprint the page's own tag bears.
    files = list(dict.fromkeys([*(static(f) for f in FILES), *(f"{settings.STATIC_URL}{f}" for f in IMPORTED)]))
    told = {"files": files, "mark": crc32("".join(files).encode()), "header": HEADER}
    response = render(request, "calls/sw.js", told, content_type="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/"  # it lies under /calls/, and serves /calls, /called, /teams, /gate
    return response
