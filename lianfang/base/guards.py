"""What of the database's own guards stands: roles, walls, logs that only grow, and what the server writes down."""

from __future__ import annotations

from django.db import connection

from lianfang.base.roles import APPEND_ONLY, JOB_ONLY, JOB_ROLE, REQUEST_ROLE, missing_roles
from lianfang.base.walls import WALLS

# Tables whose rows not even the owner changes unnoticed: a trigger forbids it.
TRIGGERED = ("base_logentry", "audit_personread", "audit_export", *JOB_ONLY)
POLICIES = {"request_sees", "request_changes", "request_ends", "request_adds", "jobs"}
# PostgreSQL's own log: a statement carries the values it writes, an error quotes the row that broke a rule.
SERVER_LOG = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}


def weak_roles() -> list[str]:
    """What is wrong with the roles: missing, too strong, owner of a table, or an owner who passes every guard."""
    found = [f"{r} is missing, or may more than a page needs" for r in missing_roles()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolbypassrls)")
        found += [f"{name} is a superuser or passes row-level security" for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolcanlogin OR rolcreatedb OR rolcreaterole)",
            [[REQUEST_ROLE, JOB_ROLE]],
        )
        found += [f"{name} may sign in, or make roles or databases" for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public' AND tableowner = ANY(%s)",
            [[REQUEST_ROLE, JOB_ROLE]],
        )
        found += [f"{name} owns a table" for (name,) in cursor.fetchall()]
    return found


def walls_down() -> list[str]:
    """Walled tables without row-level security, or without one of its policies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relname = ANY(%s)", [list(WALLS)])
        on = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE tablename = ANY(%s)", [list(WALLS)])
        there = set(cursor.fetchall())
    return [t for t in WALLS if t not in on or {(t, p) for p in POLICIES} != {(a, p) for a, p in there if a == t}]


def logs_open() -> list[str]:
    """Logs whose rows could be changed: the trigger is missing or off, or a role may change or remove them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgname = 'append_only' AND t.tgenabled IN ('O', 'A') AND c.relname = ANY(%s)",
            [list(TRIGGERED)],
        )
        guarded = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT t FROM unnest(%s::text[]) t, unnest(%s::text[]) r "
            "WHERE has_table_privilege(r, t, 'UPDATE, DELETE, TRUNCATE')",
            [list(APPEND_ONLY), [REQUEST_ROLE, JOB_ROLE]],
        )
        writable = {row[0] for row in cursor.fetchall()}
    return sorted({t for t in TRIGGERED if t not in guarded} | writable)


def told_by_server() -> dict[str, str]:
    """Settings of PostgreSQL by which its own log would hold values of statements: name and what it should be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SERVER_LOG)])
        now = dict(cursor.fetchall())
    return {name: wanted for name, wanted in SERVER_LOG.items() if now.get(name) != wanted}
