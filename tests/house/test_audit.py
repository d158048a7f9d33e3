"""`make audit`: a finding fails, a machine without network says so and does not, and no host is named."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.house import audit
from tests.house.source import ROOT

BAD = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"]}


def report(*rows: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(rows), "fixes": []})


def test_a_finding_is_told_with_what_repairs_it_and_fails() -> None:
    found = audit.read(
        report({"name": "a", "version": "1.0", "vulns": [BAD]}, {"name": "b", "version": "1", "vulns": []})
    )
    lines, status = audit.told(found)
    assert status == 1 and lines == [
        "a 1.0: PYSEC-2026-1; repaired in: 2.0",
        "audit: 2 locked libraries compared, 1 findings",
    ]


def test_nothing_found_passes_and_what_was_not_compared_is_named() -> None:
    rows = (
        {"name": "a", "version": "1.0", "vulns": []},
        {"name": "own", "skip_reason": "not found at https://host.example"},
    )
    lines, status = audit.told(audit.read(report(*rows)))
    assert status == 0 and lines == [
        "audit: 1 locked libraries compared, 0 findings; not on the list, so not compared: own"
    ]


@pytest.mark.parametrize("said", ["", "ERROR: https://host.example refused", "{}", '{"dependencies": null}',
                                  report({"name": "a", "skip_reason": "x"})])  # fmt: skip
def test_out_of_reach_is_said_plainly_and_does_not_fail(said: str) -> None:
    lines, status = audit.told(audit.read(said))
    assert status == 0 and lines == [
        "audit: no list of known vulnerabilities was reached; nothing was compared, nothing is proved"
    ]


def test_an_excused_finding_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "EXCUSED", {"CVE-2026-1": "we do not call it"})
    assert audit.read(report({"name": "a", "version": "1.0", "vulns": [BAD]})).found == []


def test_a_tool_that_hangs_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("pip_audit", 1)

    monkeypatch.setattr(audit.subprocess, "run", hangs)
    assert audit.main() == 0


def test_ci_asks_for_both_and_every_lock_is_audited() -> None:
    ci, make = ((ROOT / f).read_text(encoding="utf-8") for f in (".ci/run", "Makefile"))
    assert "\nmake audit\n" in ci and "\nmake licences\n" in ci
    assert "-m tests.house.audit" in make and "-m tests.house.licences" in make
    assert {p.name for p in ROOT.glob("requirements*.txt")} == set(audit.LOCKS)
