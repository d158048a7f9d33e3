"""Teams as somebody may see them: at work, led by oneself, with members, log and make-up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import bodies_administered, post_of, visible_areas
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.privacy.queries import opened
from lianfang.domains.responders.errors import TeamMissing
from lianfang.domains.responders.models import Appointment, Member, Responder, Standing, Team, TeamNote
from lianfang.domains.responders.queries.abilities import fitness_now, skills_of
from lianfang.domains.responders.rules import IN_TEAM, ages

READ = "responders.read"


def leads(by: Actor, team_ids: Iterable[UUID], *, at: datetime) -> set[UUID]:
    """Of these teams those the actor leads or stands in for, or whose whole he does."""
    ids = set(team_ids)
    live = Appointment.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=by.id, from_at__lte=at)
    led = set(live.values_list("team_id", flat=True))
    parts = dict(Team.objects.filter(id__in=ids - led, parent_id__in=led).values_list("id", "parent_id"))
    return (ids & led) | set(parts)


def leads_by_team(team_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, list[UUID]]:
    """Who leads some teams, then who stands in, by team; a team that nobody leads is left out."""
    live = Appointment.objects.filter(Q(to_at=None) | Q(to_at__gt=at), team_id__in=list(team_ids), from_at__lte=at)
    out: dict[UUID, list[UUID]] = {}
    for team, account in live.order_by("-role", "from_at").values_list("team_id", "account_id"):
        out.setdefault(team, []).append(account)
    return out


def teams_led(account_id: UUID, *, at: datetime) -> QuerySet[Team]:
    """Teams at work that an account leads or stands in for."""
    live = Appointment.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=account_id, from_at__lte=at)
    return Team.objects.filter(id__in=live.values("team_id"), ended_at=None).order_by("name", "id")


def teams_seen(by: Actor, *, at: datetime) -> QuerySet[Team]:
    """Teams whose area or sender the actor looks at, of a body he administers, that he leads, or that he is in."""
    areas = visible_areas(by, READ)
    mine = Member.objects.filter(team_id=OuterRef("pk"), responder_id=by.id).exclude(state="left")
    led = Appointment.objects.filter(team_id=OuterRef("pk"), account_id=by.id, to_at=None)
    whole = Appointment.objects.filter(team_id=OuterRef("parent_id"), account_id=by.id, to_at=None)
    fit = Q(area_id__in=areas) | Q(sender_area_id__in=areas) | Q(organisation_id__in=bodies_administered(by))
    rows = Team.objects.filter(fit | Exists(mine) | Exists(led) | Exists(whole))
    return rows.select_related("area", "organisation", "parent").defer("area__outline")


def _counted(rows: QuerySet[Team]) -> QuerySet[Team]:
    """With members in (`n_in`), applicants (`n_applied`) and the lead's post (`lead_post`)."""
    counts = Member.objects.filter(team_id=OuterRef("pk")).order_by().values("team_id")
    inside = counts.filter(state=IN_TEAM).annotate(n=Count("id")).values("n")
    asked = counts.filter(state="applied").annotate(n=Count("id")).values("n")
    lead = Appointment.objects.filter(team_id=OuterRef("pk"), role="lead", to_at=None)
    named = lead.annotate(post=post_of("account_id")).values("post")[:1]
    return rows.annotate(n_in=Subquery(inside), n_applied=Subquery(asked), lead_post=Subquery(named))


def teams_of(area_id: UUID, *, by: Actor, at: datetime, kind: str = "", limit: int = 500) -> list[Team]:
    """Teams at work of an area and below that the actor sees, with counts and lead; wholes before their parts."""
    rows = teams_seen(by, at=at).filter(Q(area_id__in=ids_below(area_id)) | Q(sender_area_id__in=ids_below(area_id)))
    rows = rows.filter(ended_at=None)
    rows = rows.filter(kind=kind) if kind else rows
    return list(_counted(rows).order_by("kind", "name", "id")[:limit])


def open_teams(by: Actor, *, at: datetime, limit: int = 50) -> list[Team]:
    """Teams at work in the areas where the actor serves that he is not in: for asking to join."""
    areas = [g.area_id for g in by.areas_with("calls.claim") if g.area_id]
    there = Q(area_id__in=areas)
    for a in areas:
        there |= Q(area_id__in=ids_below(a))
    mine = Member.objects.filter(team_id=OuterRef("pk"), responder_id=by.id).exclude(state="left")
    rows = Team.objects.filter(there, ended_at=None, parent=None).exclude(Exists(mine)).select_related("area")
    return list(rows.defer("area__outline").order_by("name", "id")[:limit])


def my_memberships(by: Actor) -> list[Member]:
    """Teams the actor is in, asked to be in, or was kept out of, with the reason; the newest first."""
    rows = Member.objects.filter(responder_id=by.id).select_related("team__area").defer("team__area__outline")
    return list(rows.order_by("-asked_at")[:50])


