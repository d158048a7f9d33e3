"""Rounds and their coverage: counts that add up, in the program's own area."""

from __future__ import annotations

import pytest

from tests.factories.programs import program_in
from tests.factories.rounds import Testing
from tests.web.conftest import Town

pytestmark = pytest.mark.django_db


def test_parts_of_a_round_add_up_to_it(town: Town, testing: Testing) -> None:
    district = program_in(town.place.area["district"], ["rounds.read"])
    assert [r["id"] for r in district.get("/rounds").json()["items"]] == [str(testing.round.id)]
    said = district.get(f"/rounds/{testing.round.id}/coverage").json()
    assert said["whole"]["all"] == sum(p["all"] for p in said["parts"]) == testing.round.expected > 0
    assert said["whole"]["left"] == said["whole"]["all"] and said["whole"]["endings"] == {}


def test_a_committees_program_sees_its_own_part_alone(town: Town, testing: Testing, caller, stranger) -> None:
    own = town.place.area["committee"]
    said = caller.get(f"/rounds/{testing.round.id}/coverage", area=own).json()
    assert said["whole"]["area_id"] == str(own) and 0 < said["whole"]["all"] < testing.round.expected
    for area in (None, town.place.area["committee2"], town.place.area["street"]):
        assert caller.get(f"/rounds/{testing.round.id}/coverage", area=area).json()["code"] == "rounds.missing"
    assert stranger.get("/rounds").json()["items"] == []
    assert stranger.get(f"/rounds/{testing.round.id}/coverage").status_code == 404
