"""Needs: the desk with what is most dangerous and due first, taking a plea in, one plea, and the books of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Invalid, Refused
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.areas.queries import area
from lianfang.domains.dispatch.models import Ride
from lianfang.domains.dispatch.planning.ground import way_of
from lianfang.domains.dispatch.queries import rides_of_plea
from lianfang.domains.editions.queries import kind
from lianfang.domains.gates.queries import permits_of_plea
from lianfang.domains.grid.queries import building_seen, buildings_matching, doors_of, household_seen, members_of
from lianfang.domains.needs import queries
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.queries.pleas import PAGE
from lianfang.domains.needs.rules import CHANNELS, ENDS, LOCAL, WITH_REASON
from lianfang.domains.needs.services import (
    NewPlea,
    accept_plea,
    end_plea,
    join_plea,
    place_plea,
    reopen_plea,
    route_plea,
    take_in,
    weigh_plea,
)
from lianfang.domains.needs.services.taking import raise_refusal
from lianfang.domains.work.queries import door_label
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.kind_forms import filled, form_of
from lianfang.web.messages import sentence
from lianfang.web.permits import permit_row
from lianfang.web.searches import seal_search, sought
from lianfang.web.trips import ride_row
from lianfang.web.words import moment_typed, said

TAKE, READ = "needs.take", "needs.read"
WAYS = {"page": gettext_noop("page"), "phone": gettext_noop("phone"), "message": gettext_noop("chat message"),
        "police": gettext_noop("police desk"), "door": gettext_noop("at the door"), "guard": gettext_noop("guard"),
        "paper": gettext_noop("paper")}  # fmt: skip
STANDS = {
    "received": (gettext_noop("nobody has it yet"), "todo"),
    "seen": (gettext_noop("somebody has it"), "doing"),
    "passed": (gettext_noop("passed on, not taken yet"), "todo"),
    "in_hand": (gettext_noop("in hand"), "doing"),
    "to_confirm": (gettext_noop("done, to be confirmed"), "tried"),
    "confirmed": (gettext_noop("solved, says its asker"), "done"),
    "checked": (gettext_noop("checked by a lead"), "done"),
    "answered": (gettext_noop("answered"), "done"),
    "same": (gettext_noop("the same as another"), "other"),
    "withdrawn": (gettext_noop("withdrawn"), "other"),
    "unreached": (gettext_noop("nobody could be reached"), "other"),
    "elsewhere": (gettext_noop("passed to another body"), "other"),
    "no_plea": (gettext_noop("asks for nothing"), "other"),
}
TONGUE_WORDS = {
    "bo": gettext_noop("in Tibetan"),
    "ug": gettext_noop("in Arabic script"),
    "en": gettext_noop("in English"),
}
VIEW_WORDS = {"open": gettext_noop("open"), "received": gettext_noop("to accept"), "routed": gettext_noop("in hand"),
              "to_confirm": gettext_noop("to confirm"), "ended": gettext_noop("ended")}  # fmt: skip


def plea_row(p: Plea, *, has_owner: bool | None = None) -> dict[str, Any]:
    """A plea as a row: kind, danger and state in words; whether its clock has run out."""
    kinds, dangers = queries.plea_kinds(), queries.plea_dangers()
    stand = queries.stands(p, has_owner=has_owner)
    words, look = STANDS[stand]
    return {"p": p, "kind": said(kinds[p.kind]["words"]) if p.kind in kinds else gettext("kind not known"),
            "danger": said(dangers[p.danger]["words"]) if p.danger in dangers else p.danger, "state": gettext(words),
            "look": look, "way": gettext(WAYS[p.channel]), "stand": stand,
            "who": getattr(p, "owner", "") or getattr(p, "holder", "") or "",
            "tongue": gettext(TONGUE_WORDS[p.tongue]) if p.tongue in TONGUE_WORDS else ""}  # fmt: skip


def _after(request: HttpRequest) -> tuple[int, datetime | None, UUID] | None:
    rank, _, rest = request.GET.get("after", "").partition("_")
    due, _, last = rest.rpartition("_")
    found = uuid_in(last)
    try:
        return (int(rank), datetime.fromisoformat(due) if due else None, found) if found else None
    except ValueError:
        return None


@signed_in
def desk(request: HttpRequest) -> HttpResponse:
    """Pleas of my areas: danger to life first, of these what is due first; the day's books, and whom nobody holds."""
    by, at, asked = actor_of(request), clock.now(), request.GET
    require(by, READ)
    area_id = uuid_in(asked.get("area")) or home_id(by)
    shown = asked.get("show", "") if asked.get("show") in VIEW_WORDS else "open"
    rows, total = queries.desk(by=by, area_id=area_id, kind=asked.get("kind", ""), danger=asked.get("danger", ""),
                               state=shown, mine=asked.get("mine") == "1", after=_after(request))  # fmt: skip
    last, query = rows[-1] if rows else None, asked.copy()
    if last:
        query["after"] = f"{last.rank}_{last.next_at.isoformat() if last.next_at else ''}_{last.id}"
    books = queries.books_of(area_id, at.astimezone(LOCAL).date(), by=by, at=at)
    kinds = queries.plea_kinds()
    counts = [{"name": n, "words": said(kinds[n]["words"]) if n in kinds else gettext("kind not known"), "left": left,
               "all": every} for n, left, every in queries.counts_by_kind(area_id, by=by)]  # fmt: skip
    context = {"area": area(area_id), "rows": [plea_row(p) for p in rows], "total": total, "shown": shown,
               "views": [(v, gettext(w)) for v, w in VIEW_WORDS.items()], "asked": asked,
               "books": books, "counts": counts,
               "danger": [plea_row(p) for p in _in_danger(area_id, by, at)],
               "orphans": [plea_row(p) for p in books.orphans], "takes": may(by, TAKE, area_id=area_id),
               "next": query.urlencode() if len(rows) < total and len(rows) == PAGE else ""}  # fmt: skip
    return page(request, "needs/desk.html", context)


