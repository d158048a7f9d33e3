"""The sampler's phone: which desk, which round, who is on the list there; all that it needs without signal."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.envelopes import to_settle
from lianfang.base.errors import Refused
from lianfang.domains.devices.queries import token_keys
from lianfang.domains.editions.queries import value
from lianfang.domains.rounds.models import Desk
from lianfang.domains.rounds.queries import desk_of, desks_free, kind_of
from lianfang.domains.rounds.services import seat
from lianfang.domains.sampling.queries import roll_of, station_list, tubes_of_desk
from lianfang.field.door import actor_at, sent_away, wipe_at
from lianfang.field.views import uuid_or_none

MOST_DESKS = 60
# What the phone says, in the reader's language.
WORDS = {
    "choose": gettext_noop("Which desk are you at?"),
    "nowhere": gettext_noop("No round is open where you serve. When one opens, your desk is here."),
    "tube": gettext_noop("Tube"),
    "scan_tube": gettext_noop("Scan the code of a new tube"),
    "scan_person": gettext_noop("Scan the person's code"),
    "type": gettext_noop("Cannot be scanned: type or search"),
    "search": gettext_noop("Name, door or last four digits"),
    "not_tube": gettext_noop("This is no tube's code. Scan the tube first."),
    "on_list": gettext_noop("On the list, not sampled in this round"),
    "off_list": gettext_noop("Not on this desk's list: sampled all the same, the list is completed later"),
    "sampled": gettext_noop("Sampled in this round already: do not sample again"),
    "unknown": gettext_noop("No code of ours. Ask for the identity card, then search by name."),
    "expired": gettext_noop("This code is too old. Search by name."),
    "ask_card": gettext_noop("No code of ours. Ask for the identity card, then type name and last four."),
    "too_old": gettext_noop("This code is too old. Ask for the identity card, then type name and last four."),
    "type_card": gettext_noop("Cannot be scanned: type name and last four"),
    "no_list": gettext_noop("This phone holds no names"),
    "card": gettext_noop("As on the identity card"),
    "last_four": gettext_noop("Last four of the number"),
    "no_door": gettext_noop("Not from here, or does not know"),
    "on_paper": gettext_noop("From the identity card: found on the register when this is sent"),
    "used": gettext_noop("This tube was closed before. Take a new one."),
    "confirm": gettext_noop("Into the tube"),
    "nth": gettext_noop("No. {n}"),
    "other": gettext_noop("Somebody else"),
    "before": gettext_noop("Before"),
    "undo": gettext_noop("Take back"),
    "undone": gettext_noop("Taken back. Scan again."),
    "close": gettext_noop("Close the tube"),
    "closed": gettext_noop("Tube closed. Scan the next one."),
    "people": gettext_noop("people"),
    "full": gettext_noop("The tube is full."),
    "same_door": gettext_noop("Behind the same door, not yet sampled:"),
    "offline": gettext_noop("No signal: works all the same"),
    "roll": gettext_noop("list of"),
    "unsent": gettext_noop("Not yet sent"),
    "settle": gettext_noop("To settle"),
    "differs": gettext_noop("Close with the difference"),
    "keep": gettext_noop("Leave it as it stands"),
    "signin": gettext_noop("Sign in again to send. Nothing is lost."),
    "years": gettext_noop("years"),
    "tail": gettext_noop("ID ends in"),
    "male": gettext_noop("male"),
    "female": gettext_noop("female"),
    "back": gettext_noop("Back"),
    "none": gettext_noop("Nobody of that name on this list."),
    "doors": gettext_noop("Doors"),
    "left": gettext_noop("left"),
    "note": gettext_noop("Not sampled: why"),
    "add": gettext_noop("Somebody who is not on the list"),
    "door": gettext_noop("Behind which door? Block or number"),
    "name": gettext_noop("Name"),
    "birth": gettext_noop("Born"),
    "save": gettext_noop("Save"),
    "added": gettext_noop("Added. Sample now."),
    "cleared": gettext_noop("Nobody is left here."),
    "light": gettext_noop("Camera"),
    "over": gettext_noop("The mission is over. This phone has forgotten its list; notes not yet sent are kept."),
}


def _said(words: dict[str, str]) -> str:
    return str(words.get("en" if get_language() == "en" else "zh", ""))


def _words() -> dict[str, str]:
    return {name: gettext(text) for name, text in WORDS.items()}


@require_GET
@ensure_csrf_cookie
def shell(request: HttpRequest) -> HttpResponse:
    """The page that stays on the phone; it holds no person's data."""
    return render(request, "field/sampler.html", {})


def _desk_words(desk: Desk) -> dict[str, Any]:
    place = desk.station.place.name if desk.station else ""
    return {"id": str(desk.id), "number": desk.number, "place": place, "area": desk.area.name, "home": desk.is_home}


def _takes(desk: Desk) -> int:
    found = desk.round
    body = kind_of(found.edition, found.kind)
    return int(body.get("pool") or value(found.edition, body["pool_value"], area_id=desk.area_id, at=clock.now()))


def _round_words(desk: Desk) -> dict[str, Any]:
    body = kind_of(desk.round.edition, desk.round.kind)
    endings = [
        {"name": e["name"], "words": _said(e), "sample": bool(e.get("sample")),
         "reasons": [{"name": r["name"], "words": _said(r)} for r in body.get("reasons", []) if e["name"] in r["for"]]}
        for e in body["endings"]
    ]  # fmt: skip
    tries = [{"name": t["name"], "words": _said(t)} for t in body.get("tries", [])]
    title = {"id": str(desk.round_id), "number": desk.round.number, "words": _said(body["words"])}
    return {**title, "takes": _takes(desk), "endings": endings, "tries": tries}


def _at_desk(desk: Desk, by: Actor) -> dict[str, Any]:
    tubes = [{"code": t.code, "n": t.n, "open": t.state == "open"} for t in tubes_of_desk(desk)]
    told = {"roll": roll_of(desk, by=by, at=clock.now())} if desk.is_home else {"roll": [], **station_list(desk)}
    keys = {kid.hex(): public.hex() for kid, public in token_keys().items()}
    return {"desk": _desk_words(desk), "round": _round_words(desk), "tubes": tubes, "keys": keys, **told}


@require_GET
def bundle(request: HttpRequest) -> HttpResponse:
    """What the phone takes along: the desk with its list, or the desks one may choose."""
    by = actor_at(request)
    if by is None:
        return sent_away(request)
    desk = desk_of(by, at=clock.now())
    about = _at_desk(desk, by) if desk else {"desks": [_desk_words(d) for d in desks_free(by, limit=MOST_DESKS)]}
    return JsonResponse(
        {
            "actor": str(by.id),
            "lang": "en" if get_language() == "en" else "zh",
            "words": _words(),
            "made_at": clock.now().isoformat(),
            "to_settle": len(to_settle(by.id)),
            "wipe_at": wipe_at(request),
            **about,
        }
    )


@require_POST
def take_desk(request: HttpRequest) -> HttpResponse:
    """I am at this desk from now."""
    by, desk_id = actor_at(request), uuid_or_none(request.POST.get("desk"))
    if by is None:
        return sent_away(request)
    if desk_id is None:
        return JsonResponse({"code": "rounds.desk_missing"}, status=404)
    try:
        seat(desk_id=desk_id, account_id=by.id, by=by, at=clock.now())
    except Refused as refused:
        return JsonResponse({"code": refused.code, "values": refused.values}, status=refused.status)
    return JsonResponse({"code": ""})
