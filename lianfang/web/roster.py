"""The board of those without a named state: buildings by what is left, doors as they stand, one door and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid, Refused
from lianfang.base.service import Outcome
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import path_seen, posts_in, require, rights_on
from lianfang.domains.areas.models import Area
from lianfang.domains.grid.errors import HouseholdMissing, IdNumberTwice
from lianfang.domains.grid.models import Household
from lianfang.domains.rounds import errors, queries
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.queries import Block, Door
from lianfang.domains.rounds.rules import Body, by_sample, finish_at, reasons_for
from lianfang.domains.rounds.services import UnitNote, note_units, split_list
from lianfang.domains.sampling.queries import sampled_in
from lianfang.flows.ask_home import ask_home
from lianfang.flows.found_people import SEXES, Found, found_people
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incident_words import flag_words
from lianfang.web.words import said, sex_words

BOARDS = ("committee", "grid", "group")  # what lies above is shown by its parts, on the page of the round
MOST_ON_PAPER = 400
REFUSALS: dict[str, type[Refused]] = {
    c.code: c
    for c in (
        errors.RoundMissing,
        errors.UnitMissing,
        errors.RoundClosed,
        errors.EndingUnknown,
        errors.NotByHand,
        errors.ReasonMissing,
        errors.EndedOtherwise,
        RightMissing,
        HouseholdMissing,
        IdNumberTwice,
    )
}


def raise_first(outcomes: Iterable[Outcome]) -> None:
    """Raise the first refusal among the outcomes of one press: a door is noted as a whole or not at all."""
    for o in outcomes:
        if o.code in REFUSALS:
            raise REFUSALS[o.code](**o.values)


def area_in(request: HttpRequest, by: Actor, found: Round) -> list[Area]:
    """The path of the area a page of a round is about: the one asked for, else the actor's own. Raises RoundMissing."""
    path = path_seen(uuid_in(request.GET.get("area") or request.POST.get("area")) or home_id(by), by)
    if "rounds.read" not in rights_on(by, path, incident_id=found.incident_id):
        raise errors.RoundMissing(round=str(found.id))
    return path


def door_look(door: Door, kind: Body) -> str:
    """How a door stands: somebody left, tried, all sampled, another ending, empty home, or nobody to meet."""
    if door.left:
        return "tried" if door.is_tried else "todo"
    if not door.stands:
        return "empty" if door.household.is_empty else "quiet"
    return "done" if set(door.stands) <= set(by_sample(kind)) else "other"


def ending_words(kind: Body, name: str) -> str:
    """An ending in words."""
    return said(next((e for e in kind["endings"] if e["name"] == name), name))


def _other(door: Door, kind: Body) -> str:
    """The most frequent ending at a door that no sample gave: the word on its cell."""
    others = {e: n for e, n in door.stands.items() if e not in by_sample(kind)}
    return ending_words(kind, max(others, key=lambda e: others[e])) if others else ""


def door_words(h: Household) -> str:
    """Unit and number of a door; the building is named beside it."""
    return gettext("unit %(unit)s, %(door)s") % {"unit": h.unit, "door": h.door} if h.unit else h.door


def door_name(door: Door, look: str, other: str) -> str:
    """The whole name of a door's button: 2 单元 501：还差 3 人，未上门."""
    words = {
        "todo": ngettext("%(n)s person left, not tried yet", "%(n)s people left, not tried yet", door.left),
        "tried": ngettext("%(n)s person left, tried", "%(n)s people left, tried", door.left),
        "done": gettext("all sampled"),
        "other": other,
        "empty": gettext("empty home"),
        "quiet": gettext("nobody on the list"),
    }
    state = words[look] % {"n": door.left} if look in ("todo", "tried") else words[look]
    return gettext("%(place)s: %(state)s") % {"place": door_words(door.household), "state": state}


def _cell(door: Door, kind: Body) -> dict[str, Any]:
    look = door_look(door, kind)
    other = _other(door, kind) if look == "other" else ""
    return {"d": door, "look": look, "other": other, "name": door_name(door, look, other)}


