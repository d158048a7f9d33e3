"""A signed call's text is RFC 9421's, written out by hand; whatever was changed in a call, no key signed it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.base.http_signatures import GOOD, Signed, Unsigned, digest_of, is_signed_by, read_signature, text_signed
from lianfang.base.suites import SigningKey, is_point, suite_of

AT = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
BODY = b'{"a":1}'
CALL = {"method": "POST", "path": "/api/v1/results", "query": "limit=2", "body": BODY}
NAMES = {"world": "ecdsa-p256-sha256", "sm": "sm2-sm3"}
KEYS = {name: suite_of(name).new_signing_key() for name in NAMES}
# Written out once by hand, with the digest of BODY by sha256sum.
BY_HAND = (
    b'"@method": POST\n"@path": /api/v1/results\n"@query": ?limit=2\n'
    b'"content-digest": sha-256=:AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=:\n'
    b'"@signature-params": ("@method" "@path" "@query" "content-digest");created=1784595600;keyid="k";'
    b'nonce="0123456789abcdef";alg="ecdsa-p256-sha256"'
)


def headers(key: SigningKey, at: datetime = AT, nonce: str = "0123456789abcdef", **call: Any) -> dict[str, str]:
    """A call's three headers."""
    c, suite = CALL | call, suite_of(key.suite)
    digest = digest_of(key.suite, c["body"])
    told = ('("@method" "@path" "@query" "content-digest")'
            f';created={int(at.timestamp())};keyid="k";nonce="{nonce}";alg="{NAMES[key.suite]}"')  # fmt: skip
    signed = suite.sign(key, text_signed(c["method"], c["path"], c["query"], digest, told))
    return {"Content-Digest": digest, "Signature-Input": f"sig1={told}",
            "Signature": f"sig1=:{base64.b64encode(signed).decode()}:"}  # fmt: skip


def holds(s: Signed, key: SigningKey, at: datetime = AT, **call: Any) -> bool:
    """Whether the key signed the call."""
    return is_signed_by(s, suite=key.suite, public=key.public, at=at, **(CALL | call))


def test_the_text_is_that_of_the_standard_byte_for_byte() -> None:
    told = headers(KEYS["world"])
    parameters = told["Signature-Input"].removeprefix("sig1=")
    assert text_signed("POST", "/api/v1/results", "limit=2", told["Content-Digest"], parameters) == BY_HAND


@pytest.mark.parametrize("name", NAMES)
def test_a_call_is_known_by_its_key_and_by_nothing_that_was_changed(name: str) -> None:
    key, other = KEYS[name], suite_of(name).new_signing_key()
    s = read_signature(headers(key))
    assert holds(s, key) and not holds(s, other)
    for change in ({"method": "GET"}, {"path": "/api/v1/people"}, {"query": "limit=3"}, {"query": ""}, {"body": b"{}"}):
        assert not holds(s, key, **change), change
    assert holds(s, key, at=AT + GOOD) and not holds(s, key, at=AT + GOOD + timedelta(seconds=1))
    assert not holds(s, key, at=AT - GOOD - timedelta(seconds=1))


def test_the_algorithm_is_the_keys_and_never_what_the_call_says() -> None:
    world, sm = KEYS["world"], KEYS["sm"]
    for key, as_if in ((world, sm), (sm, world)):
        s = read_signature(headers(key))
        assert not is_signed_by(s, suite=as_if.suite, public=key.public, at=AT, **CALL)  # type: ignore[arg-type]  # as it is sent


@pytest.mark.parametrize(
    ("header", "value", "why"),
    [
        ("Signature-Input", "", "Signature-Input"),
        ("Signature-Input", 'sig1=("@method");created=1;keyid="k";nonce="0123456789abcdef"', "Signature-Input"),
        ("Signature-Input", 'sig1=("@method" "@path" "@query" "content-digest");created=1;keyid="k"', "nonce"),
        ("Signature-Input", 'sig1=("@method" "@path" "@query" "content-digest");created=1;nonce="0123456789abcdef"',
         "keyid"),
        ("Signature-Input", 'sig1=("@method" "@path" "@query" "content-digest");keyid="k";nonce="0123456789abcdef"',
         "created"),
        ("Signature-Input", 'sig1=("@method" "@path" "@query" "content-digest");created=1;created=2;keyid="k";'
         'nonce="0123456789abcdef"', "nonce"),
        ("Signature", "sig2=:AAAA:", "Signature"), ("Signature", "sig1=:A:", "Signature"),
        ("Signature", "", "Signature"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(header: str, value: str, why: str) -> None:
    with pytest.raises(Unsigned) as said:
        read_signature(headers(KEYS["world"]) | {header: value})
    assert said.value.why == why


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=80))
def test_no_text_breaks_the_reading(told: str, sent: str, digest: str) -> None:
    with pytest.raises(Unsigned):
        read_signature({"Signature-Input": told, "Signature": sent, "Content-Digest": digest})


@pytest.mark.parametrize("name", NAMES)
def test_only_a_point_of_the_curve_is_a_key(name: str) -> None:
    public = KEYS[name].public
    assert is_point(name, public) and not is_point(name, public[:-1]) and not is_point(name, bytes(64))
    assert not is_point(name, public[:-1] + bytes([public[-1] ^ 1])) and not is_point(name, b"\xff" * 64)
    assert not is_point("sm" if name == "world" else "world", public)