def _in_danger(area_id: UUID, by: Actor, at: datetime) -> list[Plea]:
    minutes = queries.minutes_by_area([area_id], at=at)[area_id]["plea_warn_minutes"]
    return queries.in_danger(area_id, by=by, at=at, minutes=minutes)


def doors_at(building: str | None, by: Actor) -> list[tuple[UUID, str]]:
    """The doors of a building that was picked, with their words."""
    block = uuid_in(building)
    return [(d.id, door_label(d)) for d in doors_of(building_seen(block, by=by), by=by)] if block else []


def _known(typed: QueryDict, by: Actor, at: datetime) -> dict[str, Any]:
    """What is known of a caller or a door already, and the doors that what was typed may mean."""
    phone, door = typed.get("phone", ""), uuid_in(typed.get("door"))
    home = household_seen(door, by=by, at=at) if door else None
    hours = queries.minutes_by_area([home_id(by)], at=at)[home_id(by)]["plea_alike_hours"]
    known = queries.known_of(phone=phone, household_id=door, by=by, at=at, hours=hours) if phone or door else None
    text = typed.get("where", "").strip()
    found = list(buildings_matching(text, area_id=home_id(by), by=by)[:8]) if text and not home else []
    return {"home": home, "home_words": door_label(home) if home else "", "buildings": found,
            "doors": doors_at(typed.get("block"), by) if not home else [],
            "known": [plea_row(p) for p in known.pleas] if known else [], "works": known.items if known else [],
            "today": [plea_row(p) for p in known.asked_today] if known else [],
            "looked": known is not None}  # fmt: skip


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Take a plea in: who calls and what is known of him first; then the words. Under a minute."""
    by, at = actor_of(request), clock.now()
    require(by, TAKE)
    typed = request.POST or request.GET
    if "take" in request.POST:  # any other button only looks something up
        try:
            return _taken(request, by, at)
        except Refused as wrong:
            context = _new_context(typed, by, at) | {"said": sentence(wrong.code, wrong.values), "code": wrong.code}
            answer = page(request, "needs/new.html", context, status=wrong.status)
            answer.is_refusal = True  # type: ignore[attr-defined]  # the door's own mark: nothing of it is kept
            return answer
    return page(request, "needs/new.html", _new_context(typed, by, at))


def _new_context(typed: QueryDict, by: Actor, at: datetime) -> dict[str, Any]:
    return {"typed": typed, "ways": [(c, gettext(WAYS[c])) for c in CHANNELS if c != "page"], **_choices(),
            **_known(typed, by, at)}  # fmt: skip


def _choices() -> dict[str, Any]:
    return {"kinds": [(n, said(k["words"])) for n, k in queries.plea_kinds().items()],
            "dangers": [(n, said(d["words"])) for n, d in queries.plea_dangers().items()],
            "groups": [(n, said(g["words"])) for n, g in queries.plea_groups().items()]}  # fmt: skip


def _taken(request: HttpRequest, by: Actor, at: datetime) -> HttpResponse:
    sent = request.POST
    home = uuid_in(sent.get("door"))
    place = household_seen(home, by=by, at=at).area_id if home else home_id(by)
    plea = NewPlea(new_id(request), sent.get("channel", ""), sent.get("words", ""), by, at, name=sent.get("name", ""),
                   phone=sent.get("phone", ""), address=sent.get("where", ""), area_id=place, household_id=home,
                   kind=sent.get("kind", ""), danger=sent.get("danger", ""),
                   deadline_at=moment_typed(sent.get("deadline", ""), field="deadline"),
                   incident_id=response_in(request, place))  # fmt: skip
    raise_refusal(take_in(pleas=[plea], by=by, at=at)[0])
    return redirect(reverse("plea", args=[plea.id]) + "?said=needs.taken_in")


@signed_in
def plea(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """One plea: what was said, what the cues propose and why, what may be the same; the next step with one button."""
    return _plea_page(request, queries.plea_seen(plea_id, by=actor_of(request)))


def _plea_page(request: HttpRequest, p: Plea, sent: Any = None) -> HttpResponse:
    by, at = actor_of(request), clock.now()
    told = queries.told_of(p, by=by)
    values = queries.minutes_by_area([p.area_id], at=at)[p.area_id]
    read = queries.reading(told["words"], enough=int(values["plea_enough"]))
    looks = p.holder_id == by.id or may(by, TAKE, area_id=p.area_id, incident_id=p.incident_id)
    opens = request.GET.get("as") or p.kind or read.kind
    entry = queries.plea_kinds().get(opens)
    home = household_seen(p.household_id, by=by, at=at) if p.household_id and looks else None
    body = kind(entry["opens"]) if entry else None
    had = _said_already(entry, told) if entry else {}
    form = form_of(body, "open", said(body["words"]), had) if body and looks else None
    text, rides = sought(request, "where"), rides_of_plea(p.id, by=by)
    context = {"row": plea_row(p), "p": p, "told": told, "why": _why(read), "looks": looks, **_choices(),
               "home_words": door_label(home) if home else "", "opens": opens, "form": sent or form,
               "alike": [plea_row(x) for x in _alike(p, by, values)] if looks else [],
               "reads": {"kind": _words("kinds", read.kind), "danger": _words("dangers", read.danger)}, "where": text,
               "where_sealed": seal_search(text, by_id=by.id) if text else "",
               "buildings": list(buildings_matching(text, area_id=p.area_id, by=by)[:8]) if text and looks else [],
               "doors": doors_at(request.GET.get("block"), by) if looks else [],
               "people": members_of(home, by=by, at=at) if home and not p.person_id else [],
               "ends": [(e, gettext(STANDS[e][0])) for e in ENDS if e in WITH_REASON],
               "back": _backward(p, rides, at, values), "permits": [permit_row(x) for x in permits_of_plea(p.id)],
               "rides": [ride_row(r) for r in rides],
               "is_done": bool(p.item and p.item.is_closed)}  # fmt: skip
    return page(request, "needs/plea.html", context, status=422 if sent else 200)


BACK = {"ok": (gettext_noop("in time"), "done"), "tight": (gettext_noop("tight: jump the queue"), "todo"),
        "broken": (gettext_noop("too late for the usual way: fast lane, ambulance, or another day"), "todo"),
        "over": (gettext_noop("the deadline has passed"), "other")}  # fmt: skip


CUT_OFF = gettext_noop("every road there is closed"), "todo"


def _backward(p: Plea, rides: Sequence[Ride], at: datetime, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The plan from the deadline back, in words: along the roads of its ride, else by the guide's usual way."""
    out = next((r for r in rides if r.outward_id is None and r.state not in ("cancelled", "closed")), None)
    way = way_of(out, at=at) if out and p.deadline_at else None
    found = queries.backward(p, at=at, values=values, takes=way.takes if way else None)
    if found is None:
        return None
    words, look = CUT_OFF if way and way.takes is None else BACK[found.state]
    return {"b": found, "words": gettext(words), "look": look, "way": way,
            "minutes": int((found.deadline_at - found.leave_at).total_seconds() // 60)}  # fmt: skip


def _alike(p: Plea, by: Actor, values: Mapping[str, Any]) -> list[Plea]:
    return queries.alike(p, by=by, hours=values["plea_alike_hours"])


def _words(of: str, name: str) -> str:
    return next((w for n, w in _choices()[of] if n == name), "")


def _why(read: Any) -> list[dict[str, str]]:
    """Each cue that counted: the words of the text, and what they speak for."""
    axes = {"kind": "kinds", "danger": "dangers", "group": "groups"}
    return [{"words": f.words, "for": _words(axes[f.cue.axis], f.cue.value)} for f in read.found]


def _to(plea_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("plea", args=[plea_id]) + f"?said=needs.{code}")


@require_POST
@signed_in
def accept(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """I have it, and speak with its asker."""
    accept_plea(plea_id=plea_id, by=actor_of(request), at=clock.now())
    return _to(plea_id, "accepted")


@require_POST
@signed_in
def weigh(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """What it is, how dangerous, by when."""
    sent = request.POST
    weigh_plea(plea_id=plea_id, kind_name=sent.get("kind", ""), danger=sent.get("danger", ""),
               group=sent.get("group", ""), deadline_at=moment_typed(sent.get("deadline", ""), field="deadline"),
               where=sent.get("deadline_where", ""), by=actor_of(request), at=clock.now())  # fmt: skip
    return _to(plea_id, "weighed")


@require_POST
@signed_in
def place(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """To which door it belongs, or at least to which area."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    door = uuid_in(sent.get("door"))
    place_plea(plea_id=plea_id, household_id=household_seen(door, by=by, at=at).id if door else None,
               person_id=uuid_in(sent.get("person")), area_id=uuid_in(sent.get("area")), by=by, at=at)  # fmt: skip
    return _to(plea_id, "placed") if may(by, READ, area_id=uuid_in(sent.get("area"))) or door else redirect(
        reverse("needs") + "?said=needs.placed")  # fmt: skip


def _said_already(entry: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
    """What the form of the work need not ask again: what its kind sets, the words, the number to ring."""
    return {**entry.get("sets", {}), entry.get("into", ""): told["words"], "phone": told["phone"]}


@require_POST
@signed_in
def route(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """The plea becomes work of a kind, with the fields that kind asks for."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    found = queries.plea_seen(plea_id, by=by)
    entry = queries.plea_kinds().get(sent.get("kind", ""))
    if entry is None:
        raise Invalid(field="kind", fix=" ".join(queries.plea_kinds()))
    body, told = kind(entry["opens"]), queries.told_of(found, by=by)
    had = _said_already(entry, told)
    form = filled(form_of(body, "open", said(body["words"]), had), body, sent, had)
    if form.errors:
        return _plea_page(request, found, form)
    owner = by.id if sent.get("owner") == "me" else None
    route_plea(plea_id=plea_id, item_id=new_id(request), kind_name=sent.get("kind", ""), values=form.values,
               owner_id=owner, by=by, at=at)  # fmt: skip
    return _to(plea_id, "routed")


@require_POST
@signed_in
def join(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """Two pleas are one."""
    first = uuid_in(request.POST.get("first"))
    if first is None:
        raise Invalid(field="first", fix="id")
    join_plea(plea_id=plea_id, same_as_id=first, by=actor_of(request), at=clock.now())
    return _to(first, "joined")


@require_POST
@signed_in
def end(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """It ends, with a reason; or as its asker said by phone."""
    sent = request.POST
    end_plea(plea_id=plea_id, end=sent.get("end", ""), why=sent.get("why", ""), by=actor_of(request), at=clock.now(),
             rating=rating_in(sent))  # fmt: skip
    return _to(plea_id, "ended")


@require_POST
@signed_in
def reopen(request: HttpRequest, plea_id: UUID) -> HttpResponse:
    """It was not solved: open again."""
    reopen_plea(plea_id=plea_id, why=request.POST.get("why", ""), by=actor_of(request), at=clock.now())
    return _to(plea_id, "reopened")


def rating_in(sent: Mapping[str, str]) -> int | None:
    """How content its asker is, 1 to 5, if he says so."""
    return whole_in(sent.get("rating", ""))
