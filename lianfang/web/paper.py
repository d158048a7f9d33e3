"""Printed lists that come back: pages with a code, and the same rows again to type in by keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import labels_of, may
from lianfang.domains.editions.queries import kind
from lianfang.domains.rounds.queries import (
    doors_of_units,
    kind_of,
    next_doors,
    people_behind,
    round_seen,
)
from lianfang.domains.rounds.rules import reasons_for
from lianfang.domains.rounds.services import TypedUnit, print_round_pages, type_round_page
from lianfang.domains.work import queries
from lianfang.domains.work.models import Item, Move, PrintedPage
from lianfang.domains.work.queries import paper
from lianfang.domains.work.rules import Standing, moves_from, state_of
from lianfang.domains.work.services import TypedRow, print_pages, type_page
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.kind_forms import PREFIX, Entry, filled, form_of
from lianfang.web.messages import sentence
from lianfang.web.roster import MOST_ON_PAPER, door_words, person_look, person_state, shown_at
from lianfang.web.words import said, titled
from lianfang.web.work import PAPER_ROWS

Body = Mapping[str, Any]
TONES = ("done", "tried", "other", "doing", "todo")  # in which order endings get their keys
KEYS = "123456789abcdefghijk"
MOST_FIELDS = 3


@dataclass
class Option:
    """One ending that a row may have: its key, and what it asks beside."""

    key: str
    value: str
    words: str
    fields: list[Entry] = field(default_factory=list)
    is_chosen: bool = False


@dataclass
class Row:
    """One row of a page, in the order in which it was printed."""

    id: UUID
    number: int
    words: str
    state: str = ""
    look: str = "other"
    address: str = ""
    options: list[Option] = field(default_factory=list)
    since: Mapping[str, Any] | None = None  # noted after the page was printed: when, by whom
    error: str = ""
    group: str = ""


@require_POST
@signed_in
def make(request: HttpRequest) -> HttpResponse:
    """Keep the pages of a list as it stands now, and show them for the printer."""
    by, at, print_id = actor_of(request), clock.now(), new_id(request)
    area_id = uuid_in(request.POST.get("area")) or home_id(by)
    round_id = uuid_in(request.POST.get("round"))
    if round_id:
        units = _units_left(round_id, area_id, by, at, is_home=bool(request.POST.get("home")))
        print_round_pages(print_id=print_id, round_id=round_id, area_id=area_id, unit_ids=units, by=by, at=at)
    else:
        name = kind(request.POST.get("kind", ""))["kind"]
        items, _ = queries.in_walk_order(by=by, area_id=area_id, kind_name=name, limit=PAPER_ROWS)
        print_pages(print_id=print_id, area_id=area_id, kind_name=name, row_ids=[i.id for i in items], by=by, at=at)
    return redirect("paper-pages", print_id)


def _units_left(round_id: UUID, area_id: UUID, by: Actor, at: datetime, *, is_home: bool) -> list[UUID]:
    found = round_seen(round_id, by=by)
    doors = next_doors(found, by=by, area_id=area_id, is_home=is_home, limit=MOST_ON_PAPER)
    behind = people_behind(found, [d.household.id for d in doors], by=by, at=at, whole=False)
    return [p["id"] for d in doors for p in behind.get(d.household.id, [])
            if not p["unit"].ending and (p["unit"].is_home or not is_home)]  # fmt: skip


@signed_in
def pages(request: HttpRequest, print_id: UUID) -> HttpResponse:
    """All pages of one printing, each with its square and code."""
    by, at = actor_of(request), clock.now()
    found = paper.pages_printed(print_id, by=by)
    shown = [{"page": p, "rows": _rows(p, by, at), "square": _square(request, p)} for p in found]
    context = {"pages": shown, "title": _title(found[0], by), "area": found[0].area, "first": found[0],
               "legend": _legend(found[0], by)}  # fmt: skip
    return page(request, "work/paper_pages.html", context)


def _square(request: HttpRequest, p: PrintedPage) -> str:
    address = request.build_absolute_uri(reverse("paper-page", args=[p.code]))
    return str(segno.make(address, error="m").svg_data_uri(scale=3, border=2))


@signed_in
def find(request: HttpRequest) -> HttpResponse:
    """The code that stands on a page, typed in; it leads to the page."""
    by = actor_of(request)
    if request.method == "POST":
        found = paper.page_by_code(request.POST.get("code", ""), by=by, at=clock.now())
        return redirect("paper-page", found.code)
    return page(request, "work/paper_find.html", {})


@signed_in
def sheet(request: HttpRequest, page_code: str) -> HttpResponse:
    """The rows of one printed page in their order, to be typed in by keyboard."""
    by, at = actor_of(request), clock.now()
    return _sheet(request, paper.page_by_code(page_code, by=by, at=at), by, at)


def _sheet(
    request: HttpRequest, p: PrintedPage, by: Actor, at: datetime, outcomes: Mapping[UUID, Outcome] | None = None
) -> HttpResponse:
    rows = _rows(p, by, at)
    sent = request.POST if outcomes is not None else QueryDict()
    _mark(rows, sent, outcomes or {})
    writers = paper.writers_of(p, at=at)
    writers.setdefault(by.id, labels_of({by.id}).get(by.id, ""))
    refused = [r for r in rows if r.error]
    context = {"page": p, "rows": rows, "title": _title(p, by), "legend": _legend(p, by), "at": at,
               "writers": sorted(writers.items(), key=lambda w: w[1]), "writer": uuid_in(sent.get("writer")),
               "typings": paper.typings_of(p), "left": sum(1 for r in rows if r.options), "refused": refused,
               "kept": sum(1 for o in (outcomes or {}).values() if o.code in ("", "repeated"))}  # fmt: skip
    return page(request, "work/paper_type.html", context)


def _mark(rows: Iterable[Row], sent: QueryDict, outcomes: Mapping[UUID, Outcome]) -> None:
    """Keep what was typed on rows that were refused, each with its reason."""
    for r in rows:
        o = outcomes.get(r.id)
        if o is None or o.code in ("", "repeated"):
            continue
        told = sentence(o.code, o.values)
        r.error = told.why or told.what
        for option in r.options:
            option.is_chosen = option.value == sent.get(f"row-{r.id}")
            for entry in option.fields:
                entry.value = sent.get(f"v-{r.id}-{option.value}-{entry.name}", "")


@require_POST
@signed_in
def type_in(request: HttpRequest, page_code: str) -> HttpResponse:
    """Note all rows that were typed, once; what could not be taken stays on the page with its reason."""
    by, at = actor_of(request), clock.now()
    p = paper.page_by_code(page_code, by=by, at=at)
    given = {"typing_id": new_id(request), "code": p.code, "written_by": uuid_in(request.POST.get("writer")),
             "shown_at": shown_at(request) or p.printed_at, "by": by, "at": at}  # fmt: skip
    typed = {i: v for i in p.rows if (v := request.POST.get(f"row-{i}", ""))}
    if p.round_id:
        units = [TypedUnit(i, *_says(v)) for i, v in typed.items()]
        done = type_round_page(rows=units, **given)
    else:
        done = type_page(rows=_typed(typed, request.POST, by), **given)
    outcomes = dict(zip(typed, done, strict=True))
    if all(o.code in ("", "repeated") for o in done):
        return redirect(reverse("paper-page", args=[p.code]) + "?said=work.page_typed")
    return _sheet(request, p, by, at, outcomes)


def _says(value: str) -> tuple[str, str]:
    says, _, reason = value.partition(" ")
    return says, reason


def _typed(typed: Mapping[UUID, str], sent: QueryDict, by: Actor) -> list[TypedRow]:
    """Moves with the values beside them, as their kinds read them."""
    items = {i.id: i for i in paper.items_on(list(typed), by=by) if i}
    out = []
    for item_id, move in typed.items():
        values: Mapping[str, Any] = {}
        if item_id in items:
            i = items[item_id]
            body, start = kind(i.kind, i.version), f"v-{item_id}-{move}-"
            beside = {PREFIX + n.removeprefix(start): str(v) for n, v in sent.items() if n.startswith(start)}
            values = filled(form_of(body, move, "", i.values), body, beside, i.values).values
        out.append(TypedRow(item_id, move, values))
    return out


def _title(p: PrintedPage, by: Actor) -> str:
    if p.round_id:
        found = round_seen(p.round_id, by=by)
        words = said(kind_of(found.edition, found.kind)["words"])
        return gettext("%(kind)s, round %(n)s") % {"kind": words, "n": found.number}
    return said(kind(p.kind)["words"])


def _legend(p: PrintedPage, by: Actor) -> list[Option]:
    """The endings of a page with their keys, the same on paper and on the screen."""
    if p.round_id:
        found = round_seen(p.round_id, by=by)
        return _round_options(kind_of(found.edition, found.kind))
    return [Option(k, m["name"], said(m["words"])) for k, m in zip(KEYS, _ordered(kind(p.kind)), strict=False)]


def _ordered(body: Body) -> list[Body]:
    """A kind's moves out of its open states: those that end it well first, then tries, then the others."""
    first = {s["name"]: TONES.index(s["tone"]) if s["tone"] in TONES else len(TONES) for s in body["states"]}
    closed = {s["name"] for s in body["states"] if s.get("closed")}
    return sorted(body["moves"], key=lambda m: (m["to"] not in closed and not m.get("attempt"), first[m["to"]]))


