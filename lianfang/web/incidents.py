"""Incidents: what is open, signals that wait, one incident with checklist, zones and log, reporting a signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import labels_of, require, visible_areas
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import paths_of
from lianfang.domains.editions.queries import editions_of, hazard_editions, kind, section_of
from lianfang.domains.holds.queries import persons_held
from lianfang.domains.incidents import queries
from lianfang.domains.incidents.models import Incident, Signal, ZoneVersion
from lianfang.domains.incidents.queries import responses_over
from lianfang.domains.incidents.services import acknowledge_signal, report_signal, set_mode
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import checklist_of, open_by_incident, owners_of
from lianfang.domains.work.rules import state_of
from lianfang.flows.enter_phase import enter_phase
from lianfang.flows.open_incident import attach_signal, open_incident
from lianfang.flows.response_level import set_response_level
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.measures import measure_rows, typed_moment
from lianfang.web.signal_form import SignalForm
from lianfang.web.words import said, titled

NOBODY: set[UUID | None] = {None}


def done(name: str, code: str, **where: Any) -> HttpResponse:
    """Back to a page, which says what was done."""
    return redirect(f"{reverse(name, kwargs=where or None)}?said={code}")


def response_in(request: HttpRequest, area_id: UUID) -> UUID | None:
    """Which response something begun in an area belongs to: the one chosen, else the first over it. Raises Invalid."""
    over, chosen = responses_over(area_id), request.POST.get("incident", "")
    if chosen == "none" or (not chosen and not over):
        return None
    found = next((i.id for i in over if not chosen or str(i.id) == chosen), None)
    if found is None:
        raise Invalid(field="incident", fix="none")  # others are named to nobody
    return found


@signed_in
def incidents(request: HttpRequest) -> HttpResponse:
    """Signals that wait first, then open incidents, then the last closed ones."""
    by = actor_of(request)
    require(by, "incidents.read")
    bodies = {e.code: e.body for e in editions_of()}
    waiting = list(queries.signals_waiting(by)[:50])
    seen = list(queries.incidents_seen(by)[:60])
    counts = open_by_incident([i.id for i in seen])
    told = {s.told_id for s in waiting} | {s.acknowledged_by for s in waiting}
    posts = labels_of({i for i in told if i})
    signals = _signal_rows(waiting, bodies, posts, _openable(waiting, by), by)
    for s in signals:
        s["joins"] = [i for i in seen if i.hazard == s["row"].hazard and not i.closed_at] if s["areas"] else []
    rows = [_incident_row(i, bodies.get(i.edition, {}), counts.get(i.id, (0, 0))) for i in seen]
    context = {"signals": signals, "open": [r for r in rows if not r["row"].closed_at]}
    context |= {"closed": [r for r in rows if r["row"].closed_at][:10]}
    context |= {"late": sum(1 for s in signals if s["is_late"]), "unread": sum(1 for s in signals if s["is_waiting"])}
    return page(request, "incidents/list.html", context)


def _openable(waiting: Sequence[Signal], by: Actor) -> dict[UUID, list[Area]]:
    """For each signal the areas, nearest last, in which the actor may open an incident."""
    paths = paths_of(s.area_id for s in waiting)
    every = {a.id for path in paths.values() for a in path}
    may = set(visible_areas(by, "incidents.open").filter(descendant_id__in=every)) if paths else set()
    return {s.id: [a for a in paths.get(s.area_id, []) if a.id in may] for s in waiting}


def _signal_rows(
    waiting: Sequence[Signal],
    bodies: Mapping[str, Any],
    posts: Mapping[UUID, str],
    fit: Mapping[UUID, list[Area]],
    by: Actor,
) -> list[dict[str, Any]]:
    rows = []
    for s in waiting:
        body, now = bodies.get(s.edition, {}), clock.now()
        opens = bool(w.class_of(body, s.kind, s.case_class).get("opens", True))
        county = next((a for a in fit[s.id] if a.level == "county"), fit[s.id][0] if fit[s.id] else None)
        rows.append(
            {"row": s, "words": w.signal_words(body, s.kind, s.case_class), "edition": said(body.get("title")),
             "told": posts.get(s.told_id) if s.told_id else "", "is_waiting": s.acknowledged_at is None,
             "may_watch": not opens and any(p.get("watch") for p in body.get("phases", [])),
             "by": posts.get(s.acknowledged_by) if s.acknowledged_by else "", "opens": opens, "areas": fit[s.id],
             "is_late": s.acknowledged_at is None and s.acknowledge_by is not None and s.acknowledge_by < now,
             "chosen": county, "may_acknowledge": bool(fit[s.id]) or s.told_id == by.id}
        )  # fmt: skip
    return rows


def _incident_row(i: Incident, body: Mapping[str, Any], counts: tuple[int, int]) -> dict[str, Any]:
    mode = w.phase_words(body, i.mode)
    return {"row": i, "phase": w.phase_words(body, i.phase), "mode": mode, "left": counts[0], "all": counts[1],
            "done": counts[1] - counts[0]}  # fmt: skip


@signed_in
@require_POST
def acknowledge(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """Somebody has it."""
    acknowledge_signal(signal_id=signal_id, by=actor_of(request), at=clock.now())
    return done("incidents", "incidents.acknowledged")


@signed_in
@require_POST
def open_one(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """Open an incident from a signal; in an exercise's database it is an exercise."""
    by = actor_of(request)
    opened = open_incident(
        incident_id=new_id(request), signal_id=signal_id, area_id=uuid_in(request.POST.get("area")) or home_id(by),
        is_drill=queries.is_exercise(), by=by, at=clock.now(), is_watch=request.POST.get("watch") == "1",
    )  # fmt: skip
    return done("incident", "incidents.opened", incident_id=opened.id)


