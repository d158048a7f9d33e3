"""A try to sign in failed: kept for the auditor by whose name and whence, both keyed, so that neither can be read."""

from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from lianfang.base.actor import Actor
from lianfang.domains.accounts.queries import id_named
from lianfang.domains.audit.services import record_failed_sign_in
from lianfang.domains.privacy.queries import site_key

NOBODY = Actor(UUID(int=0))


def keyed(what: str, text: str) -> str:
    """What lies in the row for a name or an address: the same for the same, and readable for nobody."""
    return hmac.digest(site_key(), f"failed sign-in {what} {text}".encode(), "sha256").hex()


def note_failed(*, way: str, name: str, address: str, at: datetime, account_id: UUID | None = None) -> None:
    """Count one failed try under the name that was typed, or the account whose second step it was."""
    whose = account_id or id_named(name)
    name = "" if account_id else name.casefold()
    record_failed_sign_in(way=way, name=keyed("name", name or str(account_id)), address=keyed("address", address),
                          account_id=whose, by=NOBODY, at=at)  # fmt: skip
