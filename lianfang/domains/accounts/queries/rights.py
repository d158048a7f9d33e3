"""Who an account is now, what it may do, and which areas it may see."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from lianfang.base.actor import Actor, Grant
from lianfang.base.once import once
from lianfang.domains.accounts.errors import AccountMissing, RightMissing
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.rules import NO_POST, PLAIN, PROGRAM, narrowed
from lianfang.domains.areas.models import DIVISION, Area, AreaClosure, AreaParent
from lianfang.domains.areas.queries import ids_below, is_within
from lianfang.domains.editions.models import Role


def account_named(username: str) -> Account:
    """An account by its sign-in name. Raises AccountMissing."""
    found = Account.objects.filter(username=username).first()
    if found is None:
        raise AccountMissing(username=username)
    return found


def id_named(username: str) -> UUID | None:
    """Whose sign-in name this is; nothing where it is nobody's."""
    return Account.objects.filter(username=username).values_list("id", flat=True).first()


def account_at(account_id: UUID) -> Account:
    """An account by its id, for a door that has proved who it is. Raises AccountMissing."""
    found = Account.objects.filter(id=account_id).first()
    if found is None:
        raise AccountMissing(username="")
    return found


def live_grants(at: datetime) -> QuerySet[RoleGrant]:
    """Grants that hold at a time (half-open)."""
    return RoleGrant.objects.filter(Q(to_at=None) | Q(to_at__gt=at), from_at__lte=at)


def grants_of(account_id: UUID, *, at: datetime) -> QuerySet[RoleGrant]:
    """The grants of an account at a time, the first first, with the body of each role (`role_body`)."""
    body = Role.objects.filter(name=OuterRef("role")).values("body")[:1]
    return live_grants(at).filter(account_id=account_id).annotate(role_body=Subquery(body)).order_by("from_at", "id")


def actor_with(account: Account, rows: Iterable[RoleGrant], *, purpose: str = "", device: UUID | None = None) -> Actor:
    """The actor that an account is with the grants that `grants_of` gave; a role nobody knows gives nothing."""
    grants = tuple(x for g in rows for x in _as_held(g, _rights_of(g)))
    return Actor(account.id, grants, purpose, device, account.label, account.person_id)


def _rights_of(g: RoleGrant) -> Sequence[str]:
    """The rights of a grant's role, or a program's own scopes, whatever a catalogue might say of that name."""
    body = g.role_body  # type: ignore[attr-defined]  # annotated
    return g.scopes if g.role == PROGRAM else body["rights"] if body else ()


def _as_held(g: RoleGrant, rights: Sequence[str]) -> list[Grant]:
    """A grant as the actor holds it; one with limits gives its rights within them, and what is plain without."""
    if not rights:
        return []
    if g.incident_id is None and g.body_id is None:
        return [Grant(g.role, frozenset(rights), g.hierarchy, g.area_id)]
    within = narrowed(rights, is_of_incident=g.incident_id is not None, is_of_body=g.body_id is not None)
    limited = Grant(g.role, within, g.hierarchy, g.area_id, g.incident_id, g.body_id, frozenset(g.delegates))
    return [limited, Grant(g.role, PLAIN & frozenset(rights), g.hierarchy, g.area_id)]


def actor_for(account: Account, *, at: datetime, purpose: str = "", device: UUID | None = None) -> Actor:
    """The actor that an account is at a time, with the grants that hold then."""
    return actor_with(account, grants_of(account.id, at=at), purpose=purpose, device=device)


def actors_for(accounts: Iterable[Account], *, at: datetime) -> dict[UUID, Actor]:
    """`actor_for` for many accounts, in one question: for jobs and lists that act for each of them."""
    known = {a.id: a for a in accounts}
    body = Role.objects.filter(name=OuterRef("role")).values("body")[:1]
    rows = live_grants(at).filter(account_id__in=known).annotate(role_body=Subquery(body)).order_by("from_at", "id")
    held: dict[UUID, list[RoleGrant]] = {}
    for g in rows:
        held.setdefault(g.account_id, []).append(g)
    return {i: actor_with(a, held.get(i, [])) for i, a in known.items()}


def may(
    by: Actor,
    right: str,
    *,
    area_id: UUID | None = None,
    incident_id: UUID | None = None,
    body_id: UUID | None = None,
) -> bool:
    """Whether the actor holds a right for a thing in an area, of an incident, of a body.

    Edge: with no area named, whether it holds the right for anything at all: for opening a page whose rows are asked.
    """
    if area_id is None:
        return bool(by.grants_with(right))
    grants = by.areas_with(right, incident_id=incident_id, body_id=body_id)
    if not grants or any(g.area_id is None for g in grants):
        return bool(grants)
    return is_within(area_id, [(g.hierarchy, g.area_id) for g in grants if g.area_id])


