"""The week of Shaoguan, played through services, flows and the device door at a small share of its people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lianfang.cli.up import system_actor
from lianfang.domains.incidents.models import Incident
from lianfang.domains.reports.models import Sheet
from lianfang.domains.rounds.models import Round
from lianfang.domains.rounds.queries import coverage_of
from lianfang.drill.compare import World, compare
from lianfang.drill.pictures import pictures_of
from lianfang.drill.report import write_report
from lianfang.drill.run import Result, run_drill
from lianfang.drill.scenario import CannotPlay
from lianfang.drill.stage import Stage

WEEK = Path("lianfang/drill/scenarios/shaoguan-2022.toml")
# The same week with an organisation a twentieth as large: what is loaded must come out, and the verdict follow.
SMALLER = {
    'value = 3770, printed = "3770"': 'value = 150, printed = "150"',
    'value = 282, printed = "282"': 'value = 20, printed = "20"',
    'value = 1656, printed = "1656"': 'value = 60, printed = "60"',
    'value = 12000, printed = "逾1.2万"': 'value = 300, printed = "300"',
    'value = 1200, printed = "约1200余"': 'value = 120, printed = "120"',
    'value = 44, printed = "44"': 'value = 22, printed = "22"',
    'value = 935, printed = "935"': 'value = 470, printed = "470"',
    'value = 76.5, printed = "76.5"': 'value = 60.0, printed = "60"',
}


@pytest.fixture
def played(own_database: None, tmp_path: Path) -> tuple[Result, Stage]:
    """The smaller week, whose expectations stay as the report prints them."""
    story, _, expected = WEEK.read_text(encoding="utf-8").partition("[expect.figure")
    for was, now in SMALLER.items():
        assert was in story
        story = story.replace(was, now)
    file = tmp_path / "smaller.toml"
    file.write_text(story + "[expect.figure" + expected, encoding="utf-8")
    return run_drill(str(file), scale=0.003, seed=2, by=system_actor(), say=lambda *_: None)


def a_changed_input_moves_the_figure_and_a_changed_expectation_only_the_verdict(result: Result, stage: Stage) -> None:
    seen = {e["id"]: e for e in result.expect}
    moved = {"samplers": 150, "sampling_sites": 20, "sampling_units": 60, "transport_signups": 22,
             "disinfectant_capacity": 470, "disinfectant_share": 60.0}  # fmt: skip
    assert {k: seen[k]["got"] for k in moved} == moved
    assert not any(seen[k]["accepted"] for k in moved)
    assert 300 <= seen["member_turnout"]["got"] < 400 and 120 <= seen["volunteers_recruited"]["got"] < 130
    assert all(seen[k]["accepted"] for k in ("first_case", "coordinator_sites", "districts_in_round"))
    assert [i for i in result.invariants if not i["holds"]] == []
    assert all(e["accepted"] for e in result.expect if e["sort"] != "figure")
    # Another expectation over the same week: what was seen stays, the verdict turns.
    n = {"value": 150, "printed": "150", "bound": "exact"}
    figures = {**stage.scenario.expect["figure"], "samplers": {**stage.scenario.expect["figure"]["samplers"], "n": n}}
    world = World(replace(stage.scenario, expect={**stage.scenario.expect, "figure": figures}), 0.003,
                  Incident.objects.get(), stage.cast.actor("county-officer", stage.scenario.end()),
                  stage.scenario.end())  # fmt: skip
    again = {e["id"]: e for e in compare(world)[0]}
    assert again["samplers"]["got"] == 150 and again["samplers"]["accepted"]


def nobody_is_without_a_state_and_each_day_has_its_sheet(result: Result, stage: Stage, tmp_path: Path) -> None:
    rounds = list(Round.objects.filter(follows=None).order_by("number"))
    assert [r.state for r in rounds] == ["closed", "closed"]
    for r in rounds:
        found = coverage_of(r)
        assert found.left == 0 and found.all == r.expected > 0
        assert r.plan["adopted"] != r.plan["proposed"]
    assert Sheet.objects.count() == 7
    names = {s["name"] for s in result.stages}
    assert {"register", "scans", "tracing", "calls", "tubes and results", "daily sheets", "compare"} <= names
    assert next(s for s in result.stages if s["name"] == "scans")["rows"] > 1000
    text = write_report(result, tmp_path, pictures_of(stage)).read_text(encoding="utf-8")
    assert text.count("<svg") == 4 and text.count("<circle") > 20 and f"{rounds[1].expected:,} of" in text


def a_measure_or_state_nobody_answers_is_an_error_and_never_nought(stage: Stage) -> None:
    at = stage.scenario.end()

    def asked(**expect: Any) -> None:
        compare(World(replace(stage.scenario, expect=expect), 0.003, Incident.objects.get(),
                      stage.cast.actor("county-officer", at), at))  # fmt: skip

    n = {"value": 1, "printed": "1", "bound": "exact"}
    for figure in ({"measure": "testing.nothing"}, {"measure": "testing.units", "filter": {"colour": "red"}}):
        with pytest.raises(CannotPlay):
            asked(figure={"x": {**figure, "n": n, "role": "total"}})
    with pytest.raises(CannotPlay):
        asked(state=[{"id": "state-99"}])


def test_the_week_as_it_was_played(played: tuple[Result, Stage], tmp_path: Path) -> None:
    """One week for all three: to play it takes a minute, and none of them changes it."""
    a_changed_input_moves_the_figure_and_a_changed_expectation_only_the_verdict(*played)
    nobody_is_without_a_state_and_each_day_has_its_sheet(*played, tmp_path)
    a_measure_or_state_nobody_answers_is_an_error_and_never_nought(played[1])
