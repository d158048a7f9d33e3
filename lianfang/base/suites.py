"""Cipher suites behind one seam: hashing, sealing and signing by the name of a suite, never by an algorithm's."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import gmssl_pyx
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES, TAG_BYTES, DIGEST_BYTES, SCALAR_BYTES = 12, 16, 32, 32


class Forged(Exception):
    """What was to be opened is not what was sealed: changed, another key, or another place."""


@dataclass(frozen=True)
class SigningKey:
    """A key pair of a suite: private (32 bytes, shown nowhere) and public (x then y, 64 bytes)."""

    suite: str
    private: bytes = field(repr=False)
    public: bytes


@dataclass(frozen=True)
class Suite:
    """One way to hash, seal and sign. Its name stands beside whatever it made.

    hash:    data to 32 bytes.
    seal:    (key, nonce of 12 bytes, plain, associated) to ciphertext with its tag. A nonce serves once a key.
    open:    the same back; raises Forged.
    sign:    (key, data) to r then s, 64 bytes, as COSE has it.
    verify:  (public, signature, data); False for whatever is not a signature of that data by that key.
    """

    name: str
    key_bytes: int
    hash: Callable[[bytes], bytes]
    seal: Callable[[bytes, bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes, bytes], bytes]
    new_signing_key: Callable[[], SigningKey]
    sign: Callable[[SigningKey, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]

    def new_key(self) -> bytes:
        """A key to seal with."""
        return secrets.token_bytes(self.key_bytes)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _aes_seal(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, plain, associated)


def _aes_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    except InvalidTag as e:
        raise Forged from e


def _der(signature: bytes) -> bytes:
    """r and s as ASN.1, which both libraries take."""
    r, s = signature[:SCALAR_BYTES], signature[SCALAR_BYTES:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def _raw(der: bytes) -> bytes:
    return b"".join(n.to_bytes(SCALAR_BYTES, "big") for n in decode_dss_signature(der))


def _new_p256() -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    at = private.public_key().public_numbers()
    public = at.x.to_bytes(SCALAR_BYTES, "big") + at.y.to_bytes(SCALAR_BYTES, "big")
    return SigningKey("world", private.private_numbers().private_value.to_bytes(SCALAR_BYTES, "big"), public)


@lru_cache(maxsize=8)
def _p256_private(private: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())


@lru_cache(maxsize=256)
def _p256_public(public: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public)


def _es256_sign(key: SigningKey, data: bytes) -> bytes:
    return _raw(_p256_private(key.private).sign(data, ec.ECDSA(hashes.SHA256())))


def _es256_verify(public: bytes, signature: bytes, data: bytes) -> bool:
    if len(signature) != 2 * SCALAR_BYTES:
        return False
    try:
        _p256_public(public).verify(_der(signature), data, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _sm4_seal(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    work = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    work.authenticate_additional_data(associated)
    return work.update(plain) + work.finalize() + work.tag


def _sm4_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    if len(sealed) < TAG_BYTES:
        raise Forged
    work = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-TAG_BYTES:])).decryptor()
    work.authenticate_additional_data(associated)
    try:
        return work.update(sealed[:-TAG_BYTES]) + work.finalize()
    except InvalidTag as e:
        raise Forged from e


def _new_sm2() -> SigningKey:
    public, private = gmssl_pyx.sm2_key_generate()
    return SigningKey("sm", private, public)


def _sm2_sign(key: SigningKey, data: bytes) -> bytes:
    # The user id is the one GB/T 35276 sets where none is agreed on; ZA is made from it, the curve and the public key.
    return _raw(gmssl_pyx.sm2_sign(key.private, key.public, data, signer_id=gmssl_pyx.SM2_DEFAULT_SIGNER_ID))


def _sm2_verify(public: bytes, signature: bytes, data: bytes) -> bool:
    if len(signature) != 2 * SCALAR_BYTES:
        return False
    try:
        known = gmssl_pyx.normalize_sm2_public_key(public)
        signer = gmssl_pyx.SM2_DEFAULT_SIGNER_ID
        return bool(gmssl_pyx.sm2_verify(known, data, _der(signature), signer_id=signer))
    except gmssl_pyx.GmsslInnerError:
        return False


WORLD = Suite("world", 32, _sha256, _aes_seal, _aes_open, _new_p256, _es256_sign, _es256_verify)
SM = Suite("sm", 16, _sm3, _sm4_seal, _sm4_open, _new_sm2, _sm2_sign, _sm2_verify)
SUITES: Mapping[str, Suite] = MappingProxyType({s.name: s for s in (WORLD, SM)})


def suite_of(name: str) -> Suite:
    """The suite of that name. Raises ValueError naming those there are."""
    if name not in SUITES:
        raise ValueError(f"no cipher suite is named {name!r}; there are {', '.join(sorted(SUITES))} (LIANFANG_SUITE)")
    return SUITES[name]


def is_point(suite: str, public: bytes) -> bool:
    """Whether 64 bytes (x then y) are a public key of a suite: a point of its curve."""
    if len(public) != 2 * SCALAR_BYTES:
        return False
    try:
        if suite == "sm":
            gmssl_pyx.normalize_sm2_public_key(public)
            return sm2_on_curve(public)
        _p256_public(public)
    except (ValueError, gmssl_pyx.GmsslInnerError):
        return False
    return True


# The curve of SM2 (GB/T 32918.5): y^2 = x^3 + ax + b over the field of P, with a = P - 3.
SM2_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93


def sm2_on_curve(public: bytes) -> bool:
    """Whether x then y lie on the curve of SM2."""
    x, y = (int.from_bytes(public[n : n + SCALAR_BYTES], "big") for n in (0, SCALAR_BYTES))
    return max(x, y) < SM2_P and (y * y - x * x * x + 3 * x - SM2_B) % SM2_P == 0
