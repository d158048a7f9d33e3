"""Accounts, the roles they hold, and how both end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import Q

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.errors import (
    AccountClosed,
    AccountMissing,
    BodyUnfit,
    GrantMissing,
    NameTaken,
    OwnGrant,
    RightMissing,
    RoleNotDelegated,
    RolesClash,
    RoleUnknown,
    UntilPast,
)
from lianfang.domains.accounts.models import Account, Program, RoleGrant
from lianfang.domains.accounts.queries import bodies_administered, live_grants, may_grant, require, require_kept
from lianfang.domains.accounts.rules import GRANTS, clash
from lianfang.domains.areas.models import DIVISION
from lianfang.domains.areas.queries import area, ids_below
from lianfang.domains.editions.queries import roles


@service("accounts.open_account", told=("username", "label"))
def open_account(
    *,
    account_id: UUID,
    username: str,
    label: str,
    password_hash: str,
    person_id: UUID | None,
    area_id: UUID,
    by: Actor,
    at: datetime,
    organisation_id: UUID | None = None,
    is_first_password: bool = False,
) -> Account:
    """A sign-in for a post, or for a resident's own page. The door hashes the password; it never comes here plain.

    is_first_password: it serves one sign-in, in which its holder replaces it.
    Repeat:  same id: the first account. Raises: NameTaken.
    Rights:  accounts.grant on the area, for its own body alone where the grant says so.
    """
    require(by, GRANTS, area_id=area_id, body_id=organisation_id)
    known = Account.objects.filter(id=account_id).first()
    if known:
        raise Repeated(known)
    if Account.objects.filter(username=username).exists():
        raise NameTaken(username=username)
    return Account.objects.create(
        id=account_id,
        username=username,
        label=label,
        password=password_hash,
        person_id=person_id,
        area_id=area_id,
        organisation_id=organisation_id,
        is_first_password=is_first_password,
    )


@dataclass(frozen=True)
class NewPost:
    """A sign-in with the one role it holds on an area from now."""

    account_id: UUID
    username: str
    label: str
    role: str
    area_id: UUID
    organisation_id: UUID | None = None


@service("accounts.open_posts")
def open_posts(
    *, posts: Sequence[NewPost], password_hash: str, area_id: UUID, until_at: datetime | None, by: Actor, at: datetime
) -> list[Outcome]:
    """Many sign-ins of an area and below, each with its role: a whole list of volunteers at once.

    Repeat: a known id is left. Rights: accounts.grant on the area. One password serves all of them one sign-in.
    Outcomes: accounts.name_taken, accounts.role_unknown, accounts.right_missing (an area elsewhere).
    """
    require(by, GRANTS, area_id=area_id)
    known = set(Account.objects.filter(id__in=[p.account_id for p in posts]).values_list("id", flat=True))
    names = set(Account.objects.filter(username__in=[p.username for p in posts]).values_list("username", flat=True))
    below, catalogue = set(ids_below(area_id)), roles()
    outcomes, fresh = [], []
    for p in posts:
        if p.account_id in known:
            outcomes.append(Outcome(p.account_id, "repeated"))
        elif p.username in names:
            outcomes.append(Outcome(p.account_id, NameTaken.code, {"username": p.username}))
        elif p.role not in catalogue or GRANTS in catalogue[p.role]["rights"]:
            outcomes.append(Outcome(p.account_id, RoleUnknown.code, {"role": p.role}))
        elif p.area_id not in below:
            outcomes.append(Outcome(p.account_id, RightMissing.code, {"right": GRANTS, "area": str(p.area_id)}))
        else:
            names.add(p.username)
            known.add(p.account_id)
            fresh.append(p)
            outcomes.append(Outcome(p.account_id))
    lay_posts(fresh, password_hash, until_at, by=by, at=at)
    return outcomes


def lay_posts(
    fresh: Sequence[NewPost],
    password_hash: str,
    until_at: datetime | None,
    *,
    by: Actor,
    at: datetime,
    is_first_password: bool = True,
) -> None:
    """Write sign-ins with their roles; the service around it tested the right."""
    Account.objects.bulk_create(
        [
            Account(id=p.account_id, username=p.username, label=p.label, password=password_hash, area_id=p.area_id,
                    organisation_id=p.organisation_id, is_first_password=is_first_password)
            for p in fresh
        ],
        batch_size=2000,
    )  # fmt: skip
    RoleGrant.objects.bulk_create(
        [
            RoleGrant(id=uuid5(p.account_id, p.role), account_id=p.account_id, role=p.role, hierarchy=DIVISION,
                      area_id=p.area_id, from_at=at, to_at=until_at, granted_by=by.id)
            for p in fresh
        ],
        batch_size=2000,
    )  # fmt: skip


def locked_account(account_id: UUID) -> Account:
    """An account under its row's lock. Raises AccountMissing, also for a program: it gets no password and no role."""
    found = Account.objects.select_for_update().filter(id=account_id).first()
    if found is None or Program.objects.filter(account_id=account_id).exists():
        raise AccountMissing(username="")
    return found