def path_seen(area_id: UUID, by: Actor) -> list[Area]:
    """An area with its ancestors, top first, each marked `is_seen`. Raises RightMissing if the area itself is not."""
    seen = visible_areas(by, "areas.read").filter(descendant_id=OuterRef("pk"))
    rows = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id=area_id, ancestor_id=OuterRef("pk"))
    shown = (
        Area.objects.annotate(d=Subquery(rows.values("depth")), is_seen=Exists(seen)).filter(d__gte=0).order_by("-d")
    )
    path: list[Area] = [*shown]
    if not path or not path[-1].is_seen:  # type: ignore[attr-defined]  # annotated
        raise RightMissing(right="areas.read", area=str(area_id))
    return path


def areas_seen(by: Actor, *, within: UUID | None = None) -> QuerySet[Area]:
    """Areas the actor sees, of one and below it if named, each with the one it lies in (`lies_in`)."""
    links = AreaParent.objects.filter(hierarchy=DIVISION, valid_to=None, child_id=OuterRef("pk"))
    rows = Area.objects.filter(id__in=visible_areas(by, "areas.read"))
    rows = rows.filter(id__in=ids_below(within)) if within else rows
    return rows.defer("outline").annotate(lies_in=Subquery(links.values("parent_id")[:1]))


def rights_on(by: Actor, path: Sequence[Area], *, incident_id: UUID | None = None) -> set[str]:
    """All rights the actor holds at the end of a path of divisions, asked of nobody: for the buttons of a page."""
    ids = {a.id for a in path}
    fit = [g for g in by.grants if g.area_id is None or (g.hierarchy == DIVISION and g.area_id in ids)]
    return {r for g in fit if g.covers(incident_id, None) for r in g.rights}


def serves_at(account_id: UUID, area_id: UUID, *, at: datetime) -> bool:
    """Whether an account holds a role in an area, above it, or in a part of it: nobody else is put in a place there."""
    above = Q(ancestor_id=OuterRef("area_id"), descendant_id=area_id)
    below = Q(ancestor_id=area_id, descendant_id=OuterRef("area_id"))
    rows = live_grants(at).filter(account_id=account_id).exclude(role__in=NO_POST)
    return rows.filter(Exists(AreaClosure.objects.filter(above | below))).exists()


def serving(pairs: Iterable[tuple[UUID, UUID]], *, at: datetime) -> set[tuple[UUID, UUID]]:
    """Of (account, area) pairs those where `serves_at` is so, in three questions for any number."""
    asked = set(pairs)
    areas = {a for _, a in asked}
    grants = live_grants(at).filter(account_id__in={i for i, _ in asked}).exclude(role__in=NO_POST)
    held: dict[UUID, set[UUID]] = {}
    for account, area in grants.values_list("account_id", "area_id"):
        held.setdefault(account, set()).add(area)
    rows = AreaClosure.objects.filter(Q(descendant_id__in=areas) | Q(ancestor_id__in=areas))
    related = set(rows.values_list("ancestor_id", "descendant_id"))
    related |= {(b, a) for a, b in related}
    return {(i, a) for i, a in asked if any((a, own) in related for own in held.get(i, ()))}


def rights_in(by: Actor, area_id: UUID) -> set[str]:
    """The same where the path is not known, in one question."""
    above = set(AreaClosure.objects.filter(descendant_id=area_id).values_list("hierarchy", "ancestor_id"))
    fit = [g for g in by.grants if g.area_id is None or (g.hierarchy, g.area_id) in above]
    return {r for g in fit if g.covers(None, None) for r in g.rights}


def require(
    by: Actor,
    right: str,
    *,
    area_id: UUID | None = None,
    incident_id: UUID | None = None,
    body_id: UUID | None = None,
    own: bool = False,
) -> None:
    """Refuse unless the actor holds the right for the thing, or the thing is the actor's own. Raises RightMissing."""
    if not own and not may(by, right, area_id=area_id, incident_id=incident_id, body_id=body_id):
        raise RightMissing(right=right, area=str(area_id or ""))


def visible_areas(by: Actor, right: str) -> QuerySet[AreaClosure, UUID]:
    """Ids of all areas in which the actor holds a right for whatever is there, as a subquery for lists."""
    return _below(by.areas_with(right))


def _below(grants: Sequence[Grant]) -> QuerySet[AreaClosure, UUID]:
    if any(g.area_id is None for g in grants):
        return AreaClosure.objects.filter(depth=0, hierarchy=DIVISION).values_list("descendant_id", flat=True)
    wanted = Q(pk__in=[])
    for g in grants:
        wanted |= Q(hierarchy=g.hierarchy, ancestor_id=g.area_id)
    return AreaClosure.objects.filter(wanted).values_list("descendant_id", flat=True)


def _by_incident(by: Actor, right: str) -> dict[UUID, list[Grant]]:
    """The grants of a right that hold for one incident only, by incident."""
    out: dict[UUID, list[Grant]] = {}
    for g in by.grants_with(right):
        if g.incident_id is not None:
            out.setdefault(g.incident_id, []).append(g)
    return out


