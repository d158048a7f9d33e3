"""A desk's phone stays enrolled while people change: who is at it is told by a badge and its PIN."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.base.service import Outcome, Repeated, service
from lianfang.domains.accounts.queries import require, serves_at, strengths_held
from lianfang.domains.devices.errors import AccountTooStrong, BadgeMissing, BadgeUnfit, NotSignedIn, VouchingUnfit
from lianfang.domains.devices.models import Badge
from lianfang.domains.devices.queries import VOUCH
from lianfang.domains.devices.rules import MOST_DAYS, PIN_TRIES, VOUCHED, badge_in
from lianfang.domains.devices.rules import code_digest as digest_of
from lianfang.domains.devices.services.phones import proved_phone
from lianfang.domains.privacy.queries import site_key


@service("devices.issue_badge")
def issue_badge(
    *, badge_id: UUID, account_id: UUID, area_id: UUID, pin: str, until_at: datetime, by: Actor, at: datetime
) -> Badge:
    """A badge for somebody who serves here and reads no register, until a time.

    pin: drawn by the door, shown once, kept as a digest. Repeat: same id. Rights: devices.vouch on the area.
    Raises: RightMissing, AccountTooStrong (it reads registers, or holds no post here), VouchingUnfit.
    """
    require(by, VOUCH, area_id=area_id)
    known = Badge.objects.filter(id=badge_id).first()
    if known:
        raise Repeated(known)
    if not at < until_at <= at + timedelta(days=MOST_DAYS):
        raise VouchingUnfit(field="until", fix=f"{MOST_DAYS}")
    held = strengths_held([account_id], at=at)
    if held.get(account_id) not in VOUCHED or not serves_at(account_id, area_id, at=at):
        raise AccountTooStrong()
    return Badge.objects.create(id=badge_id, account_id=account_id, area_id=area_id, issued_by=by.id, issued_at=at,
                                until_at=until_at, pin_digest=digest_of(site_key(), badge_id, pin))  # fmt: skip


@service("devices.end_badge")
def end_badge(*, badge_id: UUID, by: Actor, at: datetime) -> Badge:
    """A badge opens nothing any more. Repeat: one that has ended. Rights: devices.vouch. Raises: BadgeMissing."""
    found = Badge.objects.select_for_update().filter(id=badge_id).first()
    if found is None:
        raise BadgeMissing()
    require(by, VOUCH, area_id=found.area_id)
    if found.ended_at is not None:
        raise Repeated(found)
    found.ended_at = at
    found.save(update_fields=["ended_at"])
    return found


@service("devices.hand_over", door=False)
def hand_over(
    *, device_id: UUID, challenge: str, signature: str, badge: str, pin: str, by: Actor, at: datetime
) -> list[Outcome]:
    """Who holds a badge and knows its PIN is at the desk's phone from now; the phone's key proves which phone it is.

    Gives the account in the outcome's values. Refuses: not_signed_in (no live desk phone), badge_unfit (wrong, ended,
    tried too often): wrong PINs are counted and kept. Rights: whoever holds both. Locks: the phone, then the badge.
    """
    try:
        phone = proved_phone(device_id, challenge, signature, at)
    except NotSignedIn as refused:
        return [Outcome(device_id, refused.code)]
    named = badge_in(site_key(), badge)
    rows = Badge.objects.select_for_update(of=("self",)).filter(id=named, ended_at=None, until_at__gt=at)
    found = rows.filter(account__is_active=True, tries__lt=PIN_TRIES).first()
    if found is None or not phone.is_desk:
        return [Outcome(device_id, BadgeUnfit.code)]
    is_right = bytes(found.pin_digest) == digest_of(site_key(), found.id, pin)
    held = strengths_held([found.account_id], at=at)
    found.tries = 0 if is_right else found.tries + 1
    found.save(update_fields=["tries"])
    if not is_right or held.get(found.account_id) not in VOUCHED:
        return [Outcome(device_id, BadgeUnfit.code)]
    return [Outcome(device_id, "", {"account": str(found.account_id)})]
