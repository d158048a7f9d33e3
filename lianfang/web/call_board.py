"""Calls for who posts and leads them: posting, the counter by shift, roster and waitlist, the code, the turnout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid
from lianfang.domains.accounts.queries import bodies_administered, may, require, rights_in, rights_on
from lianfang.domains.calls import queries
from lianfang.domains.calls.errors import raise_refusal
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.calls.rules import FIRM, state_now
from lianfang.domains.calls.services import (
    Presence,
    add_places,
    allow_claim,
    call_off,
    check_in,
    close_call,
    confirm_hours,
    confirm_turnout,
    mark_no_shows,
    move_shift,
    open_group,
    place_team,
)
from lianfang.domains.responders.queries import teams_of
from lianfang.web.call_mine import LOOKS, state_words
from lianfang.web.calls import hours_text, kit_words
from lianfang.web.crews import lacking_of, role_of
from lianfang.web.door import actor_of, new_id, page, signed_in, uuid_in
from lianfang.web.kept import kept_page, noted_at
from lianfang.web.map import path_to
from lianfang.web.people import named_of
from lianfang.web.places import today, typed_day, whole
from lianfang.web.responses import decision_of, plan_shown
from lianfang.web.rosters import reason
from lianfang.web.shops import shops_for
from lianfang.web.weather_words import needs_of, weather_on
from lianfang.web.words import moment_in, said
from lianfang.web.zones import ids_in

MOST_DAYS = 14
SPAN_DAYS = 30


def call_row(call: Call, at: datetime) -> dict[str, Any]:
    """A call as a line: how many are needed, claimed, waiting, and what is still to settle."""
    shifts = sorted(call.shifts.all(), key=lambda s: s.starts_at)
    ahead = [s for s in shifts if s.ends_at > at]
    return {"call": call, "places": sum(s.places for s in ahead), "taken": sum(s.taken for s in ahead),
            "waiting": sum(s.waiting for s in ahead), "left": sum(s.places - s.taken for s in ahead),
            "next": ahead[0] if ahead else None, "hours": hours_text(ahead[0]) if ahead else "",
            "to_settle": sum(s.ends_at <= at and s.turnout_at is None for s in shifts)}  # fmt: skip


@signed_in
def led(request: HttpRequest) -> HttpResponse:
    """Calls of an area for who leads them: what is short first, and what is needed by hour and by task."""
    by, at = actor_of(request), clock.now()
    path = path_to(request, by)
    area = path[-1]
    require(by, "calls.read", area_id=area.id)
    rows = [call_row(c, at) for c in queries.calls_led(by, at=at)]
    hours = queries.gaps(area.id, by=by, at=at)
    counts = queries.live_counter(by=by, at=at, area_id=area.id)
    tasks = queries.task_kinds()
    context = {"area": area, "rows": sorted(rows, key=lambda r: (-r["left"], -r["to_settle"])), "hours": hours,
               "short": sum(r["left"] for r in rows), "rights_here": rights_on(by, path), "at": at,
               "counts": [{"c": c, "words": said(tasks.get(c.task, {}).get("words")) or c.task} for c in counts],
               "most": max((h.required for h in hours), default=0),
               "weather": weather_on({r["call"].id for r in rows}, at)}  # fmt: skip
    return page(request, "calls/led.html", context)


def _claim_line(c: Claim) -> dict[str, Any]:
    return {"c": c, "state": state_words(c.state), "look": LOOKS[c.state],
            "may_mark": c.state in ("claimed", "confirmed")}  # fmt: skip


def _filled(shift: Shift, claims: Sequence[Claim]) -> int | None:
    """In how many minutes after it opened the shift was filled; nothing while places are free."""
    placed = sorted(c.placed_at for c in claims if c.placed_at is not None and c.state in FIRM)
    if shift.taken < shift.places or len(placed) < shift.places:
        return None
    return max(0, int((placed[shift.places - 1] - shift.call.opens_at) / timedelta(minutes=1)))


def _with_crew(block: dict[str, Any], crew: queries.Crew | None, skills: Mapping[str, str]) -> dict[str, Any]:
    """A shift on its board with the roles it lacks, and what each who holds a place can do of them."""
    for r in block.get("roster", ()):
        r["able"] = role_of(r["c"], crew, skills)
    return block | {"lacking": lacking_of(block["s"], crew, skills)}


def _shift_block(request: HttpRequest, shift: Shift, claims: Sequence[Claim], at: datetime) -> dict[str, Any]:
    """A shift on its board: who holds a place, who waits, who has come; the code while people can check in."""
    by, rows = actor_of(request), [_claim_line(c) for c in claims]
    block = {"s": shift, "hours": hours_text(shift), "left": shift.places - shift.taken,
             "roster": [r for r in rows if r["c"].state not in ("waiting", "asking")],
             "asking": [r for r in rows if r["c"].state == "asking"],
             "queue": [r for r in rows if r["c"].state == "waiting"],
             "come": sum(c.checked_in_at is not None for c in claims), "is_over": shift.ends_at <= at,
             "filled": _filled(shift, claims), "has_begun": shift.starts_at <= at,
             "unsigned": [c for c in claims if c.state == "done" and c.hours_at is None and c.account_id != by.id],
             "mine_unsigned": any(c.state == "done" and c.hours_at is None and c.account_id == by.id
                                  for c in claims)}  # fmt: skip
    if not block["is_over"]:
        block["digits"] = queries.check_in_code(shift, by=by)
        address = request.build_absolute_uri(reverse("calls-mine") + f"?code={block['digits']}")
        block["qr"] = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    return block


@signed_in
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """One call: counter by shift; for its lead the roster, the waitlist, the check-in code and the turnout."""
    context = _board(request, call_id)
    answer = page if context["leads"] else kept_page  # a roster of others stays on no phone
    return answer(request, "calls/call.html", context)


def _board(request: HttpRequest, call_id: UUID) -> dict[str, Any]:
    by, at = actor_of(request), clock.now()
    found = queries.call_seen(call_id, by=by)
    rights = rights_in(by, found.area_id) | (rights_in(by, found.joint_area_id) if found.joint_area_id else set())
    shifts = found.ordered
    rosters = queries.roster_of([s.id for s in shifts], by=by) if "calls.lead" in rights else {}
    blocks = [_shift_block(request, s, rosters[s.id], at) for s in shifts] if rosters else [
        {"s": s, "hours": hours_text(s), "left": s.places - s.taken, "is_over": s.ends_at <= at} for s in shifts
    ]  # fmt: skip
    for s in shifts:
        s.call = found
    crews, skills = queries.crews_of(shifts, at=at), named_of("skills")
    blocks = [_with_crew(b, crews.get(b["s"].id), skills) for b in blocks]
    spoken = queries.said_of_turns([s.id for s in shifts if s.ends_at <= at], by=by) if rosters else {}
    task = queries.task_of(found)
    ahead = [b for b in blocks if not b["is_over"]]
    context = {"call": found, "blocks": blocks, "rights_here": rights, "leads": bool(rosters), "task": task,
               "kit": kit_words(found), "inside": named_of("inside_kinds").get(found.inside, ""),
               "risk": named_of("risk_classes").get(task.get("risk", ""), ""),
               "training": [said(t) for t in task.get("training", [])],
               "spoken": spoken, "left": sum(b["left"] for b in ahead), "at": at,
               "weather": weather_on([found.id], at).get(found.id, []),
               "needs": needs_of(found, [b["s"] for b in ahead], at),
               "state": state_now(found.state, found.opens_at, at),
               "teams": teams_of(found.area_id, by=by, at=at) if rosters else []}  # fmt: skip
    if rosters:
        context |= shops_for(found, shifts, at, asked="shops" in request.GET)
        context |= {"plan": plan_shown(found, at), "started": decision_of(found)}
    if rosters and found.state != "closed":
        context["link"] = request.build_absolute_uri(reverse("call", args=[found.id]))
        context["link_qr"] = segno.make(context["link"], error="m").svg_data_uri(scale=4, border=2)
    return context


def _to(call_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("call", args=[call_id]) + f"?said={code}")


@require_POST
@signed_in
def close(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The call takes nobody any more."""
    close_call(call_id=call_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return _to(call_id, "calls.closed_now")


@require_POST
@signed_in
def allow(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Somebody who would have too little rest, or serve too long, may or may not; with the reason."""
    sent = request.POST
    made = allow_claim(claim_id=claim_id, is_allowed=sent.get("says") == "yes", reason=sent.get("why", ""),
                       by=actor_of(request), at=clock.now())  # fmt: skip
    return _to(made.shift.call_id, "calls.allowed" if made.state != "released" else "calls.not_allowed")


@require_POST
@signed_in
def places(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """More places for a shift."""
    n = whole(request.POST.get("places", ""), field="places")
    shift = add_places(shift_id=shift_id, places=n, by=actor_of(request), at=clock.now())
    return _to(shift.call_id, "calls.added")


@require_POST
@signed_in
def move(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """A shift that has not begun takes place at another time."""
    sent = request.POST
    shift = move_shift(shift_id=shift_id, starts_at=moment_in(sent.get("from", ""), field="from"),
                       ends_at=moment_in(sent.get("until", ""), field="until"), by=actor_of(request),
                       at=clock.now())  # fmt: skip
    return _to(shift.call_id, "calls.moved")


@require_POST
@signed_in
def off(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """A shift will not be; everybody on it is told why."""
    call_id = call_off(shift_id=shift_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return _to(call_id, "calls.called_off")


@require_POST
@signed_in
def settle(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """Confirm who came to a shift that has ended."""
    shift = confirm_turnout(shift_id=shift_id, by=actor_of(request), at=clock.now())
    return _to(shift.call_id, "calls.settled")


@require_POST
@signed_in
def present(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """The lead checks somebody in."""
    by, at = actor_of(request), clock.now()
    found = queries.claim_seen(claim_id, by=by)
    raise_refusal(check_in(presences=[Presence(claim_id, noted_at(request), by)], by=by, at=at)[0])
    return _to(found.shift.call_id, "calls.present")


@require_POST
@signed_in
def absent(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """The lead marks somebody as not come; the place goes to the next in line."""
    by, at = actor_of(request), clock.now()
    found = queries.claim_seen(claim_id, by=by)
    raise_refusal(mark_no_shows(claim_ids=[claim_id], by=by, at=at)[0])
    return _to(found.shift.call_id, "calls.absent")


@require_POST
@signed_in
def group(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """A further group beside a full one; who waits moves into it."""
    sent = request.POST
    made = open_group(shift_id=shift_id, group_id=new_id(request), title=sent.get("title", ""),
                      places=whole(sent.get("places", ""), field="places"), by=actor_of(request),
                      at=clock.now())  # fmt: skip
    return _to(made.call_id, "calls.group_opened")


@require_POST
@signed_in
def team(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """A whole squad takes its places; whoever cannot is listed with the reason, the others have theirs."""
    by, at, team_id = actor_of(request), clock.now(), uuid_in(request.POST.get("team"))
    shift = queries.shift_seen(shift_id, by=by)
    if team_id is None:
        raise Invalid(field="teams", fix="1")
    done = place_team(shift_id=shift_id, team_id=team_id, by=by, at=at)
    wrong = {(shift_id, o.id): o.code for o in done if o.code and o.code != "repeated"}
    if not wrong:
        return _to(shift.call_id, "calls.team_placed")
    told = queries.told_of(list(wrong))
    refused = [{"s": s, "post": post, "why": reason(wrong[pair])} for pair, (s, post) in told.items()]
    context = _board(request, shift.call_id) | {"refused": refused, "n_adopted": len(done) - len(wrong)}
    return page(request, "calls/call.html", context)


@require_POST
@signed_in
def hours(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The lead of a team, or of the post, confirms hours served."""
    for done in confirm_hours(claim_ids=ids_in(request, "claims"), by=actor_of(request), at=clock.now()):
        raise_refusal(done)
    return _to(call_id, "calls.hours_confirmed")


@signed_in
def turnout(request: HttpRequest) -> HttpResponse:
    """Turnout by unit: person-times and people apart; the head of a unit sees its own people."""
    by, at = actor_of(request), clock.now()
    first = typed_day(request.GET.get("from", ""), today() - timedelta(days=SPAN_DAYS))
    last = typed_day(request.GET.get("until", ""), today())
    span = {"from_at": datetime.combine(first, time(), LOCAL),
            "until_at": datetime.combine(last + timedelta(days=1), time(), LOCAL)}  # fmt: skip
    rows = queries.turnout_by_unit(by=by, **span)
    chosen = uuid_in(request.GET.get("unit")) or (rows[0].unit_id if len(rows) == 1 else None)
    people = queries.people_of_unit(chosen, by=by, **span) if chosen else []
    here = _residents(request, by, span)
    own = bodies_administered(by)
    context = {"rows": rows, "first": first, "last": last, "at": at, "chosen": chosen,
               "keeps_body": bool(own), "files": [r for r in rows if r.unit_id in own],
               "times": sum(r.person_times for r in rows), "claimed": sum(r.claimed for r in rows),
               "people": [_claim_line(c) | {"hours": hours_text(c.shift)} for c in people]}  # fmt: skip
    return page(request, "calls/turnout.html", context | here)


def _residents(request: HttpRequest, by: Actor, span: dict[str, datetime]) -> dict[str, Any]:
    """Who serves of those who live here, wherever and for whichever unit: the same shifts that their unit sees."""
    if not any("responders.read" in g.rights and g.area_id for g in by.grants):
        return {}
    home = path_to(request, by)[-1]
    if not may(by, "responders.read", area_id=home.id):
        return {}
    found = queries.claims_of_residents(home.id, by=by, **span)
    return {"home": home, "residents": [_claim_line(c) | {"hours": hours_text(c.shift)} for c in found],
            "came": sum(c.checked_in_at is not None for c in found),
            "people_here": len({c.account_id for c in found})}  # fmt: skip
