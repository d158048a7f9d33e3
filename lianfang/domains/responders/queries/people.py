"""People who serve as somebody may see them: by kind, unit, area; reserve lists; skills and who verified them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import bodies_administered, post_of, visible_areas
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ancestor_at, ids_below
from lianfang.domains.privacy.queries import opened
from lianfang.domains.responders.errors import ResponderMissing
from lianfang.domains.responders.models import (
    Member,
    Offer,
    Organisation,
    Posting,
    Responder,
    Skill,
    Standing,
    Team,
)
from lianfang.domains.responders.queries.abilities import fitness_now
from lianfang.domains.responders.rules import IN_TEAM

READ, WRITE = "responders.read", "responders.write"
REACH = "county"  # within it people offer themselves, and are put in teams


def responders_seen(by: Actor) -> QuerySet[Responder]:
    """People whose sign-in is kept, or whose home is, where the actor looks; those of his body; himself."""
    areas = visible_areas(by, READ)
    fit = Q(account__area_id__in=areas) | Q(home_area_id__in=areas) | Q(id=by.id)
    rows = Responder.objects.filter(fit | Q(account__organisation_id__in=bodies_administered(by)))
    return rows.select_related("account", "home_area").defer("home_area__outline")


def postable_by(responder_ids: Iterable[UUID], *, by: Actor) -> set[UUID]:
    """Who of some people may be sent somewhere by the actor.

    Those whose sign-in or home is kept where he writes, of a body he administers, in a team that is there, or who
    offered themselves there and were not declined; himself.
    """
    areas = visible_areas(by, WRITE)
    inside = Member.objects.filter(responder_id=OuterRef("pk"), state=IN_TEAM, team__area_id__in=areas)
    offered = Offer.objects.filter(Q(responder_id=OuterRef("pk")) | Q(team__members__responder_id=OuterRef("pk")),
                                   state__in=("offered", "reserve", "accepted"), area_id__in=areas)  # fmt: skip
    fit = Q(account__area_id__in=areas) | Q(home_area_id__in=areas) | Q(id=by.id) | Exists(inside) | Exists(offered)
    fit |= Q(account__organisation_id__in=bodies_administered(by))
    return set(Responder.objects.filter(fit, id__in=list(responder_ids)).values_list("id", flat=True))


def near_team(responder_ids: Iterable[UUID], team: Team, *, at: datetime) -> set[UUID]:
    """Who of some people serves or lives in a county to which a team belongs, was sent there, or has asked to join."""
    own = [a for a in (team.area_id, team.sender_area_id) if a]
    counties = {c.id for a in own if (c := ancestor_at(a, REACH))}
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id__in=counties | set(own)).values("descendant_id")
    sent = Posting.objects.filter(Q(until_at=None) | Q(until_at__gt=at), responder_id=OuterRef("pk"),
                                  area_id__in=below)  # fmt: skip
    asked = Member.objects.filter(team=team, responder_id=OuterRef("pk"))
    fit = Q(account__area_id__in=below) | Q(home_area_id__in=below) | Exists(sent) | Exists(asked)
    return set(Responder.objects.filter(fit, id__in=list(responder_ids)).values_list("id", flat=True))


def people_listed(
    area_id: UUID,
    *,
    by: Actor,
    at: datetime,
    kind: str = "",
    skill: str = "",
    unit_id: UUID | None = None,
    reserve: bool = False,
    limit: int = 200,
) -> list[Responder]:
    """People of an area and below who serve now, with unit (`unit`), verified skills (`can`) and fitness (`fit_now`).

    reserve: those alone who agreed to be called in an emergency.
    """
    below = ids_below(area_id)
    rows = responders_seen(by).filter(Q(account__area_id__in=below) | Q(home_area_id__in=below), left_at=None)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(account__organisation_id=unit_id) if unit_id else rows
    rows = rows.exclude(consented_at=None) if reserve else rows
    if skill:
        held = Skill.objects.filter(responder_id=OuterRef("pk"), skill=skill, state="verified", ended_at=None)
        rows = rows.filter(Exists(held))
    unit = Organisation.objects.filter(id=OuterRef("account__organisation_id")).values("name")[:1]
    found: list[Responder] = [*rows.annotate(unit=Subquery(unit)).order_by("account__label", "id")[:limit]]
    _with_abilities(found, at)
    return found


def _with_abilities(people: Sequence[Responder], at: datetime) -> None:
    ids = [p.id for p in people]
    skills: dict[UUID, list[Skill]] = {}
    for s in Skill.objects.filter(responder_id__in=ids, ended_at=None).defer("sealed").order_by("skill"):
        skills.setdefault(s.responder_id, []).append(s)
    fitness = fitness_now(ids, at=at)
    for p in people:
        p.can = skills.get(p.id, [])  # type: ignore[attr-defined]  # for the page
        p.fit_now = fitness.get(p.id)  # type: ignore[attr-defined]  # for the page


def responder_seen(responder_id: UUID, *, by: Actor, at: datetime) -> Responder:
    """One of these with skills, fitness, standings, teams and postings. Raises ResponderMissing."""
    found = responders_seen(by).filter(id=responder_id).first()
    if found is None:
        raise ResponderMissing()
    _with_abilities([found], at)
    unit = Organisation.objects.filter(id=found.account.organisation_id).first()
    found.unit = unit.name if unit else ""  # type: ignore[attr-defined]  # for the page
    found.history = list(found.standings.annotate(post=post_of("noted_by")).order_by("-from_at"))  # type: ignore[attr-defined]  # for the page
    found.served = list(found.postings.select_related("area", "organisation").order_by("-from_at")[:20])  # type: ignore[attr-defined]  # for the page
    found.teams_in = list(found.memberships.exclude(state="left").select_related("team"))  # type: ignore[attr-defined]  # for the page
    return found


def reached_by(responder: Responder, *, by: Actor) -> Mapping[str, Any]:
    """Name and phone of somebody who was seen, for who must reach him; the read is noted."""
    return opened([responder], by=by, fields=("name", "phone"), whole=True)[responder.id]


def evidence_of(skills: list[Skill], *, by: Actor) -> dict[UUID, dict[str, Any]]:
    """What was given as evidence for skills, for who verifies them or stated them."""
    return opened(skills, by=by, fields=("evidence",), whole=True, subject="responder_id")


def own_card(by: Actor, *, at: datetime) -> tuple[Responder | None, Mapping[str, Any]]:
    """The actor's own entry with all it says of him; nothing if he is not on the register."""
    row = responders_seen(by).filter(id=by.id).first()
    if row is None:
        return None, {}
    _with_abilities([row], at)
    fields = ("name", "phone", "born_year", "dependants")
    return row, opened([row], by=by, fields=fields, whole=True)[row.id]


