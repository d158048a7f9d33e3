"""Failed sign-ins are counted by minute under keyed names and addresses; an attack makes counts and no heap of rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from lianfang.base.models import LogEntry
from lianfang.cli.up import system_actor
from lianfang.domains.audit import services
from lianfang.domains.audit.models import FailedSignIn
from lianfang.flows.failed_sign_ins import note_failed
from lianfang.flows.run_due import run_due
from tests.conftest import T0
from tests.factories.place import Place


def failed(name: str = "grid", address: str = "203.0.113.9", minutes: int = 0) -> None:
    note_failed(way="password", name=name, address=address, at=T0 + timedelta(minutes=minutes, seconds=7))


def test_tries_of_a_minute_are_one_row_that_counts(place: Place) -> None:
    for _ in range(40):
        failed()
    failed(minutes=1)
    failed(address="203.0.113.10")
    rows = FailedSignIn.objects.order_by("minute", "-n").values_list("n", "minute", "account_id")
    grid = place.accounts["grid"].id
    assert list(rows) == [(40, T0, grid), (1, T0, grid), (1, T0 + timedelta(minutes=1), grid)]
    assert len({r.name for r in FailedSignIn.objects.all()}) == 1
    assert not LogEntry.objects.filter(service__contains="failed_sign_in").exists()


def test_neither_name_nor_address_can_be_read_from_a_row(place: Place) -> None:
    failed("somebody")
    row = FailedSignIn.objects.get()
    assert row.account_id is None and len(row.name) == len(row.address) == 64
    assert "somebody" not in str(vars(row)) and "203.0" not in str(vars(row))


def test_a_flood_of_names_makes_no_more_rows_than_a_minute_keeps_and_every_try_is_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_ROWS", 10)
    for n in range(50):
        failed(f"name{n}")
    for _ in range(5):
        failed("name3")  # known before the flood: goes on being counted under its name
    assert FailedSignIn.objects.count() == 11
    assert sum(FailedSignIn.objects.values_list("n", flat=True)) == 55
    assert FailedSignIn.objects.get(name="").n == 40


def test_they_are_removed_when_their_days_are_over(place: Place) -> None:
    failed()
    end = T0 + timedelta(days=settings.FAILED_DAYS)
    run_due(channels={}, by=system_actor(), at=end)
    assert FailedSignIn.objects.count() == 1
    run_due(channels={}, by=system_actor(), at=end + timedelta(minutes=1))
    assert FailedSignIn.objects.count() == 0
