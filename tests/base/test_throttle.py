"""Counting tries: under a key, until a time, given back when right; from where a request comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import RequestFactory

from lianfang.base.models import Tries
from lianfang.base.throttle import Limit, address_of, forget_tries, give_back, take_try
from lianfang.cli.up import system_actor
from tests.conftest import T0

THREE = Limit("test", 3, 60)


def test_so_many_may_be_made_and_after_its_time_they_count_anew(db: None) -> None:
    assert [take_try(THREE, "a", at=T0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert take_try(THREE, "b", at=T0) and take_try(Limit("other", 3, 60), "a", at=T0)
    assert not take_try(THREE, "a", at=T0 + timedelta(seconds=59))
    assert take_try(THREE, "a", at=T0 + timedelta(seconds=60))


def test_a_right_one_is_given_back(db: None) -> None:
    for _ in range(10):
        assert take_try(THREE, "a", at=T0)
        give_back(THREE, "a")
    assert [take_try(THREE, "a", at=T0) for _ in range(4)] == [True] * 3 + [False]


def test_it_stays_counted_when_the_request_is_rolled_back(db: None) -> None:
    for _ in range(3):
        with transaction.atomic():
            take_try(THREE, "a", at=T0)
            transaction.set_rollback(True)
    assert not take_try(THREE, "a", at=T0)


def test_the_table_names_nobody_and_is_emptied_by_the_jobs(db: None) -> None:
    take_try(THREE, "grid 203.0.113.9", at=T0)
    keys = set(Tries.objects.values_list("key", flat=True))
    assert keys and all(len(k) == 64 and set(k) <= set("0123456789abcdef") for k in keys)
    forget_tries(by=system_actor(), at=T0 + timedelta(seconds=59))
    assert Tries.objects.filter(until_at=T0 + timedelta(seconds=60)).exists()
    assert forget_tries(by=system_actor(), at=T0 + timedelta(seconds=60)) >= 1
    assert not Tries.objects.filter(until_at__lte=T0 + timedelta(seconds=60)).exists()


def test_the_server_writes_no_log_for_it(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'base_tries'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.parametrize(("proxies", "passed", "found"), [
    (0, "198.51.100.7", "192.0.2.1"), (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"), (1, "", "192.0.2.1"),
    (2, "198.51.100.7, 10.0.0.1", "198.51.100.7"), (3, "198.51.100.7, 10.0.0.1", "192.0.2.1"),
    (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), (1, "not an address", "not an address"),
])  # fmt: skip
def test_an_address_is_what_our_own_proxy_saw(settings: Any, proxies: int, passed: str, found: str) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": passed}, REMOTE_ADDR="192.0.2.1")
    assert address_of(request) == found
