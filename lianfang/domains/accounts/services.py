"""Accounts and the roles they hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.errors import NameTaken, RoleUnknown
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries import require
from lianfang.domains.areas.models import DIVISION
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
) -> Account:
    """A sign-in for a post, or for a resident's own page. The door hashes the password; it never comes here plain.

    Repeat:  same id: the first account. Rights: accounts.grant on the area. Raises: NameTaken.
    """
    require(by, "accounts.grant", area_id=area_id)
    known = Account.objects.filter(id=account_id).first()
    if known:
        raise Repeated(known)
    if Account.objects.filter(username=username).exists():
        raise NameTaken(username=username)
    return Account.objects.create(
        id=account_id, username=username, label=label, password=password_hash, person_id=person_id
    )


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
) -> RoleGrant:
    """A role on an area's subtree from now, until a time or until ended. Rights: accounts.grant on the area."""
    require(by, "accounts.grant", area_id=area_id)
    known = RoleGrant.objects.filter(id=grant_id).first()
    if known:
        raise Repeated(known)
    if role not in roles():
        raise RoleUnknown(role=role)
    return RoleGrant.objects.create(
        id=grant_id,
        account_id=account_id,
        role=role,
        hierarchy=hierarchy,
        area_id=area_id,
        from_at=at,
        to_at=until_at,
        granted_by=by.id,
    )


@service("accounts.end_grants")
def end_grants(*, account_id: UUID, area_id: UUID, by: Actor, at: datetime) -> int:
    """A post ends: all its roles in the area end now, and with them its rights."""
    require(by, "accounts.grant", area_id=area_id)
    return RoleGrant.objects.filter(account_id=account_id, area_id=area_id, to_at=None).update(to_at=at)
