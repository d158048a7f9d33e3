"""Call-outs as somebody may see them: how many come, cannot, are silent; times to departure; one's own to answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.calls.errors import CallOutMissing
from lianfang.domains.calls.models import Answer, CallOut
from lianfang.domains.responders.models import Organisation

STEPS = {"come": "arrived_at", "departed": "departed_at", "on-post": "on_post_at"}


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


@dataclass(frozen=True)
class Muster:
    """One unit of a call-out: how many were asked, come, cannot, are silent; its times, and who is missing.

    steps: come, departed and on post, with how many and when the last of them did. missing: posts of those who were to
    come and are not at the meeting point yet.
    """

    unit: str
    asked: int
    coming: int
    cannot: int
    silent: int
    steps: tuple[tuple[str, int, datetime | None], ...]  # come, departed, on-post
    missing: tuple[str, ...]


def muster_of(call_out_id: UUID, *, by: Actor) -> list[Muster]:
    """By unit the four times and the missing list, the largest first. Raises CallOutMissing."""
    by_unit: dict[str, list[Answer]] = {}
    for a in answers_to(call_out_id, by=by):
        by_unit.setdefault(a.unit or "", []).append(a)  # type: ignore[attr-defined]  # given by the query
    found = [_mustered(unit, rows) for unit, rows in by_unit.items()]
    return sorted(found, key=lambda m: (-m.asked, m.unit))


def _mustered(unit: str, rows: Sequence[Answer]) -> Muster:
    times = {name: [t for a in rows if (t := getattr(a, field)) is not None] for name, field in STEPS.items()}
    said = Counter(a.state for a in rows)
    missing = tuple(a.post or "" for a in rows if a.state != "cannot" and a.arrived_at is None)  # type: ignore[attr-defined]  # given by the query
    return Muster(unit, len(rows), said["coming"], said["cannot"], said[""],
                  tuple((n, len(t), max(t, default=None)) for n, t in times.items()), missing)  # fmt: skip


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
