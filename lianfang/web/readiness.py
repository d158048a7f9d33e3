"""Readiness of a site by stream of work: the list laid, ticked on a phone on the spot, and what is still missing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.places.models import Place
from lianfang.domains.places.queries import place_seen, readiness_of
from lianfang.domains.places.services import lay_readiness, tick_readiness
from lianfang.web.door import actor_of, signed_in
from lianfang.web.people import named_of
from lianfang.web.zones import ids_in


def readiness_shown(place: Place) -> dict[str, Any]:
    """The readiness lists of a place by stream, what is missing of them, and the streams that may still be laid."""
    items = readiness_of(place) if getattr(place, "is_listed", True) else []
    words = named_of("work_streams")
    laid = {r.stream for r in items}
    lists = {n: [r for r in items if r.stream == n] for n in words if n in laid}
    lacking = [r for r in items if r.is_mandatory and r.done_at is None and r.waived_at is None]
    return {"streams": [{"words": words[n], "items": rows, "done": sum(r.done_at is not None for r in rows)}
                        for n, rows in lists.items()], "lacking": lacking,
            "streams_to_lay": {n: w for n, w in words.items() if n not in laid}}  # fmt: skip


@require_POST
@signed_in
def lay(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """The place has to be ready for a stream of work."""
    lay_readiness(place_id=place_id, stream=request.POST.get("stream", ""), by=actor_of(request), at=clock.now())
    return _to(place_id, "places.readiness_laid")


@require_POST
@signed_in
def tick(request: HttpRequest, place_id: UUID) -> HttpResponse:
    """Those ticked are ready."""
    by = actor_of(request)
    place_seen(place_id, by=by)
    tick_readiness(place_id=place_id, item_ids=ids_in(request, "items"), by=by, at=clock.now())
    return _to(place_id, "places.ticked_ready")


def _to(place_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("place", args=[place_id]) + f"?said={code}")
