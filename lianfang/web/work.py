"""Work: the board, one item with the moves its kind allows, opening items, paper lists, second looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import area
from lianfang.domains.dispatch.queries import rides_of_item
from lianfang.domains.editions.queries import kind, kinds_by_name
from lianfang.domains.grid.errors import PersonMissing
from lianfang.domains.grid.queries import building_seen, contact_of, household_seen, phones_of
from lianfang.domains.incidents.queries import forbidden_by
from lianfang.domains.places.queries import place_seen
from lianfang.domains.work import queries
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import asking
from lianfang.domains.work.queries.runs import run_kinds
from lianfang.domains.work.rules import CHECK, columns, field_of, moves_from, plan_of, state_of
from lianfang.domains.work.services import (
    NewItem,
    Note,
    assign_items,
    make_move,
    open_item,
    settle_spot_check,
)
from lianfang.domains.work.services.opening import raise_refusal
from lianfang.flows.fan_out import fan_out
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.handing import handing_of
from lianfang.web.histories import history_of, last_doer
from lianfang.web.kind_forms import KindForm, filled, form_of, shown_value
from lianfang.web.searches import sought
from lianfang.web.trips import ride_row
from lianfang.web.words import said, titled

Body = Mapping[str, Any]
PLAIN_COLUMNS = {"unit", "area", "state", "owner", "due_at", "opened_at", "title"}
MOST_EXTRA_COLUMNS = 3
MOST_PHONES = 2
PAPER_ROWS = 200


def item_address(item_id: UUID, said_code: str = "") -> str:
    """The address of an item's page, with the line that says what was done."""
    return reverse("work-item", args=[item_id]) + (f"?said={said_code}" if said_code else "")


def row_of(item: Item, labels: Mapping[UUID, str], extra: Sequence[str] = ()) -> dict[str, Any]:
    """An item as a table row: kind, unit and state in words; open values of the asked columns."""
    body = kind(item.kind, item.version)
    state = state_of(body, item.state)
    return {
        "item": item,
        "kind": said(body["words"]),
        "title": titled(item),
        "unit": labels.get(item.unit_id, "") if item.unit_id else "",
        "state": said(state["words"]),
        "tone": state["tone"],
        "cells": [shown_value(body, n, item.values.get(n, "")) for n in extra],
    }


def _after(request: HttpRequest) -> tuple[datetime | None, UUID] | None:
    due, _, last = request.GET.get("after", "").rpartition("_")
    found = uuid_in(last)
    try:
        return (datetime.fromisoformat(due) if due else None, found) if found else None
    except ValueError:
        return None


def _open_columns(body: Body) -> list[str]:
    """Columns of the kind's list that hold open values; personal ones are never in a list."""
    fields = [field_of(body, c) for c in columns(body) if c not in PLAIN_COLUMNS]
    return [f["name"] for f in fields if f and f.get("personal", "none") == "none"][:MOST_EXTRA_COLUMNS]


def _next_page(request: HttpRequest, items: Sequence[Item], total: int) -> dict[str, Any]:
    seen = whole_in(request.GET.get("seen", "")) or 0
    upto = seen + len(items)
    query = request.GET.copy()
    if items:
        due = items[-1].due_at
        query["after"], query["seen"] = f"{due.isoformat() if due else ''}_{items[-1].id}", str(upto)
    return {"from": seen + 1 if items else 0, "upto": upto, "address": query.urlencode() if upto < total else ""}


def _owner_in(text: str) -> str:
    """Mine, nobody's, or one post's by its id; anything else asks for anybody's."""
    return text if text in ("mine", "none") else str(uuid_in(text) or "")


def filters_of(request: HttpRequest) -> dict[str, Any]:
    """The board's filters as its address has them; without an area, the actor's own."""
    asked = request.GET
    return {
        "area_id": uuid_in(asked.get("area")) or home_id(actor_of(request)),
        "kind_name": asked.get("kind", ""),
        "state": asked.get("state", ""),
        "owner": _owner_in(asked.get("owner", "")),
        "is_priority": asked.get("first") == "1",
        "text": sought(request, "text"),
        "is_open": asked.get("closed") != "1",
        "incident_id": uuid_in(asked.get("incident")),
    }


