"""Database roles: who the pages are, who the jobs are, and what each may touch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from lianfang.base import clock
from lianfang.base.actor import Actor

REQUEST_ROLE = "lianfang_request"
JOB_ROLE = "lianfang_job"
# The seal of the log: pages may read it and have no part in making it.
JOB_ONLY = ("audit_chainlink", "audit_chainhead")
APPEND_ONLY = (
    "base_logentry",
    "audit_personread",
    "audit_export",
    "places_passage",
    "places_placeday",
    *JOB_ONLY,
)


@contextmanager
def acting_as(role: str, by: Actor | None = None) -> Iterator[None]:
    """One transaction under a role that is neither superuser nor owner; role and actor end with it (SET LOCAL)."""
    is_inner = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if is_inner:  # a test: what the door set would outlast it, until the outer transaction ends
                cursor.execute("SELECT current_user")
                before = cursor.fetchone()[0]
            cursor.execute(f'SET LOCAL ROLE "{role}"')
        if by is not None:
            name_actor(by)
        yield
        if is_inner and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f'SET LOCAL ROLE "{before}"')


def name_actor(by: Actor) -> None:
    """Tell the database who acts and when, for row-level security, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lianfang.actor', %s, true), set_config('lianfang.at', %s, true)",
            [str(by.id), clock.now().isoformat()],
        )


def role_statements(owner: str) -> list[str]:
    """SQL that creates the two roles and lets the owner become them: for a database administrator to read and run."""
    lines = []
    for role in (REQUEST_ROLE, JOB_ROLE):
        lines.append(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
            f"CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE; END IF; END $$"
        )
        lines.append(f'GRANT {role} TO "{owner}"')
    return lines


def missing_roles() -> list[str]:
    """Names of roles that are absent, too strong, or that the present user may not become."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT rolsuper AND NOT rolbypassrls "
            "AND pg_has_role(session_user, oid, 'MEMBER')",
            [[REQUEST_ROLE, JOB_ROLE]],
        )
        fit = {row[0] for row in cursor.fetchall()}
    return [r for r in (REQUEST_ROLE, JOB_ROLE) if r not in fit]


def refresh_statistics() -> None:
    """Tell the planner how large the tables are after a bulk load; only the owner may."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def grant_tables() -> None:
    """Let both roles read and write the tables, own none, and only append to the log."""
    with connection.cursor() as cursor:
        for role in (REQUEST_ROLE, JOB_ROLE):
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
            cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}")
            for table in APPEND_ONLY:
                cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
        for table in JOB_ONLY:
            cursor.execute(f"REVOKE INSERT ON {table} FROM {REQUEST_ROLE}")
