"""The command: one clear line for what is wrong, and a backup that comes back whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from lianfang.base.once import once
from lianfang.cli import commands
from lianfang.cli.main import main
from lianfang.domains.audit.queries import chain_state
from lianfang.domains.incidents.models import Signal
from lianfang.domains.incidents.services import report_signal
from lianfang.flows import run_due
from lianfang.flows.run_due import PARTS
from tests.conftest import T0
from tests.factories.place import small_place
from tests.house.source import ROOT

LIANFANG = [sys.executable, "-m", "lianfang.cli.main"]


def run(*arguments: str, database: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a person runs it, in a process of its own."""
    env = {**os.environ, **({"LIANFANG_DATABASE_URL": database} if database else {})}
    return subprocess.run(
        [*LIANFANG, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def empty_database(django_db_setup: None) -> object:
    """Two empty databases on the server of the tests, by address."""
    s = connection.settings_dict
    where = {"host": s["HOST"], "port": s["PORT"], "user": s["USER"], "password": s["PASSWORD"], "dbname": "postgres"}
    names = [f"test_cli_{uuid4().hex[:8]}" for _ in range(2)]
    with psycopg.connect(**where, autocommit=True) as c:
        for n in names:
            c.execute(f'CREATE DATABASE "{n}"')
    yield [f"postgresql://{s['USER']}:{s['PASSWORD']}@{s['HOST']}:{s['PORT']}/{n}" for n in names]
    with psycopg.connect(**where, autocommit=True) as c:
        for n in names:
            c.execute(f'DROP DATABASE IF EXISTS "{n}"')


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["drill"], ["drill", "x", "--scale", "much"], ["import", "outlines", "f.json"]]
)
def test_a_wrong_argument_gets_one_clear_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert stop.value.code == 2 and last.startswith("lianfang") and "error:" in last


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(c in text for c in ("up", "demo", "serve", "drill", "import", "check", "jobs", "restore", "verify-log"))


