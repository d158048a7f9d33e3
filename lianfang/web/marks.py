"""People with marks: counts by place and day, the list behind a count, and a round of visits to them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import path_seen, require, rights_on
from lianfang.domains.areas.queries import Family, family_of
from lianfang.domains.editions.queries import kinds_by_name
from lianfang.domains.grid import queries
from lianfang.domains.work.services.opening import raise_refusal
from lianfang.flows.fan_out import fan_out
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incident_words import flag_entries
from lianfang.web.kind_forms import filled, form_of
from lianfang.web.register import summed
from lianfang.web.words import said
from lianfang.web.work import item_address

MOST = 300


def day_asked(request: HttpRequest, at: datetime) -> date:
    """The day a count is about: the one asked for, else today."""
    try:
        return min(date.fromisoformat(request.GET.get("on", "")), localdate(at))
    except ValueError:
        return localdate(at)


def _table(family: Family, counts: dict[str, dict[UUID, int]], entries: list[Any]) -> list[dict[str, Any]]:
    below = {f: summed(n, family.child_of) for f, n in counts.items()}
    places = [*family.children, family.area]
    rows = []
    for a in places:
        cells = [{"flag": e["name"], "n": below.get(e["name"], {}).get(a.id, 0)} for e in entries]
        if a is not family.area or any(c["n"] for c in cells):
            rows.append({"area": a, "cells": cells})
    return rows


@signed_in
def marks(request: HttpRequest) -> HttpResponse:
    """How many people carry which mark, by place, on a day: each column stands alone and none is added to another."""
    by, at = actor_of(request), clock.now()
    area_id, on = uuid_in(request.GET.get("area")) or home_id(by), day_asked(request, at)
    require(by, "grid.read", area_id=area_id)
    path, family = path_seen(area_id, by), family_of(area_id)
    counts = queries.marks_by_area(area_id, on=on)
    wanted = request.GET.get("sort", "care")
    entries = [e for e in flag_entries() if bool(e.get("category")) == (wanted == "moves")]
    totals = [{"flag": e["name"], "n": sum(counts.get(e["name"], {}).values())} for e in entries]
    context = {"area": path[-1], "path": path[:-1], "on": on, "entries": entries, "sort": wanted, "totals": totals,
               "rows": _table(family, counts, entries)}  # fmt: skip
    return page(request, "register/marks.html", context)


@signed_in
def marked(request: HttpRequest, flag: str) -> HttpResponse:
    """The people behind a count: masked, each with the door; and the form that opens a round of work to them."""
    by, at = actor_of(request), clock.now()
    area_id, on = uuid_in(request.GET.get("area")) or home_id(by), day_asked(request, at)
    require(by, "grid.read", area_id=area_id)
    path = path_seen(area_id, by)
    people = queries.people_marked(area_id, flag, on=on, by=by, at=at, limit=MOST)
    entry = next((e for e in flag_entries() if e["name"] == flag), {})
    rounds = [k for k in kinds_by_name().values() if k.get("fan_out") in ("person", "household")]
    forms = [{"body": k, "form": form_of(k, "open", said(k["words"]), {})} for k in rounds]
    context = {"area": path[-1], "people": people, "on": on, "flag": flag, "entry": entry, "most": MOST,
               "rounds": forms if "work.open" in rights_on(by, path) else []}  # fmt: skip
    return page(request, "register/marked.html", context)


@signed_in
@require_POST
def round_to(request: HttpRequest, flag: str) -> HttpResponse:
    """Open a round of one kind for everybody with a mark in an area: one task a person or door."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    area_id = uuid_in(sent.get("area")) or home_id(by)
    body = kinds_by_name().get(sent.get("kind", ""))
    if body is None or flag not in {e["name"] for e in flag_entries()}:
        raise Invalid(field="kind", fix="")
    form = filled(form_of(body, "open", said(body["words"]), {}), body, sent, {})
    if form.errors:
        raise Invalid(field=form.errors[0].words, fix=form.errors[0].error)
    done = fan_out(parent_id=new_id(request), kind_name=body["kind"], area_id=area_id, values=form.values,
                   title=str(form.values.get("what", "")), due_at=None, incident_id=uuid_in(sent.get("incident")),
                   flags=[flag], by=by, at=at)  # fmt: skip
    raise_refusal(done[0])
    return redirect(item_address(done[0].id, "work.opened"))
