"""Reading the TOML files below a folder; what is wrong with each is collected, nothing is written here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lianfang.domains.editions.rules.editions import edition_problems, ladder_problems
from lianfang.domains.editions.rules.kinds import kind_problems, opening_problems

Body = Mapping[str, Any]


@dataclass
class Library:
    """What a folder of editions holds, and its problems: each names file, key and fix."""

    kinds: list[Body] = field(default_factory=list)
    editions: list[Body] = field(default_factory=list)
    ladders: list[Body] = field(default_factory=list)
    roles: list[Body] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)


def _take(library: Library, file: Path, body: Body) -> list[dict[str, str]]:
    if file.name == "roles.toml":
        library.roles += body["roles"]
        return []
    if file.name == "ladders.toml":
        library.ladders += body["ladders"]
        return [p for ladder in body["ladders"] for p in ladder_problems(ladder)]
    if file.parent.name == "kinds":
        library.kinds.append(body)
        return kind_problems(body, file_name=file.stem)
    library.editions.append(body)
    return edition_problems(body)


def read_library(folder: Path) -> Library:
    """All files of an editions folder, checked whole."""
    library = Library()
    for file in sorted(folder.rglob("*.toml")):
        try:
            body = tomllib.loads(file.read_text(encoding="utf-8"))
            problems = _take(library, file, body)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as e:
            problems = [{"key": "", "fix": f"not readable as TOML: {e}"}]
        library.problems += [{"file": str(file.relative_to(folder)), **p} for p in problems]
    library.problems += [{"file": f"kinds/{name}.toml", **p} for name, p in opening_problems(library.kinds)]
    known = {k["kind"] for k in library.kinds if "kind" in k}
    for e in library.editions:
        for section in ("checklist", "level_tasks", "routines"):
            for entry in e.get(section, []):
                if entry.get("kind") not in known:
                    library.problems.append(
                        {
                            "file": str(e.get("edition")),
                            "key": f"{section}.{entry.get('name')}",
                            "fix": f"there is no kind {entry.get('kind')}",
                        }
                    )
    return library
