"""What every write owes: one entry, masked, once; appended and never changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connection, transaction

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.base.roles import APPEND_ONLY, JOB_ONLY, JOB_ROLE, REQUEST_ROLE
from lianfang.base.service import Outcome, Repeated, service, tell

BY = Actor(UUID(int=7), purpose="a test")


@service("test.note", told=("title",))
def note(*, note_id: UUID, title: str, name: str, phones: list[str], by: Actor, at: datetime) -> str:
    """A service that writes nothing but its entry."""
    return title


@service("test.again")
def again(*, row_id: UUID, by: Actor, at: datetime) -> str:
    """A service that has seen this call before."""
    raise Repeated("the first answer")


@service("test.many")
def many(*, items: list[UUID], by: Actor, at: datetime) -> list[Outcome]:
    """A list service: an outcome an item."""
    return [Outcome(i, "" if n else "test.no") for n, i in enumerate(items)]


@service("test.outer")
def outer(*, items: list[UUID], fails: bool, by: Actor, at: datetime) -> None:
    """A service that calls another twice, and goes on when the second fails."""
    many(items=items, by=by, at=at)
    try:
        halfway(items=items, fails=fails, by=by, at=at)
    except ValueError:
        return


@service("test.halfway")
def halfway(*, items: list[UUID], fails: bool, by: Actor, at: datetime) -> None:
    """A service that may fail after another has done its part."""
    many(items=items, by=by, at=at)
    if fails:
        raise ValueError("halfway")


@service("test.made")
def made(*, row_id: UUID, by: Actor, at: datetime) -> None:
    """A service that knows only at its end what it made, and calls another before."""
    note(note_id=row_id, title="", name="", phones=[], by=by, at=at)
    tell(row=str(row_id))


@service("test.seal", logged=False)
def seal(*, by: Actor, at: datetime) -> int:
    """A service whose rows seal the log."""
    return 3


def test_an_entry_says_what_its_own_service_told_it(db: None, t0: datetime) -> None:
    row = uuid4()
    made(row_id=row, by=BY, at=t0)
    inner, outer_one = LogEntry.objects.filter(about=[row]).order_by("id")
    assert outer_one.told == {"row_id": str(row), "row": str(row)} and "row" not in inner.told
    with pytest.raises(AssertionError, match="only a service"):
        tell(row="x")


def test_what_seals_the_log_leaves_no_entry(db: None, t0: datetime) -> None:
    assert seal(by=BY, at=t0) == 3 and not LogEntry.objects.filter(service="test.seal").exists()


def test_entries_of_inner_services_come_in_their_order(db: None, t0: datetime) -> None:
    outer(items=[uuid4()], fails=False, by=BY, at=t0)
    names = LogEntry.objects.filter(actor_id=BY.id).order_by("id").values_list("service", flat=True)
    assert list(names) == ["test.many", "test.many", "test.halfway", "test.outer"]


def test_what_failed_leaves_no_entry_nor_do_the_services_it_called(db: None, t0: datetime) -> None:
    outer(items=[uuid4()], fails=True, by=BY, at=t0)
    names = LogEntry.objects.filter(actor_id=BY.id).order_by("id").values_list("service", flat=True)
    assert list(names) == ["test.many", "test.outer"]
    with pytest.raises(ValueError, match="halfway"):
        halfway(items=[uuid4()], fails=True, by=BY, at=t0)
    assert LogEntry.objects.filter(actor_id=BY.id).count() == 2


def test_a_write_leaves_one_entry_in_which_text_about_people_is_masked(db: None, t0: datetime) -> None:
    about = uuid4()
    note(note_id=about, title="told", name="王小明", phones=["13800000000"], by=BY, at=t0)
    entry = LogEntry.objects.get(service="test.note")
    assert entry.about == [about] and entry.actor_id == BY.id and entry.purpose == "a test"
    assert entry.told == {"note_id": str(about), "title": "told", "name": "…", "phones": 1}
    assert "王小明" not in bytes(entry.canonical).decode() and "13800000000" not in bytes(entry.canonical).decode()
    assert len(bytes(entry.digest)) == 32


def test_a_repeated_call_gives_the_first_answer_and_no_second_entry(db: None, t0: datetime) -> None:
    assert again(row_id=uuid4(), by=BY, at=t0) == "the first answer"
    assert not LogEntry.objects.filter(service="test.again").exists()


def test_a_list_service_names_each_item_and_its_outcome(db: None, t0: datetime) -> None:
    ids = [uuid4(), uuid4()]
    many(items=ids, by=BY, at=t0)
    assert LogEntry.objects.get(service="test.many").told["outcomes"] == [[str(ids[0]), "test.no"], [str(ids[1]), ""]]


@pytest.mark.database
@pytest.mark.parametrize("table", ["base_logentry", *(t for t in APPEND_ONLY if t.startswith("audit_"))])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {}"])
def test_nobody_changes_the_log_neither_the_pages_nor_the_owner(
    db: None, t0: datetime, table: str, statement: str
) -> None:
    note(note_id=uuid4(), title="told", name="", phones=[], by=BY, at=t0)
    for role in (REQUEST_ROLE, JOB_ROLE, None):
        refused = pytest.raises(ProgrammingError, match=r"append-only|permission denied")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("RESET ROLE" if role is None else f"SET LOCAL ROLE {role}")
            cursor.execute(statement.format(table))


@pytest.mark.database
@pytest.mark.parametrize("table", JOB_ONLY)
def test_pages_have_no_part_in_sealing_the_log(db: None, table: str) -> None:
    for role, may in ((REQUEST_ROLE, False), (JOB_ROLE, True)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(%s, %s, 'INSERT')", [role, table])
            assert cursor.fetchone()[0] == may
