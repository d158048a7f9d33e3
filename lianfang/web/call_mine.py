"""My shifts on a phone: time to go, check in by code, leave, release; what lies behind me."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Refused
from lianfang.base.service import Outcome
from lianfang.base.throttle import Limit, give_back, take_try
from lianfang.domains.calls import queries
from lianfang.domains.calls.errors import CodeWrong, TooManyTries, raise_refusal
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.rules import Noted, duty_state, sum_counted
from lianfang.domains.calls.rules.proofs import PHOTO, PLACE
from lianfang.domains.calls.services import Presence, check_in, check_out, confirm_claims, release_claims
from lianfang.domains.work.queries.own import tests_of
from lianfang.domains.work.queries.thanks import thanks_shown
from lianfang.web.call_swaps import swaps_for
from lianfang.web.calls import hours_text, kit_words
from lianfang.web.door import actor_of, signed_in, uuid_in
from lianfang.web.duty import back_to
from lianfang.web.kept import kept_page, noted_at
from lianfang.web.people import named_of
from lianfang.web.shops import host_words
from lianfang.web.weather_words import weather_on
from lianfang.web.words import said

CODES = Limit("check-in", 8, 600)  # of a million codes: nobody gets in by trying
LOOKS = {"claimed": "doing", "confirmed": "done", "waiting": "tried", "asking": "tried", "checked_in": "done",
         "done": "other", "no_show": "bad"}  # fmt: skip


def state_words(state: str) -> str:
    """The state of a claim in words."""
    return {
        "claimed": gettext("claimed"),
        "confirmed": gettext("will come"),
        "waiting": gettext("in line"),
        "asking": gettext("asked the lead"),
        "checked_in": gettext("on duty"),
        "done": gettext("served"),
        "no_show": gettext("did not come"),
        "released": gettext("given back"),
    }[state]


def claim_row(c: Claim, at: datetime, early: timedelta) -> dict[str, Any]:
    """A claim as a card: what, where, when, and what can be done with it now."""
    s = c.shift
    return {"c": c, "s": s, "call": s.call, "hours": hours_text(s), "state": state_words(c.state),
            "look": LOOKS[c.state], "kit": kit_words(s.call),
            "may_come": c.state in ("claimed", "confirmed") and s.starts_at - early <= at < s.ends_at,
            "is_late": c.state in ("claimed", "confirmed") and s.starts_at < at,
            "may_release": c.state in ("claimed", "confirmed", "waiting", "asking"), "opens": s.starts_at - early,
            "late_minutes": int((at - s.starts_at) / timedelta(minutes=1)), "hours_served": c.hours_served}  # fmt: skip


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """My shifts: come, serve, leave; waitlists; and those behind me."""
    by, at = actor_of(request), clock.now()
    ahead, behind = queries.my_claims(by, at=at), queries.past_claims(by, at=at)
    limits = queries.limits_of({c.shift.call.area_id for c in (*ahead, *behind)}, at=at)

    def row(c: Claim) -> dict[str, Any]:
        early = timedelta(minutes=limits[c.shift.call.area_id]["check_in_early_minutes"])
        return claim_row(c, at, early)

    code = request.GET.get("code", "")[:6]
    on = [c for c in ahead if c.state == "checked_in"]
    noted, asked = queries.noted_of([c.id for c in on]), queries.proofs_asked(on, at=at)
    shown = []
    for c in ahead:
        duty = _on_duty(c, noted[c.id], limits[c.shift.call.area_id], asked[c.id].kinds, at) if c in on else {}
        shown.append(row(c) | duty)
    skills = named_of("skills")
    with_whom = {i: [gettext("%(skill)s %(post)s") % {"skill": skills.get(k, k), "post": p} for k, p in some]
                 for i, some in queries.beside(ahead, at=at).items()}  # fmt: skip
    mates = queries.mates_of(on)
    gone = [row(c) | {"may_say_left": _may_say_left(c, limits[c.shift.call.area_id], at)} for c in behind]
    context = {"ahead": shown, "hosts": host_words(ahead), "behind": gone, "typed": code, "with_whom": with_whom,
               "thanks": thanks_shown({c.shift.call.area_id for c in (*ahead, *behind)}, at=at, limit=3),
               "mates": mates, "tests": tests_of(by.id) if any(c.state == "done" for c in behind) or on else [],
               "called_out": queries.my_call_outs(by, at=at),
               "weather": weather_on({c.shift.call_id for c in ahead}, at)}  # fmt: skip
    return kept_page(request, "calls/mine.html", context | swaps_for(by, ahead, at))


def _on_duty(
    c: Claim, notes: list[Noted], limits: dict[str, Any], proofs: frozenset[str], at: datetime
) -> dict[str, Any]:
    """What somebody on duty can note with one tap, how long he has been in a suit, and what is asked of him."""
    state = duty_state(notes, c.checked_in_at or at)
    task = queries.task_of(c.shift.call)
    suit = task.get("suit")
    quick = [("back", gettext("Back from the break"))] if state.break_since else [("break", gettext("Break"))]
    quick += [] if state.has_eaten else [("meal", gettext("I have eaten"))]
    if suit and not state.inside_since:
        on = state.suit_since is None
        quick += [("suit-on", gettext("Suit on"))] if on else [("suit-off", gettext("Suit off"))]
    quick += [] if state.relief_at else [("relief", gettext("I need relief"))]
    worn = state.suit_since or state.inside_since
    minutes = int((at - worn) / timedelta(minutes=1)) if worn else 0
    return {
        "duty": state,
        "quick": quick,
        "proofs": {"place": PLACE in proofs, "photo": PHOTO in proofs},
        "unit": said(task.get("unit")),
        "counted": sum_counted(notes),
        "suit_minutes": minutes,
        "suit_over": minutes > limits["suit_minutes"],
    }


def _may_say_left(c: Claim, limits: dict[str, Any], at: datetime) -> bool:
    """Whether the turnout took somebody to have left at the end, and he may still say that he leaves now."""
    s = c.shift
    settled = c.state == "done" and s.turnout_at is not None and c.checked_out_at == s.ends_at
    return settled and s.ends_at < at <= s.ends_at + timedelta(minutes=limits["check_out_late_minutes"])


def _back(code: str) -> HttpResponse:
    return redirect(reverse("calls-mine") + f"?said={code}")


def _noted(request: HttpRequest, claim_id: UUID, service: Callable[..., list[Outcome]]) -> None:
    by = actor_of(request)
    here = Presence(claim_id, noted_at(request), by, request.POST.get("code", ""))
    raise_refusal(service(presences=[here], by=by, at=clock.now())[0])


@require_POST
@signed_in
def come(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Check in by the code shown at the post; wrong codes are counted, and after some the next waits."""
    if not take_try(CODES, str(claim_id), at=clock.now()):
        raise TooManyTries(retry_seconds=CODES.seconds)
    try:
        _noted(request, claim_id, check_in)
    except CodeWrong:
        raise
    except Refused:
        give_back(CODES, str(claim_id))
        raise
    give_back(CODES, str(claim_id))
    return _back("calls.came")


@require_POST
@signed_in
def leave(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Check out; by the lead from the board of those on duty, or from the call."""
    _noted(request, claim_id, check_out)
    if request.POST.get("on_board"):
        return redirect(back_to(request, "calls.left"))
    if call_id := uuid_in(request.POST.get("call")):
        return redirect(reverse("call", args=[call_id]) + "?said=calls.left")
    return _back("calls.left")


@require_POST
@signed_in
def confirm(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Say that one will come."""
    _noted(request, claim_id, confirm_claims)
    return _back("calls.confirmed")


@require_POST
@signed_in
def release(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Give the place back, or leave the waitlist."""
    raise_refusal(release_claims(claim_ids=[claim_id], by=actor_of(request), at=clock.now())[0])
    return _back("calls.released")
