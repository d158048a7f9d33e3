"""The work board as a file: the rows its filters show, as list and item show them; every file is written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.translation import gettext, gettext_noop

from lianfang.base import clock
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import area
from lianfang.domains.audit.services import Exported, record_export
from lianfang.domains.editions.queries import kind
from lianfang.domains.work import queries
from lianfang.domains.work.rules import columns, field_of, health_fields, personal_fields, state_of
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.kind_forms import value_cell
from lianfang.web.tables import FORMATS
from lianfang.web.words import local, named, said, thousands, titled
from lianfang.web.work import PLAIN_COLUMNS, filters_of

Body = Mapping[str, Any]
MOST_ROWS = 100_000  # a city's day of one kind; a workbook holds a million, people do not read so many
HEADS = {
    "title": gettext_noop("Title"),
    "unit": gettext_noop("About"),
    "area": gettext_noop("Area"),
    "state": gettext_noop("State"),
    "owner": gettext_noop("Owner"),
    "due_at": gettext_noop("Due"),
    "opened_at": gettext_noop("Opened"),
}
BESIDE = ("unit", "area", "state", "owner", "due_at")  # what the board shows of every kind


def fields_out(bodies: Sequence[Body], *, is_personal: bool) -> list[str]:
    """Columns of the kind's list, then every field, then what the board shows beside; of all versions met, each once.

    bodies: the kind as items were opened under it, newest first. What tells of somebody's health never leaves in a
    file that names people: asked for or not, a file is copied on.
    """
    names = [n for b in bodies for n in (*columns(b), *(f["name"] for f in b.get("fields", [])))]
    out = health_fields if is_personal else personal_fields
    hidden = {n for b in bodies for n in out(b)}
    known = PLAIN_COLUMNS | {f["name"] for b in bodies for f in b.get("fields", [])}
    return [n for n in dict.fromkeys((*names, *BESIDE)) if n not in hidden and n in known]


def head_of(bodies: Sequence[Body], name: str) -> str:
    """A column's heading in the reader's language, with the unit of its numbers."""
    if name in HEADS:
        return gettext(HEADS[name])
    field = next(f for b in bodies if (f := field_of(b, name)))
    return f"{said(field['words'])} ({field['unit']})" if field.get("unit") else said(field["words"])


def _moment(when: datetime | None) -> str:
    return local(when).strftime("%Y-%m-%d %H:%M") if when else ""


def _cell(row: queries.Row, name: str) -> Any:
    item = row.item
    plain = {
        "title": lambda: titled(item),
        "unit": lambda: row.unit,
        "area": lambda: named(item.area),
        "state": lambda: said(state_of(kind(item.kind, item.version), item.state)["words"]),
        "owner": lambda: row.owner,
        "due_at": lambda: _moment(item.due_at),
        "opened_at": lambda: _moment(item.opened_at),
    }
    if name in plain:
        return plain[name]()
    return value_cell(kind(item.kind, item.version), name, row.values.get(name))


def _lines(
    found: Iterator[queries.Row], bodies: Sequence[Body], names: Sequence[str], total: int
) -> Iterator[list[Any]]:
    yield [head_of(bodies, n) for n in names]
    for row in found:
        yield [_cell(row, n) for n in names]
    if total > MOST_ROWS:
        cut = gettext("Cut: the first %(n)s of %(all)s rows. Narrow the filters for the others.")
        yield [cut % {"n": thousands(MOST_ROWS), "all": thousands(total)}]


@signed_in
def export(request: HttpRequest, kind_name: str) -> HttpResponseBase:
    """The board's rows of one kind as a file: what will be in it; on sending, the file, and that it left is kept."""
    by = actor_of(request)
    require(by, "work.read")
    asked = filters_of(request) | {"kind_name": kind_name}
    rows = queries.rows_asked(by=by, **asked)
    bodies = [kind(kind_name, v) for v in queries.versions_of(rows)] or [kind(kind_name)]
    sent = request.POST if request.method == "POST" else {}
    is_personal, why = bool(sent.get("personal")), str(sent.get("why", "")).strip()
    if sent.get("format") in FORMATS and (why or not is_personal):
        return _file(request, rows, bodies, asked, is_personal=is_personal, why=why)
    total = rows.order_by().count()
    context = {
        "body": bodies[0],
        "area": area(asked["area_id"]),
        "total": total,
        "most": MOST_ROWS,
        "asked": request.GET,
    }
    context |= {"heads": [head_of(bodies, n) for n in fields_out(bodies, is_personal=False)]}
    health = dict.fromkeys(n for b in bodies for n in health_fields(b))
    hidden = dict.fromkeys(n for b in bodies for n in personal_fields(b) if n not in health)
    context |= {"hidden": [head_of(bodies, n) for n in hidden], "health": [head_of(bodies, n) for n in health]}
    context |= {"formats": list(FORMATS), "chosen": sent.get("format"), "is_personal": is_personal, "sent": bool(sent)}
    return page(request, "work/export.html", context, status=422 if sent else 200)


def _file(request: HttpRequest, rows: Any, bodies: Sequence[Body], asked: Mapping[str, Any], *, is_personal: bool,
          why: str) -> FileResponse:  # fmt: skip
    at, shape = clock.now(), request.POST["format"]
    # Each file that leaves is one record, whichever press made it: so its id is not the form's.
    # The reason is the purpose under which the people in the file were read.
    request.actor = by = replace(actor_of(request), purpose=why[:120])  # type: ignore[attr-defined]  # door's own mark
    total = rows.order_by().count()
    names = fields_out(bodies, is_personal=is_personal)
    found = queries.rows_out(rows, by=by, at=at, is_personal=is_personal, limit=MOST_ROWS)
    content_type, written = FORMATS[shape]
    file = written(_lines(found, bodies, names, total))
    # A unit in words may be a person's whole name.
    hidden = {"unit", *(n for b in bodies for n in personal_fields(b))} if is_personal else set()
    exported = Exported(
        f"work.{bodies[0]['kind']}", _told(asked), shape, names, [n for n in names if n in hidden],
        min(total, MOST_ROWS), total,
    )  # fmt: skip
    record_export(export_id=uuid4(), area_id=asked["area_id"], exported=exported, why=why, by=by, at=at)
    name = f"{said(bodies[0]['words'])}-{named(area(asked['area_id']))}-{local(at):%Y%m%d-%H%M}.{shape}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)


def _told(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The filters for the record; of searched words only that there were some, since they may be a person's."""
    told = {k: str(v) if isinstance(v, UUID) else v for k, v in asked.items() if v not in ("", None)}
    return told | ({"text": "…"} if told.get("text") else {})
