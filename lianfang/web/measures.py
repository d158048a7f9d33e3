"""Measures of an incident: what holds where, the form that sets or changes one, and every earlier version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.domains.accounts.queries import labels_of, may, require
from lianfang.domains.areas.queries import area
from lianfang.domains.editions.queries import kinds_by_name, section_of
from lianfang.domains.incidents import queries
from lianfang.domains.incidents.models import Incident, Measure
from lianfang.domains.incidents.services import MeasureText, end_measure, set_measure
from lianfang.domains.places.models import Place
from lianfang.domains.places.queries import places_in
from lianfang.domains.work.queries import board
from lianfang.domains.work.rules import field_of
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.words import said

LOCAL = ZoneInfo("Asia/Shanghai")


def catalogue(incident: Incident) -> dict[str, Any]:
    """What a measure may be about under an incident's edition, by name."""
    return {m["name"]: m for m in section_of(incident.edition, "measures")}


def choices_of(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Choices of the kind's field that a measure may forbid, in words."""
    about = entry.get("about") or {}
    body = kinds_by_name().get(about.get("kind", ""))
    field = field_of(body, about["field"]) if body else None
    return [{"value": c["value"], "words": said(c)} for c in (field or {}).get("choices", [])]


def measure_rows(measures: Sequence[Measure], at: datetime) -> list[dict[str, Any]]:
    """Measures as a page shows them: about what, text, where, whether they hold."""
    books: dict[str, dict[str, Any]] = {}
    rows = []
    for m in measures:
        book = books.setdefault(m.incident.edition, catalogue(m.incident))
        entry = book.get(m.name, {})
        ends = min(filter(None, (m.ended_at, m.until_at)), default=None)
        holds = m.from_at <= at and (ends is None or ends > at)
        forbids = [c["words"] for c in choices_of(entry) if c["value"] in m.forbids] if m.forbids else []
        rows.append(
            {"m": m, "about": said(entry.get("words")) or m.name, "text": said(m.text), "holds": holds,
             "is_coming": m.from_at > at, "ends": ends, "forbids": forbids}
        )  # fmt: skip
    return rows


@signed_in
def new(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """The form of a measure, empty or with the text of the one it changes."""
    by = actor_of(request)
    incident = queries.incident_seen(incident_id, by=by)
    where = uuid_in(request.GET.get("area")) or incident.area_id
    require(by, "incidents.phase", area_id=where, incident_id=incident_id)
    old = queries.measure_seen(changed, by=by) if (changed := uuid_in(request.GET.get("changes"))) else None
    entries = [{**e, "choices": choices_of(e)} for e in catalogue(incident).values()]
    context = {"incident": incident, "area": area(where), "entries": entries, "old": old,
               "places": list(places_in(where, by=by)[:200]), "from_at": clock.now().astimezone(LOCAL)}  # fmt: skip
    return page(request, "measures/new.html", context)


def _moment(text: str) -> datetime | None:
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return typed.replace(tzinfo=LOCAL) if typed.tzinfo is None else typed


def typed_moment(text: str, otherwise: datetime) -> datetime:
    """A moment typed into a form in local time, or another where nothing of the kind was typed."""
    return _moment(text) or otherwise


@signed_in
@require_POST
def take(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Set a measure, or its next version."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    incident = queries.incident_seen(incident_id, by=by)
    says = MeasureText(
        text={"zh": sent.get("zh", ""), "en": sent.get("en", ""), "bo": sent.get("bo", "")},
        reason=sent.get("reason", ""),
        from_at=typed_moment(sent.get("from_at", ""), at),
        until_at=_moment(sent.get("until_at", "")),
        forbids=sent.getlist("forbids"),
        paper_number=sent.get("paper", ""),
    )
    done = set_measure(measure_id=new_id(request), incident_id=incident_id, place_id=uuid_in(sent.get("place")),
                       area_id=uuid_in(sent.get("area")) or incident.area_id, name=sent.get("name", ""), says=says,
                       by=by, at=at)  # fmt: skip
    return redirect(reverse("measure", args=[done.id]) + "?said=incidents.measure_set")


@signed_in
def measure(request: HttpRequest, measure_id: UUID) -> HttpResponse:
    """One measure: its text, every version with reason and dates, and open work that stands under it."""
    by, at = actor_of(request), clock.now()
    found = queries.measure_seen(measure_id, by=by)
    versions = queries.versions_of_measure(found)
    for v in versions:
        v.incident = found.incident
    rows = measure_rows(versions, at)
    about = catalogue(found.incident).get(found.name, {}).get("about") or {}
    under, total = board(by=by, area_id=found.area_id, kind_name=about["kind"]) if about else ([], 0)
    field = about.get("field", "")
    hit = [i for i in under if i.values.get(field) in found.forbids and found.place_id in (None, i.unit_id)]
    context = {"row": next(r for r in rows if r["m"].id == measure_id), "versions": rows, "hit": hit, "total": total,
               "kind": about.get("kind", ""), "posts": labels_of({v.by for v in versions}),
               "place": Place.objects.filter(id=found.place_id).first() if found.place_id else None,
               "may_change": may(by, "incidents.phase", area_id=found.area_id,
                                 incident_id=found.incident_id)}  # fmt: skip
    return page(request, "measures/measure.html", context)


@signed_in
@require_POST
def end(request: HttpRequest, measure_id: UUID) -> HttpResponse:
    """A measure holds no longer, with the reason."""
    end_measure(measure_id=measure_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return redirect(reverse("measure", args=[measure_id]) + "?said=incidents.measure_ended")


@signed_in
def history(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """All measures of an incident as they stood on a day: at its last moment, or now."""
    by, now = actor_of(request), clock.now()
    incident = queries.incident_seen(incident_id, by=by)
    asked = _moment(request.GET.get("on", ""))
    at = min(datetime.combine(asked.date(), time.max, LOCAL), now) if asked else now
    rows = measure_rows(queries.measures_of(incident), at)
    context = {"incident": incident, "rows": [r for r in rows if r["holds"]], "at": at, "on": asked}
    context["others"] = [r for r in rows if not r["holds"]]
    return page(request, "measures/history.html", context)
