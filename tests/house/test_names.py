"""Names and sizes: no vague modules, files of at most 400 lines, functions of at most 40."""

from __future__ import annotations

from pathlib import Path

from tests.house.source import PACKAGE, ROOT, functions, modules

VAGUE = {"utils", "helpers", "common", "misc", "manager", "core", "util", "helper", "tools"}
MAX_FILE, MAX_FUNCTION = 400, 40


def test_no_module_has_a_vague_name() -> None:
    assert [p for p in modules() if Path(p).stem in VAGUE or set(Path(p).parts) & VAGUE] == []


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    long = {p: n for p in modules() if (n := len((ROOT / p).read_text(encoding="utf-8").splitlines())) > MAX_FILE}
    assert long == {}


def test_no_function_is_longer_than_forty_lines() -> None:
    long = []
    for path, tree in modules().items():
        for f in functions(tree):
            first = f.body[1] if len(f.body) > 1 and ast_is_docstring(f.body[0]) else f.body[0]
            if (f.end_lineno or 0) - first.lineno + 1 > MAX_FUNCTION:
                long.append(f"{path}: {f.name} {(f.end_lineno or 0) - first.lineno + 1}")
    assert long == []


def ast_is_docstring(node: object) -> bool:
    """Whether a statement is a docstring: it says what the function is, and does not count as its length."""
    import ast

    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def test_every_public_function_below_the_doors_says_what_it_is() -> None:
    bare = []
    for path, tree in modules().items():
        if path.split("/")[1] in ("kernels", "base", "domains", "flows"):
            for node in tree.body:
                if getattr(node, "name", "_").startswith("_") or not hasattr(node, "body"):
                    continue
                if not ast_is_docstring(node.body[0]) and not path.endswith("apps.py"):
                    bare.append(f"{path}: {node.name}")  # type: ignore[attr-defined]
    assert bare == []


def test_every_test_mirrors_a_module() -> None:
    free = {"house", "matrix", "scenarios", "races", "browser", "factories", "data"}
    stray = []
    for test in (ROOT / "tests").rglob("test_*.py"):
        parts = test.relative_to(ROOT / "tests").parts
        if parts[0] in free:
            continue
        place = PACKAGE.joinpath(*parts[:-1])
        name = parts[-1].removeprefix("test_").removesuffix(".py")
        if not ((place / f"{name}.py").exists() or (place / name).is_dir()):
            stray.append(str(test.relative_to(ROOT)))
    assert stray == []
