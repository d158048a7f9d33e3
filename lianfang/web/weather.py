"""Weather warnings: what holds, entering and importing one, who has answered; the lead's answer in one tap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, reach, require
from lianfang.domains.areas.queries import areas_of, children_of
from lianfang.domains.editions.queries import value
from lianfang.domains.incidents import queries
from lianfang.domains.incidents.errors import WarningUnfit
from lianfang.domains.incidents.models import WeatherWarning
from lianfang.domains.incidents.rules.cap import MOST_BYTES
from lianfang.domains.incidents.services import WarningText
from lianfang.domains.incidents.services.weather import RIGHT
from lianfang.domains.work.queries.weather import check_counts, check_seen, checks_of, my_checks
from lianfang.domains.work.services import note_check
from lianfang.flows import weather as flow
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incident_words import ended_words
from lianfang.web.measures import LOCAL, typed_moment
from lianfang.web.weather_words import check_shown, chip, choices, colour_words, limits_shown, span
from lianfang.web.words import said

MOST = 40
AREAS = 3  # named in a row; the rest is a number


def _rows(found: Sequence[WeatherWarning], by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Warnings as rows: chip, span, areas, and how many posts have not answered."""
    areas = queries.areas_of_warnings(found)
    counts = check_counts({w.line_id for w in found}, by=by, at=at)
    none = {"open": 0, "asked": 0, "late": 0}
    return [
        {"w": w, "chip": chip(w, at), "span": span(w), "areas": [r.area for r in areas.get(w.id, [])[:AREAS]],
         "more": max(0, len(areas.get(w.id, [])) - AREAS), "counts": counts.get(w.line_id, none),
         "why": ended_words(w.ended_why)}
        for w in found
    ]  # fmt: skip


@signed_in
def weather(request: HttpRequest) -> HttpResponse:
    """Warnings of the actor's areas: what holds and is to come, who has not answered; those behind us below."""
    by, at = actor_of(request), clock.now()
    require(by, "incidents.read")
    rows = _rows(list(queries.warnings_seen(by)[:MOST]), by, at)
    live = [r for r in rows if r["chip"]["is_live"]]
    context = {"live": live, "past": [r for r in rows if not r["chip"]["is_live"]], "may_enter": may(by, RIGHT),
               "asked": sum(r["counts"]["asked"] for r in live), "mine": len(my_checks(by))}  # fmt: skip
    return page(request, "weather/list.html", context)


def _kinds(code: str) -> list[dict[str, Any]]:
    return [
        {"words": said(e["words"]),
         "colours": [{"value": f"{name} {c}", "name": c, "words": colour_words(code, c)} for c in e["colours"]]}
        for name, e in queries.warning_kinds(code).items()
    ]  # fmt: skip


def _ends(code: str, by: Actor, at: datetime) -> datetime:
    hours = float(value(code, "typed_warning_hours", area_id=home_id(by), at=at))
    return at + timedelta(hours=hours)


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """A warning in two taps: what in which colour, and done; area and hours are filled in and may be changed."""
    by, at = actor_of(request), clock.now()
    code, own = queries.today_edition(at), home_id(by)
    require(by, RIGHT, area_id=own)
    if request.method == "POST":
        made = flow.warn(warning_id=new_id(request), says=_typed(request, by, at), by=by, at=at)
        return redirect(reverse("weather-warning", args=[made.id]) + "?said=weather.raised")
    context = {"kinds": _kinds(code), "areas": [areas_of([own])[own], *children_of(own)],
               "from_at": at.astimezone(LOCAL), "until_at": _ends(code, by, at).astimezone(LOCAL)}  # fmt: skip
    return page(request, "weather/new.html", context)


def _typed(request: HttpRequest, by: Actor, at: datetime) -> WarningText:
    sent = request.POST
    kind, _, colour = sent.get("warning", "").partition(" ")
    begins = typed_moment(sent.get("from_at", ""), at)
    ends = typed_moment(sent.get("until_at", ""), _ends(queries.today_edition(at), by, begins))
    area_id = uuid_in(sent.get("area"))
    return WarningText(kind, colour, begins, ends, [area_id] if area_id else [])


