"""`lianfang check --deploy`: silent on a site that may be opened, one line with its fix for each fault otherwise."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.db import OperationalError, ProgrammingError

from lianfang.base.portals import Portal
from lianfang.base.signing_keys import make_signing_key
from lianfang.cli import deploy
from lianfang.cli.main import main
from lianfang.domains.accounts.services import open_account
from lianfang.drill.cast import PASSWORD
from tests.conftest import T0
from tests.factories.place import Place


@pytest.fixture
def site(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> Any:
    """A site as the manual says it is opened."""
    monkeypatch.setattr(deploy, "told_by_server", dict)  # a server of the tests' own may say more: test_guards asks it
    monkeypatch.setattr(deploy, "known_keys", lambda use: set())
    for name in ("LIANFANG_SECRET_KEY", "LIANFANG_SEALING_KEY", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    settings.STATE = tmp_path
    settings.SECRET_KEY, settings.SEALING_KEY = secrets.token_urlsafe(50), secrets.token_urlsafe(50)
    files = {"LIANFANG_SECRET_KEY": tmp_path / "secret-key", "LIANFANG_SEALING_KEY": tmp_path / "sealing-key"}
    for file in files.values():
        file.touch(0o600)
    settings.SECRET_FILES = files
    folders = [tmp_path / "keys", tmp_path / "more"]
    for folder in folders:
        folder.mkdir(0o700)
    settings.KEY_FOLDERS = [str(f) for f in folders]
    make_signing_key("log", settings.SUITE)
    settings.HTTPS = settings.STRONG = settings.SECURE_SSL_REDIRECT = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.PROXIES = 31536000, 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["lianfang.example"]
    settings.OWN_DATABASE_URL = ""
    return settings


def whats() -> list[str]:
    """What is wrong, without what only warns."""
    return [f.what for f in deploy.faults() if not f.is_warning]


def test_a_site_as_the_manual_says_has_no_fault_and_exit_status_0(
    site: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [f.line() for f in deploy.faults()] == [
        "warning: key folders lie on one disk. Fix: put one of them on another disk."
    ]
    assert main(["check", "--deploy"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 faults, 1 warnings"


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("pages would go over the wire in clear", {"HTTPS": False}),
    ("browsers are told to keep to TLS for less than half a year", {"SECURE_HSTS_SECONDS": 3600}),
    ("the site cannot tell a request by TLS from another", {"SECURE_PROXY_SSL_HEADER": None}),
    ("the site answers to any name", {"ALLOWED_HOSTS": ["*"]}),
    ("the site answers to any name", {"ALLOWED_HOSTS": [".example"]}),
    ("the site has no name of its own", {"ALLOWED_HOSTS": ["127.0.0.1", "testserver"]}),
    ("the database is on another machine", {"OWN_DATABASE_URL": "postgresql://u:p@db.example:5432/x"}),
    ("LIANFANG_SECRET_KEY is weak", {"SECRET_KEY": "x" * 60}),
    ("LIANFANG_SEALING_KEY is weak", {"SEALING_KEY": "short"}),
    ("keys lie in one folder", {"KEY_FOLDERS": ["/"]}),
    ("the key folder", {"KEY_FOLDERS": ["/nowhere/a", "/nowhere/b"]}),
    ("the log has no key to be signed with", {"STATE": "/nowhere"}),
    ("who reads registers signs in by a password alone", {"STRONG": False}),
    ("security.W018", {"DEBUG": True}),
    ("security.W012", {"SESSION_COOKIE_SECURE": False}),
    ("security.W016", {"CSRF_COOKIE_SECURE": False}),
    ("security.W008", {"SECURE_SSL_REDIRECT": False}),
]


@pytest.mark.parametrize(("what", "wrong"), FAULTS)
def test_each_fault_is_one_line_with_its_fix_and_exit_status_1(
    site: Any, capsys: pytest.CaptureFixture[str], what: str, wrong: dict[str, Any]
) -> None:
    for name, value in wrong.items():
        setattr(site, name, value)
    assert main(["check", "--deploy"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"fault: {what}") and ". Fix: " in line for line in lines), lines


def test_secrets_that_others_may_read_or_that_are_the_same_are_named(site: Any, tmp_path: Path) -> None:
    site.SECRET_KEY = site.SEALING_KEY
    (tmp_path / "sealing-key").chmod(0o640)
    (tmp_path / "keys").chmod(0o755)
    (tmp_path / f"log-key-{site.SUITE}").chmod(0o644)
    found = "\n".join(whats())
    for part in ("are the same", "sealing-key", f"look into {tmp_path / 'keys'}", "log-key-"):
        assert part in found


def test_no_line_holds_a_secret(site: Any) -> None:
    site.SECRET_KEY = site.SEALING_KEY = "abc" * 20
    site.OWN_DATABASE_URL = "postgresql://u:hidden-word@db.example:5432/x"
    lines = "\n".join(f.line() for f in deploy.faults())
    assert "weak" in lines and "abcabc" not in lines and "hidden-word" not in lines


def test_demo_accounts_that_open_by_the_printed_password_are_a_fault(place: Place, site: Any) -> None:
    def post(name: str, password: str) -> None:
        open_account(account_id=uuid4(), username=name, label="demo", password_hash=make_password(password),
                     person_id=None, area_id=place.area["committee"], by=place.system, at=T0)  # fmt: skip

    post("demo-a", "another one of its own")
    assert not any("demo" in w for w in whats()) and any("demo" in f.what for f in deploy.faults())
    post("demo-b", PASSWORD)
    assert any("everybody knows" in w for w in whats())


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("weak_roles", "database role: x"),
        ("walls_down", "x has no second wall, or not all of it"),
        ("logs_open", "x can be changed after it was written"),
    ],
)
def test_what_the_database_lacks_is_told(site: Any, monkeypatch: pytest.MonkeyPatch, guard: str, said: str) -> None:
    monkeypatch.setattr(deploy, guard, lambda: ["x"])
    assert whats() == [said]


def test_the_servers_own_log_is_told_with_the_statements_that_quieten_it(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "told_by_server", lambda: {"log_statement": "none"})
    assert [f.line() for f in deploy.of_database()] == [
        "fault: PostgreSQL's own log may hold what people entered: log_statement. "
        "Fix: ALTER SYSTEM SET log_statement = 'none'."
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [(OperationalError, "the database cannot be reached"), (ProgrammingError, "the database lacks tables")],
)
def test_without_a_database_the_rest_is_told_all_the_same(
    site: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception], said: str
) -> None:
    def breaks() -> list[Any]:
        raise error("password of the database in here")

    monkeypatch.setattr(deploy, "demo_accounts", breaks)
    monkeypatch.setattr(deploy, "weak_roles", breaks)
    site.HTTPS = False
    assert sorted(whats()) == ["pages would go over the wire in clear", said]


def test_a_portals_secret_that_others_may_read_is_named(site: Any, tmp_path: Path) -> None:
    secret = tmp_path / "city.secret"
    secret.touch(0o640)
    site.PORTALS = (Portal("city", {}, "https://id.example", "c", secret, "s"),)
    assert any(str(secret) in what for what in whats())
    secret.chmod(0o600)
    assert whats() == []
