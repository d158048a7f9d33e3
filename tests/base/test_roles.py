"""Pages are the request role: no superuser, no bypass, no owner."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection, transaction

from lianfang.base.actor import Actor
from lianfang.base.roles import JOB_ROLE, REQUEST_ROLE, acting_as, missing_roles, role_statements


@pytest.mark.database
@pytest.mark.parametrize("role", [REQUEST_ROLE, JOB_ROLE])
def test_a_door_acts_as_a_role_that_owns_nothing_and_drops_it_at_its_end(own_database: None, role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
        by = Actor(id=UUID(int=5))
        with acting_as(role, by):
            cursor.execute("SELECT current_user, current_setting('lianfang.actor')")
            assert cursor.fetchone() == (role, str(by.id))
            cursor.execute("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False, False, False)
            cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
            assert cursor.fetchone()[0] == 0
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == owner


@pytest.mark.database
def test_missing_roles_are_said_with_what_to_run(db: None) -> None:
    assert missing_roles() == []
    assert all("NOSUPERUSER NOBYPASSRLS" in s for s in role_statements("me") if s.startswith("DO"))


@pytest.mark.database
def test_the_request_role_may_not_alter_a_table(db: None) -> None:
    from django.db import ProgrammingError

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE grid_person ADD COLUMN x int")
