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
        "weather",
        "needs",
        "dispatch",
    }


@pytest.fixture
def errand() -> dict[str, Any]:
    """A kind to break."""
    return tomllib.loads((FOLDER / "kinds" / "errand.toml").read_text(encoding="utf-8"))


@pytest.fixture
def edition() -> dict[str, Any]:
    """An edition to break."""
    return tomllib.loads((FOLDER / "heat" / "cn-heat-1.toml").read_text(encoding="utf-8"))


def test_a_warning_in_a_colour_nobody_defined_and_a_rule_of_no_warning_are_named() -> None:
    edition = tomllib.loads((FOLDER / "weather" / "cn-weather-1.toml").read_text(encoding="utf-8"))
    edition["warnings"][0]["colours"] = ["violet"]
    edition["warnings"][1] |= {"codes": [], "texts": []}
    edition["weather_rules"][-1] |= {"warning": "flood", "suit_value": "nothing"}
    keys = [p["key"] for p in edition_problems(edition)]
    last = f"weather_rules.{edition['weather_rules'][-1]['name']}"
    assert {"warnings.rainstorm.colours", "warnings.gale", last, f"{last}.suit_value"} <= set(keys)


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
        ({"kind": "household-need", "field": "food_ok", "into": "what"}, "into"),  # a yes is no sentence
        ({"kind": "errand", "field": "food_ok", "into": "what"}, "values"),  # an errand asks more when it opens
    ],
)
def test_a_move_that_opens_what_cannot_be_opened_is_named(opens: dict[str, Any], key: str) -> None:
    kinds = copy.deepcopy({k["kind"]: k for k in read_library(FOLDER).kinds})
    next(m for m in kinds["welfare-visit"]["moves"] if m["name"] == "finish")["opens"] = opens
    assert ("welfare-visit", f"moves.finish.opens.{key}") in {
        (n, p["key"]) for n, p in opening_problems(kinds.values())
    }


@pytest.mark.parametrize(
    ("criterion", "key"),
    [
        ({"at": ["finish"], "at_least": 1}, ".criterion.at"),  # the move does not require the field
        ({"at": [], "at_least": 1}, ".criterion.at"),
        ({"at": ["open"], "at_least": 1}, ".criterion.at"),  # opening is no move
        ({"at": ["meet"], "is": True}, ".criterion"),  # a number is no yes or no
        ({"at": ["meet"]}, ".criterion"),
    ],
)
def test_a_criterion_that_cannot_be_asked_is_named(criterion: dict[str, Any], key: str) -> None:
    estate = copy.deepcopy(next(k for k in read_library(FOLDER).kinds if k["kind"] == "estate-award"))
    assert kind_problems(estate) == []
    next(f for f in estate["fields"] if f["name"] == "days_clear")["criterion"] = criterion
    assert f"fields.days_clear{key}" in {p["key"] for p in kind_problems(estate)}


@pytest.mark.parametrize(
    ("name", "change", "key"),
    [
        ("kit_n95", {"anew": False}, "moves.seal.kit"),  # ticked once, it would be on for the whole evening
        ("kit_boots", {"type": "text"}, "moves.seal.kit"),
        ("kit_n95", {"required_at": ["seal", "disinfect"]}, "moves.collect.kit"),
        ("carrier", {"told": False}, "fields.licence.criterion"),  # a name that could be typed beside the register
        ("suit_minutes", {"type": "text"}, "fields.suit_minutes.criterion"),
    ],
)
def test_a_kit_that_is_not_asked_and_a_register_beside_which_one_types_are_named(
    name: str, change: dict[str, Any], key: str
) -> None:
    waste = copy.deepcopy(next(k for k in read_library(FOLDER).kinds if k["kind"] == "waste-point"))
    assert kind_problems(waste) == []
    next(f for f in waste["fields"] if f["name"] == name).update(change)
    assert key in {p["key"] for p in kind_problems(waste)}


@pytest.mark.parametrize(
    ("part", "to", "key"),
    [
        ("where", "what", "ride.where"),  # sealed: a car cannot be sent to what nobody may read
        ("there", "arrived", "ride.there"),
        ("when", {"field": "weg", "is": "car"}, "ride"),
    ],
)
def test_a_ride_that_a_plan_cannot_ask_for_is_named(part: str, to: Any, key: str) -> None:
    trip = copy.deepcopy(next(k for k in read_library(FOLDER).kinds if k["kind"] == "medical-trip"))
    assert kind_problems(trip) == []
    trip["ride"][part] = to
    assert key in {p["key"] for p in kind_problems(trip)}
    assert "ride" in {p["key"] for p in kind_problems({**trip, "plan": {}})}


