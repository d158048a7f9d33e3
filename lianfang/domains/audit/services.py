"""Recording reads of personal data, one entry a request, and every list that leaves as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.audit.errors import ExportDiffers, ExportWithoutReason
from lianfang.domains.audit.models import Export, PersonRead

# What two sendings of one file have in common.
SAID = ("actor_id", "what", "area_id", "filters", "format", "rows", "rows_in_all", "fields", "personal_fields", "why")


@dataclass(frozen=True)
class Exported:
    """What a file holds: of what kind, by which filters, its columns, those of them personal, its rows and all."""

    what: str
    filters: Mapping[str, Any]
    format: str
    fields: Sequence[str]
    personal_fields: Sequence[str]
    rows: int
    rows_in_all: int


@service("audit.record_reads", told=("door",))
def record_reads(*, door_name: str, fields: list[str], subjects: list[UUID], by: Actor, at: datetime) -> None:
    """Keep who read which fields of whom, through which door and for which purpose."""
    PersonRead.objects.create(
        actor_id=by.id, at=at, purpose=by.purpose[:120], door=door_name[:120], fields=fields, subjects=subjects
    )


@service("audit.record_export", told=("why",))
def record_export(
    *, export_id: UUID, area_id: UUID | None, exported: Exported, why: str, by: Actor, at: datetime
) -> Export:
    """Keep that a list left as a file; the people whose values were whole are kept by `record_reads`, as for a page.

    Repeat:  same id, same content: the first. Rights: the list's own, asked where its rows are.
    Raises:  ExportWithoutReason (personal fields and no reason), ExportDiffers (id reused for another file).
    """
    if exported.personal_fields and not why.strip():
        raise ExportWithoutReason(fields=list(exported.personal_fields))
    row = Export(
        id=export_id,
        actor_id=by.id,
        at=at,
        what=exported.what,
        area_id=area_id,
        filters=dict(exported.filters),
        format=exported.format,
        rows=exported.rows,
        rows_in_all=exported.rows_in_all,
        fields=list(exported.fields),
        personal_fields=list(exported.personal_fields),
        why=why.strip()[:200],
    )
    known = Export.objects.filter(id=export_id).first()
    if known:
        if any(getattr(known, f) != getattr(row, f) for f in SAID):
            raise ExportDiffers(export=str(export_id))
        raise Repeated(known)
    row.save(force_insert=True)
    return row
