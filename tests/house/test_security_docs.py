"""Threat model and ASVS table: every file and test they name is there, and no state goes without its evidence."""

from __future__ import annotations

import re

import pytest

from tests.house.source import ROOT

DOCS = ("docs/threat-model.md", "docs/asvs.md")
NAMED = re.compile(r"`((?:tests|lianfang|docs)/[\w./-]+|pyproject\.toml|requirements\.txt)(?:::(\w+))?`")
STATES = {"met", "partly", "not", "not applicable"}
DOORS = ("Pages", "A phone", "Joining", "Badge", "Quarantine", "Files that are sent", "Files that leave", "Published",
         "JSON", "Command line", "Backup")  # fmt: skip


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("doc", DOCS)
def test_every_file_and_test_that_is_named_is_there(doc: str) -> None:
    named = NAMED.findall(text_of(doc))
    assert len(named) > 40
    for file, test in named:
        assert (ROOT / file).is_file(), file
        assert not test or f"def {test}(" in text_of(file), f"{file}::{test}"


def rows(doc: str) -> list[list[str]]:
    lines = [line for line in text_of(doc).splitlines() if line.startswith("|")]
    return [[c.strip() for c in line.strip("|").split("|")] for line in lines]


def test_every_item_has_a_state_and_each_claim_its_evidence() -> None:
    items = [r for r in rows(DOCS[1]) if re.match(r"V\d+-\d+$", r[0])]
    assert len(items) > 60 and len({r[0] for r in items}) == len(items)
    for number, _, state, evidence in items:
        assert state in STATES, number
        assert evidence and (state in ("not", "not applicable") or NAMED.search(evidence)), number
    assert {int(r[0][1:].split("-")[0]) for r in items} == set(range(1, 18))


def test_every_door_stands_in_the_threat_model_and_every_threat_says_what_remains() -> None:
    heads = re.findall(r"^### (.*)$", text_of(DOCS[0]), re.M)
    assert [d for d in DOORS if not any(h.startswith(d) for h in heads)] == []
    threats = [r for r in rows(DOCS[0]) if r[0] in set("STRIDE")]
    assert len(threats) > 40 and all(len(r) == 4 and all(r) for r in threats)
    for letter in "STRIDE":
        assert any(r[0] == letter for r in threats)
