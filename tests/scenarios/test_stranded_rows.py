"""Rows of people who are stuck shown through pages: the stranded and how they go on, pupils, their papers and meals."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.domains.accounts.models import Account
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.domains.responders.models import Responder
from lianfang.domains.work.models import Item
from lianfang.flows.run_due import run_due
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR
from tests.scenarios.test_call_rows import browser_of, travel
from tests.scenarios.test_need_rows import moved
from tests.scenarios.test_permit_rows import decided
from tests.web.conftest import Town
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
MINUTE = timedelta(minutes=1)


def opened(browser: Client, kind: str, area_id: UUID, **values: str) -> Item:
    """Put down on the kind's own page, pressed twice."""
    address = f"/work/new/{kind}?area={area_id}"
    form = {k: v[-1] for k, v in form_of(browser.get(address), "").items()}
    sent = form | {"area": str(area_id)} | {f"f-{k}": v for k, v in values.items()}
    for _ in range(2):
        answer = browser.post(address, sent)
        assert answer.status_code == 302, text_of(answer)
    return Item.objects.get(id=sent["id"])


def stranded(town: Town, browser: Client, name: str, phone: str, wish: str = "false", **more: str) -> Item:
    """Somebody from elsewhere, put down at the door and given a place to stay."""
    item = opened(browser, "stranded-person", town.place.area["committee"], name=name, home_place="湖南衡阳",
                  since="2022-11-01", phone=phone, needs="降压药快没了", wish_to_help=wish)  # fmt: skip
    moved(browser, item, "settle", staying_at="花园旅店 3 楼", **more)
    item.refresh_from_db()
    return item


