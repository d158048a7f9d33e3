"""A post ends: its rights, the work only it could do, its duty, what it led and answered for, its phones, badges."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lianfang.base.actor import Actor
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import close_account, end_grant
from lianfang.domains.areas.queries import ids_below
from lianfang.domains.devices.services import end_phones_of
from lianfang.domains.grid.services import end_answers_of
from lianfang.domains.responders.services import end_appointments, end_duties
from lianfang.domains.work.services import give_back


def end_post(*, grant_id: UUID, by: Actor, at: datetime) -> RoleGrant:
    """End one post of an account; what its other posts still reach stays with it.

    Rights: as for granting it. Raises: GrantMissing, RightMissing.
    """
    with transaction.atomic():
        grant = end_grant(grant_id=grant_id, by=by, at=at)
        _settle(grant.account, [grant.area_id], by=by, at=at)
    return grant


def deactivate(*, account_id: UUID, by: Actor, at: datetime) -> Account:
    """Close an account with all its posts. Rights: as for a new password. Raises: AccountMissing, OwnGrant."""
    with transaction.atomic():
        places = list(RoleGrant.objects.filter(account_id=account_id).values_list("area_id", flat=True))
        account = close_account(account_id=account_id, by=by, at=at)
        _settle(account, places, by=by, at=at)
    return account


def _settle(account: Account, places: list[UUID], *, by: Actor, at: datetime) -> None:
    holder = actor_for(account, at=at)
    give_back(holder=holder, by=by, at=at)
    kept = {g.area_id for g in holder.grants if g.area_id}
    below = {i for p in places for i in ids_below(p)} - {i for p in kept for i in ids_below(p)}
    end_duties(account_id=account.id, area_ids=sorted(below), by=by, at=at)
    end_appointments(account_id=account.id, area_ids=sorted(below), by=by, at=at)
    end_answers_of(account_id=account.id, area_ids=sorted(below), by=by, at=at)
    end_phones_of(account_ids=[account.id], by=by, at=at)
