"""ID tokens: another implementation's signatures are taken, anything else is refused by a word and never breaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from lianfang.base.id_tokens import TokenUnfit, claims_of
from tests.factories.issuer import Keys, b64, b64_int

KEYS, AT = Keys(), datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
SAYS = {"iss": "https://i", "sub": "s", "aud": "c", "iat": NOW, "exp": NOW + 300, "nonce": "n"}
# RFC 7515, appendix A.2 and A.3: a token of another implementation under RS256 and ES256, with its key.
RFC_BODY = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
RFC_ES256 = (f"eyJhbGciOiJFUzI1NiJ9.{RFC_BODY}."
             "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")  # fmt: skip
RFC_KEY = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}  # fmt: skip


def taken(token: str, keys: Any = None, **more: Any) -> Any:
    asked = {"issuer": "https://i", "client_id": "c", "nonce": "n", "at": AT} | more
    return claims_of(token, keys=KEYS.published() if keys is None else keys, **asked)


def why(token: str, keys: Any = None, **more: Any) -> str:
    with pytest.raises(TokenUnfit) as refused:
        taken(token, keys, **more)
    return refused.value.why


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_an_honest_token_is_taken_under_both_algorithms(alg: str) -> None:
    assert taken(KEYS.token(SAYS, alg))["sub"] == "s"
    assert taken(KEYS.token(SAYS | {"aud": ["c", "d"], "azp": "c"}, alg))["azp"] == "c"


def test_the_published_example_is_signed_and_one_turned_bit_is_not() -> None:
    assert why(RFC_ES256, [RFC_KEY]) == "issuer"  # signed well, and by somebody else
    head, body, signature = RFC_ES256.split(".")
    assert why(f"{head}.{body}.E{signature[1:]}", [RFC_KEY]) == "signature"


@pytest.mark.parametrize(("says", "word"), [
    ({"iss": "https://i/"}, "issuer"), ({"aud": "d"}, "audience"), ({"aud": []}, "audience"),
    ({"aud": ["c", "d"]}, "audience"), ({"azp": "d"}, "audience"), ({"nonce": "m"}, "nonce"), ({"sub": 3}, "subject"),
    ({"sub": "x" * 256}, "subject"), ({"exp": NOW - 61}, "expired"), ({"iat": NOW + 61}, "not yet"),
    ({"nbf": NOW + 61}, "not yet"), ({"exp": "soon"}, "unreadable"), ({"nonce": 3}, "unreadable"),
])  # fmt: skip
def test_each_claim_is_asked_for(says: dict[str, Any], word: str) -> None:
    assert why(KEYS.token(SAYS | says)) == word


def test_a_minute_of_skew_is_borne() -> None:
    assert taken(KEYS.token(SAYS | {"exp": NOW - 59})) and taken(KEYS.token(SAYS), at=AT - timedelta(seconds=59))


def test_a_key_serves_its_own_algorithm_and_a_short_one_none() -> None:
    rsa_key, ec_key = KEYS.published()
    assert why(KEYS.token(SAYS), [ec_key]) == "key" and why(KEYS.token(SAYS, "ES256"), [rsa_key]) == "key"
    assert why(KEYS.token(SAYS), [{**rsa_key, "use": "enc"}]) == "key"
    assert why(KEYS.token(SAYS), [rsa_key, rsa_key]) == "key"  # two of one name: neither is chosen
    n = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n
    assert why(KEYS.token(SAYS), [{**rsa_key, "n": b64_int(n)}]) == "key"
    assert why(KEYS.token(SAYS), []) == "key" and why(KEYS.token(SAYS), [3]) == "unreadable"
    assert why(KEYS.token(SAYS, "ES256"), [{**ec_key, "y": ec_key["x"]}]) == "unreadable"  # a point off the curve


@given(st.text(max_size=80) | st.lists(st.binary(max_size=30).map(b64), min_size=3, max_size=3).map(".".join))
def test_nonsense_is_refused_by_a_word(token: str) -> None:
    assert why(token) in ("unreadable", "algorithm", "key", "signature")


@given(st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ"]), st.none() | st.integers() | st.text(max_size=9)))
def test_a_strange_head_is_refused_by_a_word(head: dict[str, Any]) -> None:
    body = KEYS.token(SAYS).split(".", 1)[1]
    assert why(f"{b64(json.dumps(head).encode())}.{body}") in ("unreadable", "algorithm", "key", "signature")
