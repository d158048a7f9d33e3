"""Help sent and taken: missions to another area, offers to one's own, who is posted where."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import may, require
from lianfang.domains.calls.queries import call_outs_of_mission, open_shifts_in
from lianfang.domains.incidents.queries import responses_over
from lianfang.domains.responders import queries
from lianfang.domains.responders.errors import ResponderUnfit, raise_refusal
from lianfang.domains.responders.models import Mission
from lianfang.domains.responders.queries.away import headcount, is_away, own_mission, words_home
from lianfang.domains.responders.rules import MISSION_ENDS, MISSION_MOVES
from lianfang.domains.responders.services import ask_mission, enter_closed, give_quotas, offer_help
from lianfang.flows.away import word_home
from lianfang.flows.send_aid import (
    assemble_mission,
    call_up_mission,
    decline_mission,
    host_mission,
    offer_mission,
    release_mission,
)
from lianfang.flows.settle_offer import settle_offer
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.incidents import response_in
from lianfang.web.people import area_meant, area_named, named_of
from lianfang.web.places import today, typed_day, whole
from lianfang.web.words import moment_in
from lianfang.web.zones import ids_in

READ, WRITE, CALL = "responders.read", "responders.write", "calls.post"
STATES = {"asked": gettext_noop("asked"), "offered": gettext_noop("offered"), "assembled": gettext_noop("assembled"),
          "hosted": gettext_noop("under the host's command"), "released": gettext_noop("released"),
          "declined": gettext_noop("declined"), "withdrawn": gettext_noop("taken back")}  # fmt: skip
LOOKS = {"asked": "todo", "offered": "doing", "assembled": "doing", "hosted": "done", "released": "other",
         "declined": "bad", "withdrawn": "other"}  # fmt: skip


def _row(m: Mission) -> dict[str, Any]:
    return {"m": m, "state": gettext(STATES[m.state]), "look": LOOKS[m.state]}


@signed_in
def missions(request: HttpRequest) -> HttpResponse:
    """Missions that concern me, offers to my areas, who is posted today by unit and host."""
    by, at, given = actor_of(request), clock.now(), request.GET
    require(by, READ)
    day = typed_day(given.get("day", ""), today())
    offers = [{"o": o, "shifts": open_shifts_in(o.area_id, o.from_at, o.until_at, by=by, at=at)}
              for o in queries.offers_to(by)[:40]]  # fmt: skip
    closed = queries.closed_postings(by, area_id=home_id(by), at=at)
    context = {"rows": [_row(m) for m in queries.missions_seen(by)], "offers": offers, "tasks": named_of("tasks"),
               "day": day, "posted": queries.posted_on(day, by=by), "people": queries.people_posted(day, by=by),
               "may_ask": may(by, CALL) or may(by, WRITE), "home_id": home_id(by), "closed": closed,
               "responses": responses_over(home_id(by)) if home_id(by) else []}  # fmt: skip
    return page(request, "people/missions.html", context)


@require_POST
@signed_in
def ask(request: HttpRequest) -> HttpResponse:
    """Ask another area for people, or write down that one's own was asked."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    own, other = uuid_in(sent.get("own")) or home_id(by), area_named(sent.get("other", ""))
    sender, receiver = (own, other) if sent.get("way") == "we-send" else (other, own)
    incident = _response_there(request, receiver) if sender == own else response_in(request, receiver)
    kit = [{"zh": k.strip(), "en": k.strip()} for k in sent.get("kit", "").splitlines() if k.strip()][:40]
    made = ask_mission(mission_id=new_id(request), sender_area_id=sender, receiver_area_id=receiver,
                       task=sent.get("task", ""), title={"zh": sent.get("title", "").strip()[:120]},
                       people=whole(sent.get("people", ""), field="people"), kit=kit,
                       from_at=moment_in(sent.get("from", ""), field="from"),
                       until_at=moment_in(sent.get("until", ""), field="until"),
                       incident_id=incident, by=by, at=at)  # fmt: skip
    return _to(made.id, "responders.asked")


def _response_there(request: HttpRequest, receiver: UUID) -> UUID | None:
    """Where we help another: the response chosen if it is over that area too, else the first there; none if so said.

    The form offers our own responses alone: those of the other area are named to nobody here.
    """
    chosen, over = request.POST.get("incident", ""), [i.id for i in responses_over(receiver)]
    if chosen == "none":
        return None
    return next((i for i in over if str(i) == chosen), next(iter(over), None))


def _to(mission_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("mission", args=[mission_id]) + f"?said={code}")


@signed_in
def mission(request: HttpRequest, mission_id: UUID) -> HttpResponse:
    """One mission: what is asked, each body's quota and what it keeps, who has answered, the next step."""
    by, at = actor_of(request), clock.now()
    found = queries.mission_seen(mission_id, by=by)
    quotas = [{"q": q, "kept": q.staff - q.people, "share": round(100 * (q.staff - q.people) / max(1, q.staff))}
              for q in found.quotas_here]  # type: ignore[attr-defined]  # given  # fmt: skip
    sends = may(by, WRITE, area_id=found.sender_area_id)
    hosts = may(by, CALL, area_id=found.receiver_area_id)
    has = {x["q"].organisation_id: x["q"].staff for x in quotas}
    bodies = [(b, has.get(b.id, "")) for b in queries.bodies_around(found.sender_area_id)[:200]] if sends else []
    outs = call_outs_of_mission(found.id, by=by)
    left = queries.strength_of([found.team_id], at=found.departed_at) if found.team_id and found.departed_at else {}
    come = max(sum(o.come for o in outs), *left.values(), 0)  # type: ignore[attr-defined]  # counted
    context = {"row": _row(found), "mission": found, "asks": hosts or found.asked_by == by.id,
               "may_end": found.state in MISSION_ENDS["declined"], "quotas": quotas, "sends": sends, "hosts": hosts,
               "given": sum(q["q"].people for q in quotas), "bodies": bodies, "next": MISSION_MOVES.get(found.state),
               "task": named_of("tasks").get(found.task, found.task), "outs": outs,
               "come": come, "is_away": is_away(found, at=at), "days": words_home(found, by=by, at=at)}  # fmt: skip
    return page(request, "people/mission.html", context)


