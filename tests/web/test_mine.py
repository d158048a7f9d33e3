"""About me: all that is held, who read it, correcting and appealing, on an old phone; and nobody else's."""

from __future__ import annotations

from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.audit.services import record_reads
from lianfang.domains.decisions.models import Decision
from lianfang.domains.holds.models import Hold
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import personal_values
from tests.factories.place import PASSWORD
from tests.web.conftest import Town
from tests.web.pages import refusal, statements
from tests.web.test_privacy import client_of


def test_the_person_sees_what_is_held_who_read_it_when_and_why(town: Town) -> None:
    by = town.place.actor("grid", clock.now())
    record_reads(door_name="household", fields=["name", "phone"], subjects=[town.place.people[0], town.place.people[1]],
                 by=by, at=clock.now())  # fmt: skip
    resident = client_of(town, "resident")
    with CaptureQueriesContext(connection) as seen:
        text = resident.get("/mine").content.decode()
    assert len(statements(seen)) <= 12, [x[:140] for x in statements(seen)]
    assert town.place.names[0] in text and "13800000000" in text and "0000" in text
    assert "9999991950" not in text  # no more of the ID number than its end
    assert town.place.accounts["grid"].label in text and "A door" in text
    assert "Paper" in text and "This is wrong" in text and "Check on a person who returned" in text
    assert town.place.names[1] not in text


def test_the_page_is_in_chinese_too(town: Town) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert client.login(username="resident", password=PASSWORD)
    assert "这些是关于您的记录" in client.get("/mine").content.decode()


def test_an_appeal_goes_to_another_and_its_answer_comes_back(town: Town) -> None:
    resident, hold = client_of(town, "resident"), Hold.objects.get(source_id=town.zone)
    refusal(resident.post(f"/mine/appeal/{hold.id}", {"id": str(uuid4()), "says": ""}), 422,
            "decisions.appeal_without_words")  # fmt: skip
    assert resident.post(f"/mine/appeal/{hold.id}", {"id": str(uuid4()), "says": "我不住这里"}).status_code == 302
    assert "It waits for another" in resident.get("/mine").content.decode()
    d = Decision.objects.get(kind="appeal")
    seen = client_of(town, "above").get("/decisions").content.decode()
    assert "我不住这里" in seen and town.place.names[0] not in seen
    refusal(client_of(town, "command").post(f"/decisions/{d.id}/say", {"says": "grant"}), 403, "decisions.own_hold")
    said = {"says": "refuse", "reason": "登记在此居住"}
    assert client_of(town, "above").post(f"/decisions/{d.id}/say", said).status_code == 302
    text = resident.get("/mine").content.decode()
    assert "登记在此居住" in text and "it stays as it is" in text
    assert "我不住这里" not in client_of(town, "grid").get("/decisions").content.decode()


def test_who_has_no_phone_appeals_at_the_door_through_who_may_address_him(town: Town) -> None:
    hold, elder = Hold.objects.get(source_id=town.zone), town.place.people[1]
    grid = client_of(town, "grid")
    assert "has no phone" in grid.get(f"/why/{elder}").content.decode()
    assert "has no phone" not in client_of(town, "command").get(f"/why/{elder}").content.decode()
    sent = {"id": str(uuid4()), "person": str(elder), "says": "老人住在女儿家"}
    for post in ("resident", "volunteer", "neighbour_grid"):
        refusal(client_of(town, post).post(f"/mine/appeal/{hold.id}", sent), 403, "accounts.right_missing")
    assert grid.post(f"/mine/appeal/{hold.id}", sent).headers["Location"].startswith(f"/why/{elder}")
    assert Decision.objects.get(kind="appeal").evidence["person"] == str(elder)
    again = {**sent, "id": str(uuid4())}
    refusal(grid.post(f"/mine/appeal/{hold.id}", again), 409, "decisions.appeal_waits")


def test_a_correction_lands_with_whoever_answers_there(town: Town) -> None:
    resident, item = client_of(town, "resident"), uuid4()
    sent = {"id": str(item), "about": "phone", "right": "13911112222"}
    for _ in range(2):
        assert resident.post("/mine/correct", sent).status_code == 302
    found = Item.objects.get(id=item)
    assert (found.kind, found.area_id, found.unit_id) == (
        "correction",
        town.place.area["committee"],
        town.place.people[0],
    )
    assert "13911112222" not in str(found.values) and b"13911112222" not in bytes(found.sealed)
    assert personal_values(found, by=town.place.actor("lead", clock.now()))["right"] == "13911112222"
    assert "Correction of what is held" in resident.get("/mine").content.decode()
    refusal(resident.post("/mine/correct", {**sent, "id": str(uuid4()), "right": ""}), 422, "work.field_missing")


def test_an_account_of_no_person_has_no_such_page(town: Town) -> None:
    assert client_of(town, "grid").get("/mine").status_code == 302
    refusal(client_of(town, "grid").post("/mine/correct", {"about": "name", "right": "x"}), 404, "grid.person_missing")
