"""Whether the guards of the database stand: each is taken down, and is missed."""

from __future__ import annotations

import pytest
from django.db import connection

from lianfang.base.guards import TRIGGERED, logs_open, told_by_server, walls_down, weak_roles
from lianfang.base.roles import APPEND_ONLY, JOB_ROLE, REQUEST_ROLE
from lianfang.base.walls import WALLS

pytestmark = pytest.mark.database


def run(*statements: str) -> None:
    """As the owner, until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        for s in statements:
            cursor.execute(s)


def test_a_database_that_was_brought_up_has_all_of_them(db: None) -> None:
    assert weak_roles() == walls_down() == logs_open() == []


@pytest.mark.parametrize("table", sorted(WALLS))
@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE {} DISABLE ROW LEVEL SECURITY", "DROP POLICY request_sees ON {}", "DROP POLICY jobs ON {}"],
)
def test_a_wall_that_is_down_or_has_a_gap_is_named(db: None, table: str, statement: str) -> None:
    run(statement.format(table))
    assert walls_down() == [table]


@pytest.mark.parametrize("table", TRIGGERED)
def test_a_log_without_its_trigger_is_named(db: None, table: str) -> None:
    run(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    assert logs_open() == [table]


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(("right", "role"), [("UPDATE", REQUEST_ROLE), ("DELETE", JOB_ROLE), ("TRUNCATE", JOB_ROLE)])
def test_a_log_that_a_role_may_change_is_named(db: None, table: str, right: str, role: str) -> None:
    run(f"GRANT {right} ON {table} TO {role}")
    assert logs_open() == [table]


def test_every_append_only_table_of_the_audit_is_asked_for_its_trigger(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE tgname = %s",
                       ["append_only"])  # fmt: skip
        assert {row[0] for row in cursor.fetchall()} == set(TRIGGERED)


def test_a_role_that_owns_a_table_is_named(db: None) -> None:
    run(f"GRANT CREATE ON SCHEMA public TO {JOB_ROLE}", f"ALTER TABLE areas_area OWNER TO {JOB_ROLE}")
    assert weak_roles() == [f"{JOB_ROLE} owns a table"]


def test_what_the_server_would_write_down_is_named(db: None) -> None:
    assert told_by_server() == {}
