"""Incidents and zones in force, as their pages show them; in which zone a building lies."""

from __future__ import annotations

import pytest

from lianfang.domains.incidents.models import ZoneVersion
from tests.factories.programs import program_in
from tests.web.conftest import Town

pytestmark = pytest.mark.django_db


def test_an_incident_and_its_zone_are_told(town: Town, caller) -> None:
    items = caller.get("/incidents").json()["items"]
    assert [i["id"] for i in items] == [str(town.incident.id)]
    assert caller.get(f"/incidents/{town.incident.id}").json() == items[0]
    zones = caller.get("/zones").json()["items"]
    assert [(z["id"], z["kind"], z["buildings"]) for z in zones] == [(str(town.zone), "sealed", 1)]
    whole = caller.get(f"/zones/{town.zone}").json()
    assert whole["building_ids"] == [str(town.place.buildings["committee"][0])]
    assert whole["zone"] == zones[0] and whole["outline"]["type"] == "MultiPolygon"


def test_a_building_says_in_which_zone_it_lies_until_the_zone_ends(town: Town, caller) -> None:
    inside, outside = town.place.buildings["committee"][:2]
    asked = [caller.get(f"/buildings/{b}/zones").json()["items"] for b in (inside, outside)]
    assert [[z["id"] for z in zones] for zones in asked] == [[str(town.zone)], []]
    ZoneVersion.objects.filter(id=town.zone).update(state="lifted")
    assert caller.get(f"/buildings/{inside}/zones").json()["items"] == []
    assert caller.get("/zones").json()["items"] == []


def test_a_building_asks_for_the_register_too(town: Town, caller, stranger) -> None:
    inside = town.place.buildings["committee"][0]
    half = program_in(town.place.area["committee"], ["incidents.read"])
    assert half.get(f"/buildings/{inside}/zones").json()["code"] == "accounts.right_missing"
    assert stranger.get(f"/buildings/{inside}/zones").status_code == 404


def test_the_neighbour_sees_none_of_it(town: Town, stranger) -> None:
    assert stranger.get("/incidents").json() == {"items": [], "next": ""}
    assert stranger.get("/zones").json() == {"items": [], "next": ""}
    assert stranger.get(f"/incidents/{town.incident.id}").json()["code"] == "incidents.missing"
    assert stranger.get(f"/zones/{town.zone}").status_code == 404
