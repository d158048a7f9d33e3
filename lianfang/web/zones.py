"""Zones: drafting one with its what-if beside it, and one version with who is inside, its authority and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, path_seen, require, rights_on
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import children_of, path_of
from lianfang.domains.decisions.models import Decision
from lianfang.domains.decisions.queries import newest_about
from lianfang.domains.grid.models import Building
from lianfang.domains.grid.queries import buildings_named, buildings_of, doors_in, lives_by_building
from lianfang.domains.incidents import queries
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.incidents.services import draft_zone
from lianfang.domains.reports.queries import lifting_conditions
from lianfang.flows.zones import ask_for_zone, lift_zone
from lianfang.web import incident_words as w
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import done
from lianfang.web.words import said

MOST_DOORS = 500
LISTED = 60  # buildings named on a zone's page; the rest are counted, and stand on the map
MOST = 1500  # buildings on one page; a larger area is chosen further down
RADII = (50, 100, 200, 400)


def ids_in(request: HttpRequest, name: str) -> list[UUID]:
    """Ids a form or an address names, one a field or several joined by commas; what is no id is left out."""
    given = request.POST if request.method == "POST" else request.GET
    found = (uuid_in(part) for text in given.getlist(name) for part in text.split(","))
    return list(dict.fromkeys(i for i in found if i))


def chosen_buildings(request: HttpRequest, *, by: Actor) -> list[UUID]:
    """Buildings chosen one by one, by whole committees, and by a radius round one building."""
    given = request.POST if request.method == "POST" else request.GET
    chosen = ids_in(request, "buildings")
    for committee in ids_in(request, "committees"):
        chosen += buildings_of(committee, by=by).values_list("id", flat=True)
    near = uuid_in(given.get("near"))
    if near and given.get("do") == "near":
        middle = buildings_named([near], by=by).first()
        radius = next((r for r in RADII if str(r) == given.get("radius")), RADII[1])
        chosen += queries.buildings_near(middle, radius_m=radius) if middle else []
    return list(buildings_named(chosen, by=by).values_list("id", flat=True)) if chosen else []


@signed_in
def zone_new(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Draft a zone: kind, place, buildings, what it would mean. A change of place shows it again, nothing lost."""
    by, at = actor_of(request), clock.now()
    found = queries.incident_seen(incident_id, by=by)
    body = queries.edition_of(found)
    given = request.POST if request.method == "POST" else request.GET
    old = queries.version_seen(v, by=by) if (v := uuid_in(given.get("of"))) else None
    chosen = chosen_buildings(request, by=by) or (queries.building_ids(old) if old and request.method == "GET" else [])
    kinds = w.kinds_shown(body)
    kind = given.get("kind") or (old.kind if old else kinds[0]["name"] if kinds else "")
    where = uuid_in(given.get("area")) or (old.zone.area_id if old else start_of(found, by))
    signals = queries.signals_of(found)
    context = {"incident": found, "kinds": kinds, "kind": kind, "old": old, "given": given, "radii": RADII}
    context |= _place(where, chosen, incident_id=incident_id, by=by) | {
        "cases": _cases(signals),
        "why": given.get("why", ""),
    }
    context |= _what_if(body, kind, chosen, old, at)
    return page(request, "zones/new.html", context)


def start_of(found: Incident, by: Actor) -> UUID:
    """Where the choosing of buildings begins: the incident's area, or the actor's own where that is smaller."""
    return found.area_id if may(by, "areas.read", area_id=found.area_id) else home_id(by)


def _cases(signals: Sequence[Any]) -> list[Building]:
    found = {s.building_id: s.building for s in signals if s.building_id and s.building.lon is not None}
    return list(found.values())


def _place(where: UUID, chosen: Sequence[UUID], *, incident_id: UUID, by: Actor) -> dict[str, Any]:
    """The place, what lies below it, and its buildings by committee; chosen ones elsewhere stay in the list."""
    path = path_seen(where, by)
    rows = list(buildings_of(where, by=by).select_related("area")[: MOST + 1])
    is_large = len(rows) > MOST or (len(rows) > 120 and path[-1].level in ("county", "prefecture", "province"))
    listed = {} if is_large else {b.id: b for b in rows}
    rest = [i for i in chosen if i not in listed]
    listed |= {b.id: b for b in buildings_named(rest, by=by)} if rest else {}
    lives = lives_by_building(listed)
    groups: dict[UUID, dict[str, Any]] = {}
    marked = set(chosen)
    for b in listed.values():
        group = groups.setdefault(b.area_id, {"area": b.area, "rows": [], "n": 0, "chosen": 0})
        group["rows"].append({"b": b, "n": lives.get(b.id, 0), "is_chosen": b.id in marked})
        group["n"] += lives.get(b.id, 0)
        group["chosen"] += b.id in marked
    return {"path": [a for a in path if a.is_seen], "where": path[-1], "groups": list(groups.values()),
            "rights_here": rights_on(by, path, incident_id=incident_id), "below": list(children_of(where)),
            "is_large": is_large, "points": [b for b in listed.values() if b.lon is not None][:400]}  # fmt: skip


