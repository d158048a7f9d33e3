"""A building and a door: what is left, who is entered and marked there, each write once."""

from __future__ import annotations

from uuid import uuid4

from lianfang.domains.grid.models import Person, PersonFlag
from tests.web.conftest import Town
from tests.web.pages import client_of, last_entry, refusal, services_since, text_of


def test_a_building_shows_each_door_with_what_is_left_and_one_door_beside_it(town: Town) -> None:
    client, block = client_of(town.place, "grid"), town.place.buildings["committee"][0]
    page = text_of(client.get(f"/register/building/{block}"))
    assert 'aria-label="unit 1, 101: 2 left, not tried yet"' in page
    assert 'aria-label="unit 1, 102: 1 left, not tried yet"' in page
    assert "3 left / 2 doors" in page and "12 living here · 4 doors" in page
    part = client.get(
        f"/register/building/{block}?door={town.place.households[0]}", headers={"HX-Request-Type": "partial"}
    )
    assert "<html" not in text_of(part) and town.place.names[0] in text_of(part)


def test_somebody_found_at_the_door_is_entered_once_for_two_presses(town: Town) -> None:
    client, mark = client_of(town.place, "grid"), last_entry()
    address = f"/register/door/{town.place.households[0]}"
    form = {"id": uuid4(), "name": "甄新来", "sex": "f", "presence": "stays", "birth_date": "1990-01-02", "phone": ""}
    for _ in range(2):
        assert client.post(f"{address}/person", form).status_code == 302
    assert Person.objects.filter(id=form["id"]).count() == 1
    assert services_since(mark).count("grid.enter_person") == 1
    assert "甄新来" in text_of(client.get(address))


def test_a_form_without_a_name_leads_back_and_writes_nothing(town: Town) -> None:
    mark = last_entry()
    answer = client_of(town.place, "grid").post(f"/register/door/{town.place.households[0]}/person", {"name": " "})
    assert answer.headers["Location"].endswith("#enter") and services_since(mark) == []


def test_who_may_not_write_the_register_is_refused(town: Town) -> None:
    mark, address = last_entry(), f"/register/door/{town.place.households[0]}"
    answer = client_of(town.place, "command").post(f"{address}/person", {"id": uuid4(), "name": "甄新来"})
    refusal(answer, 403, "accounts.right_missing")
    answer = client_of(town.place, "neighbour_grid").post(f"{address}/person", {"id": uuid4(), "name": "甄新来"})
    assert answer.status_code in (403, 404) and services_since(mark) == []


def test_a_mark_is_set_and_ended_and_neither_twice(town: Town) -> None:
    client, mark = client_of(town.place, "grid"), last_entry()
    person, address = town.place.people[1], f"/register/door/{town.place.households[0]}/flag"
    for _ in range(2):
        assert client.post(address, {"person": person, "flag": "bedridden"}).status_code == 302
    assert PersonFlag.objects.filter(person_id=person, flag="bedridden", to_on=None).count() == 1
    client.post(address, {"person": person, "flag": "bedridden", "end": "1"})
    assert not PersonFlag.objects.filter(person_id=person, flag="bedridden", to_on=None).exists()
    assert services_since(mark) == ["grid.set_flag", "grid.end_flag"]
    client.post(address, {"person": person, "flag": "rich"})
    stranger = town.place.people[-1]
    refusal(client.post(address, {"person": stranger, "flag": "bedridden"}), 404, "grid.person_missing")
    assert len(services_since(mark)) == 2
