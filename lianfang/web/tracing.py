"""The tracer's desk: traces of an area, candidates with their evidence, a decision by one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.grid.models import Presence
from lianfang.domains.grid.queries import contact_of, stays_named
from lianfang.domains.tracing import queries
from lianfang.domains.tracing.errors import ALL
from lianfang.domains.tracing.models import Contact, Trace
from lianfang.domains.tracing.rules import ANSWERS, CONFIRMED
from lianfang.domains.tracing.services import Decision, Step, advance_contacts, close_trace
from lianfang.flows.adopt_contacts import adopt_contacts
from lianfang.flows.trace_case import propose_again
from lianfang.web.door import actor_of, page, signed_in, uuid_in
from lianfang.web.messages import Said, sentence

ROWS = 50
LISTS = {  # the lists of a trace: words, and which contacts stand on each
    "close": (gettext_noop("Proposed: close"), lambda c: c.state == "proposed" and c.degree == 1),
    "second": (gettext_noop("Proposed: second"), lambda c: c.state == "proposed" and c.degree == 2),
    "listed": (gettext_noop("Confirmed, not yet isolated"), lambda c: c.state in ("listed", "located", "notified")),
    "isolated": (gettext_noop("Isolated"), lambda c: c.state == "isolated"),
    "released": (gettext_noop("Released"), lambda c: c.state == "released"),
    "rejected": (gettext_noop("Left out"), lambda c: c.state == "rejected"),
}
STATES = {
    "proposed": (gettext_noop("still to decide"), "tried"),
    "rejected": (gettext_noop("left out"), ""),
    "listed": (gettext_noop("listed"), "todo"),
    "located": (gettext_noop("located"), "doing"),
    "notified": (gettext_noop("notified"), "doing"),
    "isolated": (gettext_noop("isolated"), "done"),
    "released": (gettext_noop("released"), "done"),
}
DEGREES = {1: gettext_noop("close"), 2: gettext_noop("second")}
ANSWER_WORDS = {
    "goes-along": gettext_noop("They go along"),
    "somebody-comes": gettext_noop("Somebody comes to them"),
    "not-alone": gettext_noop("They are not alone: asked"),
}
MOVES = {
    "located": gettext_noop("Located"),
    "notified": gettext_noop("Notified"),
    "isolated": gettext_noop("Isolated"),
}
SAID = {"reject": "tracing.rejected", "confirm": "tracing.adopted"}


def desk(trace_id: UUID, **more: Any) -> HttpResponse:
    """Back to a trace, with what was done."""
    return redirect(reverse("trace", args=[trace_id]) + "?" + urlencode({k: v for k, v in more.items() if v}))


@signed_in
def traces(request: HttpRequest) -> HttpResponse:
    """Traces of the actor's areas: open ones first, who is undecided, minutes since the report."""
    by, at = actor_of(request), clock.now()
    require(by, "tracing.read")
    found = list(queries.traces_seen(by)[: ROWS + 1])
    names = {p.person_id: n for p, n in stays_named({t.person_id for t in found}, by=by, at=at)}
    rows = [{"t": t, "name": names.get(t.person_id, ""), "minutes": _minutes(t, at)} for t in found[:ROWS]]
    context = {"rows": rows, "more": len(found) > ROWS, "left": sum(t.n_proposed for t in found if t.state == "open"),
               "may_bring": may(by, "tracing.write")}  # fmt: skip
    return page(request, "tracing/list.html", context)


def _minutes(t: Trace, at: datetime) -> int:
    return int(((t.completed_at or at) - t.opened_at) / timedelta(minutes=1))


def state_shown(contact: Contact) -> dict[str, str]:
    """A contact's state: words and look of its chip."""
    words, look = STATES[contact.state]
    return {"words": gettext(words), "look": look}


