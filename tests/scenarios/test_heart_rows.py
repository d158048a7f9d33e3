"""Rows of psychological support shown through pages: the line, disputes, worries, classes with helpers, feedback."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.domains.places.models import Place as Site
from lianfang.domains.responders.models import Team
from lianfang.domains.responders.services import put_on_duty
from lianfang.domains.work.models import Item
from lianfang.flows.purge import forget_standing
from lianfang.flows.run_due import run_due
from tests.factories.call import HOUR, volunteers
from tests.factories.people import serving, skilled
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, travel
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WORDS = "三天没睡着，一个人在家很怕"


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def due(place: Place, at: datetime) -> None:
    assert place.system is not None
    run_due(channels={}, by=place.system, at=at)


def at_time(place: Place, monkeypatch: Patch, at: datetime) -> datetime:
    travel(monkeypatch, at)
    place.at = at
    return at


def line_of(place: Place) -> tuple[Account, list[Account]]:
    """A counsellor of the district's line and its two leads, the first named in the phone book of duty."""
    [one] = volunteers(place, 1, where="district", role="counsellor")
    leads = volunteers(place, 2, where="district", role="counsel-lead")
    put_on_duty(duty_id=uuid4(), role="counsel-lead", area_id=place.area["district"], account_id=leads[0].id,
                position=0, by=place.system, at=place.at)  # fmt: skip
    return one, leads


def called(browser: Client, **typed: str) -> Item:
    """A call typed in by the desk's own form, and pressed twice."""
    form = {k: v[-1] for k, v in form_of(browser.get("/hearts/line"), "").items()}
    sent = form | {"topic": "sleep", "risk": "low", "next_hours": "2", "words": WORDS, "phone": "13912345678"} | typed
    answer = browser.post("/hearts/line", sent)
    assert answer.status_code == 302, text_of(answer)
    assert browser.post("/hearts/line", sent).status_code == 302
    return Item.objects.get(id=sent["id"])


def moved(browser: Client, item: Item, move: str, **values: str) -> Item:
    sent = {"id": str(uuid4()), "move": move} | {f"f-{k}": v for k, v in values.items()}
    answer = browser.post(f"/work/{item.id}/move", sent)
    assert answer.status_code == 302, text_of(answer)
    item.refresh_from_db()
    return item


def hidden_from(place: Place, item: Item, *posts: str) -> None:
    """Nobody of these finds it: not under its address, on no board, no paper, no file, no search."""
    for post in posts:
        browser = client_of(place, post)
        refusal(browser.get(f"/work/{item.id}"), 404, "work.item_missing")
        refusal(browser.post(f"/work/{item.id}/take"), 404, "work.item_missing")
        sent = {"id": str(uuid4()), "move": "close"}
        refusal(browser.post(f"/work/{item.id}/move", sent), 404, "work.item_missing")
        for address in (f"/work?kind={item.kind}", f"/work/print/{item.kind}", "/work?owner=none", "/"):
            answer = browser.get(address)
            if answer.status_code == 200:
                assert str(item.id) not in text_of(answer), (post, address)
        answer = browser.get("/work")
        if answer.status_code == 200:
            assert f"kind={item.kind}" not in text_of(answer), post


