"""Pupils who are stuck together: who cares for them, what is fetched for them, item by item, and who was fed today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import posts_in, require, rights_on
from lianfang.domains.work import queries
from lianfang.domains.work.errors import PlanUnfit
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries.groups import (
    COURIER,
    GROUP,
    MEAL,
    books_of_groups,
    groups_listed,
    meal_plans,
    parts_of,
)
from lianfang.domains.work.services import NewItem, Rhythm, assign_items, make_plan, open_item
from lianfang.domains.work.services.opening import raise_refusal
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.map import path_to
from lianfang.web.places import today, typed_day
from lianfang.web.words import LOCAL
from lianfang.web.work import row_of


def _rows(groups: list[Item], by: Actor, day: Any) -> list[dict[str, Any]]:
    jobs, meals, plans = parts_of(groups, COURIER, by=by), parts_of(groups, MEAL, by=by, on=day), meal_plans(
        groups, by=by)  # fmt: skip
    return [row_of(g, {}) | {"v": g.values, "alone": g.state == "alone",
                             "jobs": [row_of(j, {}) | {"v": j.values} for j in jobs.get(g.id, [])],
                             "meals": [row_of(m, {}) | {"v": m.values} for m in meals.get(g.id, [])],
                             "plans": plans.get(g.id, [])} for g in groups]  # fmt: skip


@signed_in
def pupils(request: HttpRequest) -> HttpResponse:
    """The groups of an area, those without a carer first; items fetched and people fed on a day."""
    by, at, path = actor_of(request), clock.now(), path_to(request, actor_of(request))
    place = path[-1]
    require(by, "work.read", area_id=place.id)
    day = typed_day(request.GET.get("on", ""), today())
    groups, rights = groups_listed(place.id, by=by), rights_on(by, path)
    context = {"area": place, "path": path[:-1], "rows": _rows(groups, by, day), "day": day, "kind": GROUP,
               "books": books_of_groups(place.id, by=by, on=day), "rights_here": rights,
               "posts": posts_in(place.id, at=at) if "work.lead" in rights else [],
               "alone": sum(1 for g in groups if g.state == "alone")}  # fmt: skip
    return page(request, "stranded/pupils.html", context)


def _back(group: Item, code: str) -> HttpResponse:
    return redirect(reverse("pupils") + f"?area={group.area_id}&said={code}")


@require_POST
@signed_in
def carer(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Somebody who serves here is named as carer; the group is his once he says so."""
    by, at = actor_of(request), clock.now()
    group, owner = queries.item_seen(item_id, by=by), uuid_in(request.POST.get("owner"))
    if owner not in {a.id for a in posts_in(group.area_id, at=at)} or owner is None:
        raise Invalid(field="owner", fix="")
    raise_refusal(assign_items(item_ids=[group.id], owner_id=owner, by=by, at=at)[0])
    return _back(group, "pupils.carer")


@require_POST
@signed_in
def courier(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Something is to be fetched for the group, so many items of it."""
    by, sent = actor_of(request), request.POST
    group = queries.item_seen(item_id, by=by)
    said = {n: sent.get(n, "").strip() for n in ("what", "from", "to")}
    values: Mapping[str, Any] = said | {"items": whole_in(sent.get("items", ""))}
    job = NewItem(new_id(request), group.area_id, title=said["what"][:200], parent_id=group.id,
                  values={n: v for n, v in values.items() if v not in ("", None)})  # fmt: skip
    open_item(kind_name=COURIER, item=job, incident_id=group.incident_id, by=by, at=clock.now())
    return _back(group, "work.opened")


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise PlanUnfit(field="at_time", fix="HH:MM") from None


@require_POST
@signed_in
def meal(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """A meal comes every day at an hour, for as many as they are, until they go home."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    group, hour = queries.item_seen(item_id, by=by), _hour(sent.get("at", ""))
    begins = datetime.combine(today(), hour, LOCAL)
    people = whole_in(sent.get("people", "")) or group.values.get("heads")
    made = make_plan(plan_id=uuid5(new_id(request), "meal"), kind_name=MEAL, area_id=group.area_id, unit_kind="none",
                     unit_id=None, values={"what": sent.get("what", "").strip()[:60], "people": people},
                     rhythm=Rhythm(next_on=begins.date(), every_days=1, at_time=hour, lead_days=1),
                     owner_id=group.owner_id, incident_id=group.incident_id, parent_id=group.id, by=by,
                     at=at)  # fmt: skip
    return redirect(reverse("plan", args=[made.id]) + "?said=work.plan_made")
