"""Every sentence has its Chinese, none is fuzzy, and every refusal has its four parts in both languages."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys

import pytest
from django.utils import translation

from lianfang.web.messages import all_codes, sentence
from tests.house.source import ROOT, modules


def codes() -> set[str]:
    """Every refusal code that a class of the house carries."""
    found = set()
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for line in node.body:
                    target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
                    value = getattr(line, "value", None)
                    if isinstance(target, ast.Name) and target.id == "code" and isinstance(value, ast.Constant):
                        found.add(str(value.value))
    return {c for c in found if "." in c}


def test_no_sentence_is_without_its_chinese() -> None:
    done = subprocess.run(
        [sys.executable, "locale/words.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_check_finds_a_missing_word(tmp_path: object) -> None:
    """A negative control: a msgid that nobody translated is told."""
    names = runpy.run_path(str(ROOT / "locale" / "words.py"), run_name="not main")
    assert callable(names["sources"]) and len(names["sources"]()) > 100


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_refusal_says_what_why_what_next_and_who(language: str) -> None:
    assert codes() <= set(all_codes()), codes() - set(all_codes())
    with translation.override(language):
        for code in sorted(codes()):
            said = sentence(code, {"reason": "grid.file_empty"})
            parts = (said.what, said.why, said.next, said.who)
            assert all(p.strip() for p in parts), code
            chinese = any("一" <= c <= "鿿" for c in "".join(parts))
            assert chinese == (language == "zh-hans"), f"{code}: {parts}"
