"""Rosters: posts beside hours with the gaps first; a call's roster to propose, adopt, edit; posts opened in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid, Refused
from lianfang.base.numerals import whole_in
from lianfang.base.service import Outcome
from lianfang.domains.accounts.queries import require, rights_in, rights_on
from lianfang.domains.calls import queries
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.planning import RosterProposal, Wanted, propose_roster
from lianfang.domains.calls.queries import LOCAL, Crew, Post
from lianfang.domains.calls.rules import Turn, around_the_clock
from lianfang.domains.calls.services import Ask, NewPost, adopt_roster, end_rhythm, move_claim, open_posts
from lianfang.domains.incidents.queries import responses_over
from lianfang.domains.places.queries import places_in
from lianfang.domains.responders.queries import teams_of
from lianfang.kernels.lunar import civil_of, lunar_of, lunar_words, typed_lunar
from lianfang.web.call_outs import MOST_SITES, site_in
from lianfang.web.calls import hours_text
from lianfang.web.crews import lacking_of, role_of, role_rows, roles_in
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.map import path_to
from lianfang.web.people import named_of
from lianfang.web.places import today, typed_day, whole
from lianfang.web.weather_words import warning_name
from lianfang.web.words import clock_of, said

DAYS, MOST_SHOWN, MOST_EVER = (1, 3, 7), 60, 600
# What claiming refuses, as it is said of somebody else: the reasons of health are his own.
HEALTH = ("calls.off_duty", "calls.exposed", "calls.limited")
UNABLE = gettext_noop("cannot serve on it now")
REASONS = {
    "calls.collides": gettext_noop("has a shift at that time"),
    "calls.too_little_rest": gettext_noop("would have too little rest"),
    "calls.too_many_hours": gettext_noop("would serve too long without a rest"),
    "calls.too_many_week": gettext_noop("would serve too many hours in a week"),
    "calls.full": gettext_noop("the shift is full"),
    "calls.kept_for_role": gettext_noop("the last places are kept for a role that is missing"),
    "calls.not_trained": gettext_noop("lacks a verified skill"),
    "calls.not_insured": gettext_noop("is not insured for it"),
    "calls.off_area": gettext_noop("serves in another area"),
    "calls.not_asked": gettext_noop("is not asked by this call"),
    "calls.not_registered": gettext_noop("takes no shifts now"),
    "calls.held_back": gettext_noop("these places are not let go yet"),
    "calls.shift_over": gettext_noop("the shift has ended"),
    "calls.closed": gettext_noop("the call is closed"),
    "calls.not_claimed": gettext_noop("no longer holds that place"),
    "accounts.right_missing": gettext_noop("you do not lead that call"),
}


WISHES = {"day_off": gettext_noop("wished for the day off"), "night": gettext_noop("wished for no nights"),
          "hours": gettext_noop("wished for other hours")}  # fmt: skip
WEATHER = {
    "unanswered": gettext_noop("the lead of the post has not said what is done"),
    "off": gettext_noop("the lead of the post pauses it, or chose another time"),
    "stops": gettext_noop("no work in the open in this weather"),
    "hours": gettext_noop("nobody is outdoors at these hours"),
    "turn": gettext_noop("longer than one may serve outdoors at a stretch: at most %(n)s min"),
}


def barred_rows(found: RosterProposal) -> list[dict[str, Any]]:
    """Shifts for which nobody is proposed in the weather that is warned of, with why."""
    return [
        {"s": s, "hours": hours_text(s), "why": gettext(WEATHER[b.why]) % {"n": b.minutes},
         "warning": warning_name(b.warning.edition, b.warning.kind, b.warning.colour)}
        for s, b in found.barred
    ]  # fmt: skip


def day_words(on: date) -> str:
    """A day of the lunar calendar beside the civil one: 正月初三."""
    try:
        return lunar_words(lunar_of(on))
    except ValueError:
        return ""


def typed_date(text: str, otherwise: date) -> date:
    """A day as typed: 2022-02-03, or 正月初三; a lunar day without a year is the next one to come. Raises Invalid."""
    text = text.strip()
    if not text:
        return otherwise
    try:
        now = lunar_of(today())
        lunar = typed_lunar(text, year=now.year)
        if lunar is None:
            return date.fromisoformat(text)
        found = civil_of(lunar)
        has_year = any(c.isdigit() for c in text.split("年")[0]) and "年" in text
        return found if has_year or found >= today() else civil_of(typed_lunar(text, year=now.year + 1) or lunar)
    except ValueError:
        raise Invalid(field="day", fix="2022-02-03 · 正月初三") from None


def _span(first: date, days: int) -> tuple[datetime, datetime]:
    begins = datetime.combine(first, time(), LOCAL)
    return begins, begins + timedelta(days=days)


def fill_address(shift: Shift, missing: int, role: str = "") -> str:
    """The form of a call for the people whom a shift lacks, filled in; role: the skill they need."""
    begins = shift.starts_at.astimezone(LOCAL)
    told = {"area": shift.call.area_id, "task": shift.call.task, "on": begins.date().isoformat(), "days": 1,
            "from": clock_of(shift.starts_at), "until": clock_of(shift.ends_at), "places": missing,
            "where": shift.call.where, "fills": shift.id} | ({"needs": role} if role else {})  # fmt: skip
    return f"{reverse('call-new')}?{urlencode(told)}"


def cell(s: Shift, crew: Crew | None, skills: Mapping[str, str]) -> dict[str, Any]:
    """A shift on a board: hours, who holds it in which role, how many are missing and the way to fill them.

    Places that lack a role are asked for with its skill; the others beside them.
    """
    lacking = [x | {"fill": fill_address(s, x["n"], x["skill"])} for x in lacking_of(s, crew, skills)]
    left = s.places - s.taken
    others = max(left - sum(x["n"] for x in lacking), 0)
    holders: list[Claim] = s.holders  # type: ignore[attr-defined]  # of the query
    for h in holders:
        h.able = role_of(h, crew, skills)  # type: ignore[attr-defined]  # for the page
    return {"s": s, "hours": hours_text(s), "left": left, "more": others, "lacking": lacking,
            "fill": fill_address(s, others) if others else "", "holders": holders,
            "others": s.taken - len(holders)}  # fmt: skip


def post_row(p: Post, days: Sequence[date], skills: Mapping[str, str]) -> dict[str, Any]:
    """A post as a row of the board: by day its shifts; its gaps in words, skills by their name."""
    by_day: dict[date, list[dict[str, Any]]] = {d: [] for d in days}
    for s in p.shifts:
        on = s.starts_at.astimezone(LOCAL).date()
        by_day[max(on, days[0])].append(cell(s, p.crews.get(s.id), skills))
    return {"p": p, "call": p.call, "days": [{"on": d, "lunar": day_words(d), "cells": by_day[d]} for d in days],
            "gaps": p.gaps[:6], "more_gaps": max(len(p.gaps) - 6, 0)}  # fmt: skip


@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """Posts of an area beside hours: an hour with nobody first, then what lacks most; one button for each gap."""
    by, at = actor_of(request), clock.now()
    path = path_to(request, by)
    area = path[-1]
    require(by, "calls.read", area_id=area.id)
    first, n = typed_day(request.GET.get("from", ""), today()), request.GET.get("days", "1")
    n_days = int(n) if n in {str(d) for d in DAYS} else 1
    most = min(whole_in(request.GET.get("shown", "")) or MOST_SHOWN, MOST_EVER)
    begins, ends = _span(first, n_days)
    posts = queries.posts_on(area.id, begins, ends, by=by, at=at)
    skills = named_of("skills")
    days = [first + timedelta(days=d) for d in range(n_days)]
    context = {"area": area, "path": path[:-1], "rows": [post_row(p, days, skills) for p in posts[:most]], "at": at,
               "n_posts": len(posts), "n_shown": min(len(posts), most), "more": most + MOST_SHOWN, "spans": DAYS,
               "n_days": n_days, "first": first, "before": first - timedelta(days=n_days),
               "after": first + timedelta(days=n_days),
               "empty": sum(p.is_ever_empty for p in posts), "missing": sum(p.missing for p in posts),
               "lacking": sum(p.lacking for p in posts),
               "heads": queries.heads_of(area.id, begins, ends, by=by), "rights_here": rights_on(by, path),
               "lunar": day_words(first)}  # fmt: skip
    return page(request, "rosters/board.html", context)


def _days_off(request: HttpRequest) -> frozenset[tuple[UUID, date]]:
    """Days off as ticked: the account and the day in one value."""
    found = set()
    for text in request.GET.getlist("off"):
        who, _, on = text.partition(" ")
        account = uuid_in(who)
        try:
            if account:
                found.add((account, date.fromisoformat(on)))
        except ValueError:
            continue
    return frozenset(found)


def _wanted(request: HttpRequest, first: date, days: int) -> Wanted:
    asked = request.GET
    return Wanted(first, first + timedelta(days=days - 1), uuid_in(asked.get("team")), asked.get("closed") == "1",
                  _days_off(request))  # fmt: skip


def _proposal_lines(found: RosterProposal) -> list[dict[str, Any]]:
    """Lines of a proposal with their cells: kept already, or to be ticked; wishes that it does not keep."""
    return [
        {"x": x, "unmet": [{"words": gettext(WISHES[name]), "on": on} for name, on in x.unmet],
         "cells": [{"s": s, "hours": hours_text(s) if s else "", "kept": kept, "on": on}
                           for s, kept, on in zip(x.cells, x.kept, found.days, strict=True)]}
        for x in found.lines
    ]  # fmt: skip


def roster_context(request: HttpRequest, call_id: UUID, by: Actor, at: datetime) -> dict[str, Any]:
    """What the page of a roster shows, whatever was asked of it."""
    found = queries.rhythm_seen(call_id, by=by)
    first = typed_day(request.GET.get("from", ""), max(today(), _first_day(found)))
    n_days = min(whole_in(request.GET.get("days", "7")) or 7, 31)
    begins, ends = _span(first, n_days)
    days = [first + timedelta(days=d) for d in range(n_days)]
    posts = queries.posts_on(found.area_id, begins, ends, by=by, at=at, call_id=call_id)
    skills = named_of("skills")
    rights = rights_in(by, found.area_id)
    leads = "calls.lead" in rights
    context = {"call": found, "rhythm": found.repeats, "first": first, "n_days": n_days, "days": days, "at": at,
               "row": post_row(posts[0], days, skills) if posts else None, "leads": leads, "lunar": day_words(first),
               "posts_right": "calls.post" in rights, "rights_here": rights, "skills": skills,
               "role_rows": role_rows(found.roles),
               "teams": teams_of(found.area_id, by=by, at=at) if leads else [], "asked": request.GET}  # fmt: skip
    if found.repeats:
        context |= {"since": found.repeats.from_on, "since_lunar": day_words(found.repeats.from_on)}
    targets = [s for s in (posts[0].shifts if posts else []) if s.ends_at > at]
    return context | {"targets": [{"s": s, "hours": hours_text(s)} for s in targets]}


def _first_day(call: Any) -> date:
    first = call.shifts.order_by("starts_at").values_list("starts_at", flat=True).first()
    return first.astimezone(LOCAL).date() if first else today()


@signed_in
def roster(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """A call's roster: who holds what; proposed for a squad on asking, with gaps and reasons, to tick and adopt."""
    by, at = actor_of(request), clock.now()
    context = roster_context(request, call_id, by, at)
    if request.GET.get("propose") and context["leads"]:
        wanted = _wanted(request, context["first"], context["n_days"])
        found = propose_roster(call_id, wanted, by=by, at=at)
        skills = context["skills"]
        context |= {"proposal": found, "lines": _proposal_lines(found), "wanted": wanted, "barred": barred_rows(found),
                    "open": [{"g": g, "hours": hours_text(g.shift), "role": skills.get(g.role, g.role),
                              "fill": fill_address(g.shift, g.missing, g.role)} for g in found.gaps]}  # fmt: skip
    return page(request, "rosters/roster.html", context)


