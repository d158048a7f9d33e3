"""A building as it stands, and a door: who lives there, all that is due, who answers; facts found at the door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may
from lianfang.domains.editions.queries import kind, kinds_by_name
from lianfang.domains.grid import queries
from lianfang.domains.grid.models import Building, Household
from lianfang.domains.grid.services import end_flag, enter_person, set_flag
from lianfang.domains.holds.queries import holds_behind
from lianfang.domains.work.queries import door_label, items_about, left_here, moves_about
from lianfang.domains.work.rules import state_of
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.incident_words import flag_words
from lianfang.web.register_words import (
    ENTERABLE,
    SEXES,
    flag_choices,
    presence_words,
)
from lianfang.web.words import said, sex_words
from lianfang.web.work import row_of

NONE = {"left": 0, "tried": 0, "closed": 0}


def door_look(door: Household, work: Mapping[str, int]) -> str:
    """How a door stands on the board: empty home, to do, tried, done, or nothing due."""
    if door.is_empty:
        return "empty"
    if work["left"]:
        return "tried" if work["tried"] == work["left"] else "todo"
    return "done" if work["closed"] else "quiet"


def door_name(door: Household, work: Mapping[str, int], look: str) -> str:
    """The whole name of a door's button: 2 单元 501，还差 3 件，未上门."""
    place = gettext("unit %(unit)s, %(door)s") % {"unit": door.unit, "door": door.door} if door.unit else door.door
    words = {
        "empty": gettext("empty home"),
        "todo": gettext("%(n)s left, not tried yet") % {"n": work["left"]},
        "tried": gettext("%(n)s left, tried") % {"n": work["left"]},
        "done": gettext("nothing left"),
        "quiet": gettext("nothing due"),
    }
    return gettext("%(place)s: %(state)s") % {"place": place, "state": words[look]}