def _overlap(contact: Contact, visits: Sequence[queries.Stop]) -> dict[str, float] | None:
    """The case's stay and the time together in the venue where they met longest, as parts of a hundred."""
    met = next(iter(contact.evidence.get("venues", [])), None)
    if met is None:
        return None
    first, last = (datetime.fromisoformat(met[k]) for k in ("first", "last"))
    stay = next((v for v in visits if str(v.venue_id) == met["id"] and v.from_at < last and v.to_at > first), None)
    begins, ends = (min(stay.from_at, first), max(stay.to_at, last)) if stay else (first, last)
    whole = max((ends - begins).total_seconds(), 1)
    share = {"x": 100 * (first - begins).total_seconds() / whole, "w": 100 * (last - first).total_seconds() / whole}
    if stay:
        share |= {"cx": 100 * (stay.from_at - begins).total_seconds() / whole,
                  "cw": 100 * (stay.to_at - stay.from_at).total_seconds() / whole}  # fmt: skip
    return {k: round(max(v, 1.5 if k in ("w", "cw") else 0), 1) for k, v in share.items()}


def contact_rows(
    contacts: Sequence[Contact], people: Mapping[UUID, tuple[Presence, str]], venues: Mapping[UUID, Any],
    visits: Sequence[queries.Stop],
) -> list[dict[str, Any]]:  # fmt: skip
    """Contacts as rows: who, where, how long together, what the machine proposes."""
    rows = []
    for c in contacts:
        stay, name = people.get(c.person_id, (None, ""))
        via = people.get(c.via_id, (None, "")) if c.via_id else (None, "")
        met = [
            {"venue": venues.get(UUID(v["id"])), "first": datetime.fromisoformat(v["first"]),
             "last": datetime.fromisoformat(v["last"]), "minutes": v["minutes"]}
            for v in c.evidence.get("venues", [])
        ]  # fmt: skip
        rows.append({"c": c, "name": name, "stay": stay, "via": via[1], "met": met, "state": state_shown(c),
                     "degree": gettext(DEGREES[c.degree]), "minutes": c.evidence.get("minutes"),
                     "household": c.evidence.get("household"),
                     "overlap": _overlap(c, visits) if c.degree == 1 else None})  # fmt: skip
    return rows


@signed_in
def trace(request: HttpRequest, trace_id: UUID, fault: Said | None = None, status: int = 200) -> HttpResponse:
    """The desk of one trace: lists on the left, candidates, the evidence of one and the decision beside it."""
    by, at = actor_of(request), clock.now()
    found = queries.trace_seen(trace_id, by=by)
    given = request.POST if request.method == "POST" else request.GET
    every = queries.contacts_of(found)
    lists = [{"name": n, "words": gettext(words), "n": sum(map(fits, every))} for n, (words, fits) in LISTS.items()]
    show = given.get("show") if given.get("show") in LISTS else _first_list(lists)
    mine = [c for c in every if LISTS[show][1](c)]
    chosen = next((c for c in mine if c.id == uuid_in(given.get("contact"))), mine[0] if mine else None)
    place = mine.index(chosen) if chosen else 0
    first = place - place % ROWS
    shown = mine[first : first + ROWS]
    context = {"t": found, "lists": lists, "show": show, "total": len(mine), "first": first, "fault": fault,
               "last": first + len(shown), "place": place + 1, "crowds": queries.crowds_of(found),
               "may_decide": may(by, "tracing.adopt", area_id=found.area_id, incident_id=found.incident_id),
               "may_write": may(by, "tracing.write", area_id=found.area_id, incident_id=found.incident_id),
               "left": sum(c.state == "proposed" for c in every), "page_before": mine[first - 1].id if first else None,
               "page_after": mine[first + ROWS].id if len(mine) > first + ROWS else None}  # fmt: skip
    return page(request, "tracing/desk.html", context | _case(found, shown, chosen, every, by, at), status=status)


def _first_list(lists: Sequence[Mapping[str, Any]]) -> str:
    return next((str(x["name"]) for x in lists if x["n"]), "close")


