"""Results of tubes for the laboratory: a file in, as many rows out as came in; what was refused; tubes by state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.rounds.queries import rounds_seen
from lianfang.domains.sampling.errors import FileUnreadable
from lianfang.domains.sampling.models import LabFile
from lianfang.domains.sampling.planning import read_lab_file
from lianfang.domains.sampling.queries import file_seen, files_of, tubes_by_state
from lianfang.flows.lab_results import take_lab_file
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.messages import sentence
from lianfang.web.tables import csv_file

MOST_ROUNDS = 6
TUBE_STATES = {
    "open": gettext_noop("open at a desk"),
    "closed": gettext_noop("closed, not sent yet"),
    "sent": gettext_noop("on the way"),
    "received": gettext_noop("at the laboratory"),
    "negative": gettext_noop("negative"),
    "positive": gettext_noop("positive"),
    "invalid": gettext_noop("invalid"),
}
DONE = ("negative", "positive", "invalid")


@signed_in
def results(request: HttpRequest) -> HttpResponse:
    """Upload a file; the newest files with their counts; one file's refused rows; tubes of running rounds by state."""
    by = actor_of(request)
    require(by, "sampling.read")
    if request.method == "POST":
        return _taken(request, by)
    files = files_of(by=by)
    asked = uuid_in(request.GET.get("file"))
    chosen = next((f for f in files if f.id == asked), None) or (file_seen(asked, by=by) if asked else None)
    context = {"files": files, "chosen": chosen, "refused": refused_rows(chosen) if chosen else []}
    context |= {"rounds": _rounds(by, uuid_in(request.GET.get("round"))), "names": list(TUBE_STATES)}
    context |= {"heads": [gettext(w) for w in TUBE_STATES.values()]}
    context |= {"waiting": sum(r["waiting"] for r in context["rounds"])}
    return page(request, "rounds/results.html", context)


def _taken(request: HttpRequest, by: Actor) -> HttpResponse:
    require(by, "sampling.result")
    sent = request.FILES.get("file")
    if sent is None:
        raise FileUnreadable(fix="empty")
    table = read_lab_file(sent.read())
    file = take_lab_file(file_id=new_id(request), file_name=sent.name, digest=table.digest, rows=table.rows, by=by,
                         at=clock.now())  # fmt: skip
    return redirect(f"{reverse('results')}?file={file.id}&said=sampling.taken")


def _rounds(by: Actor, asked: UUID | None) -> list[dict[str, Any]]:
    """Rounds with tubes, the newest first: tubes by state, in the states' order, and how many wait."""
    rows = rounds_seen(by).exclude(opened_at=None)
    found = list(rows.filter(id=asked) if asked else rows[:MOST_ROUNDS])
    counts = tubes_by_state(found, by=by)
    return [_round_row(r, counts.get(r.id, {})) for r in found]


def _round_row(found: Any, counts: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    cells = [counts.get(s, (0, 0))[0] for s in TUBE_STATES]
    waiting = sum(n for s, (n, _) in counts.items() if s not in DONE)
    return {"r": found, "cells": cells, "all": sum(cells), "waiting": waiting,
            "people": sum(p for _, p in counts.values())}  # fmt: skip


def refused_rows(file: LabFile) -> list[dict[str, Any]]:
    """Rows of a file that were not taken: number, tube, and the two sentences that say why and what next."""
    rows = []
    for r in file.refused:
        said = sentence(r["code"], r["values"])
        rows.append({"row": r["row"], "tube": r["tube"], "why": said.why, "next": said.next, "code": r["code"]})
    return rows


@signed_in
def refused(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The refused rows of a file as a file, to be corrected and sent again."""
    by = actor_of(request)
    file = file_seen(file_id, by=by)
    head = [gettext("row"), "管号 tube", "结果 result", gettext("why it was not taken"), gettext("what next")]
    rows = [head, *([r["row"], r["tube"], "", r["why"], r["next"]] for r in refused_rows(file))]
    return FileResponse(csv_file(rows), as_attachment=True, filename=f"{file.id}.csv",
                        content_type="text/csv; charset=utf-8")  # fmt: skip
