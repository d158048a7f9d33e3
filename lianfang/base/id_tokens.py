"""What a portal says of who signed in: an ID token (OpenID Connect Core 1.0, 3.1.3.7) is taken or refused. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

MOST_BYTES = 20_000
LEAST_RSA_BITS = 2048
SKEW_S = 60  # how far the portal's clock may be from ours
KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}  # a token chooses among these; "none" and shared secrets are not here


class TokenUnfit(Exception):
    """The token proves nothing; `why` is a word for the log and the tests, never for the visitor."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def claims_of(
    token: str, *, keys: Sequence[Any], issuer: str, client_id: str, nonce: str, at: datetime
) -> Mapping[str, Any]:
    """The claims of a token that the issuer signed, for us, for this very sign-in, and that holds now.

    Takes:  keys, the issuer's JSON Web Keys. Raises: TokenUnfit, whatever the token is.
    Edge:   the signature is asked for though the token came straight from the issuer: a proxy between may end TLS.
    """
    try:
        head, body, signature = _parts(token)
        _require_signed(f"{token.rsplit('.', 1)[0]}".encode(), signature, head, keys)
        _require_for_us(body, issuer, client_id, nonce)
        _require_now(body, at.timestamp())
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error) as e:
        raise TokenUnfit("unreadable") from e
    return body


def _require(is_so: bool, why: str) -> None:
    if not is_so:
        raise TokenUnfit(why)


def _raw(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _parts(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any], bytes]:
    _require(len(token) <= MOST_BYTES and token.count(".") == 2, "unreadable")
    head, body, signature = token.split(".")
    first, second = json.loads(_raw(head)), json.loads(_raw(body))
    _require(isinstance(first, dict) and isinstance(second, dict), "unreadable")
    return first, second, _raw(signature)


def _number(text: str) -> int:
    return int.from_bytes(_raw(text), "big")


def _require_signed(said: bytes, signature: bytes, head: Mapping[str, Any], keys: Sequence[Any]) -> None:
    """One of the issuer's keys, of the sort that the algorithm asks, signed this."""
    _require(head.get("alg") in KEY_TYPES and "crit" not in head, "algorithm")
    sort = KEY_TYPES[head["alg"]]
    fit = [k for k in keys if k.get("kty") == sort and k.get("use", "sig") == "sig"
           and k.get("alg", head["alg"]) == head["alg"]]  # fmt: skip
    if "kid" in head:
        fit = [k for k in fit if k.get("kid") == head["kid"]]
    _require(len(fit) == 1, "key")
    try:
        _verify(fit[0], sort, said, signature)
    except InvalidSignature:
        raise TokenUnfit("signature") from None


def _verify(key: Mapping[str, Any], sort: str, said: bytes, signature: bytes) -> None:
    if sort == "RSA":
        modulus = _number(key["n"])
        _require(modulus.bit_length() >= LEAST_RSA_BITS, "key")
        RSAPublicNumbers(_number(key["e"]), modulus).public_key().verify(signature, said, PKCS1v15(), SHA256())
        return
    _require(key.get("crv") == "P-256" and len(signature) == 64, "signature")
    point = EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), SECP256R1()).public_key()
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    point.verify(encode_dss_signature(r, s), said, ECDSA(SHA256()))


def _require_for_us(body: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> None:
    """It is this issuer's, made for us and for this sign-in, and names somebody."""
    _require(body["iss"] == issuer, "issuer")
    meant = [body["aud"]] if isinstance(body["aud"], str) else body["aud"]
    _require(client_id in meant and body.get("azp", client_id) == client_id, "audience")
    _require(len(meant) == 1 or "azp" in body, "audience")
    _require(hmac.compare_digest(body["nonce"].encode(), nonce.encode()), "nonce")
    _require(isinstance(body["sub"], str) and 0 < len(body["sub"]) <= 255, "subject")


def _require_now(body: Mapping[str, Any], now_s: float) -> None:
    _require(float(body["exp"]) > now_s - SKEW_S, "expired")
    _require(float(body["iat"]) < now_s + SKEW_S and float(body.get("nbf", 0)) < now_s + SKEW_S, "not yet")