@pytest.mark.row("S1-43")
def test_a_line_staffed_at_all_hours_keeps_a_call_in_three_taps_and_high_risk_reaches_a_person_at_once(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    one, leads = line_of(place)
    desk, head = browser_of(one), browser_of(leads[0])
    # A call: topic, risk, next contact; no name. Words are sealed.
    bare = {k: v[-1] for k, v in form_of(desk.get("/hearts/line"), "").items()}
    wrong = desk.post("/hearts/line", bare | {"topic": "sleep", "words": WORDS, "next_hours": "2"})
    assert wrong.status_code == 422 and WORDS in text_of(wrong) and not Item.objects.filter(kind="counsel-call")
    call = called(desk)
    assert (call.state, call.due_at, call.owner_id) == ("spoken", now + 2 * HOUR, one.id)
    assert call.unit_id is None and WORDS not in str(call.values) and WORDS.encode() not in bytes(call.sealed)
    assert not any(w in WORDS for w in call.words if len(w) > 1 and w not in "心理疏导睡眠")
    assert WORDS in text_of(desk.get(f"/work/{call.id}")) and "Sleep" in text_of(desk.get("/hearts/line"))
    none = called(desk, next_hours="0", phone="", words="")
    assert none.state == "closed" and none.counted == 1
    # The follow-up is missed: the lead is told, the call stays with its counsellor.
    at_time(place, monkeypatch, now + 2 * HOUR + MINUTE)
    due(place, place.at)
    call.refresh_from_db()
    assert call.owner_id == one.id
    assert Message.objects.filter(about_id=call.id, recipient_id=leads[0].id).count() == 1
    assert moved(desk, call, "speak", risk="middle", topic="sleep", next_hours="24").due_at == place.at + DAY
    # At half past eleven at night somebody is in danger.
    night = at_time(place, monkeypatch, now + 14 * HOUR + 30 * MINUTE)
    alarm = called(desk, risk="high", next_hours="0", topic="alone")
    told = Message.objects.get(template="counsel-high")
    assert (alarm.state, alarm.owner_id) == ("alarm", leads[0].id)
    assert (told.recipient_id, told.due_at, told.purpose) == (leads[0].id, night, "warn")  # no quiet hours
    assert "in danger waits for somebody" in text_of(desk.get("/hearts/line"))
    # Nobody accepts: the next lead, then upward to the duty officer of the district.
    owners = []
    for n in range(1, 3):
        at_time(place, monkeypatch, night + n * 5 * MINUTE)
        for _ in range(2):
            due(place, place.at)
        alarm.refresh_from_db()
        owners.append(alarm.owner_id)
    officers = {place.accounts[p].id: p for p in ("officer", "officer2")}
    assert owners[0] == leads[1].id and owners[1] in officers
    assert Message.objects.filter(template="counsel-high", due_at__lte=place.at).count() == 3
    officer = client_of(place, officers[owners[1]])
    assert WORDS in text_of(officer.get(f"/work/{alarm.id}"))
    assert moved(officer, alarm, "accept").state == "handed"
    at_time(place, monkeypatch, night + HOUR)
    due(place, place.at)
    assert Message.objects.filter(template="counsel-high").count() == 3  # somebody has it: the alarm is silent
    # A call that gets worse takes the same way.
    assert moved(desk, call, "alarm").owner_id == leads[0].id
    assert moved(head, call, "accept").state == "handed"
    wrong = head.post(f"/work/{call.id}/move", {"id": str(uuid4()), "move": "speak", "f-risk": "high",
                                                "f-topic": "sleep", "f-next_hours": "2"})  # fmt: skip
    assert wrong.status_code == 422  # high risk is no follow-up
    # Who does not serve the line sees nothing of it, whatever he leads.
    other = next(p for i, p in officers.items() if i != owners[1])
    hidden_from(place, call, "lead", "grid", "medic", "command", "street", "volunteer", "neighbour", other)
    [away] = volunteers(place, 1, where="neighbour", role="counsellor")
    refusal(browser_of(away).get(f"/work/{call.id}"), 404, "work.item_missing")
    assert "Sleep" not in re.sub(r"<form.*?</form>", "", text_of(browser_of(away).get("/hearts/line")), flags=re.S)
    refusal(client_of(place, "grid").get("/hearts/line"), 403, "accounts.right_missing")
    refusal(client_of(place, "medic").post("/hearts/line", bare | {"topic": "sleep", "risk": "low"}), 403,
            "accounts.right_missing")  # fmt: skip


@pytest.mark.row("S1-43")
def test_the_lines_rota_of_34_has_no_empty_hour_or_says_which_and_its_lead_is_told_before(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    one, leads = line_of(place)
    crew = volunteers(place, 34, where="district", role="counsellor")
    serving(place, *crew, where="district")
    for a in crew:
        skilled(place, a, "counsel")
    head, here = browser_of(leads[0]), place.area["district"]
    assert "1 gap in the rota" in text_of(head.get("/hearts/line"))  # there is no line yet
    today = now.astimezone(LOCAL).date()
    last = today + 2 * DAY
    sent = {"id": uuid4(), "area": here, "names": "心理热线", "task": "counsel-line", "places": "11", "shape": "clock",
            "hours": "8", "from": "00:00", "first_day": today.isoformat(), "last_day": last.isoformat()}  # fmt: skip
    answer = head.post(f"/rosters/posts?area={here}", sent)
    assert answer.status_code == 302, text_of(answer)
    call = Call.objects.get(task="counsel-line")
    shifts = list(Shift.objects.filter(call=call, ends_at__gt=now).order_by("starts_at"))
    for n, s in enumerate(shifts):  # eleven by eleven, each shift another eleven of the 34; the last night is left
        if n != 3:
            asks = [f"{s.id} {a.id}" for a in crew[11 * (n % 3) :][:11]]
            answer = head.post(f"/rosters/{call.id}/adopt", {"id": uuid4(), "pick": asks})
            assert answer.status_code == 302, text_of(answer)
    at_time(place, monkeypatch, now)
    shown = text_of(head.get("/hearts/line"))
    assert "11 on the line" in shown and ("gap in the rota" in shown) == (shifts[3].starts_at < now + DAY)
    late = at_time(place, monkeypatch, shifts[3].starts_at - 3 * HOUR)
    shown = text_of(head.get("/hearts/line"))
    assert "1 gap in the rota" in shown and "Call 11 people" in shown
    for _ in range(2):
        due(place, late)
    told = Message.objects.filter(template="counsel-empty")
    assert leads[0].id in {m.recipient_id for m in told} and told.count() == 2  # its lead and the duty officer, once
    asks = [f"{shifts[3].id} {a.id}" for a in crew[:1]]
    assert head.post(f"/rosters/{call.id}/adopt", {"id": uuid4(), "pick": asks}).status_code in (200, 302)
    assert Shift.objects.get(id=shifts[3].id).taken == 1
    assert "1 gap in the rota" not in text_of(browser_of(one).get("/hearts/line"))


@pytest.mark.row("S3-48")
def test_a_dispute_is_its_mediators_and_leads_alone_is_followed_up_and_distress_leads_to_the_line(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    one, _ = line_of(place)
    grid, lead = client_of(place, "grid"), client_of(place, "lead")
    what = "楼上深夜搬家具，两家动了手"
    form = {k: v[-1] for k, v in form_of(grid.get("/hearts/disputes"), "").items()}
    refusal_page = grid.post("/hearts/disputes", form | {"what": " "})
    assert refusal_page.status_code == 422
    sent = form | {"what": what, "parties": "501 与 601", "phone": "13912340000"}
    for _ in range(2):
        assert grid.post("/hearts/disputes", sent).status_code == 302
    row = Item.objects.get(kind="dispute")
    assert row.owner_id == place.accounts["grid"].id and what not in str(row.values)
    assert what in text_of(grid.get("/hearts/disputes")) and what in text_of(lead.get("/hearts/disputes"))
    hidden_from(place, row, "grid2", "medic", "officer", "volunteer", "neighbour", "neighbour_grid")
    assert what not in text_of(client_of(place, "neighbour_grid").get("/hearts/disputes"))
    assert str(row.id) not in text_of(lead.get("/work")) + text_of(lead.get("/work?kind=dispute"))
    moved(grid, row, "talk", step="分别谈了，约好晚十点后安静")
    # Somebody is in distress: the counselling desk has it, without the dispute.
    moved(grid, row, "distress", distress="601 的老人一直哭，说不想活了，电话 13912340000")
    call = Item.objects.get(kind="counsel-call")
    assert (call.state, call.raised_from_id, call.unit_id) == ("waiting", row.id, None)
    shown = text_of(browser_of(one).get(f"/work/{call.id}"))
    assert "601 的老人一直哭" in shown and "Dispute" not in shown
    assert "Counselling call" not in text_of(grid.get(f"/work/{row.id}"))
    hidden_from(place, call, "grid", "lead", "medic")
    moved(grid, row, "settle", outcome="双方道歉", follow_days="2")
    assert row.state == "agreed" and row.due_at == now + 2 * DAY
    # The lead gives it to another mediator: who had it sees it no more.
    away = lead.post(f"/hearts/disputes/{row.id}/give", {"mediator": str(place.accounts["neighbour_grid"].id)})
    refusal(away, 422, "needs.mediator_unfit")
    refusal(client_of(place, "street2").post(f"/hearts/disputes/{row.id}/give", {
        "mediator": str(place.accounts["lead"].id)}), 404, "work.item_missing")  # fmt: skip
    assert lead.post(f"/hearts/disputes/{row.id}/give", {"mediator": str(place.accounts["lead"].id)}).status_code == 302
    refusal(grid.get(f"/work/{row.id}"), 404, "work.item_missing")
    later = at_time(place, monkeypatch, now + 2 * DAY + MINUTE)
    due(place, later)
    assert "late" in text_of(lead.get("/hearts/disputes"))
    moved(lead, row, "visit")
    assert row.is_closed and what in text_of(lead.get("/hearts/disputes?show=ended"))
    # Its words die on their date; that there was a dispute stays.
    forget_standing(by=place.system, at=later + 4000 * DAY)
    row.refresh_from_db()
    assert row.state == "settled" and (row.incident_id or bytes(row.sealed) == b"")


@pytest.mark.row("S2-59")
def test_worries_are_logged_by_topic_answered_with_approved_words_and_the_very_worried_reach_the_line(
    place: Place, now: datetime
) -> None:
    one, _ = line_of(place)
    publicity, grid, officer = (client_of(place, p) for p in ("publicity", "grid", "officer"))
    draft = {"id": str(uuid4()), "topic": "rumour", "question": "是不是要封三个月",
             "answer": "不是。按规定 7 天一评估，结果当天公布。"}  # fmt: skip
    for _ in range(2):
        assert publicity.post("/hearts/answers", draft).status_code == 302
    answer = Item.objects.get(kind="approved-answer")

    def logged(topic: str, worry: str, words: str) -> Item:
        form = {k: v[-1] for k, v in form_of(grid.get("/hearts/worries"), "").items()}
        sent = form | {"topic": topic, "worry": worry, "words": words, "phone": "13912340000"}
        for _ in range(2):
            done = grid.post("/hearts/worries", sent)
            assert done.status_code == 302, text_of(done)
        return Item.objects.get(id=sent["id"])

    first = logged("rumour", "middle", "听说要封三个月")
    assert "听说" not in str(first.values) and "听说要封三个月" in text_of(grid.get("/hearts/worries"))
    refusal(grid.post(f"/hearts/worries/{first.id}/answer", {"answer": str(answer.id)}), 409, "needs.answer_not_in_use")
    refusal(publicity.post(f"/work/{answer.id}/move", {"id": str(uuid4()), "move": "approve"}), 403,
            "work.move_not_yours")  # fmt: skip
    moved(officer, answer, "approve")
    assert "7 天一评估" in text_of(grid.get("/hearts/worries"))
    second = logged("rumour", "low", "到底封不封")
    other = logged("vaccine", "low", "老人能不能打")
    for row in (first, second):
        for _ in range(2):
            assert grid.post(f"/hearts/worries/{row.id}/answer", {"answer": str(answer.id)}).status_code == 302
        row.refresh_from_db()
        assert row.state == "answered" and row.values["answer"] == answer.values["answer"]
    shown = text_of(grid.get("/hearts/worries"))
    assert "used 2 times" in shown and "0 / 2 / 0" in shown and "1 / 1 / 0" in shown
    # Somebody is very worried: no sentence answers that.
    high = logged("illness", "high", "觉得全家都要没了，喘不上气地哭")
    assert high.state == "handed"
    call = Item.objects.get(kind="counsel-call")
    assert call.state == "waiting" and call.raised_from_id == high.id
    assert "13912340000" in text_of(browser_of(one).get(f"/work/{call.id}"))
    hidden_from(place, call, "grid", "publicity", "officer")
    # Withdrawn, nobody answers with it any more; another district never could.
    moved(officer, answer, "withdraw", reason="规定改了")
    refusal(grid.post(f"/hearts/worries/{other.id}/answer", {"answer": str(answer.id)}), 409, "needs.answer_not_in_use")
    refusal(client_of(place, "neighbour_grid").post(f"/hearts/worries/{other.id}/answer", {"answer": str(answer.id)}),
            404, "work.item_missing")  # fmt: skip
    assert "老人能不能打" not in text_of(client_of(place, "neighbour_grid").get("/hearts/worries"))


@pytest.mark.row("S1-44")
def test_25_classes_of_1151_students_are_shared_by_14_volunteers_and_a_concern_raises_a_case(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    one, _ = line_of(place)
    lead = client_of(place, "lead")
    heads = [46] * 24 + [47]
    for n, h in enumerate(heads):
        form = {"id": str(uuid4()), "kind": "school-class", "name": f"22级{n + 1}班",
                "n-student": str(h)}  # fmt: skip
        answer = lead.post(f"/places/new?kind=school-class&area={place.area['committee']}", form)
        assert answer.status_code == 302, text_of(answer)
    assert Site.objects.filter(kind="school-class").count() == 25
    people = volunteers(place, 14)
    serving(place, *people)
    lead.post("/teams/form", {"id": uuid4(), "area": place.area["committee"], "names": "结对志愿者", "kind": "pioneer",
                              "basis": "unit"})  # fmt: skip
    squad = Team.objects.get(name="结对志愿者")
    lead.post(f"/teams/{squad.id}/put", {"people": [str(p.id) for p in people], "role": ""})
    page = lead.get("/hearts/pairing")
    assert "25 classes without a helper" in text_of(page) and "1,151 students" in text_of(page)
    proposed = lead.get(f"/hearts/pairing?team={squad.id}")
    assert "no other sharing would make that fewer" in text_of(proposed)
    assert Item.objects.filter(kind="class-link").count() == 0  # a proposal is no pairing
    sent = {k: v[-1] for k, v in form_of(proposed, "/hearts/pairing/adopt").items()}
    assert sum(k.startswith("class-") for k in sent) == 25
    for _ in range(2):
        answer = lead.post("/hearts/pairing/adopt", sent)
        assert answer.status_code == 302, text_of(answer)
    links = Item.objects.filter(kind="class-link")
    loads: dict[object, list[int]] = {}
    for i in links:
        loads.setdefault(i.owner_id, []).append(i.values["heads"])
    assert len(links) == 25 and set(loads) == {p.id for p in people}
    assert max(len(v) for v in loads.values()) == 2 and max(sum(v) for v in loads.values()) == 92
    shown = text_of(lead.get("/hearts/pairing"))
    assert "every class has its helper" in shown and all(p.label in shown for p in people)
    # A second who adopts at once is told that each class has somebody; a stranger to the place is refused.
    again = sent | {"id": str(uuid4())}
    answer = lead.post("/hearts/pairing/adopt", again)
    assert answer.status_code == 200 and "has a helper already" in text_of(answer) and links.count() == 25
    refusal(client_of(place, "grid").get("/hearts/pairing"), 403, "accounts.right_missing")
    # The helper's phone: in touch, and a concern that raises a case for the line alone.
    mine = links.filter(owner_id=people[0].id).order_by("id")[0]
    phone = browser_of(people[0])
    assert "22级" in text_of(phone.get("/"))
    moved(phone, mine, "contact", last_way="meeting")
    moved(phone, mine, "raise", concern="一位同学连着几天不吃饭，手上有划痕")
    call = Item.objects.get(kind="counsel-call")
    assert call.raised_from_id == mine.id and "手上有划痕" in text_of(browser_of(one).get(f"/work/{call.id}"))
    hidden_from(place, call, "lead", "grid")
    refusal(phone.get(f"/work/{call.id}"), 404, "work.item_missing")
    log = text_of(phone.get(f"/work/{mine.id}"))
    assert "In touch, all well" in log and "Somebody needs help" in log
    # A missed contact is told, and the class keeps its helper.
    at_time(place, monkeypatch, now + 4 * DAY)
    due(place, place.at)
    mine.refresh_from_db()
    assert mine.owner_id == people[0].id
    assert Message.objects.filter(recipient_id=place.accounts["lead"].id, made_at=place.at).exists()


@pytest.mark.row("S2-58")
def test_a_word_on_a_finished_job_is_shown_to_the_team_and_a_complaint_goes_to_the_lead_alone(
    place: Place, now: datetime
) -> None:
    doer, mate, stranger = volunteers(place, 3)
    serving(place, doer, mate, stranger)
    lead = client_of(place, "lead")
    lead.post("/teams/form", {"id": uuid4(), "area": place.area["committee"], "names": "送菜队", "kind": "pioneer",
                              "basis": "unit"})  # fmt: skip
    team = Team.objects.get(name="送菜队")
    lead.post(f"/teams/{team.id}/put", {"people": [str(doer.id), str(mate.id)], "role": ""})
    (resident,) = volunteers(place, 1, role="resident")
    own = browser_of(resident)

    def asked_and_done() -> tuple[str, Plea]:
        form = form_of(own.get("/ask"), "")
        sent = {k: v[-1] for k, v in form.items()} | {"kind": "food", "words": "家里没菜了", "phone": "13912340000"}
        address = own.post("/ask", sent).url.split("?")[0]
        plea = Plea.objects.get(id=sent["id"])
        grid = client_of(place, "grid")
        ways = form_of(grid.get(f"/needs/{plea.id}?as=food"), f"/needs/{plea.id}/route?as=food")
        fields = {k: v[-1] for k, v in ways.items() if k != "owner"}
        assert grid.post(f"/needs/{plea.id}/route?as=food", fields).status_code == 302
        item = Item.objects.get(id=Plea.objects.get(id=plea.id).item_id)
        assert lead.post(f"/work/{item.id}/take").status_code == 302
        Item.objects.filter(id=item.id).update(owner_id=doer.id)
        moved(browser_of(doer), item, "acknowledge")
        moved(browser_of(doer), item, "resolve", outcome="送到了")
        due(place, now)
        return address, plea

    address, plea = asked_and_done()
    praise = {"says": "solved", "rating": "5", "thanks": "小伙子冒雨送来的"}
    assert own.post(f"{address}/say", praise).status_code == 302
    said = Item.objects.get(kind="feedback")
    assert said.state == "waiting" and said.values["rating"] == 5
    assert f"№{plea.number}" not in text_of(browser_of(mate).get("/thanks"))  # its lead reads it first
    moved(lead, said, "show")
    for who, sees in ((doer, True), (mate, True), (stranger, False)):
        assert ("小伙子冒雨送来的" in text_of(browser_of(who).get("/thanks"))) == sees
    # A complaint goes to the lead at once, and to nobody else.
    address, plea = asked_and_done()
    wrong = "菜是烂的，态度也差"
    assert own.post(f"{address}/say", {"says": "solved", "rating": "1", "complaint": wrong}).status_code == 302
    bad = Item.objects.get(kind="feedback", state="complaint")
    assert bad.owner_id == place.accounts["lead"].id and wrong not in str(bad.values)
    assert Message.objects.get(template="feedback-complaint").recipient_id == place.accounts["lead"].id
    assert wrong in text_of(lead.get(f"/work/{bad.id}"))
    for who in (doer, mate):
        assert f"№{plea.number}" not in text_of(browser_of(who).get("/thanks"))
        refusal(browser_of(who).get(f"/work/{bad.id}"), 404, "work.item_missing")
    assert wrong not in text_of(client_of(place, "grid").get(f"/work/{bad.id}"))
    refusal(client_of(place, "neighbour").get(f"/work/{bad.id}"), 404, "work.item_missing")
    assert moved(lead, bad, "settle", outcome="上门道歉，补了一份").is_closed
    assert wrong not in text_of(browser_of(doer).get("/thanks"))


def test_a_plea_of_somebody_in_despair_stands_in_the_lines_alarm_and_no_other_desk_reads_its_words(
    place: Place, now: datetime
) -> None:
    one, leads = line_of(place)
    grid = client_of(place, "grid")
    form = {k: v[-1] for k, v in form_of(grid.get("/needs/new"), "").items()}
    words = "我不想活了，没人说话"
    sent = form | {"channel": "phone", "words": words, "phone": "13912345678", "take": "1"}
    assert grid.post("/needs/new", sent).status_code == 302
    plea = Plea.objects.get(id=sent["id"])
    assert (plea.kind, plea.danger) == ("talk", "life")
    assert words in text_of(client_of(place, "officer").get(f"/needs/{plea.id}"))  # any desk may take it up still
    ways = form_of(grid.get(f"/needs/{plea.id}?as=talk"), f"/needs/{plea.id}/route?as=talk")
    fields = {k: v[-1] for k, v in ways.items()} | {"owner": "me"}
    assert grid.post(f"/needs/{plea.id}/route?as=talk", fields).status_code == 302
    plea.refresh_from_db()
    call = Item.objects.get(id=plea.item_id)
    assert (call.state, call.owner_id, call.values["risk"]) == ("alarm", leads[0].id, "high")
    assert Message.objects.get(template="counsel-high").recipient_id == leads[0].id
    assert words in text_of(browser_of(one).get(f"/work/{call.id}"))
    assert words not in text_of(client_of(place, "officer").get(f"/needs/{plea.id}"))
    hidden_from(place, call, "grid", "lead", "officer", "medic")


def test_what_is_private_leaves_in_no_file_and_stands_behind_no_figure(place: Place, now: datetime) -> None:
    one, _ = line_of(place)
    call = called(browser_of(one))
    for post in ("command", "officer", "lead", "street"):
        browser = client_of(place, post)
        for kind in ("counsel-call", "dispute"):
            page = browser.get(f"/work/export/{kind}")
            assert str(call.id) not in text_of(page) and page.status_code in (200, 403)
            sent = {"format": "csv", "personal": "1", "why": "x"}
            file = browser.post(f"/work/export/{kind}", sent)
            body = b"".join(file.streaming_content) if file.streaming else file.content
            assert b"Sleep" not in body and WORDS.encode() not in body, post
    [away] = volunteers(place, 1, where="committee", role="counsellor")  # of another line: below, not above
    refusal(browser_of(away).get(f"/work/{call.id}"), 404, "work.item_missing")
    assert f"/work/{call.id}" not in text_of(client_of(place, "command").get("/work?closed=0&text=心理疏导"))