def _board_kinds(by: Actor, area_id: UUID) -> list[dict[str, Any]]:
    rows = queries.counts_by_kind(by=by, area_id=area_id)
    return [{**c, "body": kind(c["kind"], c["version"])} for c in rows]


@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """Items of the actor's areas, most urgent first; counts by kind on the left; filters in the address."""
    by, asked = actor_of(request), request.GET
    require(by, "work.read")
    named, filters = uuid_in(asked.get("area")), filters_of(request)
    kinds = _board_kinds(by, filters["area_id"])
    body = next((c["body"] for c in kinds if c["kind"] == asked.get("kind")), None)
    items, total = queries.board(by=by, after=_after(request), **filters)
    labels = queries.unit_labels(items, by=by, at=clock.now())
    extra = _open_columns(body) if body else []
    rows = [row_of(i, labels, extra) for i in items]
    heads = [said((field_of(body, n) or {}).get("words")) for n in extra] if body else []
    context = {"rows": rows, "heads": heads, "kinds": kinds, "body": body, "total": total}
    context |= {"pages": _next_page(request, items, total), "area": area(named) if named else None, "asked": asked}
    context |= {"text": filters["text"], "together": asked.get("kind") in run_kinds() and may(by, "work.do")}
    return page(request, "work/board.html", context)


@signed_in
def kinds(request: HttpRequest) -> HttpResponse:
    """All kinds of work, in words, with what each is about and a button to open one where that needs no unit."""
    by = actor_of(request)
    hidden = queries.private_kinds()
    shown = [k for n, k in kinds_by_name().items() if n not in hidden and not k.get("own_page")]
    context = {"kinds": shown, "may_open": may(by, "work.open")}
    return page(request, "work/kinds.html", context)


def _person_contact(item: Item, by: Actor, at: datetime) -> dict[str, Any] | None:
    if item.unit_kind != "person" or item.unit_id is None:
        return None
    try:
        return contact_of(item.unit_id, by=by, at=at)
    except PersonMissing:  # he has moved to where the reader has no post: what is to be done about it is still read
        return None


