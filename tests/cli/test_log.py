"""verify-log ends well only when all is sound, and each fault has a line of its own; log-head prints what fits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from lianfang.base.signing_keys import make_signing_key
from lianfang.cli.main import main
from tests.conftest import T0
from tests.domains.audit.conftest import cursors, link, sign, tamper, write

pytestmark = pytest.mark.database


@pytest.fixture
def log(own_database: None, tmp_path: Path) -> Iterator[None]:
    """Three links and a head, under keys of the test's own."""
    with override_settings(STATE=tmp_path):
        make_signing_key("log", "world")
        link()
        for n in range(2):
            write(3)
            link(at=T0 + timedelta(days=n))
        sign(at=T0 + timedelta(days=1))
        yield


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """Exit status and lines of a command."""
    status = main(arguments)
    return status, capsys.readouterr().out.strip().splitlines()


def test_a_sound_log_is_said_to_be_so_with_what_was_read(log: None, capsys: pytest.CaptureFixture[str]) -> None:
    write(2)
    status, lines = said(capsys, "verify-log")
    assert status == 0 and lines[-1] == "sound" and len(lines) == 2
    assert "3 links" in lines[0] and "2 entries not yet linked" in lines[0] and "1 signed heads" in lines[0]
    assert said(capsys, "verify-log", "--from", "2026-07-22", "--processes", "1")[1][0].startswith("5 entries, 1 links")


def test_every_fault_has_its_line_and_the_exit_status_says_no(log: None, capsys: pytest.CaptureFixture[str]) -> None:
    (t, i), (u, j) = cursors()[1], cursors()[4]
    tamper("base_logentry", f"UPDATE base_logentry SET service = 'x' WHERE id = {i}",
           f"DELETE FROM base_logentry WHERE id = {j}")  # fmt: skip
    status, lines = said(capsys, "verify-log")
    assert status == 1 and lines[1:] == [
        f"changed: entry {t}:{i} (service)",
        f"removed: entry {u}:{j}",
        "NOT SOUND: 2 faults",
    ]


def test_a_head_that_was_kept_must_fit(log: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, (text,) = said(capsys, "log-head")
    kept = tmp_path / "head.json"
    kept.write_text(text, encoding="ascii")
    assert status == 0 and said(capsys, "verify-log", "--head", str(kept))[0] == 0
    kept.write_text(json.dumps({**json.loads(text), "entries": 5}), encoding="ascii")
    status, lines = said(capsys, "verify-log", "--head", str(kept))
    assert status == 1 and "signature: head 1 (the signature does not hold)" in lines
    kept.write_text("[]", encoding="ascii")
    assert main(["verify-log", "--head", str(kept)]) == 2
    assert "is no published head" in capsys.readouterr().err


def test_before_the_first_head_there_is_none_to_print(own_database: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log-head"]) == 1 and "nothing is signed yet" in capsys.readouterr().err


def test_a_day_that_is_none_is_a_wrong_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["verify-log", "--from", "yesterday"])
    assert "--from" in capsys.readouterr().err
