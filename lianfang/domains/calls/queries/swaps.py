"""Colleagues who may take a shift, and swaps that wait for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, UUIDField, Value

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import post_of
from lianfang.domains.calls.models import Claim, Swap
from lianfang.domains.calls.rules import FIRM
from lianfang.domains.responders.models import Member
from lianfang.domains.responders.rules import IN_TEAM


def colleagues(claims: Sequence[Claim], *, by: Actor) -> dict[UUID, dict[UUID, str]]:
    """By own claim who may be asked to take it, with his post: who serves at the same call, or is in an own team."""
    mine = [c for c in claims if c.account_id == by.id]
    calls = {c.shift.call_id for c in mine}
    firm = Claim.objects.filter(shift__call_id__in=calls, state__in=FIRM).exclude(account_id=by.id)
    teams = Member.objects.filter(responder_id=by.id, state=IN_TEAM).values("team_id")
    mates = Member.objects.filter(team_id__in=teams, state=IN_TEAM).exclude(responder_id=by.id)
    of_team = mates.annotate(call=Value(None, UUIDField()), who=F("responder_id"), post=post_of("responder_id"))
    of_call = firm.annotate(call=F("shift__call_id"), who=F("account_id"), post=post_of("account_id"))
    named = ("call", "who", "post")
    at_call: dict[UUID | None, dict[UUID, str]] = {}
    for call, who, post in of_call.values_list(*named).union(of_team.values_list(*named)) if mine else ():
        at_call.setdefault(call, {})[who] = post
    team = at_call.get(None, {})
    return {c.id: dict(sorted((team | at_call.get(c.shift.call_id, {})).items(), key=lambda x: (x[1] or "", x[0])))
            for c in claims}  # fmt: skip


def claims_to_swap(claims: Sequence[Claim], *, by: Actor, at: datetime) -> dict[UUID, list[Claim]]:
    """By own claim the places of others at the same call that he could ask for instead, the soonest first (`post`)."""
    calls = {c.shift.call_id for c in claims if c.account_id == by.id}
    rows = Claim.objects.filter(shift__call_id__in=calls, state__in=("claimed", "confirmed"), shift__ends_at__gt=at)
    rows = rows.exclude(account_id=by.id).select_related("shift").annotate(post=post_of("account_id"))
    found = list(rows.order_by("shift__starts_at", "id")[:400])
    return {c.id: [o for o in found if o.shift.call_id == c.shift.call_id and o.shift_id != c.shift_id]
            for c in claims if c.account_id == by.id}  # fmt: skip


def my_swaps(by: Actor, *, at: datetime) -> list[Swap]:
    """Swaps that wait for the actor's answer, and his own that wait for another's (`post` is asked, by `asker`)."""
    rows = Swap.objects.filter(Q(to_account_id=by.id) | Q(asked_by=by.id), state="asked")
    rows = rows.filter(claim__shift__ends_at__gt=at, claim__state__in=("claimed", "confirmed"))
    rows = rows.select_related("claim__shift__call__area", "for_claim__shift")
    rows = rows.defer("claim__shift__call__area__outline")
    return list(rows.annotate(post=post_of("to_account_id"), asker=post_of("asked_by")).order_by("asked_at", "id"))
