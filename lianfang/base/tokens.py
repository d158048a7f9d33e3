"""What a phone checks without signal: claims signed as a CBOR web token (RFC 8392) in COSE_Sign1 (RFC 9052), ES256.

Phones have no other algorithm than ES256 everywhere, so tokens are of the suite `world` whatever the site's suite is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import Any

import cbor2

from lianfang.base.suites import SigningKey, suite_of

SUITE = "world"
ES256, ALG, KID = -7, 1, 4  # of the headers, RFC 9053
AUDIENCE, EXPIRES, ISSUED = 3, 4, 6  # of the claims, RFC 8392
SIGN1 = 18  # the tag of COSE_Sign1
KID_BYTES = 8
MOST_BYTES = 1024
MOST_EARLY = timedelta(minutes=10)  # clocks of two machines differ; more is a token from the future
PREFIX = "LF2"
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


class Untrusted(Exception):
    """A token that says nothing: why is malformed, algorithm, key, forged, audience, expired or early."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Token:
    """What a sound token says: further claims by their numbers, and from when until when."""

    claims: Mapping[int, Any]
    issued_at: datetime
    until_at: datetime


def kid_of(public: bytes) -> bytes:
    """The short name of a public key (x then y, 64 bytes) in a token's head."""
    return hashlib.sha256(public).digest()[:KID_BYTES]


def _signed_part(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])


@lru_cache(maxsize=16)
def _head(public: bytes) -> bytes:
    return cbor2.dumps({ALG: ES256, KID: kid_of(public)})


def make_token(claims: Mapping[int, Any], *, audience: str, at: datetime, until_at: datetime, key: SigningKey) -> bytes:
    """Claims signed. audience: what the token is for; a token for one thing opens no other."""
    stated = {AUDIENCE: audience, EXPIRES: int(until_at.timestamp()), ISSUED: int(at.timestamp()), **claims}
    head, payload = _head(key.public), cbor2.dumps(stated)
    signature = suite_of(SUITE).sign(key, _signed_part(head, payload))
    return cbor2.dumps(cbor2.CBORTag(SIGN1, [head, {}, payload, signature]))


def read_token(
    raw: bytes, *, audience: str, keys: Mapping[bytes, bytes], at: datetime, shown_at: datetime | None = None,
    is_ours: Callable[[bytes, Mapping[Any, Any]], bool] = lambda kid, claims: False,
) -> Token:  # fmt: skip
    """What a token says, by the public keys that hold, each under its short name. Raises Untrusted.

    A key that was revoked is not among them: all it signed says nothing from then on.
    is_ours: whether claims under a key bear a proof that only the site can have made; then the signature, which is
    for those who hold no secret of the site, need not be reckoned with again.
    shown_at: when it was shown, where that lies before now: a phone sends what it noted without signal.
    """
    head, payload, signature = _parts(raw)
    stated = _map(head)
    if stated.get(ALG) != ES256:
        raise Untrusted("algorithm")
    kid = stated.get(KID)
    public = keys.get(kid) if isinstance(kid, bytes) else None
    if public is None or not isinstance(kid, bytes):
        raise Untrusted("key")
    claims = _map(payload)
    if not is_ours(kid, claims) and not suite_of(SUITE).verify(public, signature, _signed_part(head, payload)):
        raise Untrusted("forged")
    return _judged(claims, audience, at, shown_at or at)


def _judged(claims: Mapping[Any, Any], audience: str, at: datetime, shown_at: datetime) -> Token:
    expires, issued = claims.get(EXPIRES), claims.get(ISSUED)
    if claims.get(AUDIENCE) != audience:
        raise Untrusted("audience")
    if type(expires) is not int or type(issued) is not int:
        raise Untrusted("malformed")
    try:
        token = Token(claims, datetime.fromtimestamp(issued, UTC), datetime.fromtimestamp(expires, UTC))
    except (ValueError, OverflowError, OSError):
        raise Untrusted("malformed") from None
    if token.until_at <= shown_at:
        raise Untrusted("expired")
    if token.issued_at > at + MOST_EARLY:
        raise Untrusted("early")
    return token


def _parts(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Protected head, payload and signature. Raises Untrusted."""
    told = _loaded(raw) if len(raw) <= MOST_BYTES else None
    if not isinstance(told, cbor2.CBORTag) or told.tag != SIGN1 or not isinstance(told.value, list | tuple):
        raise Untrusted("malformed")
    if len(told.value) != 4 or not isinstance(told.value[1], dict):
        raise Untrusted("malformed")
    if not all(isinstance(told.value[n], bytes) for n in (0, 2, 3)):
        raise Untrusted("malformed")
    return told.value[0], told.value[2], told.value[3]


def _map(raw: bytes) -> dict[Any, Any]:
    told = _loaded(raw)
    if not isinstance(told, dict):
        raise Untrusted("malformed")
    return told


def _loaded(raw: bytes) -> Any:
    """One CBOR item and nothing after it. Raises Untrusted."""
    stream = BytesIO(raw)
    try:
        told = cbor2.CBORDecoder(stream).decode()
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError, OverflowError):
        raise Untrusted("malformed") from None
    if stream.tell() != len(raw):
        raise Untrusted("malformed")
    return told


def token_text(raw: bytes) -> str:
    """A token as it is drawn: capitals and digits only, so that its square stays small."""
    return PREFIX + base64.b32encode(raw).decode().rstrip("=")


def token_bytes(text: str) -> bytes:
    """The token in a drawn text; small letters and blanks are forgiven, as a typing scanner sends them.

    Raises: Untrusted.
    """
    plain = "".join(text.split()).upper()
    packed = plain.removeprefix(PREFIX)
    if packed == plain or not LETTERS.issuperset(packed):
        raise Untrusted("malformed")
    try:
        return base64.b32decode(packed + "=" * (-len(packed) % 8))
    except (binascii.Error, ValueError):
        raise Untrusted("malformed") from None
