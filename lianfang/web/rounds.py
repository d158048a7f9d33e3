"""Rounds: which run, how many are left in which part, the plan beside what came of it, the steps, the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, override
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import path_seen, require, rights_on
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import Family, family_of
from lianfang.domains.rounds import errors, queries, services
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.queries import AtWork, Coverage
from lianfang.domains.rounds.rules import STATION_STATES, Body, Needs, finish_at, next_state, whole_of
from lianfang.domains.sampling.queries import Results, results_by_area
from lianfang.domains.sampling.rules import RESULTS, statement_of
from lianfang.flows.close_sampling import close_sampling
from lianfang.web.door import actor_of, home_id, page, refusal_page, signed_in, uuid_in
from lianfang.web.released import count_shown, smallest_shown
from lianfang.web.roster import BOARDS
from lianfang.web.words import moment, named, said

MOST = 50
STATE_WORDS = {
    "planned": (gettext_noop("planned"), "other"),
    "staffed": (gettext_noop("staffed"), "other"),
    "open": (gettext_noop("sampling"), "doing"),
    "sampling-closed": (gettext_noop("sampling closed"), "todo"),
    "results-in": (gettext_noop("results in"), "todo"),
    "closed": (gettext_noop("round over"), "done"),
}
STATION_WORDS = {
    "planned": (gettext_noop("planned"), "other"),
    "notified": (gettext_noop("notified"), "other"),
    "setting-up": (gettext_noop("setting up"), "todo"),
    "open": (gettext_noop("sampling now"), "done"),
    "closed": (gettext_noop("site closed"), "other"),
}
RESULT_WORDS = {
    "": gettext_noop("no result yet"),
    "negative": gettext_noop("negative"),
    "positive": gettext_noop("positive"),
    "invalid": gettext_noop("invalid"),
}
NEED_WORDS = {
    "people": gettext_noop("people to meet"),
    "stations": gettext_noop("sampling sites"),
    "desks": gettext_noop("sampling units"),
    "staff": gettext_noop("samplers"),
    "tubes": gettext_noop("tubes"),
    "suits": gettext_noop("protective suits"),
}
STEPS = {
    "staffed": (services.staff_round, gettext_noop("Note that it is staffed")),
    "open": (services.open_round, gettext_noop("Open the round: lay the list")),
    "sampling-closed": (close_sampling, gettext_noop("Close sampling")),
    "closed": (services.close_round, gettext_noop("Close the round")),
}


def state_shown(state: str, words: Mapping[str, tuple[str, str]] = STATE_WORDS) -> dict[str, str]:
    """The state of a round or station: words and look of its chip."""
    text, look = words.get(state, (state, "other"))
    return {"words": gettext(text), "look": look}


@signed_in
def rounds(request: HttpRequest) -> HttpResponse:
    """Rounds of the actor's areas, the newest first: how many are left of how many."""
    by = actor_of(request)
    require(by, "rounds.read")
    found = list(queries.rounds_seen(by)[:MOST])
    sums = queries.sums_of(found)
    rows = [{"r": r, "kind": said(queries.kind_of(r.edition, r.kind)["words"]), "state": state_shown(r.state),
             "left": sums.get(r.id, (0, 0))[0], "all": sums.get(r.id, (0, 0))[1]} for r in found]  # fmt: skip
    running = [r for r in rows if r["r"].state == "open"]
    context = {"rows": rows, "running": len(running), "left": sum(r["left"] for r in running), "most": MOST}
    return page(request, "rounds/list.html", context)


def path_in(request: HttpRequest, by: Actor, found: Round) -> list[Area]:
    """The path of the area a round is shown for: the one asked for, else all of it, else the actor's own area.

    Raises: RightMissing, RoundMissing.
    """
    asked = uuid_in(request.GET.get("area"))
    try:
        path = path_seen(asked or found.area_id, by)
    except RightMissing:
        if asked:
            raise
        path = path_seen(home_id(by), by)
    if "rounds.read" not in rights_on(by, path, incident_id=found.incident_id):
        raise errors.RoundMissing(round=str(found.id))
    return path


@dataclass(frozen=True)
class Part:
    """A part of an area in a round, with what is left there; the area itself where it has units of its own."""

    area: Area
    c: Coverage
    results: Results
    address: str