def _case(
    found: Trace, shown: Sequence[Contact], chosen: Contact | None, every: Sequence[Contact], by: Actor, at: datetime
) -> dict[str, Any]:
    """The case with where it was, the rows shown, and the chosen candidate with phone and who depends on it."""
    visits = queries.stops_of(found)
    met = {UUID(v["id"]) for c in shown for v in c.evidence.get("venues", [])}
    known = {v.venue_id: v for v in visits}
    venues: dict[UUID, Any] = known | queries.venues_named(met - known.keys())
    ids = {found.person_id, *(c.person_id for c in shown), *(c.via_id for c in shown if c.via_id)}
    leaning: Sequence[Any] = ()
    if chosen is not None and chosen.state in ("proposed", "rejected"):
        gone = [c.person_id for c in every if c.state in CONFIRMED and c.state != "released"]
        leaning = queries.dependants_of([chosen.person_id], leaving=gone, at=at).get(chosen.person_id, [])
        ids |= {d.person_id for d in leaning}
    people = {p.person_id: (p, name) for p, name in stays_named(ids, by=by, at=at)}
    rows = contact_rows(shown, people, venues, visits)
    one = next((r for r in rows if chosen and r["c"].id == chosen.id), None)
    who = contact_of(chosen.person_id, by=by, at=at) if one and one["name"] and chosen else None
    return {"case": people.get(found.person_id, (None, ""))[1], "visits": visits, "rows": rows, "one": one, "who": who,
            "leaning": [{"d": d, "name": people.get(d.person_id, (None, ""))[1]} for d in leaning],
            "answers": [(a, gettext(ANSWER_WORDS[a])) for a in ANSWERS], "moves": _moves(chosen)}  # fmt: skip


def _moves(contact: Contact | None) -> list[tuple[str, str]]:
    """The steps that a confirmed contact may still take."""
    if contact is None or contact.state not in CONFIRMED:
        return []
    order = list(CONFIRMED)
    return [(m, gettext(w)) for m, w in MOVES.items() if order.index(m) > order.index(contact.state)]


@require_POST
@signed_in
def decide(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """One decision: close, second, or left out with a reason; what is refused is said beside the form, nothing lost."""
    sent, contact = request.POST, uuid_in(request.POST.get("contact"))
    says = {"close": ("confirm", 1), "second": ("confirm", 2)}.get(sent.get("says", ""), ("reject", None))
    decision = Decision(contact or trace_id, says[0], sent.get("reason", ""), says[1], sent.get("answer", ""))
    done = adopt_contacts(trace_id=trace_id, decisions=[decision], paper_number=sent.get("paper", "")[:80],
                          by=actor_of(request), at=clock.now())[0]  # fmt: skip
    if done.code in ALL:
        return trace(request, trace_id, sentence(done.code, done.values), ALL[done.code].status)
    following = uuid_in(sent.get("next"))
    return desk(trace_id, show=sent.get("show"), contact=following, said=SAID[says[0]])


@require_POST
@signed_in
def step(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """A confirmed contact was located, notified or isolated, now."""
    at, contact = clock.now(), uuid_in(request.POST.get("contact"))
    steps = [Step(contact or trace_id, request.POST.get("to", ""), at)]
    done = advance_contacts(trace_id=trace_id, steps=steps, by=actor_of(request), at=at)[0]
    if done.code in ALL:
        raise ALL[done.code](**done.values)
    return desk(trace_id, show=request.POST.get("show"), said="tracing.stepped")


@require_POST
@signed_in
def again(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """Compute the candidates anew from all visits known now."""
    propose_again(trace_id=trace_id, by=actor_of(request), at=clock.now())
    return desk(trace_id, said="tracing.again")


@require_POST
@signed_in
def close(request: HttpRequest, trace_id: UUID) -> HttpResponse:
    """The lists of a case are done."""
    close_trace(trace_id=trace_id, by=actor_of(request), at=clock.now())
    return desk(trace_id, said="tracing.closed")
