"""Printed pages and what comes back on them: laid down when printed, typed in once, with who wrote and who typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.editions.queries import common_edition, values_of
from lianfang.domains.privacy.queries import token
from lianfang.domains.work.errors import ItemMissing, NotedSince
from lianfang.domains.work.models import Item, Move, PageTyping, PrintedPage
from lianfang.domains.work.queries.paper import fit_writer, page_by_code
from lianfang.domains.work.rules.paper import code_of
from lianfang.domains.work.services.moves import Note, make_moves

ROWS_A_PAGE = 40  # as many as an A4 page holds


@dataclass(frozen=True)
class TypedRow:
    """What stood on one row: which move it names, and the values it asks for."""

    item_id: UUID
    move: str
    values: Mapping[str, Any] = field(default_factory=dict)


@service("work.print_pages")
def print_pages(
    *, print_id: UUID, area_id: UUID, kind_name: str, row_ids: Sequence[UUID], by: Actor, at: datetime
) -> UUID:
    """Keep the pages of a printed list of work, each with its code.

    Repeat: same id: the first. Rights: work.read in the area; what stands on the rows is told to nobody by them.
    """
    require(by, "work.read", area_id=area_id)
    return lay_pages(print_id=print_id, area_id=area_id, row_ids=row_ids, kind=kind_name, by=by, at=at)


@service("work.lay_pages", door=False)
def lay_pages(
    *, print_id: UUID, area_id: UUID, row_ids: Sequence[UUID], kind: str = "", round_id: UUID | None = None,
    incident_id: UUID | None = None, by: Actor, at: datetime,
) -> UUID:  # fmt: skip
    """Keep pages inside a service that has tested the right."""
    if PrintedPage.objects.filter(print_id=print_id).exists():
        raise Repeated(print_id)
    days = values_of(common_edition(), ["paper_days"], area_id=area_id, at=at)["paper_days"]
    parts = [row_ids[n : n + ROWS_A_PAGE] for n in range(0, len(row_ids), ROWS_A_PAGE)]
    pages = []
    for n, rows in enumerate(parts, 1):
        page_id = uuid5(print_id, str(n))
        code = code_of(token(f"printed page {page_id}") % 2**64)
        pages.append(PrintedPage(id=page_id, code=code, print_id=print_id, number=n, pages=len(parts), area_id=area_id,
                                 kind=kind, round_id=round_id, incident_id=incident_id, rows=list(rows), printed_at=at,
                                 printed_by=by.id, until_at=at + timedelta(days=days)))  # fmt: skip
    PrintedPage.objects.bulk_create(pages)
    return print_id


@service("work.type_page")
def type_page(
    *, typing_id: UUID, code: str, written_by: UUID | None, rows: Sequence[TypedRow], shown_at: datetime, by: Actor,
    at: datetime,
) -> list[Outcome]:  # fmt: skip
    """Note what somebody wrote on a printed page; one outcome a row, none raises for another.

    shown_at: when the form was made. A row that was noted since is left as it stands ("work.noted_since").
    Repeat:  same id: every row "repeated"; each is noted once, however often the form is sent.
    Rights:  of the typist: to read the page, and to make each move; its owner's moves where its owner wrote the page.
    Raises:  PageCodeWrong, PageMissing, PageTooOld, WriterUnfit.
    """
    page = page_by_code(code, by=by, at=at)
    require(by, "work.do", area_id=page.area_id)
    writer = fit_writer(page, written_by, by=by, at=at)
    listed = set(page.rows)
    notes = [Note(uuid5(typing_id, str(r.item_id)), r.item_id, r.move, by, at, n, r.values, writer)
             for n, r in enumerate(rows) if r.item_id in listed]  # fmt: skip
    outcomes = {o.id: o for o in _noted_since(notes, shown_at)}
    left = [n for n in notes if n.id not in outcomes]
    outcomes |= {o.id: o for o in (make_moves(notes=left, by=by, at=at) if left else [])}
    done = [n.item_id for n in notes if not outcomes[n.id].code]
    keep_typing(page_id=page.id, typing_id=typing_id, row_ids=done, written_by=writer, by=by, at=at)
    strange = Outcome(page.id, ItemMissing.code, {"item": ""})
    return [outcomes.get(uuid5(typing_id, str(r.item_id)), strange) for r in rows]


@service("work.keep_typing", door=False)
def keep_typing(
    *, page_id: UUID, typing_id: UUID, row_ids: Sequence[UUID], written_by: UUID, by: Actor, at: datetime
) -> None:
    """Keep that rows were typed in, inside a service; nothing for a form that came again."""
    typing = PageTyping(id=typing_id, page_id=page_id, rows=list(row_ids), written_by=written_by, by=by.id, at=at)
    if row_ids:
        PageTyping.objects.bulk_create([typing])


def _noted_since(notes: Sequence[Note], shown_at: datetime) -> list[Outcome]:
    """Rows that somebody noted after the form was made, but not by this form; their items locked."""
    items = Item.objects.select_for_update().filter(id__in=sorted({n.item_id for n in notes})).order_by("id")
    changed = {i.id: i.changed_at for i in items if i.changed_at > shown_at}
    late = [n for n in notes if n.item_id in changed]
    known = set(Move.objects.filter(id__in=[n.id for n in late]).values_list("id", flat=True)) if late else set()
    return [Outcome(n.id, NotedSince.code, {"time": changed[n.item_id].isoformat()}) for n in late
            if n.id not in known]  # fmt: skip
