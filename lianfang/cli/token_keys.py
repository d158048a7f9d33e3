"""The keys that sign what phones check without signal: which there are, a new one, one that must not hold any more."""

from __future__ import annotations

import argparse

from lianfang.base import clock
from lianfang.cli.up import system_actor
from lianfang.domains.devices.queries import token_key, token_keys_shown
from lianfang.domains.devices.services import make_token_key, revoke_token_key


def change(chosen: argparse.Namespace) -> int:
    """List the keys; replace the one in use, whose tokens hold on; or revoke one, and with it all it signed.

    Raises: TokenKeyMissing, ValueError for what is no key's name or where no reason is given.
    """
    by, at = system_actor(), clock.now()
    if chosen.action == "replace":
        make_token_key(replaces=True, by=by, at=at)
    elif chosen.action == "revoke":
        if not chosen.why.strip():
            raise ValueError("--why is missing: why does this key not hold any more?")
        revoke_token_key(kid=bytes.fromhex(chosen.key), why=chosen.why.strip(), by=by, at=at)
    in_use = token_key().public
    for k in token_keys_shown():
        state = "revoked" if k.revoked_at else "in use" if bytes(k.public_key) == in_use else "replaced"
        print(f"{bytes(k.kid).hex()}  {k.made_at:%Y-%m-%d}  {state}{'  ' + k.why if k.why else ''}")
    return 0
