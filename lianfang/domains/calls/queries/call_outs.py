"""Call-outs as somebody may see them: how many come, cannot, are silent; times to departure; one's own to answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.calls.errors import CallOutMissing
from lianfang.domains.calls.models import Answer, CallOut
from lianfang.domains.responders.models import Organisation


def _counted(rows: QuerySet[CallOut]) -> QuerySet[CallOut]:
    rows = rows.select_related("area").defer("area__outline")
    return rows.annotate(
        asked=Count("answers"), coming=Count("answers", filter=Q(answers__state="coming")),
        cannot=Count("answers", filter=Q(answers__state="cannot")),
        silent=Count("answers", filter=Q(answers__state="")),
        come=Count("answers", filter=~Q(answers__arrived_at=None)),
        first_at=Min("answers__answered_at"), last_come_at=Max("answers__arrived_at"),
    )  # fmt: skip


def call_outs_kept(by: Actor, *, limit: int = 40) -> list[CallOut]:
    """Call-outs of the areas in which the actor posts calls, the newest first, with their counts."""
    return list(_counted(CallOut.objects.filter(held(by, "calls.post"))).order_by("-sent_at")[:limit])


def call_out_kept(call_out_id: UUID, *, by: Actor) -> CallOut:
    """One of these. Raises CallOutMissing."""
    found = _counted(CallOut.objects.filter(held(by, "calls.post"), id=call_out_id)).first()
    if found is None:
        raise CallOutMissing()
    return found


def answers_to(call_out_id: UUID, *, by: Actor) -> list[Answer]:
    """Who was asked and what they say, the silent first, with post and unit. Raises CallOutMissing."""
    call_out_kept(call_out_id, by=by)
    unit = Organisation.objects.filter(id=OuterRef("organisation_id")).values("name")[:1]
    rows = Answer.objects.filter(call_out_id=call_out_id).annotate(post=post_of("account_id"), unit=Subquery(unit))
    return list(rows.order_by("state", "asked_at", "id"))


def answers_by_body(call_out_id: UUID, *, by: Actor) -> list[dict[str, Any]]:
    """By body how many were asked, come, cannot, are silent and have arrived."""
    call_out_kept(call_out_id, by=by)
    unit = Organisation.objects.filter(id=OuterRef("organisation_id")).values("name")[:1]
    rows = Answer.objects.filter(call_out_id=call_out_id).annotate(unit=Subquery(unit)).order_by().values("unit")
    found = rows.annotate(
        asked=Count("id"), coming=Count("id", filter=Q(state="coming")), cannot=Count("id", filter=Q(state="cannot")),
        silent=Count("id", filter=Q(state="")), come=Count("id", filter=~Q(arrived_at=None)),
    )  # fmt: skip
    return [dict(r) for r in found.order_by("-asked", "unit")]


def my_call_outs(by: Actor, *, at: datetime) -> list[Answer]:
    """Call-outs that ask the actor and have not ended, the newest first."""
    rows = Answer.objects.filter(account_id=by.id, call_out__closed_at=None, call_out__meet_at__gt=at)
    return list(rows.select_related("call_out__area").defer("call_out__area__outline").order_by("-asked_at")[:10])


def my_call_out(call_out_id: UUID, *, by: Actor) -> Answer:
    """A call-out that asked the actor. Raises CallOutMissing."""
    rows = Answer.objects.filter(call_out_id=call_out_id, account_id=by.id).select_related("call_out__area")
    found = rows.defer("call_out__area__outline").first()
    if found is None:
        raise CallOutMissing()
    return found


def call_outs_of_mission(mission_id: UUID, *, by: Actor) -> list[CallOut]:
    """Call-outs for a mission that was seen, the newest first, with their counts."""
    return list(_counted(CallOut.objects.filter(held(by, "calls.post"), mission_id=mission_id)).order_by("-sent_at"))
