"""One knock, one call: all that is due of a household on one list, who asked what today, the word, and the night."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lianfang.domains.accounts.services import open_account
from lianfang.domains.needs.models import Plea
from lianfang.domains.watch.services import NewCase, open_watch_cases
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.services import NewItem, Rhythm, make_plan, open_items
from tests.factories.call import volunteers
from tests.factories.place import Place
from tests.factories.rounds import outbreak_in, round_in
from tests.scenarios.test_call_rows import browser_of, travel
from tests.scenarios.test_need_rows import took_in
from tests.web.pages import client_of, form_of, inline_in, names_in, refusal, statements, text_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opened(place: Place, kind: str, unit: UUID, about: str = "household", **values: object) -> Item:
    item = NewItem(uuid4(), place.area["committee"], about, unit, due_at=place.at + HOUR, values=values)
    [done] = open_items(kind_name=kind, items=[item], area_id=place.area["committee"], incident_id=None,
                        by=place.actor("lead"), at=place.at)  # fmt: skip
    assert done.code == ""
    return Item.objects.get(id=item.id)


def knocked(browser: Client, door: UUID, ended: str, *, about: list[str] | None = None, **sent: str) -> HttpResponse:
    """The form of the door's own list, with what it has ticked, and one button of it pressed."""
    form = form_of(browser.get(f"/register/door/{door}/due"), f"/register/door/{door}/knock")
    bare = {k: v if k == "about" else v[-1] for k, v in form.items()}
    return browser.post(f"/register/door/{door}/knock", bare | ({} if about is None else {"about": about})
                        | {"ended": ended} | sent)  # fmt: skip


def finished(browser: Client, item: Item, move: str, **values: str) -> None:
    sent = {"id": str(uuid4()), "move": move} | {f"f-{k}": v for k, v in values.items()}
    assert browser.post(f"/work/{item.id}/move", sent).status_code == 302


def test_all_that_is_due_of_a_household_is_one_list_and_counselling_is_not_on_it(place: Place, now: datetime) -> None:
    door, person = place.households[0], place.people[1]
    incident = outbreak_in(place, at=now)
    testing = round_in(place, at=now, incident=incident)
    survey = opened(place, "door-survey", door)
    heat = opened(place, "heat-call", person, "person")
    case = NewCase(uuid4(), person, place.area["committee"], "contact-close", now.date(), 7, 2, now + 7 * DAY)
    [kept] = open_watch_cases(incident_id=incident.id, edition="cn-covid-8", cases=[case], by=place.actor("tracer"),
                              at=now)  # fmt: skip
    assert kept.code == ""
    plan = make_plan(plan_id=uuid4(), kind_name="welfare-visit", unit_kind="household", unit_id=door,
                     area_id=place.area["committee"], incident_id=None, parent_id=None, values={}, owner_id=None,
                     rhythm=Rhythm(next_on=now.date() + 9 * DAY, every_days=2), by=place.actor("lead"),
                     at=now)  # fmt: skip
    Plan.objects.filter(id=plan.id).update(next_on=now.date())  # its day has come, and nothing is opened for it yet
    words = "老人说药快吃完了"
    plea = took_in(place, words=words, door=str(door))
    sad = took_in(place, words="心里难受，想找人说说话", kind="talk", door=str(door))
    assert Plea.objects.get(id=sad.id).household_id == door
    grid = client_of(place, "grid")
    with CaptureQueriesContext(connection) as seen:
        answer = grid.get(f"/register/door/{door}/due")
    assert len(statements(seen)) <= 32, len(statements(seen))
    body = text_of(answer)
    for address in (f"/work/{survey.id}", f"/work/{heat.id}", f"/watch/{case.id}", f"/plans/{plan.id}",
                    f"/needs/{plea.id}", f"/rounds/{testing.round.id}/board?area="):  # fmt: skip
        assert f'href="{address}' in body, address
    assert f"/needs/{sad.id}" not in body and "6 things due" in body
    assert place.names[1] in body and body.count("Mass testing, round 1") == 1 and inline_in(answer) == []
    # Where it is reached from: the door, the round's door, the plea.
    assert f'href="/register/door/{door}/due"' in text_of(grid.get(f"/register/door/{door}"))
    block = place.buildings["committee"][0]
    board = grid.get(f"/rounds/{testing.round.id}/board?building={block}&door={door}")
    assert f'href="/register/door/{door}/due"' in text_of(board)
    assert f'href="/register/door/{door}/due"' in text_of(grid.get(f"/needs/{plea.id}"))
    # By role: supply reads no register; a volunteer only of a door on his list; the neighbour nothing.
    assert client_of(place, "supply").get(f"/register/door/{door}/due").status_code == 404
    for post in ("volunteer", "neighbour_grid", "grid2", "sampler"):
        refused = client_of(place, post).get(f"/register/door/{door}/due")
        assert refused.status_code == 404 and names_in(refused, place) == set(), post
        assert client_of(place, post).post(f"/register/door/{door}/knock", {"ended": "no-answer"}).status_code == 404
    # A tracer reads tasks, rounds and health checks, and no pleas.
    traced = text_of(client_of(place, "tracer").get(f"/register/door/{door}/due"))
    assert f"/watch/{case.id}" in traced and f"/work/{survey.id}" in traced and "/needs/" not in traced
    assert f"№{plea.number}" not in traced and "5 things due" in traced
    assert Item.objects.filter(kind="knock").count() == 0


