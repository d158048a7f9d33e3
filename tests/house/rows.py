"""`make rows`: every requirement row with the tests that show it, and how many rows have none."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows() -> dict[str, dict[str, str]]:
    """All rows of docs/rows.toml."""
    return tomllib.loads((ROOT / "docs" / "rows.toml").read_text(encoding="utf-8"))


def shown() -> dict[str, list[str]]:
    """Tests by the row they are marked with."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for d in getattr(node, "decorator_list", []):
                if isinstance(d, ast.Call) and ast.unparse(d.func) == "pytest.mark.row":
                    name = getattr(node, "name", "")
                    for row in d.args:
                        found.setdefault(ast.literal_eval(row), []).append(f"{file.relative_to(ROOT)}::{name}")
    return found


def main() -> None:
    """Print the table and the sums."""
    known, tests = rows(), shown()
    for key, row in known.items():
        mark = "shown" if key in tests else "     "
        print(f"{key}  {mark}  {row['module']:28} {row['title']}")
        for t in tests.get(key, []):
            print(f"               {t}")
    by_module = Counter(row["module"] for row in known.values())
    done = Counter(known[k]["module"] for k in tests if k in known)
    print("\n" + "\n".join(f"{m:30} {done[m]:3} of {n:3}" for m, n in by_module.items()))
    print(f"\n{len(tests)} of {len(known)} rows are shown whole by a marked test")


if __name__ == "__main__":
    main()
