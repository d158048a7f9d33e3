"""The site's own signing keys: one file a use and suite in the state folder, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from lianfang.base.suites import SigningKey, suite_of

NONE = "-"  # stands for the private half of a key that was replaced


def _file(use: str, suite: str) -> Path:
    return Path(settings.STATE) / f"{use}-key-{suite}"


def _read(file: Path) -> SigningKey:
    if file.stat().st_mode & 0o077:
        raise ValueError(f"{file} may be read by others than its owner: chmod 600")
    suite, private, public = file.read_text(encoding="ascii").split()
    return SigningKey(suite_of(suite).name, b"" if private == NONE else bytes.fromhex(private), bytes.fromhex(public))


def make_signing_key(use: str, suite: str) -> bool:
    """Make the site's key for a use (log, token) where it has none; whether one was made."""
    file = _file(use, suite)
    if file.exists():
        return False
    key = suite_of(suite).new_signing_key()
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(f"{key.suite} {key.private.hex()} {key.public.hex()}\n")
    return True


def signing_key(use: str, suite: str) -> SigningKey:
    """The site's key. Raises ValueError where others may read it, FileNotFoundError where there is none."""
    return _read(_file(use, suite))


def retire_signing_key(use: str, suite: str) -> None:
    """Destroy the private half of the present key; its public half stays known by a file of its own."""
    file = _file(use, suite)
    key = _read(file)
    kept = file.with_name(f"{file.name}-{key.public.hex()[:16]}")
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(f"{key.suite} {NONE} {key.public.hex()}\n")
    file.unlink()


def known_keys(use: str) -> set[tuple[str, bytes]]:
    """Public keys that this site signs or has signed with for a use."""
    return {(k.suite, k.public) for k in map(_read, sorted(Path(settings.STATE).glob(f"{use}-key-*")))}
