"""People who serve: the register for who keeps it, one person's page, and one's own card on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from lianfang.base import clock
from lianfang.base.errors import Invalid
from lianfang.base.numerals import whole_in
from lianfang.domains.accounts.queries import bodies_administered, may, posts_in, require, rights_on
from lianfang.domains.areas.queries import areas_named, areas_near
from lianfang.domains.editions.queries import entries_of
from lianfang.domains.incidents.queries import zones_in_force
from lianfang.domains.places.queries import places_in
from lianfang.domains.responders import queries
from lianfang.domains.responders.errors import ResponderUnfit, raise_refusal
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.queries.away import own_missions
from lianfang.domains.responders.rules import IN_TEAM
from lianfang.domains.responders.services import (
    NewPosting,
    NewResponder,
    confirm_insurance,
    judge_skill,
    note_standing,
    post_people,
    register_responders,
    state_fitness,
    state_skill,
)
from lianfang.domains.work.queries.own import tests_of
from lianfang.flows.ask_care import ask_care
from lianfang.web.door import actor_of, home_id, new_id, page, signed_in, uuid_in
from lianfang.web.map import path_to
from lianfang.web.places import today, typed_day
from lianfang.web.words import LOCAL, moment_in, said
from lianfang.web.zones import ids_in

READ, WRITE = "responders.read", "responders.write"
FITNESS = {"fit": gettext_noop("fit"), "light": gettext_noop("light duty"), "off": gettext_noop("off duty")}
LOOKS = {"fit": "done", "light": "tried", "off": "bad"}
DAYS = (gettext_noop("Mon"), gettext_noop("Tue"), gettext_noop("Wed"), gettext_noop("Thu"), gettext_noop("Fri"),
        gettext_noop("Sat"), gettext_noop("Sun"))  # fmt: skip
NEAR = {"0": gettext_noop("my community"), "1": gettext_noop("my street"), "2": gettext_noop("my county"),
        "": gettext_noop("wherever I am asked")}  # fmt: skip


def named_of(section: str) -> dict[str, str]:
    """Entries of a part of the editions by name, in the reader's language."""
    return {n: said(e["words"]) for n, e in entries_of(section).items()}


def fitness_words(row: Responder) -> dict[str, Any]:
    """How fit somebody is now, as a lead may see it: state and limits, never why."""
    f = row.fit_now  # type: ignore[attr-defined]  # given by the query
    limits = named_of("duty_limits")
    state = f.state if f else "fit"
    return {"words": gettext(FITNESS[state]), "look": LOOKS[state], "until": f.until_at if f else None,
            "limits": [limits.get(x, x) for x in f.limits] if f else []}  # fmt: skip


def person_row(row: Responder, kinds: Mapping[str, str], skills: Mapping[str, str]) -> dict[str, Any]:
    """A person as a line: post, kind, unit, home, what is verified, how fit."""
    can = [{"words": skills.get(s.skill, s.skill), "s": s} for s in row.can]  # type: ignore[attr-defined]  # given
    return {"r": row, "kind": kinds.get(row.kind, row.kind), "skills": can, "fit": fitness_words(row)}


@signed_in
def people(request: HttpRequest) -> HttpResponse:
    """The register of those who serve in an area: counts for a span, the list by kind, unit, skill, reserve."""
    by, at, given = actor_of(request), clock.now(), request.GET
    path = path_to(request, by)
    area = path[-1]
    require(by, READ, area_id=area.id)
    first = typed_day(given.get("from", ""), today() - timedelta(days=30))
    last = typed_day(given.get("until", ""), today())
    span = {"from_at": datetime.combine(first, time(), LOCAL),
            "until_at": datetime.combine(last + timedelta(days=1), time(), LOCAL)}  # fmt: skip
    kinds, skills, standings = named_of("responder_kinds"), named_of("skills"), named_of("standings")
    rows = queries.people_listed(area.id, by=by, at=at, kind=given.get("kind", ""), skill=given.get("skill", ""),
                                 unit_id=uuid_in(given.get("unit")), reserve=given.get("reserve") == "1")  # fmt: skip
    counts = queries.people_counted(area.id, by=by, **span)
    counts["kind"] = [(kinds.get(k, k), n) for k, n in counts["kind"]]
    counts["standing"] = [(standings.get(k, gettext("not stated")), n) for k, n in counts["standing"]]
    writes = may(by, WRITE, area_id=area.id)
    judged = queries.skills_to_judge(area.id, by=by) if writes else []
    told = queries.evidence_of(judged, by=by) if judged else {}
    names = queries.names_of([r.id for r in rows], by=by, whole=writes)
    shown = [person_row(r, kinds, skills) | {"name": names.get(r.id, {}).get("name", "")} for r in rows]
    context = {"area": area, "path": path[:-1], "rows": shown, "counts": counts,
               "kinds": kinds, "skills": skills, "first": first, "last": last, "given": given,
               "total": sum(n for _, n in counts["kind"]), "rights_here": rights_on(by, path),
               "insured": queries.insurances_to_confirm(area.id, by=by, day=today()) if writes else [],
               "judged": [{"s": s, "words": skills.get(s.skill, s.skill), **told[s.id]} for s in judged],
               "posts": posts_in(area.id, at=at) if writes else [],
               "may_send": writes or bool(bodies_administered(by)), "near_areas": areas_near(area.id)}  # fmt: skip
    return page(request, "people/list.html", context)


