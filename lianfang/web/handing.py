"""A task goes from hand to hand: asked for, given or kept; put back; all of a door taken together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import may_on
from lianfang.domains.work.queries.handing import transfer_asked
from lianfang.domains.work.services import answer_transfer, ask_transfer, put_back, take_door
from lianfang.web.door import actor_of, new_id, signed_in


def handing_of(item: Item, by: Actor) -> dict[str, Any]:
    """For an item's page: who has asked for it, and whether the actor may ask, answer or put it back."""
    waits, holds = transfer_asked(item, by=by), item.owner_id == by.id
    does = not item.is_closed and may_on(item, "do", by=by)
    return {"transfer": waits, "may_put_back": does and holds,
            "may_answer": waits is not None and (holds or may_on(item, "lead", by=by)),
            "may_ask": does and not holds and item.owner_id is not None and waits is None}  # fmt: skip


def _to(item_id: UUID, said: str) -> HttpResponse:
    return redirect(reverse("work-item", args=[item_id]) + f"?said=work.{said}")


@require_POST
@signed_in
def ask(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """I would take it over from whoever holds it."""
    ask_transfer(transfer_id=new_id(request), item_id=item_id, by=actor_of(request), at=clock.now())
    return _to(item_id, "transfer_asked")


@require_POST
@signed_in
def answer(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """I give it away, or I keep it."""
    gives = request.POST.get("says") == "give"
    done = answer_transfer(transfer_id=transfer_id, gives=gives, by=actor_of(request), at=clock.now())
    return _to(done.item_id, "transfer_given" if gives else "transfer_kept")


@require_POST
@signed_in
def back(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """I cannot do it: it waits for somebody else."""
    put_back(item_id=item_id, by=actor_of(request), at=clock.now())
    return _to(item_id, "put_back")


@require_POST
@signed_in
def take_all(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """All that is due behind a door and that nobody holds, taken at once."""
    n = take_door(household_id=household_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("door-due", args=[household_id]) + f"?said=work.{'door_taken' if n else 'door_empty'}")
