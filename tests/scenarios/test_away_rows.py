"""A medical team sent to a far province: insured, a word home each day, nobody left out, apart when it is home."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import CallOut
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.models import Fitness, Mission, TeamNote
from lianfang.domains.work.models import Item
from lianfang.flows.run_due import run_due
from tests.factories.call import HOUR, unit, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, travel
from tests.scenarios.test_people_rows import moment, send
from tests.web.pages import client_of, refusal, text_of

Patch = pytest.MonkeyPatch
DAY = timedelta(days=1)


@pytest.fixture
def now(place: Place, monkeypatch: Patch) -> datetime:
    """Tomorrow at nine in the morning, as the pages see it."""
    at = (clock.now().astimezone(LOCAL) + DAY).replace(hour=9, minute=0, second=0, microsecond=0)
    travel(monkeypatch, at)
    place.at = at
    return at


def gathered(place: Place, at: datetime, monkeypatch: Patch, *, days: int) -> tuple[UUID, list[Account], Client]:
    """Asked for, shared out, called and come, all through pages: ready to leave. Mission, its people, the host."""
    hospital = unit(place, "市人民医院", "hospital", "district")
    people = volunteers(place, 10, unit=hospital, where="district")
    Account.objects.filter(id=people[0].id).update(person_id=place.people[5])
    (officer,) = volunteers(place, 1, where="neighbour", role="county-officer")
    sender, host, mission_id = client_of(place, "county"), browser_of(officer), uuid4()
    host.post("/missions/ask", {"id": str(mission_id), "own": str(place.area["neighbour"]), "task": "medical",
                                "other": "甲区", "way": "they-send", "title": "援助湖北医疗队", "people": "10",
                                "from": moment(at), "until": moment(at + days * DAY),
                                "kit": "N95 口罩 200 只\n成人纸尿裤 10 包"})  # fmt: skip
    send(sender, f"/missions/{mission_id}/quotas", **{f"staff.{hospital}": "30"})
    send(sender, f"/missions/{mission_id}/step", state="offered")
    send(sender, f"/missions/{mission_id}/call", where="卫健局", meet=moment(at + HOUR), minutes="10", repeats="3")
    out = CallOut.objects.get(mission_id=mission_id)
    send(sender, f"/call-outs/{out.id}/note", people=[str(p.id) for p in people], says="come")
    return mission_id, people, host


@pytest.mark.row("S4-24")
def test_a_long_mission_is_insured_says_each_day_how_it_is_and_its_people_stay_apart_at_home(
    place: Place,
    now: datetime,
    monkeypatch: Patch,
) -> None:
    mission_id, people, host = gathered(place, now, monkeypatch, days=60)
    sender, captain = client_of(place, "county"), browser_of(people[0])
    address = f"/missions/{mission_id}"
    # Nobody leaves uninsured; the page asks for it.
    assert "whom to ring" in text_of(sender.get(address))
    refusal(sender.post(f"{address}/step", {"state": "assembled", "name": "医疗队"}), 422, "responders.unfit")
    assert Mission.objects.get(id=mission_id).state == "offered"
    send(sender, f"{address}/step", state="assembled", name="恩平医疗队", cover="人保健康 PH-2020-88，95518 转王经理")
    send(host, f"{address}/step", state="hosted")
    page = text_of(sender.get(address))
    assert "95518 转王经理" in page and "N95 口罩 200 只" in page
    # A word home: from the team's own phones, everybody accounted for, twice pressed once kept.
    assert "Word home: 援助湖北医疗队" in text_of(captain.get("/people/card"))
    assert 'value="10"' in captain.get(f"{address}/word").content.decode()
    refusal(captain.post(f"{address}/word", {"id": str(uuid4()), "well": "9", "ill": "0"}), 422, "responders.unfit")
    sent = {"id": str(uuid4()), "well": "10", "ill": "0", "words": "一切都好，勿念"}
    assert [captain.post(f"{address}/word", sent).status_code for _ in range(2)] == [302, 302]
    assert TeamNote.objects.filter(kind="home").count() == 1
    told = Message.objects.filter(template="mission-word", recipient_id=place.accounts["county"].id)
    assert told.count() == 1 and "10 well, 0 not · 一切都好，勿念" in text_of(sender.get(address))
    # The host sees that they are well; what they write home is for home. Others write no word for them.
    hosts = text_of(host.get(address))
    assert "10 well, 0 not" in hosts and "勿念" not in hosts
    for stranger in (client_of(place, "volunteer"), sender):
        refusal(stranger.post(f"{address}/word", sent | {"id": str(uuid4())}), 404, "responders.mission_missing")
    # The next day nobody says anything until the hour of the rule: home and team hear it, once.
    late = (now + DAY).astimezone(LOCAL).replace(hour=20, minute=1)
    for at, silent in ((late - 2 * HOUR, 0), (late, 1), (late + HOUR, 1)):
        travel(monkeypatch, at)
        run_due(channels={}, by=place.system, at=at)
        silences = Message.objects.filter(template="mission-silent")
        assert silences.filter(recipient_id=place.accounts["county"].id).count() == silent
        assert silences.filter(recipient_id=people[3].id).count() == silent
    assert "no word" in text_of(sender.get(address))
    # Somebody is ill: home hears a warning.
    send(browser_of(people[4]), f"{address}/word", well="9", ill="1", words="小李发烧")
    ill = Message.objects.get(template="mission-ill", recipient_id=place.accounts["county"].id)
    assert ill.purpose == "warn" and "no word" not in text_of(sender.get(address))
    # Released, they are apart and off duty for the days of the rule; a check waits where one lives.
    home = now + 60 * DAY
    travel(monkeypatch, home)
    send(host, f"{address}/step", state="released", words="救治 82 人，零感染")
    until = Mission.objects.get(id=mission_id).apart_until_at
    assert until == home + 14 * DAY
    assert "home, apart until" in text_of(sender.get(address))
    card = text_of(captain.get("/people/card"))
    assert re.search(r'class="chip [a-z]+">off duty</span>', captain.get("/people/card").content.decode())
    assert "until" in card and "Word home" not in card
    assert Message.objects.filter(template="mission-apart", recipient_id=people[9].id).count() == 1
    check = Item.objects.get(kind="returnee-check", unit_id=place.people[5])
    assert check.area_id == place.area["committee"] and not check.closed_at
    refusal(captain.post(f"{address}/word", sent | {"id": str(uuid4())}), 404, "responders.mission_missing")


def test_a_short_mission_needs_no_cover_and_nobody_is_kept_apart_after_it(
    place: Place,
    now: datetime,
    monkeypatch: Patch,
) -> None:
    mission_id, people, host = gathered(place, now, monkeypatch, days=3)
    sender, address = client_of(place, "county"), f"/missions/{mission_id}"
    assert "whom to ring" not in text_of(sender.get(address))
    send(sender, f"{address}/step", state="assembled", name="采样队")
    send(host, f"{address}/step", state="hosted")
    member = browser_of(people[0])
    assert "Word home" not in text_of(member.get("/people/card"))
    word = {"id": str(uuid4()), "well": "10", "ill": "0"}
    refusal(member.post(f"{address}/word", word), 404, "responders.mission_missing")
    late = (now + DAY).astimezone(LOCAL).replace(hour=22)
    travel(monkeypatch, late)
    run_due(channels={}, by=place.system, at=late)
    send(host, f"{address}/step", state="released", words="采样结束")
    assert Mission.objects.get(id=mission_id).apart_until_at is None
    assert not Message.objects.filter(template__in=("mission-silent", "mission-apart")).exists()
    assert not Fitness.objects.filter(responder_id__in=[p.id for p in people]).exists()