def _door_phones(item: Item, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Phones of grown people behind a door that is still to be visited, for those who may address them."""
    if item.unit_kind != "household" or item.unit_id is None or item.is_closed:
        return []
    return phones_of(item.unit_id, area_id=item.area_id, by=by, at=at, most=MOST_PHONES)


def _forbidden(item: Item, at: datetime) -> list[dict[str, Any]]:
    """Measures under which an open item stands: a gathering of a sort that is called off here."""
    if item.is_closed or item.unit_kind != "place":
        return []
    rows = forbidden_by(item.kind, item.values, area_id=item.area_id, at=at, place_id=item.unit_id)
    return [{"measure": m, "words": said(m.text)} for m in rows]


def _raised_at(item: Item, by: Actor) -> str:
    """The kind at which an item was raised, where the actor may look at that one."""
    source = item.raised_from
    if source is None or (source.kind in queries.private_kinds() and not queries.is_seen(source.id, by=by)):
        return ""
    return said(kind(source.kind, source.version)["words"])


def _move_forms(item: Item, body: Body, by: Actor, history_by: UUID | None, had: Body) -> list[KindForm]:
    standing = queries.standing_of(item, by, last_by=history_by)
    forms = [form_of(body, m["name"], said(m["words"]), had) for m in moves_from(body, item.state, standing)]
    main = next((f for f in forms if f.look == "done"), None) or next(iter(forms), None)
    if main:
        main.is_main = True
    return forms


def _values(body: Body, values: Body) -> list[dict[str, Any]]:
    out = []
    for f in body.get("fields", []):
        if values.get(f["name"]) not in ("", None):
            personal = f.get("personal", "none") != "none"
            shown = shown_value(body, f["name"], values[f["name"]])
            out.append({"words": said(f["words"]), "value": shown, "is_personal": personal})
    return out


def _item_page(request: HttpRequest, item: Item, sent: KindForm | None = None) -> HttpResponse:
    """The page of one item; with a form that was sent and could not be taken, its fields keep their values."""
    by, at, body = actor_of(request), clock.now(), kind(item.kind, item.version)
    had = {**item.values, **queries.personal_values(item, by=by)}
    moves = queries.moves_of(item, by=by)
    labels = queries.unit_labels([item], by=by, at=at, whole=True)
    children, raised = queries.relatives_of(item, by=by)
    forms = _move_forms(item, body, by, last_doer(moves), had)
    context = (
        row_of(item, labels)
        | {
            "body": body,
            "values": _values(body, had),
            "history": history_of(body, moves),
            "clocks": [(datetime.fromisoformat(c["due"]), _clock_words(body, c["name"])) for c in item.running],  # type: ignore[attr-defined]  # annotated
            "forms": [sent if sent and sent.move == f.move else f for f in forms],
            "sent": sent,
            "contact": _person_contact(item, by, at),
            "phones": _door_phones(item, by, at),
            "raised": [row_of(r, {}) for r in raised],
            "raised_at": _raised_at(item, by),
            "is_private": bool(body.get("private")),
            "children": [row_of(c, {}) for c in children],
            "progress": queries.progress_of(item) if children else None,
            "cascade": queries.cascade_of(item, at=at),
            "forbidden": _forbidden(item, at),
            "in_hand": moves[0].at if moves and state_of(body, item.state).get("in_hand") else None,
            "plan_id": plan_of(item.routine),
            "rides": [ride_row(r) for r in rides_of_item(item.id, by=by)] if item.unit_kind == "person" else [],
            "may_take": not item.is_closed and item.owner_id is None and queries.may_on(item, "do", by=by),
            "may_spot": item.spot_check == "drawn" and item.done_by != by.id and queries.may_on(item, "lead", by=by),
        }
        | handing_of(item, by)
    )
    return page(request, "work/item.html", context, status=422 if sent else 200)


def _clock_words(body: Body, name: str) -> str:
    return next((said(c["words"]) for c in body.get("clocks", []) if c["name"] == name), name)


@signed_in
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One item: what it is about, what is due, what was done, and the moves this actor may make."""
    found = queries.item_seen(item_id, by=actor_of(request))
    if found.kind == CHECK:  # answered on its own page, where every answer is told on the incident's timeline too
        return redirect(reverse("weather-checks") + f"?item={item_id}")
    if kind(found.kind, found.version).get("run"):
        return redirect(reverse("work-run", args=[item_id]))
    return _item_page(request, found)


@require_POST
@signed_in
def move(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Make one move with the values its form sent."""
    by, at = actor_of(request), clock.now()
    about = queries.item_seen(item_id, by=by)
    body, name = kind(about.kind, about.version), request.POST.get("move", "")
    had = {**about.values, **queries.personal_values(about, by=by)}
    form = filled(form_of(body, name, _move_words(body, name), had), body, request.POST, had)
    if form.errors:
        return _item_page(request, about, form)
    make_move(note=Note(new_id(request), item_id, name, by, at, values=form.values), by=by, at=at)
    return redirect(item_address(item_id, "work.moved"))


def _move_words(body: Body, name: str) -> str:
    return next((said(m["words"]) for m in body["moves"] if m["name"] == name), name)


@require_POST
@signed_in
def take(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take an item nobody owns."""
    by = actor_of(request)
    raise_refusal(assign_items(item_ids=[item_id], owner_id=by.id, by=by, at=clock.now())[0])
    return redirect(item_address(item_id, "work.taken"))


def unit_asked(request: HttpRequest, body: Body, by: Actor) -> dict[str, Any]:
    """The unit a new item or plan is about, with area and words, from ?unit=; areas and incidents need none named."""
    found, at = uuid_in(request.GET.get("unit") or request.POST.get("unit")), clock.now()
    place = uuid_in(request.GET.get("area") or request.POST.get("area")) or home_id(by)
    if found and body["unit"] == "household":
        door = household_seen(found, by=by, at=at)
        return {"id": found, "area_id": door.area_id, "words": queries.door_label(door), "door": door}
    if found and body["unit"] == "person":
        known = contact_of(found, by=by, at=at)
        stay = known["stay"]
        words = f"{known['name']} · {queries.door_label(stay.household)}" if stay else known["name"]
        return {"id": found, "area_id": stay.area_id if stay else place, "words": words}
    if found and body["unit"] == "building":
        block = building_seen(found, by=by)
        return {"id": found, "area_id": block.area_id, "words": block.name}
    if found and body["unit"] == "place":
        site = place_seen(found, by=by)
        return {"id": found, "area_id": site.area_id, "words": site.name}
    if body["unit"] == "area":
        return {"id": place, "area_id": place, "words": area(place).name}
    return {"id": found, "area_id": place, "words": ""}


@signed_in
def new(request: HttpRequest, kind_name: str) -> HttpResponse:
    """Open one item of a kind about a unit: the form its kind describes."""
    by, body = actor_of(request), kind(kind_name)
    unit = unit_asked(request, body, by)
    incident_id = uuid_in(request.POST.get("incident") or request.GET.get("incident"))
    require(by, queries.right_on(kind_name, "open"), area_id=unit["area_id"], incident_id=incident_id)
    form = form_of(body, "open", said(body["words"]), {})
    if request.method == "POST":
        form = filled(form, body, request.POST, {})
    if request.method != "POST" or form.errors:
        context = {"body": body, "form": form, "unit": unit, "incident": request.GET.get("incident", "")}
        context |= _asked_before(kind_name, unit, clock.now())
        return page(request, "work/new.html", context, status=422 if form.errors else 200)
    item_id = _opened(request, body, unit, form, by)
    return redirect(item_address(item_id, "work.opened"))


def _asked_before(kind_name: str, unit: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """That the household has answered this today, shown before it is asked again, and the reasons there may be."""
    before = asking.last_answer(kind_name, unit["id"], unit["area_id"], at=at) if unit["id"] else None
    return {"before": before, "reasons": asking.again_reasons()} if before else {}


def _opened(request: HttpRequest, body: Body, unit: Mapping[str, Any], form: KindForm, by: Actor) -> UUID:
    """One item about a unit; or, for a kind that fans out and no single unit, one for every place below the area."""
    incident, at, new = uuid_in(request.POST.get("incident")), clock.now(), _new_item(request, body, unit, form)
    if not body.get("fan_out") or (unit["id"] and body["unit"] != "area"):
        return open_item(kind_name=body["kind"], item=new, by=by, at=at, incident_id=incident)
    done = fan_out(parent_id=new.id, kind_name=body["kind"], area_id=new.area_id, values=new.values, title=new.title,
                   due_at=None, incident_id=incident, by=by, at=at)  # fmt: skip
    raise_refusal(done[0])
    return new.id


def _new_item(request: HttpRequest, body: Body, unit: Mapping[str, Any], form: KindForm) -> NewItem:
    title = str(form.values.get("what", ""))[:200]
    about = "none" if unit["id"] is None and body.get("unit_later") else body["unit"]  # who it is comes afterwards
    return NewItem(new_id(request), unit["area_id"], about, unit["id"], title, values=form.values,
                   again=request.POST.get("again", ""))  # fmt: skip


@signed_in
def paper(request: HttpRequest, kind_name: str) -> HttpResponse:
    """The paper list of a kind's open items: a box to tick and a line to sign; names whole for who may address them."""
    by, at, body = actor_of(request), clock.now(), kind(kind_name)
    require(by, "work.read")
    area_id = uuid_in(request.GET.get("area")) or home_id(by)
    items, total = queries.in_walk_order(by=by, area_id=area_id, kind_name=kind_name, limit=PAPER_ROWS)
    labels = queries.unit_labels(items, by=by, at=at, whole=True)
    names = [c for c in columns(body, "print_columns") if c not in PLAIN_COLUMNS]
    heads = [said((field_of(body, n) or {}).get("words")) for n in names]
    rows = [row_of(i, labels, names) for i in items]
    context = {"body": body, "rows": rows, "heads": heads, "area": area(area_id), "total": total}
    return page(request, "work/paper.html", context)


@signed_in
def spots(request: HttpRequest) -> HttpResponse:
    """Finished work drawn for a second look."""
    by = actor_of(request)
    require(by, "work.lead")
    items = list(queries.spot_checks(by=by)[: queries.PAGE])
    labels = queries.unit_labels(items, by=by, at=clock.now())
    context = {"rows": [row_of(i, labels) | {"values": _open_values(i)} for i in items]}
    return page(request, "work/spots.html", context)


def _open_values(item: Item) -> list[dict[str, Any]]:
    return _values(kind(item.kind, item.version), item.values)


@require_POST
@signed_in
def settle_spot(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """What the second look found."""
    agrees = request.POST.get("found") == "agrees"
    settle_spot_check(item_id=item_id, agrees=agrees, by=actor_of(request), at=clock.now())
    return redirect(reverse("work-spots") + "?" + urlencode({"said": "work.second_look"}))
