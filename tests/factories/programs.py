"""A program with a token, made as its administrator makes it, and a caller that sends it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.test import Client

from lianfang.base import clock
from lianfang.base.actor import Actor
from lianfang.base.http_signatures import ALGORITHMS, COVERED, digest_of, text_signed
from lianfang.base.suites import SigningKey, suite_of
from lianfang.cli.up import system_actor
from lianfang.domains.accounts.queries import secret_digest
from lianfang.domains.accounts.rules import SCOPES, token_of
from lianfang.domains.accounts.services import NewProgram, NewSecret, give_key, open_program, renew_secret

PURPOSE = "results of the laboratory"


@dataclass(frozen=True)
class Caller:
    """A program: its id, its token, and how it asks."""

    id: UUID
    token: str

    @property
    def secret(self) -> str:
        """The part of the token that nobody else knows."""
        return self.token.rsplit("_", 1)[1]

    def get(self, path: str, token: str = "", **asked: Any) -> HttpResponse:
        """Ask for an address below /api/v1."""
        return client(token or self.token).get(f"/api/v1{path}", {k: v for k, v in asked.items() if v is not None})

    def post(self, path: str, sent: Any, token: str = "") -> HttpResponse:
        """Send JSON to an address."""
        return client(token or self.token).post(f"/api/v1{path}", sent, content_type="application/json")


def client(token: str) -> Client:
    """Something that sends a token, and no cookie."""
    return Client(headers={"authorization": f"Bearer {token}"}, raise_request_exception=False)


def secret_of(n: int = 0) -> str:
    """A secret; another for another number."""
    return f"{n:02x}" * 32


def program_in(
    area_id: UUID, scopes: Sequence[str] = SCOPES, *, at: datetime | None = None, days: float = 30, name: str = "lab",
    by: Actor | None = None, secret: str = "",
) -> Caller:  # fmt: skip
    """A program with scopes on an area."""
    at, program_id, secret = at or clock.now(), uuid4(), secret or uuid4().hex * 2
    new = NewProgram(name, None, PURPOSE, list(scopes), at + timedelta(days=days))
    open_program(program_id=program_id, program=new, secret=NewSecret(uuid4(), secret_digest(secret)), area_id=area_id,
                 by=by or system_actor(), at=at)  # fmt: skip
    return Caller(program_id, token_of(program_id, secret))


def renewed(caller: Caller, *, hours: float, at: datetime | None = None) -> Caller:
    """The same program with a new token; the old one serves for some hours more."""
    at, secret = at or clock.now(), uuid4().hex * 2
    renew_secret(program_id=caller.id, secret=NewSecret(uuid4(), secret_digest(secret)),
                 old_until_at=at + timedelta(hours=hours), by=system_actor(), at=at)  # fmt: skip
    return Caller(caller.id, token_of(caller.id, secret))


@dataclass(frozen=True)
class Signer:
    """A program on another server, which signs each call by its key and sends no token."""

    id: UUID
    key: SigningKey

    def headers(self, method: str, path: str, query: str = "", body: bytes = b"", *, at: datetime | None = None,
                nonce: str = "") -> dict[str, str]:  # fmt: skip
        """The three headers of a call."""
        at, digest = at or clock.now(), digest_of(self.key.suite, body)
        told = (f'{COVERED};created={int(at.timestamp())};keyid="{self.id}";nonce="{nonce or uuid4().hex}"'
                f';alg="{ALGORITHMS[self.key.suite]}"')  # fmt: skip
        signature = suite_of(self.key.suite).sign(self.key, text_signed(method, path, query, digest, told))
        shown = base64.b64encode(signature).decode()
        return {"content-digest": digest, "signature-input": f"sig1={told}", "signature": f"sig1=:{shown}:"}

    def get(self, path: str, query: str = "", **how: Any) -> HttpResponse:
        """Ask for an address below /api/v1, signed."""
        whole = f"/api/v1{path}"
        return sent(whole + (f"?{query}" if query else ""), self.headers("GET", whole, query, **how))


def sent(address: str, headers: dict[str, str]) -> HttpResponse:
    """A call with these headers, and no cookie."""
    return Client(headers=headers, raise_request_exception=False).get(address)


def signing(caller: Caller, suite: str) -> Signer:
    """The same program with a key of its own instead of its token."""
    key = suite_of(suite).new_signing_key()
    give_key(program_id=caller.id, suite=suite, public_key=key.public, by=system_actor(), at=clock.now())
    return Signer(caller.id, key)