def picked(request: HttpRequest, by: Actor, at: datetime) -> list[Ask]:
    """What was ticked: shift and account in one value; the form's own id makes a second press the same."""
    form, out = new_id(request), []
    for text in dict.fromkeys(request.POST.getlist("pick")):
        shift, _, account = text.partition(" ")
        ids = uuid_in(shift), uuid_in(account)
        if ids[0] and ids[1]:
            out.append(Ask(uuid5(form, text), ids[0], ids[1], at, by, waits=False))
    if not out:
        raise Invalid(field="people", fix="1")
    return out


def refusals(asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What was not adopted: whose shift, and why, as it may be said of somebody else."""
    wrong = {o.id: o.code for o in outcomes if o.code and o.code != "repeated"}
    why = {(a.shift_id, a.account_id): wrong[a.id] for a in asks if a.id in wrong}
    told = queries.told_of(list(why))
    return [{"s": s, "post": post, "why": reason(why[pair])} for pair, (s, post) in told.items()]


def reason(code: str) -> str:
    """Why somebody else cannot have a place, in words."""
    return gettext(REASONS.get(code, UNABLE))


@require_POST
@signed_in
def adopt(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The ticked cells hold; each person is told once; what was refused is listed with its reason."""
    by, at = actor_of(request), clock.now()
    asks = picked(request, by, at)
    wrong = refusals(asks, adopt_roster(asks=asks, by=by, at=at))
    if not wrong:
        return to_roster(call_id, "calls.roster_adopted")
    context = roster_context(request, call_id, by, at) | {"refused": wrong, "n_adopted": len(asks) - len(wrong)}
    return page(request, "rosters/roster.html", context)


def to_roster(call_id: UUID, code: str) -> HttpResponse:
    """To the roster of a call, saying what was done."""
    return redirect(reverse("roster-call", args=[call_id]) + f"?said={code}")


@require_POST
@signed_in
def move(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Somebody is put on another shift, or stays where he was and the reason is said."""
    by, at, shift_id = actor_of(request), clock.now(), uuid_in(request.POST.get("shift"))
    claim = queries.claim_seen(claim_id, by=by)
    call_id = claim.shift.call_id
    try:
        move_claim(claim_id=claim_id, moved_id=new_id(request), shift_id=shift_id or claim.shift_id, by=by, at=at)
    except Refused as refused:
        if refused.code not in REASONS and refused.code not in HEALTH:
            raise
        return not_done(request, refused, (claim.shift_id, claim.account_id), claim.shift.call_id, by, at)
    return to_roster(call_id, "calls.moved")


def not_done(request: HttpRequest, refused: Refused, pair: tuple[UUID, UUID], call_id: UUID, by: Actor,
             at: datetime) -> HttpResponse:  # fmt: skip
    """The roster as it stands, with why somebody (shift, account) cannot have a place, as it may be said of him."""
    told = queries.told_of([pair])
    wrong = [{"s": s, "post": post, "why": reason(refused.code)} for s, post in told.values()]
    context = roster_context(request, call_id, by, at) | {"refused": wrong, "n_adopted": 0}
    response = page(request, "rosters/roster.html", context, status=refused.status)
    response.is_refusal = True  # type: ignore[attr-defined]  # the door rolls back what was begun
    return response


@require_POST
@signed_in
def end(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """A post is served until a day and no longer."""
    last = typed_date(request.POST.get("until", ""), today())
    end_rhythm(call_id=call_id, last_on=last, by=actor_of(request), at=clock.now())
    return to_roster(call_id, "calls.rhythm_ended")


def _turns(sent: Mapping[str, Any]) -> list[Turn]:
    """The turns of a day from the form: so many hours round the clock, or one with a begin and an end."""
    places, hours = whole(sent.get("places", "1"), field="places"), whole(sent.get("hours", "8"), field="hours")
    try:
        begins = time.fromisoformat(sent.get("from", "08:00"))
        until = time.fromisoformat(sent.get("until", "") or "00:00")
    except ValueError:
        raise Invalid(field="from", fix="HH:MM") from None
    if sent.get("shape") == "once":
        minutes = (until.hour * 60 + until.minute - begins.hour * 60 - begins.minute) % 1440 or 1440
        return [Turn(begins, minutes, places)]
    if not 1 <= hours <= 24:
        raise Invalid(field="hours", fix="1–24")
    return around_the_clock(hours, places, begins)


@signed_in
def posts(request: HttpRequest) -> HttpResponse:
    """Open named posts in bulk, one a line, from one template of turns; a day may be typed in either calendar."""
    by = actor_of(request)
    path = path_to(request, by)
    area = path[-1]
    require(by, "calls.post", area_id=area.id)
    if request.method == "POST":
        return _opened(request, by)
    tasks = queries.task_kinds()
    context = {"area": area, "tasks": [(n, said(b["words"])) for n, b in tasks.items()], "today": today(),
               "responses": responses_over(area.id), "sites": list(places_in(area.id, by=by)[:MOST_SITES]),
               "lunar": day_words(today()),
               "skills": named_of("skills"), "role_rows": role_rows([])}  # fmt: skip
    return page(request, "rosters/posts.html", context)


def _opened(request: HttpRequest, by: Actor) -> HttpResponse:
    sent, first = request.POST, new_id(request)
    area_id = uuid_in(sent.get("area")) or home_id(by)
    names = list(dict.fromkeys(n.strip() for n in sent.get("names", "").splitlines() if n.strip()))
    begins = typed_date(sent.get("first_day", ""), today())
    last = sent.get("last_day", "").strip()
    open_posts(posts=[NewPost(uuid5(first, n), n) for n in names], area_id=area_id, task=sent.get("task", ""),
               turns=_turns(sent), from_on=begins, until_on=typed_date(last, begins) if last else None,
               skills=sent.getlist("needs"), roles=roles_in(request), incident_id=response_in(request, area_id),
               place_id=site_in(sent.get("site"), by), by=by, at=clock.now())  # fmt: skip
    return redirect(f"{reverse('rosters')}?area={area_id}&from={begins.isoformat()}&said=calls.posts_opened")
