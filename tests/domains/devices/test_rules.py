"""Codes rotate and fit their vouching alone; challenges are ours, fresh, and for one phone."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.domains.devices.rules import (
    STEP_S,
    Key,
    challenge_for,
    challenged_at,
    check_of,
    digits_of,
    doubt,
    fits,
    step_of,
    token_of,
    vouching_in,
)
from tests.conftest import T0

SITE = b"k" * 32


@pytest.mark.parametrize("make", [digits_of, token_of])
def test_a_code_fits_now_and_a_step_later_and_then_no_more_and_no_other_vouching(make) -> None:
    one, other = uuid4(), uuid4()
    code = make(SITE, one, step_of(T0))
    taken = [fits(SITE, code, one, at=T0 + timedelta(seconds=n * STEP_S)) for n in range(-1, 3)]
    assert taken == [False, True, True, False]
    assert not fits(SITE, code, other, at=T0) and not fits(b"x" * 32, code, one, at=T0)


def test_the_square_names_its_vouching_and_rubbish_names_none() -> None:
    one = uuid4()
    assert vouching_in(token_of(SITE, one, 5)) == one
    assert [vouching_in(t) for t in ("", "123456", "%%%", "ä" * 35, token_of(SITE, one, 5)[:-3])] == [None] * 5


def test_the_check_is_four_digits_of_the_key() -> None:
    assert check_of(b"") == str(int("e3b0c44298fc1c14", 16) % 10_000).zfill(4)


def test_a_challenge_is_taken_from_its_phone_while_it_is_fresh() -> None:
    one = uuid4()
    challenge = challenge_for(SITE, one, at=T0)
    assert challenged_at(SITE, challenge, one, at=T0 + timedelta(seconds=59)) == T0
    for phone, later in ((uuid4(), 1), (one, 61), (one, -5)):
        assert challenged_at(SITE, challenge, phone, at=T0 + timedelta(seconds=later)) is None
    for rubbish in ("", ".", "x", "9" * 40 + ".x", challenge[:-1], "１２.x"):
        assert challenged_at(SITE, rubbish, one, at=T0) is None


def test_what_is_run_and_what_waits_for_a_person() -> None:
    live, ended = Key(uuid4(), uuid4(), b"", True), Key(uuid4(), uuid4(), b"", False)

    def why(key: Key | None, sender: Key | None, *, is_signed=True, own=True, must=True) -> str:
        return doubt(is_signed=is_signed, is_its_own=own, key=key, sender=sender, must_sign=must)

    assert why(live, live) == ""
    assert why(None, None, is_signed=False, must=False) == ""  # a phone nobody enrolled is as good as its session
    assert why(live, live, own=False) == why(live, ended) == why(live, None) == "devices.signature_wrong"
    assert why(ended, ended) == why(None, ended, is_signed=False) == "devices.revoked"
    assert why(None, live) == "devices.key_unknown"
    assert (
        why(None, live, is_signed=False, must=False) == why(None, None, is_signed=False) == "devices.signature_missing"
    )
