"""Two days of other hazards, played through services and doors at a fiftieth of the people, and what moves a figure."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lianfang.cli.up import system_actor
from lianfang.domains.incidents.models import Incident
from lianfang.domains.messages.models import Message
from lianfang.drill.run import Result, refuse_live, run_drill
from lianfang.drill.scenario import CannotPlay, read_scenario
from tests.factories.place import Place

SCENARIOS = Path("lianfang/drill/scenarios")


def played(name: str, scale: float = 0.02) -> Result:
    result, _ = run_drill(name, scale=scale, seed=1, by=system_actor(), say=lambda *_: None)
    return result


def missed(result: Result) -> list[Any]:
    """What was not accepted or did not hold, for a readable failure."""
    return [e for e in result.expect if not e["accepted"]] + [i for i in result.invariants if not i["holds"]]


@pytest.mark.parametrize("name", ["heat-day", "chikungunya-day"])
def test_the_day_is_played_and_everything_expected_is_reported(own_database: None, name: str) -> None:
    result = played(name)
    assert missed(result) == []
    assert len(result.expect) >= 25 and len(result.invariants) >= 7
    assert {e["sort"] for e in result.expect} == {"figure", "state", "relation"}
    # The outbox of a drill is sealed: whatever was written stays on the person's own page.
    assert set(Message.objects.values_list("channel", flat=True)) == {"page"}
    assert Incident.objects.get().is_drill


def test_a_changed_input_moves_the_report_and_a_changed_expectation_only_the_verdict(
    own_database: None, tmp_path: Path
) -> None:
    text = (SCENARIOS / "heat-day.toml").read_text(encoding="utf-8")
    body = tomllib.loads(text)
    sites = sum(s["n"]["value"] for s in body["site"])
    fewer = text.replace(
        'id = "cooling-donghe"\nkind = "cooling-place"\nname = "东河街道纳凉点"\nplace = "donghe"\nn = { value = 4,',
        'id = "cooling-donghe"\nkind = "cooling-place"\nname = "东河街道纳凉点"\nplace = "donghe"\nn = { value = 2,',
    )
    assert fewer != text
    file = tmp_path / "fewer.toml"
    file.write_text(fewer, encoding="utf-8")
    seen = {e["id"]: e for e in played(str(file)).expect}
    assert seen["cooling_places"]["got"] == sites - 2 and not seen["cooling_places"]["accepted"]
    assert seen["incidents_open"]["accepted"]
    json.dumps(seen, default=str)


def test_a_drill_on_a_live_database_is_refused(place: Place) -> None:
    with pytest.raises(CannotPlay, match="register"):
        refuse_live()
    Incident.objects.bulk_create(
        [
            Incident(
                id=place.people[0],
                hazard="heat",
                edition="cn-heat-1",
                area_id=place.area["district"],
                title={},
                phase="open",
                alerted_at=place.at,
                opened_at=place.at,
                opened_by=place.people[0],
            )
        ]
    )
    with pytest.raises(CannotPlay, match="live incident"):
        refuse_live()


@pytest.mark.parametrize("name", ["no-such-day", "/nowhere/day.toml"])
def test_a_scenario_that_is_not_there_says_what_there_is(name: str) -> None:
    with pytest.raises((CannotPlay, FileNotFoundError)):
        read_scenario(name)
