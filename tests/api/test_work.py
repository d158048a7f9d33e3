"""The board by cursor, and a plea that came by another channel."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.base.models import LogEntry
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.needs.models import Plea
from lianfang.domains.work.models import Item
from tests.factories.programs import program_in
from tests.web.conftest import Town

pytestmark = pytest.mark.django_db


def plea(town: Town, **other) -> dict:
    """A household's need, as a hotline sends it."""
    return {"id": str(uuid4()), "kind": "household-need", "unit_id": str(town.place.households[0]),
            "values": {"what": "胰岛素还剩两天", "sort": "medicine", "phone": "13900001111"}, **other}  # fmt: skip


def test_the_board_comes_page_by_page_in_its_order_each_item_once(town: Town, caller) -> None:
    every = [i["id"] for i in caller.get("/work-items").json()["items"]]
    assert len(every) >= 3
    met, cursor = [], ""
    while True:
        said = caller.get("/work-items", limit=1, cursor=cursor).json()
        met += [i["id"] for i in said["items"]]
        cursor = said["next"]
        if not cursor:
            break
    assert met == every


def test_filters_are_those_of_the_board(town: Town, caller) -> None:
    kinds = {i["kind"] for i in caller.get("/work-items", kind="door-survey").json()["items"]}
    assert kinds == {"door-survey"}
    assert caller.get("/work-items", closed="true").json()["items"] == []
    assert caller.get("/work-items", area=town.place.area["committee2"]).json()["items"] == []


def test_a_person_a_task_is_about_is_masked_and_written_down(town: Town, caller) -> None:
    said = caller.get(f"/work-items/{town.call}").json()
    name = town.place.names[0]
    assert name not in said["unit"] and said["unit"].startswith(name[0] + "*")
    assert PersonRead.objects.get(actor_id=caller.id).subjects == [town.place.people[0]]


def test_a_plea_is_opened_once_however_often_it_is_sent(town: Town, caller) -> None:
    sent = plea(town)
    for _ in range(2):
        answer = caller.post("/work-items", sent)
        assert (answer.status_code, answer.json()) == (200, {"id": sent["id"]})
    item = Item.objects.get(id=sent["id"])
    assert (item.area_id, item.opened_by, item.owner_id) == (town.place.area["committee"], caller.id, None)
    assert item.clocks.count() == 1 and "what" not in item.values and bytes(item.sealed)
    opened = LogEntry.objects.filter(service="work.open_items", actor_id=caller.id)
    assert [o["outcomes"] for o in opened.values_list("told", flat=True)] == [[[sent["id"], ""]]]
    shown = caller.get(f"/work-items/{sent['id']}").json()
    assert shown["values"] == {"sort": "medicine"} and "胰岛素" not in str(shown)


def test_a_household_is_asked_again_the_same_day_by_a_program_only_with_its_reason(town: Town, caller) -> None:
    door, place = town.place.households[2], town.place
    first = {"id": str(uuid4()), "kind": "welfare-visit", "unit_id": str(door), "values": {}}
    assert caller.post("/work-items", first).status_code == 200
    Item.objects.filter(id=first["id"]).update(is_closed=True, closed_at=clock.now(), counted=1,
                                               done_by=place.accounts["grid"].id)  # fmt: skip
    again = {**first, "id": str(uuid4())}
    refused = caller.post("/work-items", again)
    assert (refused.status_code, refused.json()["code"]) == (409, "work.asked_already")
    assert caller.post("/work-items", {**again, "again": "because"}).status_code == 409  # no reason of ours
    assert caller.post("/work-items", {**again, "again": "changed"}).status_code == 200
    assert Item.objects.get(id=again["id"]).moves.get(move="open").told == {"again": "changed"}


def test_a_chat_account_takes_pleas_in_with_number_and_promise_and_hears_how_they_stand(town: Town, caller) -> None:
    sent = {"id": str(uuid4()), "words": "我老婆羊水破了，黄码", "area_id": str(town.place.area["committee"]),
            "phone": "13912340000"}  # fmt: skip
    answers = [caller.post("/pleas", sent) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200] and answers[0].json() == answers[1].json()
    said, kept = answers[0].json(), Plea.objects.get(id=sent["id"])
    assert (said["number"], said["stands"]) == (kept.number, "received") and "words" not in said
    assert (kept.channel, kept.kind, kept.danger, kept.taken_in_by) == ("message", "emergency", "life", caller.id)
    assert kept.holder_id == town.place.accounts["grid"].id  # whoever answers for the place is asked, as from any desk
    assert caller.get(f"/pleas/{sent['id']}").json() == said
    elsewhere = {**sent, "id": str(uuid4()), "area_id": str(town.place.area["neighbour_committee"])}
    assert caller.post("/pleas", elsewhere).status_code == 403 and Plea.objects.count() == 1
    assert caller.post("/pleas", {**sent, "id": str(uuid4()), "words": " "}).json()["field"] == "words"


def test_what_is_unfit_is_refused_by_its_field_and_leaves_nothing(town: Town, caller) -> None:
    before = Item.objects.count()
    wrong = caller.post("/work-items", plea(town, values={"what": "x", "sort": "nothing"})).json()
    assert (wrong["code"], wrong["field"]) == ("work.field_unfit", "sort")
    assert caller.post("/work-items", plea(town, values={})).json()["code"] == "work.field_missing"
    assert caller.post("/work-items", plea(town, kind="no-kind")).json()["code"] == "editions.kind_missing"
    assert caller.post("/work-items", plea(town, unit_id=None)).json()["field"] == "unit_id"
    assert Item.objects.count() == before


def test_a_household_elsewhere_is_not_there(town: Town, caller, stranger) -> None:
    assert stranger.post("/work-items", plea(town)).json()["code"] == "grid.household_missing"
    assert stranger.get(f"/work-items/{town.survey}").json()["code"] == "work.item_missing"
    assert stranger.get("/work-items").json()["items"] == []
    blind = program_in(town.place.area["committee"], ["work.open"])
    assert blind.post("/work-items", plea(town)).status_code == 404


def test_the_id_of_somebody_elses_item_opens_and_shows_nothing(town: Town, stranger) -> None:
    house = town.place.households[-1]
    sent = plea(town, id=str(town.survey), unit_id=str(house))
    before = Item.objects.values().get(id=town.survey)
    assert set(stranger.post("/work-items", sent).json()) <= {"id"}
    assert Item.objects.values().get(id=town.survey) == before
