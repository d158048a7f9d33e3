"""`make licences`: under which licence each library stands that the site runs with; read from what is installed."""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from tests.house.source import ROOT

# Words of licences that ask no more of us than their text and their author's name.
FREE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0|MIT-0|Unlicense|OFL-1.1)\b|MPL[- ]2", re.I
)
# Weak copyleft, for a library that is used as it is and may be exchanged: each with the reason it is taken.
WEAK = {
    "psycopg": "LGPL-3.0: an unchanged library of its own, loaded by name",
    "psycopg-binary": "LGPL-3.0: as psycopg",
    "psycopg-pool": "LGPL-3.0: as psycopg",
}
STRONG = re.compile(r"(?<!L)\b(A?GPL|General Public License|Affero|SSPL|BUSL|Commons Clause|EUPL|CC-BY-NC)", re.I)
LESSER = re.compile(r"\bLGPL|Lesser General Public", re.I)


def locked(file: Path = ROOT / "requirements.txt") -> list[str]:
    """Names of the libraries that the lock of the site names."""
    names = [re.match(r"([A-Za-z0-9._-]+)==(?:[^;]*)(.*)", line) for line in file.read_text("utf-8").splitlines()]
    return [n.group(1).lower() for n in names if n and "win32" not in n.group(2)]


def licence_of(found: Distribution) -> str:
    """What a library says of its licence: the expression, else its classifiers, else its own words."""
    m = found.metadata
    said = [m.get("License-Expression") or ""]
    said += [c.split("::")[-1].strip() for c in m.get_all("Classifier") or [] if c.startswith("License ::")]
    said += [" ".join((m.get("License") or "").split())[:60]]
    return next((s for s in said if s), "")


def judged(name: str, licence: str) -> str:
    """Why a library may not be run with; nothing where it may."""
    if not licence:
        return "it names no licence"
    if LESSER.search(licence):
        return "" if name in WEAK else "weak copyleft that nobody has looked at: give the reason in WEAK, or replace it"
    if STRONG.search(licence) and not re.search(r"\bOR\b", licence):
        return "strong copyleft: the platform could no longer be given on as Apache-2.0"
    return "" if FREE.search(licence) else "a licence nobody has looked at"


def table() -> list[tuple[str, str, str]]:
    """Name, licence and fault of every locked library that is installed here; others belong to other machines."""
    rows = []
    for name in locked():
        try:
            licence = licence_of(distribution(name))
        except PackageNotFoundError:
            continue
        rows.append((name, licence, judged(name, licence)))
    return rows


if __name__ == "__main__":
    found = table()
    for row in found:
        print("  ".join((row[0].ljust(28), row[1].ljust(48), row[2])).rstrip())
    sys.exit(1 if any(fault for _, _, fault in found) else 0)
