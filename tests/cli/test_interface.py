"""The document of the interface is the one that is checked in."""

from __future__ import annotations

import json

import pytest

from lianfang.cli.interface import text
from lianfang.cli.main import main
from tests.house.source import ROOT


def test_the_document_that_is_checked_in_is_the_generated_one() -> None:
    """`lianfang openapi > docs/openapi.json` makes it anew."""
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == text()


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["openapi"].startswith("3.1")