def held(by: Actor, right: str, *, area: str = "area_id", incident: str = "incident_id") -> Q:
    """The rows for which the actor holds a right, by their area and the incident they belong to: for any list."""
    fit = Q(**{f"{area}__in": visible_areas(by, right)})
    for incident_id, grants in _by_incident(by, right).items():
        fit |= Q(**{incident: incident_id, f"{area}__in": _below(grants)})
    return fit


@dataclass(frozen=True)
class Reach:
    """Where an actor holds a right, of some areas: for all that is there, and for things of one incident."""

    areas: frozenset[UUID]
    of_incident: Mapping[UUID, frozenset[UUID]]

    def has(self, area_id: UUID, incident_id: UUID | None) -> bool:
        """Whether it reaches a thing in an area, of an incident."""
        return area_id in self.areas or (incident_id is not None and area_id in self.of_incident.get(incident_id, ()))


def reach(by: Actor, right: str, *, areas: set[UUID]) -> Reach:
    """Where among some areas the actor holds a right: for judging many things at once."""
    return once(("reach", by.id, by.grants, right, frozenset(areas)), lambda: _reach(by, right, areas))


def reach_by_actor(actors: Iterable[Actor], right: str, *, areas: set[UUID]) -> dict[UUID, Reach]:
    """`reach` for many actors, by their ids: a thousand helpers of one place hold one grant, and are asked for once."""
    by_grants: dict[Hashable, Reach] = {}
    out = {}
    for a in actors:
        held_so = tuple(a.grants_with(right))
        if held_so not in by_grants:
            by_grants[held_so] = reach(a, right, areas=areas) if held_so else Reach(frozenset(), {})
        out[a.id] = by_grants[held_so]
    return out


def _reach(by: Actor, right: str, areas: set[UUID]) -> Reach:
    everywhere = frozenset(visible_areas(by, right).filter(descendant_id__in=areas))
    limited = {
        i: frozenset(_below(grants).filter(descendant_id__in=areas)) for i, grants in _by_incident(by, right).items()
    }
    return Reach(everywhere, limited)


def home_area(by: Actor) -> Area | None:
    """The area of the actor's first grant: where a page opens."""
    ids = [g.area_id for g in by.grants if g.area_id]
    return Area.objects.filter(id=ids[0]).first() if ids else None


def is_self(by: Actor, person_id: UUID) -> bool:
    """Whether the actor's account is this person's own."""
    return by.person_id == person_id


def demo_accounts() -> list[Account]:
    """The accounts of a demo database, one a role; none elsewhere, since no other name begins so."""
    return list(Account.objects.filter(username__startswith="demo-", is_active=True).order_by("label"))


def post_of(field: str) -> Subquery:
    """The post behind an account id in a field, for another statement to carry."""
    return Subquery(Account.objects.filter(id=OuterRef(field)).values("label")[:1])


def posts_in(area_id: UUID, *, at: datetime, most: int = 300) -> list[Account]:
    """Accounts that hold a role in an area or below it, by their label: for choosing who does something there."""
    below = AreaClosure.objects.filter(hierarchy=DIVISION, ancestor_id=area_id).values("descendant_id")
    held = live_grants(at).filter(area_id__in=below).exclude(role__in=NO_POST).values("account_id")
    return list(Account.objects.filter(id__in=held, is_active=True).order_by("label")[:most])


def labels_of(ids: set[UUID]) -> dict[UUID, str]:
    """The posts behind account ids."""
    return dict(Account.objects.filter(id__in=ids).values_list("id", "label"))


def holders_of(role: str, *, above: list[UUID], at: datetime) -> list[UUID]:
    """Accounts that hold a role on one of the areas for all that is there, the nearest area first."""
    rows = (
        live_grants(at)
        .filter(role=role, area_id__in=above, incident_id=None, body_id=None)
        .values_list("area_id", "account_id")
    )
    return [account for _, account in sorted(rows, key=lambda r: above.index(r[0]))]


def holders_by_area(roles: Sequence[str], area_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, list[UUID]]:
    """By area the accounts that hold one of these roles for all that is there: role by role, the nearest first."""
    above: dict[UUID, list[UUID]] = {i: [] for i in area_ids}
    links = AreaClosure.objects.filter(hierarchy=DIVISION, descendant_id__in=above).order_by("depth")
    for below, area_id in links.values_list("descendant_id", "ancestor_id"):
        above[below].append(area_id)
    grants = live_grants(at).filter(role__in=roles, area_id__in={i for own in above.values() for i in own})
    held: dict[tuple[str, UUID | None], list[UUID]] = {}
    for role, area_id, account in (
        grants.filter(incident_id=None, body_id=None).order_by("id").values_list("role", "area_id", "account_id")
    ):
        held.setdefault((role, area_id), []).append(account)
    return {i: list(dict.fromkeys(a for role in roles for near in own for a in held.get((role, near), [])))
            for i, own in above.items()}  # fmt: skip
