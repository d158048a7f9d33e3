"""The source as syntax trees, for the house tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lianfang"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package but migrations, by path below the root."""
    return {
        str(p.relative_to(ROOT)): ast.parse(p.read_text(encoding="utf-8"))
        for p in sorted(PACKAGE.rglob("*.py"))
        if "migrations" not in p.parts
    }


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """All functions, methods too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def decorator_of(function: ast.FunctionDef, name: str) -> ast.Call | None:
    """A call decorator of that name."""
    for d in function.decorator_list:
        if isinstance(d, ast.Call) and isinstance(d.func, ast.Name) and d.func.id == name:
            return d
    return None
