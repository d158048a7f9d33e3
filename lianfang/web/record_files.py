"""Service records of a body's people as a file, for its school or unit: confirmed turns alone, each with who signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.translation import gettext, gettext_noop

from lianfang.base import clock
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import bodies_administered
from lianfang.domains.audit.services import Exported, record_export
from lianfang.domains.calls import queries
from lianfang.domains.calls.queries import PersonTurn
from lianfang.domains.responders.models import Organisation
from lianfang.web.door import actor_of, page, signed_in, uuid_in
from lianfang.web.people import named_of
from lianfang.web.places import today, typed_day
from lianfang.web.records import hours_of
from lianfang.web.tables import FORMATS
from lianfang.web.words import LOCAL, local, named, said

SPAN_DAYS = 183  # a school's half-year
HEADS = {
    "name": gettext_noop("Name"),
    "post": gettext_noop("Post"),
    "on": gettext_noop("Date"),
    "from": gettext_noop("From"),
    "until": gettext_noop("Until"),
    "task": gettext_noop("Task"),
    "title": gettext_noop("Call"),
    "host": gettext_noop("Host"),
    "hours": gettext_noop("Hours"),
    "signed_by": gettext_noop("Signed by"),
    "signed_on": gettext_noop("Signed on"),
}


def _row(p: PersonTurn, names: Mapping[UUID, str], tasks: Mapping[str, str]) -> dict[str, Any]:
    t = p.turn
    assert t.left_at is not None and t.signed_at is not None, "only what is signed leaves"
    return {"name": names.get(p.account_id, ""), "post": p.post, "on": local(t.came_at).strftime("%Y-%m-%d"),
            "from": local(t.came_at).strftime("%H:%M"), "until": local(t.left_at).strftime("%H:%M"),
            "task": tasks.get(t.task, t.task), "title": said(t.title), "host": said(t.host),
            "hours": hours_of(t.minutes), "signed_by": t.signed_by,
            "signed_on": local(t.signed_at).strftime("%Y-%m-%d")}  # fmt: skip


def _lines(found: Sequence[PersonTurn], names: Mapping[UUID, str], fields: Sequence[str]) -> Iterator[list[Any]]:
    tasks = named_of("tasks")
    yield [gettext(HEADS[f]) for f in fields]
    for p in found:
        row = _row(p, names, tasks)
        yield [row[f] for f in fields]


def _span(request: HttpRequest) -> tuple[date, date, dict[str, datetime]]:
    given = request.GET
    first = typed_day(given.get("from", ""), today() - timedelta(days=SPAN_DAYS))
    last = typed_day(given.get("until", ""), today())
    return first, last, {"from_at": datetime.combine(first, time(), LOCAL),
                         "until_at": datetime.combine(last + timedelta(days=1), time(), LOCAL)}  # fmt: skip


@signed_in
def export(request: HttpRequest) -> HttpResponseBase:
    """What the file will hold; on sending, the file, and that it left is kept. With names only for a stated reason."""
    by, unit = actor_of(request), uuid_in(request.GET.get("unit"))
    if unit is None or unit not in bodies_administered(by):
        raise RightMissing(right="accounts.grant")
    body = Organisation.objects.get(id=unit)
    first, last, span = _span(request)
    found = queries.turns_of_body(unit, by=by, **span)
    sent = request.POST if request.method == "POST" else {}
    is_personal, why = bool(sent.get("personal")), str(sent.get("why", "")).strip()
    if sent.get("format") in FORMATS and (why or not is_personal):
        return _file(request, body, found, (first, last), is_personal=is_personal, why=why)
    context = {"body": body, "first": first, "last": last, "total": len(found), "formats": list(FORMATS),
               "people": len({p.account_id for p in found}), "sent": bool(sent), "is_personal": is_personal,
               "chosen": sent.get("format"), "hours": hours_of(sum(p.turn.minutes for p in found)),
               "heads": [gettext(h) for f, h in HEADS.items() if f != "name"]}  # fmt: skip
    return page(request, "calls/record_file.html", context, status=422 if sent else 200)


def _file(request: HttpRequest, body: Organisation, found: Sequence[PersonTurn], days: tuple[date, date], *,
          is_personal: bool, why: str) -> FileResponse:  # fmt: skip
    at, shape = clock.now(), request.POST["format"]
    # The reason is the purpose under which the people in the file were read.
    request.actor = by = replace(actor_of(request), purpose=why[:120])  # type: ignore[attr-defined]  # door's own mark
    names = queries.names_of_body(body.id, {p.account_id for p in found}, by=by) if is_personal else {}
    fields = [f for f in HEADS if is_personal or f != "name"]
    content_type, written = FORMATS[shape]
    file = written(_lines(found, names, fields))
    asked = {"unit": str(body.id), "from": days[0].isoformat(), "until": days[1].isoformat()}
    hidden = ["name"] if is_personal else []
    exported = Exported("calls.records", asked, shape, fields, hidden, len(found), len(found))
    record_export(export_id=uuid4(), area_id=body.area_id, exported=exported, why=why, by=by, at=at)
    name = f"{gettext('Service records')}-{named(body)}-{local(at):%Y%m%d-%H%M}.{shape}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
