"""Swaps on the phone: ask a colleague to take a shift, answer with one tap, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.domains.calls import queries
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.services import answer_swap, ask_swap, withdraw_swap
from lianfang.web.calls import hours_text
from lianfang.web.door import actor_of, new_id, signed_in, uuid_in


def swaps_for(by: Actor, ahead: Sequence[Claim], at: datetime) -> dict[str, Any]:
    """What waits for an answer, of the actor and of others; by own shift whom he may ask, and for which of theirs."""
    mine = [c for c in ahead if c.state in ("claimed", "confirmed")]
    found = queries.my_swaps(by, at=at)
    people, theirs = queries.colleagues(mine, by=by), queries.claims_to_swap(mine, by=by, at=at)
    rows = [{"w": w, "s": w.claim.shift, "hours": hours_text(w.claim.shift), "is_mine": w.asked_by == by.id,
             "instead": {"s": w.for_claim.shift, "hours": hours_text(w.for_claim.shift)} if w.for_claim else None}
            for w in found]  # fmt: skip
    may = {c.id: {"people": list(people[c.id].items()),
                  "instead": [{"c": o, "hours": hours_text(o.shift)} for o in theirs.get(c.id, [])]}
           for c in mine if people[c.id]}  # fmt: skip
    return {"swaps": rows, "may_swap": may}


def _back(code: str) -> HttpResponse:
    return redirect(reverse("calls-mine") + f"?said={code}")


@require_POST
@signed_in
def ask(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Ask a colleague to take a shift; with one of his named, to take it for that."""
    who, _, instead = request.POST.get("to", "").partition(" ")
    to = uuid_in(who)
    if to is None:
        raise Invalid(field="people", fix="1")
    ask_swap(swap_id=new_id(request), claim_id=claim_id, to_account_id=to, for_claim_id=uuid_in(instead),
             by=actor_of(request), at=clock.now())  # fmt: skip
    return _back("calls.swap_asked")


@require_POST
@signed_in
def answer(request: HttpRequest, swap_id: UUID) -> HttpResponse:
    """Agree or not, with one tap."""
    agrees = request.POST.get("says") == "yes"
    answer_swap(swap_id=swap_id, agrees=agrees, by=actor_of(request), at=clock.now())
    return _back("calls.swap_agreed" if agrees else "calls.swap_declined")


@require_POST
@signed_in
def withdraw(request: HttpRequest, swap_id: UUID) -> HttpResponse:
    """No longer ask."""
    withdraw_swap(swap_id=swap_id, by=actor_of(request), at=clock.now())
    return _back("calls.swap_withdrawn")