def doors_shown(doors: Sequence[Door], kind: Body) -> dict[str, Any]:
    """Doors as the building stands: units across, floors from the top down."""
    units = sorted({d.household.unit for d in doors}, key=lambda u: (len(u), u))
    floors = sorted({d.household.floor or 0 for d in doors}, reverse=True)
    cells: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for d in doors:
        cells.setdefault((d.household.floor or 0, d.household.unit), []).append(_cell(d, kind))
    left = {u: sum(d.left for d in doors if d.household.unit == u) for u in units}
    return {
        "units": [{"unit": u, "left": left[u]} for u in units],
        "floors": [{"floor": f, "units": [cells.get((f, u), []) for u in units]} for f in floors],
        "doors_left": sum(1 for d in doors if d.left),
        "n_doors": len(doors),
    }


def head_of(found: Round, blocks: Sequence[Block], at: datetime) -> dict[str, Any]:
    """The finding and what it is made of: left of all, register and added, pace and when it would be done."""
    left, every, added, pace = (sum(getattr(b, n) for b in blocks) for n in ("left", "all", "added", "ended"))
    is_open = found.state == "open"
    return {
        "left": left, "all": every, "added": added, "listed": every - added, "pace": pace, "is_open": is_open,
        "done_at": finish_at(left, pace, at) if is_open and left else None, "n_home": sum(b.home for b in blocks),
    }  # fmt: skip


def door_sheet(found: Round, door: Door, kind: Body, by: Actor, at: datetime) -> dict[str, Any]:
    """A door's people, each with how it stands, and the endings and tries that can be noted."""
    behind = queries.people_behind(found, [door.household.id], by=by, at=at, whole=True, units=door.units)
    people = behind.get(door.household.id, [])
    ended = [p["id"] for p in people if p["unit"].ending in by_sample(kind)]
    tubes = {i: s.tube.code for i, s in sampled_in(found, ended).items()} if ended else {}
    for p in people:
        u = p["unit"]
        p |= {"sex_words": sex_words(p["sex"]), "flag_words": [flag_words(f) for f in p["flags"]]}
        p |= {"state": person_state(u, kind), "look": person_look(u, kind), "tube": tubes.get(u.unit_id, "")}
    by_hand = [e for e in kind["endings"] if not e.get("sample")]
    return {
        "door": door, "label": door_words(door.household), "people": people,
        "to_meet": [p for p in people if not p["unit"].ending],
        "is_home": bool(door.left) and door.home >= door.left,
        "endings": [{"e": e, "reasons": reasons_for(kind, e["name"])} for e in by_hand],
        "tries": kind.get("tries", []),
    }  # fmt: skip


def person_state(unit: Any, kind: Body) -> str:
    """How one person stands, in words, with the reason or the last try."""
    if unit.ending:
        reason = next((said(r) for r in kind.get("reasons", []) if r["name"] == unit.reason), "")
        return " · ".join(w for w in (ending_words(kind, unit.ending), reason) if w)
    if unit.tries:
        return said(next((t for t in kind.get("tries", []) if t["name"] == unit.tried), unit.tried))
    return gettext("no state yet")


def person_look(unit: Any, kind: Body) -> str:
    """The look of a person's chip."""
    if not unit.ending:
        return "tried" if unit.tries else "todo"
    tone = next((e["tone"] for e in kind["endings"] if e["name"] == unit.ending), "other")
    return {"done": "done", "bad": "bad"}.get(tone, "other")


