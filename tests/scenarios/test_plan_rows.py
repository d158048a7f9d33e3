"""Rows of errands and plans shown through pages: what is made together, and what comes before anybody must ask."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import localtime

from lianfang.base import clock
from lianfang.domains.grid.services import set_flag
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.services import put_in_team
from lianfang.domains.work.models import Item, Plan
from tests.factories.people import serving, skilled, team
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, travel
from tests.scenarios.test_need_rows import due, moved, routed, took_in
from tests.web.conftest import Town
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
HOUR = timedelta(hours=1)


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def typed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")  # as a form's box takes it, in local time


def lines(browser: Client, run: Item, each: dict[Item, dict[str, str]]) -> dict[str, str]:
    """What the sheet of an errand sends where these households were filled in."""
    form = form_of(browser.get(f"/work/runs/{run.id}"), f"/work/runs/{run.id}/note")
    sent = {k: v[-1] for k, v in form.items()}
    return sent | {f"{i.id.hex}-{k}": v for i, values in each.items() for k, v in values.items()}


@pytest.mark.row("S1-35")
def test_gas_cards_of_eleven_households_go_on_one_errand_and_what_is_not_made_by_closing_time_is_back_in_the_queue(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    grid = client_of(place, "grid")
    doors = (place.households[:8] + place.households[:3])[:11]  # eight doors, three of which have two cards
    cards = []
    for n, door in enumerate(doors):
        plea = took_in(place, "grid", words="帮忙充一下燃气卡", phone=f"139123456{n:02}")
        assert grid.post(f"/needs/{plea.id}/place", {"door": str(door)}).status_code == 302
        cards.append(routed(grid, plea, "gas-card", amount="200", owner="", counter_closes="17:30"))
    assert "Go once for several" in text_of(grid.get("/work?kind=gas-card-topup"))
    choose = grid.get("/work/runs/new/gas-card-topup")
    form = form_of(choose, "")
    assert "11 wait" in text_of(choose) and len(form["item"]) == 11
    closes = now + 8 * HOUR + timedelta(minutes=30)
    assert form["closes"] == [typed(closes)]  # as the households themselves said it
    sent = {"id": form["id"][0], "area": form["area"][0], "item": form["item"], "where": "城东燃气营业厅"}
    refusal(grid.post("/work/runs/new/gas-card-topup", sent | {"closes": typed(now - HOUR)}), 422, "work.run_unfit")
    for _ in range(2):  # pressed twice
        assert grid.post("/work/runs/new/gas-card-topup", sent | {"closes": typed(closes)}).status_code == 302
    run = Item.objects.get(kind="errand-run")
    assert {i.parent_id for i in Item.objects.filter(kind="gas-card-topup")} == {run.id}
    page = text_of(grid.get(f"/work/runs/{run.id}"))
    assert "11 households to do" in page and "17:30" in page
    # Cards are collected door by door; the number of each is kept.
    here = f"/work/runs/{run.id}/note"
    assert (
        grid.post(here, lines(grid, run, {c: {"f-card": f"K{n}"} for n, c in enumerate(cards[:10])})).status_code == 302
    )
    assert Item.objects.filter(state="collected").count() == 10
    # At the counter: a receipt each; one is ticked and has none, so nothing of the sheet is kept.
    receipts = {c: {"f-receipt": f"R{n}"} for n, c in enumerate(cards[:8])}
    short = grid.post(here, lines(grid, run, receipts | {cards[8]: {"go": "1", "f-receipt": ""}}))
    assert short.status_code == 422 and "still needed" in text_of(short)
    assert not Item.objects.filter(state="topped-up").exists()
    for _ in range(2):
        sheet = lines(grid, run, receipts)
        assert grid.post(here, sheet).status_code == 302
    assert Item.objects.filter(state="topped-up").count() == 8
    home = {c: {"go": "1"} for c in cards[:6]}
    assert grid.post(here, lines(grid, run, home)).status_code == 302
    shown = text_of(grid.get(f"/work/runs/{run.id}"))
    assert "made 6 · to do 5 · back in the queue 0" in shown and all(f"R{n}" in shown for n in range(8))
    assert "R0" not in text_of(client_of(place, "volunteer").get(f"/work/runs/{run.id}"))
    assert client_of(place, "neighbour_grid").get(f"/work/runs/{run.id}").status_code == 404
    refusal(client_of(place, "neighbour_grid").post(f"/work/runs/{run.id}/back"), 404, "work.item_missing")
    # The counter closes: two collected cards and the one never collected wait again, two topped up are still brought.
    travel(monkeypatch, closes + timedelta(minutes=1))
    for _ in range(2):
        due(place, closes + timedelta(minutes=1))
    left = Item.objects.filter(kind="gas-card-topup", parent=None)
    assert {(i.id, i.state) for i in left} == {(c.id, "asked") for c in cards[8:]}
    assert {i.owner_id for i in left if i.id != cards[10].id} == {None}  # the last had not been collected for hours
    assert "3 wait" in text_of(grid.get("/work/runs/new/gas-card-topup"))
    shown = text_of(grid.get(f"/work/runs/{run.id}"))
    assert "made 6 · to do 2 · back in the queue 3" in shown and not Item.objects.get(id=run.id).is_closed
    assert grid.post(here, lines(grid, run, {c: {"go": "1"} for c in cards[6:8]})).status_code == 302
    run.refresh_from_db()
    assert run.is_closed and "8 made" in text_of(grid.get(f"/work/runs/{run.id}"))
    log = text_of(grid.get(f"/work/{cards[8].id}"))
    assert "Too late, back in the queue" in log


def said(answer_form: dict[str, list[str]]) -> dict[str, str]:
    return {k: v[-1] for k, v in answer_form.items()}


@pytest.mark.row("S1-34")
def test_an_elder_out_of_medicine_is_an_emergency_goes_from_hand_to_hand_and_is_not_asked_for_a_second_time(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    grid, second_hand = client_of(place, "grid"), client_of(place, "street")
    elder = place.people[0]
    plea = took_in(place, "grid", words="心脏病的药没了", phone="13912340001")
    sent = {"door": str(place.households[0]), "person": str(elder)}
    assert grid.post(f"/needs/{plea.id}/place", sent).status_code == 302
    asked = {"medicine": "倍他乐克 25mg", "quantity": "2", "days_left": "0", "regular": "true", "phone": "13912340001"}
    bare = {"id": str(uuid4()), "kind": "medicine", "owner": ""} | {f"f-{k}": v for k, v in asked.items()}
    short = grid.post(f"/needs/{plea.id}/route?as=medicine", bare)
    assert short.status_code == 422 and "It runs out today: which way" in text_of(short)
    item = routed(grid, plea, "medicine", owner="", emergency_path="clinic-stock", **asked)
    assert (item.state, item.unit_id) == ("emergency", elder)  # nobody had to press for it
    travel(monkeypatch, now + timedelta(minutes=31))
    due(place, now + timedelta(minutes=31))
    item.refresh_from_db()
    assert item.owner_id is not None  # nobody went for half an hour: it has an owner now
    # Bought by one, taken over at the gate by another: the page says who has it, and since when.
    moved(grid, item, "buy", bought_at="韶关市一药房", cost="86")
    assert "In whose hands" in text_of(grid.get(f"/work/{item.id}"))
    again = {"id": str(uuid4()), "move": "take-on"}
    refusal(grid.post(f"/work/{item.id}/move", again), 403, "work.needs_another")  # who has it hands it on to another
    moved(second_hand, item, "take-on")
    page = text_of(second_hand.get(f"/work/{item.id}"))
    assert "In whose hands</dt><dd><b>street-lead street</b>" in page and "I have it now" in page
    assert client_of(place, "neighbour_grid").get(f"/work/{item.id}").status_code == 404
    late = {"id": str(uuid4()), "move": "deliver"}
    missing = second_hand.post(f"/work/{item.id}/move", late)
    assert missing.status_code == 422 and "It lasts until" in text_of(missing)  # taken for long: until when?
    lasts = (now + timedelta(days=20)).date()
    moved(second_hand, item, "deliver", next_on=lasts.isoformat())
    plan = Plan.objects.get(kind="medicine-errand")
    assert (plan.unit_id, plan.next_on, plan.opens_on) == (elder, lasts, lasts - timedelta(days=2))
    shown = text_of(grid.get(f"/plans/{plan.id}"))
    assert "on the day that is said each time" in shown and "倍他乐克" not in shown  # whole for its lead or owner
    assert "倍他乐克 25mg" in text_of(client_of(place, "lead").get(f"/plans/{plan.id}"))
    assert client_of(place, "neighbour_grid").get(f"/plans/{plan.id}").status_code == 404
    # Two days before it runs out, in the morning and not in the night, the next task is there; nobody had to ask.
    soon = now + timedelta(days=18)
    due(place, soon - 2 * HOUR)
    assert not Item.objects.filter(kind="medicine-errand", is_closed=False).exists()
    travel(monkeypatch, soon)
    for _ in range(2):
        due(place, soon)
    second = Item.objects.get(kind="medicine-errand", is_closed=False)
    assert (second.state, second.unit_id, second.routine) == ("open", elder, f"plan {plan.id}")
    words = text_of(client_of(place, "lead").get(f"/work/{second.id}"))
    assert "倍他乐克 25mg" in words and "Days left at home</dt><dd>2 天" in words and "by a plan" in words
    # Whoever brings it says again how long it lasts; the elder has moved to his son: it comes no more.
    moved(grid, second, "buy", bought_at="同一家", cost="86")
    moved(grid, second, "deliver", next_on=(soon + timedelta(days=30)).date().isoformat())
    plan.refresh_from_db()
    assert plan.next_on == (soon + timedelta(days=30)).date() and Plan.objects.count() == 1
    assert "next on" in text_of(grid.get(f"/plans/{plan.id}"))
    refusal(client_of(place, "neighbour_grid").post(f"/plans/{plan.id}/end", {"why": "x"}), 404, "work.plan_missing")
    refusal(grid.post(f"/plans/{plan.id}/end", {"why": " "}), 422, "work.plan_unfit")
    assert grid.post(f"/plans/{plan.id}/end", {"why": "搬到儿子家"}).status_code == 302
    due(place, soon + timedelta(days=40))
    assert not Item.objects.filter(kind="medicine-errand", is_closed=False).exists()


@pytest.mark.row("S0-26")
def test_pregnant_women_inside_zones_are_listed_by_their_appointment_a_verified_nurse_comes_and_the_next_date_is_kept(
    town: Town, place: Place, monkeypatch: Patch
) -> None:
    at = clock.now()
    officer, grid = client_of(place, "officer"), client_of(place, "grid")
    inside, outside, unknown = (
        place.people[1],
        place.people[13],
        place.people[4],
    )  # of the sealed house; of the next one
    for person in (inside, outside, unknown):
        set_flag(person_id=person, flag="pregnant", source="door", by=place.actor("lead"), at=at)
    nurse, helper = place.accounts["medic"], place.accounts["volunteer"]
    serving(place, nurse, helper, where="district")
    skilled(place, nurse, "clinician")
    board = "/plans?kind=prenatal-visit&zones=1"
    page = text_of(officer.get(board))
    assert "2 people without an appointment" in page  # she who lives in the next house is in no zone
    assert "3 people without an appointment" in text_of(officer.get("/plans?kind=prenatal-visit"))
    day = (at + timedelta(days=4)).date()
    for person in (inside, outside):
        form = said(form_of(grid.get(f"/plans/new/prenatal-visit?unit={person}"), ""))
        sent = form | {"how": "once", "next_on": day.isoformat(), "f-due_on": (day + timedelta(days=60)).isoformat()}
        gone = (at - timedelta(days=1)).date().isoformat()
        refusal(grid.post("/plans/new/prenatal-visit", sent | {"next_on": gone}), 422, "work.plan_unfit")
        for _ in range(2):
            assert grid.post("/plans/new/prenatal-visit", sent).status_code == 302
    assert Plan.objects.count() == 2
    page = text_of(officer.get(board))
    assert "1 plan ·" in page and "1 person without an appointment" in page
    plan = Plan.objects.get(unit_id=inside)
    form = form_of(officer.get(board), f"/plans/{plan.id}/assign")
    assert form["owner"] == [str(nurse.id)]  # whoever has the skill, verified, and nobody else
    here = f"/plans/{plan.id}/assign"
    refusal(officer.post(here, {"owner": str(helper.id)}), 409, "work.owner_unskilled")
    assert grid.post(here, {"owner": str(nurse.id)}).status_code == 403  # the lead names her
    refusal(client_of(place, "neighbour").post(here, {"owner": str(nurse.id)}), 404, "work.plan_missing")
    assert officer.post(here, {"owner": str(nurse.id)}).status_code == 302
    visit = Item.objects.get(kind="prenatal-visit")
    assert (visit.owner_id, visit.values["check_on"]) == (nurse.id, day.isoformat())
    medic = client_of(place, "medic")
    assert str(visit.id) in text_of(medic.get("/")) and "medic district" in text_of(officer.get(board))
    result = {
        "id": str(uuid4()),
        "move": "checked",
        "f-result": "well",
        "f-next_on": (day + timedelta(days=14)).isoformat(),
    }
    refusal(grid.post(f"/work/{visit.id}/move", result), 403, "work.move_not_yours")
    assert medic.post(f"/work/{visit.id}/move", result).status_code == 302
    visit.refresh_from_db()
    plan.refresh_from_db()
    assert visit.state == "checked" and plan.next_on == day + timedelta(days=14)
    shown = text_of(officer.get(f"/plans/{plan.id}"))
    assert "✓" in shown or "Checked" in shown
    # The other one's task is opened ahead by itself, for whom a nurse is still to be named.
    soon = at_eight(at + timedelta(days=3))
    travel(monkeypatch, soon)
    due(place, soon)
    assert Item.objects.filter(kind="prenatal-visit", unit_id=outside, owner_id=None, is_closed=False).count() == 1


def at_eight(at: datetime) -> datetime:
    return localtime(at).replace(hour=9, minute=0)


@pytest.mark.row("S1-29")
def test_urgent_cases_have_a_timer_go_upward_are_solved_only_by_word_of_asker_or_lead_and_counted_by_team(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    grid, lead, second = place.accounts["grid"], place.accounts["lead"], client_of(place, "lead")
    serving(place, grid, lead)
    first_team, other = team(place, "党员先锋队"), team(place, "下沉干部队")
    for squad, who in ((first_team, grid), (other, lead)):
        put_in_team(team_id=squad.id, responder_ids=[who.id], role="", by=place.system, at=now)
    words = {"emergency": "老人胸口疼喘不上气", "medicine": "心脏病的药今天没了", "food": "家里没菜了"}
    pleas = [took_in(place, "grid", words=words["medicine"], phone=f"1391234567{n}", kind="medicine", danger="health")
             for n in range(4)]  # fmt: skip
    life = took_in(place, "grid", words=words["emergency"], phone="13912345678", kind="emergency", danger="life")
    took_in(place, "grid", words=words["food"], phone="13912345679", kind="food", danger="routine")
    assert life.reply_by - life.received_at < pleas[0].reply_by - pleas[0].received_at  # the flag sets the timer
    late = now + timedelta(minutes=31)
    travel(monkeypatch, late)
    due(place, late)
    told = set(Message.objects.filter(template="plea-late").values_list("about_id", flat=True))
    assert told == {p.id for p in (*pleas, life)}  # an answer was owed to each: the lead of the shift heard
    for p, post in zip(pleas[:3], ("grid", "grid", "lead"), strict=True):
        desk = client_of(place, post)
        item = routed(desk, p, "medicine", owner="me", medicine="倍他乐克", quantity="1", days_left="3",
                      phone="13912345670")  # fmt: skip
        moved(desk, item, "buy", bought_at="药房", cost="9")
        early = {"end": "confirmed"}
        refusal(desk.post(f"/needs/{p.id}/end", early), 409, "needs.not_done")
        moved(desk, item, "deliver")
    page = text_of(second.get("/needs/urgent"))
    assert "0 urgent cases solved" in page and "None is solved yet." in page  # done is not yet solved
    desk = client_of(place, "grid")
    refusal(desk.post(f"/needs/{pleas[3].id}/end", {"end": "checked", "why": ""}), 422, "needs.unfit")
    for p, end in zip(
        pleas[:3], ({"end": "confirmed"}, {"end": "checked", "why": "电话回访"}, {"end": "confirmed"}), strict=True
    ):
        assert second.post(f"/needs/{p.id}/end", end).status_code == 302
    assert second.post(f"/needs/{pleas[3].id}/end", {"end": "elsewhere", "why": "转邻区"}).status_code == 302
    page = text_of(second.get("/needs/urgent"))
    assert "3 urgent cases solved" in page
    counts = re.findall(r'<span>([^<]+)</span><span class="n[^"]*">(\d+)</span>', page)
    assert dict(counts) == {"Received in all": "5", "Still open": "1", "Solved": "3", "Ended otherwise": "1",
                            "党员先锋队": "2", "下沉干部队": "1"}  # fmt: skip
    drilled = text_of(second.get(f"/needs/urgent?show=team&team={first_team.id}"))
    assert {p.number for p in pleas if f"№{p.number}<" in drilled} == {p.number for p in pleas[:2]}
    assert f"№{life.number}<" in text_of(second.get("/needs/urgent?show=open"))
    away = text_of(client_of(place, "neighbour_grid").get("/needs/urgent"))
    assert "0 urgent cases solved" in away and "党员先锋队" not in away
