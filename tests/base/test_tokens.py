"""Tokens are COSE and CWT as others have them (the `cwt` library is the oracle), and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cwt import COSE, COSEKey, Signer
from hypothesis import given
from hypothesis import strategies as st

from lianfang.base.suites import SigningKey, suite_of
from lianfang.base.tokens import Untrusted, kid_of, make_token, read_token, token_bytes, token_text

AT = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
UNTIL = AT + timedelta(days=2)
KEY = suite_of("world").new_signing_key()
KEYS = {kid_of(KEY.public): KEY.public}
NAME = -65538


def made(key: SigningKey = KEY, **more: object) -> bytes:
    told = {"audience": "sampling", "at": AT, "until_at": UNTIL, **more}
    return make_token({NAME: "韦一"}, key=key, **told)  # type: ignore[arg-type]  # a mixture


def doubt(raw: bytes, at: datetime = AT, keys: dict[bytes, bytes] = KEYS, audience: str = "sampling") -> str:
    with pytest.raises(Untrusted) as said:
        read_token(raw, audience=audience, keys=keys, at=at)
    return said.value.why


def theirs(key: SigningKey) -> COSEKey:
    pem = ec.derive_private_key(int.from_bytes(key.private, "big"), ec.SECP256R1()).public_key()
    text = pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return COSEKey.from_pem(text, alg="ES256", kid=kid_of(key.public))


def test_another_library_reads_our_token() -> None:
    payload = cbor2.loads(COSE.new().decode(made(), theirs(KEY)))
    assert payload == {3: "sampling", 4: int(UNTIL.timestamp()), 6: int(AT.timestamp()), NAME: "韦一"}


def test_we_read_a_token_of_another_library_and_refuse_its_other_algorithms() -> None:
    numbers = {3: "sampling", 4: int(UNTIL.timestamp()), 6: int(AT.timestamp())}
    point = {-2: KEY.public[:32], -3: KEY.public[32:], -4: KEY.private}
    key = COSEKey.new({1: 2, 3: -7, -1: 1, 2: kid_of(KEY.public), **point})
    signed = COSE.new().encode(cbor2.dumps(numbers), key, protected={1: -7, 4: kid_of(KEY.public)})
    assert read_token(signed, audience="sampling", keys=KEYS, at=AT).until_at == UNTIL
    other = Signer.new(cose_key=COSEKey.generate_symmetric_key(alg="HS256"), protected={}, unprotected={}).cose_key
    maced = COSE.new().encode(cbor2.dumps(numbers), other, protected={1: 5, 4: kid_of(KEY.public)})
    assert doubt(maced) == "malformed"  # COSE_Mac0 is no signature


@pytest.mark.parametrize("alg", [-8, -35, 5, 0, None, "ES256", True])
def test_a_wrong_algorithm_is_never_verified(alg: object) -> None:
    tag = cbor2.loads(made())
    head = cbor2.dumps({1: alg, 4: kid_of(KEY.public)})
    signature = suite_of("world").sign(KEY, cbor2.dumps(["Signature1", head, b"", tag.value[2]]))
    assert doubt(cbor2.dumps(cbor2.CBORTag(18, [head, {}, tag.value[2], signature]))) == "algorithm"


def test_another_key_a_revoked_key_another_use_and_the_wrong_time_are_each_told_apart() -> None:
    other = suite_of("world").new_signing_key()
    assert doubt(made(other)) == "key" and doubt(made(), keys={}) == "key"
    assert doubt(made(), keys={kid_of(KEY.public): other.public}) == "forged"
    assert doubt(made(), audience="permit") == "audience"
    assert doubt(made(), at=UNTIL) == "expired"
    assert doubt(made(at=AT + timedelta(minutes=11))) == "early"
    # What was shown in time may arrive late; a phone's clock cannot make a token older than it is.
    read = read_token(made(), audience="sampling", keys=KEYS, at=UNTIL + timedelta(hours=3), shown_at=AT)
    assert read.claims[NAME] == "韦一"


def test_a_token_is_one_whole_item_with_a_bare_map_in_it() -> None:
    head, _, payload, signature = cbor2.loads(made()).value
    for bare in ([], 0, b""):
        assert doubt(cbor2.dumps(cbor2.CBORTag(18, [head, bare, payload, signature]))) == "malformed"
    assert doubt(made() + b"\0") == "malformed" and doubt(cbor2.dumps([head, {}, payload, signature])) == "malformed"


def test_a_far_number_for_a_time_is_no_token() -> None:
    head, payload = cbor2.loads(made()).value[0], cbor2.dumps({3: "sampling", 4: 10**30, 6: 1})
    signature = suite_of("world").sign(KEY, cbor2.dumps(["Signature1", head, b"", payload]))
    assert doubt(cbor2.dumps(cbor2.CBORTag(18, [head, {}, payload, signature]))) == "malformed"


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_token_can_be_changed(where: int, flip: int) -> None:
    raw = bytearray(made())
    raw[where % len(raw)] ^= flip
    try:
        told = read_token(bytes(raw), audience="sampling", keys=KEYS, at=AT)
    except Untrusted:
        return
    # The unprotected map and the form of the outer item are not signed; what is said is.
    assert told.claims[NAME] == "韦一" and told.until_at == UNTIL


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    with pytest.raises(Untrusted):
        read_token(raw, audience="sampling", keys=KEYS, at=AT)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    for t in (text, "LF2" + text):
        try:
            token_bytes(t)
        except Untrusted as no:
            assert no.why == "malformed"


@given(st.binary(min_size=1, max_size=300))
def test_a_text_is_read_again_as_a_typing_scanner_sends_it(raw: bytes) -> None:
    text = token_text(raw)
    assert text.isalnum() and text == text.upper()
    assert token_bytes(f" {text[:5].lower()} {text[5:]}\n") == raw
