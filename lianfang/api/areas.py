"""Areas as they lie below one another, and who the program is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema

from lianfang.api.door import Cursor, Limit, actor_of, by_id, route
from lianfang.base import clock
from lianfang.domains.accounts.queries import account_at, areas_seen, path_seen
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import children_of


class AreaOut(Schema):
    """An area and the one it lies in."""

    id: UUID
    level: str
    name: str
    name_en: str
    lies_in: UUID | None


class AreaPage(Schema):
    """Some areas, and the cursor of the next page."""

    items: list[AreaOut]
    next: str


class AreaWhole(Schema):
    """An area, what it lies in (top first), and what lies directly in it."""

    area: AreaOut
    path: list[AreaOut]
    children: list[AreaOut]


class Me(Schema):
    """Who calls: the program, what it may where, and until when."""

    id: UUID
    name: str
    purpose: str
    scopes: list[str]
    areas: list[UUID]
    until_at: datetime
    now: datetime


def _shown(a: Area, lies_in: UUID | None) -> AreaOut:
    return AreaOut(id=a.id, level=a.level, name=a.name, name_en=a.name_en, lies_in=lies_in)


@route("GET", "/me", scopes=[], gives=Me, name="me")
def me(request: HttpRequest) -> Me:
    """Who the token is: scopes, areas, end."""
    by = actor_of(request)
    until_at = account_at(by.id).program.until_at
    return Me(id=by.id, name=by.name, purpose=by.purpose, scopes=sorted({r for g in by.grants for r in g.rights}),
              areas=[g.area_id for g in by.grants if g.area_id], until_at=until_at, now=clock.now())  # fmt: skip


@route("GET", "/areas", scopes=["areas.read"], gives=AreaPage, name="areas")
def areas(request: HttpRequest, within: UUID | None = None, cursor: Cursor = "", limit: Limit = 50) -> AreaPage:
    """All areas that the program sees, those of one area and below if `within` names it."""
    rows, following = by_id(areas_seen(actor_of(request), within=within), cursor, limit)
    return AreaPage(items=[_shown(a, a.lies_in) for a in rows], next=following)


@route("GET", "/areas/{uuid:area_id}", scopes=["areas.read"], gives=AreaWhole, name="area")
def area(request: HttpRequest, area_id: UUID) -> AreaWhole:
    """One area with its path and its children."""
    path = path_seen(area_id, actor_of(request))
    tops = [None, *(a.id for a in path)]
    shown = [_shown(a, top) for a, top in zip(path, tops, strict=False)]
    below = [_shown(c, area_id) for c in children_of(area_id).defer("outline")]
    return AreaWhole(area=shown[-1], path=shown[:-1], children=below)
