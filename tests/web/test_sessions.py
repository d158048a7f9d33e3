"""Sessions end when idle, when too old, when there are too many of an account, and with the password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from lianfang.base import clock
from tests.factories.place import PASSWORD, Place


def signed(name: str = "grid") -> Client:
    """A browser signed in through the page."""
    client = Client()
    assert client.post("/sign-in", {"login": name, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    """Whether the register opens."""
    return client.get("/register").status_code == 200


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """So much later."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + by)


def test_an_idle_session_ends_and_one_in_use_goes_on_until_it_is_too_old(
    place: Place, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    idle, used = signed(), signed()
    for _ in range(7):
        later(monkeypatch, timedelta(minutes=settings.IDLE_MINUTES - 30))
        assert is_in(used)
    assert not is_in(idle)
    later(monkeypatch, timedelta(minutes=91))
    assert not is_in(used)  # twelve hours have gone by


def test_of_more_than_so_many_sessions_of_an_account_the_oldest_ends(place: Place, settings: Any) -> None:
    settings.MOST_SESSIONS = 2
    first, second, third = signed(), signed(), signed()
    assert [is_in(c) for c in (first, second, third)] == [False, True, True]
    assert is_in(signed("lead"))
