"""Exam candidates: a list taken in line by line, who lives in a zone, which link of each chain is missing, the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import require, rights_on
from lianfang.domains.areas.queries import area
from lianfang.domains.dispatch.errors import raise_refusal
from lianfang.domains.dispatch.queries import rides_seen
from lianfang.domains.dispatch.services import NewRide, ask_rides
from lianfang.domains.editions.queries import kind
from lianfang.domains.grid.planning.workbook import tables_of
from lianfang.domains.places.queries import places_in, readiness_in
from lianfang.domains.work import queries
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.exams import candidates_counted, candidates_listed, steps_of
from lianfang.flows.exams import KIND, ROOM, Candidate, keep_candidates, keep_room, move_candidate
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.kind_forms import filled, form_of
from lianfang.web.map import path_to
from lianfang.web.trips import ride_row
from lianfang.web.words import LOCAL, moment_typed, said
from lianfang.web.work import row_of

HEADS = {"name": ("姓名", "name"), "id_number": ("身份证号", "id number"), "point": ("考点", "exam point"),
         "day": ("考试日期", "exam day"), "starts": ("开考时间", "starts at")}  # fmt: skip
FIELDS = {"name": gettext_noop("Name"), "id_number": gettext_noop("ID number"), "point": gettext_noop("Exam point"),
          "day": gettext_noop("Exam day"), "starts": gettext_noop("Starts at")}  # fmt: skip
FIXES = {"none": gettext_noop("nobody on the register here has this name and number"),
         "one": gettext_noop("two people are meant: give the whole number"), "text": gettext_noop("write it"),
         "day": "2022-06-07", "time": "09:00"}  # fmt: skip
DAY_STEPS = ("leave", "arrive", "finish", "home")
MOST_LINES = 5000


def _cell(row: Sequence[object], n: int | None) -> str:
    value = row[n] if n is not None and n < len(row) else ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip() if value is not None else ""


def read_list(content: bytes, name: str) -> tuple[list[Candidate], list[tuple[int, str, str]]]:
    """The lines of a list that can be read, and of each other its row, field and what would fit. Raises Invalid."""
    table = tables_of(content, name)[0]
    heads = [str(c).strip().lower() for c in (table[0] if table else [])]
    at = {f: next((n for n, h in enumerate(heads) if h in words), None) for f, words in HEADS.items()}
    missing = [f for f, n in at.items() if n is None]
    if missing or len(table) > MOST_LINES:
        raise Invalid(field="file", fix=" ".join(HEADS[f][0] for f in missing) or str(MOST_LINES))
    lines, wrong = [], []
    for n, row in enumerate(table[1:], start=2):
        told = {f: _cell(row, at[f]) for f in HEADS}
        if not any(told.values()):
            continue
        day, starts = _day(told["day"]), _time(told["starts"])
        fault = next(((f, "text") for f in ("name", "id_number", "point") if not told[f]), None) or (
            ("day", "day") if day is None else ("starts", "time") if starts is None else None)  # fmt: skip
        if fault or day is None or starts is None:
            wrong.append((n, *(fault or ("day", "day"))))
        else:
            lines.append(Candidate(n, told["name"], told["id_number"], told["point"], day, starts))
    return lines, wrong


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10].replace("/", "-").replace(".", "-"))
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text.rpartition("T")[2].zfill(5))
    except ValueError:
        return None


@signed_in
def exams(request: HttpRequest) -> HttpResponse:
    """Candidates of an area whose homes a zone holds: the four links of each, what is missing, and the day's steps."""
    by, path = actor_of(request), path_to(request, actor_of(request))
    require(by, "work.read", area_id=path[-1].id)
    shown = request.GET.get("show", "")
    rows = _rows(candidates_listed(path[-1].id, by=by, shown=shown), by)
    rooms = list(places_in(path[-1].id, by=by).filter(kind=ROOM)[:40])
    ready = readiness_in(rooms, stream="exam")
    context = {"area": path[-1], "path": path[:-1], "rows": rows, "shown": shown, "rights_here": rights_on(by, path),
               "counts": candidates_counted(path[-1].id, by=by), "lacking": sum(1 for r in rows if r["lacks"]),
               "rooms": [{"p": p, "list": ready[p.id]} for p in rooms],
               "open_rooms": [p for p in rooms if p.state == "open"]}  # fmt: skip
    return page(request, "exams/list.html", context)


