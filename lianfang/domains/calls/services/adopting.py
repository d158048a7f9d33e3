"""What a kernel proposed and a person adopts: claims by the lead, each judged again by every gate of claiming."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.bulk import update_rows
from lianfang.base.service import Outcome, service
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.services.claims import Ask, claim_shifts
from lianfang.domains.calls.services.places import LEASE, kept_until, tell_adopted, tell_claimants
from lianfang.domains.editions.queries import common_edition, values_by_area


def _given(asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> tuple[list[Claim], dict[UUID, Shift]]:
    done = {o.id for o in outcomes if not o.code and o.values.get("state") == "claimed"}
    claims = list(Claim.objects.filter(id__in=[a.id for a in asks if a.id in done]).order_by("id"))
    shifts = Shift.objects.filter(id__in={c.shift_id for c in claims}).select_related("call")
    return claims, {s.id: s for s in shifts}


@service("calls.adopt_matches")
def adopt_matches(*, asks: Sequence[Ask], by: Actor, at: datetime) -> list[Outcome]:
    """People who did not ask for these shifts are given a place; each is told, and it is kept until he answers.

    Without an answer in time the place goes to the next, as one that came free does. Repeat and refusals: as claiming.
    Rights: calls.lead in the call's area.
    """
    outcomes = claim_shifts(asks=asks, by=by, at=at)
    claims, shifts = _given(asks, outcomes)
    limits = values_by_area(common_edition(), LEASE, {s.call.area_id for s in shifts.values()}, at=at)
    for c in claims:
        shift = shifts[c.shift_id]
        c.answer_by = None if c.account_id == by.id else kept_until(shift, limits[shift.call.area_id], at)
    update_rows(Claim, claims, ["answer_by"])
    tell_claimants("match-adopted", [c for c in claims if c.account_id != by.id], shifts, by, at)
    return outcomes


@service("calls.adopt_roster")
def adopt_roster(*, asks: Sequence[Ask], by: Actor, at: datetime) -> list[Outcome]:
    """A roster holds: each on it has his shifts, and is told once how many and when the first begins.

    Repeat and refusals: as claiming. Rights: calls.lead in the call's area.
    """
    outcomes = claim_shifts(asks=asks, by=by, at=at)
    claims, shifts = _given(asks, outcomes)
    own: dict[UUID, list[Shift]] = {}
    for c in claims:
        own.setdefault(c.account_id, []).append(shifts[c.shift_id])
    tell_adopted({who: sorted(some, key=lambda s: s.starts_at) for who, some in own.items() if who != by.id}, by, at)
    return outcomes
