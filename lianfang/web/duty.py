"""On duty: the coordinator's board, assembly before deployment, notes with one tap, stopping when harmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import require
from lianfang.domains.calls import queries
from lianfang.domains.calls.errors import raise_refusal
from lianfang.domains.calls.rules.proofs import MOST_BYTES
from lianfang.domains.calls.services import NewNote, note_duty, prove_duty
from lianfang.domains.responders.queries import names_of
from lianfang.flows.stop_duty import stop_duty
from lianfang.flows.watch_posts import ask_for_relief
from lianfang.web.calls import hours_text
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.kept import noted_at
from lianfang.web.map import path_to
from lianfang.web.people import named_of
from lianfang.web.places import today, typed_day, whole
from lianfang.web.weather_words import weather_on
from lianfang.web.words import LOCAL, said

LEAD = "calls.lead"


@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """Who is on duty now, who needs something first; posts with nobody; who is late; meals."""
    by, at = actor_of(request), clock.now()
    path = path_to(request, by)
    area = path[-1]
    require(by, LEAD, area_id=area.id)
    posts = queries.on_posts(area.id, by=by, at=at)
    late = queries.late_people(area.id, by=by, at=at)
    standby = queries.standby_for(list({c.shift_id for c in late}))
    day = at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    names = names_of({p.claim.account_id for p in posts} | {c.account_id for c in late}, by=by, whole=True)
    weather = weather_on({p.claim.shift.call_id for p in posts}, at)
    shown = [{"p": p, **names.get(p.claim.account_id, {}), "weather": weather.get(p.claim.shift.call_id, [])}
             for p in posts]  # fmt: skip
    context = {"area": area, "path": path[:-1], "posts": shown, "at": at,
               "late": [{"c": c, "hours": hours_text(c.shift), "standby": standby.get(c.shift_id, []),
                         **names.get(c.account_id, {})} for c in late],
               "empty": [{"s": s, "hours": hours_text(s)} for s in queries.empty_posts(area.id, by=by, at=at)],
               "meals": queries.meals_at(area.id, at, by=by), "attendance": _attendance(area.id, by, at),
               "misses": queries.near_misses(area.id, by=by, from_at=day, until_at=at + timedelta(minutes=1)),
               "inside": _inside(posts),
               "urgent": sum(p.is_urgent for p in posts), "breaks": sum(p.break_due for p in posts)}  # fmt: skip
    return page(request, "people/duty.html", context)


def _inside(posts: Sequence[queries.OnPost]) -> list[tuple[str, int]]:
    """How many are on duty in each kind of closed place, in words."""
    counted = Counter(p.claim.shift.call.inside for p in posts if p.claim.shift.call.inside)
    words = named_of("inside_kinds") if counted else {}
    return [(words.get(k, k), n) for k, n in sorted(counted.items())]


def _attendance(area_id: UUID, by: Actor, at: datetime) -> list[dict[str, Any]]:
    """Today's attendance by post and kind of people, in words."""
    first = at.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    kinds = named_of("responder_kinds")
    rows = queries.attendance_by_kind(area_id, by=by, from_at=first, until_at=first + timedelta(days=1))
    return [{"area": r["shift__call__area__name"], "title": r["shift__call__title"], "claimed": r["claimed"],
             "kind": kinds.get(r["kind"] or "", gettext("not stated")), "come": r["come"], "absent": r["absent"]}
            for r in rows]  # fmt: skip


