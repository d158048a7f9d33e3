"""Errands for several: choose what goes along, note house by house what was made, and come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.editions.queries import kind
from lianfang.domains.work import queries
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.runs import for_a_run, on_run, run_kinds
from lianfang.domains.work.rules import moves_from, state_of, unmade_move
from lianfang.domains.work.services import Note, end_run, make_moves, start_run
from lianfang.domains.work.services.opening import raise_refusal
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.kind_forms import PREFIX, KindForm, filled, form_of, shown_value
from lianfang.web.words import moment_typed, said, typed_moment

Body = Mapping[str, Any]


@dataclass
class Line:
    """One household of an errand: what it is about, how it stands, and the form of its next step."""

    item: Item
    unit: str
    state: str
    tone: str
    facts: list[tuple[str, str]]
    form: KindForm | None

    @property
    def key(self) -> str:
        """What its inputs are called by."""
        return self.item.id.hex


def _facts(body: Body, values: Mapping[str, Any], *, but: Sequence[str] = ()) -> list[tuple[str, str]]:
    fields = [f for f in body.get("fields", []) if values.get(f["name"]) not in ("", None) and f["name"] not in but]
    return [(said(f["words"]), shown_value(body, f["name"], values[f["name"]])) for f in fields]


def _line(item: Item, label: str, by: Actor, sent: QueryDict | None = None) -> Line:
    body = kind(item.kind, item.version)
    state, had = state_of(body, item.state), {**item.values, **queries.personal_values(item, by=by)}
    steps = [] if item.is_closed else moves_from(body, item.state, queries.standing_of(item, by))
    back = unmade_move(body, item.state)
    move = next((m for m in steps if m is not back and m["to"] != item.state), None)
    form = form_of(body, move["name"], said(move["words"]), had) if move else None
    if form and sent is not None:
        own = {k.removeprefix(f"{item.id.hex}-"): v for k, v in sent.items() if k.startswith(f"{item.id.hex}-")}
        known = {PREFIX + k: str(v) for k, v in had.items()}
        is_said = any(v.strip() and v.strip() != known.get(k, "") for k, v in own.items())  # ticked, or typed anew
        form = filled(form, body, own, had) if is_said else None
    asked = [e.name for e in form.needed] if form else []
    return Line(item, label, said(state["words"]), state["tone"], _facts(body, had, but=asked), form)


def _lines(run: Item, by: Actor, at: datetime, sent: QueryDict | None = None) -> list[Line]:
    items = on_run(run)
    labels = queries.unit_labels(items, by=by, at=at, whole=True)
    return [_line(i, labels.get(i.unit_id, i.title) if i.unit_id else i.title, by, sent) for i in items]


def _counter_closes(items: Sequence[Item], at: datetime) -> datetime | None:
    """When the counter closes today, as far as those who asked have said it; the earliest."""
    told = sorted(str(i.values["counter_closes"]) for i in items if i.values.get("counter_closes"))
    found = datetime.combine(localtime(at).date(), time.fromisoformat(told[0]), localtime(at).tzinfo) if told else None
    return found if found and found > at else None


@signed_in
def new(request: HttpRequest, kind_name: str) -> HttpResponse:
    """Choose which of those that wait go along, where to, and when the counter closes."""
    by, at = actor_of(request), clock.now()
    place = uuid_in(request.GET.get("area") or request.POST.get("area")) or home_id(by)
    require(by, "work.do", area_id=place)
    if request.method == "POST":
        closes = moment_typed(request.POST.get("closes", ""), field="closes") or at
        chosen = [i for i in map(uuid_in, request.POST.getlist("item")) if i]
        run = start_run(run_id=new_id(request), item_ids=chosen, area_id=place, where=request.POST.get("where", ""),
                        closes_at=closes, by=by, at=at)  # fmt: skip
        return redirect(reverse("work-run", args=[run.id]) + "?said=work.run_started")
    body, items = kind(kind_name), for_a_run(kind_name, area_id=place, by=by) if kind_name in run_kinds() else []
    labels = queries.unit_labels(items, by=by, at=at)
    rows = [{"item": i, "unit": labels.get(i.unit_id, i.title) if i.unit_id else i.title,
             "facts": _facts(body, i.values), "free": i.owner_id in (None, by.id)} for i in items]  # fmt: skip
    context = {"body": body, "rows": rows, "area_id": place, "leads": may(by, "work.lead", area_id=place),
               "closes": typed_moment(_counter_closes(items, at))}  # fmt: skip
    return page(request, "work/run_new.html", context)


@signed_in
def run(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One errand: until when, household by household what is next, what was made and what went back."""
    by, at = actor_of(request), clock.now()
    found = queries.item_seen(item_id, by=by)
    return _run_page(request, found, _lines(found, by, at), by)


def _run_page(
    request: HttpRequest, found: Item, lines: Sequence[Line], by: Actor, *, bad: bool = False
) -> HttpResponse:
    made = [x for x in lines if x.item.is_closed]
    goes = found.owner_id == by.id or may(by, "work.lead", area_id=found.area_id, incident_id=found.incident_id)
    context = {"item": found, "lines": lines, "made": len(made), "left": len(lines) - len(made),
               "back": found.values.get("back", 0), "where": found.values.get("where", ""), "goes": goes,
               "state": said(state_of(kind(found.kind, found.version), found.state)["words"])}  # fmt: skip
    return page(request, "work/run.html", context, status=422 if bad else 200)


@require_POST
@signed_in
def note(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Note the next step of each household whose line was filled in; all or none."""
    by, at = actor_of(request), clock.now()
    found = queries.item_seen(item_id, by=by)
    lines = _lines(found, by, at, request.POST)
    if any(x.form and x.form.errors for x in lines):
        return _run_page(request, found, lines, by, bad=True)
    sheet = new_id(request)
    notes = [Note(uuid5(sheet, x.key), x.item.id, x.form.move, by, at, values=x.form.values) for x in lines if x.form]
    for outcome in make_moves(notes=notes, by=by, at=at) if notes else []:
        raise_refusal(outcome)
    return redirect(reverse("work-run", args=[item_id]) + "?said=work.run_noted")


@require_POST
@signed_in
def back(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Back from the errand: what was not made goes into the queue again."""
    end_run(run_id=item_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("work-run", args=[item_id]) + "?said=work.run_ended")
