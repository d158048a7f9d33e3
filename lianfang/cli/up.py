"""`lianfang up`: schema, roles, catalogue: what a database needs before pages may be served."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from lianfang.base import clock
from lianfang.base.actor import Actor, Grant
from lianfang.base.log import count_on
from lianfang.base.roles import grant_tables, missing_roles, role_statements
from lianfang.base.signing_keys import make_signing_key
from lianfang.base.walls import build_walls
from lianfang.domains.audit.planning import USE
from lianfang.domains.devices.services import make_token_key
from lianfang.domains.editions.planning import read_library
from lianfang.domains.editions.queries import roles
from lianfang.domains.editions.services import load_editions, load_kinds, load_ladders, load_roles
from lianfang.domains.privacy.services import make_keys

SYSTEM = UUID("00000000-0000-4000-8000-000000000001")  # who acts when the house itself does: jobs and set-up
Say = Callable[[str], None]


class CannotGoUp(RuntimeError):
    """The database is not fit; the text says what an administrator has to run."""


def system_actor() -> Actor:
    """The house itself, for set-up and scheduled jobs: all rights everywhere, and named as such in the log."""
    rights = frozenset(r for body in roles().values() for r in body["rights"])
    return Actor(SYSTEM, (Grant("system", rights, "division", None),), "system")


def _make_roles() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
        if not missing_roles():
            return
        statements = role_statements(owner)
        try:
            with transaction.atomic():
                for s in statements:
                    cursor.execute(s)
        except ProgrammingError as e:
            raise CannotGoUp(
                "this database user may not create roles; let an administrator run:\n  "
                + ";\n  ".join(statements)
                + ";"
            ) from e
    if missing_roles():
        raise CannotGoUp(
            f"roles are missing, or too strong (superuser, bypass of row-level security): {missing_roles()}"
        )


def go_up(say: Say) -> None:
    """Migrate, make or check the roles, load kinds and editions, make the keys that are missing. Harmless twice.

    Raises: CannotGoUp with what to do.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        if int(cursor.fetchone()[0]) < 150000:
            raise CannotGoUp("PostgreSQL 15 or newer is needed")
    say("schema")
    call_command("migrate", verbosity=0, interactive=False)
    if count_on():
        say("the log counts on where it ended on the server before")
    say("database roles")
    _make_roles()
    grant_tables()
    build_walls()
    if make_signing_key(USE, settings.SUITE):
        say("a key to sign the log with")
    say("kinds and editions")
    load_catalogue()


def load_catalogue() -> None:
    """Load all files below the editions folder, all or none. Raises CannotGoUp naming file, key and fix."""
    library = read_library(settings.EDITIONS)
    if library.problems:
        lines = [f"{p['file']}: {p['key']}: {p['fix']}" for p in library.problems]
        raise CannotGoUp("edition files cannot be taken:\n  " + "\n  ".join(lines))
    by, at = Actor(SYSTEM), clock.now()
    with transaction.atomic():
        load_roles(roles=library.roles, by=by, at=at)
        load_kinds(kinds=library.kinds, by=by, at=at)
        load_ladders(ladders=library.ladders, by=by, at=at)
        load_editions(editions=library.editions, by=by, at=at)
        make_token_key(replaces=False, by=system_actor(), at=at)
        make_keys(scope="register", scope_id=None, by=by, at=at)
