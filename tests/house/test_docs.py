"""The manual names every page, refusal code, setting and command; documents name only files that are there."""

from __future__ import annotations

import re

from django.urls import URLPattern, URLResolver, get_resolver

from lianfang.cli.main import _parser
from tests.house.source import ROOT
from tests.house.test_words import codes

MANUAL = (ROOT / "docs" / "manual.md").read_text(encoding="utf-8")


def route_names(patterns: list[URLPattern | URLResolver]) -> list[str]:
    """Names of all addresses but those allauth only looks up."""
    out: list[str] = []
    for p in patterns:
        if isinstance(p, URLResolver):
            out += route_names(p.url_patterns)
        elif p.name and not p.name.startswith("account_"):
            out.append(p.name)
    return out


def test_the_manual_names_every_page() -> None:
    assert [n for n in route_names(get_resolver().url_patterns) if f"`{n}`" not in MANUAL] == []


def test_the_manual_names_every_refusal() -> None:
    assert [c for c in sorted(codes()) if f"`{c}`" not in MANUAL] == []


def test_the_manual_names_every_setting() -> None:
    text = "".join((ROOT / "lianfang/site" / f).read_text(encoding="utf-8") for f in ("settings.py", "database.py"))
    assert [s for s in set(re.findall(r'"(LIANFANG_[A-Z_]+)"', text)) if f"`{s}`" not in MANUAL] == []


def test_the_manual_names_every_command() -> None:
    commands = next(a for a in _parser()._actions if a.dest == "command").choices
    assert commands and [c for c in commands if f"`lianfang {c}" not in MANUAL] == []


def test_documents_name_only_what_is_there() -> None:
    for file in [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for path in re.findall(r"\]\(([^)#:]+)\)|`(docs/[\w./-]+)`", file.read_text(encoding="utf-8")):
            name = next(p for p in path if p)
            base = ROOT if name.startswith("docs/") else file.parent
            assert (base / name).exists(), f"{file.name}: {name}"


def test_no_committed_file_names_a_machine_or_a_registry() -> None:
    for file in [*ROOT.glob("requirements*.txt"), ROOT / "package-lock.json"]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'"resolved"|--(extra-)?index-url|--find-links', text), file.name
        if file.suffix == ".txt":
            assert "://" not in text, file.name