def _floors(doors: Iterable[Household], work: Mapping[UUID, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Floors from the top down, each with its doors by unit; a unit without a door on a floor stays empty."""
    cells: dict[int, dict[str, list[dict[str, Any]]]] = {}
    units: list[str] = sorted({d.unit for d in doors}, key=lambda u: (len(u), u))
    for d in doors:
        done = work.get(d.id, NONE)
        look = door_look(d, done)
        cell = {"door": d, "look": look, "left": done["left"], "name": door_name(d, done, look)}
        cells.setdefault(d.floor or 0, {}).setdefault(d.unit, []).append(cell)
    return [{"floor": f, "units": [cells[f].get(u, []) for u in units]} for f in sorted(cells, reverse=True)]


def _units(doors: list[Household], work: Mapping[UUID, Mapping[str, int]]) -> list[dict[str, Any]]:
    rows = sorted(doors, key=lambda d: (len(d.unit), d.unit))
    return [
        {"unit": unit, "left": sum(work.get(d.id, NONE)["left"] for d in group)}
        for unit, group in groupby(rows, key=lambda d: d.unit)
    ]


@signed_in
def building(request: HttpRequest, building_id: UUID) -> HttpResponse:
    """The building as it stands: units across, floors down, each door with what is left; one door in the sheet."""
    by, at, name = actor_of(request), clock.now(), request.GET.get("kind", "")
    chosen = uuid_in(request.GET.get("door"))
    if chosen and request.headers.get("HX-Request-Type") == "partial":
        door = door_context(queries.household_seen(chosen, by=by, at=at), by, at)
        return page(request, "register/_door.html", door)
    block, beside = queries.building_among(building_id, by=by)
    doors = queries.doors_of(block, by=by)
    here = next((d for d in doors if d.id == chosen), None)
    asked = here or (queries.household_seen(chosen, by=by, at=at) if chosen else None)
    door = door_context(asked, by, at) if asked else {}
    left = left_here(doors, block.area_id, by=by, kind_name=name)
    work = left.by_door
    context = door | {"building": block, "floors": _floors(doors, work), "units": _units(doors, work), "chosen": chosen}
    context |= {"left": sum(w["left"] for w in work.values()), "doors_left": sum(1 for w in work.values() if w["left"])}
    context |= {"people": sum(d.lives for d in doors), "doors": len(doors), "kind": name}
    return page(request, "register/building.html", context | _beside(beside, left.by_building))


def _beside(buildings: Iterable[Building], left: Mapping[UUID, int]) -> dict[str, Any]:
    """The list on the left: buildings of the area, most left first; those with nothing left are counted."""
    rows = [{"building": b, "left": left.get(b.id, 0)} for b in buildings]
    rows.sort(key=lambda r: -r["left"])
    return {
        "beside": rows,
        "most": max((r["left"] for r in rows), default=0),
        "blocks_left": sum(1 for r in rows if r["left"]),
        "blocks_done": sum(1 for r in rows if not r["left"]),
        "left_all": sum(left.values()),
        "kinds": kinds_by_name(),
    }


def _log(items: list[Any]) -> list[dict[str, Any]]:
    moves = [m for m in moves_about(items) if m.move != "open"]
    out = []
    for m in moves:
        body = kind(m.item.kind, m.item.version)
        words = next((said(x["words"]) for x in body["moves"] if x["name"] == m.move), m.move)
        state = said(state_of(body, m.to_state)["words"])
        shown = f"{said(body['words'])} · {words}"
        out.append({"at": m.at, "words": shown, "by": getattr(m, "who", "") or "", "item": m.item_id, "state": state})
    return out


def may_call(phone: str) -> bool:
    """Whether a phone is whole: a masked one ends in its last digits and cannot be called."""
    return bool(phone) and not phone.startswith("…")


def door_context(door: Household, by: Actor, at: datetime) -> dict[str, Any]:
    """All that is due at a door: people with marks, what holds them, work open and done, who answers."""
    members = queries.members_of(door, by=by, at=at)
    ids = [m["id"] for m in members]
    items = items_about([door.id, *ids], by=by)
    names = {m["id"]: m["name"] for m in members}
    rows = [row_of(i, {**names, door.id: gettext("the door")}) for i in items]
    answers = queries.answerers_of(door.area_id, at=at, household_id=door.id)
    for m in members:
        m |= {"sex_words": sex_words(m["sex"]), "flag_words": [flag_words(f) for f in m["flags"]]}
        m |= {"presence_words": presence_words(m["presence"]), "may_call": may_call(m["phone"])}
        m |= {"flags_to_choose": flag_choices(m["flags"]), "left": [r for r in rows if r["item"].unit_id == m["id"]]}
    return {
        "household": door,
        "door_label": door_label(door),
        "members": members,
        "holds": holds_behind(door.building_id, ids, at=at),
        "due": [r for r in rows if not r["item"].is_closed],
        "finished": [r for r in rows if r["item"].is_closed],
        "answers": answers,
        "is_masked": any("*" in m["name"] for m in members),
        "may_write": may(by, "grid.write", area_id=door.area_id),
        "items": items,
    }


@signed_in
def household(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """All that is due at one door, and what may be opened or noted there."""
    by, at = actor_of(request), clock.now()
    door = queries.household_seen(household_id, by=by, at=at)
    context = door_context(door, by, at)
    kinds = (
        [k for k in kinds_by_name().values() if not k.get("own_page")]
        if may(by, "work.open", area_id=door.area_id)
        else []
    )
    context |= {"log": _log(context["items"]), "sexes": SEXES, "presences": [(p, presence_words(p)) for p in ENTERABLE]}
    context |= {"door_kinds": [k for k in kinds if k["unit"] == "household"]}
    context |= {"person_kinds": [k for k in kinds if k["unit"] == "person"]}
    return page(request, "register/household.html", context)


def _back(household_id: UUID, code: str) -> HttpResponse:
    return redirect(f"{reverse('household', args=[household_id])}?said={code}")


@require_POST
@signed_in
def enter(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """Somebody found at the door who is not on the register."""
    sent = {n: request.POST.get(n, "").strip() for n in ("name", "sex", "birth_date", "id_number", "phone", "presence")}
    sent["presence"] = sent["presence"] if sent["presence"] in ENTERABLE else "lives"
    sent["sex"] = sent["sex"] if sent["sex"] in SEXES else ""
    if not sent["name"]:
        return redirect(f"{reverse('household', args=[household_id])}#enter")
    enter_person(person_id=new_id(request), household_id=household_id, **sent, by=actor_of(request), at=clock.now())
    return _back(household_id, "grid.person_entered")


@require_POST
@signed_in
def flag(request: HttpRequest, household_id: UUID) -> HttpResponse:
    """Set or end a mark of one person of the door."""
    by, at, name = actor_of(request), clock.now(), request.POST.get("flag", "")
    person = queries.person_seen(uuid_in(request.POST.get("person")) or household_id, by=by, at=at)
    if request.POST.get("end"):
        end_flag(person_id=person.id, flag=name, by=by, at=at)
        return _back(household_id, "grid.flag_ended")
    set_flag(person_id=person.id, flag=name, source="door", by=by, at=at)
    return _back(household_id, "grid.flag_set")
