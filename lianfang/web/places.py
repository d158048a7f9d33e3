"""Places of an area: the list by kind with what is free, a new place, and opening all of a kind by one rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import require, rights_on
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import Family, family_of
from lianfang.domains.grid.models import Building
from lianfang.domains.grid.queries import buildings_of
from lianfang.domains.places import queries
from lianfang.domains.places.models import Place
from lianfang.domains.places.queries import LOCAL
from lianfang.domains.places.rules import STATES, is_open_on
from lianfang.domains.places.services import open_places, register_place
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.map import path_to
from lianfang.web.words import said
from lianfang.web.zones import ids_in

Body = Mapping[str, Any]
ROWS = 50
MOST_BLOCKS = 300
STATE_WORDS = {
    "planned": (gettext_noop("not open yet"), "other"),
    "open": (gettext_noop("open now"), "done"),
    "closed": (gettext_noop("closed"), "bad"),
}
TO_COME = gettext_noop("opens later")


def today() -> date:
    """The local day."""
    return clock.now().astimezone(LOCAL).date()


def typed_day(text: str, otherwise: date) -> date:
    """A day typed into a form, or another where nothing of the kind was typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def whole(text: str, *, field: str) -> int:
    """A whole number typed into a form. Raises Invalid."""
    try:
        return int(text.strip())
    except ValueError:
        raise Invalid(field=field, fix="a whole number") from None


def kind_words(body: Body, name: str) -> str:
    """A kind of place in words, or its name where no edition lists it any more."""
    return said(body.get("words")) or name


def state_shown(place: Place, on: date) -> dict[str, str]:
    """The state of a place on a day: words and look of its chip."""
    if place.state == "open" and not is_open_on(place.state, place.opens_on, on):
        return {"words": gettext(TO_COME), "look": "todo"}
    words, look = STATE_WORDS[place.state]
    return {"words": gettext(words), "look": look}


def classes_shown(body: Body, place: Place, free: Mapping[str, int]) -> list[dict[str, Any]]:
    """Classes in which people stay: how many are free of how many."""
    words = {c["name"]: said(c) for c in body.get("classes", [])}
    names = [n for n in words if n in free] + [n for n in free if n not in words]
    return [{"name": n, "words": words.get(n, n), "free": free[n], "all": place.capacity[n]} for n in names]


def place_rows(places: Sequence[Place], kinds: Mapping[str, Body], on: date) -> list[dict[str, Any]]:
    """Places as table rows: kind and state in words, what is free, who is inside."""
    standing = queries.standing_of(places, kinds=kinds, on=on)
    rows = []
    for p in places:
        body, s = kinds.get(p.kind, {}), standing[p.id]
        rows.append({"p": p, "kind": kind_words(body, p.kind), "state": state_shown(p, on), "standing": s,
                     "classes": classes_shown(body, p, s.free)})  # fmt: skip
    return rows


def _counts(
    found: Iterable[tuple[UUID, str, str, int, int]], kinds: Mapping[str, Body], family: Family
) -> dict[str, Any]:
    by_kind: dict[str, dict[str, Any]] = {}
    by_part: dict[UUID, int] = {}
    for area_id, kind, state, n, inside in found:
        row = by_kind.setdefault(kind, {"name": kind, "words": kind_words(kinds.get(kind, {}), kind), "all": 0,
                                        "open": 0, "inside": 0})  # fmt: skip
        row["all"] += n
        row["open"] += n if state == "open" else 0
        row["inside"] += inside
        child = family.child_of.get(area_id)
        if child:
            by_part[child] = by_part.get(child, 0) + n
    parts = [{"area": a, "n": by_part[a.id]} for a in family.children if a.id in by_part]
    return {"kinds": sorted(by_kind.values(), key=lambda r: r["words"]), "parts": parts}


@signed_in
def places(request: HttpRequest) -> HttpResponse:
    """Places of an area by kind and state: what is free, who is inside."""
    by, asked = actor_of(request), request.GET
    path = path_to(request, by)
    area = path[-1]
    require(by, "places.read", area_id=area.id)
    kinds, state = queries.place_kinds(), asked.get("state", "")
    found = queries.places_in(area.id, by=by, kind=asked.get("kind", ""), state=state if state in STATES else "")
    counts = _counts(queries.counts_in(area.id, by=by), kinds, family_of(area.id))
    first = max(0, (whole_in(asked.get("page", "")) or 1) - 1) * ROWS
    shown = list(found[first : first + ROWS + 1])
    total = sum(k["all"] for k in counts["kinds"])
    context = {"area": area, "path": [a for a in path[:-1] if a.is_seen], "total": total, "asked": asked,
               "rows": place_rows(shown[:ROWS], kinds, today()), "rights_here": rights_on(by, path), "first": first + 1,
               "next": first // ROWS + 2 if len(shown) > ROWS else 0, "states": _state_choices(),
               "kind": next((k for k in counts["kinds"] if k["name"] == asked.get("kind")), None)}  # fmt: skip
    return page(request, "places/list.html", context | counts)


