"""Matches: who could fill what is missing in an area, proposed with reasons, adopted by a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.accounts.queries import require
from lianfang.domains.calls import queries
from lianfang.domains.calls.planning import Match, Unmet, propose_matches
from lianfang.domains.calls.services import adopt_matches
from lianfang.domains.editions.queries import common_edition, value
from lianfang.web.calls import hours_text, near_words
from lianfang.web.door import actor_of, page, signed_in, uuid_in
from lianfang.web.map import path_to
from lianfang.web.rosters import fill_address, picked, refusals

HOURS, MOST_EACH, MOST_SHOWN = (24, 48, 168), 3, 300


def why_words(m: Match) -> list[str]:
    """Why this person is proposed here."""
    words = [near_words(m.steps)]
    if m.waits_for:
        words.append(gettext("waits in vain for a full shift"))
    words.append(gettext("served %(n)s h in 7 days") % {"n": f"{m.hours:g}"})
    if m.nth:
        words.append(gettext("a further shift for this person"))
    if m.spare_skills:
        n = m.spare_skills
        words.append(ngettext("%(n)s skill not needed here", "%(n)s skills not needed here", n) % {"n": n})
    words.append(gettext("next would be %(post)s") % {"post": m.next_post} if m.next_post else gettext("nobody else"))
    return words


def open_words(u: Unmet) -> str:
    """Why places stay open."""
    free, placed, away = u.people
    return {
        "nobody": gettext("nobody who may serve there is free then"),
        "far": gettext("%(n)s could come, but from too far") % {"n": free},
        "taken": gettext("%(n)s could come, but are proposed where more is missing") % {"n": placed},
        "rest": gettext("%(n)s could come, but not beside their other shift") % {"n": away},
    }[u.why]


def _context(request: HttpRequest) -> dict[str, Any]:
    by, at, asked = actor_of(request), clock.now(), request.GET
    path = path_to(request, by)
    area = path[-1]
    require(by, "calls.lead", area_id=area.id)
    usual = value(common_edition(), "gap_hours", area_id=area.id, at=at)
    hours = next((h for h in {*HOURS, usual} if str(h) == asked.get("hours")), usual)
    each = next((n for n in range(1, MOST_EACH + 1) if str(n) == asked.get("each")), 1)
    call = uuid_in(asked.get("call"))
    only = queries.call_seen(call, by=by) if call else None
    found = propose_matches(area.id, by=by, at=at, hours=hours, most_each=each, calls=[only.id] if only else [])
    by_shift: dict[UUID, dict[str, Any]] = {}
    for m in found.matches[:MOST_SHOWN]:
        s = m.shift
        group = by_shift.setdefault(s.id, {"s": s, "hours": hours_text(s), "left": s.places - s.taken, "matches": []})
        group["matches"].append({"m": m, "why": why_words(m)})
    unmet = [{"u": u, "hours": hours_text(u.shift), "why": open_words(u), "fill": fill_address(u.shift, u.places)}
             for u in found.unmet]  # fmt: skip
    return {"area": area, "path": path[:-1], "found": found, "groups": list(by_shift.values()), "unmet": unmet,
            "hours": hours, "each": each, "only": only, "spans": sorted({*HOURS, usual}), "at": at,
            "most": range(1, MOST_EACH + 1),
            "waiting": sum(m.waits_for is not None for m in found.matches),
            "tasks": _task_words()}  # fmt: skip


def _task_words() -> Mapping[str, Any]:
    return {n: b.get("words") for n, b in queries.task_kinds().items()}


@signed_in
def matches(request: HttpRequest) -> HttpResponse:
    """People for what is missing here, the largest need first, to tick and adopt; what stays open, and why."""
    return page(request, "rosters/matches.html", _context(request))


@require_POST
@signed_in
def adopt(request: HttpRequest) -> HttpResponse:
    """The ticked people have their places and are told; what was refused is listed with its reason."""
    by, at = actor_of(request), clock.now()
    asks = picked(request, by, at)
    wrong = refusals(asks, adopt_matches(asks=asks, by=by, at=at))
    if not wrong:
        call = uuid_in(request.GET.get("call"))
        where = f"?area={path_to(request, by)[-1].id}" + (f"&call={call}" if call else "")
        return redirect(f"{reverse('matches')}{where}&said=calls.matches_adopted")
    context = _context(request) | {"refused": wrong, "n_adopted": len(asks) - len(wrong)}
    return page(request, "rosters/matches.html", context)
