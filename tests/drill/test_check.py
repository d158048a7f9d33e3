"""A scenario file with a missing key or a wrong unit is named by record and key, and nothing of it is played."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lianfang.drill.check import problems_of
from lianfang.drill.scenario import TABLES, CannotPlay, read_scenario

WEEK = Path("lianfang/drill/scenarios/shaoguan-2022.toml")


def week() -> dict[str, Any]:
    """The week of Shaoguan as its file has it."""
    return tomllib.loads(WEEK.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["shaoguan-2022", "heat-day", "chikungunya-day"])
def test_the_files_that_are_shipped_are_whole_and_quote_nobody(name: str) -> None:
    text = WEEK.with_name(f"{name}.toml").read_text(encoding="utf-8")
    assert problems_of(tomllib.loads(text), TABLES) == []
    assert "quote" not in text


@pytest.mark.parametrize(
    ("table", "record", "key", "value", "said"),
    [
        ("resource", "samplers", "unit", None, "the key unit is missing"),
        ("resource", "samplers", "unit", "team", "'team' is wrong, it is counted in person"),
        ("resource", "disinfectant", "unit", "kg/day", "counted in tonne/day"),
        ("resource", "sites", "n", 282, "never a bare number"),
        ("resource", "sites", "n", {"value": "282", "printed": "282", "bound": "exact"}, "n.value: a number"),
        ("resource", "sites", "n", {"value": 282, "printed": "282", "bound": "nearly"}, "n.bound: one of"),
        ("event", "e-mass", "text", None, "the key text is missing"),
        ("event", "e-mass", "id", "e-call", "the id stands twice"),
        ("zone", "prevention", "place", None, "the key place is missing"),
    ],
)
def test_what_is_wrong_is_named(table: str, record: str, key: str, value: Any, said: str) -> None:
    body = week()
    row = next(r for r in body[table] if r["id"] == record)
    if value is None:
        del row[key]
    else:
        row[key] = value
    found = problems_of(body, TABLES)
    assert any(said in f for f in found), found


def test_an_expectation_needs_its_parts_too() -> None:
    body = week()
    del body["expect"]["figure"]["samplers"]["role"]
    body["expect"]["relation"][0]["left"] = ["nothing"]
    assert len(problems_of(body, TABLES)) == 2


def test_a_file_that_is_not_whole_is_not_played(tmp_path: Path) -> None:
    file = tmp_path / "week.toml"
    text = WEEK.read_text(encoding="utf-8").replace('unit = "person-time"', 'unit = "person"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CannotPlay, match=r"activity turnout.unit"):
        read_scenario(str(file))


def test_a_report_without_a_staging_is_not_played(tmp_path: Path) -> None:
    file = tmp_path / "week.toml"
    text = WEEK.read_text(encoding="utf-8").replace('id = "shaoguan-2022"', 'id = "elsewhere"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CannotPlay, match="no staging"):
        read_scenario(str(file))
