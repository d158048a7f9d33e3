"""The daily sheet: every figure of an area and a day, as its page computes it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils.timezone import localtime
from ninja import Schema

from lianfang.api.door import actor_of, route
from lianfang.api.errors import Unfit
from lianfang.base import clock
from lianfang.domains.incidents.queries import incident_seen
from lianfang.domains.reports.queries import Scope, end_of, lines_of, sheets_of

FIRST_YEAR = 2019  # no figure is older than what this was first written for


class FigureOut(Schema):
    """One figure with its unit, in both languages; `check` is empty where its cross-check agrees."""

    name: str
    group: str
    words: dict[str, str]
    unit: dict[str, str]
    value: float | None
    check: str


class SheetOut(Schema):
    """The figures of an area on a day up to the cut-off; `state` says whether the sheet was sent or accepted."""

    area_id: UUID
    day: date
    incident_id: UUID | None
    cut_off_at: datetime
    state: str
    figures: list[FigureOut]


@route("GET", "/sheets/{uuid:area_id}/{day}", scopes=["reports.read"], gives=SheetOut, name="sheet")
def sheet(request: HttpRequest, area_id: UUID, day: date, incident: UUID | None = None) -> SheetOut:
    """All figures of one day; of a day that is over, as it ended, and of a sheet that was sent, at its cut-off."""
    by, now = actor_of(request), clock.now()
    today = localtime(now).date()
    if not day.year >= FIRST_YEAR or day > today:
        raise Unfit(field="day", fix=f"{FIRST_YEAR}-01-01 … {today.isoformat()}")
    sheets = sheets_of(area_id, day, incident, by=by)
    own, cut_off_at = sheets.own, now if day == today else end_of(day)
    if own and own.cut_off_at and own.state != "returned":
        cut_off_at = own.cut_off_at
    scope = Scope(area_id, cut_off_at, incident_seen(incident, by=by) if incident else None)
    lines = lines_of(scope, by=by, child_of=sheets.family.child_of)
    figures = [FigureOut(name=ln.name, group=ln.group, words=dict(ln.words), unit=dict(ln.unit), value=ln.value,
                         check=ln.check) for ln in lines]  # fmt: skip
    return SheetOut(area_id=area_id, day=day, incident_id=incident, cut_off_at=cut_off_at,
                    state=own.state if own else "open", figures=figures)  # fmt: skip
