"""What stands of claims before new asks are judged: of hundreds of people at once, by ids `braced` once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from lianfang.base.prepared import Prepared
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries.spans import with_spans
from lianfang.domains.calls.rules import FIRM, LIVE, Span

Rows = QuerySet[Claim, tuple[object, ...]]


def claims_known(ids: str) -> dict[UUID, tuple[UUID, UUID]]:
    """Of claim ids those that came before: their shift and account."""
    return {i: (s, a) for i, s, a in _KNOWN(ids=ids)}


def live_claims(shifts: str, people: str) -> dict[tuple[UUID, UUID], UUID]:
    """By shift and account the claim that lives there."""
    return {(s, a): i for i, s, a in _LIVE(shifts=shifts, people=people)}


def spans_held(people: str, *, since: datetime, at: datetime) -> dict[UUID, list[Span]]:
    """By account the times of the places that it holds, of shifts that end after a time."""
    held: dict[UUID, list[Span]] = {}
    for account, begins, ends in _HELD(people=people, since=since, at=at):
        held.setdefault(account, []).append((begins, ends))
    return held


def _known(*, ids: str) -> Rows:
    return Claim.objects.filter(id__any=ids).values_list("id", "shift_id", "account_id")


def _live(*, shifts: str, people: str) -> Rows:
    rows = Claim.objects.filter(shift_id__any=shifts, account_id__any=people, state__in=LIVE)
    return rows.values_list("id", "shift_id", "account_id")


def _held(*, people: str, since: datetime, at: datetime) -> Rows:
    firm = Claim.objects.filter(account_id__any=people, state__in=FIRM, shift__ends_at__gt=since)
    return with_spans(firm, at).values_list("account_id", "begins", "ends")


_KNOWN = Prepared(_known, ids=str)
_LIVE = Prepared(_live, shifts=str, people=str)
_HELD = Prepared(_held, people=str, since=datetime, at=datetime)
