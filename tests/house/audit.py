"""`make audit`: the locked libraries against the known vulnerabilities; exit status 1 if one is found.

A machine that reaches no such list says so and does not fail: a run without network is no proof either way, and is told
as such. What the tool prints of its own is kept back, since it may name hosts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.house.source import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")
MOST_SECONDS = 300
# A finding that does not concern us, with the reason and who looked at it; each is looked at again with every release.
EXCUSED: Mapping[str, str] = {}


@dataclass
class Audit:
    """What came out: how many were compared, which could not be, and each finding as name, version, id, fix."""

    compared: int = 0
    skipped: list[str] = field(default_factory=list)
    found: list[tuple[str, str, str, str]] = field(default_factory=list)


def read(report: str) -> Audit:
    """The tool's own report, as JSON; whatever else it printed counts as nothing compared."""
    out = Audit()
    try:
        rows: list[dict[str, Any]] = json.loads(report)["dependencies"] or []
    except (ValueError, KeyError, TypeError):
        return out
    for row in rows:
        if "skip_reason" in row:
            out.skipped.append(row["name"])
            continue
        out.compared += 1
        for v in row["vulns"]:
            if not {v["id"], *v.get("aliases", [])} & set(EXCUSED):
                out.found.append((row["name"], row["version"], v["id"], ", ".join(v["fix_versions"]) or "none yet"))
    return out


def asked(service: str) -> Audit:
    """Ask one of the two lists the tool knows."""
    files = [part for f in LOCKS for part in ("-r", f)]
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off",
               "-f", "json", "-s", service, *files]  # fmt: skip
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Audit()
    return read(done.stdout)


def told(audit: Audit) -> tuple[list[str], int]:
    """The lines to print, and the exit status."""
    lines = [f"{n} {v}: {i}; repaired in: {fix}" for n, v, i, fix in sorted(set(audit.found))]
    if not audit.compared:
        return ["audit: no list of known vulnerabilities was reached; nothing was compared, nothing is proved"], 0
    rest = f"; not on the list, so not compared: {', '.join(sorted(set(audit.skipped)))}" if audit.skipped else ""
    lines.append(f"audit: {audit.compared} locked libraries compared, {len(set(audit.found))} findings{rest}")
    return lines, 1 if audit.found else 0


def main() -> int:
    """Ask the first list, then the second if the first was out of reach."""
    audit = asked("pypi")
    if not audit.compared:
        audit = asked("osv")
    lines, status = told(audit)
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
