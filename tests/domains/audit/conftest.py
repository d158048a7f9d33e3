"""A log with some days of writes, linked and signed on a database of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import override_settings

from lianfang.base.actor import Actor
from lianfang.base.roles import JOB_ROLE, acting_as
from lianfang.base.service import record
from lianfang.base.signing_keys import make_signing_key
from lianfang.domains.audit.models import ChainLink
from lianfang.domains.audit.planning import Verdict, verify_log
from lianfang.domains.audit.queries import chain_state
from lianfang.domains.audit.services import record_reads
from lianfang.flows.run_due import seal_log, sign_log
from tests.conftest import T0

BY = Actor(UUID(int=7), purpose="a test")


def write(count: int, *, at: datetime = T0) -> None:
    """So many writes, each a transaction of its own."""
    for n in range(count):
        told = {"title": f"第 {n} 次", "count": n, "share": 0.1 * n, "of": None}
        record("test.write", by=BY, at=at + timedelta(seconds=n, microseconds=n), told=told, about=[uuid4()])


def read(*subjects: UUID) -> None:
    """One read of personal data."""
    record_reads(door_name="household", fields=["name", "phone"], subjects=list(subjects), by=BY, at=T0)


def tamper(table: str, *statements: str) -> None:
    """What somebody with the owner's password can do: lift the trigger, change rows, put it back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        for s in statements:
            cursor.execute(s)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


def link_once(*, at: datetime = T0) -> int:
    """What one run of the job links."""
    with acting_as(JOB_ROLE, BY):
        return seal_log(by=BY, at=at)


def link(*, at: datetime = T0) -> int:
    """What the job does. Another database of the server may hold a transaction open: then a little later."""
    linked = 0
    for _ in range(600):
        linked += link_once(at=at)
        if chain_state().waiting == 0:
            return linked
        connection.cursor().execute("SELECT pg_sleep(0.05)")
    raise AssertionError("entries wait for ever")


def sign(*, at: datetime = T0) -> int:
    """What the job does once an hour."""
    with acting_as(JOB_ROLE, BY):
        return sign_log(by=BY, at=at)


def faults(**asked: object) -> list[str]:
    """What verifying says, in words."""
    return sorted(str(f) for f in verify_log(**asked).faults)  # type: ignore[arg-type]  # as verify_log takes them


def cursors() -> list[tuple[int, int]]:
    """Cursors of the test's own entries, those after the first link, in their order."""
    after = ChainLink.objects.values("last_transaction", "last_entry").get(number=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT transaction, id FROM base_logentry WHERE (transaction, id) > (%s, %s) ORDER BY transaction, id",
            list(after.values()),
        )
        return list(cursor.fetchall())


@pytest.fixture
def own_keys(tmp_path: Path) -> Iterator[Path]:
    """A state folder of the test's own, with a key of each suite."""
    with override_settings(STATE=tmp_path):
        make_signing_key("log", "world")
        make_signing_key("log", "sm")
        yield tmp_path


@pytest.fixture(params=["world", "sm"])
def sealed_log(own_database: None, own_keys: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], Verdict]]:
    """The set-up's entries in link 1, twelve writes in three more, a read in link 5, signed once; in either suite."""
    with override_settings(SUITE=request.param):
        link()
        for _ in range(3):
            write(4)
            link()
        read(uuid4(), uuid4())
        link()
        assert sign() == 1
        yield verify_log