@signed_in
@require_POST
def attach(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """A further signal belongs to an incident that is open."""
    incident_id = uuid_in(request.POST.get("incident")) or signal_id
    attach_signal(signal_id=signal_id, incident_id=incident_id, by=actor_of(request), at=clock.now())
    return done("incident", "incidents.attached", incident_id=incident_id)


@signed_in
def signal_new(request: HttpRequest) -> HttpResponse:
    """Report a signal: a plain form; the classes that open a response are marked."""
    by = actor_of(request)
    require(by, "incidents.signal")
    form = SignalForm(request.POST or request.GET, hazard_editions(), by=by, now=clock.now())
    if request.method != "POST" or not form.is_valid():
        return page(request, "incidents/signal.html", {"form": form}, status=422 if request.method == "POST" else 200)
    report_signal(signal_id=new_id(request), **form.taken, by=by, at=clock.now())
    return done("incidents", "incidents.reported")


@signed_in
def incident(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """One incident: what is left to do, its zones, its signals, its log, and the forms that change phase and mode."""
    by, at = actor_of(request), clock.now()
    found = queries.incident_seen(incident_id, by=by)
    body = queries.edition_of(found)
    items, versions = checklist_of(found.id, by=by), queries.versions_in(found)
    log, changes = queries.timeline(found, limit=120), queries.changes_of(found)
    posts = {i: p for i, p in [*queries.posts_in(log), *queries.posts_in(changes), *owners_of(items)] if p}
    left, every = open_by_incident([found.id]).get(found.id, (0, 0))
    names = {v.id: v.zone.name for v in versions}
    context = {"incident": found, "left": left, "all": every, "done": every - left, "zones": zone_rows(versions, body)}
    context |= {"tasks": _task_rows(items, posts), "tasks_left": sum(1 for i in items if not i.is_closed)}
    context |= {"held": persons_held(at, incident_id=found.id), "phases": _phase_rows(found, body, changes)}
    context |= {"signals": [_case_row(s, body) for s in queries.signals_of(found)]} | _speed(found, at)
    context |= {"measures": measure_rows(queries.measures_over(found.area_id, at=at), at), "levels": _levels(found)}
    context |= {"changes": _change_rows(changes, body, posts), "log": w.timeline_rows(log, body, names, posts)}
    return page(request, "incidents/incident.html", context)


def _speed(found: Incident, at: datetime) -> dict[str, Any]:
    seconds = int((found.opened_at - found.alerted_at).total_seconds())
    days = (localtime(found.closed_at or at).date() - localtime(found.opened_at).date()).days
    return {"minutes_to_open": seconds // 60, "day_number": days + 1}


def _levels(found: Incident) -> list[dict[str, Any]]:
    """The response levels of the plan, the present one marked."""
    entries = section_of(found.edition, "levels")
    return [{"name": e["name"], "words": said(e["words"]), "is_now": e["name"] == found.level} for e in entries]


@signed_in
@require_POST
def level(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """The response level: by whom, by which paper, from when; it goes down to every lower level."""
    at = clock.now()
    sent = {k: v.strip() for k, v in request.POST.items()}
    set_response_level(
        incident_id=incident_id, level=sent.get("level", ""), issuer=sent.get("issuer", "")[:120],
        paper_number=sent.get("paper", "")[:80], reason=sent.get("reason", "")[:300],
        effective_at=typed_moment(sent.get("effective_at", ""), at), by=actor_of(request), at=at,
    )  # fmt: skip
    return done("incident", "incidents.level_set", incident_id=incident_id)


def _task_rows(items: Sequence[Item], posts: Mapping[UUID, str]) -> list[dict[str, Any]]:
    rows = []
    for i in items:
        state = state_of(kind(i.kind, i.version), i.state)
        owner = posts.get(i.owner_id, "") if i.owner_id else ""
        rows.append(
            {
                "item": i,
                "title": titled(i),
                "owner": owner,
                "state": said(state["words"]),
                "tone": state["tone"],
            }
        )
    return rows


def zone_rows(versions: Sequence[ZoneVersion], body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Zones in force and drafts, the strictest first, drafts last."""
    live = [v for v in versions if v.state in ("in_force", "draft")]
    rows = [{"v": v, "kind": w.kind_shown(body, v.kind), "state": w.state_shown(v.state)} for v in live]
    return sorted(rows, key=lambda r: (r["v"].state == "draft", -r["kind"]["rank"], r["v"].zone.name))


def _case_row(s: Signal, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"row": s, "words": w.signal_words(body, s.kind, s.case_class)}


def _change_rows(changes: Sequence[Any], body: Mapping[str, Any], posts: Mapping[UUID, str]) -> list[dict[str, Any]]:
    return [
        {"at": c.at, "before": w.change_words(body, c.before), "after": w.change_words(body, c.after), "row": c,
         "reason": w.words_of(body, "signals", c.reason), "who": posts.get(c.by, "")}
        for c in changes
    ]  # fmt: skip


def _phase_rows(found: Incident, body: Mapping[str, Any], changes: Sequence[Any]) -> list[dict[str, Any]]:
    """The phases in their order, with the moment each began; the present one marked."""
    steps = [c for c in reversed(changes) if c.what == "phase"]
    began: dict[str, datetime] = {(steps[0].before if steps else found.phase): found.opened_at}
    began |= {c.after: c.at for c in steps}
    # Watching is shown only of a response that began with it.
    names = [p["name"] for p in body.get("phases", []) if p["name"] in began or not p.get("watch")]
    return [{"name": n, "words": w.phase_words(body, n), "is_now": n == found.phase, "at": began.get(n)} for n in names]


@signed_in
@require_POST
def phase(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Another phase, with the reason."""
    asked, reason = request.POST.get("phase", ""), request.POST.get("reason", "").strip()[:300]
    enter_phase(incident_id=incident_id, phase=asked, reason=reason, by=actor_of(request), at=clock.now())
    return done("incident", "incidents.phase_changed", incident_id=incident_id)


@signed_in
@require_POST
def mode(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Routine or emergency, with the reason."""
    asked = "routine" if request.POST.get("mode") == "routine" else "emergency"
    reason = request.POST.get("reason", "").strip()[:300]
    set_mode(incident_id=incident_id, mode=asked, reason=reason, by=actor_of(request), at=clock.now())
    return done("incident", "incidents.mode_changed", incident_id=incident_id)
