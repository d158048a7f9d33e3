"""The keys that sign the log's heads: one file a suite in the state folder, readable by its owner alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from lianfang.base.suites import SigningKey, suite_of
from lianfang.domains.audit.models import ChainHead, ChainLink
from lianfang.domains.audit.rules import Head, signed

PREFIX, NONE = "log-key-", "-"


def _file(suite: str) -> Path:
    return Path(settings.STATE) / f"{PREFIX}{suite}"


def _read(file: Path) -> SigningKey:
    if file.stat().st_mode & 0o077:
        raise ValueError(f"{file} may be read by others than its owner: chmod 600")
    suite, private, public = file.read_text(encoding="ascii").split()
    return SigningKey(suite_of(suite).name, b"" if private == NONE else bytes.fromhex(private), bytes.fromhex(public))


def make_signing_key(suite: str) -> bool:
    """Make the site's key of a suite where it has none; whether one was made."""
    file = _file(suite)
    if file.exists():
        return False
    key = suite_of(suite).new_signing_key()
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(f"{key.suite} {key.private.hex()} {key.public.hex()}\n")
    return True


def signing_key(suite: str) -> SigningKey:
    """The site's key of a suite. Raises ValueError where others may read it, FileNotFoundError where there is none."""
    return _read(_file(suite))


def known_keys() -> set[tuple[str, bytes]]:
    """Public keys that this site signs or has signed with: all its key files, an old one may hold a dash as private."""
    return {(k.suite, k.public) for k in map(_read, sorted(Path(settings.STATE).glob(f"{PREFIX}*")))}


def new_head(link: ChainLink, *, before: ChainHead | None, at: datetime) -> Head:
    """The head of a link, signed by the site's key of its present suite."""
    key = signing_key(settings.SUITE)
    head = Head(
        number=(before.number if before else 0) + 1,
        at=at.astimezone(UTC),
        link=link.number,
        entries=link.total,
        digest=bytes(link.digest).hex(),
        suite=key.suite,
        public_key=key.public.hex(),
    )
    return signed(head, key)


def head_of_row(row: Any) -> Head:
    """A kept head as it is published."""
    return Head(
        number=row.number,
        at=row.at.astimezone(UTC),
        link=row.link,
        entries=row.total,
        digest=bytes(row.digest).hex(),
        suite=row.suite,
        public_key=bytes(row.public_key).hex(),
        signature=bytes(row.signature).hex(),
    )