def test_a_register_that_is_none_is_named() -> None:
    kinds = copy.deepcopy({k["kind"]: k for k in read_library(FOLDER).kinds})
    assert list(opening_problems(kinds.values())) == []
    del kinds["waste-carrier"]["register"]["until"]
    assert {p["key"] for p in kind_problems(kinds["waste-carrier"])} == {"register.until"}
    del kinds["waste-carrier"]["register"]
    assert ("waste-point", "fields.licence.criterion") in {(n, p["key"]) for n, p in opening_problems(kinds.values())}


def test_only_a_kind_about_an_area_is_published_and_no_text_or_person_of_it(errand: dict[str, Any]) -> None:
    estate = copy.deepcopy(next(k for k in read_library(FOLDER).kinds if k["kind"] == "estate-award"))
    for name in ("lost_why", "nothing"):  # free text; no field at all
        assert any(p["key"] == "public" for p in kind_problems({**estate, "public": [name]})), name
    personal = copy.deepcopy(estate)
    next(f for f in personal["fields"] if f["name"] == "met_on").update(personal="contact", retention="plea")
    assert any(p["key"] == "public" for p in kind_problems(personal))
    assert any(p["key"] == "public" for p in kind_problems({**errand, "public": []}))


def test_a_place_kind_with_an_entry_class_it_has_not_or_a_level_without_words_is_named(edition: dict[str, Any]) -> None:
    kind = {
        "name": "barn",
        "words": {"zh": "仓", "en": "Barn"},
        "classes": [{"name": "seat", "zh": "座", "en": "seats"}],
    }
    assert edition_problems({**edition, "place_kinds": [{**kind, "entry_class": "seat"}]}) == []
    broken = {**kind, "entry_class": "bed", "levels": [{"name": "a", "zh": "甲", "en": "A", "says": {"zh": "甲"}}]}
    keys = {p["key"] for p in edition_problems({**edition, "place_kinds": [broken]})}
    assert keys == {"place_kinds.barn.entry_class", "place_kinds.barn.levels.a.says.en"}


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


def test_a_task_without_a_known_risk_or_with_kit_in_one_language_is_named(edition: dict[str, Any]) -> None:
    edition["tasks"] = [
        {
            "name": "guide",
            "words": {"zh": "引导", "en": "Guide"},
            "risk": "some",
            "kit": [{"zh": "口罩"}],
            "roles": [{"skill": "swab", "heads": 0}],
        }
    ]
    keys = {p["key"] for p in edition_problems(edition)}
    assert {"tasks.guide.risk", "tasks.guide.kit.0.en", "tasks.guide.roles.0"} <= keys
    edition["tasks"] = [
        {
            **edition["tasks"][0],
            "risk": "low",
            "roles": [{"skill": "swab", "heads": 1}],
            "kit": [{"zh": "口罩", "en": "mask"}],
        }
    ]
    assert edition_problems(edition) == []


@pytest.fixture
def counsel() -> dict[str, Any]:
    """A private kind to break."""
    return tomllib.loads((FOLDER / "kinds" / "counsel-call.toml").read_text(encoding="utf-8"))


def test_a_private_kind_names_a_right_for_each_of_four_and_publishes_nothing(counsel: dict[str, Any]) -> None:
    assert kind_problems(counsel) == []
    for private in ({}, {"open": "needs.counsel"}, {**counsel["private"], "read": "everybody"}):
        assert any(p["key"] == "private" for p in kind_problems({**counsel, "private": private})), private
    assert any(p["key"] == "private" for p in kind_problems({**counsel, "fan_out": "person"}))


def test_a_state_of_opening_a_choice_and_a_clock_at_once_that_cannot_be_are_named(counsel: dict[str, Any]) -> None:
    broken = copy.deepcopy(counsel)
    next(s for s in broken["states"] if s["name"] == "alarm")["first_when"] = {"field": "risk", "is": "enormous"}
    assert "states.alarm.first_when" in {p["key"] for p in kind_problems(broken)}
    broken = copy.deepcopy(counsel)
    next(f for f in broken["fields"] if f["name"] == "risk")["criterion"] = {"at": ["speak"], "one_of": ["lowest"]}
    assert "fields.risk.criterion" in {p["key"] for p in kind_problems(broken)}
    broken = copy.deepcopy(counsel)
    clock = next(c for c in broken["clocks"] if c["name"] == "accept")
    del clock["minutes"]
    clock["value"] = "checklist_minutes"
    assert "clocks.accept.minutes" in {p["key"] for p in kind_problems(broken)}
