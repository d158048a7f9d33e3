"""Who is on duty, in order; which bodies and teams take part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import bodies_administered, holders_of, live_grants, post_of, visible_areas
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.areas.queries import ids_above, ids_above_now, ids_below
from lianfang.domains.responders.errors import BodyMissing
from lianfang.domains.responders.models import Duty, Organisation, Team


def duty_list(role: str, area_id: UUID, *, at: datetime) -> list[UUID]:
    """Accounts that answer for a role in an area, in the order they are told, each once.

    The phone book of the nearest area with one, then of the areas above it, then whoever holds the role.
    """
    above = ids_above(area_id)
    live = Duty.objects.filter(Q(to_at=None) | Q(to_at__gt=at), role=role, area_id__in=above, from_at__lte=at)
    rows = sorted(live, key=lambda d: (above.index(d.area_id), d.position))
    return list(dict.fromkeys([*(d.account_id for d in rows), *holders_of(role, above=above, at=at)]))


def duty_lists(asked: Collection[tuple[str, UUID]], *, at: datetime) -> dict[tuple[str, UUID], list[UUID]]:
    """`duty_list` for many (role, area) pairs, in three questions whatever their number."""
    roles_asked, areas = {r for r, _ in asked}, {a for _, a in asked}
    above: dict[UUID, list[UUID]] = {}
    closure = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=areas).order_by("depth")
    for area, ancestor in closure.values_list("descendant_id", "ancestor_id"):
        above.setdefault(area, []).append(ancestor)
    everywhere = {a for path in above.values() for a in path}
    live = Duty.objects.filter(Q(to_at=None) | Q(to_at__gt=at), role__in=roles_asked, from_at__lte=at)
    on_duty: dict[tuple[str, UUID], list[UUID]] = {}
    for d in live.filter(area_id__in=everywhere).order_by("position"):
        on_duty.setdefault((d.role, d.area_id), []).append(d.account_id)
    grants = live_grants(at).filter(role__in=roles_asked, area_id__in=everywhere, incident_id=None, body_id=None)
    holders: dict[tuple[str, UUID], list[UUID]] = {}
    for role, area, account in grants.values_list("role", "area_id", "account_id"):
        holders.setdefault((role, area), []).append(account)
    out = {}
    for role, area in asked:
        path = above.get(area, [])
        named = [x for a in path for x in on_duty.get((role, a), [])]
        out[role, area] = list(dict.fromkeys([*named, *(x for a in path for x in holders.get((role, a), []))]))
    return out


def next_of(people: Sequence[UUID], *, after: int) -> tuple[UUID | None, int]:
    """The account at a position of a duty list and that position; the last one when the list has ended."""
    if not people:
        return None, after
    position = min(after, len(people) - 1)
    return people[position], position


def duties_of(account_id: UUID, *, at: datetime) -> list[Duty]:
    """Lines of the phone book of duty that name an account now or later, the earliest first."""
    live = Duty.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=account_id)
    return list(live.select_related("area").order_by("from_at", "position"))


def next_on_duty(role: str, area_id: UUID, *, after: int, at: datetime) -> tuple[UUID | None, int]:
    """The account at a position of the duty list and that position; the last one when the list has ended."""
    return next_of(duty_list(role, area_id, at=at), after=after)


def organisations_in(area_id: UUID) -> QuerySet[Organisation]:
    """Bodies of an area and below."""
    return Organisation.objects.filter(area_id__in=ids_below(area_id)).order_by("name")


def bodies_around(area_id: UUID) -> QuerySet[Organisation]:
    """Bodies that may be asked to help an area: of the area and below it, and of those above it."""
    fit = Q(area_id__in=ids_below(area_id)) | Q(area_id__in=ids_above_now(area_id))
    return Organisation.objects.filter(fit).order_by("name", "id")


def bodies_by_id(ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    """Bodies by id, for whoever was told of them."""
    return {b.id: b for b in Organisation.objects.filter(id__in=set(ids))}


def bodies_seen(by: Actor) -> QuerySet[Organisation]:
    """Bodies of the areas whose accounts the actor administers, and the body whose accounts it administers."""
    fit = Q(area_id__in=visible_areas(by, "accounts.grant")) | Q(id__in=bodies_administered(by))
    return Organisation.objects.filter(fit).select_related("area", "parent").defer("area__outline").order_by("name")


def body_seen(body_id: UUID, *, by: Actor) -> Organisation:
    """One of these bodies. Raises BodyMissing."""
    found = bodies_seen(by).filter(id=body_id).first()
    if found is None:
        raise BodyMissing()
    return found


def parents_for(area_id: UUID) -> QuerySet[Organisation]:
    """Bodies under which a new body of an area may stand: of the area itself and of those above it."""
    return Organisation.objects.filter(area_id__in=ids_above_now(area_id)).select_related("area").order_by("name")


def chart_of(area_id: UUID, *, at: datetime) -> dict[str, Any]:
    """Bodies and teams of an area and below: each body with its teams, teams of none, and people by kind of team."""
    teams = list(teams_in(area_id).select_related("area", "organisation"))
    bodies = [{"body": o, "teams": [t for t in teams if t.organisation_id == o.id]} for o in organisations_in(area_id)]
    known = {b["body"] for b in bodies}
    counts: dict[str, tuple[int, int]] = {}
    for t in teams:
        n, people = counts.get(t.kind, (0, 0))
        counts[t.kind] = (n + 1, people + t.people)
    return {"bodies": bodies, "others": [t for t in teams if t.organisation not in known], "counts": counts}


def teams_in(area_id: UUID) -> QuerySet[Team]:
    """Teams of an area and below that have not ended."""
    return Team.objects.filter(area_id__in=ids_below(area_id), ended_at=None).order_by("name")


LEAD_ROLES = ("command", "street-lead", "committee-lead", "grid-worker")


def leads_of(area_ids: list[UUID], *, at: datetime) -> dict[UUID, UUID]:
    """Who leads each area itself, not one above it: its command, street or committee lead, or grid worker."""
    out: dict[UUID, UUID] = {}
    grants = live_grants(at).filter(area_id__in=area_ids, role__in=LEAD_ROLES, incident_id=None)
    held = grants.values_list("area_id", "role", "account_id")
    for area, _, account in sorted(held, key=lambda g: LEAD_ROLES.index(g[1])):
        out.setdefault(area, account)
    return out


def phone_book(area_id: UUID, *, at: datetime) -> list[Duty]:
    """Every line of the phone book of duty of an area and those above it, deputies after whom they stand in for.

    Each with the post (`post`), those to come among them; the nearest area first.
    """
    above = ids_above(area_id)
    rows = Duty.objects.filter(Q(to_at=None) | Q(to_at__gt=at), area_id__in=above)
    found = list(rows.select_related("area").defer("area__outline").annotate(post=post_of("account_id")))
    return sorted(found, key=lambda d: (above.index(d.area_id), d.role, d.position, d.from_at))
