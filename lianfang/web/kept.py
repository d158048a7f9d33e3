"""What a phone kept while it had no signal: when it was noted, and the worker that opens the page without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_GET

from lianfang.base import clock
from lianfang.base.errors import Invalid

MOST_LATE = timedelta(hours=12)  # a phone finds signal within a shift; what is older is told to the lead
FILES = (
    "css/tokens.css",
    "css/field.css",
    "css/calls.css",
    "css/people.css",
    "js/proof.mjs",
    "js/kept.mjs",
    "tile.svg",
)


def noted_at(request: HttpRequest) -> datetime:
    """When something was noted: now, or the time at which a phone without signal kept it. Raises Invalid.

    Never later than now: a clock that runs ahead is taken to say now. Older than a shift it is refused.
    """
    at, told = clock.now(), request.POST.get("noted_at", "")
    if not told:
        return at
    try:
        noted = datetime.fromisoformat(told)
    except ValueError:
        noted = None
    if noted is None or noted.tzinfo is None or noted < at - MOST_LATE:
        raise Invalid(field="noted_at", fix=(at - MOST_LATE).isoformat())
    return min(noted, at)


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The worker of the pages of shifts; it knows nothing about anybody."""
    files = [static(f) for f in FILES]
    told = {"files": files, "mark": crc32("".join(files).encode())}
    return render(request, "calls/sw.js", told, content_type="text/javascript")
