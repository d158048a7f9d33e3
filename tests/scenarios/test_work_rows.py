"""Rows shown through pages: findings that become needs, standing helpers, watch lists, doors tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils.timezone import localtime

from lianfang.base import clock
from lianfang.domains.messages.models import Message
from lianfang.domains.work.models import Item
from lianfang.flows.run_due import run_due
from tests.factories.place import Place
from tests.web.pages import client_of, text_of

VISIT = {"f-persons_seen": "2", "f-condition": "needs", "f-findings": "药快吃完了"}


def opened(place: Place, post: str, kind: str, **fields: object) -> UUID:
    """Open an item by its page; gives its id."""
    item_id = uuid4()
    answer = client_of(place, post).post(f"/work/new/{kind}", {"id": item_id, **fields})
    assert answer.status_code == 302, text_of(answer)
    return item_id


def moved(place: Place, post: str, item_id: UUID, move: str, **fields: object) -> None:
    """Make a move by its page."""
    sent = {"id": uuid4(), "move": move, **{f"f-{k}": v for k, v in fields.items()}}
    answer = client_of(place, post).post(f"/work/{item_id}/move", sent)
    assert answer.status_code == 302, text_of(answer)


@pytest.mark.row("S1-15")
def test_a_home_visit_states_what_was_found_and_each_request_becomes_work_of_its_own(place: Place) -> None:
    visits = [opened(place, "grid", "welfare-visit", unit=h) for h in place.households[:2]]
    sent = {"id": uuid4(), "move": "finish", **VISIT, "f-asks": "帮忙买降压药"}
    grid = client_of(place, "grid")
    for _ in range(2):  # the button is pressed twice: one need
        assert grid.post(f"/work/{visits[0]}/move", sent).status_code == 302
    need = Item.objects.get(kind="household-need")
    assert (need.unit_id, need.state, need.raised_from_id) == (place.households[0], "received", visits[0])
    page = text_of(grid.get(f"/work/{visits[0]}"))
    assert f"/work/{need.id}" in page and "药快吃完了" in page and localtime(clock.now()).strftime("%H:%M")[:3] in page
    assert "帮忙买降压药" in text_of(client_of(place, "lead").get(f"/work/{need.id}"))
    assert "帮忙买降压药" not in need.title + str(need.values)  # what was said at the door is sealed
    moved(place, "grid", visits[1], "finish", persons_seen="3", condition="well")
    assert Item.objects.filter(kind="household-need").count() == 1  # nothing asked, nothing opened
    sheet = text_of(client_of(place, "lead").get("/sheet"))
    assert "Welfare visit" in sheet and Item.objects.filter(kind="welfare-visit", counted=1).count() == 2
    assert client_of(place, "grid2").get(f"/work/{need.id}").status_code == 404


@pytest.mark.row("S1-12")
def test_a_standing_helper_keeps_in_touch_and_a_missed_contact_is_told_to_the_branch(place: Place) -> None:
    link = opened(place, "lead", "helper-link", unit=place.households[0], **{"f-what": "买菜", "f-every_days": "2"})
    client_of(place, "grid").post(f"/work/{link}/take", {})
    began = Item.objects.get(id=link)
    assert began.owner_id == place.accounts["grid"].id and began.due_at == began.opened_at + timedelta(days=2)
    moved(place, "grid", link, "contact", last_way="door")
    wound = Item.objects.get(id=link)
    assert wound.due_at > began.due_at and not wound.is_closed
    late = wound.due_at + timedelta(minutes=1)
    run_due(channels={}, by=place.system, at=late - timedelta(minutes=2))
    lead = place.accounts["lead"].id
    assert not Message.objects.filter(recipient_id=lead, template="work-told").exists()
    for minutes in (0, 40, 80):  # told once, not every half hour
        run_due(channels={}, by=place.system, at=late + timedelta(minutes=minutes))
    assert Message.objects.filter(recipient_id=lead, template="work-told", about_id=link).count() == 1
    assert Item.objects.get(id=link).owner_id == place.accounts["grid"].id  # the helper stays the helper
    assert "Paired helper" in text_of(client_of(place, "lead").get("/"))
    moved(place, "grid", link, "raise", needs="灯坏了")
    assert Item.objects.get(kind="household-need").unit_id == place.households[0]
    assert Item.objects.get(id=link).due_at > late - timedelta(days=1)
    household = text_of(client_of(place, "grid").get(f"/register/door/{place.households[0]}"))
    assert f"/work/{link}" in household


@pytest.mark.row("S3-08")
def test_three_watch_lists_have_owners_rhythms_and_reasons_to_enter_and_leave(place: Place) -> None:
    area = place.area["committee"]
    entries = {}
    for which, what, hours in (("people", "外来务工宿舍", 12), ("areas", "农贸市场", 24), ("links", "冷链卸货", 6)):
        fields = {"f-list": which, "f-what": what, "f-why": "人多流动大", "f-every_hours": hours}
        entries[which] = opened(place, "lead", "watch-entry", area=area, **fields)
    lead = client_of(place, "lead")
    without_reason = {"id": uuid4(), "area": area, "f-list": "areas", "f-what": "x", "f-every_hours": "6"}
    assert lead.post("/work/new/watch-entry", without_reason).status_code == 422
    client_of(place, "grid").post(f"/work/{entries['links']}/take", {})
    board = text_of(lead.get("/work?kind=watch-entry"))
    assert all(w in board for w in ("Key people", "Key areas", "Key links", "外来务工宿舍", "grid-worker committee"))
    before = Item.objects.get(id=entries["links"])
    assert before.due_at == before.opened_at + timedelta(hours=6)
    moved(place, "grid", entries["links"], "check", found="有人没戴手套，当场改")
    assert Item.objects.get(id=entries["links"]).due_at > before.due_at
    late = Item.objects.get(id=entries["areas"]).due_at + timedelta(minutes=1)
    run_due(channels={}, by=place.system, at=late)
    assert Message.objects.filter(about_id=entries["areas"], recipient_id=place.accounts["street"].id).exists()
    leaving = lead.post(f"/work/{entries['people']}/move", {"id": uuid4(), "move": "leave"})
    assert leaving.status_code == 422  # leaving needs its reason too
    moved(place, "lead", entries["people"], "leave", left_why="宿舍已清空")
    assert "宿舍已清空" in text_of(lead.get(f"/work/{entries['people']}"))
    assert f"/work/{entries['people']}" not in text_of(lead.get("/work?kind=watch-entry"))


@pytest.mark.row("S3-25")
def test_a_door_without_answer_is_tried_at_another_hour_after_a_call_and_in_the_order_of_the_stairs(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = client_of(place, "lead")
    assert lead.post("/work/new/door-survey", {"id": uuid4(), "area": place.area["committee"]}).status_code == 302
    door = Item.objects.get(kind="door-survey", unit_id=place.households[0])
    page = text_of(client_of(place, "grid").get(f"/work/{door.id}"))
    assert 'href="tel:1380000' in page and "Phone before you climb the stairs." in page
    morning = datetime(2026, 7, 22, 2, 0, tzinfo=UTC)  # 10:00 in Asia/Shanghai
    planned = []
    for hours in (0, 5, 9, 24):  # tried at 10:00, 15:00, 19:00 and 10:00 again
        monkeypatch.setattr(clock, "now", lambda hours=hours: morning + timedelta(hours=hours))
        moved(place, "grid", door.id, "no-answer")
        planned.append(localtime(Item.objects.get(id=door.id).next_try_at).strftime("%d %H:%M"))
    assert planned == ["22 14:30", "22 18:30", "23 09:00", "23 14:30"]
    page = text_of(client_of(place, "grid").get(f"/work/{door.id}"))
    assert "4 times" in page and "Next attempt" in page and page.count("No answer, come again →") == 4
    paper = text_of(lead.get(f"/work/print/door-survey?area={place.area['committee']}"))
    doors = [paper.index(f"花园 {b} 栋 1 单元 {d}") for b in (1, 2) for d in ("201", "202", "101", "102")]
    assert doors == sorted(doors)  # one stair after the other, from the top down
    moved(place, "grid", door.id, "finish", persons_home="2", residence="own")
    assert Item.objects.get(id=door.id).next_try_at is None
