"""Finding a shift on a phone: what I may take first, and when it is full the waitlist and two others in one tap."""

from __future__ import annotations

from collections.abc import Sequence
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
from lianfang.base.errors import Refused
from lianfang.domains.accounts.queries import may
from lianfang.domains.calls import queries
from lianfang.domains.calls.errors import ALL, KeptForRole, Limited, ShiftFull, TooLittleRest, TooManyHours, TooManyWeek
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries import LOCAL, Offer
from lianfang.domains.calls.services import claim_first, claim_shift
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in
from lianfang.web.kept import kept_page
from lianfang.web.messages import sentence
from lianfang.web.rush import late_words, ticket_for
from lianfang.web.weather_words import weather_on
from lianfang.web.words import clock_of, said

TABS = ("fit", "all", "tomorrow")
MAY_ASK = TooLittleRest | TooManyHours | TooManyWeek | Limited  # what a lead may allow
MOST_TRIED = 5  # shifts tried in turn when any place will do
# A press that comes again is answered as its claim stands by now: nobody is told that a place is his which is not.
SAID = {"waiting": "calls.waiting", "asking": "calls.asking", "released": "calls.released"}
INSTEAD = 2  # other shifts offered with a refusal: more is a list, not an answer


def hours_text(shift: Shift) -> str:
    """21:00–01:00; a day is said beside it where people plan."""
    return f"{clock_of(shift.starts_at)}–{clock_of(shift.ends_at)}"


def kit_words(call: Call) -> str:
    """What is handed out, in the reader's language."""
    return gettext(", ").join(said(k) for k in call.kit)


def near_words(steps: int) -> str:
    """How near a community is, as the tree of areas knows it."""
    return {0: gettext("here"), 1: gettext("same street"), 2: gettext("same county")}.get(steps, gettext("further off"))


def card(o: Offer, tasks: queries.Tasks) -> dict[str, Any]:
    """An offer as a card: what, where, when, how many are still needed, what is handed out, what speaks against it."""
    task = tasks.of(o.shift.call)
    return {"o": o, "s": o.shift, "call": o.shift.call, "hours": hours_text(o.shift), "near": near_words(o.steps),
            "kit": kit_words(o.shift.call), "risk": task.get("risk", ""),
            "training": [said(t) for t in task.get("training", [])], "why_not": _why_not(o),
            "kept": _kept(o)}  # fmt: skip


def _kept(o: Offer) -> str:
    return sentence(KeptForRole.code, {"skills": list(o.kept), "places": o.left}).why if o.kept else ""


def _why_not(o: Offer) -> str:
    if o.mine is not None:
        return gettext("On the waitlist") if o.mine.state == "waiting" else gettext("Yours")
    if o.collides is not None:
        return gettext("You have a shift then: %(hours)s") % {"hours": hours_text(o.collides)}
    return gettext("; ").join(sentence(code, values).why for code, values in o.against)


def offers_of(request: HttpRequest, by: Actor, at: datetime) -> list[Offer]:
    """What is being filled, as the person who asks meets it."""
    unit = getattr(request.user, "organisation_id", None)
    return queries.open_shifts(by=by, at=at, area_id=home_id(by), body_id=unit)


def _is_tomorrow(shift: Shift, at: datetime) -> bool:
    return shift.starts_at.astimezone(LOCAL).date() == at.astimezone(LOCAL).date() + timedelta(days=1)


def _found(request: HttpRequest, by: Actor, at: datetime) -> dict[str, Any]:
    offers = offers_of(request, by, at)
    groups = {"fit": [o for o in offers if o.may_take], "all": offers,
              "tomorrow": [o for o in offers if _is_tomorrow(o.shift, at)]}  # fmt: skip
    tab = request.GET.get("tab", "fit")
    tab = tab if tab in TABS else "fit"
    words = {"fit": gettext("I can take"), "all": gettext("All"), "tomorrow": gettext("Tomorrow")}
    tasks = queries.tasks_known()
    tabs = [{"name": t, "words": words[t], "n": len(groups[t]), "is_here": t == tab} for t in TABS]
    mine = sum(o.mine is not None for o in offers)
    weather = weather_on({o.shift.call_id for o in offers}, at)
    return {"tabs": tabs, "cards": [card(o, tasks) for o in groups[tab]], "tab": tab, "offers": offers, "mine": mine,
            "weather": weather, "ticket": ticket_for(request)}  # fmt: skip


@signed_in
def calls(request: HttpRequest) -> HttpResponse:
    """Shifts that need people: what I may take first, near first."""
    by, at = actor_of(request), clock.now()
    if not may(by, "calls.claim"):
        return redirect("calls-led")
    leads = may(by, "calls.lead") or may(by, "calls.post")
    return kept_page(request, "calls/find.html", _found(request, by, at) | {"leads": leads})


@require_POST
@signed_in
def claim(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    """Take a place, or one on the waitlist; a refusal comes as a sheet with the waitlist and two others to take."""
    by, at, waits = actor_of(request), clock.now(), request.POST.get("waits") == "1"
    try:
        made = claim_shift(claim_id=new_id(request), shift_id=shift_id, account_id=by.id, by=by, at=at, waits=waits,
                           why=request.POST.get("why", "")[:200])  # fmt: skip
    except Refused as refused:
        if refused.code not in ALL or not may(by, "calls.claim"):
            raise
        return _refused(request, refused, shift_id, by, at)
    return redirect(reverse("calls-mine") + f"?said={SAID.get(made.state, 'calls.claimed')}")


def _refused(request: HttpRequest, refused: Refused, shift_id: UUID, by: Actor, at: datetime) -> HttpResponse:
    found = _found(request, by, at)
    shown = next((o.shift for o in found["offers"] if o.shift.id == shift_id), None)
    late = queries.last_place_at(shift_id) if shown is not None and isinstance(refused, ShiftFull) else None
    tasks = queries.tasks_known()
    context = {"code": refused.code, "said": sentence(refused.code, refused.values), "refused": shown,
               "refused_hours": hours_text(shown) if shown else "", "filled_at": late, "late": late_words(late, at),
               "place": refused.values.get("place"), "may_ask": isinstance(refused, MAY_ASK),
               "instead": [card(o, tasks) for o in _instead(found["offers"], shown)]}  # fmt: skip
    response = page(request, "calls/find.html", found | context, status=refused.status)
    response.is_refusal = True  # type: ignore[attr-defined]  # the door rolls back what was begun
    return response


def _instead(offers: Sequence[Offer], refused: Shift | None) -> list[Offer]:
    """The nearest others to take now; among the equally near those that begin about the same time."""
    fit = [o for o in offers if o.may_take and (refused is None or o.shift.id != refused.id)]
    if refused is not None:
        fit.sort(key=lambda o: (o.steps, abs(o.shift.starts_at - refused.starts_at)))
    return fit[:INSTEAD]


@require_POST
@signed_in
def claim_any(request: HttpRequest) -> HttpResponse:
    """Any place will do: where most people are missing, among what I may take, near first where equally many are.

    Never beyond the times and the distance that I stated on my card.
    """
    by, at = actor_of(request), clock.now()
    fit = [o for o in offers_of(request, by, at) if o.may_take and o.suits]
    fit.sort(key=lambda o: (-o.left, o.steps, o.shift.starts_at))
    made = claim_first(claim_id=new_id(request), shift_ids=[o.shift.id for o in fit[:MOST_TRIED]], account_id=by.id,
                       by=by, at=at)  # fmt: skip
    return redirect(reverse("calls-mine") + f"?said=calls.claimed&shift={made.shift_id}")
