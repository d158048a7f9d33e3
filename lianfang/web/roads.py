"""Closed roads: which, where, who has the key; closed and opened again. Ways of cars and carriers lead around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from unicodedata import normalize
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid, Refused
from lianfang.domains.accounts.queries import may, posts_in, require
from lianfang.domains.areas.queries import area
from lianfang.domains.dispatch.queries.roads import ground_of
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.gates.models import Closure
from lianfang.domains.gates.queries.closures import CLOSE, closures_in
from lianfang.domains.gates.services import NewClosure, close_road, open_road
from lianfang.web.accounts import areas_offered
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.messages import sentence
from lianfang.web.words import moment_typed, said, typed_moment

READ = "gates.read"
MOST_KEYS = 120


def closure_rows(found: Sequence[Closure]) -> list[dict[str, Any]]:
    """Closed roads as rows, in words."""
    kinds = entries_of("closure_kinds")
    return [{"c": c, "kind": said(kinds[c.kind]["words"]) if c.kind in kinds else c.kind} for c in found]


@signed_in
def roads(request: HttpRequest) -> HttpResponse:
    """Closed roads of an area, those that hold first; over which roads ways are reckoned there."""
    by, at = actor_of(request), clock.now()
    area_id = uuid_in(request.GET.get("area")) or home_id(by)
    require(by, READ, area_id=area_id)
    found = closures_in(area_id, by=by, at=at)
    context = {"area": area(area_id), "rows": closure_rows(found), "ground": ground_of(area_id, at=at),
               "holding": sum(1 for c in found if c.holds),  # type: ignore[attr-defined]  # set by the query
               "may_close": may(by, CLOSE, area_id=area_id)}  # fmt: skip
    return page(request, "roads/list.html", context)


@signed_in
def road_close(request: HttpRequest) -> HttpResponse:
    """Close a road: which, how, why, since when, where it is (typed, or where the phone stands), who has the key."""
    by, at = actor_of(request), clock.now()
    home = home_id(by)
    require(by, CLOSE, area_id=uuid_in(request.GET.get("area")) or home)
    typed: dict[str, Any] = request.POST.dict() or {"from": typed_moment(at), "area": request.GET.get("area", "")}
    wrong: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _closed(request, home, by, at)
        except Refused as refused:
            wrong = {"said": sentence(refused.code, refused.values), "code": refused.code, "status": refused.status}
    kinds = [(name, said(k["words"])) for name, k in entries_of("closure_kinds").items()]
    context = {"typed": typed, "kinds": kinds, "areas": areas_offered(home), "home": str(home),
               "keys": posts_in(home, at=at, most=MOST_KEYS), **wrong}  # fmt: skip
    answer = page(request, "roads/close.html", context, status=wrong.get("status", 200))
    answer.is_refusal = bool(wrong)  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
    return answer


def _closed(request: HttpRequest, home: UUID, by: Actor, at: datetime) -> HttpResponse:
    sent = request.POST
    where = uuid_in(sent.get("area")) or home
    spots = [s for s in (_spot(sent.get(n, ""), n) for n in ("spot", "to")) if s]
    closure = NewClosure(
        new_id(request), where, sent.get("road", ""), sent.get("kind", ""), sent.get("why", ""),
        moment_typed(sent.get("from", ""), field="from") or at, moment_typed(sent.get("until", ""), field="until"),
        tuple(spots), uuid_in(sent.get("guard")), uuid_in(sent.get("key")), response_in(request, where))  # fmt: skip
    close_road(closure=closure, by=by, at=at)
    return redirect(reverse("roads") + f"?area={where}&said=gates.road_closed")


def _spot(text: str, field: str) -> tuple[float, float] | None:
    """Longitude and latitude as typed or as the phone gave them. Raises Invalid."""
    if not text.strip():
        return None
    try:
        lon, lat = (float(x) for x in normalize("NFKC", text).replace(" ", ",").split(",") if x)
    except ValueError:
        raise Invalid(field=field, fix="113.5901, 24.8102") from None
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise Invalid(field=field, fix="113.5901, 24.8102")
    return lon, lat


@require_POST
@signed_in
def road_open(request: HttpRequest, closure_id: UUID) -> HttpResponse:
    """A closed road is open again."""
    row = open_road(closure_id=closure_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return redirect(reverse("roads") + f"?area={row.area_id}&said=gates.road_opened")
