"""Whom a call asks: accounts whose role takes shifts in the asked area, above it or below it; some bodies alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.base.fields import braced
from lianfang.base.prepared import Prepared
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries import live_grants
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ancestor_at
from lianfang.domains.calls.models import Call, Wave
from lianfang.domains.calls.rules import asked_from
from lianfang.domains.editions.queries import roles
from lianfang.domains.responders.models import Member, Organisation, Responder
from lianfang.domains.responders.queries import skills_of
from lianfang.domains.responders.rules import IN_TEAM

CLAIMS = "calls.claim"
REACH_LEVEL = "county"  # a call asks everybody of its county unless it says otherwise


def default_reach(area_id: UUID) -> UUID:
    """The area whose people a call asks if it names none: its county, or the area itself where that is larger."""
    county = ancestor_at(area_id, REACH_LEVEL)
    return county.id if county else area_id


def claiming(at: datetime) -> QuerySet[RoleGrant]:
    """Grants of roles that take shifts, as they hold at a time."""
    """Grants of roles that take shifts, as they hold at a time."""
    return _claiming(_takers(), at)


def _takers() -> tuple[str, ...]:
    return tuple(sorted(n for n, r in roles().items() if CLAIMS in r["rights"]))


def _claiming(names: Iterable[str], at: datetime) -> QuerySet[RoleGrant]:
    return live_grants(at).filter(role__in=list(names), incident_id=None, body_id=None)


def areas_claimed(account_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, set[UUID]]:
    """By account the areas in which its roles take shifts at a time."""
    out: dict[UUID, set[UUID]] = {}
    for account, area in _areas(_takers())(ids=braced(account_ids), at=at):
        out.setdefault(account, set()).add(area)
    return out


@lru_cache(maxsize=8)
def _areas(names: tuple[str, ...]) -> Prepared:
    def composed(*, ids: str, at: datetime) -> QuerySet[RoleGrant, tuple[object, ...]]:
        return _claiming(names, at).filter(account_id__any=ids).values_list("account_id", "area_id")

    return Prepared(composed, ids=str, at=datetime)


def areas_reached(asked: set[UUID], served: set[UUID]) -> set[tuple[UUID, UUID]]:
    """Pairs (asked area, area served) of which one lies in the other."""
    down, up = (
        Q(ancestor_id__any=asked, descendant_id__any=served),
        Q(ancestor_id__any=served, descendant_id__any=asked),
    )
    rows = AreaClosure.objects.filter(down | up, hierarchy=DIVISION).values_list("ancestor_id", "descendant_id")
    related = set(rows)
    return {(a, d) for a, d in related if a in asked and d in served} | {
        (d, a) for a, d in related if a in served and d in asked
    }


def kinds_of_bodies(body_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Kinds of some bodies."""
    return dict(Organisation.objects.filter(id__in=set(body_ids)).values_list("id", "kind"))


def accounts_reached(asked_area: UUID, audience: Mapping[str, Any], *, at: datetime) -> list[UUID]:
    """Accounts that a call asks: for telling them, and for saying how many they are before it is posted."""
    near = AreaClosure.objects.filter(hierarchy=DIVISION).filter(
        Q(ancestor_id=asked_area, descendant_id=OuterRef("area_id"))
        | Q(descendant_id=asked_area, ancestor_id=OuterRef("area_id"))
    )
    held = claiming(at).filter(Exists(near)).values("account_id")
    rows = Account.objects.filter(id__in=held, is_active=True)
    if not audience:
        return list(rows.order_by("id").values_list("id", flat=True))
    bodies, kinds = audience.get("bodies") or [], audience.get("kinds") or []
    if bodies or kinds:
        of_kind = Organisation.objects.filter(kind__in=kinds).values("id")
        rows = rows.filter(Q(organisation_id__in=[UUID(str(b)) for b in bodies]) | Q(organisation_id__in=of_kind))
    units = dict(rows.values_list("id", "organisation_id"))
    people = who_they_are(units, at=at)
    return sorted(i for i, who in people.items() if asked_from([(at, audience)], who) is not None)


def who_they_are(units: Mapping[UUID, UUID | None], *, at: datetime) -> dict[UUID, dict[str, Any]]:
    """What an audience may ask about accounts, given with their bodies: bodies, kinds, people, skills, teams, homes.

    A fixed number of questions. homes: the area of home and all above it.
    """
    kinds = kinds_of_bodies({b for b in units.values() if b})
    people = {r.id: r for r in Responder.objects.filter(id__any=list(units), left_at=None).defer("sealed")}
    teams: dict[UUID, set[str]] = {}
    for who, team in Member.objects.filter(responder_id__any=list(people), state=IN_TEAM).values_list(
        "responder_id", "team_id"
    ):
        teams.setdefault(who, set()).add(str(team))
    homes: dict[UUID, set[str]] = {}
    own = {r.home_area_id for r in people.values() if r.home_area_id}
    above = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=own) if own else AreaClosure.objects.none()
    for area, ancestor in above.values_list("descendant_id", "ancestor_id"):
        homes.setdefault(area, set()).add(str(ancestor))
    skills = skills_of(list(people), at=at) if people else {}
    out: dict[UUID, dict[str, Any]] = {}
    for i, body in units.items():
        r = people.get(i)
        out[i] = {
            "bodies": {str(body)} if body else set(), "kinds": {kinds[body]} if body in kinds else set(),
            "people": {r.kind} if r else set(), "skills": skills.get(i, set()), "teams": teams.get(i, set()),
            "homes": homes.get(r.home_area_id, set()) if r and r.home_area_id else set(),
            "reserve": bool(r and r.consented_at),
        }  # fmt: skip
    return out


def takers_by_body(body_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, int]:
    """By body how many of its accounts take shifts somewhere; a body with none is left out."""
    held = claiming(at).values("account_id")
    rows = Account.objects.filter(organisation_id__in=list(body_ids), id__in=held, is_active=True).order_by()
    return dict(rows.values_list("organisation_id").annotate(n=Count("id")))


def asking(by: Actor) -> Q:
    """Calls that ask somebody with the actor's grants, by area."""
    own = [g.area_id for g in by.areas_with(CLAIMS) if g.area_id]
    rows = AreaClosure.objects.filter(hierarchy=DIVISION)
    return Q(asked_area_id__in=rows.filter(descendant_id__in=own).values("ancestor_id")) | Q(
        asked_area_id__in=rows.filter(ancestor_id__in=own).values("descendant_id")
    )


def audiences_of(call: Call, waves: Iterable[Wave]) -> list[tuple[datetime, Mapping[str, Any]]]:
    """Whom a call asks from when on: each of its waves from then; without any its own audience from its opening."""
    return [(w.opens_at, w.audience) for w in waves] or [(call.opens_at, call.audience)]


def waves_of(call_ids: Iterable[UUID]) -> dict[UUID, list[Wave]]:
    """The waves of calls, the earliest first; calls without any are left out."""
    out: dict[UUID, list[Wave]] = {}
    for w in Wave.objects.filter(call_id__in=list(call_ids)).order_by("opens_at", "id"):
        out.setdefault(w.call_id, []).append(w)
    return out
