"""What phones sign and how it is verified: canonical JSON (RFC 8785) under ES256 (FIPS 186-5, P-256 with SHA-256)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

EXACT = 2**53  # below it whole numbers of a browser are exact
COORDINATE = 32  # bytes of r and of s


def canonical_json(value: Any) -> str:
    """The one text of a value that a browser and this house both write: keys sorted, numbers as ECMAScript has them.

    Raises: ValueError, OverflowError for a number that a browser cannot have had.
    """
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{canonical_json(value[k])}" for k in keys) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(canonical_json(v) for v in value) + "]"
    raise ValueError(type(value).__name__)


def _number(value: float) -> str:
    """A number as ECMAScript writes it (ECMA-262, Number::toString)."""
    if isinstance(value, int) and abs(value) < EXACT:
        return str(value)
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("not finite")
    _, digits, power = Decimal(repr(abs(number))).as_tuple()
    shown = "".join(map(str, digits)).lstrip("0")
    kept = shown.rstrip("0")
    if not kept:
        return "0"
    point = len(shown) + int(power)  # where the point stands, counted from the first digit
    sign = "-" if number < 0 else ""
    if len(kept) <= point <= 21:
        return sign + kept + "0" * (point - len(kept))
    if 0 < point <= 21:
        return f"{sign}{kept[:point]}.{kept[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{kept}"
    mantissa = kept[0] + (f".{kept[1:]}" if len(kept) > 1 else "")
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


@lru_cache(maxsize=4096)
def _key(public_key: bytes) -> EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1) else None


def is_key(public_key: bytes) -> bool:
    """Whether these bytes (SubjectPublicKeyInfo) are a key on P-256."""
    return _key(public_key) is not None


def bytes_of(text: str) -> bytes:
    """Bytes of base64url without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def is_signed(said: bytes, *, signature: str, public_key: bytes) -> bool:
    """Whether a signature (base64url of r and s, as WebCrypto gives them) is of these bytes, by this key."""
    key = _key(public_key)
    try:
        raw = bytes_of(signature)
    except ValueError:
        return False
    if key is None or len(raw) != 2 * COORDINATE:
        return False
    r, s = int.from_bytes(raw[:COORDINATE], "big"), int.from_bytes(raw[COORDINATE:], "big")
    try:
        key.verify(encode_dss_signature(r, s), said, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
