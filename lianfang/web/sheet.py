"""The daily sheet: every figure opens to its parts and rows; sending it up, and judging those from below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may
from lianfang.domains.areas.queries import Family
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.models import Presence
from lianfang.domains.grid.queries import names_behind, population_base
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.queries import incident_seen, incidents_seen
from lianfang.domains.messages.models import Message
from lianfang.domains.reports.errors import FigureMissing
from lianfang.domains.reports.queries import (
    GROUPS,
    Scope,
    SheetsOf,
    accepted_sums,
    end_of,
    figure,
    first_stays,
    lines_of,
    rows_of,
    sheets_of,
)
from lianfang.domains.reports.rules import Line
from lianfang.domains.reports.services import judge_sheet, send_sheet
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import door_label, unit_labels
from lianfang.domains.work.rules import state_of
from lianfang.web import sheet_words as words
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.words import local, moment, named, said

ROWS = 20


@dataclass(frozen=True)
class Asked:
    """What a sheet's address asks for: area, day and incident, with the cut-off that follows."""

    area_id: UUID
    day: date
    incident: Incident | None
    cut_off_at: datetime

    @property
    def incident_id(self) -> UUID | None:
        """The incident's id, or none for all work of the area."""
        return self.incident.id if self.incident else None

    @property
    def query(self) -> str:
        """The same as an address, to come back to."""
        given = {"area": str(self.area_id), "day": self.day.isoformat(), "incident": str(self.incident_id or "")}
        return urlencode(given)


def _asked(given: QueryDict, by: Actor, at: datetime, known: Sequence[Incident] = ()) -> Asked:
    today = local(at).date()
    try:
        on = date.fromisoformat(given.get("day", ""))
    except ValueError:
        on = today
    on = min(on, today)
    incident_id = uuid_in(given.get("incident"))
    incident = next((i for i in known if i.id == incident_id), None)
    if incident_id and incident is None:
        incident = incident_seen(incident_id, by=by)
    limits = {g.incident_id for g in by.grants_with("reports.read")}
    if incident_id is None and None not in limits:
        # Who reads the figures of one incident alone begins with that incident's sheet.
        incident = next((i for i in known if i.id in limits), None)
    return Asked(uuid_in(given.get("area")) or home_id(by), on, incident, at if on == today else end_of(on))


def _row(record: Any, labels: dict[UUID, str]) -> tuple[str, str, str]:
    if isinstance(record, Presence):
        return labels.get(record.person_id, ""), door_label(record.household), named(record.area)
    if isinstance(record, Item):
        state = said(state_of(kind(record.kind, record.version), record.state)["words"])
        return labels.get(record.unit_id or record.id, "") or record.title, state, moment(record.due_at)
    if isinstance(record, ZoneVersion):
        return record.zone.name, named(record.zone.area), moment(record.until_at or record.review_at)
    return moment(record.made_at), record.template, words.fate_words(record.fate)


def _rows(line: Line, scope: Scope, by: Actor, at: datetime) -> list[tuple[str, str, str]]:
    """The first records behind a figure, names masked."""
    found = rows_of(line, scope, by=by)
    labels: dict[UUID, str] = {}
    if found.model is Presence:
        shown = first_stays(found, scope.area_id, limit=ROWS) if line.value else []
        labels = names_behind(shown, by=by)
    elif found.model is Item:
        shown = list(found.order_by("due_at", "id")[:ROWS])
        labels = unit_labels(shown, by=by, at=at)
    elif found.model is ZoneVersion:
        shown = list(found.select_related("zone__area")[:ROWS])
    else:
        assert found.model is Message
        shown = list(found.order_by("-made_at")[:ROWS])
    return [_row(r, labels) for r in shown]


def _figure(line: Line, scope: Scope, family: Family, by: Actor, at: datetime) -> dict[str, Any]:
    """A figure opened: definition, cut-off, source, cross-check, parts, first rows."""
    names = {c.id: named(c) for c in family.children}
    rows = _rows(line, scope, by, at)
    return {
        "figure": line,
        "definition": words.definition_of(line),
        "source": words.source_of(line),
        "check": words.check_of(line),
        "parts": words.parts_of(line, names),
        "rows": rows,
        "shown": len(rows),
        "board": line.source if line.name.startswith("work.") else "",
    }


