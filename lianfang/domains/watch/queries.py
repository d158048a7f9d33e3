"""Who is watched, whose checks are missing first, and what was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, FloatField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Extract, Floor, Greatest, Least

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, is_self, may, post_of
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.editions.queries import part
from lianfang.domains.privacy.queries import opened
from lianfang.domains.watch.errors import CaseMissing
from lianfang.domains.watch.models import Check, WatchCase
from lianfang.domains.watch.rules import DAY_S, OFFSET_S

READ = "watch.read"
PAGE = 50


def _slot(moment: Any) -> Any:
    """The number of the slot a moment lies in, counted from the epoch in local time."""
    epoch = Cast(Extract(moment, "epoch", tzinfo=UTC), FloatField())
    return Floor((epoch + OFFSET_S) * Cast(F("checks_a_day"), FloatField()) / Value(float(DAY_S)))


def with_missing(rows: QuerySet[WatchCase], *, at: datetime) -> QuerySet[WatchCase]:
    """Watch cases with how many whole slots passed since they opened (`n_due`), how many of these have a check
    (`n_done`), the difference (`missing`), whether the present slot has one (`is_done_now`), and a fever seen last.

    A check of one case counts for every case of the same person and incident: nobody is measured twice.
    """
    same = Check.objects.filter(case__person_id=OuterRef("person_id"), incident_id=OuterRef("incident_id"))
    now = Value(at)
    slots = rows.annotate(slot_now=_slot(Least(now, F("until_at"))), slot_open=_slot(F("opened_at")))
    due = slots.annotate(n_due=Greatest(F("slot_now") - F("slot_open") - 1.0, Value(0.0)))
    per_day = Cast(OuterRef("checks_a_day"), FloatField())
    slot = Floor(
        (Cast(Extract("slot_at", "epoch", tzinfo=UTC), FloatField()) + OFFSET_S) * per_day / Value(float(DAY_S))
    )
    checks = same.annotate(n=slot)
    past = checks.filter(n__gt=OuterRef("slot_open"), n__lt=OuterRef("slot_now")).order_by()
    counted = past.values("incident_id").annotate(k=Count("n", distinct=True)).values("k")
    done = due.annotate(
        n_done=Coalesce(Subquery(counted), 0),
        is_done_now=Exists(checks.filter(n=OuterRef("slot_now"))),
        has_fever=Coalesce(Subquery(same.order_by("-at").values("is_fever")[:1]), False),
        last_at=Subquery(same.order_by("-at").values("at")[:1]),
    )
    return done.annotate(missing=Greatest(F("n_due") - F("n_done"), Value(0.0)))


def cases_seen(by: Actor) -> QuerySet[WatchCase]:
    """Watch cases in the actor's areas, or of the actor's incident."""
    return WatchCase.objects.filter(held(by, READ)).select_related("area").defer("area__outline")


def watch_list(area_id: UUID, *, by: Actor, at: datetime, missing_only: bool = False) -> QuerySet[WatchCase]:
    """Open cases of an area and below: a fever and missing checks first, then who is not checked in this slot."""
    rows = with_missing(cases_seen(by).filter(state="open", area_id__in=ids_below(area_id)), at=at)
    rows = rows.filter(Q(missing__gt=0) | Q(has_fever=True)) if missing_only else rows
    return rows.order_by("-has_fever", "-missing", "is_done_now", "until_at", "id")


def watch_counts(area_id: UUID, *, by: Actor, at: datetime) -> dict[str, int]:
    """How many are watched in an area, how many with a missing check, to check in this slot, with a fever, past end."""
    mine = WatchCase.objects.filter(held(by, READ), state="open", area_id__in=ids_below(area_id))
    rows = list(with_missing(mine, at=at).values_list("missing", "is_done_now", "has_fever", "until_at"))
    return {
        "watched": len(rows),
        "missing": sum(1 for r in rows if r[0] > 0),
        "due_now": sum(1 for r in rows if not r[1]),
        "fever": sum(1 for r in rows if r[2]),
        "over": sum(1 for r in rows if r[3] <= at),
    }


def case_seen(case_id: UUID, *, by: Actor, at: datetime) -> WatchCase:
    """One case with what is missing; its own person may see it too. Raises CaseMissing."""
    found = with_missing(WatchCase.objects.filter(id=case_id).select_related("area"), at=at)
    mine = found.filter(held(by, READ)).first()
    if mine is None and by.person_id is not None:
        mine = found.filter(person_id=by.person_id).first()
    if mine is None:
        raise CaseMissing(case=str(case_id))
    return mine


def checks_of(case: WatchCase, *, by: Actor, limit: int = 40) -> list[dict[str, Any]]:
    """The checks of a case that `by` may see, newest first; values only for who checks there, or the person itself."""
    rows = list(
        Check.objects.filter(case__person_id=case.person_id, incident_id=case.incident_id)
        .select_related("case")
        .order_by("-at")[:limit]
    )
    may_check = may(by, "watch.check", area_id=case.area_id, incident_id=case.incident_id)
    may_read = may_check or is_self(by, case.person_id)
    values = opened(rows, by=by, fields=("celsius", "note"), whole=True, subject="subject_id") if may_read else {}
    return [{"check": r, **values.get(r.id, {})} for r in rows]


def open_cases_of(person_ids: Collection[UUID], *, incident_id: UUID) -> list[WatchCase]:
    """Open cases of some persons in an incident: for the flow that frees them."""
    return list(WatchCase.objects.filter(person_id__in=person_ids, incident_id=incident_id, state="open"))


def kind_of(edition: str, name: str) -> Any:
    """What an edition says of a kind of watching."""
    return part(edition, "watch_kinds", name)


def cases_by_source(source_ids: Sequence[UUID]) -> dict[UUID, WatchCase]:
    """Cases by what they came from."""
    return {c.source_id: c for c in WatchCase.objects.filter(source_id__in=source_ids) if c.source_id}


def cases_about(person_ids: Sequence[UUID], *, by: Actor, at: datetime) -> list[WatchCase]:
    """Open cases of some persons, with what is missing of each, as far as the actor may see them."""
    rows = cases_seen(by).filter(person_id__in=person_ids, state="open")
    return list(with_missing(rows, at=at).order_by("until_at", "id"))


def checks_since(person_ids: Sequence[UUID], since: datetime, *, by: Actor) -> list[Check]:
    """That some persons were checked since a time, newest first, each with the post (`who`); not what was found."""
    rows = Check.objects.filter(case__in=cases_seen(by).filter(person_id__in=person_ids), at__gte=since)
    return list(rows.select_related("case").defer("sealed").annotate(who=post_of("by")).order_by("-at")[:20])


def own_cases(by: Actor, *, limit: int = 20) -> list[WatchCase]:
    """The actor's own cases of watching, newest first."""
    return list(WatchCase.objects.filter(person_id=by.person_id).order_by("-opened_at")[:limit]) if by.person_id else []
