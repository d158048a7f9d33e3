"""Signed calls from server to server: HTTP message signatures (RFC 9421) over method, path, query and body.

By ES256 in the suite `world`, by SM2 with SM3 in the suite `sm`; RFC 9421 registers no name for the second, which is
ours: `sm2-sm3`, and `sm3` for the digest of the body (RFC 9530).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lianfang.base.suites import suite_of

ALGORITHMS = {"world": "ecdsa-p256-sha256", "sm": "sm2-sm3"}
DIGESTS = {"world": "sha-256", "sm": "sm3"}
COVERED = '("@method" "@path" "@query" "content-digest")'
GOOD = timedelta(seconds=60)  # between a caller's clock and ours, either way
MOST = 600  # characters of a header
INPUT = re.compile(r"([a-z][a-z0-9_.-]{0,20})=(\(.*\)(?:;[a-z]+=(?:\"[^\"\\]*\"|\d{1,12}))+)")
PARAMETER = re.compile(r";([a-z]+)=(?:\"([^\"\\]*)\"|(\d{1,12}))")
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Unsigned(Exception):
    """What came bears no signature that can be read; why says which part."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Signed:
    """A call's signature as it was sent, not yet verified: by which key, when, once, over which text."""

    key_id: str
    algorithm: str
    created_at: datetime
    nonce: str
    parameters: str
    signature: bytes
    digest: str


def digest_of(suite: str, body: bytes) -> str:
    """The header Content-Digest of a body."""
    return f"{DIGESTS[suite]}=:{base64.b64encode(suite_of(suite).hash(body)).decode()}:"


def text_signed(method: str, path: str, query: str, digest: str, parameters: str) -> bytes:
    """What is signed: the covered parts, one a line, then the parameters (RFC 9421, section 2.5)."""
    lines = (f'"@method": {method}', f'"@path": {path}', f'"@query": ?{query}', f'"content-digest": {digest}',
             f'"@signature-params": {parameters}')  # fmt: skip
    return "\n".join(lines).encode()


def read_signature(headers: Mapping[str, str]) -> Signed:
    """The signature in a call's headers. Raises Unsigned."""
    told, sent, digest = (headers.get(n, "") for n in ("Signature-Input", "Signature", "Content-Digest"))
    found = INPUT.fullmatch(told) if max(len(told), len(sent), len(digest)) <= MOST else None
    if found is None or not found.group(2).startswith(COVERED + ";"):
        raise Unsigned("Signature-Input")
    label, parameters = found.groups()
    named = {n: text or number for n, text, number in PARAMETER.findall(parameters)}
    if len(named) != len(PARAMETER.findall(parameters)) or not NONCE.fullmatch(named.get("nonce", "")):
        raise Unsigned("nonce")
    if not named.get("created", "").isdigit() or not named.get("keyid"):
        raise Unsigned("created" if named.get("keyid") else "keyid")
    begun, value = f"{label}=:", sent[len(label) + 2 : -1]
    if not sent.startswith(begun) or not sent.endswith(":"):
        raise Unsigned("Signature")
    try:
        signature, at = base64.b64decode(value, validate=True), datetime.fromtimestamp(int(named["created"]), UTC)
    except (binascii.Error, ValueError, OverflowError, OSError):
        raise Unsigned("Signature") from None
    return Signed(named["keyid"], named.get("alg", ""), at, named["nonce"], parameters, signature, digest)


def is_signed_by(
    s: Signed, *, suite: str, public: bytes, method: str, path: str, query: str, body: bytes, at: datetime
) -> bool:
    """Whether a key signed just this call, now. The algorithm is the key's, never what the call says of itself."""
    if s.algorithm != ALGORITHMS[suite] or abs(at - s.created_at) > GOOD or s.digest != digest_of(suite, body):
        return False
    said = text_signed(method, path, query, s.digest, s.parameters)
    return suite_of(suite).verify(public, s.signature, said)
