"""Rows of needs shown through pages: pleas by every way, nobody's plea lost, the asker's own word at the end."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.domains.work.models import Item
from lianfang.flows.run_due import run_due
from tests.factories.call import HOUR, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, travel
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Nine in the morning."""
    at = at_nine()
    travel(monkeypatch, at)
    place.at = at
    return at


def took_in(place: Place, post: str = "lead", **typed: str) -> Plea:
    """A plea typed in at a desk, as its page gives the form."""
    desk = client_of(place, post)
    form = {k: v[-1] for k, v in form_of(desk.get("/needs/new"), "").items()}
    sent = form | {"channel": "phone", "phone": "13912345678", "take": "1"} | typed
    answer = desk.post("/needs/new", sent)
    assert answer.status_code == 302, text_of(answer)
    assert desk.post("/needs/new", sent).status_code == 302  # pressed twice
    return Plea.objects.get(id=sent["id"])


def due(place: Place, at: datetime) -> None:
    assert place.system is not None
    run_due(channels={}, by=place.system, at=at)


def routed(browser: Client, plea: Plea, kind: str, **values: str) -> Item:
    """Made work by the plea's own page."""
    address = f"/needs/{plea.id}"
    form = form_of(browser.get(f"{address}?as={kind}"), f"{address}/route?as={kind}")
    sent = {k: v[-1] for k, v in form.items() if k != "owner"} | {f"f-{k}": v for k, v in values.items()}
    answer = browser.post(f"{address}/route?as={kind}", sent)
    assert answer.status_code == 302, text_of(answer)
    item_id = Plea.objects.get(id=plea.id).item_id
    return Item.objects.get(id=item_id)


def moved(browser: Client, item: Item, move: str, **values: str) -> None:
    sent = {"id": str(uuid4()), "move": move} | {f"f-{k}": v for k, v in values.items()}
    answer = browser.post(f"/work/{item.id}/move", sent)
    assert answer.status_code == 302, text_of(answer)


