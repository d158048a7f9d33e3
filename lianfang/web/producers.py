"""Producers of an area: share, what is left after promises, the newest day; a day is reported in two fields."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import require, rights_in, rights_on
from lianfang.domains.responders.queries import organisations_in
from lianfang.domains.supplies import queries
from lianfang.domains.supplies.models import Producer
from lianfang.domains.supplies.rules import committed, net_capacity
from lianfang.domains.supplies.services import change_capacity, register_producer, report_day
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.map import path_to
from lianfang.web.places import today, typed_day

MOST_PROMISES = 6


def number(text: str, *, field: str) -> Decimal:
    """A number typed into a form. Raises Invalid."""
    try:
        return Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        raise Invalid(field=field, fix="a number") from None


def promises(request: HttpRequest) -> list[dict[str, Any]]:
    """Promises elsewhere from a form: to whom and how much a day; an empty line is none."""
    to, amounts = request.POST.getlist("to"), request.POST.getlist("per_day")
    pairs = list(zip(to, amounts, strict=False))[:MOST_PROMISES]
    return [{"to": t.strip(), "per_day": str(number(n, field="commitments"))} for t, n in pairs if t.strip()]


@signed_in
def producers(request: HttpRequest) -> HttpResponse:
    """Producers of an area: whose report of the day is missing first; capacity, share, what is left, newest day."""
    by = actor_of(request)
    path = path_to(request, by)
    area = path[-1]
    require(by, "supplies.read", area_id=area.id)
    rows = queries.producers_of(area.id, by=by, on=today())
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for r in rows:
        t = totals.setdefault((r.producer.product, r.producer.unit), {"product": r.producer.product, "n": 0,
                              "unit": r.producer.unit, "capacity": Decimal(0), "net": Decimal(0)})  # fmt: skip
        t["n"], t["capacity"], t["net"] = t["n"] + 1, t["capacity"] + r.producer.daily_capacity, t["net"] + r.net
    context = {"area": area, "path": [a for a in path[:-1] if a.is_seen], "rows": rows, "totals": list(totals.values()),
               "cover": _cover(request, area.id, list(totals)),
               "missing": sum(r.is_missing for r in rows), "rights_here": rights_on(by, path),
               "today": today()}  # fmt: skip
    return page(request, "supplies/producers.html", context)


def _cover(request: HttpRequest, area_id: UUID, known: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """How long the area's producers meet a forecast use, where somebody asks: for the page's sentence."""
    product, _, unit = request.GET.get("product", "").partition("|")
    if not request.GET.get("use", "").strip() or (product, unit) not in known:
        return None
    use = number(request.GET["use"], field="use")
    found = queries.cover(area_id, product, unit, use_per_day=use, by=actor_of(request), on=today())
    return {"product": product, "use": use, "c": found}


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """A body joins the register of producers."""
    by = actor_of(request)
    path = path_to(request, by)
    area, sent = path[-1], request.POST
    require(by, "supplies.write", area_id=area.id)
    if request.method == "POST":
        made = register_producer(producer_id=new_id(request), organisation_id=uuid_in(sent.get("body")) or UUID(int=0),
                                 area_id=area.id, product=sent.get("product", ""), unit=sent.get("unit", ""),
                                 daily_capacity=number(sent.get("capacity", ""), field="capacity"),
                                 lines_hours=number(sent.get("hours", "24"), field="hours"),
                                 designation=sent.get("designation", ""), commitments=promises(request), by=by,
                                 at=clock.now())  # fmt: skip
        return _to(made, "supplies.registered")
    context = {"area": area, "bodies": organisations_in(area.id), "lines": [{}, {}]}
    return page(request, "supplies/new.html", context)


@signed_in
def producer(request: HttpRequest, producer_id: UUID) -> HttpResponse:
    """One producer, for a phone: report the day in two fields; its last days; its capacity and promises."""
    by = actor_of(request)
    found = queries.producer_seen(producer_id, by=by)
    context = {"p": found, "days": queries.days_of(found), "today": today(),
               "rights_here": rights_in(by, found.area_id),
               "net": net_capacity(found.daily_capacity, found.commitments), "promised": committed(found.commitments),
               "share": queries.capacity_share(found.organisation_id, found.product, found.area_id, by=by),
               "lines": [*found.commitments, {}, {}][:MOST_PROMISES]}  # fmt: skip
    return page(request, "supplies/producer.html", context)


def _to(found: Producer, code: str) -> HttpResponse:
    return redirect(reverse("producer", args=[found.id]) + f"?said={code}")


@require_POST
@signed_in
def report(request: HttpRequest, producer_id: UUID) -> HttpResponse:
    """A producer's day: output and stock; hours and blockers where there is something to tell."""
    sent = request.POST
    hours = sent.get("hours", "").strip()
    day = report_day(day_id=new_id(request), producer_id=producer_id, on=typed_day(sent.get("on", ""), today()),
                     output=number(sent.get("output", ""), field="output"),
                     stock=number(sent.get("stock", ""), field="stock"), blockers=sent.get("blockers", ""),
                     hours_run=number(hours, field="hours") if hours else None, by=actor_of(request),
                     at=clock.now())  # fmt: skip
    return _to(day.producer, "supplies.reported")


@require_POST
@signed_in
def change(request: HttpRequest, producer_id: UUID) -> HttpResponse:
    """Another capacity, other hours, designation or promises, from now."""
    sent = request.POST
    made = change_capacity(producer_id=producer_id, daily_capacity=number(sent.get("capacity", ""), field="capacity"),
                           lines_hours=number(sent.get("hours", ""), field="hours"), commitments=promises(request),
                           designation=sent.get("designation", ""), by=actor_of(request),
                           at=clock.now())  # fmt: skip
    return _to(made, "supplies.changed")
