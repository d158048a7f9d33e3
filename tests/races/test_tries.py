"""Wrong tries at once: exactly as many are made as the limit says; counted in two steps, more slip through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from lianfang.base import throttle
from lianfang.base.models import Tries
from lianfang.base.throttle import Limit, take_try
from lianfang.web import signin
from tests.conftest import T0
from tests.factories.place import small_place

FIVE = Limit("test", 5, 300)
READ = "SELECT n FROM base_tries WHERE key = %(key)s"
pytestmark = [pytest.mark.race, pytest.mark.database]


def at_once(work: Callable[[], Any], threads: int) -> list[Any]:
    """What each thread got; they start together."""
    gate, out = threading.Barrier(threads), []

    def one() -> None:
        try:
            gate.wait(10)
            out.append(work())
        finally:
            connection.close()

    running = [threading.Thread(target=one) for _ in range(threads)]
    for t in running:
        t.start()
    for t in running:
        t.join(30)
    return out


def test_of_twelve_tries_at_once_five_are_made(own_database: None) -> None:
    got = at_once(lambda: take_try(FIVE, "grid", at=T0), 12)
    assert sorted(got) == [False] * 7 + [True] * 5
    assert Tries.objects.get(key=throttle._kept_as(FIVE, "grid")).n == 12


def test_twelve_wrong_passwords_at_once_are_checked_five_times(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_place(at=T0)
    checked: list[str] = []
    check = signin.DefaultAccountAdapter.authenticate
    monkeypatch.setattr(signin, "OF_ADDRESS", Limit("address", 100, 60))

    def counted(self: Any, request: Any, **credentials: Any) -> Any:
        checked.append(credentials["username"])
        return check(self, request, **credentials)

    monkeypatch.setattr(signin.DefaultAccountAdapter, "authenticate", counted)
    at_once(lambda: Client().post("/sign-in", {"login": "grid", "password": "wrong"}), 12)
    assert checked == ["grid"] * 5


def test_read_first_and_written_after_more_are_made_than_may_be(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(8)

    def in_two_steps(statement: str, values: dict[str, Any]) -> tuple[int]:
        before = apart(READ, values) or (0,)
        both.wait(10)  # all have read the count before any has written
        apart(statement, values)
        return (before[0] + 1,)

    apart = throttle._apart
    monkeypatch.setattr(throttle, "_apart", in_two_steps)
    assert at_once(lambda: take_try(FIVE, "grid", at=T0), 8) == [True] * 8
