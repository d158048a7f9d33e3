"""The wall of a command: the one question of the hour, its parts, the map, what nobody has taken, the last events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from lianfang.base import clock
from lianfang.domains.accounts.queries import require
from lianfang.domains.calls.queries import empty_posts, people_now
from lianfang.domains.editions.queries import edition, kind
from lianfang.domains.holds.queries import persons_held
from lianfang.domains.incidents import queries
from lianfang.domains.incidents.models import Incident
from lianfang.domains.reports.planning import AreaFigures, area_figures, round_figures
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.queries import Coverage, at_work_in, kind_of, pace_by_part
from lianfang.domains.rounds.rules import STATION_STATES, finish_at
from lianfang.domains.work.queries import untaken
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, page, signed_in
from lianfang.web.map import SHADED, by_left, legend_of, path_to, shown_round, summary_of, zone_rows
from lianfang.web.rounds import STATION_WORDS, state_shown
from lianfang.web.weather_words import chip
from lianfang.web.words import said, titled

MOST_PARTS, MOST_CARDS, MOST_EVENTS, MOST_INCIDENTS, MOST_WARNINGS = 10, 4, 6, 9, 2
QUIET = (
    "messages.write_messages",
    "work.open_items",
    "work.open_tested",
    "places.register_place",
    "work.flag_posts",
    "work.note_check",
)  # too many for a wall


@signed_in
def wall(request: HttpRequest) -> HttpResponse:
    """Dark, 1920 x 1080, no scroll and no pointer; no names of persons."""
    by, at = actor_of(request), clock.now()
    require(by, "work.read")
    place = path_to(request, by)[-1]
    level = SHADED.get(place.level, "")
    running, shown = shown_round(request, place, by)
    levels = ("", level) if level else ("",)
    context = {"place": place, "at": at, "level": level, "running": running, "round": shown}
    if shown:
        whole, found, coverage = round_figures(shown, place.id, levels=levels, people=False)
        context |= round_question(shown, found[0], coverage, at)
    else:
        whole, found = area_figures(place.id, by=by, at=at, levels=levels, people=False)
        context |= {"held": persons_held(at, area_id=place.id)}
    zones = zone_rows(queries.zones_in_force(by=by, area_id=place.id))
    open_ones, names, warned = queries.open_with_zone_names(by, limit=MOST_INCIDENTS, area_id=place.id, at=at)
    context |= {"whole": whole, "open": open_ones, "zones": zones, "legend": legend_of(found[-1], zones, [])}
    people = people_now(place.id, by=by, at=at)
    context |= {
        "people": people,
        "empty": len(empty_posts(place.id, by=by, at=at)) if people.missing else 0,
        "summary": summary_of(place, whole, zones, shown),
        "weather": [chip(x, at) for x in warned[:MOST_WARNINGS]],
    }
    context |= _parts(by_left(found[0])) | _events(open_ones, names) | _cards(untaken(by=by, area_id=place.id, at=at))
    return page(request, "map/wall.html", context)


def round_question(found: Round, parts: Sequence[AreaFigures], coverage: Coverage, at: datetime) -> dict[str, Any]:
    """The question of a round: who is left, how fast each part goes, how the others ended, what is at work."""
    body = kind_of(found.edition, found.kind)
    endings = [{"words": said(e), "n": coverage.endings.get(e["name"], 0)} for e in body["endings"]]
    pace = pace_by_part(found, [f.area.id for f in parts], at=at)
    speeds = {f.area.id: {"pace": pace.get(f.area.id, 0), "done_at": _done(f, pace, at)} for f in parts}
    now = at_work_in(found)
    sites = [f"{state_shown(s, STATION_WORDS)['words']} {n}" for s in STATION_STATES if (n := now.stations.get(s))]
    return {
        "coverage": coverage, "endings": [e for e in endings if e["n"]], "speeds": speeds, "ends_at": found.ends_at,
        "kind": said(body["words"]), "listed": coverage.all - coverage.added, "n_sites": sum(now.stations.values()),
        "site_words": " · ".join(sites), "units": now, "unseated": now.desks - now.seated,
    }  # fmt: skip


def _done(f: AreaFigures, pace: Mapping[UUID, int], at: datetime) -> datetime | None:
    return finish_at(f.left, pace.get(f.area.id, 0), at) if f.left else None


def _parts(parts: Sequence[AreaFigures]) -> dict[str, Any]:
    """The parts with most left, and the rest in one row, so that all add up to the whole."""
    if len(parts) <= MOST_PARTS:
        return {"parts": parts, "rest": None}
    rest = parts[MOST_PARTS - 1 :]
    return {"parts": parts[: MOST_PARTS - 1], "rest": {"n": len(rest), "left": sum(f.left for f in rest)}}


def _cards(groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is past its time and nobody's: what, where, since when; never whom it is about."""
    shown = [
        {**g, "words": titled(SimpleNamespace(**g)) or said(kind(g["kind"], g["version"])["words"]),
         "place": SimpleNamespace(name=g["area__name"], name_en=g["area__name_en"])}
        for g in groups[:MOST_CARDS]
    ]  # fmt: skip
    every = sum(g["n"] for g in groups)
    return {"cards": shown, "untaken": every, "more": every - sum(g["n"] for g in shown)}


def _events(open_ones: Sequence[Incident], zones: Mapping[UUID, str]) -> dict[str, Any]:
    """The last events of the open incidents, oldest first."""
    ids = [i.id for i in open_ones]
    log = queries.timeline_of(ids, limit=40, leave_out=QUIET) if ids else []
    bodies = [edition(code) for code in dict.fromkeys(i.edition for i in open_ones)]
    words = {part: [e for b in bodies for e in b.get(part, [])] for part in ("phases", "signals", "zone_kinds")}
    rows = w.timeline_rows(log, words, zones, {})[:MOST_EVENTS]
    return {"events": rows[::-1]}
