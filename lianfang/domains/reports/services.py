"""Sending a sheet up, and its being accepted or returned."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import ids_above
from lianfang.domains.incidents.models import Incident
from lianfang.domains.reports.errors import SheetLocked, SheetMissing
from lianfang.domains.reports.models import Line, Sheet
from lianfang.domains.reports.queries import Scope, lines_of


@service("reports.send_sheet", told=("note",))
def send_sheet(
    *,
    sheet_id: UUID,
    area_id: UUID,
    day: date,
    incident_id: UUID | None,
    cut_off_at: datetime,
    note: str,
    by: Actor,
    at: datetime,
) -> Sheet:
    """Freeze the figures at the cut-off and send them up. Differing sums may be sent: the difference is stated.

    Repeat: the same sender and cut-off: the sheet as sent. Rights: reports.send on the area. Locks: the sheet row.
    Raises: SheetLocked unless it is open or was returned.
    """
    require(by, "reports.send", area_id=area_id, incident_id=incident_id)
    incident = Incident.objects.filter(id=incident_id).first() if incident_id else None
    Sheet.objects.bulk_create(
        [Sheet(id=sheet_id, area_id=area_id, day=day, incident_id=incident_id)], ignore_conflicts=True
    )
    sheet = Sheet.objects.select_for_update().get(area_id=area_id, day=day, incident_id=incident_id)
    if sheet.state == "sent" and sheet.cut_off_at == cut_off_at and sheet.sent_by == by.id:
        raise Repeated(sheet)
    if sheet.state not in ("open", "returned"):
        raise SheetLocked(state=sheet.state)
    if sheet.state == "returned":
        sheet.draft += 1
    Line.objects.bulk_create(
        Line(
            id=uuid5(sheet.id, f"{sheet.draft} {line.name}"),
            sheet=sheet,
            draft=sheet.draft,
            figure=line.name,
            value=None if line.value is None else Decimal(str(line.value)),
            check_code=line.check,
        )
        for line in lines_of(Scope(area_id, cut_off_at, incident), by=by)
    )
    sheet.state, sheet.cut_off_at, sheet.note, sheet.sent_by, sheet.sent_at = "sent", cut_off_at, note[:400], by.id, at
    sheet.save()
    return sheet


@service("reports.judge_sheet", told=("note",))
def judge_sheet(*, sheet_id: UUID, accept: bool, note: str, by: Actor, at: datetime) -> Sheet:
    """The area above accepts a sent sheet, or returns it with a note.

    Repeat: the same word of the same person. Rights: reports.send on the area above. Raises: SheetMissing, SheetLocked.
    """
    sheet = Sheet.objects.select_for_update().filter(id=sheet_id).first()
    if sheet is None:
        raise SheetMissing(sheet=str(sheet_id))
    above = ids_above(sheet.area_id)
    where = above[1] if len(above) > 1 else sheet.area_id
    require(by, "reports.send", area_id=where, incident_id=sheet.incident_id)
    if sheet.state == ("accepted" if accept else "returned") and sheet.judged_by == by.id:
        raise Repeated(sheet)
    if sheet.state != "sent":
        raise SheetLocked(state=sheet.state)
    sheet.state, sheet.judged_by, sheet.judged_at = ("accepted" if accept else "returned"), by.id, at
    sheet.note = (note or sheet.note)[:400]
    sheet.save()
    return sheet