def _refuse_unfit(account: Account, role: str, body_id: UUID | None, incident_id: UUID | None,
                  delegates: Sequence[str], at: datetime) -> None:  # fmt: skip
    known = roles()
    if role not in known or not set(delegates) <= set(known):
        raise RoleUnknown(role=next((r for r in (role, *delegates) if r not in known), role))
    if not account.is_active:
        raise AccountClosed(username=account.username)
    grants = GRANTS in known[role]["rights"]
    if (body_id or delegates) and (not grants or incident_id or body_id != account.organisation_id or body_id is None):
        raise BodyUnfit(role=role)
    held = live_grants(at).filter(account_id=account.id).values_list("role", flat=True)
    if clash(known[r] for r in {role, *held} if r in known):
        raise RolesClash(role=role)


@service("accounts.grant_role")
def grant_role(
    *,
    grant_id: UUID,
    account_id: UUID,
    role: str,
    area_id: UUID,
    until_at: datetime | None,
    by: Actor,
    at: datetime,
    hierarchy: str = DIVISION,
    incident_id: UUID | None = None,
    body_id: UUID | None = None,
    delegates: Sequence[str] = (),
) -> RoleGrant:
    """A role on an area's subtree from now, until a time or until ended.

    incident_id: it holds for things of that incident alone (asked through incidents, which tests that it is open).
    body_id:     an administrator of that body alone, who may hand on the roles it delegates.
    Repeat:  same grant id. Rights: accounts.grant on the area; a body's administrator only roles delegated to it.
    Raises:  OwnGrant, RoleNotDelegated, RoleUnknown, AccountClosed, BodyUnfit, RolesClash, UntilPast.
    """
    account = locked_account(account_id)
    require(by, GRANTS, area_id=area_id, body_id=account.organisation_id)
    known = RoleGrant.objects.filter(id=grant_id).first()
    if known:
        raise Repeated(known)
    if account_id == by.id:
        raise OwnGrant()
    _refuse_unfit(account, role, body_id, incident_id, delegates, at)
    if not may_grant(by, role, area=area(area_id), body_id=account.organisation_id):
        raise RoleNotDelegated(role=role)
    if until_at is not None and until_at <= at:
        raise UntilPast()
    return RoleGrant.objects.create(
        id=grant_id,
        account_id=account_id,
        role=role,
        hierarchy=hierarchy,
        area_id=area_id,
        from_at=at,
        to_at=until_at,
        granted_by=by.id,
        incident_id=incident_id,
        body_id=body_id,
        delegates=list(delegates),
    )


@service("accounts.end_grant", door=False)
def end_grant(*, grant_id: UUID, by: Actor, at: datetime) -> RoleGrant:
    """One post ends now, and with it its rights. The flow gives back the work that only this post could do.

    Repeat:  a post that has ended. Rights: as for granting it. Locks: the grant. Raises: GrantMissing, RightMissing.
    """
    found = RoleGrant.objects.select_for_update(of=("self",)).filter(id=grant_id).select_related("account", "area")
    grant = found.first()
    if grant is None or not _is_administered(by, grant):
        raise GrantMissing()
    if not may_grant(by, grant.role, area=grant.area, body_id=grant.account.organisation_id):
        raise RightMissing(right=GRANTS, area=str(grant.area_id))
    if grant.to_at is not None and grant.to_at <= at:
        raise Repeated(grant)
    grant.to_at = at
    grant.save(update_fields=["to_at"])
    return grant


def _is_administered(by: Actor, grant: RoleGrant) -> bool:
    of_body = grant.account.organisation_id in bodies_administered(by)
    return of_body or may_grant(by, grant.role, area=grant.area, body_id=None)


