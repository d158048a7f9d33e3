"""Printed pages as those see them who read the list they were printed from: found by code, rows in printed order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import held, post_of, posts_in
from lianfang.domains.work.errors import PageCodeWrong, PageMissing, PageTooOld, WriterUnfit
from lianfang.domains.work.models import Item, Move, PageTyping, PrintedPage
from lianfang.domains.work.queries.reading import items_seen
from lianfang.domains.work.rules import HOUSE_MOVES
from lianfang.domains.work.rules.paper import code_read


def _pages_seen(by: Actor) -> QuerySet[PrintedPage]:
    """Pages of work in areas whose work the actor reads, and of rounds where he reads rounds."""
    of_work, of_round = Q(round_id=None) & held(by, "work.read"), Q(round_id__isnull=False) & held(by, "rounds.read")
    rows = PrintedPage.objects.filter(of_work | of_round).select_related("area").defer("area__outline")
    return rows.annotate(printer=post_of("printed_by"))


def pages_printed(print_id: UUID, *, by: Actor) -> list[PrintedPage]:
    """The pages of one printing. Raises PageMissing."""
    found = list(_pages_seen(by).filter(print_id=print_id).order_by("number"))
    if not found:
        raise PageMissing()
    return found


def page_by_code(typed: str, *, by: Actor, at: datetime) -> PrintedPage:
    """The page with a code, with the post that printed it (`printer`).

    Raises: PageCodeWrong for a slip of the pen or a code made up; PageMissing for none of ours, or a neighbour's;
    PageTooOld.
    """
    code = code_read(typed)
    if not code:
        raise PageCodeWrong()
    found = _pages_seen(by).filter(code=code).first()
    if found is None:
        raise PageMissing()
    if found.until_at <= at:
        raise PageTooOld(printed=found.printed_at.isoformat(), until=found.until_at.isoformat())
    return found


def items_on(rows: Sequence[UUID], *, by: Actor) -> list[Item | None]:
    """The items of a page in the order in which they were printed; none where the actor may not see one any more."""
    items = {i.id: i for i in items_seen(by).filter(id__in=rows).select_related("area").defer("area__outline")}
    return [items.get(i) for i in rows]


def last_moves(item_ids: Sequence[UUID]) -> dict[UUID, Move]:
    """The last move of each of some items that the caller has been given, with the posts of typist and writer."""
    rows = (
        Move.objects.filter(item_id__in=item_ids)
        .exclude(move__in=HOUSE_MOVES)
        .annotate(who=post_of("by"), writer=post_of("written_by"))
    )
    return {m.item_id: m for m in rows.order_by("item_id", "-at", "-id").distinct("item_id")}


def typings_of(page: PrintedPage) -> list[PageTyping]:
    """When rows of a page were typed in, with the posts that typed (`who`) and wrote (`writer`), newest first."""
    rows = page.typings.annotate(who=post_of("by"), writer=post_of("written_by"))
    return list(rows.order_by("-at", "id"))


def writers_of(page: PrintedPage, *, at: datetime) -> dict[UUID, str]:
    """Who may have written on a page: posts of its area and below."""
    return {a.id: a.label for a in posts_in(page.area_id, at=at)}


def fit_writer(page: PrintedPage, written_by: UUID | None, *, by: Actor, at: datetime) -> UUID:
    """Who wrote on a page: the typist, or a post of its area. Raises WriterUnfit."""
    if written_by is None or (written_by != by.id and written_by not in writers_of(page, at=at)):
        raise WriterUnfit()
    return written_by