@signed_in
def person(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """One person who serves: reach, skills, fitness, standing, teams, postings; forms for who keeps the register."""
    by, at = actor_of(request), clock.now()
    found = queries.responder_seen(account_id, by=by, at=at)
    kinds, skills, standings = named_of("responder_kinds"), named_of("skills"), named_of("standings")
    writes = any(may(by, WRITE, area_id=a) for a in (found.account.area_id, found.home_area_id) if a)
    history = [{"s": s, "words": standings.get(s.standing, s.standing)} for s in found.history]  # type: ignore[attr-defined]  # given
    context = {"row": person_row(found, kinds, skills), "person": found, "history": history, "standings": standings,
               "writes": writes, "limits": named_of("duty_limits"), "states": FITNESS,
               "reached": queries.reached_by(found, by=by) if writes else {}}  # fmt: skip
    return page(request, "people/person.html", context)


@signed_in
def card(request: HttpRequest) -> HttpResponse:
    """My card: who I am as one who serves, what I can do, when I am free, how fit, my teams and offers."""
    by, at = actor_of(request), clock.now()
    row, told = queries.own_card(by, at=at)
    skills = named_of("skills")
    home = (row.home_area_id if row else None) or home_id(by)
    context = {"row": row, "told": told, "kinds": named_of("responder_kinds"), "skills": skills, "near": NEAR,
               "days": [(str(n), d) for n, d in enumerate(DAYS)], "limits": named_of("duty_limits"), "states": FITNESS,
               "can": person_row(row, {}, skills)["skills"] if row else [], "fit": fitness_words(row) if row else None,
               "teams": queries.my_memberships(by), "away": own_missions(by, at=at),
               "open_teams": queries.open_teams(by, at=at) if row else [],
               "offers": queries.my_offers(by), "home": home, "near_areas": areas_near(home), "tests": tests_of(by.id),
               "free": row.free_times[0] if row and row.free_times else {}}  # fmt: skip
    return page(request, "people/card.html", context)


def area_named(text: str) -> UUID:
    """The one area of that name. Raises Invalid with what lies near, so that it can be typed whole."""
    found = list(areas_named(text.strip())[:6]) if text.strip() else []
    exact = [a for a in found if text.strip() in (a.name, a.name_en)]
    if len(exact or found) != 1:
        raise Invalid(field="area", fix=", ".join(a.name for a in found))
    return (exact or found)[0].id


def area_meant(request: HttpRequest, field: str) -> UUID | None:
    """The area of a form: typed by its name where it is none of those offered, else the one chosen. Raises Invalid."""
    named = request.POST.get(f"{field}_named", "").strip()
    return area_named(named) if named else uuid_in(request.POST.get(field))


# What a form may say of somebody: by its field. Ticks that a form shows and are not set are named in its `shows`.
SAYS = {"home": "home_area_id", "retired": "is_retired", "retired_on": "retired_on", "reserve": "may_be_called",
        "near": "near_steps", "days": "free_times", "insured": "insured_until"}  # fmt: skip


def _typed(request: HttpRequest, account_id: UUID) -> NewResponder:
    sent = request.POST
    days = [d for d in map(whole_in, sent.getlist("days")) if d is not None]
    free = [{"days": days, "from": sent.get("free_from", ""), "until": sent.get("free_until", "")}] if days else []
    insured, retired = sent.get("insured", ""), sent.get("retired_on", "")
    said = {field for name, field in SAYS.items() if name in sent or name in sent.get("shows", "").split()}
    return NewResponder(
        account_id, sent.get("kind", ""), area_meant(request, "home") or uuid_in(sent.get("area")),
        sent.get("name", "").strip()[:60], sent.get("phone", "").strip()[:30], whole_in(sent.get("born", "")),
        sent.get("retired") == "1", typed_day(retired, today()) if retired else None, sent.get("reserve") == "1",
        whole_in(sent.get("near", "")), free, typed_day(insured, today()) if insured else None, said,
    )  # fmt: skip


@require_POST
@signed_in
def keep(request: HttpRequest) -> HttpResponse:
    """Put oneself, or somebody whose sign-in one keeps, on the register of those who serve; or renew what it says."""
    by = actor_of(request)
    account_id = uuid_in(request.POST.get("account")) or by.id
    done = register_responders(entries=[_typed(request, account_id)], by=by, at=clock.now())[0]
    raise_refusal(done)
    if account_id == by.id:
        return redirect(reverse("people-card") + "?said=responders.registered")
    return redirect(reverse("person", args=[account_id]) + "?said=responders.kept")


def _to(request: HttpRequest, account_id: UUID, code: str) -> HttpResponse:
    own = account_id == actor_of(request).id
    return redirect((reverse("people-card") if own else reverse("person", args=[account_id])) + f"?said={code}")


@require_POST
@signed_in
def skill(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """State a skill with its evidence."""
    sent = request.POST
    until = sent.get("until", "")
    state_skill(skill_id=new_id(request), responder_id=account_id, skill=sent.get("skill", ""),
                evidence=sent.get("evidence", ""), valid_until=typed_day(until, today()) if until else None,
                by=actor_of(request), at=clock.now())  # fmt: skip
    return _to(request, account_id, "responders.stated")


@require_POST
@signed_in
def judge(request: HttpRequest, skill_id: UUID) -> HttpResponse:
    """Verify a skill, or refuse it with a reason."""
    sent = request.POST
    judge_skill(skill_id=skill_id, is_verified=sent.get("says") == "yes", why=sent.get("why", ""),
                by=actor_of(request), at=clock.now())  # fmt: skip
    back = uuid_in(sent.get("area"))
    return redirect(reverse("people") + (f"?area={back}&" if back else "?") + "said=responders.judged")


@require_POST
@signed_in
def insured(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """The policy of somebody's accident insurance was seen, with its last day; or there is none."""
    sent = request.POST
    if sent.get("says") == "yes" and not sent.get("until"):
        raise ResponderUnfit(field="insured", fix=today().isoformat())
    until = typed_day(sent["until"], today()) if sent.get("says") == "yes" else None
    confirm_insurance(responder_id=account_id, until=until, by=actor_of(request), at=clock.now())
    back = uuid_in(sent.get("area"))
    if back:
        return redirect(reverse("people") + f"?area={back}&said=responders.kept")
    return _to(request, account_id, "responders.kept")


@require_POST
@signed_in
def fitness(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """State what somebody is fit for."""
    sent = request.POST
    until = sent.get("until", "")
    last = datetime.combine(typed_day(until, today()) + timedelta(days=1), time(), LOCAL) if until else None
    state_fitness(fitness_id=new_id(request), responder_id=account_id, state=sent.get("state", ""),
                  limits=sent.getlist("limits"), why=sent.get("why", ""), until_at=last, by=actor_of(request),
                  at=clock.now())  # fmt: skip
    return _to(request, account_id, "responders.fitness")


@require_POST
@signed_in
def standing(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Note a step of membership standing."""
    sent = request.POST
    note_standing(standing_id=new_id(request), responder_id=account_id, standing=sent.get("standing", ""),
                  where=sent.get("where", ""), witness_id=uuid_in(sent.get("witness")), by=actor_of(request),
                  at=clock.now())  # fmt: skip
    return _to(request, account_id, "responders.kept")


@require_POST
@signed_in
def post(request: HttpRequest) -> HttpResponse:
    """Send those ticked to an area for a span; their units go on counting them."""
    sent, first = request.POST, new_id(request)
    area = area_meant(request, "area") or home_id(actor_of(request))
    until = moment_in(sent.get("until", ""), field="until") if sent.get("until") else None
    zone, lodging = closed_places(request, area)
    team, people = uuid_in(sent.get("team")), ids_in(request, "people")
    if team is not None:
        squad = queries.members_of(team, by=actor_of(request), at=clock.now())
        people += [m.responder_id for m in squad if m.state == IN_TEAM and m.responder_id not in people]
    new = [NewPosting(uuid5(first, str(p)), p, area, moment_in(sent.get("from", ""), field="from"), until,
                      team_id=team, zone_id=zone, lodging_id=lodging) for p in people]  # fmt: skip
    for done in post_people(postings=new, by=actor_of(request), at=clock.now()):
        raise_refusal(done)
    back = reverse("closed-loop") + f"?area={area}&" if zone else reverse("missions") + "?"
    return redirect(back + "said=responders.posted")


def closed_places(request: HttpRequest, area_id: UUID) -> tuple[UUID | None, UUID | None]:
    """The zone in force and the lodging of a form, as far as the actor sees both. Raises ResponderUnfit."""
    by, sent = actor_of(request), request.POST
    zone, lodging = uuid_in(sent.get("zone")), uuid_in(sent.get("lodging"))
    if zone and zone not in {v.zone_id for v in zones_in_force(by=by)}:
        raise ResponderUnfit(field="zone", fix="")
    if lodging and not places_in(area_id, by=by, state="open").filter(id=lodging).exists():
        raise ResponderUnfit(field="lodging", fix="")
    return zone, lodging


@require_POST
@signed_in
def dependants(request: HttpRequest) -> HttpResponse:
    """My own note of who depends on me at home; asking for support tells my unit that it is needed."""
    by, sent = actor_of(request), request.POST
    ask_care(dependants=sent.get("dependants", ""), needs_care=sent.get("needs") == "1", by=by, at=clock.now())
    return _to(request, by.id, "responders.kept")