def _below(sheets: SheetsOf) -> list[dict[str, Any]]:
    rows = [{"area": c, "sheet": s, "state": words.state_of_sheet(s.state if s else "open")} for c, s in sheets.below]
    return sorted(rows, key=lambda r: r["sheet"] is not None)


def _frame(
    asked: Asked, sheets: SheetsOf, lines: list[Line], incidents: Sequence[Incident], by: Actor
) -> dict[str, Any]:
    kept, below = sheets.own, _below(sheets)
    may_send = may(by, "reports.send", area_id=asked.area_id, incident_id=asked.incident_id) and (
        kept is None or kept.state in ("open", "returned")
    )
    return {
        "area": sheets.family.area,
        "asked": asked,
        "kept": kept,
        "state": words.state_of_sheet(kept.state if kept else "open"),
        "groups": words.grouped(lines, GROUPS),
        "differing": sum(1 for ln in lines if ln.check == "differs"),
        "incidents": incidents,
        "below": below,
        "missing": [r["area"] for r in below if r["sheet"] is None],
        "may_send": may_send,
        "may_judge": may(by, "reports.send", area_id=asked.area_id, incident_id=asked.incident_id),
    }


@signed_in
def sheet(request: HttpRequest) -> HttpResponse:
    """The sheet of an area and a day; the figure named in the address is open beside it."""
    by, at = actor_of(request), clock.now()
    incidents = list(incidents_seen(by)[:30])
    asked = _asked(request.GET, by, at, incidents)
    sheets = sheets_of(asked.area_id, asked.day, asked.incident_id, by=by)
    kept = sheets.own
    cut_off = kept.cut_off_at if kept and kept.cut_off_at and kept.state != "returned" else asked.cut_off_at
    scope = Scope(asked.area_id, cut_off, asked.incident)
    chosen, child_of = request.GET.get("figure", ""), sheets.family.child_of
    context = {"cut_off_at": cut_off, "asked": asked}
    if chosen and request.headers.get("HX-Request-Type") == "partial":
        line = figure(chosen, scope, by=by, child_of=child_of)
        return page(request, "sheet/_figure.html", context | _figure(line, scope, sheets.family, by, at))
    lines = lines_of(scope, by=by, child_of=child_of)
    if not chosen:
        context |= {"base": population_base(asked.area_id), "sums": accepted_sums(sheets)}
    if chosen:
        context |= _figure(_chosen(chosen, lines), scope, sheets.family, by, at)
    return page(request, "sheet/sheet.html", context | _frame(asked, sheets, lines, incidents, by))


def _chosen(name: str, lines: Sequence[Line]) -> Line:
    for line in lines:
        if line.name == name:
            return line
    raise FigureMissing(figure=name)


def _back(asked: Asked, code: str) -> HttpResponse:
    return redirect(f"{reverse('sheet')}?{asked.query}&said={code}")


@require_POST
@signed_in
def send(request: HttpRequest) -> HttpResponse:
    """Freeze the figures at the cut-off and send them up; differences go with them."""
    by, at = actor_of(request), clock.now()
    asked = _asked(request.POST, by, at)
    send_sheet(
        sheet_id=new_id(request),
        area_id=asked.area_id,
        day=asked.day,
        incident_id=asked.incident_id,
        cut_off_at=asked.cut_off_at,
        note=request.POST.get("note", "").strip(),
        by=by,
        at=at,
    )
    return _back(asked, "reports.sent")


@require_POST
@signed_in
def judge(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """Accept a sheet from below, or return it with a note."""
    by, at = actor_of(request), clock.now()
    accept = request.POST.get("do") == "accept"
    judge_sheet(sheet_id=sheet_id, accept=accept, note=request.POST.get("note", "").strip(), by=by, at=at)
    return _back(_asked(request.POST, by, at), "reports.accepted" if accept else "reports.returned")
