"""Rows of permits shown through pages: level by level, the fast lane, out and back in time or flagged."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.decisions.models import Step
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.flows.run_due import run_due
from tests.factories.call import HOUR, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, travel
from tests.web.conftest import Town
from tests.web.pages import client_of, form_of, refusal, text_of

Patch = pytest.MonkeyPatch
MINUTE = timedelta(minutes=1)


def moment(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")


def asked(browser: Client, at: datetime, **typed: str) -> Permit:
    """Asked for on the page, pressed twice."""
    person = f"?person={typed['person']}" if "person" in typed else ""
    form = {k: v[-1] for k, v in form_of(browser.get(f"/permits/new{person}"), "").items() if k != "fast"}
    sent = form | {"purpose": "打第二针狂犬疫苗", "where": "市一医院", "mode": "car", "from": moment(at + 4 * HOUR),
                   "until": moment(at + 8 * HOUR)} | typed  # fmt: skip
    answer = browser.post("/permits/new", sent)
    assert answer.status_code == 302, text_of(answer)
    assert browser.post("/permits/new", sent).status_code == 302
    return Permit.objects.get(id=sent["id"])


def decided(browser: Client, permit: Permit, says: str = "grant", reason: str = "") -> object:
    return browser.post(f"/decisions/{permit.decision_id}/say", {"says": says, "reason": reason, "next": "/permits"})


def resident_of(town: Town) -> Client:
    """Who lives in the sealed building, signed in."""
    return client_of(town.place, "resident")


@pytest.mark.row("S3-36")
def test_an_exit_is_approved_level_by_level_in_time_for_its_hour_checked_at_the_gate_and_flagged_when_late(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    mine = resident_of(town)
    permit = asked(mine, at, deadline=moment(at + 4 * HOUR + 30 * MINUTE))
    assert (permit.state, permit.ladder, permit.hold_kind) == ("applied", "exit-three", "sealed")
    page = text_of(mine.get(f"/permits/{permit.id}"))
    assert page.count("waits") == 3 and "Square for the gate" not in page and "打第二针狂犬疫苗" in page
    # The neighbour neither sees nor decides it; the street's turn comes after the community's.
    assert client_of(place, "neighbour").get(f"/permits/{permit.id}").status_code == 404
    refusal(decided(client_of(place, "street2"), permit), 403, "decisions.no_authority")
    told = Message.objects.get(template="permit-asked", recipient_id=place.accounts["lead"].id)
    assert told.purpose == "warn" and f"№{permit.number}" in text_of(client_of(place, "lead").get("/decisions"))
    refusal(decided(client_of(place, "lead"), permit, "refuse", " "), 422, "gates.permit_unfit")
    assert decided(client_of(place, "lead"), permit).status_code == 302
    # Street and command decide beside each other, in either order.
    assert decided(client_of(place, "command"), permit).status_code == 302
    assert Permit.objects.get(id=permit.id).state == "applied"
    gate = client_of(place, "volunteer")
    early = text_of(gate.post("/gate", {"pass": str(permit.number)}))
    assert "May not pass" in early and "It is not granted yet." in early
    assert decided(client_of(place, "street"), permit).status_code == 302
    assert Permit.objects.get(id=permit.id).state == "issued"
    assert Message.objects.filter(template="permit-issued", recipient_id=place.accounts["resident"].id).count() == 1
    square = re.search(r"LF2[A-Z2-7]+", str(mine.get(f"/permits/{permit.id}").context["text"]))
    assert square is not None
    before = text_of(gate.post("/gate", {"pass": square.group(0)}))
    assert "Its time has not come." in before
    forged = square.group(0)[:-4] + ("AAAA" if square.group(0)[-4:] != "AAAA" else "BBBB")
    assert "No permit of ours" in text_of(gate.post("/gate", {"pass": forged}))
    travel(monkeypatch, at + 4 * HOUR)
    look = gate.post("/gate", {"pass": square.group(0)})
    assert "May pass" in text_of(look) and "打第二针" not in text_of(look)  # a gate needs no reasons
    out = {k: v[-1] for k, v in form_of(look, "/gate/pass").items()} | {"way": "out"}
    for _ in range(2):
        assert gate.post("/gate/pass", out).url.endswith("gates.out")
    assert gate.post("/gate/pass", out | {"id": str(uuid4())}).url.endswith("gates.refused")  # once, not twice
    assert Passage.objects.filter(permit=permit, verdict="pass").count() == 1
    late = at + 8 * HOUR + 16 * MINUTE
    travel(monkeypatch, late)
    for _ in range(2):
        assert place.system is not None
        run_due(channels={}, by=place.system, at=late)
    flagged = Message.objects.filter(template="permit-late")
    assert {m.recipient_id for m in flagged} >= {place.accounts["lead"].id, place.accounts["resident"].id}
    assert flagged.count() == flagged.values("recipient_id").distinct().count()
    assert "1 not back in time" in text_of(client_of(place, "lead").get("/permits"))
    back = {k: v[-1] for k, v in form_of(gate.post("/gate", {"pass": str(permit.number)}), "/gate/pass").items()}
    assert gate.post("/gate/pass", back | {"way": "in"}).url.endswith("gates.in")  # late, but never shut out
    done = Permit.objects.get(id=permit.id)
    assert done.state == "back" and done.back_at == late
    assert "1 not back" not in text_of(client_of(place, "lead").get("/permits"))


@pytest.mark.row("S3-37")
def test_what_cannot_wait_takes_the_fast_lane_is_looked_at_by_another_and_its_share_is_shown(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    grid, lead, street = client_of(place, "grid"), client_of(place, "lead"), client_of(place, "street")
    person = str(place.people[0])
    form = {k: v[-1] for k, v in form_of(grid.get(f"/permits/new?person={person}"), "").items()}
    hurried = form | {"purpose": "孩子高烧", "where": "急诊", "mode": "car", "from": moment(at), "fast": "1",
                      "until": moment(at + 3 * HOUR), "fast_why": ""}  # fmt: skip
    refused = grid.post("/permits/new", hurried)
    assert "孩子高烧" in refusal(refused, 422, "gates.permit_unfit")  # a reason is needed; what was typed stands
    assert not Permit.objects.exists()
    fast = asked(grid, at, person=person, purpose="孩子高烧", fast="1", fast_why="体温四十度", **{"from": moment(at)})
    slow = asked(grid, at, person=person)
    assert (fast.ladder, slow.ladder) == ("exit-fast", "exit-three")
    due = fast.decision_id and text_of(lead.get("/decisions"))
    assert due and "fast lane" in due
    assert decided(lead, fast).status_code == 302
    assert Permit.objects.get(id=fast.id).state == "issued"
    for voice in (lead, street, client_of(place, "command")):
        assert decided(voice, slow).status_code == 302
    page = text_of(lead.get("/permits?show=review"))
    assert f"№{fast.number}" in page and f"№{slow.number}" not in page and "fast lane 1 of 2 (50 %)" in page
    refusal(lead.post("/permits/review", {"permit": str(fast.id), "finding": "对"}), 409, "gates.own_review")
    refusal(street.post("/permits/review", {"permit": str(fast.id), "finding": " "}), 422, "gates.permit_unfit")
    assert street.post("/permits/review", {"permit": str(fast.id), "finding": "属实"}).status_code == 302
    assert f"№{fast.number}" not in text_of(street.get("/permits?show=review"))
    # Danger to life: out at once, by anybody at the gate, without any paper; looked at afterwards by another.
    gate = client_of(place, "volunteer")
    sent = {"id": str(uuid4()), "way": "release", "words": "产妇，要生了"}
    for _ in range(2):
        assert gate.post("/gate/pass", sent).url.endswith("gates.released")
    [let_out] = Passage.objects.filter(verdict="release")
    assert "产妇".encode() not in bytes(let_out.sealed)
    assert "Let out at once" in text_of(lead.get("/permits")) and "产妇，要生了" in text_of(lead.get("/permits"))
    review = {"passage": str(let_out.id), "finding": "已送医"}
    assert lead.post("/permits/review", review).status_code == 302
    assert "Let out at once" not in text_of(lead.get("/permits"))
    assert gate.post("/gate/pass", {"id": str(uuid4()), "way": "release"}).status_code == 302  # no words, no matter


@pytest.mark.row("S1-36")
def test_a_responder_has_a_pass_for_his_task_with_its_area_time_and_way_and_the_way_on_foot_counts(
    place: Place, monkeypatch: Patch
) -> None:
    at = datetime.now(LOCAL).replace(second=0, microsecond=0) + MINUTE
    travel(monkeypatch, at)
    place.at = at
    (who,) = volunteers(place, 1)
    mine, lead = browser_of(who), client_of(place, "lead")
    begins = {"from": moment(at + 2 * HOUR), "until": moment(at + 6 * HOUR), "deadline": moment(at + 3 * HOUR)}
    on_foot = asked(mine, at, kind="task", mode="walk", purpose="充燃气卡", where="燃气公司", **begins)
    by_car = asked(mine, at, kind="task", mode="car", purpose="充燃气卡", where="燃气公司", **begins)
    waits = {p.id: _due(p) for p in (on_foot, by_car)}
    assert waits[on_foot.id] <= waits[by_car.id]  # the longer way leaves less time to decide
    assert decided(lead, on_foot).status_code == 302
    page = text_of(mine.get(f"/permits/{on_foot.id}"))
    assert "on foot" in page and "granted" in page and "燃气公司" in page
    gate = client_of(place, "grid2")  # a gate elsewhere in the district reads it too
    travel(monkeypatch, at + 2 * HOUR)
    assert "May pass" in text_of(gate.post("/gate", {"pass": f"№{on_foot.number}"}))
    assert lead.post(f"/permits/{by_car.id}/void", {"why": "不用去了"}).status_code == 302
    assert "It holds no more." in text_of(gate.post("/gate", {"pass": str(by_car.number)}))


def _due(permit: Permit) -> datetime:
    due = Step.objects.get(decision_id=permit.decision_id).due_at
    assert due is not None
    return due


def plea_in(town: Town, at: datetime, words: str, **typed: str) -> Plea:
    """Taken in at the desk, put to the first door and the child who lives there."""
    grid = client_of(town.place, "grid")
    form = {k: v[-1] for k, v in form_of(grid.get("/needs/new"), "").items()}
    sent = form | {"channel": "message", "words": words, "phone": "13912345678", "take": "1"} | typed
    assert grid.post("/needs/new", sent).status_code == 302
    door = {"door": str(town.place.households[0]), "person": str(town.place.people[2])}
    assert grid.post(f"/needs/{sent['id']}/place", door).status_code == 302
    return Plea.objects.get(id=sent["id"])


@pytest.mark.row("S3-35")
def test_a_deadline_at_a_named_hospital_is_planned_back_and_what_would_break_it_jumps_the_queue(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(hour=22, minute=40, second=0, microsecond=0)
    travel(monkeypatch, at)
    plea = plea_in(town, at, "女儿被狗咬了，明天上午10点要去市一医院打第二针狂犬疫苗")
    by_when = (at + timedelta(days=1)).replace(hour=10, minute=0)
    assert (plea.kind, plea.danger, plea.group, plea.deadline_at) == ("doctor", "health", "minor", by_when)
    grid = client_of(place, "grid")
    form = {k: v[-1] for k, v in form_of(grid.get(f"/needs/{plea.id}"), f"/needs/{plea.id}/weigh").items()}
    assert grid.post(f"/needs/{plea.id}/weigh", form | {"deadline_where": "市一医院"}).status_code == 302
    page = text_of(grid.get(f"/needs/{plea.id}"))
    assert "Leaves by</dt><dd>" in page and "09:15" in page and "07:45" in page and "in time" in page
    # Other pleas of the same danger that came before stand below it once somebody has answered it.
    older = plea_in(town, at, "肚子疼，想去医院看看")
    for one in (plea, older):
        assert grid.post(f"/needs/{one.id}/accept").status_code == 302
    rows = text_of(grid.get("/needs"))
    assert rows.index(f"№{plea.number}</a>") < rows.index(f"№{older.number}</a>")
    assert "Deadlines in danger" not in rows
    morning = by_when.replace(hour=7, minute=46)
    travel(monkeypatch, morning)
    for _ in range(2):
        assert place.system is not None
        run_due(channels={}, by=place.system, at=morning)
    told = Message.objects.filter(template="plea-deadline", about_id=plea.id)
    assert place.accounts["grid"].id in {m.recipient_id for m in told}
    assert told.count() == told.values("recipient_id").distinct().count()
    assert "Deadlines in danger" in text_of(grid.get("/needs"))
    page = text_of(grid.get(f"/needs/{plea.id}"))
    assert "tight: jump the queue" in page
    link = re.search(r'href="(/permits/new\?[^"]+)"', page)
    assert link is not None
    form = {k: v[-1] for k, v in form_of(grid.get(link.group(1)), "").items() if k != "fast"}
    assert (form["where"], form["deadline"]) == ("市一医院", moment(by_when))
    sent = form | {"purpose": "第二针狂犬疫苗", "from": moment(morning), "until": moment(by_when + 3 * HOUR),
                   "mode": "car", "fast": "1", "fast_why": "过时无效"}  # fmt: skip
    assert grid.post("/permits/new", sent).status_code == 302
    permit = Permit.objects.get(plea_id=plea.id)
    step = Step.objects.get(decision_id=permit.decision_id)
    assert step.due_at is not None and step.due_at <= by_when - timedelta(minutes=25)
    assert decided(client_of(place, "lead"), permit).status_code == 302
    assert "in time" in text_of(grid.get(f"/needs/{plea.id}"))
    assert "Deadlines in danger" not in text_of(grid.get("/needs"))
    travel(monkeypatch, by_when.replace(hour=9, minute=16))
    assert "too late for the usual way" in text_of(grid.get(f"/needs/{plea.id}"))


@pytest.mark.row("S3-40")
def test_a_plea_from_the_police_desk_that_is_not_medical_is_planned_back_from_its_day(
    town: Town, monkeypatch: Patch
) -> None:
    place = town.place
    at = datetime.now(LOCAL).replace(hour=9, minute=0, second=0, microsecond=0)
    travel(monkeypatch, at)
    when = at + timedelta(days=3)
    plea = plea_in(town, at, "12日要去厦门思明区参加面试，封在家里", channel="police", deadline=moment(when))
    assert (plea.channel, plea.kind, plea.danger) == ("police", "exit", "hardship")
    assert plea.taken_in_by == place.accounts["grid"].id
    page = text_of(client_of(place, "grid").get(f"/needs/{plea.id}"))
    assert "police desk" in page and "in time" in page and "13912345678" in page
    assert "13912345678" not in text_of(client_of(place, "command").get(f"/needs/{plea.id}"))  # reads, takes none
    assert plea.act_by == when - timedelta(minutes=135)
    # The work it becomes is due by its day, and not by the usual hours of its kind.
    grid = client_of(place, "grid")
    form = form_of(grid.get(f"/needs/{plea.id}?as=exit"), f"/needs/{plea.id}/route?as=exit")
    sent = {k: v[-1] for k, v in form.items() if k != "owner"}
    assert grid.post(f"/needs/{plea.id}/route?as=exit", sent).status_code == 302
    plea.refresh_from_db()
    assert plea.item is not None and plea.item.due_at == when
    assert Message.objects.filter(template="plea-new", about_id=plea.id).count() >= 1