@signed_in
def board(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Three columns: buildings by what is left, the chosen one's doors, the chosen door; the door alone as a part."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    found = queries.round_seen(round_id, by=by)
    kind, path = queries.kind_of(found.edition, found.kind), area_in(request, by, found)
    if path[-1].level not in BOARDS:
        return redirect(f"{reverse('round', args=[round_id])}?{urlencode({'area': path[-1].id})}")
    rights = {"round": found, "area": path[-1], "rights_here": rights_on(by, path, incident_id=found.incident_id)}
    context = rights | {"kind": kind, "at": at, "asked": asked, "is_home_only": bool(asked.get("home"))}
    chosen, asked_block = uuid_in(asked.get("door")), uuid_in(asked.get("building"))
    if request.headers.get("HX-Request-Type") == "partial" and chosen and asked_block:
        doors = queries.doors_standing(found, asked_block, by=by, at=at, area_id=path[-1].id)
        return page(request, "rounds/_door.html", context | _chosen(found, doors, chosen, kind, by, at))
    blocks = queries.blocks_of(found, path[-1].id, at=at)
    is_home = bool(asked.get("home"))
    columns = _columns(found, path[-1].id, blocks, chosen, asked_block, kind, by, at, is_home=is_home)
    return page(request, "rounds/board.html", context | columns)


def _chosen(
    found: Round, doors: Sequence[Door], chosen: UUID | None, kind: Body, by: Actor, at: datetime
) -> dict[str, Any]:
    door = next((d for d in doors if d.household.id == chosen), None)
    return door_sheet(found, door, kind, by, at) if door else {}


def _columns(
    found: Round,
    area_id: UUID,
    blocks: Sequence[Block],
    chosen: UUID | None,
    asked_block: UUID | None,
    kind: Body,
    by: Actor,
    at: datetime,
    *,
    is_home: bool,
) -> dict[str, Any]:
    shown = [b for b in blocks if b.home] if is_home else list(blocks)
    shown.sort(key=lambda b: -(b.home if is_home else b.left))
    block = next((b for b in blocks if b.id == asked_block), shown[0] if shown else None)
    doors = queries.doors_standing(found, block.id, by=by, at=at, area_id=area_id) if block else []
    seen = [d for d in doors if _to_meet_at_home(d)] if is_home else doors
    rows = [{"b": b, "n": b.home if is_home else b.left} for b in shown]
    context = head_of(found, blocks, at) | {"blocks": rows, "standing": block, "chosen": chosen}
    context |= {"most": max((r["n"] for r in rows), default=0), "sum": sum(r["n"] for r in rows)}
    context |= {"blocks_left": sum(1 for r in rows if r["n"]), "blocks_done": sum(1 for r in rows if not r["n"])}
    return context | doors_shown(seen, kind) | _chosen(found, doors, chosen, kind, by, at)


def _to_meet_at_home(door: Door) -> bool:
    return any(u.is_home and not u.ending for u in door.units)


def _back(request: HttpRequest, round_id: UUID, code: str) -> HttpResponse:
    sent = request.POST
    kept = {n: sent.get(n, "") for n in ("area", "building", "door", "home")} | {"said": code}
    return redirect(f"{reverse('roster', args=[round_id])}?{urlencode({n: v for n, v in kept.items() if v})}")


def _units_in(request: HttpRequest) -> list[UUID]:
    ids = [i for i in (uuid_in(v) for v in request.POST.getlist("unit")) if i]
    if not ids:
        raise errors.UnitMissing(unit="")
    return ids


def shown_at(request: HttpRequest) -> datetime | None:
    """When the form was made, as it says itself: a second press of one form is known by it."""
    try:
        told = datetime.fromisoformat(request.POST.get("shown", ""))
    except ValueError:
        return None
    return told if told.tzinfo else None


@require_POST
@signed_in
def note(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """An ending with its reason, or a try, of some people of one door: all of them or none."""
    by, at, note_id, made_at = actor_of(request), clock.now(), new_id(request), shown_at(request)
    says, _, reason = request.POST.get("says", "").partition(" ")
    notes = [UnitNote(uuid5(note_id, str(u)), round_id, u, says, reason, by, at, made_at) for u in _units_in(request)]
    raise_first(note_units(notes=notes, by=by, at=at))
    return _back(request, round_id, "rounds.noted")


@require_POST
@signed_in
def home(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Some people of a door are to be met at home, or no longer."""
    by, at, is_home = actor_of(request), clock.now(), request.POST.get("is_home") == "1"
    raise_first(ask_home(round_id=round_id, unit_ids=_units_in(request), is_home=is_home, by=by, at=at))
    return _back(request, round_id, "rounds.at_home" if is_home else "rounds.not_at_home")


@require_POST
@signed_in
def add(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Somebody who lives behind a door and is on no list: entered in the register and put on the round's list."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    queries.round_seen(round_id, by=by)
    door, person_id = uuid_in(sent.get("door")) or UUID(int=0), new_id(request)
    told = {n: sent.get(n, "").strip() for n in ("name", "sex", "id_number", "phone")}
    if not told["name"]:
        raise Invalid(field="name", fix="text")
    if told["sex"] not in SEXES:
        raise Invalid(field="sex", fix="m, f")
    met = Found(uuid5(person_id, "note"), round_id, person_id, door, by=by, at=at, **told)
    raise_first(found_people(found=[met], by=by, at=at))
    return _back(request, round_id, "rounds.added")


@signed_in
def split(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Deal the buildings in which somebody is left between those who go from door to door; again when a pair joins."""
    by, at = actor_of(request), clock.now()
    found = queries.round_seen(round_id, by=by)
    path = area_in(request, by, found)
    area = path[-1]
    require(by, "rounds.end", area_id=area.id, incident_id=found.incident_id)
    if request.method == "POST":
        ids = [i for i in (uuid_in(v) for v in request.POST.getlist("account")) if i]
        split_list(round_id=round_id, area_id=area.id, account_ids=ids, by=by, at=at)
        return redirect(f"{reverse('round-split', args=[round_id])}?area={area.id}&said=rounds.split")
    shares = queries.shares_in(found, area.id)
    blocks = queries.blocks_of(found, area.id, at=at)
    context = {"round": found, "area": area, "rows": _loads(posts_in(area.id, at=at), shares, blocks)} | head_of(
        found, blocks, at
    )
    dealt = {b for own in shares.values() for b in own}
    context |= {"undealt": sum(b.left for b in blocks if b.id not in dealt), "blocks": [b for b in blocks if b.left]}
    return page(request, "rounds/split.html", context)


def _loads(posts: Iterable[Any], shares: Mapping[UUID, set[UUID]], blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Who could go, with the buildings on each one's list and how many are left there; who has a list first."""
    left = {b.id: b.left for b in blocks}
    rows = [
        {"a": a, "buildings": len(shares.get(a.id, ())), "left": sum(left.get(b, 0) for b in shares.get(a.id, ()))}
        for a in posts
    ]
    return sorted(rows, key=lambda r: (-r["buildings"], r["a"].label))


@signed_in
def paper(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """Doors in the order of a walk, for paper: with a box to tick who is left, or all who were not sampled and why."""
    by, at = actor_of(request), clock.now()
    found = queries.round_seen(round_id, by=by)
    path, is_home, is_missed = area_in(request, by, found), bool(request.GET.get("home")), "missed" in request.GET
    rows = _paper_rows(found, path[-1].id, by, at, is_home=is_home, is_missed=is_missed)
    context = {"round": found, "area": path[-1], "rows": rows, "left": sum(len(r["people"]) for r in rows), "at": at,
               "is_home": is_home, "is_missed": is_missed, "most": MOST_ON_PAPER}  # fmt: skip
    return page(request, "rounds/paper.html", context)


def _paper_rows(
    found: Round, area_id: UUID, by: Actor, at: datetime, *, is_home: bool, is_missed: bool
) -> list[dict[str, Any]]:
    kind = queries.kind_of(found.edition, found.kind)
    endings = ["", *(e["name"] for e in kind["endings"] if is_missed and not e.get("sample"))]
    doors = queries.next_doors(found, by=by, area_id=area_id, is_home=is_home, endings=endings, limit=MOST_ON_PAPER)
    behind = queries.people_behind(found, [d.household.id for d in doors], by=by, at=at, whole=True)
    rows = []
    for d in doors:
        people = [p for p in behind.get(d.household.id, []) if _on_paper(p["unit"], endings, is_home)]
        for p in people:
            p |= {"flag_words": [flag_words(f) for f in p["flags"]], "state": person_state(p["unit"], kind)}
        rows.append({"d": d, "people": people})
    return rows


def _on_paper(unit: Any, endings: Sequence[str], is_home: bool) -> bool:
    return unit.ending in endings and (unit.is_home or not is_home)
