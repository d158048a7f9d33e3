"""The shipped kinds and editions are fit, and what is wrong with a broken one is said by key."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest

from lianfang.domains.editions.planning import read_library
from lianfang.domains.editions.rules.editions import edition_problems
from lianfang.domains.editions.rules.kinds import kind_problems, opening_problems
from tests.house.source import ROOT

FOLDER = ROOT / "editions"


def test_all_files_are_fit() -> None:
    library = read_library(FOLDER)
    assert library.problems == []
    assert len(library.kinds) >= 20 and {e["hazard"] for e in library.editions} == {
        "common",
        "covid-19",
        "chikungunya",
        "heat",
    }


@pytest.fixture
def errand() -> dict[str, Any]:
    """A kind to break."""
    return tomllib.loads((FOLDER / "kinds" / "errand.toml").read_text(encoding="utf-8"))


@pytest.fixture
def edition() -> dict[str, Any]:
    """An edition to break."""
    return tomllib.loads((FOLDER / "heat" / "cn-heat-1.toml").read_text(encoding="utf-8"))


def test_a_missing_word_is_named(errand: dict[str, Any]) -> None:
    errand["states"][0]["words"] = {"zh": "待办"}
    assert {
        "key": f"states.{errand['states'][0]['name']}.words.en",
        "fix": "a sentence in this language",
    } in kind_problems(errand)


def test_a_cycle_of_states_nobody_leaves_is_named(errand: dict[str, Any]) -> None:
    state = errand["states"][0]["name"]
    errand["states"].append({"name": "limbo", "words": {"zh": "悬", "en": "limbo"}, "closed": False, "tone": "doing"})
    errand["moves"].append(
        {"name": "fall", "words": {"zh": "落", "en": "fall"}, "from": [state], "to": "limbo", "who": ["owner"]}
    )
    errand["moves"].append(
        {"name": "turn", "words": {"zh": "转", "en": "turn"}, "from": ["limbo"], "to": "limbo", "who": ["owner"]}
    )
    assert any(p["key"] == "states.limbo" for p in kind_problems(errand))


def test_a_clock_without_a_receiver_is_named(errand: dict[str, Any]) -> None:
    errand["clocks"][0]["escalate_to"] = ""
    assert any(p["fix"] == "a role that receives it" for p in kind_problems(errand))


def test_a_move_that_winds_no_clock_or_tries_at_no_hour_is_named(errand: dict[str, Any]) -> None:
    errand["moves"][0]["again"] = ["heartbeat"]
    errand["try_windows"] = [["11:00", "09:00"]]
    keys = {p["key"] for p in kind_problems(errand)}
    assert {f"moves.{errand['moves'][0]['name']}.again", "try_windows"} <= keys


@pytest.mark.parametrize(
    ("opens", "key"),
    [
        ({"kind": "nothing", "field": "asks", "into": "what"}, "kind"),
        ({"kind": "order", "field": "asks", "into": "what"}, "kind"),  # about an area, not a household
        ({"kind": "household-need", "field": "asks", "into": "sort"}, "into"),  # open, and what goes in is sealed
        ({"kind": "errand", "field": "food_ok", "into": "what"}, "values"),  # an errand asks more when it opens
    ],
)
def test_a_move_that_opens_what_cannot_be_opened_is_named(opens: dict[str, Any], key: str) -> None:
    kinds = copy.deepcopy({k["kind"]: k for k in read_library(FOLDER).kinds})
    next(m for m in kinds["welfare-visit"]["moves"] if m["name"] == "finish")["opens"] = opens
    assert ("welfare-visit", f"moves.finish.opens.{key}") in {
        (n, p["key"]) for n, p in opening_problems(kinds.values())
    }


@pytest.mark.parametrize("part", ["value", "source", "status", "unit"])
def test_an_edition_value_without_its_parts_is_named(edition: dict[str, Any], part: str) -> None:
    name = next(iter(edition["values"]))
    broken = copy.deepcopy(edition)
    del broken["values"][name][part]
    assert any(p["key"] == f"values.{name}.{part}" for p in edition_problems(broken))


def test_a_zone_kind_without_an_end_is_named(edition: dict[str, Any]) -> None:
    zone = edition["zone_kinds"][0]
    zone["until_value"] = zone["review_value"] = ""
    assert any("an end" in p["fix"] for p in edition_problems(edition))


def test_heat_and_chikungunya_are_files_and_no_code() -> None:
    """The measure of the house: no line of Python names these hazards, their kinds or their figures."""
    words = ("chikungunya", "heat-call", "heat-watch", "breteau", "vector-inspection", "cooling-place")
    named = [
        f"{p.relative_to(ROOT)}: {w}"
        for p in (ROOT / "lianfang").rglob("*.py")
        for w in words
        if w in p.read_text(encoding="utf-8") and "migrations" not in p.parts
    ]
    assert named == []