def _rows(p: PrintedPage, by: Actor, at: datetime) -> list[Row]:
    return _round_rows(p, by, at) if p.round_id else _work_rows(p, by, at)


def _work_rows(p: PrintedPage, by: Actor, at: datetime) -> list[Row]:
    items = paper.items_on(p.rows, by=by)
    known = [i for i in items if i]
    labels = queries.unit_labels(known, by=by, at=at, whole=True)
    moves, keys = paper.last_moves([i.id for i in known]), _keys(p)
    hidden = gettext("not for your post any more")
    return [_work_row(n, i, labels, moves.get(i.id), keys, p, by) if i else Row(id_, n, hidden)
            for n, (id_, i) in enumerate(zip(p.rows, items, strict=True), 1)]  # fmt: skip


def _keys(p: PrintedPage) -> dict[str, str]:
    return {m["name"]: k for k, m in zip(KEYS, _ordered(kind(p.kind)), strict=False)}


def _work_row(
    n: int, i: Item, labels: Mapping[UUID, str], last: Move | None, keys: Mapping[str, str], p: PrintedPage, by: Actor
) -> Row:
    body = kind(i.kind, i.version)
    state = state_of(body, i.state)
    words = (labels.get(i.unit_id, "") if i.unit_id else "") or titled(i)
    row = Row(i.id, n, words, said(state["words"]), state["tone"], reverse("work-item", args=[i.id]))
    if last and last.at > p.printed_at:
        row.since = {"at": last.at, "who": getattr(last, "who", "") or "", "writer": getattr(last, "writer", "") or ""}
    if not i.is_closed and may(by, "work.do", area_id=p.area_id):
        standing = _as_typist(i, last, by)
        row.options = sorted((_option(body, m, i, keys) for m in moves_from(body, i.state, standing)),
                             key=lambda o: KEYS.index(o.key) if o.key else len(KEYS))  # fmt: skip
    return row


