"""Posts as their administrators see them: who holds what, where, until when, for which incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.domains.accounts.errors import AccountMissing, RightMissing
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries.rights import live_grants, may, post_of, reach, visible_areas
from lianfang.domains.accounts.rules import GRANTS, LEVELS, PROGRAM, is_delegable
from lianfang.domains.areas.models import Area
from lianfang.domains.areas.queries import ids_below, is_within
from lianfang.domains.editions.queries import roles


def bodies_administered(by: Actor) -> set[UUID]:
    """The bodies whose accounts alone the actor administers."""
    return {g.body_id for g in by.grants_with(GRANTS) if g.body_id}


def administrators_of(body_id: UUID, *, at: datetime) -> list[UUID]:
    """Who administers a body's accounts now."""
    rows = live_grants(at).filter(body_id=body_id, role__in=[n for n, r in roles().items() if GRANTS in r["rights"]])
    return list(rows.order_by("from_at").values_list("account_id", flat=True).distinct())


def _administered(by: Actor, *, area: str = "area_id", body: str = "organisation_id") -> Q:
    return Q(**{f"{area}__in": visible_areas(by, GRANTS)}) | Q(**{f"{body}__in": bodies_administered(by)})


def grants_seen(by: Actor) -> QuerySet[RoleGrant]:
    """Grants in the areas the actor administers, or of accounts of its body; with account, area and who granted.

    Neither a resident's own sign-in nor a program is a post: they are not among them.
    """
    rows = RoleGrant.objects.filter(_administered(by, body="account__organisation_id"), account__person_id=None)
    rows = rows.exclude(role=PROGRAM)
    rows = rows.select_related("account", "area").annotate(granter=post_of("granted_by"))
    return rows.defer("area__outline", "account__password")


def posts_held(
    by: Actor, *, area_id: UUID, at: datetime, body_id: UUID | None = None, role: str = "", text: str = ""
) -> QuerySet[RoleGrant]:
    """Posts that hold now or will, in an area and below, by the page's filters; by role and name of the post."""
    rows = grants_seen(by).filter(Q(to_at=None) | Q(to_at__gt=at), area_id__in=ids_below(area_id))
    if body_id:
        rows = rows.filter(account__organisation_id=body_id)
    if role:
        rows = rows.filter(role=role)
    if text:
        rows = rows.filter(Q(account__label__icontains=text) | Q(account__username__icontains=text))
    return rows.order_by("role", "account__label", "id")


def posts_shown(account_id: UUID, right: str, *, at: datetime) -> list[RoleGrant]:
    """Posts of an account that carry a right now, with their areas, the smallest area first."""
    carries = [name for name, body in roles().items() if right in body["rights"]]
    rows = live_grants(at).filter(account_id=account_id, account__is_active=True, role__in=carries)
    found = list(rows.exclude(area=None).select_related("area").defer("area__outline"))
    return sorted(found, key=_nearness, reverse=True)


def _nearness(g: RoleGrant) -> int:
    return LEVELS.index(g.area.level) if g.area and g.area.level in LEVELS else len(LEVELS)


def posts_of_incident(incident_id: UUID, *, at: datetime) -> QuerySet[RoleGrant]:
    """Posts that hold for one incident alone, now, with their accounts: to settle what they leave when it closes."""
    return live_grants(at).filter(incident_id=incident_id).select_related("account")


def without_post(by: Actor, *, area_id: UUID, at: datetime) -> QuerySet[Account]:
    """Accounts kept in an area and below that hold no post now: newly opened ones, and those whose posts have ended."""
    live = live_grants(at).filter(account_id=OuterRef("pk"))
    rows = Account.objects.filter(_administered(by), ~Exists(live), area_id__in=ids_below(area_id), person_id=None)
    rows = rows.filter(program=None)
    return rows.select_related("area").defer("area__outline", "password").order_by("-is_active", "label")


def account_seen(account_id: UUID, *, by: Actor) -> Account:
    """An account kept in the actor's areas or of its body, or holding a post there. Raises AccountMissing."""
    held = Exists(grants_seen(by).filter(account_id=OuterRef("pk")))
    rows = Account.objects.filter(_administered(by) | Q(held), id=account_id, person_id=None, program=None)
    found = rows.select_related("area").defer("area__outline").first()
    if found is None:
        raise AccountMissing(username="")
    return found


def bodies_counted(body_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, tuple[int, list[str]]]:
    """By body how many accounts it has that are open, and the posts that administer it."""
    ids = set(body_ids)
    out: dict[UUID, tuple[int, list[str]]] = {i: (0, []) for i in ids}
    live = live_grants(at).filter(body_id__in=ids, account__is_active=True)
    heads = live.values_list("body_id", "account__label").order_by("account__label")
    for body, label in heads:
        if body:
            out[body][1].append(label)
    members = Account.objects.filter(organisation_id__in=ids, is_active=True, program=None).values_list(
        "organisation_id", flat=True
    )
    for body in filter(None, members):
        out[body] = (out[body][0] + 1, out[body][1])
    return out


def may_grant(by: Actor, role: str, *, area: Area, body_id: UUID | None) -> bool:
    """Whether the actor may give a role on an area to an account of a body, and so take it back.

    The area's administrator any; a body's only those delegated to it, not above the area, and none that is reserved.
    """
    if may(by, GRANTS, area_id=area.id):
        return True
    body = roles().get(role)
    if body is None or body_id is None or not is_delegable(body, area_level=area.level):
        return False
    fit = [g for g in by.grants_with(GRANTS) if g.body_id == body_id and g.area_id and role in g.delegates]
    return bool(fit) and is_within(area.id, [(g.hierarchy, g.area_id) for g in fit if g.area_id])


def may_keep(by: Actor, account: Account, *, at: datetime) -> bool:
    """Whether the actor may hand a sign-in over or close it: it keeps it, and may grant all that it holds.

    Else a new password would be a way to rights that its giver could not have granted.
    """
    held = list(live_grants(at).filter(account_id=account.id).select_related("area", "account").defer("area__outline"))
    if account.area_id is None:
        return False
    whole = reach(by, GRANTS, areas={account.area_id}).areas
    if not whole and not may(by, GRANTS, area_id=account.area_id, body_id=account.organisation_id):
        return False
    return len(endable(by, held)) == len(held)


def endable(by: Actor, grants: Sequence[RoleGrant]) -> set[UUID]:
    """Of some grants with account and area those that the actor could have given, and so may end."""
    whole = reach(by, GRANTS, areas={g.area_id for g in grants}).areas
    of_body = {
        g.id
        for g in grants
        if g.area_id not in whole and may_grant(by, g.role, area=g.area, body_id=g.account.organisation_id)
    }
    return of_body | {g.id for g in grants if g.area_id in whole}


def require_kept(by: Actor, account: Account, *, at: datetime) -> None:
    """Refuse unless the actor may hand the sign-in over. Raises RightMissing."""
    if not may_keep(by, account, at=at):
        raise RightMissing(right=GRANTS, area=str(account.area_id or ""))


def roles_to_grant(by: Actor, *, area: Area, body_id: UUID | None) -> list[str]:
    """Names of the roles the actor may give on an area to an account of a body.

    Edge: a role without rights (the resident's) is no post.
    """
    known = roles()
    if may(by, GRANTS, area_id=area.id):
        return [n for n, r in known.items() if r["rights"]]
    given = {r for g in by.grants_with(GRANTS) if g.body_id and g.body_id == body_id for r in g.delegates}
    return [n for n in known if n in given and is_delegable(known[n], area_level=area.level)]
