"""The keys with which the site signs what phones check: made, replaced, revoked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from lianfang.base.actor import Actor
from lianfang.base.service import Repeated, service
from lianfang.base.signing_keys import make_signing_key, retire_signing_key, signing_key
from lianfang.base.tokens import SUITE, kid_of
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.devices.errors import TokenKeyMissing
from lianfang.domains.devices.models import TokenKey
from lianfang.domains.devices.queries import USE

NAMES = UUID("6d1c1f53-6f0e-4c57-9a3e-1a2d0c0a7f11")  # ids of keys are made from their short names


def _id_of(kid: bytes) -> UUID:
    return uuid5(NAMES, kid.hex())


def _require_site(by: Actor) -> None:
    """A key is the site's: no administrator of one area alone changes it."""
    if all(g.area_id for g in by.areas_with("accounts.grant")):
        raise RightMissing(right="accounts.grant", area="")


@service("devices.make_token_key")
def make_token_key(*, replaces: bool, by: Actor, at: datetime) -> TokenKey:
    """The site's key for tokens, made where it has none; or a new one in its place, whose tokens the old does not end.

    Repeat: the present key, known already, is left. Rights: accounts.grant over the whole site.
    """
    _require_site(by)
    if replaces:
        retire_signing_key(USE, SUITE)
    make_signing_key(USE, SUITE)
    public = signing_key(USE, SUITE).public
    known = TokenKey.objects.filter(kid=kid_of(public)).first()
    if known:
        raise Repeated(known)
    return TokenKey.objects.create(id=_id_of(kid_of(public)), kid=kid_of(public), public_key=public, made_at=at)


@service("devices.revoke_token_key")
def revoke_token_key(*, kid: bytes, why: str, by: Actor, at: datetime) -> TokenKey:
    """All that a key signed says nothing from now: on the server at once, on a phone when it has next been online.

    The key in use is replaced in the same breath, so that people can draw new codes at once.
    Repeat: a key revoked before. Rights: accounts.grant over the whole site. Raises: TokenKeyMissing.
    """
    _require_site(by)
    found = TokenKey.objects.select_for_update().filter(kid=kid).first()
    if found is None:
        raise TokenKeyMissing(kid=kid.hex())
    if found.revoked_at:
        raise Repeated(found)
    found.revoked_at, found.revoked_by, found.why = at, by.id, why[:200]
    found.save(update_fields=["revoked_at", "revoked_by", "why"])
    if signing_key(USE, SUITE).public == bytes(found.public_key):
        make_token_key(replaces=True, by=by, at=at)
    return found
