"""Kinds of tasks as they are to be done: what the editions say of them, with what their risk and place set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from lianfang.base.once import remembered
from lianfang.domains.calls.models import Call, Claim, DutyNote
from lianfang.domains.calls.rules.risks import with_risk
from lianfang.domains.editions.queries import entries_of

Body = Mapping[str, Any]


def inside_kinds() -> dict[str, Body]:
    """Kinds of place that a post may be inside, by name."""
    return entries_of("inside_kinds")


def task_kinds(inside: str = "") -> dict[str, Body]:
    """Kinds of tasks by name: words, skills, counted unit, risk, and the kit and training their risk sets.

    inside: the kind of place they are done in.
    """
    known = tasks_known()
    place = known.places.get(inside)
    return {name: with_risk(body, known.classes, place) for name, body in known.tasks.items()}


@dataclass(frozen=True)
class Tasks:
    """What the editions say of tasks, their risks and closed places, read once for many calls."""

    tasks: Mapping[str, Body]
    classes: Mapping[str, Body]
    places: Mapping[str, Body]

    def of(self, call: Call) -> Body:
        """The task of a call as it is to be done there; nothing for one that no edition names any more."""
        body = self.tasks.get(call.task)
        return with_risk(body, self.classes, self.places.get(call.inside)) if body else {}


def tasks_known() -> Tasks:
    """All of them, in one question."""
    with remembered():
        return Tasks(entries_of("tasks"), entries_of("risk_classes"), inside_kinds())


def task_of(call: Call) -> Body:
    """The task of one call as it is to be done there."""
    return tasks_known().of(call)


def most_of(task: Body, care: Mapping[str, Any]) -> timedelta:
    """How long one may serve on a task in one duty by its risk, of an area's limits; no end where it sets none."""
    name = task.get("most_hours_value", "")
    return timedelta(hours=float(care[name])) if name else timedelta.max


def risk_values() -> list[str]:
    """Names of the values that classes of risk refer to for hours."""
    return sorted(
        {str(c["most_hours_value"]) for c in entries_of("risk_classes").values() if c.get("most_hours_value")}
    )


def _tested() -> Q:
    """Calls whose people are tested after they leave: by the risk of their task, or of the place they are in."""
    fit = Q(pk=None)
    for inside in ("", *tasks_known().places):
        tasks = [n for n, body in task_kinds(inside).items() if body["tests_value"]]
        fit |= Q(shift__call__inside=inside, shift__call__task__in=tasks)
    return fit


class Leaving(NamedTuple):
    """Somebody left a post of a call: out of the place, or off duty."""

    account_id: UUID
    call_id: UUID
    left_at: datetime


def left_risky(*, since: datetime, at: datetime) -> list[Leaving]:
    """Who has left a post after which he is tested, in a span."""
    out = DutyNote.objects.filter(claim_id=OuterRef("pk"), kind="left", at__lte=at).order_by("-at").values("at")[:1]
    rows = Claim.objects.filter(_tested()).exclude(checked_in_at=None).annotate(out_at=Subquery(out))
    rows = rows.filter(Q(checked_out_at__gt=since, checked_out_at__lte=at) | Q(out_at__gt=since)).order_by("id")
    told = rows.values_list("account_id", "shift__call_id", "checked_out_at", "out_at")
    return [Leaving(who, call, left) for who, call, off, out_at in told if (left := out_at or off)]
