"""Bringing in a register file: read, shown with every difference, then taken whole or not at all."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.queries import area, below_at
from lianfang.domains.grid.models import RegisterFile
from lianfang.domains.grid.planning.register_file import read_register
from lianfang.domains.grid.queries import difference_counts, file_rows, file_seen, files_of
from lianfang.domains.grid.services import apply_file, keep_file, refuse_file
from lianfang.domains.incidents.queries import is_exercise
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.register_words import DIFFERENCES, FATES, TICKED, difference_words, presence_words, problem_shown
from lianfang.web.words import local

SHOWN = 500  # rows of one difference on one page; a file of a street has a few hundred differences


def _address(file_id: UUID, code: str = "") -> str:
    return reverse("register-file", args=[file_id]) + (f"?said={code}" if code else "")


@signed_in
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the area and the file; what is sent is read and shown, and nothing has changed yet."""
    by, at = actor_of(request), clock.now()
    require(by, "grid.import")
    chosen = uuid_in(request.POST.get("area") or request.GET.get("area")) or home_id(by)
    sent = request.FILES.get("file")
    if request.method != "POST" or sent is None:
        context = {"areas": _areas(by), "chosen": chosen, "files": files_of(by), "nothing": request.method == "POST"}
        return page(request, "register/import.html", context, status=422 if request.method == "POST" else 200)
    content, year = sent.read(), local(at).year
    # In an exercise all people are invented, and so are their numbers.
    reading = read_register(content, sent.name, default_year=year, allow_invented=is_exercise())
    digest = hashlib.sha256(content).hexdigest()
    file = keep_file(file_id=new_id(request), area_id=chosen, file_name=sent.name, digest=digest, reading=reading,
                     by=by, at=at)  # fmt: skip
    return redirect(_address(file.id, "grid.file_kept"))


def _areas(by: Actor) -> list[Any]:
    """Areas a file may be for: the actor's own and the communities below."""
    own = home_id(by)
    return [area(own), *below_at(own, "committee").exclude(id=own)]


def _row_shown(row: dict[str, Any]) -> dict[str, Any]:
    values = row["row"]
    door = "-".join(p for p in (values.get("unit"), values.get("door")) if p)
    return {
        **row,
        "name": values.get("name", ""),
        "tail": str(values.get("id_number", ""))[-4:],
        "place": f"{values.get('building', '')} {door}".strip(),
        "presence": presence_words(values.get("presence", "")),
        "problems": [problem_shown(p) for p in row["problems"]],
    }


def _differences(file: RegisterFile, counts: dict[str, int], by: Actor) -> list[dict[str, Any]]:
    """Each way to differ with its count, what happens, and its rows; the same ones are only counted."""
    out = []
    for name in DIFFERENCES:
        n = counts.get(name, 0)
        rows = file_rows(file, by=by, only=name, limit=SHOWN) if n and name not in ("same", "gone") else []
        shown = {"name": name, "words": difference_words(name), "n": n, "fate": gettext(FATES[name])}
        out.append(shown | {"rows": [_row_shown(r) for r in rows], "is_ticked": name in TICKED})
    return out


@signed_in
def preview(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The file as it was read: bad rows first, then every difference; people in the file = people accounted for."""
    by = actor_of(request)
    file = file_seen(file_id, by=by)
    counts = difference_counts(file)
    bad = file_rows(file, by=by, only="bad", limit=SHOWN) if file.counts.get("bad") else []
    context = {
        "file": file,
        "bad": [_row_shown(r) for r in bad],
        "differences": _differences(file, counts, by),
        "fit": file.counts["rows"] - file.counts["bad"],
        "is_open": file.state == "read",
        "may_take": file.state == "read" and not bad,
        "changes": sum(counts.get(n, 0) for n in TICKED),
    }
    return page(request, "register/file.html", context)


@require_POST
@signed_in
def settle(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Take the file whole but for the rows left out, or do not take it."""
    by, at = actor_of(request), clock.now()
    if request.POST.get("do") != "apply":
        refuse_file(file_id=file_id, by=by, at=at)
        return redirect(_address(file_id, "grid.file_refused"))
    shown = {uuid_in(i) for i in request.POST.getlist("shown")}
    taken = {uuid_in(i) for i in request.POST.getlist("take")}
    apply_file(file_id=file_id, leave=[i for i in shown - taken if i], by=by, at=at)
    return redirect(_address(file_id, "grid.file_applied"))