def parts_of(
    found: Round, family: Family, coverage: Mapping[UUID, Coverage], results: Mapping[UUID, Results]
) -> list[Part]:
    """The parts that have units or tubes, most left first; they add up to the area."""
    sums, tubes = queries.by_part(coverage, family.child_of), added_up(results, family.child_of)
    areas = {a.id: a for a in (family.area, *family.children)}
    known = [areas[i] for i in areas if i in sums or i in tubes]
    rows = [Part(a, sums.get(a.id, Coverage()), tubes.get(a.id, Results()), _way(found, a, family)) for a in known]
    return sorted(rows, key=lambda p: -p.c.left)


def _way(found: Round, area: Area, family: Family) -> str:
    """Where a row leads: a community to its board, what is larger to its own parts."""
    last = area.level in BOARDS or area.id == family.area.id
    return f"{reverse('roster' if last else 'round', args=[found.id])}?{urlencode({'area': area.id})}"


def added_up(results: Mapping[UUID, Results], child_of: Mapping[UUID, UUID]) -> dict[UUID, Results]:
    """Results of smallest areas added up to the parts they lie in; the parts sum to the whole."""
    out: dict[UUID, Results] = {}
    for area, r in results.items():
        part = child_of.get(area, area)
        so_far = out.get(part, Results())
        tubes = {n: so_far.tubes.get(n, 0) + r.tubes.get(n, 0) for n in {*so_far.tubes, *r.tubes}}
        out[part] = Results(tubes, so_far.samples + r.samples)
    return out


def whole_results(results: Mapping[UUID, Results]) -> Results:
    """All results together."""
    return added_up(results, dict.fromkeys(results, UUID(int=0))).get(UUID(int=0), Results())


