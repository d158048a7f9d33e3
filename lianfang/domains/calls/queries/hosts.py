"""Groups at shops: which jobs there are, who serves at a shop and when, and who confirms the hours there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import administrators_of, bodies_administered, post_of
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries.tasks import task_kinds
from lianfang.domains.calls.rules import FIRM

MOST_SHIFTS = 200


def host_jobs() -> dict[str, Mapping[str, Any]]:
    """Tasks that are given to one of a group as his job at a shop, by name."""
    return {n: t for n, t in task_kinds().items() if t.get("at_host")}


def hosts_confirming(host_ids: Iterable[UUID | None], *, at: datetime) -> set[UUID]:
    """Of these shops those that have somebody who confirms hours; for the others whoever leads the post does."""
    return {h for h in set(host_ids) if h and administrators_of(h, at=at)}


def shifts_hosted(*, by: Actor, from_at: datetime) -> list[Shift]:
    """Groups allotted to the shops whose people the actor administers, the earliest first, each with its people.

    `people`: claims with their posts, in the order of asking; nobody else of the call is among them.
    """
    rows = Shift.objects.filter(host_id__in=bodies_administered(by), ends_at__gte=from_at)
    rows = rows.select_related("call__area").defer("call__area__outline")
    shifts = list(rows.order_by("starts_at", "title", "id")[:MOST_SHIFTS])
    claims = Claim.objects.filter(shift__in=shifts, state__in=FIRM).annotate(post=post_of("account_id"))
    by_shift: dict[UUID, list[Claim]] = {}
    for c in claims.order_by("order", "id"):
        by_shift.setdefault(c.shift_id, []).append(c)
    for s in shifts:
        s.people = by_shift.get(s.id, [])  # type: ignore[attr-defined]  # for the page
    return shifts
