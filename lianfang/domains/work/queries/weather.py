"""Posts outdoors under weather warnings: what their leads chose, who has not answered, what is paused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of
from lianfang.domains.incidents.models import WeatherWarning
from lianfang.domains.work.errors import ItemMissing
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.rules import CHECK


@dataclass(frozen=True)
class Check:
    """A flagged post: its item, the warning as it stands, what was chosen, by which post and when."""

    item: Item
    warning: WeatherWarning
    choice: str
    answered_by: str
    answered_at: datetime | None

    @property
    def is_paused(self) -> bool:
        """Whether its lead chose to pause, and it has not gone on."""
        return self.choice == "pause" and not self.item.is_closed


def _with_answers(rows: QuerySet[Item]) -> QuerySet[Any]:
    answers = Move.objects.filter(item_id=OuterRef("pk"), move="answer").annotate(post=post_of("by")).order_by("-at")
    return rows.annotate(
        answered_by=Subquery(answers.values("post")[:1]),
        answered_at=Subquery(answers.values("at")[:1]),
        owner_label=post_of("owner_id"),
    ).select_related("area").defer("area__outline")  # fmt: skip


def _checks(rows: QuerySet[Any]) -> list[Check]:
    found = list(rows)
    newest = WeatherWarning.objects.filter(line_id__in={i.root_id for i in found}).order_by("line_id", "-number")
    lines = {w.line_id: w for w in newest.distinct("line_id")} if found else {}
    return [
        Check(i, lines[i.root_id], str(i.values.get("choice", "")), i.answered_by or "", i.answered_at)
        for i in found
        if i.root_id in lines
    ]


def checks_on(unit_ids: Collection[UUID]) -> dict[UUID, list[Check]]:
    """By call or place the checks that stand open on it: for pages that showed the call or place itself."""
    rows = Item.objects.filter(kind=CHECK, unit_id__in=list(unit_ids), is_closed=False)
    out: dict[UUID, list[Check]] = {}
    for check in _checks(_with_answers(rows).order_by("opened_at", "id")) if unit_ids else ():
        if check.item.unit_id:
            out.setdefault(check.item.unit_id, []).append(check)
    return out


def _seen(by: Actor) -> QuerySet[Item]:
    return Item.objects.filter(held(by, "work.read") | Q(owner_id=by.id), kind=CHECK)


def checks_of(warning: WeatherWarning, *, by: Actor, limit: int = 500) -> list[Check]:
    """All checks of a warning's line in areas whose work the actor reads, and its own.

    Who has not answered comes first, of these the longest late; then those that chose, then what is over.
    """
    rows = _with_answers(_seen(by).filter(root_id=warning.line_id))
    order = ("is_closed", F("answered_at").asc(nulls_first=True), "due_at", "title", "id")
    return _checks(rows.order_by(*order)[:limit])


def check_counts(line_ids: Collection[UUID], *, by: Actor, at: datetime) -> dict[UUID, dict[str, int]]:
    """By warning line: posts flagged and still open, of these not answered, and of these late."""
    rows = _seen(by).filter(root_id__in=list(line_ids), is_closed=False).order_by().values("root_id")
    asked = Q(state="asked")
    counted = rows.annotate(open=Count("id"), asked=Count("id", filter=asked),
                            late=Count("id", filter=asked & Q(due_at__lt=at)))  # fmt: skip
    return {r["root_id"]: {n: r[n] for n in ("open", "asked", "late")} for r in counted}


def my_checks(by: Actor, *, limit: int = 50) -> list[Check]:
    """Checks the actor owns and that stand open: those not answered first."""
    rows = _with_answers(Item.objects.filter(kind=CHECK, owner_id=by.id, is_closed=False))
    return _checks(rows.order_by(F("answered_at").asc(nulls_first=True), "due_at", "title", "id")[:limit])


def check_seen(item_id: UUID, *, by: Actor) -> Check:
    """One check, the actor's own or in an area whose work it reads. Raises ItemMissing."""
    found = _checks(_with_answers(_seen(by).filter(id=item_id)))
    if not found:
        raise ItemMissing(item=str(item_id))
    return found[0]