@pytest.mark.row("S0-24")
def test_a_woman_in_labour_before_dawn_reaches_the_community_worker_at_once_and_every_hand_over_has_its_time(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    night = now - 6 * HOUR
    travel(monkeypatch, night)
    place.at = night
    words = "我老婆羊水破了，黄码，在家里，怎么办"
    plea = took_in(place, "officer", words=words, channel="phone", where="花园 1 栋")
    assert (plea.kind, plea.danger, plea.group) == ("emergency", "life", "pregnant")
    page = client_of(place, "officer").get(f"/needs/{plea.id}")
    assert "“羊水”" in text_of(page) and "Danger to life" in text_of(page)
    # The desk of the district knows the house; its own worker is asked then.
    sent = {"to": f"/needs/{plea.id}", "where": "花园 1 栋"}
    houses = text_of(client_of(place, "officer").post("/search", sent, follow=True))
    block = re.search(r'href="(\?where=[^"]+block=[0-9a-f-]{36})"', houses)
    assert block is not None
    doors = text_of(client_of(place, "officer").get(f"/needs/{plea.id}{block.group(1)}"))
    door = re.search(r'name="door" value="([0-9a-f-]{36})"', doors)
    assert door is not None
    assert client_of(place, "officer").post(f"/needs/{plea.id}/place", {"door": door.group(1)}).status_code == 302
    told = Message.objects.get(template="plea-urgent", about_id=plea.id)
    assert (told.recipient_id, told.due_at) == (place.accounts["grid"].id, night)  # no quiet hours for danger to life
    grid = client_of(place, "grid")
    assert "Urgent plea" in text_of(grid.get("/")) and words in text_of(grid.get(f"/needs/{plea.id}"))
    assert grid.post(f"/needs/{plea.id}/accept").status_code == 302
    refusal(client_of(place, "lead").post(f"/needs/{plea.id}/accept"), 409, "needs.taken")
    item = routed(grid, plea, "emergency", sort="labour")
    assert item.kind == "emergency-transfer"
    travel(monkeypatch, night + 11 * MINUTE)
    due(place, night + 11 * MINUTE)  # nobody has sent a car: it goes upward
    item.refresh_from_db()
    assert item.owner_id in {place.accounts[p].id for p in ("officer", "officer2")}
    officer = client_of(place, "officer" if item.owner_id == place.accounts["officer"].id else "officer2")
    steps = {"ambulance": {"colour": "yellow"}, "hospital-ready": {"ward": "隔离候产室"}, "arrive": {},
             "hand-over": {"taken-by": "产科护士站"}}  # fmt: skip
    for move, values in steps.items():
        moved(officer, item, move, **values)
    log = text_of(officer.get(f"/work/{item.id}"))
    assert log.count("<time") >= 5 and "隔离候产室" in log
    due(place, night + 12 * MINUTE)
    assert "to be confirmed" in text_of(officer.get(f"/needs/{plea.id}"))
    assert client_of(place, "neighbour_grid").get(f"/needs/{plea.id}").status_code == 404


@pytest.mark.row("S3-33")
@pytest.mark.row("S3-34")
def test_all_ways_lead_to_one_intake_with_a_number_a_promised_time_and_a_timer_at_any_hour(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    late = now + 14 * HOUR  # eleven at night
    travel(monkeypatch, late)
    place.at = late
    by_way = {c: took_in(place, "officer", channel=c, phone=f"1391234567{n}", words="药快吃完了")
              for n, c in enumerate(("phone", "message", "police", "door", "guard", "paper"))}  # fmt: skip
    anybody = Client()
    anybody.cookies["django_language"] = "en"
    form = form_of(anybody.get("/ask?at=990101001001"), "")
    refusal(
        anybody.post("/ask", {k: v[-1] for k, v in form.items()} | {"kind": "party", "words": "x"}), 422, "needs.unfit"
    )
    sent = {k: v[-1] for k, v in form.items()} | {"kind": "medicine", "words": "老人药没了", "phone": "13912340000"}
    answer = anybody.post("/ask?at=990101001001", sent)
    assert answer.status_code == 302
    mine = text_of(anybody.get(answer.url))
    page = Plea.objects.get(id=sent["id"])
    assert f"№{page.number}" in mine and "Somebody answers you by 23:30" in mine
    refusal(anybody.get(answer.url.split("?")[0][:-3] + "abc"), 404, "needs.missing")
    rows = Plea.objects.order_by("number")
    assert [r.number for r in rows] == list(range(rows[0].number, rows[0].number + 7))
    assert {r.channel for r in rows} == {*by_way, "page"}
    # Nobody answers: half an hour later the lead of the shift hears of each, once, at night.
    travel(monkeypatch, late + 31 * MINUTE)
    for _ in range(2):
        due(place, late + 31 * MINUTE)
    late_told = Message.objects.filter(template="plea-late")
    assert {m.about_id for m in late_told} == {r.id for r in rows}
    assert all(m.due_at <= late + 31 * MINUTE for m in late_told)
    board = text_of(client_of(place, "officer").get("/needs"))
    assert "7 with nobody" in board and 'Promises broken today</dt><dd class="late">7' in board


@pytest.mark.row("S3-38")
@pytest.mark.row("S1-27")
def test_it_is_routed_by_kind_with_its_own_fields_the_owner_accepts_or_it_goes_up_and_the_asker_reads_plain_states(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    (resident,) = volunteers(place, 1, role="resident")
    own = browser_of(resident)
    form = form_of(own.get("/ask"), "")
    sent = {k: v[-1] for k, v in form.items()} | {
        "kind": "gas",
        "words": "煤气用完了，做不了饭",
        "phone": "13912340000",
    }
    address = own.post("/ask", sent).url
    plea = Plea.objects.get(id=sent["id"])
    publicity = client_of(place, "publicity")
    assert "nobody has it yet" in text_of(publicity.get(f"/needs/{plea.id}"))
    assert publicity.post(f"/needs/{plea.id}/accept").status_code == 302
    assert "looks after it" in text_of(own.get(address))
    wrong = publicity.post(f"/needs/{plea.id}/route", {"id": str(uuid4()), "kind": "gas"})
    assert wrong.status_code == 422 and "Cylinder size" in text_of(wrong)  # the kind's own field
    item = routed(publicity, plea, "gas", size="15", phone="13912340000")
    assert item.kind == "gas-swap" and item.owner_id is None
    assert "passed on" in text_of(own.get(address))
    travel(monkeypatch, now + 241 * MINUTE)
    due(place, now + 241 * MINUTE)  # nobody took it in time
    item.refresh_from_db()
    assert item.owner_id == place.accounts["grid"].id and "is seeing to it" in text_of(own.get(address))
    grid = client_of(place, "grid")
    for move, values in (("collect", {"empties": "1", "marks_out": "A1"}), ("fill", {}),
                         ("deliver", {"full": "1", "leak_checked": "true", "cost": "95"})):  # fmt: skip
        moved(grid, item, move, **values)
    assert "Is it solved?" in text_of(own.get(address))


@pytest.mark.row("S3-43")
@pytest.mark.row("S3-47")
def test_nothing_closes_itself_the_outcome_and_thanks_come_back_and_the_books_balance(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    (resident,) = volunteers(place, 1, role="resident")
    own, lead, grid = browser_of(resident), client_of(place, "lead"), client_of(place, "grid")
    form = form_of(own.get("/ask"), "")
    sent = {k: v[-1] for k, v in form.items()} | {"kind": "food", "words": "家里没菜了", "phone": "13912340000"}
    address = own.post("/ask", sent).url.split("?")[0]
    plea = Plea.objects.get(id=sent["id"])
    item = routed(grid, plea, "food", owner="")
    moved(grid, item, "acknowledge")
    moved(grid, item, "resolve", outcome="送到了")
    due(place, now)
    assert "Is it solved?" in text_of(own.get("/"))
    travel(monkeypatch, now + 30 * 24 * HOUR)
    due(place, now + 30 * 24 * HOUR)
    assert Plea.objects.get(id=plea.id).state == "routed"  # a month later it still waits for its asker
    travel(monkeypatch, now)
    assert own.post(f"{address}/say", {"says": "unsolved", "why": "少了一袋米"}).status_code == 302
    assert "少了一袋米" in text_of(grid.get(f"/needs/{plea.id}"))
    second = routed(grid, plea, "food")
    moved(grid, second, "acknowledge")
    moved(grid, second, "resolve", outcome="补上了")
    done = own.post(f"{address}/say", {"says": "solved", "thanks": "谢谢你们冒雨送来", "rating": "5"})
    assert done.status_code == 302 and Plea.objects.get(id=plea.id).end == "confirmed"
    thanks = Item.objects.get(kind="thanks")
    assert thanks.state == "written" or not thanks.is_closed  # a lead reads it before anybody sees it
    assert "谢谢你们冒雨送来" not in text_of(client_of(place, "volunteer").get("/thanks"))
    refusal(own.post(f"{address}/say", {"says": "withdrawn"}), 409, "needs.ended")
    emoji = took_in(place, words="😭", phone="")
    refusal(lead.post(f"/needs/{emoji.id}/end", {"end": "no_plea", "why": " "}), 422, "needs.unfit")
    assert lead.post(f"/needs/{emoji.id}/end", {"end": "no_plea", "why": "打错了"}).status_code == 302
    took_in(place, words="请问几点做核酸")
    board = text_of(lead.get("/needs"))
    assert "received = ended + open" in board and "1 plea open" in board
    assert "Received in all</dt><dd>3" in board and "Today in / out</dt><dd>3 / 2" in board


@pytest.mark.row("S1-28")
def test_what_is_known_is_shown_before_the_form_and_two_that_are_one_are_joined(place: Place, now: datetime) -> None:
    first = took_in(place, words="煤气用完了", phone="13911112222")
    desk = client_of(place, "grid")
    form = {k: v[-1] for k, v in form_of(desk.get("/needs/new"), "").items()}
    looked = text_of(desk.post("/needs/new", form | {"phone": "139 1111 2222", "look": "1"}))
    assert f"№{first.number}" in looked and "Known already" in looked
    assert "1 time today" in looked and Plea.objects.count() == 1
    second = took_in(place, "grid", words="气罐空了，麻烦换一下", phone="13911112222", channel="message")
    page = text_of(desk.get(f"/needs/{second.id}"))
    assert f"It is the same as №{first.number}" in page
    assert desk.post(f"/needs/{second.id}/join", {"first": str(first.id)}).status_code == 302
    # A third time, by the police desk: one plea by three ways; ended once, and each way counts it as closed.
    third = took_in(place, "grid", words="煤气没了做不了饭", phone="13911112222", channel="police")
    assert desk.post(f"/needs/{third.id}/join", {"first": str(first.id)}).status_code == 302
    assert set(Plea.objects.filter(same_as=first.id).values_list("id", flat=True)) == {second.id, third.id}
    other = took_in(place, words="买点菜", phone="13911113333")
    board = text_of(desk.get("/needs"))
    assert "2 pleas open" in board and f"№{second.number}" not in board
    assert f"№{second.number}" in text_of(desk.get("/needs?show=ended"))
    assert f"№{other.number}" not in text_of(desk.get("/needs?kind=gas"))
    away = client_of(place, "neighbour_grid")
    assert f"№{first.number}" not in text_of(away.get("/needs"))
    form = {k: v[-1] for k, v in form_of(away.get("/needs/new"), "").items()}
    assert "Known already" not in text_of(away.post("/needs/new", form | {"phone": "13911112222", "look": "1"}))


@pytest.mark.row("S1-26")
def test_cylinders_go_out_empty_and_come_back_full_house_by_house_and_the_count_balances(
    place: Place, now: datetime
) -> None:
    grid = client_of(place, "grid")
    pleas = [took_in(place, "grid", words="煤气罐空了，换一瓶", phone=f"1391234567{n}") for n in range(3)]
    for n, p in enumerate(pleas):
        door = {"door": str(place.households[n])}
        assert grid.post(f"/needs/{p.id}/place", door).status_code == 302
    swaps = [routed(grid, p, "gas", size="15", owner="") for p in pleas]
    assert [s.unit_id for s in swaps] == place.households[:3] and {s.state for s in swaps} == {"asked"}
    paper = text_of(grid.get(f"/work/print/gas-swap?area={place.area['committee']}"))  # one round through the estate
    assert paper.count("花园 1 栋") >= 3
    for n, s in enumerate(swaps[:2]):
        moved(grid, s, "collect", empties=str(n + 1), marks_out=f"A{n}")
        moved(grid, s, "fill")
    short = {"id": str(uuid4()), "move": "deliver", "f-full": "1", "f-leak_checked": "true", "f-cost": "95"}
    refused = grid.post(f"/work/{swaps[1].id}/move", short)
    assert refused.status_code == 422 and "= 2" in text_of(refused)  # two were taken
    assert Item.objects.get(id=swaps[1].id).state == "filled"
    for n, s in enumerate(swaps[:2]):
        moved(grid, s, "deliver", full=str(n + 1), leak_checked="true", cost="95")
    done = Item.objects.filter(kind="gas-swap", state="delivered")
    assert sum(float(i.counted) for i in done) == 3 == sum(int(i.values["empties"]) for i in done)
    board = text_of(grid.get("/work?kind=gas-swap"))
    assert "1 task left" in board
