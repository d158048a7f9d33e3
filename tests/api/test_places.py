"""Open places and their room."""

from __future__ import annotations

import pytest

from lianfang.domains.places.models import Place
from tests.web.conftest import Town

pytestmark = pytest.mark.django_db


def test_open_places_say_how_much_room_they_have_and_who_is_in_them_stays_unsaid(town: Town, caller) -> None:
    answer = caller.get("/places")
    found = {p["id"]: p for p in answer.json()["items"]}
    ward, shop = found[str(town.ward)], found[str(town.venue)]
    assert ward["capacity"] == {"bed": 8} and ward["free"] == {"bed": 7} and ward["is_open"]
    assert shop["room"] == shop["limit"] > 0
    assert str(town.place.people[1]) not in answer.content.decode()
    Place.objects.filter(id=town.ward).update(state="closed")
    assert [p["id"] for p in caller.get("/places").json()["items"]] == [str(town.venue)]
    assert caller.get("/places", kind="hospital-ward").json()["items"] == []


def test_the_neighbours_places_are_others(town: Town, stranger) -> None:
    assert stranger.get("/places").json()["items"] == []
    assert stranger.get("/places", area=town.place.area["committee"]).json()["items"] == []