def team_seen(team_id: UUID, *, by: Actor, at: datetime) -> Team:
    """One of these with its parts (`parts_here`), steps and appointments with posts. Raises TeamMissing."""
    found = _counted(teams_seen(by, at=at)).filter(id=team_id).first()
    if found is None:
        raise TeamMissing()
    found.parts_here = list(_counted(Team.objects.filter(parent=found, ended_at=None)).order_by("name", "id"))  # type: ignore[attr-defined]  # for the page
    found.steps_here = list(found.steps.annotate(post=post_of("by")).order_by("-at"))  # type: ignore[attr-defined]  # for the page
    found.leads_here = list(found.appointments.annotate(post=post_of("account_id")).order_by("-from_at"))  # type: ignore[attr-defined]  # for the page
    return found


def members_of(team_id: UUID, *, by: Actor, at: datetime) -> list[Member]:
    """Members and applicants of a team that was seen, with post and fitness (`fit_now`): state and limits alone."""
    team_seen(team_id, by=by, at=at)
    rows = Member.objects.filter(team_id=team_id).exclude(state="left").select_related("responder__account")
    found = list(rows.order_by("state", "asked_at", "id"))
    fitness = fitness_now([m.responder_id for m in found], at=at)
    for m in found:
        m.fit_now = fitness.get(m.responder_id)  # type: ignore[attr-defined]  # for the page
    return found


def left_of(team_id: UUID, *, by: Actor, at: datetime, limit: int = 100) -> list[Member]:
    """Who was in a team that was seen, or asked to be, and is no more, with the reason; the newest first."""
    team_seen(team_id, by=by, at=at)
    rows = Member.objects.filter(team_id=team_id, state="left").select_related("responder__account")
    return list(rows.order_by("-until_at", "id")[:limit])


def strength_of(team_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, int]:
    """How many were in each of these teams at a moment, whether or not they are still; counts alone, of teams seen."""
    rows = Member.objects.filter(Q(until_at=None) | Q(until_at__gt=at), team_id__in=list(team_ids), from_at__lte=at)
    return dict(rows.order_by().values_list("team_id").annotate(n=Count("responder_id", distinct=True)))


def notes_of(team_id: UUID, *, by: Actor, at: datetime, limit: int = 60) -> list[dict[str, Any]]:
    """The log and the outside contacts of a team, the newest first, opened for who leads it or keeps it."""
    team_seen(team_id, by=by, at=at)
    rows = list(TeamNote.objects.filter(team_id=team_id).annotate(post=post_of("by")).order_by("-at")[:limit])
    told = opened(rows, by=by, fields=("words", "phone"), whole=True, subject="team_id")
    return [{"note": r, **told[r.id]} for r in rows]


@dataclass(frozen=True)
class MakeUp:
    """Who a team is made of: people, mean age (None unknown), bands, by standing, by kind, how many retired."""

    people: int
    mean_age: float | None
    bands: dict[tuple[int, int], int]
    standings: dict[str, int]
    kinds: dict[str, int]
    retired: int
    skills: dict[str, int]


def make_up(team_ids: Collection[UUID], *, by: Actor, at: datetime) -> MakeUp:
    """Who these teams are made of, a person in several counted once. Ages are read for the sum and shown to nobody."""
    inside = Member.objects.filter(team_id__in=team_ids, state=IN_TEAM).values("responder_id")
    last = Standing.objects.filter(responder_id=OuterRef("pk"), from_at__lte=at).order_by("-from_at")
    people = list(Responder.objects.filter(id__in=inside).annotate(now=Subquery(last.values("standing")[:1])))
    told = opened(people, by=by, fields=("born_year",), whole=True)
    mean, bands = ages((int(t["born_year"]) for t in told.values() if t["born_year"]), at.date())
    standings, kinds = dict[str, int](), dict[str, int]()
    for p in people:
        standings[p.now or ""] = standings.get(p.now or "", 0) + 1
        kinds[p.kind] = kinds.get(p.kind, 0) + 1
    skills = dict[str, int]()
    for own in skills_of([p.id for p in people], at=at).values():
        for s in own:
            skills[s] = skills.get(s, 0) + 1
    return MakeUp(len(people), mean, bands, standings, kinds, sum(p.is_retired for p in people), skills)


def headcount(area_id: UUID, *, by: Actor, at: datetime) -> dict[str, tuple[int, int]]:
    """By kind of team how many teams and people are at work in an area and below; "" is all, each person once.

    People of teams without named members count as they were told.
    """
    teams = {t.id: t for t in teams_seen(by, at=at).filter(area_id__in=ids_below(area_id), ended_at=None)}
    by_team: dict[UUID, set[UUID]] = {}
    for team, who in Member.objects.filter(team_id__in=teams, state=IN_TEAM).values_list("team_id", "responder_id"):
        by_team.setdefault(team, set()).add(who)
    out: dict[str, tuple[int, int]] = {}
    for kind in ("", *sorted({t.kind for t in teams.values()})):
        some = [t for t in teams.values() if kind in ("", t.kind)]
        named = set().union(*(by_team.get(t.id, set()) for t in some)) if some else set()
        wholes = [t for t in some if t.parent_id is None]
        told = sum(t.people for t in wholes if not by_team.get(t.id) and not _has_named_parts(t, some, by_team))
        out[kind] = (len(wholes), len(named) + told)
    return out


def _has_named_parts(team: Team, teams: Iterable[Team], by_team: dict[UUID, set[UUID]]) -> bool:
    return any(t.parent_id == team.id and by_team.get(t.id) for t in teams)
