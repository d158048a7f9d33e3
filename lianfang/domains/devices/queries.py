"""Phones as their leads see them, which key is whose, and who is at a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lianfang.base.actor import Actor
from lianfang.base.envelopes import EnvelopeIn, signed_bytes
from lianfang.base.models import Envelope
from lianfang.base.signatures import is_signed
from lianfang.base.signing_keys import signing_key
from lianfang.base.suites import SigningKey
from lianfang.base.tokens import SUITE
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.devices.errors import CardUnfit, CodeUnknown, DeviceMissing, VouchingMissing
from lianfang.domains.devices.models import Badge, Device, TokenKey, Vouching
from lianfang.domains.devices.rules import (
    DIGITS,
    MOST_ASKING,
    Key,
    badge_text,
    card_text,
    challenge_for,
    check_of,
    digits_of,
    doubt,
    fits,
    holder_in,
    number_on_card,
    step_of,
    token_of,
    vouching_in,
)
from lianfang.domains.privacy.queries import opened, site_key

VOUCH = "devices.vouch"
USE = "token"  # of the signing key whose signatures phones check


def open_vouchings(at: datetime) -> QuerySet[Vouching]:
    """Vouchings that take phones in at a time."""
    return Vouching.objects.filter(ended_at=None, from_at__lte=at, until_at__gt=at)


def vouchings_seen(by: Actor) -> QuerySet[Vouching]:
    """Vouchings of the areas in which the actor may vouch, with their area and how many phones ask and are in."""
    rows = Vouching.objects.filter(area_id__in=visible_areas(by, VOUCH)).select_related("area").defer("area__outline")
    asking, enrolled = Q(devices__state="asking"), Q(devices__state="enrolled")
    return rows.annotate(asking=Count("devices", filter=asking), enrolled=Count("devices", filter=enrolled))


def vouching_seen(vouching_id: UUID, *, by: Actor) -> Vouching:
    """One of them. Raises VouchingMissing."""
    found = vouchings_seen(by).filter(id=vouching_id).first()
    if found is None:
        raise VouchingMissing()
    return found


def codes_shown(vouching: Vouching, *, at: datetime) -> tuple[str, str]:
    """What the lead's screen shows now: the square's text, and the number."""
    key, step = site_key(), step_of(at)
    return token_of(key, vouching.id, step), digits_of(key, vouching.id, step)


def vouching_of(code: str, *, at: datetime) -> Vouching:
    """The open vouching whose code this is now. Raises CodeUnknown, the same for wrong, old and ended ones."""
    rows, key = open_vouchings(at), site_key()
    named = vouching_in(code) if len(code) != DIGITS else None
    for v in rows.filter(id=named) if named else rows.order_by("-from_at") if len(code) == DIGITS else ():
        if fits(key, code, v.id, at=at):
            return v
    raise CodeUnknown()


def phones_of(vouching: Vouching, *, by: Actor, states: Sequence[str]) -> list[Device]:
    """Phones of a vouching in some states, who asked first first, each with its holder's name and check."""
    if vouching.area_id not in set(visible_areas(by, VOUCH).filter(descendant_id=vouching.area_id)):
        raise VouchingMissing()
    rows = vouching.devices.filter(state__in=states).select_related("account").order_by("asked_at", "id")
    found = list(rows[:MOST_ASKING])
    names = opened(found, by=by, fields=("name",), whole=True, subject="account_id")
    for d in found:
        d.holder, d.check_digits = names[d.id]["name"], check_of(bytes(d.public_key))  # type: ignore[attr-defined]  # for the page
    return found


def live_devices(at: datetime) -> QuerySet[Device]:
    """Phones whose access stands at a time."""
    return Device.objects.filter(state="enrolled", until_at__gt=at)


def live_device(device_id: UUID, *, at: datetime) -> Device | None:
    """A phone whose access stands; nothing for any other."""
    return live_devices(at).filter(id=device_id).select_related("account").first()


def device_seen(device_id: UUID, *, by: Actor) -> Device:
    """A phone of the areas in which the actor may vouch. Raises DeviceMissing."""
    rows = Device.objects.filter(vouching__area_id__in=visible_areas(by, VOUCH), id=device_id)
    found = rows.select_related("vouching").first()
    if found is None:
        raise DeviceMissing()
    return found


def asked_state(device_id: UUID) -> tuple[str, bool]:
    """How a phone's asking stands and whether it is a desk's, for the phone, which alone knows its id; "" for none."""
    found = Device.objects.filter(id=device_id).values_list("state", "is_desk").first()
    return found or ("", False)


