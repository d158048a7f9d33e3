"""Ask: what a resident needs, in six big choices; his number, how it stands, and his word whether it is solved.

Without a sign-in too: the link that comes with the number is the key to it, and to nothing else.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor, Grant
from lianfang.base.roles import name_actor
from lianfang.base.throttle import Limit, address_of, take_try
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.areas.queries import area_of_code
from lianfang.domains.grid.models import Presence
from lianfang.domains.needs import queries
from lianfang.domains.needs.errors import PleaMissing, TooManyPleas
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.services import NewPlea, reopen_plea, take_in
from lianfang.domains.needs.services.taking import raise_refusal
from lianfang.flows.thank import close_with_word
from lianfang.web.door import actor_of, new_id, page
from lianfang.web.incidents import response_in
from lianfang.web.needs import plea_row, rating_in
from lianfang.web.people import area_named
from lianfang.web.words import moment, said

SALT = "lianfang.plea"
# So many pleas an hour from one address: a house of flats behind one router has many doors.
ASKED = Limit("pleas asked", most=30, seconds=3600)
STEPS = {
    "received": gettext_noop("We have it. Somebody answers you by %(until)s."),
    "seen": gettext_noop("Somebody has read it and looks after it."),
    "passed": gettext_noop("It was passed on to those who do it."),
    "in_hand": gettext_noop("Somebody is seeing to it."),
    "to_confirm": gettext_noop("It is reported as done. Is it solved?"),
}


def link_of(plea_id: UUID) -> str:
    """The secret part of the address under which an asker finds his plea."""
    return signing.Signer(salt=SALT).sign_object(plea_id.hex, compress=False)


def _plea_of(link: str) -> UUID:
    try:
        return UUID(signing.Signer(salt=SALT).unsign_object(link))
    except (signing.BadSignature, ValueError):
        raise PleaMissing() from None


def _asker(plea_id: UUID, area_id: UUID | None) -> Actor:
    """Who acts by the link of a plea: its asker, with no right but over his own words."""
    grants = (Grant("asker", frozenset[str](), DIVISION, area_id, None),) if area_id else ()
    return Actor(plea_id, grants, "asks for help", None, "")


def _home_of(by: Actor) -> tuple[UUID | None, UUID | None]:
    rows = Presence.objects.filter(person_id=by.person_id, to_on=None, kind__in=("lives", "stays")).order_by("kind")
    found = rows.values_list("household_id", "area_id").first() if by.person_id else None
    return found or (None, None)


def ask(request: HttpRequest) -> HttpResponse:
    """Six big choices, what is needed in one's own words, a phone; signed in, one's own door is known."""
    at = clock.now()
    signed = request.user.is_authenticated
    by = actor_of(request) if signed else None
    if request.method == "POST":
        return _asked(request, by, at)
    kinds = [{"name": n, "words": said(k["words"])} for n, k in queries.plea_kinds().items() if k.get("is_asked")]
    own = [_told(p) for p in queries.own_pleas(by)] if by else []
    told = {"kinds": kinds, "own": own, "signed": signed, "area": request.GET.get("at", "")}
    return page(request, "ask/ask.html", told)


def _asked(request: HttpRequest, by: Actor | None, at: datetime) -> HttpResponse:
    sent, plea_id = request.POST, new_id(request)
    household, place = _home_of(by) if by else (None, None)
    if by is None:
        if not take_try(ASKED, address_of(request), at=at):
            raise TooManyPleas(retry_seconds=ASKED.seconds, most=ASKED.most)
        place = area_of_code(sent["at"]).id if sent.get("at") else area_named(sent.get("community", ""))
    elif place is None:
        place = getattr(request.user, "area_id", None) or next((g.area_id for g in by.grants if g.area_id), None)
    asker = by or _asker(plea_id, place)
    plea = NewPlea(plea_id, "page", sent.get("words", ""), asker, at, is_own=True, name=sent.get("name", ""),
                   phone=sent.get("phone", ""), address=sent.get("where", ""), area_id=place, household_id=household,
                   person_id=by.person_id if by else None, kind=sent.get("kind", ""),
                   incident_id=response_in(request, place) if place else None)  # fmt: skip
    if by is None:
        name_actor(asker)
    raise_refusal(take_in(pleas=[plea], by=asker, at=at)[0])
    return redirect(reverse("asked", args=[link_of(plea_id)]) + "?said=needs.asked")


def _told(p: Plea) -> dict[str, Any]:
    row = plea_row(p)
    step = STEPS.get(row["stand"], "")
    says = gettext(step) % ({"until": moment(p.reply_by)} if "%" in step else {}) if step else row["state"]
    return row | {"says": says, "link": link_of(p.id)}


def asked(request: HttpRequest, link: str) -> HttpResponse:
    """How my plea stands, in plain words; done, I say whether it is solved."""
    plea_id = _plea_of(link)
    by = _asker(plea_id, None)
    name_actor(by)
    found = queries.own_plea(plea_id, by=by)
    return page(request, "ask/asked.html", {"row": _told(found), "p": found, "link": link,
                                            "told": queries.told_of(found, by=by)})  # fmt: skip


@require_POST
def say(request: HttpRequest, link: str) -> HttpResponse:
    """It is solved, with thanks or without; it is not; or I do not need it any more."""
    plea_id, at, sent = _plea_of(link), clock.now(), request.POST
    by = _asker(plea_id, None)
    name_actor(by)
    if sent.get("says") == "unsolved":
        reopen_plea(plea_id=plea_id, why=sent.get("why", ""), by=by, at=at)
        return redirect(reverse("asked", args=[link]) + "?said=needs.reopened")
    close_with_word(plea_id=plea_id, is_solved=sent.get("says") == "solved", rating=rating_in(sent),
                    thanks=sent.get("thanks", ""), complaint=sent.get("complaint", ""), by=by, at=at)  # fmt: skip
    return redirect(reverse("asked", args=[link]) + "?said=needs.confirmed")
