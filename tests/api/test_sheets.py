"""The figures of a day, as the sheet's page has them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localtime

from lianfang.base import clock
from tests.web.conftest import Town

pytestmark = pytest.mark.django_db


def test_the_figures_of_today_are_those_of_the_page(town: Town, caller) -> None:
    area, today = town.place.area["committee"], localtime(clock.now()).date()
    said = caller.get(f"/sheets/{area}/{today}").json()
    figures = {f["name"]: f["value"] for f in said["figures"]}
    assert said["state"] == "open" and figures["register.lives"] == 24.0
    assert figures["holds.zones"] >= 1 and figures["work.door-survey.open"] == 2.0
    whole = caller.get(f"/sheets/{area}/{today}", incident=town.incident.id)
    assert whole.json()["incident_id"] == str(town.incident.id)


def test_a_day_to_come_and_a_neighbour_get_none(town: Town, caller, stranger) -> None:
    area, today = town.place.area["committee"], localtime(clock.now()).date()
    assert caller.get(f"/sheets/{area}/{today + timedelta(days=1)}").json()["field"] == "day"
    assert caller.get(f"/sheets/{area}/1850-01-01").json()["code"] == "api.unfit"
    assert stranger.get(f"/sheets/{area}/{today}").json()["code"] == "reports.sheet_missing"
    assert stranger.get(f"/sheets/{stranger_area(town)}/{today}", incident=town.incident.id).status_code == 404


def stranger_area(town: Town) -> object:
    """The neighbour's own committee: there it may read."""
    return town.place.area["neighbour_committee"]
