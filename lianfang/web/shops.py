"""Groups at shops: allotted by who leads the call, people given jobs; the shop sees who comes, confirms the hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import bodies_administered
from lianfang.domains.calls import queries
from lianfang.domains.calls.errors import raise_refusal
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.services import allot_group, confirm_hours, give_jobs
from lianfang.domains.responders.queries import bodies_around, bodies_by_id
from lianfang.web.calls import hours_text
from lianfang.web.door import actor_of, page, signed_in, uuid_in
from lianfang.web.people import named_of
from lianfang.web.zones import ids_in

BACK = timedelta(days=14)
MOST_BODIES = 200


def host_words(claims: Iterable[Claim]) -> dict[UUID, dict[str, Any]]:
    """By claim the shop at which its group serves and the job given there, for who serves."""
    rows = [c for c in claims if c.shift.host_id]
    shops, jobs = bodies_by_id({c.shift.host_id for c in rows if c.shift.host_id}), named_of("tasks") if rows else {}
    return {c.id: {"shop": shops.get(c.shift.host_id), "job": jobs.get(c.job, "")} for c in rows if c.shift.host_id}


def shops_for(call: Call, shifts: Iterable[Shift], at: datetime, *, asked: bool) -> dict[str, Any]:
    """What the board of a call offers for its groups: shops around its area, jobs there, and where each group is.

    Nothing where no group is at a shop, unless it is asked for.
    """
    if not asked and not any(s.host_id for s in shifts):
        return {}
    found = list(bodies_around(call.area_id)[:MOST_BODIES])
    names = {b.id: b for b in found}
    hosts = {s.host_id for s in shifts}
    return {"shops": found, "host_of": {s.id: names.get(s.host_id) for s in shifts if s.host_id},
            "jobs": {n: w for n, w in named_of("tasks").items() if n in queries.host_jobs()},
            "hosts_confirming": queries.hosts_confirming(hosts, at=at)}  # fmt: skip


@require_POST
@signed_in
def allot(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """The group goes to a shop, or to none any more."""
    shift = allot_group(shift_id=shift_id, host_id=uuid_in(request.POST.get("shop")), by=actor_of(request),
                        at=clock.now())  # fmt: skip
    return _to(shift.call_id, "calls.allotted")


@require_POST
@signed_in
def jobs(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """Those ticked have this job at the shop; the first thing that speaks against one of them is said."""
    by = actor_of(request)
    shift = queries.shift_seen(shift_id, by=by)
    for done in give_jobs(claim_ids=ids_in(request, "claims"), job=request.POST.get("job", ""), by=by, at=clock.now()):
        raise_refusal(done)
    return _to(shift.call_id, "calls.jobs_given")


@signed_in
def hosted(request: HttpRequest) -> HttpResponse:
    """Who serves at my shop: by group its hours and people with their jobs, when they came and left."""
    by, at = actor_of(request), clock.now()
    if not bodies_administered(by):
        raise RightMissing(right="accounts.grant", area="")
    words = named_of("tasks")
    rows = [{"s": s, "hours": hours_text(s), "is_over": s.ends_at <= at,
             "people": [{"c": c, "job": words.get(c.job, ""), "hours": c.hours_served} for c in s.people],
             "open": [c for c in s.people if c.state == "done" and c.hours_at is None and c.account_id != by.id]}
            for s in queries.shifts_hosted(by=by, from_at=at - BACK)]  # fmt: skip
    return page(request, "calls/shops.html", {"rows": rows, "open": sum(len(r["open"]) for r in rows)})


@require_POST
@signed_in
def confirm(request: HttpRequest) -> HttpResponse:
    """The shop confirms the hours of those ticked."""
    for done in confirm_hours(claim_ids=ids_in(request, "claims"), by=actor_of(request), at=clock.now()):
        raise_refusal(done)
    return redirect(reverse("calls-shops") + "?said=calls.hours_confirmed")


def _to(call_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("call", args=[call_id]) + f"?said={code}")