def skills_to_judge(area_id: UUID, *, by: Actor, limit: int = 100) -> list[Skill]:
    """Skills stated and not yet judged, of people the actor writes about, the oldest first, with their post."""
    areas = visible_areas(by, WRITE)
    below = ids_below(area_id)
    near = Q(responder__account__area_id__in=below) | Q(responder__home_area_id__in=below)
    mine = Q(responder__account__area_id__in=areas) | Q(responder__home_area_id__in=areas)
    rows = Skill.objects.filter(near, mine, state="stated", ended_at=None).exclude(responder_id=by.id)
    return list(rows.annotate(post=post_of("responder_id")).order_by("stated_at")[:limit])


def insurances_to_confirm(area_id: UUID, *, by: Actor, day: date, limit: int = 100) -> list[Responder]:
    """People the actor writes about who say that they are insured and whose policy nobody has seen, with their post."""
    areas, below = visible_areas(by, WRITE), ids_below(area_id)
    rows = Responder.objects.filter(Q(account__area_id__in=below) | Q(home_area_id__in=below))
    rows = rows.filter(Q(account__area_id__in=areas) | Q(home_area_id__in=areas), left_at=None, insured_by=None)
    rows = rows.filter(insured_until__gte=day).exclude(id=by.id).defer("sealed")
    return list(rows.annotate(post=post_of("account_id")).order_by("insured_until", "id")[:limit])


def people_counted(
    area_id: UUID, *, by: Actor, from_at: datetime, until_at: datetime
) -> dict[str, list[tuple[str, int]]]:
    """How many people were on the register at some time of a span: by kind, by unit, by home area, by standing."""
    below = ids_below(area_id)
    rows = responders_seen(by).filter(Q(account__area_id__in=below) | Q(home_area_id__in=below))
    rows = rows.filter(Q(left_at=None) | Q(left_at__gte=from_at), registered_at__lt=until_at).order_by()
    unit = Organisation.objects.filter(id=OuterRef("account__organisation_id")).values("name")[:1]
    last = Standing.objects.filter(responder_id=OuterRef("pk"), from_at__lt=until_at).order_by("-from_at")
    rows = rows.annotate(unit=Subquery(unit), standing=Subquery(last.values("standing")[:1]))
    out = {}
    for name, field in (("kind", "kind"), ("unit", "unit"), ("area", "home_area__name"), ("standing", "standing")):
        counted = rows.values_list(field).annotate(n=Count("id", distinct=True)).order_by("-n", field)
        out[name] = [(word or "", n) for word, n in counted]
    return out


def names_of(ids: Iterable[UUID], *, by: Actor, whole: bool) -> dict[UUID, dict[str, Any]]:
    """Name and phone of people on the register, for lists of those whom the actor leads (whole), else masked.

    The lists test the right themselves; whole ones are noted as read. Who is not on the register is left out.
    """
    rows = list(Responder.objects.filter(id__in=list(ids)).exclude(sealed=b""))
    return opened(rows, by=by, fields=("name", "phone"), whole=whole)