@signed_in
def round_page(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """One round over an area: who is left by part, how the others ended, the plan, the results, the next step."""
    by, at = actor_of(request), clock.now()
    found = queries.round_seen(round_id, by=by)
    path = path_in(request, by, found)
    area, kind = path[-1], queries.kind_of(found.edition, found.kind)
    coverage, results = queries.coverage_by_area(found, area_id=area.id), results_by_area(found, area_id=area.id)
    whole = sum(coverage.values(), Coverage())
    parts = parts_of(found, family_of(area.id), coverage, results)
    context = {"round": found, "kind": said(kind["words"]), "area": area, "whole": whole, "parts": parts, "at": at,
               "path": [a for a in path[:-1] if a.is_seen and _inside(path, found, a)],
               "rights_here": rights_on(by, path, incident_id=found.incident_id)}  # fmt: skip
    context |= table_of(kind, whole, parts) | _pace(found, area, whole, at) | steps_shown(found)
    context |= results_shown(found, area, whole, whole_results(results), at)
    return page(request, "rounds/round.html", context | plan_shown(found, queries.at_work_in(found), results))


def _pace(found: Round, area: Area, whole: Coverage, at: datetime) -> dict[str, Any]:
    """How fast it goes and when it would be done; how the round stands; whether the area has a board."""
    pace = queries.pace_of(found, area.id, at=at) if found.state == "open" else 0
    return {"pace": pace, "done_at": finish_at(whole.left, pace, at) if whole.left else None,
            "state": state_shown(found.state), "is_board": area.level in BOARDS}  # fmt: skip


def _inside(path: Sequence[Area], found: Round, area: Area) -> bool:
    """Whether an area above lies within the round: what is above all of it has nothing to show."""
    ids = [a.id for a in path]
    return found.area_id not in ids or ids.index(area.id) >= ids.index(found.area_id)


def table_of(kind: Body, whole: Coverage, parts: Sequence[Part]) -> dict[str, Any]:
    """Endings in columns, those that occur; one row a part, and the sum below."""
    used = [e for e in kind["endings"] if whole.endings.get(e["name"])]
    rows = [{"p": p, "cells": [p.c.endings.get(e["name"], 0) for e in used]} for p in parts]
    sums = [whole.endings.get(e["name"], 0) for e in used]
    most = max((p.c.left for p in parts), default=0)
    return {"endings": [said(e) for e in used], "rows": rows, "sums": sums, "most": most}


def plan_shown(found: Round, now: AtWork, results: Mapping[UUID, Results]) -> dict[str, Any]:
    """Proposed, adopted and what really stands, line by line; what nobody counts yet says so."""
    proposed, adopted = (needs_in(found, which) for which in ("proposed", "adopted"))
    used = whole_results(results)
    actual = {"people": found.expected or None, "stations": sum(now.stations.values()), "desks": now.desks,
              "staff": now.people, "tubes": used.all if found.opened_at else None, "suits": None}  # fmt: skip
    lines = [
        {"words": gettext(w), "name": n, "proposed": asdict(proposed)[n], "actual": actual[n],
         "adopted": asdict(adopted)[n] if adopted.people else None}
        for n, w in NEED_WORDS.items()
    ]  # fmt: skip
    states = [{"words": state_shown(s, STATION_WORDS)["words"], "n": now.stations[s]} for s in STATION_STATES
              if now.stations.get(s)]  # fmt: skip
    short = adopted.staff - now.people if adopted.people else 0
    return {"lines": lines, "station_states": states, "at_work": now, "short": max(0, short),
            "is_adopted": bool(adopted.people), "adopted_at": _time(found, "at"),
            "frozen_at": _time(found, "frozen_at"), "reason": found.plan.get("reason", "")}  # fmt: skip


def _time(found: Round, name: str) -> datetime | None:
    text = found.plan.get(name)
    return datetime.fromisoformat(text) if text else None


def needs_in(found: Round, which: str) -> Needs:
    """What the whole round needs, as proposed or adopted."""
    return whole_of(Needs(**numbers) for numbers in found.plan.get(which, {}).values())


def results_shown(found: Round, area: Area, whole: Coverage, results: Results, at: datetime) -> dict[str, Any]:
    """Tubes by result, and the sentence that may be published once all are in and negative."""
    columns = [{"name": n, "words": gettext(w), "n": results.tubes.get(n, 0)} for n, w in RESULT_WORDS.items()]
    is_over = found.state in ("results-in", "closed")
    may_say = is_over and statement_of(results.tubes, left=whole.left, waiting=results.waiting)
    return {"results": results, "result_columns": columns, "result_names": RESULTS,
            "statements": statements(found, area, results, at) if may_say else []}  # fmt: skip


def statements(found: Round, area: Area, results: Results, at: datetime) -> list[dict[str, str]]:
    """The sentence for the public in Chinese and English; it counts people and tubes and names nobody."""
    out, below = [], smallest_shown(area.id, at=at)
    is_few = results.samples < below  # then tubes are said no more exactly than people
    for language in ("zh-hans", "en"):
        with override(language):
            text = gettext(
                "%(area)s, round %(n)s of %(kind)s: samples of %(people)s people in %(tubes)s tubes were tested. "
                "All results are negative. As of %(at)s."
            ) % {"area": named(area), "n": found.number, "people": count_shown(results.samples, below=below),
                 "at": moment(at),
                 "kind": said(queries.kind_of(found.edition, found.kind)["words"]),
                 "tubes": count_shown(results.all, below=below if is_few else 0)}  # fmt: skip
        out.append({"lang": "zh-Hans" if language == "zh-hans" else "en", "text": text})
    return out


def steps_shown(found: Round) -> dict[str, Any]:
    """The steps taken, with when and by whom, and the one that comes next."""
    taken = queries.round_steps(found)
    after = next_state(found.state)
    steps = [{"words": state_shown(s.state)["words"], "step": s} for s in taken]
    return {"steps": steps, "next": after, "next_words": gettext(STEPS[after][1]) if after in STEPS else "",
            "follow_ups": queries.follow_ups(found) if found.opened_at else []}  # fmt: skip


@require_POST
@signed_in
def step(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """The next step of a round; where people are left, the refusal leads to the board with most of them."""
    by, state = actor_of(request), request.POST.get("state", "")
    found = queries.round_seen(round_id, by=by)
    if state not in STEPS:
        raise errors.RoundNotReady(state=found.state, need=next_state(found.state))
    try:
        STEPS[state][0](round_id=round_id, by=by, at=clock.now())
    except errors.UnitsOpen as refused:
        return refusal_page(request, refused, way=(_fullest(found), gettext("Open the list of those left")))
    return redirect(f"{reverse('round', args=[round_id])}?said=rounds.{state}")


def _fullest(found: Round) -> str:
    """The board of the community in which most are left."""
    coverage = queries.coverage_by_area(found)
    area_id = max(coverage, key=lambda a: coverage[a].left)
    return f"{reverse('roster', args=[found.id])}?{urlencode({'area': area_id})}"
