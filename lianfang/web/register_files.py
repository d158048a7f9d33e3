"""Bringing in a register file: read, shown with every difference, taken or not, what is left settled row by row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import area, areas_of, below_at
from lianfang.domains.grid.errors import ChoiceMissing
from lianfang.domains.grid.models import RegisterFile
from lianfang.domains.grid.planning.register_file import read_register
from lianfang.domains.grid.queries import (
    areas_to_name,
    fate_counts,
    file_rows,
    file_seen,
    files_of,
    names_unknown,
    rows_waiting,
)
from lianfang.domains.grid.services import RowWord, keep_file, name_area, raise_refusal, refuse_file
from lianfang.domains.incidents.queries import is_exercise
from lianfang.flows.register_file import settle_file_rows, take_file
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.messages import sentence
from lianfang.web.register_words import (
    DIFFERENCES,
    TICKED,
    difference_words,
    fate_words,
    presence_words,
    problem_shown,
    source_words,
)
from lianfang.web.words import local, named

SHOWN = 500  # rows of one difference before a file is taken; a file of a street has a few hundred
SETTLING = 50  # after it: what waits comes first, so that the next ones follow when these are settled
NEW = "new"  # the choice of a doubtful row that means nobody on the register


def _address(file_id: UUID, code: str = "", part: str = "") -> str:
    said = f"?said={code}" if code else ""
    return reverse("register-file", args=[file_id]) + said + (f"#{part}" if part else "")


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


def _door_words(building: str, unit: str | None, door: str | None) -> str:
    return f"{building} {'-'.join(p for p in (unit, door) if p)}".strip()


def _person_shown(person: Mapping[str, Any]) -> dict[str, Any]:
    """A person of the register beside a row: as the right says; the door, since when, and how that is known."""
    stay = person["stay"]
    shown = {**person, "tail": person["id_number"][-4:], "phone": person["phone"][-4:], "place": "", "since": None}
    if stay is not None:
        place = _door_words(stay.building.name, stay.household.unit, stay.household.door)
        shown |= {"place": place, "area": named(stay.area), "since": stay.from_on, "until": stay.to_on}
        shown |= {"presence": presence_words(stay.kind), "source": source_words(stay.source)}
    return shown


def _row_shown(row: dict[str, Any], areas: Mapping[UUID, Area]) -> dict[str, Any]:
    values = row["row"]
    shown = {**row, "people": [_person_shown(p) for p in row["people"]], "name": values.get("name", "")}
    if row["difference"] == "area":
        where = {k: named(areas[UUID(values[k])]) for k in ("from", "to")}
        shown |= {"was": where["from"], "becomes": where["to"], "doors": len(values["doors"])}
        shown["name"] = values["building"]
    if row["difference"] == "gone":
        shown["name"] = shown["people"][0]["name"] if shown["people"] else ""
    return shown | {
        "tail": str(values.get("id_number", ""))[-4:],
        "phone": str(values.get("phone", ""))[-4:],
        "place": _door_words(values.get("building", ""), values.get("unit"), values.get("door")),
        "presence": presence_words(values.get("presence", "")),
        "problems": [problem_shown(p) for p in row["problems"]],
        "refused": sentence(row["code"], {}).why if row["code"] else "",
    }


def _shown(file: RegisterFile, only: str, by: Actor) -> list[dict[str, Any]]:
    rows = file_rows(file, by=by, only=only, limit=SETTLING if file.state == "applied" else SHOWN)
    areas = areas_of({UUID(r["row"][k]) for r in rows if r["difference"] == "area" for k in ("from", "to")})
    return [_row_shown(r, areas) for r in rows]


def _differences(file: RegisterFile, by: Actor) -> list[dict[str, Any]]:
    """Each way to differ with its count, what waits, what happens, and its rows; the same ones are only counted."""
    out, counts = [], fate_counts(file)
    unlisted = ("same", "gone") if file.state == "read" else ("same",)
    for name in DIFFERENCES:
        n = sum(k for (difference, _), k in counts.items() if difference == name)
        rows = _shown(file, name, by) if n and name not in unlisted else []
        shown = {"name": name, "words": difference_words(name), "n": n, "fate": fate_words(name), "rows": rows}
        out.append(shown | {"waiting": counts.get((name, "waiting"), 0), "is_ticked": name in TICKED})
    return out


@signed_in
def preview(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The file as it was read: bad rows first, then every difference; people in the file = people accounted for."""
    by = actor_of(request)
    file = file_seen(file_id, by=by)
    bad = _shown(file, "bad", by) if file.counts.get("bad") else []
    differences = _differences(file, by)
    context = {
        "file": file,
        "bad": bad,
        "differences": differences,
        "fit": file.counts["rows"] - file.counts["bad"],
        "is_open": file.state == "read",
        "may_take": file.state == "read" and not bad,
        "changes": sum(d["n"] for d in differences if d["is_ticked"]),
        "waiting": sum(d["waiting"] for d in differences if d["name"] != "same"),
        "names": names_unknown(file) if bad and file.state == "read" else [],
        "areas": areas_to_name(file, by=by) if bad and file.state == "read" else [],
        "may_settle": file.state == "applied" and may(by, "grid.import", area_id=file.area_id),
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
    take_file(file_id=file_id, leave=[i for i in shown - taken if i], by=by, at=at)
    return redirect(_address(file_id, "grid.file_applied"))


def _word(request: HttpRequest, row_id: UUID) -> RowWord:
    meant = request.POST.get(f"who-{row_id}", "")
    return RowWord(row_id, uuid_in(meant), meant == NEW)


def _asked(request: HttpRequest, file: RegisterFile, difference: str) -> tuple[str, list[RowWord], bool]:
    """What was pressed: apply or leave, the rows it is about, and whether it was one row's own button."""
    for do in ("apply", "leave"):
        one = uuid_in(request.POST.get(do))
        if one:
            return do, [_word(request, one)], True
    do = "leave" if request.POST.get("all") == "leave" else "apply"
    words = [_word(request, i) for i in rows_waiting(file, difference)]
    if do == "apply" and difference == "doubtful":
        words = [w for w in words if w.is_new or w.person_id]
    return do, words, False


@require_POST
@signed_in
def settle_rows(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Apply or leave one row of a taken file, or all of one difference that wait; refused whole if no row fits."""
    by, difference = actor_of(request), request.POST.get("difference", "")
    do, words, is_single = _asked(request, file_seen(file_id, by=by), difference)
    done: list[Outcome] = settle_file_rows(file_id=file_id, do=do, words=words, why=request.POST.get("why", ""), by=by,
                                           at=clock.now())  # fmt: skip
    stays = [o for o in done if o.code not in ("", "repeated")]
    if is_single or len(stays) == len(done):
        raise_refusal(done[0] if done else Outcome(file_id, ChoiceMissing.code))
    return redirect(_address(file_id, "grid.rows_partly" if stays else "grid.rows_settled", difference))


@require_POST
@signed_in
def name(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Say which area a name in the file means; the file is read anew by that."""
    meant = uuid_in(request.POST.get("area"))
    if meant is None:
        return redirect(_address(file_id))
    name_area(file_id=file_id, name=request.POST.get("name", ""), area_id=meant, by=actor_of(request), at=clock.now())
    return redirect(_address(file_id, "grid.area_named"))
