"""The portals that a place already has, as the machine's owner names them in a file; none without one."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
LOCAL = {"127.0.0.1", "::1", "localhost"}


class PortalUnfit(ValueError):
    """The file of portals cannot be used: which entry, and what is wrong with it."""


@dataclass(frozen=True)
class Portal:
    """One OpenID Connect issuer that may say who somebody is.

    strong_acr, strong_amr: what the issuer's acr says, or its amr holds, when a second factor was shown there; none
    stated: it never counts as one. origins: where its sign-in page lies, if not at the issuer's own origin.
    """

    name: str
    words: Mapping[str, str]
    issuer: str
    client_id: str
    secret_file: Path
    secret: str = field(repr=False)
    scope: tuple[str, ...] = ("openid",)
    strong_acr: frozenset[str] = frozenset()
    strong_amr: frozenset[str] = frozenset()
    origins: tuple[str, ...] = ()

    def is_strong(self, claims: Mapping[str, Any]) -> bool:
        """Whether a second factor was shown at the portal, by what it says and what was agreed that this means."""
        said, level = claims.get("amr"), claims.get("acr")
        methods = {m for m in said if isinstance(m, str)} if isinstance(said, list) else set()
        return (isinstance(level, str) and level in self.strong_acr) or bool(methods & self.strong_amr)

    @property
    def form_origins(self) -> tuple[str, ...]:
        """Origins to which the sign-in page's form may lead on."""
        return (_origin(self.issuer), *self.origins)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def read_portals(path: str) -> tuple[Portal, ...]:
    """The portals of a TOML file, each `[[portals]]`; none for no file named. Raises PortalUnfit."""
    if not path:
        return ()
    file = Path(path)
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("portals", [])
        found = tuple(_portal(e, file.parent) for e in entries)
    except (OSError, KeyError, TypeError, AttributeError, tomllib.TOMLDecodeError) as e:
        raise PortalUnfit(f"{path}: {type(e).__name__} {e}") from None
    if len({p.name for p in found}) < len(found):
        raise PortalUnfit(f"{path}: two portals have one id")
    return found


def _portal(entry: Mapping[str, Any], folder: Path) -> Portal:
    name, issuer, secret_file = entry["id"], entry["issuer"].rstrip("/"), folder / entry["secret_file"]
    if not NAME.fullmatch(name):
        raise PortalUnfit(f"{name}: an id is of small letters, digits and hyphens")
    for address in (issuer, *entry.get("origins", ())):
        parts = urlsplit(address)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
        if not parts.hostname or not is_safe or set(address) & set(" ;,'\""):
            raise PortalUnfit(f"{name}: {address} is no https address")
    return Portal(
        name=name,
        words=entry["words"] if isinstance(entry["words"], Mapping) else {"zh": entry["words"], "en": entry["words"]},
        issuer=issuer,
        client_id=entry["client_id"],
        secret_file=secret_file,
        secret=secret_file.read_text(encoding="utf-8").strip(),
        scope=("openid", *(s for s in entry.get("scope", ()) if s != "openid")),
        strong_acr=frozenset(entry.get("strong_acr", ())),
        strong_amr=frozenset(entry.get("strong_amr", ())),
        origins=tuple(_origin(o) for o in entry.get("origins", ())),
    )


def is_read_by_others(file: Path) -> bool:
    """Whether somebody else than its owner may read a file."""
    return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
