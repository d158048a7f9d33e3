"""A day's sheet of an area with those of the areas below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, F, Sum

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import Family, family_of
from lianfang.domains.reports.errors import SheetMissing
from lianfang.domains.reports.models import Line, Sheet


@dataclass(frozen=True)
class SheetsOf:
    """An area and its children, the area's own sheet if one was begun, and each child with its own: none is missing."""

    family: Family
    own: Sheet | None
    below: Sequence[tuple[Area, Sheet | None]]


def accepted_sums(sheets: SheetsOf) -> dict[str, tuple[float, int]]:
    """By figure the sum over the accepted sheets from below, as they were sent, and how many sheets are in it."""
    ids = [s.id for _, s in sheets.below if s is not None and s.state == "accepted"]
    rows = Line.objects.filter(sheet_id__in=ids, draft=F("sheet__draft"), value__isnull=False).values_list("figure")
    return {f: (float(total), n) for f, total, n in rows.annotate(total=Sum("value"), n=Count("id"))} if ids else {}


def sheets_of(area_id: UUID, day: date, incident_id: UUID | None, *, by: Actor) -> SheetsOf:
    """The sheets of a day, of an area and each of its children. Raises SheetMissing, AreaMissing."""
    if not may(by, "reports.read", area_id=area_id, incident_id=incident_id):
        raise SheetMissing(area=str(area_id))
    family = family_of(area_id)
    ids = [area_id, *(c.id for c in family.children)]
    found = Sheet.objects.filter(area_id__in=ids, day=day, incident_id=incident_id)
    by_area = {s.area_id: s for s in found}
    return SheetsOf(family, by_area.get(area_id), [(c, by_area.get(c.id)) for c in family.children])
