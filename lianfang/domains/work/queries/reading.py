"""Which items an actor may read: those of its areas, those it owns, and private ones only where it serves them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, may
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import Body, right_of


def private_kinds() -> dict[str, Body]:
    """Kinds whose items only those see who serve them, by name. The newest version says so, for old items too."""
    return {name: body for name, body in kinds_by_name().items() if body.get("private")}


def right_on(kind_name: str, what: str) -> str:
    """The right to open, read, do or lead items of a kind: work's own, unless the kind is private."""
    return right_of(private_kinds().get(kind_name, {}), what)


def work_held(by: Actor, right: str = "work.read") -> Q:
    """Rows of lists, counts and files that everybody who serves here may see: never an item of a private kind."""
    return held(by, right) & ~Q(kind__in=list(private_kinds()))


def items_seen(by: Actor) -> QuerySet[Item]:
    """Items in the actor's areas, private ones where it serves them, or owned where it still may do work.

    A post that ended shows nothing.
    """
    fit = work_held(by) | ((Q(owner_id=by.id) | Q(before_id=by.id)) & held(by, "work.do"))
    for name, body in private_kinds().items():
        right = right_of(body, "read")
        if may(by, right):
            fit |= Q(kind=name) & held(by, right)
    return Item.objects.filter(fit)


def kind_held(by: Actor, kind_name: str, what: str = "read") -> Q:
    """The rows of one kind for which the actor holds its right: for the kind's own desk."""
    return Q(kind=kind_name) & held(by, right_on(kind_name, what))


def is_seen(item_id: UUID, *, by: Actor) -> bool:
    """Whether the actor may look at an item."""
    return items_seen(by).filter(id=item_id).exists()
