"""Teams: the list of an area, forming them in bulk, a team's own board for its lead, joining and screening."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.errors import Refused
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.queries import bodies_administered, may, posts_in, require, rights_on
from lianfang.domains.areas.queries import areas_near
from lianfang.domains.calls.queries import hours_of_teams
from lianfang.domains.responders import queries
from lianfang.domains.responders.errors import ResponderUnfit
from lianfang.domains.responders.models import Team
from lianfang.domains.responders.rules import TEAM_MOVES
from lianfang.domains.responders.services import (
    NewTeam,
    apply_to_team,
    appoint,
    decide_member,
    form_teams,
    leave_team,
    note_for_team,
    put_in_team,
    step_team,
)
from lianfang.domains.work.queries.teams import done_by_teams
from lianfang.domains.work.queries.thanks import thanks_shown
from lianfang.flows.regroup import regroup
from lianfang.flows.send_aid import pair_up
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.kept import kept_page
from lianfang.web.map import path_to
from lianfang.web.people import fitness_words, named_of
from lianfang.web.zones import ids_in

READ, WRITE = "responders.read", "responders.write"
STATES = {
    "formed": gettext_noop("formed"),
    "commissioned": gettext_noop("commissioned"),
    "standby": gettext_noop("on standby"),
    "called": gettext_noop("called"),
    "deployed": gettext_noop("deployed"),
    "resting": gettext_noop("resting"),
    "stood_down": gettext_noop("stood down"),
}
LOOKS = {"deployed": "done", "called": "doing", "standby": "tried", "stood_down": "other"}
MEMBER = {"in": gettext_noop("member"), "applied": gettext_noop("asked to join"), "reserve": gettext_noop("in reserve"),
          "out": gettext_noop("not taken")}  # fmt: skip
BASES = {"area": gettext_noop("the area"), "estate": gettext_noop("an estate"), "post": gettext_noop("a post"),
         "unit": gettext_noop("a unit"), "pool": gettext_noop("the pool"), "zone": gettext_noop("a zone")}  # fmt: skip
MOST = 60


def team_row(t: Team, kinds: dict[str, str]) -> dict[str, Any]:
    """A team as a line: kind, state, lead, how many."""
    return {"t": t, "kind": kinds.get(t.kind, t.kind), "state": gettext(STATES[t.state]),
            "look": LOOKS.get(t.state, "todo"), "n": t.n_in or t.people}  # type: ignore[attr-defined]  # counted  # fmt: skip


@signed_in
def teams(request: HttpRequest) -> HttpResponse:
    """Teams of an area: how many teams and people, each person once; forming one or many."""
    by, at = actor_of(request), clock.now()
    path = path_to(request, by)
    area = path[-1]
    require(by, READ, area_id=area.id)
    kinds = named_of("team_kinds")
    counts = queries.headcount(area.id, by=by, at=at)
    rows = [team_row(t, kinds) for t in queries.teams_of(area.id, by=by, at=at, kind=request.GET.get("kind", ""))]
    context = {"area": area, "path": path[:-1], "rows": rows, "kinds": kinds, "bases": BASES, "all": counts.pop(""),
               "bodies": list(queries.bodies_around(area.id)[:200]),
               "counts": [(kinds.get(k, k), n, p) for k, (n, p) in counts.items()], "skills": named_of("skills"),
               "people_kinds": named_of("responder_kinds"), "rights_here": rights_on(by, path)}  # fmt: skip
    return page(request, "people/teams.html", context)


@require_POST
@signed_in
def form(request: HttpRequest) -> HttpResponse:
    """Form a team for each line of names typed; a unit's or an estate's in one minute."""
    by, sent, first = actor_of(request), request.POST, new_id(request)
    area_id = uuid_in(sent.get("area")) or home_id(by)
    names = [n.strip() for n in sent.get("names", "").splitlines() if n.strip()][:MOST]
    if not names:
        raise ResponderUnfit(field="name", fix="text")
    criteria = {k: v for k, v in (("kinds", sent.getlist("only_kinds")), ("skills", sent.getlist("only_skills"))) if v}
    new = [NewTeam(uuid5(first, f"{n} {name}"), name, area_id, sent.get("kind", ""), basis=sent.get("basis", "area"),
                   organisation_id=uuid_in(sent.get("body")), parent_id=uuid_in(sent.get("parent")), criteria=criteria)
           for n, name in enumerate(names)]  # fmt: skip
    for done in form_teams(teams=new, by=by, at=clock.now()):
        _raise(done.code, done.values)
    parent = uuid_in(sent.get("parent"))
    if parent or len(new) == 1:
        return _to(parent or new[0].id, "responders.formed")
    return redirect(reverse("teams") + f"?area={area_id}&said=responders.formed")


def _raise(code: str, values: dict[str, Any]) -> None:
    if code and code != "repeated":
        refusal: type[Refused] = RightMissing if code == RightMissing.code else ResponderUnfit
        raise refusal(**values)


def _to(team_id: UUID, code: str) -> HttpResponse:
    return redirect(reverse("team", args=[team_id]) + f"?said={code}")


@signed_in
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """A team's board: members and their state, groups, log, contacts, history, hours; what its lead can do."""
    by, at = actor_of(request), clock.now()
    found = queries.team_seen(team_id, by=by, at=at)
    keeps = any(a and may(by, WRITE, area_id=a) for a in (found.area_id, found.sender_area_id))
    leads = keeps or found.id in queries.leads(by, [found.id], at=at)
    context: dict[str, Any] = {"row": team_row(found, named_of("team_kinds")), "team": found, "leads": leads,
                               "keeps": keeps, "basis": gettext(BASES.get(found.basis, found.basis)),
                               "steps": [{"s": s, "words": gettext(STATES[s.state])} for s in found.steps_here],  # type: ignore[attr-defined]  # given
                               "next": [(s, gettext(STATES[s])) for s in TEAM_MOVES[found.state]]}  # fmt: skip
    context["thanks"] = thanks_shown([found.area_id], at=at, limit=5)
    context["parts"] = [team_row(p, named_of("team_kinds")) for p in found.parts_here]  # type: ignore[attr-defined]  # given
    whole = [found.id, *(p["t"].id for p in context["parts"])]
    context |= {"hours": hours_of_teams(whole, by=by), "done": done_by_teams(whole)}
    if leads or may(by, READ, area_id=found.area_id):
        roles = named_of("team_roles")
        members = queries.members_of(team_id, by=by, at=at)
        names = queries.names_of([m.responder_id for m in members], by=by, whole=leads)
        context |= {"roles": roles, "members": [_member(m, roles, names) for m in members],
                    "made": queries.make_up([found.id], by=by, at=at), "standings": named_of("standings")}  # fmt: skip
        skills = named_of("skills")
        context["bands"] = [(a, b - 1, n) for (a, b), n in context["made"].bands.items() if n]
        context["skill_words"] = [(skills.get(k, k), n) for k, n in sorted(context["made"].skills.items())]
        context["standing_words"] = [(context["standings"].get(k, gettext("not stated")), n)
                                     for k, n in context["made"].standings.items()]  # fmt: skip
    context |= _offering(found, by) if leads or found.organisation_id in bodies_administered(by) else {}
    if leads:
        people = queries.people_listed(found.area_id, by=by, at=at)
        known = queries.names_of([p.id for p in people], by=by, whole=keeps)
        gone = queries.left_of(team_id, by=by, at=at)
        were = queries.names_of([m.responder_id for m in gone], by=by, whole=True)
        context["gone"] = [{"m": m, "name": were.get(m.responder_id, {}).get("name", "")} for m in gone]
        context |= {"notes": queries.notes_of(team_id, by=by, at=at), "posts": posts_in(found.area_id, at=at),
                    "people": [{"p": p, "name": known.get(p.id, {}).get("name", "")} for p in people]}  # fmt: skip
    # Who leads or reads it sees other people's names and phones: that page stays on no phone.
    answer = page if {"members", "may_offer"} & context.keys() else kept_page
    return answer(request, "people/team.html", context)


