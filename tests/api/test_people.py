"""A person by its id: masked exactly as on its page."""

from __future__ import annotations

import pytest

from lianfang.domains.audit.models import PersonRead
from tests.factories.programs import program_in
from tests.web.conftest import Town
from tests.web.pages import client_of, masked, text_of

pytestmark = pytest.mark.django_db


def test_a_person_is_masked_as_on_the_page_of_who_need_not_address_it(town: Town, caller) -> None:
    person, name = town.place.people[0], town.place.names[0]
    said = caller.get(f"/people/{person}").json()
    assert said["name"] == masked(name) and said["phone"] == "…0000"
    page = text_of(client_of(town.place, "command").get(f"/register/door/{town.place.households[0]}"))
    assert said["name"] in page and said["phone"] in page and name not in page
    assert said["household_id"] == str(town.place.households[0]) and said["presence"] == "lives"


def test_a_neighbour_gets_none_and_no_read_is_written(town: Town, stranger) -> None:
    said = stranger.get(f"/people/{town.place.people[0]}")
    assert said.json()["code"] == "grid.person_missing"
    assert town.place.names[0][0] + "*" not in said.content.decode()
    assert not PersonRead.objects.filter(actor_id=stranger.id).exists()


def test_a_wide_program_sees_nobody_whole_either(town: Town) -> None:
    wide = program_in(town.place.area["city"])
    assert wide.get(f"/people/{town.place.people[0]}").json()["name"] == masked(town.place.names[0])