def badges_seen(by: Actor, *, area_id: UUID, at: datetime) -> QuerySet[Badge]:
    """Badges of an area that open something now, where the actor may vouch."""
    rows = Badge.objects.filter(area_id=area_id, area_id__in=visible_areas(by, VOUCH), ended_at=None, until_at__gt=at)
    return rows.select_related("account").order_by("account__label", "id")


def badge_square(badge_id: UUID) -> str:
    """What a badge's square holds."""
    return badge_text(site_key(), badge_id)


def challenge(device_id: UUID, *, at: datetime) -> str:
    """What a phone has to sign to sign in; any id gets one, so that none is told apart."""
    return challenge_for(site_key(), device_id, at=at)


def keys_of(ids: Iterable[UUID], *, at: datetime) -> dict[UUID, Key]:
    """The keys of phones by id; those that never were enrolled have none."""
    rows = Device.objects.filter(id__in=set(ids)).exclude(state__in=("asking", "refused"))
    return {
        d.id: Key(d.id, d.account_id, bytes(d.public_key), d.state == "enrolled" and (d.until_at or at) > at)
        for d in rows
    }


def doubts_about(
    envelopes: Sequence[EnvelopeIn], *, sent_by: UUID, session_device: UUID | None, at: datetime
) -> dict[UUID, str]:
    """Of an upload's envelopes those that wait for a person, with why: wrongly signed, unsigned, from an ended phone.

    Edge: a phone that was never enrolled signs nothing and is as good as its session; it costs one question.
    """
    named = {e.id: _named(e) for e in envelopes if e.signature}
    keys = keys_of({*filter(None, named.values()), sent_by}, at=at)
    out = {}
    for e in envelopes:
        key = keys.get(named.get(e.id) or UUID(int=0))
        code = doubt(is_signed=bool(e.signature), is_its_own=key is not None and is_its_own(e, key), key=key,
                     sender=keys.get(sent_by), must_sign=session_device is not None)  # fmt: skip
        if code:
            out[e.id] = code
    return out


def _named(e: EnvelopeIn) -> UUID | None:
    try:
        return UUID(e.key_id)
    except ValueError:
        return None


def is_its_own(e: EnvelopeIn, key: Key) -> bool:
    """Whether a key signed just this envelope."""
    try:
        said = signed_bytes(e)
    except (ValueError, OverflowError):
        return False
    return is_signed(said, signature=e.signature, public_key=key.public_key)


def quarantined_of(device_id: UUID) -> int:
    """How many envelopes of a phone wait for a person."""
    return Envelope.objects.filter(device=device_id, fate="quarantined").count()


def quarantined(by: Actor) -> QuerySet[Envelope]:
    """What came under doubt from phones and accounts of the areas in which the actor may vouch, oldest first."""
    areas = visible_areas(by, VOUCH)
    phones = Device.objects.filter(vouching__area_id__in=areas).values("id")
    accounts = Account.objects.filter(area_id__in=areas).values("id")
    rows = Envelope.objects.filter(Q(device__in=phones) | Q(actor_id__in=accounts), fate="quarantined")
    return rows.order_by("received_at", "seq")


def token_key() -> SigningKey:
    """The key that signs tokens now."""
    return signing_key(USE, SUITE)


def token_keys() -> dict[bytes, bytes]:
    """The public keys whose tokens hold, by their short names."""
    rows = TokenKey.objects.filter(revoked_at=None).values_list("kid", "public_key")
    return {bytes(kid): bytes(public) for kid, public in rows}


def token_keys_shown() -> QuerySet[TokenKey]:
    """All keys that ever signed tokens, newest first."""
    return TokenKey.objects.order_by("-made_at")


def card_token(account_id: UUID, *, at: datetime) -> str:
    """What the square of a card holds: whose it is, for some minutes: a photograph of it soon says nothing."""
    return card_text(site_key(), account_id, at=at)


def card_holder(text: str, *, at: datetime) -> UUID:
    """Whose card was scanned. Raises CardUnfit: none of ours, or too old."""
    found = holder_in(site_key(), text, at=at)
    if found is None:
        raise CardUnfit()
    return found


def card_number(account_id: UUID) -> str:
    """The number on somebody's card, the same each day; it is on no list, so it finds nobody."""
    return number_on_card(site_key(), account_id)
