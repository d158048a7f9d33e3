"""Shared set-up: a real PostgreSQL, the request role, and a small place with people, built through services."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from lianfang.base import throttle
from lianfang.base.actor import Actor
from lianfang.base.roles import JOB_ROLE, grant_tables
from lianfang.cli.up import system_actor
from lianfang.domains.devices.services import make_token_key
from tests.factories.place import Place, small_place

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)  # 09:00 in Asia/Shanghai


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Create the test database, bring it up as `lianfang up` does, and drop it."""
    from django.test.utils import setup_databases, teardown_databases

    from lianfang.cli.up import go_up

    # Keys of tests lie apart: a site's own store is never touched. The environment says so to processes of their own.
    folder = tmp_path_factory.mktemp("keys")
    os.environ["LIANFANG_KEYS"] = str(folder)
    settings.KEY_FOLDERS = [str(folder)]
    if not settings.OWN_DATABASE_URL:
        settings.EMBEDDED_DATABASE.start()
        if "PYTEST_XDIST_WORKER" in os.environ:
            _without_waiting_for_the_disk()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's
        config = setup_databases(verbosity=0, interactive=False)
        go_up(lambda _: None)
        grant_tables()
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's
        connection.close_pool()
        teardown_databases(config, verbosity=0)


def _without_waiting_for_the_disk() -> None:
    """A worker's own server holds nothing that must outlive the machine: it commits as ever, but waits for no disk."""
    with psycopg.connect(settings.EMBEDDED_DATABASE.url("postgres", "postgres"), autocommit=True) as c:
        for name in ("fsync", "full_page_writes"):
            c.execute(f"ALTER SYSTEM SET {name} = off")
        c.execute("SELECT pg_reload_conf()")


class Towns:
    """The prepared database and its twin that has the small place in it, of which the connection reads one.

    A third of all tests begin with the small place: built once a process, each of them has it in a copy's time.
    """

    def __init__(self, name: str) -> None:
        self.names = {False: name, True: f"{name}_place"}
        self.place: Place | None = None
        self.is_open = False

    def turn_to(self, with_place: bool) -> None:
        """Connect to the one that a test asks for; the twin is made when first asked for."""
        if with_place == self.is_open:
            return
        connection.close()
        connection.close_pool()
        if with_place and self.place is None:
            _copy(self.names[False], self.names[True])
        connection.settings_dict["NAME"] = self.names[with_place]
        self.is_open = with_place
        if with_place and self.place is None:
            self.place = small_place(at=T0)

    def drop(self) -> None:
        """The twin goes before the database it was copied from."""
        self.turn_to(False)
        if self.place is not None:
            _drop(self.names[True])


@pytest.fixture(scope="session")
def towns(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Towns]:
    """Which of the two databases the connection reads."""
    towns = Towns(connection.settings_dict["NAME"])
    yield towns
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's
        towns.drop()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> None:
    """Before a test's transaction begins, the connection turns to the database with or without the place."""
    if fixturedef.argname == "_django_db_helper" and "own_database" not in request.fixturenames:
        wanted = request.node._fixtureinfo.name2fixturedefs.get("place", ())
        with request.getfixturevalue("django_db_blocker").unblock():
            request.getfixturevalue("towns").turn_to(bool(wanted) and wanted[-1].func.__module__ == __name__)


@pytest.fixture(autouse=True, scope="session")
def plain_static() -> Iterator[None]:
    """Tests read static files where they lie; the fingerprinted copy is the served site's."""
    plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=plain):
        yield


@pytest.fixture(autouse=True)
def no_tries_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wrong try of another test counts: they are kept apart from a test's transaction, which is rolled back."""
    monkeypatch.setattr(throttle, "SALT", uuid4().hex)


@pytest.fixture(autouse=True)
def as_a_role_that_owns_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test with the plain `db` fixture runs as the job role, as services of a batch do; pages take their own.

    The request role sees nobody until a door names the actor: what pages may see is tested through them.
    """
    if "db" in request.fixturenames and "own_database" not in request.fixturenames:
        request.getfixturevalue("db")
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {JOB_ROLE}")
    yield


def _server() -> psycopg.Connection[tuple[object, ...]]:
    """Beside all databases of the tests, to copy and drop them."""
    s = connection.settings_dict
    where = {"host": s["HOST"], "port": s["PORT"], "user": s["USER"], "password": s["PASSWORD"], "dbname": "postgres"}
    return psycopg.connect(**where, autocommit=True)


def _copy(prepared: str, copy: str) -> None:
    with _server() as c:
        c.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{prepared}"')


def _drop(name: str) -> None:
    """Drop a copy; a thread's last connection may take a moment to go."""
    with _server() as c:
        for _ in range(50):
            try:
                c.execute(f'DROP DATABASE IF EXISTS "{name}"')
                return
            except psycopg.errors.ObjectInUse:
                threading.Event().wait(0.2)


@pytest.fixture
def own_database(towns: Towns, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A database of the test's own, copied from the prepared one: for threads and real commits."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's
        towns.turn_to(False)
        connection.close()
        connection.close_pool()
        s = connection.settings_dict
        prepared, copy = s["NAME"], f"{s['NAME']}_{uuid4().hex[:8]}"
        _copy(prepared, copy)
        s["NAME"] = copy
        try:
            yield
        finally:
            connection.close()
            connection.close_pool()
            s["NAME"] = prepared
            _drop(copy)


@pytest.fixture
def t0() -> datetime:
    """The moment at which tests begin: time is given, never read."""
    return T0


@pytest.fixture
def place(db: None, towns: Towns) -> Place:
    """A district with two streets, committees, buildings, households, people and officials."""
    return deepcopy(towns.place) if towns.is_open else small_place(at=T0)


@pytest.fixture
def new_id() -> UUID:
    """A fresh id, as a caller makes it."""
    return uuid4()


@pytest.fixture
def officer(place: Place) -> Actor:
    """The district's command."""
    return place.actor("command")


@pytest.fixture
def own_token_key(db: None, tmp_path: Path) -> Iterator[bytes]:
    """A state folder of the test's own with a key for tokens; its short name."""
    with override_settings(STATE=tmp_path):
        yield bytes(make_token_key(replaces=False, by=system_actor(), at=T0).kid)