def _what_if(
    body: Mapping[str, Any], kind: str, chosen: Sequence[UUID], old: ZoneVersion | None, at: datetime
) -> dict[str, Any]:
    if not chosen:
        return {"rule": w.kind_shown(body, kind), "meant": None, "change": None}
    meant = queries.what_if(chosen, at=at)
    change = {k: len(v) for k, v in queries.difference(old, chosen).items()} if old else None
    own = str(old.id) if old else ""  # the version before ends when this one begins: no overlap
    overlaps = [{**o, "words": said(o["words"])} for o in meant["overlaps"] if o["source"] != own]
    flags = w.flags_shown(meant["flags"])
    return {
        "rule": w.kind_shown(body, kind),
        "meant": {**meant, "flags": flags, "overlaps": overlaps},
        "change": change,
    }


@signed_in
@require_POST
def what_if(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """The part beside the form: what this choice would mean. Reads only."""
    by, at = actor_of(request), clock.now()
    found = queries.incident_seen(incident_id, by=by)
    old = queries.version_seen(v, by=by) if (v := uuid_in(request.POST.get("of"))) else None
    chosen = chosen_buildings(request, by=by)
    return page(
        request,
        "zones/_what_if.html",
        _what_if(queries.edition_of(found), request.POST.get("kind", ""), chosen, old, at),
    )


@signed_in
@require_POST
def draft(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """Keep the draft: nothing holds anybody until an authority adopts it."""
    by, given = actor_of(request), request.POST
    version_id = new_id(request)
    drafted = draft_zone(
        version_id=version_id, zone_id=uuid_in(given.get("zone")) or uuid5(version_id, "zone"), incident_id=incident_id,
        area_id=uuid_in(given.get("area")) or home_id(by), name=given.get("name", "").strip()[:120],
        kind=given.get("kind", ""),
        building_ids=chosen_buildings(request, by=by), why=given.get("why", "").strip()[:300], is_proposed=False,
        by=by, at=clock.now(),
    )  # fmt: skip
    return done("zone", "incidents.zone_drafted", version_id=drafted.id)


@signed_in
def zone(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version of a zone: who is inside, what changes for them, who decides, and when it ends."""
    by, at = actor_of(request), clock.now()
    v = queries.version_seen(version_id, by=by)
    found: Incident = v.zone.incident
    body = queries.edition_of(found)
    inside, asked = queries.buildings_inside(v, limit=LISTED), newest_about(v.id)
    path, versions = path_of(v.zone.area_id), queries.versions_of(v.zone)
    place = authority_of(v, body, path)
    posts = _posts(versions, asked)
    meant = queries.inside_of(v)
    context = {"v": v, "incident": found, "kind": w.kind_shown(body, v.kind), "state": w.state_shown(v.state)}
    context |= {"buildings": inside, "meant": meant, "flags": w.flags_shown(meant["flags"]), "authority": place}
    context |= {"conditions": condition_rows(v, at), "versions": _version_rows(versions, body, posts)}
    context |= {"ended": w.ended_words(v.ended_why), "why": w.ended_words(v.why)}
    context |= stand_of(asked, by=by, posts=posts) | {"can": _can(v, asked, path, place, by)}
    context |= {"phase": w.phase_words(body, found.phase)}
    return page(request, "zones/zone.html", context)


@signed_in
def doors(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """The doors of a zone in walking order: all of them, or those that this version added or released."""
    by, asked = actor_of(request), request.GET.get("step", "")
    require(by, "grid.read")
    v = queries.version_seen(version_id, by=by)
    before = queries.version_before(v)
    parts = queries.difference(before, queries.building_ids(v))
    step = asked if before and asked in parts else ""
    ids = parts[step] if step else queries.building_ids(v)
    rows, n_doors, n_people = doors_in(ids, by=by, limit=MOST_DOORS)
    body = queries.edition_of(v.zone.incident)
    context = {"v": v, "rows": rows, "doors": n_doors, "people": n_people, "step": step, "before": before,
               "sizes": {k: len(b) for k, b in parts.items()}, "kind": w.kind_shown(body, v.kind)}  # fmt: skip
    return page(request, "zones/doors.html", context)


def _posts(versions: Sequence[Any], asked: Decision | None) -> dict[UUID, str]:
    """The posts that drafted, asked and spoke, as they came with what they did."""
    steps: Sequence[Any] = asked.steps.all() if asked else ()
    who = {v.by: v.who for v in versions} | {x.by: x.who for s in steps for x in s.spoken.all()}
    if asked and steps:
        who[asked.asked_by] = steps[0].asker
    return {i: label or "" for i, label in who.items()}


def authority_of(v: ZoneVersion, body: Mapping[str, Any], path: Sequence[Area]) -> Area:
    """The area whose command decides on this kind of zone."""
    level = w.entry(body, "zone_kinds", v.kind).get("authority")
    return next((a for a in path if a.level == level), v.zone.area)


def _can(v: ZoneVersion, asked: Decision | None, path: Sequence[Area], place: Area, by: Actor) -> dict[str, bool]:
    """Which buttons the page offers; each service tests the right again."""
    waits = asked is not None and asked.state == "asked"
    incident_id = v.zone.incident_id
    rights = rights_on(by, path, incident_id=incident_id)
    decides = rights_on(by, path[: [a.id for a in path].index(place.id) + 1], incident_id=incident_id)
    return {
        "ask": v.state == "draft" and not waits and "zones.draft" in rights,
        "decide": waits and "zones.adopt" in decides and asked is not None and asked.asked_by != by.id,
        "lift": v.state == "in_force" and "zones.lift" in decides,
        "draft": v.state in ("in_force", "draft") and "zones.draft" in rights,
    }


def stand_of(asked: Decision | None, *, by: Actor, posts: Mapping[UUID, str]) -> dict[str, Any]:
    """How a decision stands: who asked, what was said by whom, until when the authority has time."""
    if asked is None:
        return {"decision": None}
    steps = sorted(asked.steps.all(), key=lambda s: s.position)
    voices = [
        {"who": posts.get(x.by, ""), "at": x.at, "says": w.state_shown({"grant": "granted", "refuse": "refused"}.get(
            x.says, "returned")), "reason": x.reason}
        for s in steps for x in s.spoken.all()
    ]  # fmt: skip
    due = next((s.due_at for s in steps if s.state == "waiting"), None)
    return {"decision": asked, "asker": posts.get(asked.asked_by, ""), "voices": voices, "due": due,
            "asked_state": w.state_shown(asked.state), "is_asker": asked.asked_by == by.id}  # fmt: skip


def condition_rows(v: ZoneVersion, at: datetime) -> list[dict[str, Any]]:
    """Lifting conditions, the failing ones first; those of days with how far they have come."""
    rows = []
    for c in lifting_conditions(v, at=at) if v.state == "in_force" else []:
        is_days = isinstance(c["needed"], int | float) and c["needed"] > 0 and c["stands"] is not None
        rows.append({**c, "is_days": is_days and not c["holds"]})
    return rows


def _version_rows(
    versions: Sequence[ZoneVersion], body: Mapping[str, Any], posts: Mapping[UUID, str]
) -> list[dict[str, Any]]:
    steps = queries.steps_of(versions)
    return [
        {"v": x, "kind": w.kind_shown(body, x.kind), "state": w.state_shown(x.state), "who": posts.get(x.by, ""),
         "step": steps[x.id], "is_first": x.number == 1}
        for x in versions
    ]  # fmt: skip


@signed_in
@require_POST
def ask(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Ask the authority that the edition names."""
    reason = request.POST.get("reason", "").strip()[:300]
    ask_for_zone(
        decision_id=new_id(request), version_id=version_id, reason=reason, by=actor_of(request), at=clock.now()
    )
    return done("zone", "incidents.zone_asked", version_id=version_id)


@signed_in
@require_POST
def lift(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Lift a zone: people are freed and told."""
    why = request.POST.get("why", "").strip()[:120]
    lift_zone(version_id=version_id, why=why, by=actor_of(request), at=clock.now())
    return done("zone", "incidents.zone_lifted", version_id=version_id)