def _state_choices() -> list[tuple[str, str]]:
    return [(s, gettext(STATE_WORDS[s][0])) for s in STATES]


def _kind_choices(kinds: Mapping[str, Body]) -> list[dict[str, Any]]:
    rows = [{"name": n, "words": kind_words(b, n), "is_venue": bool(b.get("entry_class"))} for n, b in kinds.items()]
    return sorted(rows, key=lambda r: (not r["is_venue"], r["words"]))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def capacity_in(request: HttpRequest, body: Body) -> dict[str, int]:
    """The numbers of a form by class; a class left empty has none."""
    sent = {c["name"]: request.POST.get(f"n-{c['name']}", "").strip() for c in body.get("classes", [])}
    return {name: whole(text, field="capacity") for name, text in sent.items() if text}


def _blocks(area_id: UUID, parts: Sequence[Area], by: Actor) -> list[Building]:
    """Buildings to choose from, where the area is small enough to name them."""
    return [] if parts else list(buildings_of(area_id, by=by)[:MOST_BLOCKS])


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """A new place: its kind first, then name, capacity by class, level and where it is."""
    by, kinds = actor_of(request), queries.place_kinds()
    path = path_to(request, by)
    area = path[-1]
    require(by, "places.write", area_id=area.id)
    name = request.GET.get("kind", "")
    if request.method == "POST":
        sent, body = request.POST, kinds.get(request.POST.get("kind", ""), {})
        made = register_place(place_id=new_id(request), kind=sent.get("kind", ""), name=sent.get("name", "")[:120],
                              name_en=sent.get("name_en", "")[:120], area_id=area.id, incident_id=None,
                              capacity=capacity_in(request, body), lon=_number(sent.get("lon", "")),
                              lat=_number(sent.get("lat", "")), level=sent.get("level", ""), by=by,
                              building_id=uuid_in(sent.get("building")),
                              at=clock.now())  # fmt: skip
        return redirect(reverse("place", args=[made.id]) + "?said=places.registered")
    parts = family_of(area.id).children
    context = {"area": area, "path": [a for a in path[:-1] if a.is_seen], "kinds": _kind_choices(kinds),
               "parts": parts, "blocks": _blocks(area.id, parts, by), "body": kinds.get(name),
               "name": name}  # fmt: skip
    return page(request, "places/new.html", context)


@signed_in
def opening(request: HttpRequest) -> HttpResponse:
    """Open all places of a kind in an area by one rule: from a day, up to a share of each one's capacity."""
    by, kinds = actor_of(request), queries.place_kinds()
    path = path_to(request, by)
    area = path[-1]
    require(by, "places.write", area_id=area.id)
    name = request.GET.get("kind", "")
    if request.method == "POST":
        return _opened(request, area.id)
    found = list(queries.places_in(area.id, by=by, kind=name)[:200]) if name else []
    rules = queries.openings_over([a.id for a in path], kind=name)
    context = {"area": area, "path": [a for a in path[:-1] if a.is_seen], "kinds": _kind_choices(kinds),
               "name": name, "words": kind_words(kinds.get(name, {}), name), "rows": place_rows(found, kinds, today()),
               "rules": [{"o": o, "words": kind_words(kinds.get(o.kind, {}), o.kind)} for o in rules],
               "today": today(), "is_venue": bool(kinds.get(name, {}).get("entry_class"))}  # fmt: skip
    return page(request, "places/open.html", context)


def _opened(request: HttpRequest, area_id: UUID) -> HttpResponse:
    sent, at = request.POST, clock.now()
    leave = ids_in(request, "leave")
    done = open_places(opening_id=new_id(request), area_id=area_id, kind=sent.get("kind", ""),
                       opens_on=typed_day(sent.get("opens_on", ""), today()), leave_out=leave,
                       limit_percent=whole(sent.get("percent", ""), field="percent"), reason=sent.get("reason", ""),
                       by=actor_of(request), at=at)  # fmt: skip
    return redirect(f"{reverse('places')}?{urlencode({'area': area_id, 'kind': done.kind, 'said': 'places.opened'})}")
