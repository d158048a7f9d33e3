"""Shifts whose time is over and whose hours nobody has confirmed: whoever is to close them is reminded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries.seen import limits_of

BACK = timedelta(days=7)  # a shift nobody closed in a week is a matter of the ledger, not of a reminder
MOST_SHIFTS = 1000
OPEN = Q(state="checked_in") | Q(state="done", hours_at=None)


@dataclass(frozen=True)
class Unclosed:
    """A shift that is over, with those whose hours nobody has confirmed (account, team): still in, or left."""

    shift: Shift
    people: tuple[tuple[UUID, UUID | None], ...]


def unclosed_shifts(*, at: datetime) -> list[Unclosed]:
    """Shifts that ended so long ago (the edition's minutes) and within a week, the oldest first."""
    open_here = Claim.objects.filter(OPEN, shift_id=OuterRef("pk"))
    rows = Shift.objects.filter(Exists(open_here), ends_at__lte=at, ends_at__gt=at - BACK).order_by("ends_at", "id")
    over = list(rows.select_related("call__area").defer("call__area__outline")[:MOST_SHIFTS])
    limits = limits_of({s.call.area_id for s in over}, at=at)
    due = {s.id: s for s in over
           if at >= s.ends_at + timedelta(minutes=limits[s.call.area_id]["close_after_minutes"])}  # fmt: skip
    people: dict[UUID, list[tuple[UUID, UUID | None]]] = {}
    claims = Claim.objects.filter(OPEN, shift_id__any=list(due)).order_by("order", "id")
    for shift_id, account_id, team_id in claims.values_list("shift_id", "account_id", "team_id"):
        people.setdefault(shift_id, []).append((account_id, team_id))
    return [Unclosed(s, tuple(people[i])) for i, s in due.items() if i in people]
