"""Deliveries of visits: the good rows of a file are kept, the others are named with what to correct."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from charset_normalizer import from_bytes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.workbooks import is_workbook
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import family_of
from lianfang.domains.grid.queries import buildings_of
from lianfang.domains.tracing import queries
from lianfang.domains.tracing.errors import VenueUnknown, VisitorUnknown, VisitUnfit
from lianfang.domains.tracing.rules import RowFault, VisitRow, visit_rows
from lianfang.domains.tracing.services import NewVenue, NewVisit, import_visits, register_venues
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.messages import sentence
from lianfang.web.tracing_brief import open_incidents
from lianfang.web.words import LOCAL

SHOWN = 200  # wrong rows named on the page; the rest are counted
MOST_BLOCKS = 300
MOST_BYTES = 20_000_000  # a day of a city is a tenth of it
NOBODY = UUID(int=0)
FIELDS = {
    "name": gettext_noop("name"),
    "id_number": gettext_noop("id number"),
    "venue": gettext_noop("venue"),
    "from": gettext_noop("from"),
    "to": gettext_noop("to"),
    "rows": gettext_noop("number of rows"),
}
AT_FAULT = {VisitorUnknown.code: "id_number", VenueUnknown.code: "venue"}


def _context(request: HttpRequest, by: Actor) -> dict[str, Any]:
    area = uuid_in(request.GET.get("area")) or home_id(by)
    family = family_of(area)
    blocks = [] if family.children else list(buildings_of(area, by=by)[:MOST_BLOCKS])
    return {"incidents": open_incidents(by), "batches": queries.batches_seen(by), "area": family.area,
            "parts": family.children, "blocks": blocks}  # fmt: skip


@signed_in
def deliveries(request: HttpRequest) -> HttpResponse:
    """Bring in where people were; what was wrong is named row by row, and the good rows are kept."""
    by = actor_of(request)
    require(by, "tracing.write")
    file, incident = request.FILES.get("file"), uuid_in(request.POST.get("incident"))
    if request.method != "POST" or file is None or incident is None:
        return page(request, "tracing/import.html", _context(request, by),
                    status=422 if request.method == "POST" else 200)  # fmt: skip
    content = file.read()
    rows, faults = visit_rows(_text(content), zone=LOCAL)
    if not rows and faults and faults[0].number == 1:
        return page(request, "tracing/import.html", _context(request, by) | {"faults": _shown(faults)}, status=422)
    done = _brought(request, rows, content, incident, by)
    context = _context(request, by) | {"done": done["counts"], "faults": _shown([*faults, *done["faults"]])}
    return page(request, "tracing/import.html", context | {"n_faults": len(faults) + len(done["faults"])})


def _text(content: bytes) -> str:
    """The file as text, whatever encoding an office's spreadsheet wrote. Raises VisitUnfit for what is no text."""
    if len(content) > MOST_BYTES:
        raise VisitUnfit(field="file", fix=f"{MOST_BYTES // 1_000_000} MB")
    if is_workbook(content) or b"\0" in content[:4000]:
        raise VisitUnfit(field="file", fix="csv")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(content, cp_isolation=["gb18030", "big5"]).best()
        if best is None:
            raise VisitUnfit(field="file", fix="UTF-8") from None
        return str(best)


def _brought(
    request: HttpRequest, rows: Sequence[VisitRow], content: bytes, incident: UUID, by: Actor
) -> dict[str, Any]:
    """Give the rows to the service; ids follow from delivery and row, so that the same form sent again is a repeat."""
    batch = new_id(request)
    people = queries.people_meant({(r.name, r.id_number) for r in rows}, by=by)
    venues = queries.venues_matching({r.venue for r in rows}, by=by)

    def only(found: Sequence[UUID]) -> UUID:
        return found[0] if len(found) == 1 else NOBODY

    visits = [
        NewVisit(uuid5(batch, str(r.number)), only(people.get((r.name, r.id_number), [])),
                 only(venues.get(r.venue, [])), r.from_at, r.to_at)
        for r in rows
    ]  # fmt: skip
    out = import_visits(batch_id=batch, incident_id=incident, area_id=home_id(by), visits=visits,
                        source=request.POST.get("source", "file")[:40] or "file", by=by, at=clock.now(),
                        digest=hashlib.sha256(content).hexdigest())  # fmt: skip
    bad = [RowFault(r.number, AT_FAULT.get(o.code, "to"), o.code) for r, o in zip(rows, out, strict=True)
           if o.code not in ("", "repeated")]  # fmt: skip
    counts = Counter("kept" if not o.code else "repeated" if o.code == "repeated" else "refused" for o in out)
    return {"counts": dict(counts) | {"rows": len(rows)}, "faults": bad}


def _shown(faults: Sequence[RowFault]) -> list[dict[str, Any]]:
    """Wrong rows as the page names them: row, field, and what to correct."""
    rows = sorted(faults, key=lambda f: f.number)[:SHOWN]
    return [{"row": f.number, "field": gettext(FIELDS.get(f.field, f.field)), "fix": _fix(f)} for f in rows]


def _fix(f: RowFault) -> str:
    if f.fix.startswith("tracing."):
        said = sentence(f.fix, {})
        return f"{said.why} {said.next}"
    if f.number == 1:
        return gettext("The file has no such column. Name one: %(names)s") % {"names": f.fix}
    if f.field in ("from", "to"):
        return gettext("Write the time like this: %(example)s") % {"example": f.fix}
    if f.field == "id_number":
        return gettext("At least the last four characters are needed.")
    return gettext("Fill this in.")


@require_POST
@signed_in
def venue(request: HttpRequest) -> HttpResponse:
    """Enter a venue, so that visits can name it."""
    by, sent = actor_of(request), request.POST
    area, incident = uuid_in(sent.get("area")) or home_id(by), uuid_in(sent.get("incident"))
    if incident is None or not sent.get("name", "").strip():
        raise VisitUnfit(field="name", fix="text")
    made = NewVenue(new_id(request), sent["name"], area, building_id=uuid_in(sent.get("building")))
    register_venues(venues=[made], area_id=area, incident_id=incident, by=by, at=clock.now())
    return redirect(reverse("visits") + "?said=tracing.venue_entered")
