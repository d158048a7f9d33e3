"""A phone signs in: its key, or a badge at a desk's phone, proves who; the account's session begins with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, one_log
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import account_at, actor_for
from lianfang.domains.accounts.services import begin_session
from lianfang.domains.devices.errors import BadgeUnfit, NotSignedIn
from lianfang.domains.devices.services import enter_by_key, hand_over


def begin_by_key(
    *, device_id: UUID, challenge: str, signature: str, mark: str, most: int, by: Actor, at: datetime
) -> Account:
    """The account that a phone's key opens, with a session begun under a mark. Raises NotSignedIn."""
    with transaction.atomic(), one_log():
        phone = enter_by_key(device_id=device_id, challenge=challenge, signature=signature, by=by, at=at)
        if phone.account is None:
            raise NotSignedIn()
        return _begun(phone.account, device_id, mark, most, at)


def begin_by_badge(
    *,
    device_id: UUID,
    challenge: str,
    signature: str,
    badge: str,
    pin: str,
    mark: str,
    most: int,
    by: Actor,
    at: datetime,
) -> tuple[Account | None, str]:
    """The account whose badge was shown at a desk's phone, with its session; else nobody and the code of the refusal.

    Edge: a refusal is an answer here, so that a wrong PIN stays counted.
    """
    with transaction.atomic(), one_log():
        done: list[Outcome] = hand_over(
            device_id=device_id, challenge=challenge, signature=signature, badge=badge, pin=pin, by=by, at=at
        )
        if done[0].code:
            return None, done[0].code
        account = account_at(UUID(done[0].values["account"]))
        return (_begun(account, device_id, mark, most, at), "") if account.is_active else (None, BadgeUnfit.code)


def _begun(account: Account, device_id: UUID, mark: str, most: int, at: datetime) -> Account:
    actor = actor_for(account, at=at, device=device_id)
    return begin_session(account_id=account.id, mark=mark, most=most, by=actor, at=at)
