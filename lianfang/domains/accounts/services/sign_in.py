"""What signing in leaves behind: open sessions, the step of the last code, factors taken off a lost phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import F

from lianfang.base.actor import Actor
from lianfang.base.service import service
from lianfang.domains.accounts.errors import CodeUsed, OwnGrant, RightMissing, RoleUnknown
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import live_grants, require_kept, strength_of
from lianfang.domains.accounts.rules import GRANTS
from lianfang.domains.accounts.services.posts import NewPost, lay_posts, locked_account


def _require_self(account_id: UUID, by: Actor) -> None:
    if account_id != by.id:
        raise RightMissing(right=GRANTS, area="")


@service("accounts.begin_session")
def begin_session(*, account_id: UUID, mark: str, most: int, by: Actor, at: datetime) -> Account:
    """A session of the account is open from now; of more than `most` the oldest ends. Rights: the own account."""
    _require_self(account_id, by)
    account = locked_account(account_id)
    account.sessions = [*account.sessions, mark][-most:]
    account.save(update_fields=["sessions"])
    return account


@service("accounts.end_sessions")
def end_sessions(*, account_id: UUID, by: Actor, at: datetime) -> Account:
    """All sessions of the account end, this one too. Rights: the own account."""
    _require_self(account_id, by)
    return without_sessions(locked_account(account_id))


def without_sessions(account: Account) -> Account:
    """End all sessions of an account under its lock; the service around it tested the right."""
    account.sessions, account.session_round = [], account.session_round + 1
    account.save(update_fields=["sessions", "session_round"])
    return account


@service("accounts.use_code")
def use_code(*, account_id: UUID, step: int, by: Actor, at: datetime) -> Account:
    """An authenticator's code of a time step serves now, and neither it nor an earlier one ever after.

    Rights: the own account. Locks: the account. Raises: CodeUsed.
    """
    _require_self(account_id, by)
    account = locked_account(account_id)
    if step <= account.code_step:
        raise CodeUsed()
    account.code_step = step
    account.save(update_fields=["code_step"])
    return account


@service("accounts.open_vouched", door=False)
def open_vouched(*, posts: Sequence[NewPost], until_at: datetime, by: Actor, at: datetime) -> int:
    """Sign-ins without a password, each with its one role until a mission's end: for phones a lead vouched for.

    Rights were tested where the phones were. Raises: RoleUnknown for a role that needs a second factor.
    """
    if any(strength_of([p.role]) not in ("device", "code") for p in posts):
        raise RoleUnknown(role=posts[0].role)
    lay_posts(posts, "!", until_at, by=by, at=at, is_first_password=False)
    return len(posts)


@service("accounts.end_vouched", door=False)
def end_vouched(*, account_ids: Sequence[UUID], by: Actor, at: datetime) -> int:
    """Such sign-ins close with their phones: nobody is signed in by them any more. Rights were tested there."""
    accounts = Account.objects.filter(id__in=account_ids)
    accounts.update(is_active=False, sessions=[], session_round=F("session_round") + 1)
    return live_grants(at).filter(account_id__in=account_ids).update(to_at=at)


@service("accounts.remove_factors")
def remove_factors(*, account_id: UUID, by: Actor, at: datetime) -> Account:
    """The second factors of a sign-in are taken off (a lost phone); its sessions end. It enrols anew when it signs in.

    Rights: as for a new password, and never the own account. Raises: AccountMissing, OwnGrant.
    """
    account = locked_account(account_id)
    require_kept(by, account, at=at)
    if account_id == by.id:
        raise OwnGrant()
    Authenticator.objects.filter(user_id=account_id).delete()
    return without_sessions(account)