def test_who_knocked_today_is_shown_and_nobody_is_asked_the_same_twice_without_a_reason(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, other = place.households[0], place.households[1]
    visit = opened(place, "welfare-visit", door)
    grid, lead = client_of(place, "grid"), client_of(place, "lead")
    assert "Nobody has knocked or called today" in text_of(grid.get(f"/register/door/{door}/due"))
    assert knocked(grid, door, "no-answer", way="phone").status_code == 302
    travel(monkeypatch, now + HOUR)
    assert knocked(grid, door, "later", back_at="10:30").status_code == 302
    asked_back = "They asked to come back at 10:30"
    assert asked_back in text_of(lead.get(f"/register/door/{door}/due"))
    travel(monkeypatch, now + 2 * HOUR)
    assert knocked(grid, door, "answered adult", badge="1", entry="").status_code == 302
    assert asked_back not in text_of(lead.get(f"/register/door/{door}/due"))
    finished(grid, visit, "finish", persons_seen="2", condition="well")
    body = text_of(lead.get(f"/register/door/{door}/due"))
    assert body.count("grid-worker committee") >= 4
    for words in ("09:00 By phone · Welfare visit", "10:00 At the door", "Asked to come back 10:30", "11:00"):
        assert words in body, words
    # The same worker knocked and noted the task: once. A call about the same is one too many, and says who asked.
    heat = NewItem(uuid4(), place.area["committee"], "person", place.people[0])
    [twice] = open_items(kind_name="heat-call", items=[heat], area_id=place.area["committee"], incident_id=None,
                         by=place.actor("lead"), at=now + 3 * HOUR)  # fmt: skip
    assert (twice.code, twice.values.get("who")) == ("work.asked_already", "grid-worker committee")
    travel(monkeypatch, now + 3 * HOUR)
    page = lead.get(f"/work/new/heat-call?unit={place.people[0]}")
    assert "Asked and answered today at" in text_of(page) and "grid-worker committee" in text_of(page)
    form = {"id": str(uuid4()), "unit": str(place.people[0]), "area": str(place.area["committee"]), "again": ""}
    refusal(lead.post("/work/new/heat-call", form), 409, "work.asked_already")
    assert lead.post("/work/new/heat-call", form | {"again": "changed"}).status_code == 302
    heat_call = Item.objects.get(kind="heat-call")
    assert "Something has changed" in text_of(lead.get(f"/work/{heat_call.id}"))
    listed = text_of(lead.get(f"/register/door/{door}/due"))
    assert "Do not ask again without a reason" in listed and "answered today" in listed
    asked = knocked(lead, door, "answered adult", about=["heat-call"], way="phone")
    assert "“How they are and what they lack” was asked and answered" in refusal_in(asked, 409, "work.asked_already")
    assert 'value="heat-call" checked' in text_of(asked)  # what was chosen is kept
    assert knocked(lead, door, "answered adult", about=["other"], way="phone").status_code == 302
    assert figure(place, lead, now) == 0
    assert knocked(lead, door, "answered adult", about=["heat-call"], way="phone", again="changed").status_code == 302
    # The figure: one household, opened to its last knock, by who may read work there.
    assert figure(place, lead, now) == 1 and figure(place, client_of(place, "neighbour"), now, "neighbour") == 0
    rows = text_of(lead.get(f"/sheet?area={place.area['committee']}&figure=asked.twice"))
    assert "Shown 1 / 1" in rows
    # The next day, and the next door, are asked as ever.
    travel(monkeypatch, now + 3 * HOUR)
    assert knocked(lead, other, "answered adult", about=["welfare-visit"], way="phone").status_code == 302
    travel(monkeypatch, now + DAY)
    assert knocked(lead, door, "answered adult", about=["heat-call"], way="phone").status_code == 302
    assert figure(place, lead, now + DAY) == 0
    assert "Nobody has knocked or called today" not in text_of(lead.get(f"/register/door/{door}/due"))


def refusal_in(answer: HttpResponse, status: int, code: str) -> str:
    body = text_of(answer)
    assert answer.status_code == status and f'title="{code}"' in body, re.findall(r'title="([a-z_.]+)"', body)
    return body


def figure(place: Place, browser: Client, at: datetime, area: str = "committee") -> int:
    body = text_of(browser.get(f"/sheet?area={place.area[area]}&figure=asked.twice"))
    found = re.search(r'<p class="big">(\d+) <small>households', body)
    assert found is not None, at
    return int(found.group(1))


def test_a_press_twice_is_one_knock_and_refusing_is_a_state(place: Place, now: datetime) -> None:
    door, grid = place.households[0], client_of(place, "grid")
    once = str(uuid4())
    for _ in range(2):
        assert knocked(grid, door, "refused", id=once, badge="1").status_code == 302
    knock = Item.objects.get(kind="knock")
    assert (knock.state, knock.is_closed, knock.counted, knock.values["badge"]) == ("refused", True, None, True)
    assert knock.moves.exclude(move="open").count() == 1
    body = text_of(grid.get(f"/register/door/{door}/due"))
    assert "Refused" in body and "nobody is at fault" in body
    # It is no kind that somebody opens by itself, or notes without its page.
    refusal(grid.post("/work/new/knock", {"id": str(uuid4()), "unit": str(door)}), 422, "work.own_page")
    assert "/work/new/knock" not in text_of(grid.get(f"/register/door/{door}"))
    assert "/work/new/knock" not in text_of(grid.get("/work/kinds"))
    refusal_in(knocked(grid, door, "answered adult", about=["counsel-call"]), 422, "work.field_unfit")
    refusal_in(knocked(grid, door, "stormed"), 422, "work.move_unknown")
    assert Item.objects.filter(kind="knock").count() == 1


def test_going_inside_states_by_whose_consent_and_a_minor_alone_is_asked_nothing(place: Place, now: datetime) -> None:
    door, grid = place.households[0], client_of(place, "grid")
    about = ["other"]
    body = refusal_in(knocked(grid, door, "answered minor-alone", about=about), 422, "work.minor_alone")
    assert "Only a minor is at home" in body and "guardian" in body
    assert Item.objects.filter(kind="knock").count() == 0
    assert knocked(grid, door, "answered minor-guardian", about=about, entry="guardian").status_code == 302
    refusal_in(knocked(grid, door, "answered adult", about=about, entry="paper"), 422, "work.field_missing")
    refusal_in(knocked(grid, door, "answered adult", about=about, entry="force"), 422, "work.field_unfit")
    refusal_in(knocked(grid, door, "later", about=about), 422, "work.field_missing")
    assert knocked(grid, door, "answered adult", about=about, entry="paper", paper="甲防〔2026〕3 号", badge="1",
                   ).status_code == 302  # fmt: skip
    first, second = Item.objects.filter(kind="knock").order_by("closed_at", "opened_at")
    assert {first.values["entry"], second.values["entry"]} == {"guardian", "paper"}
    shown = [text_of(grid.get(f"/work/{i.id}")) for i in (first, second)]
    assert any("甲防〔2026〕3 号" in s and "A paper" in s for s in shown)
    # By phone nobody is asked for a badge, and nobody goes in.
    assert knocked(grid, door, "answered adult", about=about, way="phone", entry="resident").status_code == 302
    phone = Item.objects.get(kind="knock", values__way="phone")
    assert "inside" not in phone.values and "badge" not in phone.values


def test_at_night_nobody_knocks_as_a_routine_and_danger_has_its_reason(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, grid = place.households[0], client_of(place, "grid")
    for hours, is_night in (
        (12.99, False),
        (13, True),
        (21.99, True),
        (22, False),
    ):  # from nine: 21:59 22:00 06:59 07:00
        travel(monkeypatch, now + hours * HOUR)
        body = text_of(grid.get(f"/register/door/{door}/due"))
        assert ("It is night" in body) is is_night, hours
        answer = knocked(grid, door, "no-answer")
        if not is_night:
            assert answer.status_code == 302
            continue
        assert "22:00" in refusal_in(answer, 409, "work.night_rest") and "07:00" in text_of(answer)
    travel(monkeypatch, now + 16 * HOUR)
    why = "邻居听到呼救"
    assert knocked(grid, door, "answered adult", about=["other"], entry="danger", night=why).status_code == 302
    night = Item.objects.get(kind="knock", state="answered")
    assert why not in str(night.values) and why.encode() not in bytes(night.sealed)
    assert why in text_of(grid.get(f"/work/{night.id}"))  # its owner reads it


def test_the_caller_and_the_resident_read_one_word_and_nobody_else_does(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, next_door = place.households[:2]
    account = open_account(account_id=uuid4(), username="liver", label="居民", password_hash="!",
                           person_id=place.people[0], area_id=place.area["committee"], by=place.system,
                           at=now)  # fmt: skip
    home, grid = browser_of(account), client_of(place, "grid")

    def word(browser: Client, address: str) -> str | None:
        found = re.search(r'class="word">.*?<b>(.*?)</b>', text_of(browser.get(address)), re.S)
        return found.group(1) if found else None

    today = word(grid, f"/register/door/{door}/due")
    assert today and today == word(home, "/mine") == word(client_of(place, "lead"), f"/register/door/{door}/due")
    assert " · " in today and today != word(grid, f"/register/door/{next_door}/due")
    mine = text_of(home.get("/mine"))
    assert "hang up" in mine and "0751-0000000" in mine
    # Who may look at the door but calls nobody, and the neighbours, do not read it; the list is not the resident's.
    assert word(client_of(place, "neighbour_grid"), f"/register/door/{door}/due") is None
    assert home.get(f"/register/door/{door}/due").status_code == 404
    [helper] = volunteers(place, 1)
    assert browser_of(helper).get(f"/register/door/{door}/due").status_code == 404
    words = {today}
    for n in range(1, 15):
        travel(monkeypatch, now + n * DAY)
        words.add(str(word(home, "/mine")))
    assert len(words) >= 13  # a new one every day
    travel(monkeypatch, now + 14.5 * HOUR)
    assert word(home, "/mine") == today  # until midnight