def _rows(items: Sequence[Item], by: Actor) -> list[dict[str, Any]]:
    labels = queries.unit_labels(items, by=by, at=clock.now())
    told, steps = queries.personal_of(items, by=by), steps_of([i.id for i in items])
    asked = rides_seen(by).filter(item_id__in=[i.id for i in items], outward=None).exclude(state="cancelled")
    rides = {r.item_id: r for r in asked.select_related("trip").order_by("number")}
    return [row_of(i, labels) | _chain(i, told.get(i.id, {}), rides.get(i.id)) | {
        "v": i.values, "steps": [steps.get(i.id, {}).get(s) for s in DAY_STEPS]} for i in items]  # fmt: skip


def _chain(item: Item, told: Mapping[str, Any], ride: Any) -> dict[str, Any]:
    """Which links of a plan stand as they are now: a car that was called off is missing again."""
    goes = ride is not None and ride.trip_id is not None and ride.state not in ("asked", "cancelled")
    links = {"helper": bool(told.get("helper")), "car": goes, "room": bool(item.values.get("room")),
             "invigilators": bool(told.get("invigilators")), "entrance": bool(item.values.get("entrance"))}  # fmt: skip
    done = item.is_closed or item.state in ("at-point", "finished")
    return {"told": told, "links": links, "ride": ride_row(ride) if ride else None,
            "lacks": [] if done else [n for n, ok in links.items() if not ok]}  # fmt: skip


@signed_in
def bring(request: HttpRequest) -> HttpResponse:
    """Bring a list in: what can be kept is kept, every other line is named with row, field and fix."""
    by, at, sent = actor_of(request), clock.now(), request.FILES.get("file")
    place = uuid_in(request.POST.get("area") or request.GET.get("area")) or home_id(by)
    require(by, "work.open", area_id=place)
    context: dict[str, Any] = {"area": area(place), "heads": [h[0] for h in HEADS.values()]}
    if request.method == "POST" and sent is not None:
        exam = request.POST.get("exam", "").strip()[:80]
        if not exam:
            raise Invalid(field="exam", fix="")
        lines, wrong = read_list(sent.read(), sent.name)
        kept, more = keep_candidates(exam=exam, lines=lines, area_id=place, by=by, at=at)
        context |= {"kept": kept, "known": len(lines) - len(more) - kept, "wrong": [
            {"row": r, "field": gettext(FIELDS[f]), "fix": gettext(FIXES[x]) if x in FIXES else x}
            for r, f, x in sorted([*wrong, *more])], "exam": exam}  # fmt: skip
    return page(request, "exams/bring.html", context)


def _back(item: Item, code: str) -> HttpResponse:
    return redirect(reverse("exams") + f"?area={item.area_id}&said={code}")


@require_POST
@signed_in
def car(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Ask for the candidate's own car, there before the exam starts, and home again after it."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    item = queries.item_seen(item_id, by=by)
    begins, back = (moment_typed(sent.get(n, ""), field=n) for n in ("from", "back"))
    if begins is None or item.kind != KIND:
        raise Invalid(field="from", fix="YYYY-MM-DD HH:MM")
    starts = datetime.combine(date.fromisoformat(item.values["day"]), time.fromisoformat(item.values["starts"]), LOCAL)
    ride = NewRide(uuid5(new_id(request), "exam"), "appointed", by, at, begins, starts, item.unit_id,
                   area_id=item.area_id, end=item.values["point"], escort=sent.get("escort", ""), back_at=back,
                   item_id=item.id, incident_id=item.incident_id)  # fmt: skip
    raise_refusal(ask_rides(rides=[ride], by=by, at=at)[0])
    return redirect(reverse("ride", args=[ride.id]) + "?said=dispatch.asked")


@require_POST
@signed_in
def room(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Keep an isolated seat of an exam room that is ready."""
    by, place = actor_of(request), uuid_in(request.POST.get("place"))
    if place is None:
        raise Invalid(field="place", fix="id")
    keep_room(item_id=item_id, place_id=place, by=by, at=clock.now())
    return _back(queries.item_seen(item_id, by=by), "exams.room")


@require_POST
@signed_in
def step(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """The plan is complete; or on the day the next step of the chain, with its time."""
    by, sent = actor_of(request), request.POST
    item, move = queries.item_seen(item_id, by=by), sent.get("move", "")
    body = kind(item.kind, item.version)
    form = filled(form_of(body, move, said(body["words"]), item.values), body, sent, item.values)
    move_candidate(note_id=new_id(request), item_id=item_id, move=move, values=form.values, by=by, at=clock.now())
    return _back(item, "work.moved")
