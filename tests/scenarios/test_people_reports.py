"""The people of Lingling, Zhangzhou and Enping, played through services and flows with fewer of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lianfang.cli.up import system_actor
from lianfang.domains.calls.models import Answer, Claim
from lianfang.domains.messages.models import Message
from lianfang.drill import scenario
from lianfang.drill.run import Result, run_drill

STORIES = Path("lianfang/drill/scenarios")
Play = Callable[[str, Mapping[str, str]], Result]


def value(n: int, printed: str = "") -> str:
    """A figure as a story writes it."""
    return f'value = {n}, printed = "{printed or n}"'


@pytest.fixture
def play(own_database: None, tmp_path: Path) -> Play:
    """Plays a story some of whose figures are changed; its expectations stay as the report prints them."""

    def run(name: str, changed: Mapping[str, str]) -> Result:
        story, _, expected = (STORIES / f"{name}.toml").read_text(encoding="utf-8").partition("[expect.figure")
        for was, now in changed.items():
            assert was in story
            story = story.replace(was, now)
        file = tmp_path / "smaller.toml"
        file.write_text(story + "[expect.figure" + expected, encoding="utf-8")
        result, _ = run_drill(str(file), scale=0.001, seed=3, by=system_actor(), say=lambda *_: None)
        return result

    return run


def seen(result: Result) -> dict[str, float]:
    """The figures that were played, by name; whatever else was expected of the world has to hold."""
    assert [i for i in result.invariants if not i["holds"]] == []
    assert [e["id"] for e in result.expect if e["sort"] != "figure" and not e["accepted"] and "later" not in e] == []
    return {e["id"]: e["got"] for e in result.expect if e["sort"] == "figure" and "later" not in e}


def test_lingling_s_branches_serve_the_turns_and_hours_their_record_says(play: Play) -> None:
    result = play("lingling-2022", {
        value(860, "860余"): value(95), value(1492): value(210), value(13871): value(1900), value(87): value(21),
        value(4000, "4000余"): value(500), value(34): value(11),
    })  # fmt: skip
    got = seen(result)
    told = {"branches": 30, "branches_by_estate": 16, "branches_by_community": 14, "duty_turns": 210,
            "duty_hours": 1900, "shenxianling_members": 21, "hotline_staff": 11, "market_squad": 12,
            "pair_helpers": 14}  # fmt: skip
    assert {k: got[k] for k in told} == told and set(got) == {*told, "posted_down", "duty_hours_shenxianling"}
    assert 95 <= got["posted_down"] < 120 and 500 < got["duty_hours_shenxianling"] < 600
    refused = {e["id"] for e in result.expect if not e["accepted"] and "later" not in e}
    assert refused == {"posted_down", "duty_turns", "duty_hours", "duty_hours_shenxianling", "shenxianling_members",
                       "hotline_staff"}  # fmt: skip


def test_zhangzhou_s_teams_stand_a_long_job_ends_with_an_alarm_and_a_relief(play: Play) -> None:
    result = play("zhangzhou-2022", {
        value(154): value(28), value(1000, "近1000"): value(100), value(1000, "近千"): value(100), value(30): value(12),
    })  # fmt: skip
    got = seen(result)
    told = {"first_case": 1, "special_teams": 11, "branches": 14, "pioneer_squads": 14, "pioneer_posts": 28,
            "zone_entry": 12, "assault_squad": 12, "patrol_squad": 10}  # fmt: skip
    assert {k: got[k] for k in told} == told and set(got) == {*told, "posted_down", "waste_hours"}
    assert 90 < got["posted_down"] <= 100 and 16 < got["waste_hours"] < 18
    assert Message.objects.filter(template="job-long").exists()
    assert Message.objects.filter(template="relief-asked").exists()


def test_enping_s_people_of_several_institutions_leave_the_same_night_in_units_of_two(play: Play) -> None:
    result = play("enping-2021", {value(250): value(40), value(19): value(5)})
    got = seen(result)
    assert 4 < got.pop("minutes_to_post") < 10  # ten of a town at its two tables; each waits for his turn
    assert got == {"team": 40, "institutions": 5, "unit_size": 2, "mission_days": 3, "hubei_team": 10}
    assert {e["id"] for e in result.expect if not e["accepted"] and "later" not in e} == {"team", "institutions"}
    # They came to the meeting point one institution after another, and to post one after another.
    arrived = set(Answer.objects.exclude(arrived_at=None).values_list("arrived_at", flat=True))
    posted = set(Claim.objects.exclude(checked_in_at=None).values_list("checked_in_at", flat=True))
    assert len(arrived) == 5 and len(posted) > 3 * 4


def test_a_drill_whose_tables_are_too_slow_says_that_its_people_are_not_on_post_in_time(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = scenario._staging

    def slower(name: str) -> dict[str, Any]:
        told = read(name)
        told["people"]["mission"]["assembly"] |= {"tables": 1, "measure_seconds": 90}
        return told

    monkeypatch.setattr(scenario, "_staging", slower)
    result = play("enping-2021", {value(250): value(40), value(19): value(5)})
    late = next(e for e in result.expect if e["id"] == "minutes_to_post")
    assert late["got"] > 10 * 98 / 60 and not late["accepted"] and not result.is_accepted