@require_POST
@signed_in
def note(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """One tap: a break, a meal, the suit on or off, in or out by a second person, relief asked or sent, an overrun."""
    by, at, sent = actor_of(request), noted_at(request), request.POST
    kind = sent.get("kind", "")
    values: dict[str, Any] = {k: sent[k][:200] for k in ("why", "what") if sent.get(k)}
    if sent.get("clean") == "1":
        values["clean"] = "yes"
    if kind == "overrun":
        values["until"] = (at + timedelta(hours=_hours(sent.get("hours", "")))).isoformat()
    if kind == "count":
        values["n"] = whole(sent.get("n", ""), field="count")
    made = NewNote(new_id(request), claim_id, kind, at, by, values)
    do = {"by": by, "at": clock.now()}
    done = ask_for_relief(note=made, **do) if kind == "relief" else note_duty(notes=[made], **do)[0]
    raise_refusal(done)
    code = "calls.relief_asked" if kind == "relief" else "calls.noted"
    return redirect(back_to(request, code))


@require_POST
@signed_in
def proof(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Somebody on duty shows that he is at his post: by how far he is from it, or by a photo."""
    sent, file = request.POST, request.FILES.get("photo")
    prove_duty(note_id=new_id(request), claim_id=claim_id, point=_point(sent), by=actor_of(request), at=clock.now(),
               photo=file.read(MOST_BYTES + 1) if file else b"")  # fmt: skip
    return redirect(reverse("calls-mine") + "?said=calls.noted")


@signed_in
def photo(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """The newest photo of somebody on duty, for who leads the post; that it was looked at is on the read log."""
    return HttpResponse(queries.photo_of(claim_id, by=actor_of(request)), content_type="image/jpeg")


def _point(sent: Mapping[str, str]) -> tuple[float, float] | None:
    """Longitude and latitude as the phone told them; None where it told none, or none on earth."""
    try:
        lon, lat = float(sent.get("lon", "")), float(sent.get("lat", ""))
    except ValueError:
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _hours(text: str) -> int:
    hours = whole_in(text) or 0
    return hours if hours <= 24 else 0


def back_to(request: HttpRequest, code: str) -> str:
    """To the board of the area from which the lead came, else to my shifts, saying what was done."""
    board = request.POST.get("on_board", "")
    if not board:
        return reverse("calls-mine") + f"?said={code}"
    area = uuid_in(board)
    return reverse("duty") + (f"?area={area}&" if area else "?") + f"said={code}"


@require_POST
@signed_in
def stop(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Somebody on duty is unwell: the work stops, a medic and the lead are told."""
    sent = request.POST
    until = sent.get("until", "")
    last = (
        datetime.combine(typed_day(until, today()) + timedelta(days=1), datetime.min.time(), LOCAL) if until else None
    )
    stop_duty(item_id=new_id(request), claim_id=claim_id, signs=sent.get("signs", ""), action=sent.get("action", ""),
              until_at=last, by=actor_of(request), at=clock.now())  # fmt: skip
    return redirect(back_to(request, "calls.stopped"))


@signed_in
def hours(request: HttpRequest) -> HttpResponse:
    """Hours served in a span by unit, team, host, task or kind of people: from check-ins, never by person."""
    by, given = actor_of(request), request.GET
    path = path_to(request, by)
    require(by, "calls.read", area_id=path[-1].id)
    first = typed_day(given.get("from", ""), today() - timedelta(days=30))
    last = typed_day(given.get("until", ""), today())
    how = given.get("by", "unit")
    how = how if how in ("unit", "team", "host", "home", "task", "kind", "role", "inside", "shop", "job") else "unit"
    span = {"from_at": datetime.combine(first, datetime.min.time(), LOCAL),
            "until_at": datetime.combine(last + timedelta(days=1), datetime.min.time(), LOCAL)}  # fmt: skip
    rows = queries.hours_by(how, by=by, area_id=path[-1].id, **span)
    units = {n: said(t["unit"]) for n, t in queries.task_kinds().items() if t.get("unit")} if how == "task" else {}
    counted = queries.counted_by_task(by=by, area_id=path[-1].id, **span) if how == "task" else {}
    words = {
        "task": named_of("tasks"),
        "job": named_of("tasks"),
        "inside": named_of("inside_kinds"),
        "kind": named_of("responder_kinds"),
        "role": named_of("team_roles"),
    }
    context = {"area": path[-1], "how": how, "first": first, "last": last,
               "rows": [(words.get(how, {}).get(w, w), s, counted.get(w, 0), units.get(w, "")) for w, s in rows],
               "times": sum(s.times for _, s in rows), "all": round(sum(s.hours for _, s in rows), 1)}  # fmt: skip
    return page(request, "people/hours.html", context)