@require_POST
@signed_in
def take(request: HttpRequest) -> HttpResponse:
    """Take in an alert file; areas that are not known or not the importer's stand on the warning by their name."""
    sent = request.FILES.get("file")
    if sent is None:
        raise WarningUnfit(field="file")
    # One byte more than an alert may have is enough to refuse it.
    data = sent.read(MOST_BYTES + 1)
    taken = flow.take_alert(data=data, by=actor_of(request), at=clock.now())
    if len(taken.raised) == 1:
        return redirect(reverse("weather-warning", args=[taken.raised[0].id]) + "?said=weather.taken")
    return redirect(reverse("weather") + ("?said=weather.taken" if taken.raised else "?said=weather.cancelled"))


@signed_in
def warning(request: HttpRequest, warning_id: UUID) -> HttpResponse:
    """One warning: its text, areas and what it asks; each post it flagged, first those who have not answered."""
    by, at = actor_of(request), clock.now()
    found = queries.warning_seen(warning_id, by=by)
    areas = [r.area for r in queries.areas_of_warnings([found]).get(found.id, [])]
    rows = [check_shown(c, at) for c in checks_of(found, by=by)] if may(by, "work.read") else []
    rule = queries.rule_of(found, area_id=areas[0].id if areas else None, at=at)
    here = {a.id for a in areas}
    may_end = bool(here) and reach(by, RIGHT, areas=here).areas >= here
    context = {"w": found, "why": ended_words(found.ended_why), "chip": chip(found, at), "span": span(found),
               "areas": areas, "rows": rows, "may_end": may_end,
               "asked": sum(r["item"].state == "asked" for r in rows),
               "late": sum(r["is_late"] for r in rows if r["item"].state == "asked"),
               "limits": limits_shown([rule] if rule else []),
               "versions": [{"w": v, "chip": chip(v, at), "span": span(v)}
                            for v in queries.versions_of_warning(found)]}  # fmt: skip
    return page(request, "weather/warning.html", context)


@require_POST
@signed_in
def cancel(request: HttpRequest, warning_id: UUID) -> HttpResponse:
    """The warning holds no longer."""
    by = actor_of(request)
    found = queries.warning_seen(warning_id, by=by)
    flow.cancel_warning(warning_id=found.id, why=request.POST.get("why", ""), by=by, at=clock.now())
    return redirect(reverse("weather-warning", args=[warning_id]) + "?said=weather.cancelled")


@signed_in
def checks(request: HttpRequest) -> HttpResponse:
    """The lead's own posts under a warning, on a phone: one tap each; or one post that was asked for."""
    by, at = actor_of(request), clock.now()
    asked = uuid_in(request.GET.get("item"))
    found = [check_seen(asked, by=by)] if asked else my_checks(by)
    rows = [check_shown(c, at) for c in found]
    context = {"rows": rows, "choices": choices(), "left": sum(r["item"].state == "asked" for r in rows)}
    return page(request, "weather/checks.html", context)


def _back(code: str) -> HttpResponse:
    return redirect(reverse("weather-checks") + f"?said={code}")


def _note(request: HttpRequest, item_id: UUID, move: str, choice: str) -> None:
    by = actor_of(request)
    item = check_seen(item_id, by=by).item
    note_check(note_id=new_id(request), item_id=item_id, warning_id=item.root_id, incident_id=item.incident_id,
               area_id=item.area_id, move=move, choice=choice, by=by, at=clock.now())  # fmt: skip


@require_POST
@signed_in
def answer(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """What is done at a post: one of the choices of the kind."""
    _note(request, item_id, "answer", request.POST.get("choice", ""))
    return _back("weather.answered")


@require_POST
@signed_in
def resume(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """A post is back to normal before the warning is over."""
    _note(request, item_id, "resume", "")
    return _back("weather.resumed")