def _offering(t: Team, by: Actor) -> dict[str, Any]:
    """To whom a squad may be offered by who keeps it, and what became of his offers of it."""
    own = [o for o in queries.my_offers(by) if o.team_id == t.id]
    return {"may_offer": t.ended_at is None, "near_areas": areas_near(t.area_id), "offers": own}


def _member(m: Any, roles: dict[str, str], names: dict[UUID, dict[str, Any]]) -> dict[str, Any]:
    m.responder.fit_now = m.fit_now
    return {"m": m, **names.get(m.responder_id, {}), "role": roles.get(m.role, m.role),
            "state": gettext(MEMBER[m.state]), "fit": fitness_words(m.responder)}  # fmt: skip


@require_POST
@signed_in
def step(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """The team goes on: commissioned, on standby, called, deployed, resting, stood down."""
    sent = request.POST
    mission = {"zh": sent.get("mission", ""), "en": sent.get("mission_en", "")} if sent.get("mission") else None
    step_team(step_id=new_id(request), team_id=team_id, state=sent.get("state", ""), words=sent.get("words", ""),
              mission=mission, by=actor_of(request), at=clock.now())  # fmt: skip
    return _to(team_id, "responders.stepped")


@require_POST
@signed_in
def lead(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Appoint a lead or a deputy from now."""
    sent = request.POST
    account = uuid_in(sent.get("account"))
    if account is None:
        raise ResponderUnfit(field="account", fix="")
    appoint(appointment_id=new_id(request), team_id=team_id, account_id=account, role=sent.get("role", "lead"),
            words=sent.get("words", ""), by=actor_of(request), at=clock.now())  # fmt: skip
    return _to(team_id, "responders.appointed")


@require_POST
@signed_in
def join(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Ask to be in a team."""
    apply_to_team(member_id=new_id(request), team_id=team_id, by=actor_of(request), at=clock.now())
    return redirect(reverse("people-card") + "?said=responders.applied")


@require_POST
@signed_in
def decide(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Screen one who asked to join."""
    sent = request.POST
    row = decide_member(member_id=member_id, state=sent.get("says", ""), why=sent.get("why", ""), by=actor_of(request),
                        at=clock.now())  # fmt: skip
    return _to(row.team_id, "responders.joined")


@require_POST
@signed_in
def leave(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Leave a team, or take somebody out of it with a reason."""
    by = actor_of(request)
    row = leave_team(member_id=member_id, why=request.POST.get("why", ""), by=by, at=clock.now())
    if row.responder_id == by.id:
        return redirect(reverse("people-card") + "?said=responders.left")
    return _to(row.team_id, "responders.left")


@require_POST
@signed_in
def put(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Put people in a team."""
    done = put_in_team(team_id=team_id, responder_ids=ids_in(request, "people"), role=request.POST.get("role", ""),
                       by=actor_of(request), at=clock.now())  # fmt: skip
    for o in done:
        _raise(o.code, o.values)
    return _to(team_id, "responders.joined")


@require_POST
@signed_in
def move(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Move people from this group to another of the same team; each is told."""
    to = uuid_in(request.POST.get("group"))
    if to is None:
        raise ResponderUnfit(field="teams", fix="")
    regroup(from_team_id=team_id, to_team_id=to, responder_ids=ids_in(request, "people"), by=actor_of(request),
            at=clock.now())  # fmt: skip
    return _to(team_id, "responders.moved")


@require_POST
@signed_in
def note(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """A line of the log, or an outside contact."""
    sent = request.POST
    note_for_team(note_id=new_id(request), team_id=team_id, kind=sent.get("kind", "log"), words=sent.get("words", ""),
                  phone=sent.get("phone", ""), by=actor_of(request), at=clock.now())  # fmt: skip
    return _to(team_id, "responders.kept")


@require_POST
@signed_in
def pairs(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Cut the team into units of two."""
    pair_up(team_id=team_id, by=actor_of(request), at=clock.now())
    return _to(team_id, "responders.formed")