@pytest.mark.row("S1-07")
def test_the_stranded_are_listed_their_needs_taken_in_they_help_at_once_and_leave_one_way_once_the_area_is_free(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    place.at = at
    grid, lead, away = client_of(place, "grid"), client_of(place, "lead"), client_of(place, "neighbour_grid")
    helps = stranded(town, grid, "钟远行", "13955550001", "true", can_do="开车")
    waits = stranded(town, grid, "陶客居", "13955550002")
    fresh = opened(grid, "stranded-person", place.area["committee"], name="岳过路", home_place="广东",
                   since="2022-11-03", phone="13955550003", wish_to_help="false")  # fmt: skip
    # The register: who, from where, since when, where he stays; by state, or who would help.
    page = text_of(lead.get("/stranded"))
    assert "3 people stranded" in page and "1 of them would help" in page
    for words in ("钟远行", "湖南衡阳", "花园旅店 3 楼", "2022-11-01", "降压药快没了", "13955550001"):
        assert words in page
    only = text_of(lead.get("/stranded?wish=1"))
    assert "钟远行" in only and "陶客居" not in only and "开车" in only
    assert "岳过路" in text_of(lead.get("/stranded?state=registered"))
    assert "岳过路" not in text_of(lead.get("/stranded?state=settled"))
    assert "钟远行" not in text_of(client_of(place, "officer").get(f"/stranded?area={place.area['neighbour']}"))
    outside = text_of(away.get("/stranded"))
    assert "钟远行" not in outside and "0 people stranded" in outside
    assert away.get(f"/work/{helps.id}").status_code == 404
    # What he needs becomes a plea with the place where he stays, numbered and promised like every other.
    form = form_of(lead.get("/stranded"), f"/stranded/{waits.id}/need")
    need = {k: v[-1] for k, v in form.items()}
    assert need["words"] == "降压药快没了"
    assert away.post(f"/stranded/{waits.id}/need", need).status_code == 404
    for _ in range(2):
        assert lead.post(f"/stranded/{waits.id}/need", need).status_code == 302
    [plea] = Plea.objects.filter(about_item_id=waits.id)
    shown = text_of(grid.get(f"/needs/{plea.id}"))
    assert "花园旅店 3 楼" in shown and "13955550002" in shown and plea.group == "stranded"
    assert f"№{plea.number}" in text_of(lead.get("/stranded?state=settled"))
    # He would help, so he serves from now: one press of the lead, and he takes shifts.
    assert grid.post(f"/stranded/{helps.id}/enrol").status_code == 403
    assert away.post(f"/stranded/{helps.id}/enrol").status_code == 404
    refusal(lead.post(f"/stranded/{waits.id}/enrol"), 422, "responders.unfit")  # who does not wish it is not made to
    for _ in range(2):
        answer = lead.post(f"/stranded/{helps.id}/enrol")
        assert answer.status_code == 302, text_of(answer)
    [who] = Responder.objects.filter(account__area_id=place.area["committee"], kind="volunteer", registered_at=at)
    assert "钟远行" in text_of(lead.get("/people")) and "serves" in text_of(lead.get("/stranded"))
    own = browser_of(Account.objects.get(id=who.id))
    assert own.get("/calls").status_code == 200
    # Nobody leaves while the area is closed: no permit, and no move by hand.
    refusal(grid.post(f"/stranded/{waits.id}/leave", {"id": str(uuid4())}), 422, "gates.permit_unfit")
    assert not Permit.objects.filter(item_id=waits.id).exists()
    # The zone is lifted: both, settled or not, are listed as free; who looks after them and who serves are told.
    lift = client_of(place, "command").post(f"/zones/{town.zone}/lift", {"why": "清零"})
    assert lift.status_code == 302, text_of(lift)
    for item in (helps, waits, fresh):
        item.refresh_from_db()
        assert item.state == "ready"
    told = Message.objects.filter(template="stranded-free")
    assert sorted(m.recipient_id for m in told) == sorted(place.accounts[p].id for p in ("grid", "lead"))
    assert Message.objects.filter(template="stranded-go").values_list("recipient_id", flat=True).get() == who.id
    assert "Free to leave · 3" in re.sub(r"\s+", " ", text_of(lead.get("/stranded")))
    # Without a departure permit nobody has left, whatever number is typed; it is asked for with an onward plan.
    wrong = grid.post(f"/work/{waits.id}/move", {"id": str(uuid4()), "move": "leave"})
    refusal(wrong, 422, "work.field_missing")
    forged = grid.post(f"/work/{waits.id}/move", {"id": str(uuid4()), "move": "leave", "f-paper": "№1"})
    refusal(forged, 422, "work.field_missing")
    refusal(grid.post(f"/stranded/{waits.id}/leave", {"id": str(uuid4())}), 422, "gates.permit_unfit")
    moved(grid, waits, "onward", onward="16日高铁回衡阳")
    form = {k: v[-1] for k, v in form_of(grid.get("/stranded"), f"/stranded/{waits.id}/leave").items()}
    assert away.post(f"/stranded/{waits.id}/leave", form).status_code == 404
    for _ in range(2):
        assert grid.post(f"/stranded/{waits.id}/leave", form).status_code == 302
    permit = Permit.objects.get(item_id=waits.id)
    assert (permit.kind, permit.ladder, permit.state) == ("leave", "departure", "applied")
    refusal(decided(client_of(place, "neighbour"), permit), 403, "decisions.no_authority")
    assert decided(lead, permit).status_code == 302
    waits.refresh_from_db()
    assert waits.values["paper"] == f"№{permit.number}"
    assert "one way" in text_of(grid.get(f"/permits/{permit.id}"))
    # At the gate: out once, for good. Nobody waits for him to come back, and nobody comes in with it.
    gate = client_of(place, "volunteer")
    look = gate.post("/gate", {"pass": str(permit.number)})
    out = {k: v[-1] for k, v in form_of(look, "/gate/pass").items()}
    refused = gate.post("/gate/pass", out | {"id": str(uuid4()), "way": "in"})
    assert refused.url.endswith("gates.refused")
    for _ in range(2):
        assert gate.post("/gate/pass", out | {"way": "out"}).url.endswith("gates.out")
    permit.refresh_from_db()
    waits.refresh_from_db()
    assert (permit.state, waits.state, waits.is_closed, waits.counted) == ("gone", "left", True, 1)
    assert Passage.objects.filter(permit=permit, verdict="pass").count() == 1
    late = at + 100 * HOUR
    travel(monkeypatch, late)
    assert place.system is not None
    run_due(channels={}, by=place.system, at=late)
    assert not Message.objects.filter(template="permit-late").exists()
    assert "not back in time" not in text_of(lead.get("/permits"))
    assert "May not pass" in text_of(gate.post("/gate", {"pass": str(permit.number)}))
    assert "陶客居" in text_of(lead.get("/stranded?state=left"))


def test_a_departure_that_nobody_used_or_that_was_called_back_takes_its_number_off_again(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    place.at = at
    grid, lead = client_of(place, "grid"), client_of(place, "lead")
    item = stranded(town, grid, "陶客居", "13955550002")
    assert client_of(place, "command").post(f"/zones/{town.zone}/lift", {"why": "清零"}).status_code == 302
    moved(grid, item, "onward", onward="自驾")
    for how in ("back", "late"):
        form = {k: v[-1] for k, v in form_of(grid.get("/stranded"), f"/stranded/{item.id}/leave").items()}
        assert grid.post(f"/stranded/{item.id}/leave", form).status_code == 302
        permit = Permit.objects.get(id=form["id"])
        assert decided(lead, permit).status_code == 302
        item.refresh_from_db()
        assert item.values["paper"] == f"№{permit.number}"
        if how == "back":
            assert lead.post(f"/permits/{permit.id}/void", {"why": "改期"}).status_code == 302
        else:
            travel(monkeypatch, at + 80 * HOUR)
            assert place.system is not None
            run_due(channels={}, by=place.system, at=at + 80 * HOUR)
        item.refresh_from_db()
        assert item.values["paper"] == "" and item.state == "ready"
        refusal(grid.post(f"/work/{item.id}/move", {"id": str(uuid4()), "move": "leave"}), 422, "work.field_missing")


@pytest.mark.row("S1-30")
def test_stranded_pupils_have_a_named_carer_their_papers_are_counted_to_the_item_and_their_meals_to_the_head(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(hour=7, minute=0, second=0, microsecond=0) + timedelta(days=1)
    travel(monkeypatch, at)
    place.at = at
    grid, lead, carer = client_of(place, "grid"), client_of(place, "lead"), client_of(place, "volunteer")
    group = opened(grid, "stranded-group", place.area["committee"], school="市一中", heads="13",
                   where="花园旅店", phone="13955550009")  # fmt: skip
    # Nobody cares for them: the lead of the community hears at once, and the page says so until somebody said yes.
    assert Message.objects.filter(about_id=group.id, recipient_id=place.accounts["lead"].id).exists()
    assert "1 without a carer" in text_of(lead.get("/stranded/pupils"))
    who = place.accounts["volunteer"]
    assert client_of(place, "neighbour_grid").post(f"/stranded/pupils/{group.id}/carer").status_code == 404
    outsider = {"owner": str(place.accounts["neighbour_grid"].id)}
    assert lead.post(f"/stranded/pupils/{group.id}/carer", outsider).status_code == 422
    assert lead.post(f"/stranded/pupils/{group.id}/carer", {"owner": str(who.id)}).status_code == 302
    page = text_of(lead.get("/stranded/pupils"))
    assert "1 without a carer" in page and f"{who.label} was asked and has not said yes" in page
    refusal(grid.post(f"/work/{group.id}/move", {"id": str(uuid4()), "move": "accept", "f-carer_phone": "1"}), 403,
            "work.move_not_yours")  # fmt: skip
    moved(carer, group, "accept", carer_phone="13900000001")
    page = text_of(lead.get("/stranded/pupils"))
    assert "without a carer" not in page and who.label in page and "13 pupils" in page
    # Papers from the school: asked, collected, handed over, and not one of 217 is lost on the way.
    form = {k: v[-1] for k, v in form_of(grid.get("/stranded/pupils"), f"/stranded/pupils/{group.id}/courier").items()}
    job = form | {"what": "学习资料", "items": "217", "from": "市一中教务处", "to": "13 名同学"}
    for _ in range(2):
        assert grid.post(f"/stranded/pupils/{group.id}/courier", job).status_code == 302
    courier = Item.objects.get(kind="courier-job")
    early = {"id": str(uuid4()), "move": "hand-over", "f-handed": "217", "f-receiver": "班长"}
    assert grid.post(f"/work/{courier.id}/move", early).status_code == 422  # nobody collected it yet
    courier.refresh_from_db()
    assert courier.state == "asked"
    moved(grid, courier, "collect", collected="217")
    short = {"id": str(uuid4()), "move": "hand-over", "f-handed": "216", "f-receiver": "班长"}
    refused = grid.post(f"/work/{courier.id}/move", short)
    assert refused.status_code == 422 and "= 217" in text_of(refused)
    moved(grid, courier, "hand-over", handed="217", receiver="班长")
    group.refresh_from_db()
    assert group.state == "cared"  # one job is done, the pupils are still there
    # Three meals a day by a plan that comes every day; each counts whom it fed.
    for what, hour in (("早餐", "07:30"), ("午餐", "12:00"), ("晚餐", "18:00")):
        form = form_of(grid.get("/stranded/pupils"), f"/stranded/pupils/{group.id}/meal")
        sent = {k: v[-1] for k, v in form.items()} | {"what": what, "at": hour}
        for _ in range(2):
            assert grid.post(f"/stranded/pupils/{group.id}/meal", sent).status_code == 302
    assert place.system is not None
    for _ in range(2):
        run_due(channels={}, by=place.system, at=at + HOUR / 6)
    meals = Item.objects.filter(kind="group-meal").order_by("due_at")
    assert [(m.values["what"], m.values["people"], m.owner_id) for m in meals] == [
        ("早餐", 13, who.id), ("午餐", 13, who.id), ("晚餐", 13, who.id)]  # fmt: skip
    moved(carer, meals[0], "serve", fed="13")
    moved(carer, meals[1], "serve", fed="12")  # one sleeps
    page = re.sub(r"\s+", " ", text_of(lead.get("/stranded/pupils")))
    assert "Items handed over</dt><dd>217<" in page and "Meals served</dt><dd>2 / 3<" in page
    assert "People fed</dt><dd>25 / 39<" in page
    assert "People fed</dt><dd>0 / 0<" in text_of(client_of(place, "neighbour").get("/stranded/pupils"))
    next_day = at + 24 * HOUR
    travel(monkeypatch, next_day)
    run_due(channels={}, by=place.system, at=next_day + HOUR / 6)
    assert meals.all().count() == 6 and "People fed</dt><dd>0 / 39<" in text_of(lead.get("/stranded/pupils"))
    assert "People fed</dt><dd>25 / 39<" in text_of(lead.get(f"/stranded/pupils?on={at.date()}"))
    # The carer falls ill: an alarm again until another says yes. They go home: no further meal comes.
    moved(carer, group, "hand-back", reason="发热")
    assert "1 without a carer" in text_of(lead.get("/stranded/pupils"))
    assert lead.post(f"/stranded/pupils/{group.id}/carer", {"owner": str(place.accounts["grid"].id)}).status_code == 302
    moved(grid, group, "accept", carer_phone="13900000002")
    moved(grid, group, "end", home="学校派车接回")
    group.refresh_from_db()
    assert (group.is_closed, group.counted) == (True, 13)
    run_due(channels={}, by=place.system, at=next_day + 25 * HOUR)
    assert meals.all().count() == 6
