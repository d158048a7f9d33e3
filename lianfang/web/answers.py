"""Who answers for a place: leads of every node, grid workers, heads of linked households, squads, and the gaps."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import labels_of, path_seen, posts_in, require, rights_on
from lianfang.domains.areas.queries import Family, family_of
from lianfang.domains.grid import queries
from lianfang.domains.grid.services import answer_for, answer_for_doors, end_answering
from lianfang.domains.responders.queries import chart_of, leads_of
from lianfang.domains.responders.services import form_team, register_organisation
from lianfang.flows.divide_area import divide_area
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.zones import ids_in

WORKER, HEAD = "grid-worker", "household-head"
ROLES = {WORKER: gettext_noop("Grid worker"), HEAD: gettext_noop("Head of linked households")}
TEAMS = {
    "branch": gettext_noop("Party branch"),
    "squad": gettext_noop("Squad"),
    "checkpoint": gettext_noop("Checkpoint team"),
    "volunteers": gettext_noop("Volunteer team"),
    "other": gettext_noop("Other team"),
}
GRID_LEVELS = ("grid", "group")
UPPER = ("province", "prefecture", "county", "street")  # led by a post; below them a grid worker answers
MOST_DOORS = 400


def _nodes(family: Family, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Each area below with its lead, its grid workers, and how many doors have a head."""
    ids = [a.id for a in family.children]
    leads = leads_of(ids, at=at)
    workers = queries.answerers_by_area(ids, role=WORKER, at=at)
    doors = queries.doors_answered(family.area.id, role=HEAD, at=at)
    posts = labels_of(set(leads.values()))
    rows = []
    for a in family.children:
        inside = [n for where, n in doors.items() if family.child_of.get(where) == a.id]
        held, every = sum(n for n, _ in inside), sum(n for _, n in inside)
        rows.append(
            {"area": a, "lead": posts.get(leads[a.id], "") if a.id in leads else "", "workers": workers.get(a.id, []),
             "held": held, "doors": every, "gap": every - held,
             "is_upper": a.level in UPPER,
             "is_vacant": not workers.get(a.id) if a.level not in UPPER else a.id not in leads}
        )  # fmt: skip
    return rows


@signed_in
def answers(request: HttpRequest) -> HttpResponse:
    """The organisation of a place: counts by kind, who answers where, what is vacant, and forms to fill it."""
    by, at = actor_of(request), clock.now()
    area_id = uuid_in(request.GET.get("area")) or home_id(by)
    require(by, "grid.read", area_id=area_id)
    path = path_seen(area_id, by)
    rights = rights_on(by, path)
    family = family_of(area_id)
    nodes, held = _nodes(family, by, at), queries.answering_below(area_id, at=at)
    context = {"area": path[-1], "path": path[:-1], "nodes": nodes, "held": held, "roles": ROLES, "teams": TEAMS,
               "chart": _chart(area_id, at), "rights_here": rights, "counts": _counts(nodes, held)}  # fmt: skip
    if "grid.write" in rights or "responders.write" in rights:
        context["posts"] = posts_in(area_id, at=at)
    if path[-1].level not in UPPER:
        context["free"] = queries.doors_without(area_id, role=HEAD, at=at, limit=MOST_DOORS)
        context["blocks"] = list(queries.buildings_of(area_id, by=by)[:MOST_DOORS])
    return page(request, "register/answers.html", context)


def _chart(area_id: UUID, at: datetime) -> dict[str, Any]:
    """Bodies and teams with the kinds of teams in words; kinds that pages cannot make stand together."""
    chart = chart_of(area_id, at=at)
    counts: dict[str, tuple[int, int]] = {}
    for name, (n, people) in chart["counts"].items():
        words = gettext(TEAMS.get(name, TEAMS["other"]))
        had = counts.get(words, (0, 0))
        counts[words] = (had[0] + n, had[1] + people)
    return {**chart, "counts": counts}


def _counts(nodes: list[dict[str, Any]], held: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "nodes": len(nodes),
        "leads": sum(1 for n in nodes if n["lead"]),
        "workers": len({h["account_id"] for h in held if h["role"] == WORKER}),
        "heads": len({h["account_id"] for h in held if h["role"] == HEAD}),
        "vacant": sum(1 for n in nodes if n["is_vacant"]),
    }


def _back(area_id: UUID, said: str) -> HttpResponse:
    return redirect(f"{reverse('answers')}?area={area_id}&said={said}")


def _area(request: HttpRequest, by: Actor) -> UUID:
    return uuid_in(request.POST.get("area")) or home_id(by)


@signed_in
@require_POST
def put(request: HttpRequest) -> HttpResponse:
    """Somebody answers for an area as a whole, or for the doors that were ticked."""
    by, at, role = actor_of(request), clock.now(), request.POST.get("role", "")
    area_id, account, phone = _area(request, by), uuid_in(request.POST.get("account")), request.POST.get("phone", "")
    doors = ids_in(request, "doors")
    if account is None or role not in ROLES or (role == HEAD and not doors):
        raise Invalid(field="doors" if account and role == HEAD else "account", fix="")
    if role == HEAD:
        answer_for_doors(block_id=new_id(request), role=role, area_id=area_id, household_ids=doors, account_id=account,
                         phone=phone[:30], by=by, at=at)  # fmt: skip
    else:
        answer_for(answerer_id=new_id(request), role=role, area_id=area_id, household_id=None, account_id=account,
                   phone=phone[:30], by=by, at=at)  # fmt: skip
    return _back(area_id, "grid.answers")


@signed_in
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Somebody answers here no longer: the vacancy shows at once."""
    by = actor_of(request)
    area_id, account = _area(request, by), uuid_in(request.POST.get("account"))
    if account is None:
        raise Invalid(field="account", fix="")
    end_answering(account_id=account, role=request.POST.get("role", ""), area_id=area_id, by=by, at=clock.now())
    return _back(uuid_in(request.POST.get("back")) or area_id, "grid.answers_ended")


@signed_in
@require_POST
def divide(request: HttpRequest) -> HttpResponse:
    """A grid or group is added below a community, with the buildings that were ticked."""
    by, sent = actor_of(request), request.POST
    area_id, level = _area(request, by), sent.get("level", "")
    divide_area(area_id=new_id(request), within_id=area_id, level=level if level in GRID_LEVELS else GRID_LEVELS[0],
                name=sent.get("name", "").strip()[:120], name_en=sent.get("name_en", "").strip()[:120],
                building_ids=ids_in(request, "buildings"), by=by, at=clock.now())  # fmt: skip
    return _back(area_id, "grid.divided")


@signed_in
@require_POST
def organise(request: HttpRequest) -> HttpResponse:
    """A body that takes part, or a team drawn from one."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    area_id, name, kind = _area(request, by), sent.get("name", "").strip()[:120], sent.get("kind", "")
    people = sent.get("people", "")
    if not name or kind not in TEAMS:
        raise Invalid(field="name", fix="")
    if kind == "branch":
        register_organisation(organisation_id=new_id(request), name=name, name_en=sent.get("name_en", "")[:120],
                              kind=kind, area_id=area_id, by=by, at=at)  # fmt: skip
    else:
        form_team(team_id=new_id(request), name=name, name_en=sent.get("name_en", "")[:120], kind=kind,
                  organisation_id=uuid_in(sent.get("body")), area_id=area_id,
                  people=whole_in(people) or 0, by=by, at=at)  # fmt: skip
    return _back(area_id, "responders.formed")
