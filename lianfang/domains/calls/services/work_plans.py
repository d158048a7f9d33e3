"""The plan of work of a call: what is to be done on which day; both levels that post the call keep it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.calls.errors import CallMissing, CallUnfit
from lianfang.domains.calls.models import Call
from lianfang.domains.calls.queries.joint import require_call

POST = "calls.post"
MOST_LINES = 60


def _kept(call_id: UUID, by: Actor) -> Call:
    call = Call.objects.select_for_update(no_key=True, of=("self",)).filter(id=call_id).first()
    if call is None:
        raise CallMissing(call=str(call_id))
    require_call(by, POST, call)
    return call


@service("calls.plan_work", told=("words",))
def plan_work(*, line_id: UUID, call_id: UUID, on: date, words: str, by: Actor, at: datetime) -> Call:
    """A line of the plan: on that day this is to be done. Lines stand in the order of their days.

    Repeat: same line id. Rights: calls.post on either level of the call. Raises: CallMissing, CallUnfit. Locks: the
    call.
    """
    call = _kept(call_id, by)
    if any(x["id"] == str(line_id) for x in call.plan):
        raise Repeated(call)
    if not words.strip():
        raise CallUnfit(field="words", fix="text")
    if len(call.plan) >= MOST_LINES:
        raise CallUnfit(field="plan", fix=f"1–{MOST_LINES}")
    line = {"id": str(line_id), "on": on.isoformat(), "words": words.strip()[:200], "by": str(by.id), "done_at": "",
            "done_by": ""}  # fmt: skip
    call.plan = sorted([*call.plan, line], key=lambda x: x["on"])
    call.save(update_fields=["plan"])
    return call


@service("calls.tick_plan")
def tick_plan(*, line_id: UUID, call_id: UUID, by: Actor, at: datetime) -> Call:
    """A line of the plan is done. Repeat: done before. Rights: calls.post on either level. Raises: CallMissing,
    CallUnfit (no such line). Locks: the call.
    """
    call = _kept(call_id, by)
    line = next((x for x in call.plan if x["id"] == str(line_id)), None)
    if line is None:
        raise CallUnfit(field="plan", fix="")
    if line["done_at"]:
        raise Repeated(call)
    line["done_at"], line["done_by"] = at.isoformat(), str(by.id)
    call.save(update_fields=["plan"])
    return call
