"""Editions: every number of every rule with its source, and asking to replace one here."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import area
from lianfang.domains.editions.queries import edition as edition_body
from lianfang.domains.editions.queries import editions_of, values_of
from lianfang.flows.override import ask_override
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in


@signed_in
def editions(request: HttpRequest) -> HttpResponse:
    """All editions by hazard, newest first."""
    require(actor_of(request), "editions.read")
    return page(request, "editions/list.html", {"editions": editions_of()})


@signed_in
def edition(request: HttpRequest, code: str) -> HttpResponse:
    """One edition: what each value is here, where it comes from, and how sure it is."""
    by, at, body = actor_of(request), clock.now(), edition_body(code)
    require(by, "editions.read")
    where = uuid_in(request.GET.get("area")) or home_id(by)
    here = values_of(code, body["values"], area_id=where, at=at) if where else {}
    rows = [_row(name, v, here.get(name, v["value"])) for name, v in body["values"].items()]
    context = {"body": body, "rows": rows, "area": area(where) if where else None,
               "may_ask": may(by, "editions.override", area_id=where)}  # fmt: skip
    return page(request, "editions/edition.html", context)


def _row(name: str, value: dict[str, Any], here: Any) -> dict[str, Any]:
    return {**value, "name": name, "here": here, "is_local": here != value["value"]}


def _is_number(wanted: Any) -> bool:
    """A number, or a list of numbers (days of a rhythm, a range)."""
    if isinstance(wanted, list):
        return bool(wanted) and all(_is_number(w) for w in wanted)
    return isinstance(wanted, int | float) and not isinstance(wanted, bool)


@signed_in
@require_POST
def override(request: HttpRequest, code: str) -> HttpResponse:
    """Ask to replace a value here: another person has to approve it before it holds."""
    by = actor_of(request)
    where, reason = uuid_in(request.POST.get("area")) or home_id(by), request.POST.get("reason", "").strip()
    try:
        wanted = json.loads(request.POST.get("value", ""))
    except ValueError:
        wanted = None
    if not reason or where is None or not _is_number(wanted):
        raise Invalid(field="reason" if not reason else "value", fix="a number, and a reason")
    ask_override(decision_id=new_id(request), edition_code=code, name=request.POST.get("name", ""), area_id=where,
                 new_value=wanted, reason=reason[:300], by=by, at=clock.now())  # fmt: skip
    return redirect(reverse("decisions") + "?said=editions.asked")
