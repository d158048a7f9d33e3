"""Reports to the leader above, the response that starts with his word, and the plan of work of a call of two levels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import areas_of
from lianfang.domains.calls.models import Call
from lianfang.domains.calls.queries import calls_of_decisions
from lianfang.domains.calls.services import plan_work, tick_plan
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import asked_in, decision
from lianfang.flows.start_response import KIND, report_up
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.map import path_to
from lianfang.web.places import today, typed_day, whole

CALL = "calls.post"


def _row(d: Decision, by: Actor, calls: dict[Any, list[Call]], areas: dict[Any, Any]) -> dict[str, Any]:
    voices = [x for s in d.steps.all() for x in s.spoken.all()]
    to = uuid_in(d.evidence.get("to"))
    return {"d": d, "state": w.state_shown(d.state), "voices": voices, "calls": calls.get(d.id, []),
            "area": areas.get(d.area_id), "to": areas.get(to), "is_mine": d.asked_by == by.id}  # fmt: skip


@signed_in
def responses(request: HttpRequest) -> HttpResponse:
    """Reports to the level above with the word on each and the calls that came of it; the form for a new one."""
    by = actor_of(request)
    path = path_to(request, by)
    require(by, CALL, area_id=path[-1].id)
    found = asked_in(KIND, CALL, by=by)
    areas = areas_of({d.area_id for d in found} | {a for d in found if (a := uuid_in(d.evidence.get("to")))})
    calls = calls_of_decisions({d.id for d in found}, by=by)
    rows = [_row(d, by, calls, areas) for d in found]
    return page(request, "calls/responses.html", {"area": path[-1], "above": path[:-1], "rows": rows})


@require_POST
@signed_in
def ask(request: HttpRequest) -> HttpResponse:
    """Report to the leader above."""
    by, sent = actor_of(request), request.POST
    area_id = uuid_in(sent.get("area")) or home_id(by)
    report_up(decision_id=new_id(request), area_id=area_id, to_area_id=uuid_in(sent.get("to")) or area_id,
              words=sent.get("words", ""), people=whole(sent.get("people", ""), field="people"), by=by,
              at=clock.now())  # fmt: skip
    return redirect(f"{reverse('responses')}?area={area_id}&said=decisions.reported")


def plan_shown(call: Call, at: datetime) -> list[dict[str, Any]]:
    """The lines of a call's plan: day, words, done, late."""
    return [{**x, "day": typed_day(x["on"], today()), "is_late": not x["done_at"] and x["on"] < today().isoformat(),
             "at": datetime.fromisoformat(x["done_at"]) if x["done_at"] else None} for x in call.plan]  # fmt: skip


def decision_of(call: Call) -> Decision | None:
    """The decision by which the response started that a call belongs to."""
    return decision(call.decision_id) if call.decision_id else None


@require_POST
@signed_in
def plan(request: HttpRequest, call_id: Any) -> HttpResponse:
    """A line of the plan of work; or, with its id, that it is done."""
    by, sent, at = actor_of(request), request.POST, clock.now()
    line = uuid_in(sent.get("line"))
    if line:
        tick_plan(line_id=line, call_id=call_id, by=by, at=at)
    else:
        plan_work(line_id=new_id(request), call_id=call_id, on=typed_day(sent.get("on", ""), today()),
                  words=sent.get("words", ""), by=by, at=at)  # fmt: skip
    return redirect(reverse("call", args=[call_id]) + "?said=calls.planned")