def inside(database: str, code: str) -> str:
    """What a process of its own prints, with the platform up on a database."""
    env = {**os.environ, "LIANFANG_DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "lianfang.site.settings"}
    done = subprocess.run([sys.executable, "-c", "import django; django.setup()\n" + code], cwd=ROOT, env=env,
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def readable(database: str) -> int:
    """How many messages open there."""
    return int(inside(database, """
from lianfang.cli.up import system_actor
from lianfang.domains.messages.models import Message
from lianfang.domains.privacy.queries import opened
rows = list(Message.objects.exclude(sealed=b"").exclude(incident_id=None)[:2000])
values = opened(rows, by=system_actor(), fields=("values",), whole=True, subject="recipient_id")
print(sum(1 for v in values.values() if v["values"]))
"""))  # fmt: skip


def destroy_pleas(database: str) -> None:
    """The incident ends, and its pleas' key is destroyed with a certificate."""
    assert inside(database, """
from uuid import uuid4
from lianfang.base import clock
from lianfang.cli.up import system_actor
from lianfang.domains.editions.queries import edition
from lianfang.domains.incidents.models import Incident
from lianfang.flows.enter_phase import enter_phase
from lianfang.flows.purge import certify, destroy_personal
by, at, found = system_actor(), clock.now(), Incident.objects.get()
last = edition(found.edition)["phases"][-1]["name"]
enter_phase(incident_id=found.id, phase=last, reason="r", by=by, at=at)
destroy_personal(destruction_id=uuid4(), incident_id=found.id, classes=["plea"], why="r", by=by, at=at)
print(certify(by=by, at=at))
""") == "1"  # fmt: skip


def test_a_backup_comes_back_whole_and_only_into_an_empty_database(empty_database: list[str], tmp_path: Path) -> None:
    first, second = empty_database
    file, result = tmp_path / "all.dump", tmp_path / "result.json"
    done = run(
        "drill",
        "chikungunya-day",
        "--scale",
        "0.02",
        "--json",
        str(result),
        "--out",
        str(tmp_path / "report"),
        database=first,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    body = json.loads(result.read_text(encoding="utf-8"))
    assert set(body) >= {"scenario", "scale", "seed", "seconds", "peak_mib", "stages", "expect", "invariants"}
    assert all(e["accepted"] for e in body["expect"]) and (tmp_path / "report" / "report.html").exists()
    again = run("drill", "heat-day", "--scale", "0.02", database=first)
    assert again.returncode == 2 and "register" in again.stderr
    assert run("backup", str(file), database=first).returncode == 0
    refused = run("restore", str(file), database=first)
    assert refused.returncode == 2 and "not empty" in refused.stderr
    assert readable(first) > 100
    destroy_pleas(first)
    assert run("restore", str(file), database=second).returncode == 0
    # The backup is older than the destruction, and its database says that the key lives: nothing opens all the same.
    with psycopg.connect(second) as c:
        live = c.execute("SELECT count(*) FROM privacy_datakey WHERE retention = 'plea' AND destroyed_at IS NULL")
        assert live.fetchone() == (2,)
    assert readable(first) == 0 == readable(second)
    counts = []
    for address in (first, second):
        with psycopg.connect(address) as c:
            tables = ["grid_person", "work_item", "work_move", "base_logentry", "holds_hold", "privacy_personindex"]
            counts.append([c.execute(f"SELECT count(*) FROM {t}").fetchone() for t in tables])  # type: ignore[call-overload]
            who = c.execute(
                "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'lianfang_request'"
            ).fetchone()
            assert who and who[0] > 100
    assert counts[0][0] != (0,)
    # What the end of the incident and the destruction wrote came after the backup; all else is as it was.
    assert [a for a, b in zip(counts[0], counts[1], strict=True) if a < b] == [] and counts[0][0] == counts[1][0]


def test_check_names_file_key_and_fix(tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "broken.toml").write_text('kind = "broken"\nversion = 1\n', encoding="utf-8")
    env = {**os.environ, "LIANFANG_EDITIONS": str(tmp_path)}
    done = subprocess.run(
        [*LIANFANG, "check", "--files-only"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "kinds/broken.toml: words.zh: a sentence in this language" in done.stdout


def test_outlines_need_a_stated_datum_and_unknown_codes_are_listed(own_database: None, tmp_path: Path) -> None:
    from lianfang.base import clock
    from lianfang.cli.places import import_divisions, import_outlines
    from lianfang.cli.up import system_actor
    from lianfang.domains.areas.queries import area_of_code

    by, at = system_actor(), clock.now()
    assert import_divisions(None, counties=["440203"], by=by, at=at) > 80
    assert import_divisions(None, counties=["440203"], by=by, at=at) == 0
    square = {"type": "Polygon", "coordinates": [[[113.6, 24.8], [113.61, 24.8], [113.61, 24.81], [113.6, 24.8]]]}
    file = tmp_path / "outlines.json"
    file.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "properties": {"code": c}, "geometry": square}
                    for c in ("440203001", "999999999")
                ],
            }
        ),
        encoding="utf-8",
    )
    assert (
        import_outlines(file, datum="gcj02", code_property="code", by=by, at=at)
        == "1 outlines loaded; unknown codes: 999999999"
    )
    street = area_of_code("440203001")
    lon = street.outline["coordinates"][0][0][0]
    # GCJ-02 lies some hundred metres east of WGS 84 here: the loaded corner moved west, and is not invented any more.
    assert 113.594 < lon < 113.5965 and not street.is_outline_invented
    assert settings.EDITIONS.exists()


def test_a_job_that_fails_is_named_and_holds_up_no_other(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        place = small_place(at=T0)
        ask = {"kind": "case", "case_class": "confirmed", "edition_code": "cn-covid-9", "building_id": None, "count": 1}
        officer = place.actor("officer")
        signal = report_signal(
            signal_id=uuid4(), area_id=place.area["district"], source="lab", found_at=T0, by=officer, at=T0, **ask
        )
    assert signal.told_id == place.accounts["officer"].id

    def broken(*_: object) -> int:
        raise ZeroDivisionError("王小明")

    monkeypatch.setattr(commands, "PARTS", tuple((n, broken if n == "routines" else p) for n, p in PARTS))
    ran, failed = commands.run_parts()
    assert failed == {"routines": "ZeroDivisionError"}
    # The part before the failing one is kept, and the one after it has run.
    assert Signal.objects.get(id=signal.id).told_id == place.accounts["officer2"].id
    assert ran["signals"] == 1 and ran["messages"] >= 1
    assert ran["links"] > 0 and ran["heads"] == 1 and chain_state().linked == ran["links"]
    assert commands.run_parts()[0]["heads"] == 0


def test_each_job_asks_about_editions_once_and_the_steps_of_decisions_anew(
    own_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def part(*_: object) -> int:
        return sum(once("a question", lambda: asked.append("asked") or 1) for _ in range(3))

    monkeypatch.setattr(commands, "SEALING", ())
    monkeypatch.setattr(commands, "PARTS", (("one", part), ("other", part)))
    assert commands.run_parts() == ({"one": 3, "other": 3}, {}) and len(asked) == 2
    monkeypatch.setattr(run_due, "_steps", part)  # what a step changes is asked for again
    assert commands.run_parts() == ({"one": 3, "other": 3}, {}) and len(asked) == 2 + 6
