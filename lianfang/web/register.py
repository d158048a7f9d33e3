"""The register by area: who lives where, who answers for it, which posts are vacant; and the search."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import path_seen, require, rights_on
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import child_above, children_of, ids_below
from lianfang.domains.grid import queries
from lianfang.domains.grid.models import Presence
from lianfang.domains.grid.services import enter_population_base
from lianfang.domains.holds.queries import words_by_building
from lianfang.domains.privacy.errors import GlassClosed, SearchTooShort
from lianfang.domains.work.queries import left_by_building
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.messages import sentence
from lianfang.web.register_words import COUNTED, counted_shown, presence_words
from lianfang.web.searches import sought
from lianfang.web.words import sex_words

ANSWERS = "grid-worker"
LOWEST = "committee"  # the level at which somebody must answer


def summed(counts: dict[UUID, int], parents: dict[UUID, UUID]) -> dict[UUID, int]:
    """Counts by smallest area, added up to the children of a page's area."""
    out: dict[UUID, int] = {}
    for area_id, n in counts.items():
        key = parents.get(area_id, area_id)
        out[key] = out.get(key, 0) + n
    return out


def _children(area_id: UUID, parts: list[Area], presence: str, at: datetime) -> dict[str, Any]:
    """Children with their people and who answers for each; the vacant ones are named."""
    people = summed(queries.counts_by_area(ids_below(area_id), presence=presence), child_above(area_id))
    held = queries.answerers_by_area([c.id for c in parts], role=ANSWERS, at=at)
    rows = [{"area": c, "people": people.get(c.id, 0), "answers": held.get(c.id, [])} for c in parts]
    if parts[0].level == LOWEST:
        vacant = [c for c in parts if c.id not in held]
    else:
        vacant = list(queries.areas_unanswered(area_id, level=LOWEST, role=ANSWERS, at=at))
    return {"children": rows, "people": sum(people.values()), "most": max(people.values(), default=0), "vacant": vacant}


def _buildings(area_id: UUID, by: Actor, presence: str, at: datetime) -> dict[str, Any]:
    """Buildings of the smallest area with their people and what is left to do in each, most left first."""
    left = left_by_building(area_id, by=by)
    blocks = queries.buildings_with_people(area_id, by=by, presence=presence)
    rows = [{"building": b, "people": b.people, "left": left.get(b.id, 0)} for b in blocks]
    answers = queries.answerers_by_area([area_id], role=ANSWERS, at=at).get(area_id, [])
    return {
        "buildings": sorted(rows, key=lambda r: -r["left"]),
        "people": sum(r["people"] for r in rows),
        "left": sum(r["left"] for r in rows),
        "most": max((r["left"] for r in rows), default=0),
        "answers": answers,
    }


@signed_in
def area_page(request: HttpRequest) -> HttpResponse:
    """An area of the register by one presence: its children, or its buildings; or what a search found."""
    text = sought(request)
    if text:
        return _search(request, text)
    by, at = actor_of(request), clock.now()
    area_id = uuid_in(request.GET.get("area")) or home_id(by)
    require(by, "grid.read", area_id=area_id)
    parts = list(children_of(area_id))
    path = path_seen(area_id, by)
    counted = counted_shown(request.GET.get("presence", ""))
    how = counted["name"]
    below = _children(area_id, parts, how, at) if parts else _buildings(area_id, by, how, at)
    if parts and path[-1].level == LOWEST:  # divided into grids: buildings that belong to none yet stand below them
        own = _buildings(area_id, by, how, at)
        below |= {"buildings": [b for b in own["buildings"] if b["building"].area_id == area_id]}
    context = {"area": path[-1], "path": path[:-1], "base": queries.population_base(area_id), **below}
    context |= {"counted": counted, "presences": [(n, counted_shown(n)["head"]) for n in COUNTED]}
    context["may_base"] = bool({"grid.import", "incidents.phase"} & rights_on(by, path))
    return page(request, "register/area.html", context)


@signed_in
@require_POST
def base(request: HttpRequest) -> HttpResponse:
    """A printed population of an area: year, source, and whether it is only about."""
    by, sent = actor_of(request), request.POST
    area_id = uuid_in(sent.get("area")) or home_id(by)
    persons, year = whole_in(sent.get("persons", "")), whole_in(sent.get("year", ""))
    if persons is None or year is None or not sent.get("source", "").strip():
        raise Invalid(field="persons", fix="")
    enter_population_base(base_id=new_id(request), area_id=area_id, year=year, persons=persons,
                          is_about=sent.get("about") == "1", source=sent.get("source", "").strip()[:200], by=by,
                          at=clock.now())  # fmt: skip
    return redirect(f"{reverse('register')}?area={area_id}&said=grid.base_entered")


def _presence(stay: Presence | None) -> str:
    return presence_words(stay.kind) if stay else ""


def _search(request: HttpRequest, text: str) -> HttpResponse:
    """People by name, syllables, last four digits or phone; doors by building and number. Masked."""
    by, at = actor_of(request), clock.now()
    require(by, "grid.read")
    too_short = closed = None
    try:
        people = queries.search_people(text, by=by, at=at)
    except SearchTooShort as e:
        people, too_short = [], sentence(e.code, e.values)
    except GlassClosed as e:
        people, closed = [], sentence(e.code, e.values)
    doors = queries.doors_matching(text, by=by)
    zones = words_by_building({d.building_id for d in doors}, at=at) if doors else {}
    for d in doors:
        d.holds = zones.get(d.building_id, [])
    rows = [{**p, "sex_words": sex_words(p["sex"]), "presence_words": _presence(p["door"])} for p in people]
    context = {
        "text": text,
        "sought": text,
        "people": rows,
        "doors": doors,
        "too_short": too_short,
        "most": queries.PAGE,
    }
    return page(request, "register/search.html", context | {"closed": closed})