def _as_typist(i: Item, last: Move | None, by: Actor) -> Standing:
    """How a typist stands to a row; that it is its owner's is judged by who wrote the page, when it is sent."""
    found = queries.standing_of(i, by, last_by=(last.written_by or last.by) if last else None)
    return Standing(True, found.is_lead, found.is_in_area, found.made_last_move, found.was_doer)


def _option(body: Body, move: Body, i: Item, keys: Mapping[str, str]) -> Option:
    form = form_of(body, move["name"], said(move["words"]), i.values)
    asked = [e for e in form.needed if e.is_needed][:MOST_FIELDS]
    return Option(keys.get(move["name"], ""), move["name"], said(move["words"]), asked)


def _round_rows(p: PrintedPage, by: Actor, at: datetime) -> list[Row]:
    found = round_seen(p.round_id or UUID(int=0), by=by)
    body = kind_of(found.edition, found.kind)
    doors = doors_of_units(found, p.rows)
    behind = people_behind(found, list(doors), by=by, at=at, whole=True)
    people = {x["id"]: {**x, "door": doors[d]} for d, some in behind.items() for x in some}
    hidden, typed = gettext("not for your post any more"), {i: t for t in paper.typings_of(p)[::-1] for i in t.rows}
    return [_round_row(n, people[i], p, body, typed.get(i), is_open=found.state == "open") if i in people
            else Row(i, n, hidden) for n, i in enumerate(p.rows, 1)]  # fmt: skip


def _round_row(n: int, x: Mapping[str, Any], p: PrintedPage, body: Body, typed: Any, *, is_open: bool) -> Row:
    u = x["unit"]
    age = "" if x["age"] is None else f" {x['age']}"
    words = f"{door_words(x['door'])} · {x['name']}{age}"
    row = Row(x["id"], n, words, person_state(u, body), person_look(u, body), group=x["door"].building.name,
              address=f"{reverse('roster', args=[u.round_id])}?area={u.area_id}&building={u.building_id}"
                      f"&door={u.household_id}")  # fmt: skip
    last = max((t for t in (u.ended_at, u.tried_at) if t), default=None)
    if last and last > p.printed_at:
        who, writer = (typed.who, typed.writer) if typed and typed.at >= last else ("", "")  # this person's own row
        row.since = {"at": last, "who": who, "writer": writer}
    if is_open and not u.ending:
        row.options = _round_options(body)
    return row


def _round_options(body: Body) -> list[Option]:
    """Tries first, then endings by hand, each with its reasons: one key each."""
    named: list[tuple[str, str]] = [(t["name"], said(t)) for t in body.get("tries", [])]
    for e in body["endings"]:
        if not e.get("sample"):
            reasons: Sequence[Body] = reasons_for(body, e["name"])
            named += [(f"{e['name']} {r['name']}", f"{said(e)} · {said(r)}") for r in reasons] or [(e["name"], said(e))]
    return [Option(k, value, words) for k, (value, words) in zip(KEYS, named, strict=False)]
