"""Binding accounts to the portals by which their holders sign in, and ending that at once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.domains.accounts.errors import AccountClosed, BindingMissing, OwnGrant, SubjectTaken
from lianfang.domains.accounts.models import PortalBinding
from lianfang.domains.accounts.queries import require_kept
from lianfang.domains.accounts.services.posts import locked_account
from lianfang.domains.accounts.services.sign_in import without_sessions


@service("accounts.bind_portal", told=("portal",))
def bind_portal(
    *, binding_id: UUID, account_id: UUID, portal: str, subject: str, by: Actor, at: datetime
) -> PortalBinding:
    """From now whom the portal names so signs in as this account. The door keys the subject; it never comes here plain.

    Repeat:  same id. Rights: as for a new password, and never the own account. Locks: the account.
    Raises:  AccountMissing, OwnGrant, AccountClosed, SubjectTaken.
    """
    account = locked_account(account_id)
    require_kept(by, account, at=at)
    if account_id == by.id:
        raise OwnGrant()
    known = PortalBinding.objects.filter(id=binding_id).first()
    if known:
        raise Repeated(known)
    if not account.is_active:
        raise AccountClosed(username=account.username)
    try:
        with transaction.atomic():  # of two who bind one person at once the database lets one through
            return PortalBinding.objects.create(
                id=binding_id, account=account, portal=portal, subject=subject, bound_at=at, bound_by=by.id
            )
    except IntegrityError:
        raise SubjectTaken() from None


@service("accounts.unbind_portal", told=("portal",))
def unbind_portal(*, account_id: UUID, portal: str, by: Actor, at: datetime) -> PortalBinding:
    """Nobody signs in as this account through the portal any more; all its open sessions end now.

    Rights: as for binding. Locks: the account. Raises: AccountMissing, OwnGrant, BindingMissing.
    """
    account = locked_account(account_id)
    require_kept(by, account, at=at)
    if account_id == by.id:
        raise OwnGrant()
    found = PortalBinding.objects.filter(account=account, portal=portal, ended_at=None).first()
    if found is None:
        raise BindingMissing()
    found.ended_at = at
    found.save(update_fields=["ended_at"])
    without_sessions(account)
    return found
