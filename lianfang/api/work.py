"""Work items: the board by cursor, one item, and opening one of a kind, such as a plea that came by another channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from lianfang.api.door import Cursor, Limit, Line, Sent, Word, actor_of, after, cursor_of, route
from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.editions.queries import kind as kind_of
from lianfang.domains.privacy.queries import note_read
from lianfang.domains.work import queries
from lianfang.domains.work.errors import UnitUnfit
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.units import area_of_unit
from lianfang.domains.work.services import NewItem, open_item

SAID = ("id", "kind", "version", "title", "incident_id", "area_id", "unit_kind", "unit_id", "state", "is_closed",
        "due_at", "opened_at", "closed_at", "values")  # fmt: skip


class ItemOut(Schema):
    """One thing to do. `unit` is what it is about in words, a person masked; sealed values are not among `values`."""

    id: UUID
    kind: str
    version: int
    title: str
    incident_id: UUID | None
    area_id: UUID
    unit_kind: str
    unit_id: UUID | None
    unit: str
    state: str
    is_closed: bool
    due_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    values: dict[str, Any]


class ItemPage(Schema):
    """Some items, and the cursor of the next page."""

    items: list[ItemOut]
    next: str


class ItemIn(Sent):
    """A new item. The same `id` again is the same item: send it again after a broken connection."""

    id: UUID
    kind: Word
    unit_id: UUID | None = None
    area_id: UUID | None = None
    incident_id: UUID | None = None
    title: Line = ""
    values: dict[str, Any] = {}
    again: Word = Field(
        "",
        description="why a household is asked again the same day: asked-for, changed, not-valid or danger",
    )


def _shown(items: Sequence[Item], by: Actor) -> list[ItemOut]:
    """Items with their units in words; whose name stands there, masked or not, is written down."""
    labels = queries.unit_labels(items, by=by, at=clock.now())
    note_read({i.unit_id for i in items if i.unit_kind == "person" and labels.get(i.unit_id)}, ["name"])
    unit = {i.id: labels.get(i.unit_id, "") if i.unit_id else "" for i in items}
    return [ItemOut(**{n: getattr(i, n) for n in SAID}, unit=unit[i.id]) for i in items]


@route("GET", "/work-items", scopes=["work.read"], gives=ItemPage, name="work-items")
def items(
    request: HttpRequest, area: UUID | None = None, kind: Word = "", state: Word = "", closed: bool = False,
    incident: UUID | None = None, cursor: Cursor = "", limit: Limit = 50,
) -> ItemPage:  # fmt: skip
    """Items of the program's area by the board's filters, the most urgent first; closed ones where asked."""
    by = actor_of(request)
    found, _ = queries.board(by=by, after=after(cursor), limit=limit + 1, area_id=area, kind_name=kind, state=state,
                             is_open=not closed, incident_id=incident)  # fmt: skip
    shown, is_cut = found[:limit], len(found) > limit
    following = cursor_of(shown[-1].due_at, shown[-1].id) if is_cut else ""
    return ItemPage(items=_shown(shown, by), next=following)


@route("GET", "/work-items/{uuid:item_id}", scopes=["work.read"], gives=ItemOut, name="work-item")
def item(request: HttpRequest, item_id: UUID) -> ItemOut:
    """One item as it stands."""
    by = actor_of(request)
    return _shown([queries.item_seen(item_id, by=by)], by)[0]


class Opened(Schema):
    """The item that stands under the given id."""

    id: UUID


@route("POST", "/work-items", scopes=["work.open"], gives=Opened, name="work-items")
def open_one(request: HttpRequest, sent: ItemIn) -> Opened:
    """Open an item of a kind about a unit that the program may see. Nobody owns it: its clocks tell who is to take it.

    A unit is a household, person, building, place or area, as the kind says; its area is the item's. A kind about
    nothing takes `area_id`.
    """
    by, at, body = actor_of(request), clock.now(), kind_of(sent.kind)
    lies_in = area_of_unit(body["unit"], sent.unit_id, by=by, at=at) if sent.unit_id else sent.area_id
    if lies_in is None:
        raise UnitUnfit(unit=body["unit"], field="unit_id", fix=body["unit"])
    require(by, "work.open", area_id=lies_in, incident_id=sent.incident_id)
    new = NewItem(sent.id, lies_in, body["unit"], sent.unit_id, sent.title, values=sent.values, again=sent.again)
    return Opened(id=open_item(kind_name=sent.kind, item=new, incident_id=sent.incident_id, by=by, at=at))