@signed_in
def word(request: HttpRequest, mission_id: UUID) -> HttpResponse:
    """Of a team that is away: today's word home, everybody accounted for, in two taps."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    found = own_mission(mission_id, by=by, at=at)
    if request.method == "POST":
        well, ill = (whole(sent.get(n, "") or "0", field=n) for n in ("well", "ill"))
        word_home(note_id=new_id(request), mission_id=mission_id, well=well, ill=ill, words=sent.get("words", ""),
                  by=by, at=at)  # fmt: skip
        return redirect(reverse("people-card") + "?said=responders.word_sent")
    return page(request, "people/word.html", {"mission": found, "people": headcount(found)})


@require_POST
@signed_in
def quotas(request: HttpRequest, mission_id: UUID) -> HttpResponse:
    """Share the people among bodies by their staff; of some as typed, the others share what is left."""
    staff: dict[UUID, int] = {}
    people: dict[UUID, int] = {}
    for name, text in request.POST.items():
        body = uuid_in(name.partition(".")[2])
        if body and text.strip():
            (staff if name.startswith("staff.") else people)[body] = whole(text, field=name.partition(".")[0])
    give_quotas(mission_id=mission_id, staff=staff, people=people or None, by=actor_of(request), at=clock.now())
    return _to(mission_id, "responders.shared")


@require_POST
@signed_in
def step(request: HttpRequest, mission_id: UUID) -> HttpResponse:
    """The mission's next step: offered, assembled, under the host's command, released; or declined, taken back."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    state = sent.get("state", "")
    if state == "offered":
        offer_mission(mission_id=mission_id, by=by, at=at)
    elif state == "assembled":
        assemble_mission(mission_id=mission_id, name=sent.get("name", ""), cover=sent.get("cover", ""), by=by,
                         at=at)  # fmt: skip
    elif state == "hosted":
        host_mission(mission_id=mission_id, by=by, at=at)
    elif state == "released":
        release_mission(mission_id=mission_id, words=sent.get("words", ""), by=by, at=at)
    elif state in MISSION_ENDS:
        decline_mission(mission_id=mission_id, state=state, why=sent.get("why", ""), by=by, at=at)
    else:
        raise ResponderUnfit(field="state", fix=" ".join(STATES))
    return _to(mission_id, "responders.advanced")


@require_POST
@signed_in
def call_up(request: HttpRequest, mission_id: UUID) -> HttpResponse:
    """Call out the people of every body with a quota, now."""
    sent = request.POST
    made = call_up_mission(call_out_id=new_id(request), mission_id=mission_id, where=sent.get("where", ""),
                           meet_at=moment_in(sent.get("meet", ""), field="meet"),
                           repeat_minutes=whole(sent.get("minutes", "10"), field="repeats"),
                           repeats=whole(sent.get("repeats", "3"), field="repeats"), by=actor_of(request),
                           at=clock.now())  # fmt: skip
    return redirect(reverse("call-out", args=[made.id]) + "?said=calls.called_out")


@require_POST
@signed_in
def offer(request: HttpRequest) -> HttpResponse:
    """Offer myself, or a squad I keep, to an area for a span of time."""
    by, at, sent = actor_of(request), clock.now(), request.POST
    team_id = uuid_in(sent.get("team"))
    area = area_meant(request, "area") or home_id(by)
    offer_help(offer_id=new_id(request), area_id=area, from_at=moment_in(sent.get("from", ""), field="from"),
               until_at=moment_in(sent.get("until", ""), field="until"), words=sent.get("words", ""),
               cover=sent.get("cover", ""), team_id=team_id,
               responder_id=None if team_id else (uuid_in(sent.get("person")) or by.id), by=by, at=at)  # fmt: skip
    return redirect(reverse("team", args=[team_id]) + "?said=responders.offered" if team_id
                    else reverse("people-card") + "?said=responders.offered")  # fmt: skip


@require_POST
@signed_in
def answer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Yes with a shift or a rota, in reserve, or no with a reason; whoever offered may take it back."""
    sent = request.POST
    settle_offer(offer_id=offer_id, state=sent.get("says", ""), why=sent.get("why", ""), task=sent.get("task", ""),
                 cover=sent.get("cover", ""), shift_id=uuid_in(sent.get("shift")),
                 hours=whole_in(sent.get("hours", "8")) or 0, by=actor_of(request), at=clock.now())  # fmt: skip
    back = "people-card" if sent.get("says") == "withdrawn" else "missions"
    return redirect(reverse(back) + "?said=responders.answered")


@require_POST
@signed_in
def closed(request: HttpRequest) -> HttpResponse:
    """Those ticked go into their zone to live and work there, or come out of it."""
    for done in enter_closed(posting_ids=ids_in(request, "postings"), step=request.POST.get("step", ""),
                             by=actor_of(request), at=clock.now()):  # fmt: skip
        raise_refusal(done)
    area = uuid_in(request.POST.get("area"))
    return redirect((reverse("closed-loop") + f"?area={area}&" if area else reverse("missions") + "?")
                    + "said=responders.kept")  # fmt: skip
