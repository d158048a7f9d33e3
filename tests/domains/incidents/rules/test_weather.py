"""Which warning an alert tells of, and the rule it stands under."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.domains.incidents.rules.cap import AlertUnfit, read_alert
from lianfang.domains.incidents.rules.weather import (
    CODE_LENGTHS,
    WeatherRule,
    code_of,
    items_for,
    rule_entry,
    strictest,
    warnings_told,
)
from tests.conftest import T0
from tests.factories.alerts import HOUR, alert, code_area, info
from tests.house.source import ROOT

EDITION: dict[str, Any] = tomllib.loads((ROOT / "editions/weather/cn-weather-1.toml").read_text(encoding="utf-8"))
HERE = [code_area("990101")]


def told(*infos: str) -> list[Any]:
    found = read_alert(alert(T0, *infos))
    return warnings_told(found, EDITION["warnings"], EDITION["warning_colours"], lasts=timedelta(hours=12))


@pytest.mark.parametrize(
    ("given_", "kind", "colour"),
    [
        ({"event": "暴雨", "headline": "发布暴雨黄色预警信号"}, "rainstorm", "yellow"),
        ({"event": "暴雨红色预警", "headline": ""}, "rainstorm", "red"),
        ({"event": "x", "headline": "Gale warning, orange", "language": "en"}, "gale", "orange"),
        ({"event": "x", "headline": "x", "code": "11B09", "severity": "Extreme"}, "heat", "red"),
        ({"event": "雷雨大风", "headline": "雷雨大风蓝色预警"}, "thunderstorm", "blue"),
        ({"event": "Heat", "headline": "covered roads stay hot", "severity": "Severe"}, "heat", "orange"),
    ],
)
def test_kind_and_colour_are_known_by_code_words_or_severity(given_: dict[str, str], kind: str, colour: str) -> None:
    [one] = told(info(T0, HERE, **given_))  # type: ignore[arg-type]  # a test's own mixture
    assert (one.kind, one.colour) == (kind, colour)


def test_two_events_of_one_alert_are_two_warnings_and_languages_join_theirs() -> None:
    one, other = told(
        info(T0, HERE),
        info(T0, HERE, event="大风", headline="发布大风蓝色预警", lasts=3 * HOUR),
        info(T0, HERE, event="rain", headline="Rainstorm, yellow", language="en-US"),
        info(T0, HERE, event="wind", headline="Gale, blue", language="en-US", lasts=3 * HOUR),
    )
    assert (one.kind, other.kind) == ("rainstorm", "gale") and other.until_at == T0 + 3 * HOUR
    assert one.headline == {"zh": "发布暴雨黄色预警信号", "en": "Rainstorm, yellow"}
    assert other.headline["en"] == "Gale, blue"


def test_the_same_warning_for_two_places_is_one_over_both() -> None:
    [one] = told(info(T0, HERE), info(T0, [code_area("990102")]))
    assert [a.codes[0][1] for a in one.areas] == ["990101", "990102"]


@pytest.mark.parametrize(
    ("given_", "element"),
    [({"event": "蝗灾", "headline": "蝗灾黄色"}, "event"), ({"event": "暴雨", "headline": "暴雨"}, "severity")],
)
def test_an_alert_with_one_unknown_event_or_no_colour_is_refused_whole(given_: dict[str, str], element: str) -> None:
    with pytest.raises(AlertUnfit) as refused:
        told(info(T0, HERE), info(T0, HERE, **given_))  # type: ignore[arg-type]
    assert refused.value.element == element


def test_without_an_end_it_holds_as_long_as_the_edition_says() -> None:
    data = alert(T0, info(T0, HERE)).replace(f"<expires>{(T0 + 6 * HOUR).isoformat()}</expires>".encode(), b"")
    [one] = warnings_told(read_alert(data), EDITION["warnings"], EDITION["warning_colours"], lasts=timedelta(hours=12))
    assert one.until_at == T0 + 12 * HOUR


@given(st.sampled_from(CODE_LENGTHS), st.integers(1, 9))
def test_a_code_filled_up_with_noughts_finds_the_shorter_one(n: int, digit: int) -> None:
    short = str(digit) * n
    assert short in code_of(short.ljust(12, "0")) and short in code_of(short)
    assert all(short.startswith(c) or c.strip("0") == short for c in code_of(short.ljust(12, "0")))


def test_a_colour_without_a_rule_stands_under_the_next_milder_one_never_a_stricter() -> None:
    rules = EDITION["weather_rules"]
    rain = ["blue", "yellow", "orange", "red"]
    assert [rule_entry(rules, rain, "rainstorm", c)["name"] for c in rain] == [
        "rain",
        "rain",
        "rain-strong",
        "rain-strong",
    ]  # type: ignore[index]
    assert rule_entry([r for r in rules if r["colour"] == "red"], rain, "heat", "orange") is None
    assert rule_entry(rules, rain, "rainstorm", "violet") is None


def test_things_to_have_are_counted_by_people_and_hours_the_larger_amount_once() -> None:
    water = {"zh": "水", "en": "water", "per_hour": 0.5}
    vest = {"zh": "背心", "en": "vest", "per_person": 1}
    rules = [WeatherRule("a", "heat", "red", {}, T0, items=(water, vest)),
             WeatherRule("b", "heat", "yellow", {}, T0, items=({**water, "per_hour": 0.25},))]  # fmt: skip
    assert [(i["words"]["en"], i["n"]) for i in items_for(rules, people=6, hours=4)] == [("water", 12), ("vest", 6)]
    assert items_for([], people=6, hours=4) == []


def test_the_strictest_of_limits_leaves_out_what_sets_none() -> None:
    assert strictest([None, 60, 45]) == 45 and strictest([None]) is None