@service("accounts.end_grants")
def end_grants(*, account_id: UUID, area_id: UUID, by: Actor, at: datetime) -> int:
    """A post ends: all its roles on the area end now, dated ones too, and with them its rights."""
    require(by, GRANTS, area_id=area_id)
    rows = RoleGrant.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=account_id, area_id=area_id)
    return rows.update(to_at=at)


@service("accounts.end_grants_of_incident", door=False)
def end_grants_of_incident(*, incident_id: UUID, by: Actor, at: datetime) -> int:
    """An incident has closed: whatever was granted for it alone ends. The closing itself was tested by its service."""
    rows = RoleGrant.objects.filter(Q(to_at=None) | Q(to_at__gt=at), incident_id=incident_id)
    return rows.update(to_at=at)


@service("accounts.reset_password")
def reset_password(*, account_id: UUID, password_hash: str, by: Actor, at: datetime) -> Account:
    """A new password for one sign-in, hashed by the door; open sessions of the account end with the old one.

    Rights: the account is kept here, and all that it holds could be granted here.
    Raises: AccountMissing, AccountClosed.
    """
    account = locked_account(account_id)
    require_kept(by, account, at=at)
    if not account.is_active:
        raise AccountClosed(username=account.username)
    account.password, account.is_first_password = password_hash, True
    account.save(update_fields=["password", "is_first_password"])
    return account


@service("accounts.set_password")
def set_password(*, account_id: UUID, password_hash: str, by: Actor, at: datetime) -> Account:
    """The holder's own password, hashed by the door, which asked for the old one. Rights: the own account alone."""
    if account_id != by.id:
        raise RightMissing(right=GRANTS, area="")
    account = locked_account(account_id)
    account.password, account.is_first_password = password_hash, False
    account.save(update_fields=["password", "is_first_password"])
    return account


@service("accounts.close_account", door=False)
def close_account(*, account_id: UUID, by: Actor, at: datetime) -> Account:
    """Nobody signs in by this account any more, and all its posts end. The flow gives back its work.

    Repeat: a closed one. Rights: as for a new password, and never the own account. Raises: AccountMissing, OwnGrant.
    """
    account = locked_account(account_id)
    require_kept(by, account, at=at)
    if account_id == by.id:
        raise OwnGrant()
    if not account.is_active:
        raise Repeated(account)
    account.is_active = False
    account.save(update_fields=["is_active"])
    account.bindings.filter(ended_at=None).update(ended_at=at)
    RoleGrant.objects.filter(Q(to_at=None) | Q(to_at__gt=at), account_id=account_id).update(to_at=at)
    return account


@service("accounts.lend_roles", door=False, told=("role",))
def lend_roles(
    *,
    account_ids: Sequence[UUID],
    role: str,
    area_id: UUID,
    until_at: datetime,
    source_id: UUID,
    by: Actor,
    at: datetime,
) -> int:
    """People who come to help hold a role in the host's area until they go home: its flow has tested the right.

    Never one that grants roles. Repeat: who holds it from this source already keeps it. Gives how many it was new to.
    """
    body = roles().get(role)
    if body is None or GRANTS in body["rights"] or body.get("reserved"):
        raise RoleUnknown(role=role)
    ids = {uuid5(source_id, f"{a} {role}"): a for a in account_ids}
    known = set(RoleGrant.objects.filter(id__in=ids).values_list("id", flat=True))
    RoleGrant.objects.bulk_create(
        [RoleGrant(id=i, account_id=a, role=role, hierarchy=DIVISION, area_id=area_id, from_at=at, to_at=until_at,
                   granted_by=by.id) for i, a in ids.items() if i not in known], batch_size=2000,
    )  # fmt: skip
    return len(ids) - len(known)


@service("accounts.end_lent_roles", door=False, told=("role",))
def end_lent_roles(*, account_ids: Sequence[UUID], role: str, source_id: UUID, by: Actor, at: datetime) -> int:
    """They go home: what was lent from this source ends now. Repeat: what has ended is left. Gives how many ended."""
    ids = [uuid5(source_id, f"{a} {role}") for a in account_ids]
    return RoleGrant.objects.filter(id__in=ids, to_at__gt=at).update(to_at=at)
