"""A storm on the morning of a mass testing: taken in from the weather service, answered at each post, over at noon."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.base import clock
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.messages.models import Message
from lianfang.domains.rounds.models import Station
from lianfang.domains.work.models import Item
from lianfang.domains.work.rules import CHECK
from lianfang.flows.run_due import run_due
from tests.factories.alerts import HOUR, alert, code_area, info
from tests.factories.call import called, shift_of, volunteers
from tests.factories.rounds import Testing
from tests.scenarios.test_call_rows import browser_of, press
from tests.web.pages import client_of, refusal, text_of

CHOICES = {"shelter": "Move under shelter", "kit": "Go on with kit", "pause": "Pause", "re-time": "Another time"}


def file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("alert.xml", data, "application/xml")


def travel(monkeypatch: pytest.MonkeyPatch, to: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: to)


@pytest.mark.row("S0-15")
def test_a_warning_reaches_the_posts_outdoors_their_leads_choose_and_the_timeline_tells_it_all(
    testing: Testing, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, now = testing.place, clock.now()
    place.at = now
    indoors = called(place, 2, task="medical")
    calls = [called(place, 3), called(place, 3, where="committee2"), called(place, 2, where="neighbour_committee")]
    [helper] = volunteers(place, 1)
    press(helper, shift_of(calls[0]))

    # The weather service's file: rainstorm yellow and gale blue over the district, and a place nobody here knows.
    here = [code_area("990101000000", "甲区"), code_area("880000", "火星")]
    data = alert(now, info(now, here), info(now, here, event="大风", headline="发布大风蓝色预警信号", lasts=3 * HOUR))
    officer = client_of(place, "officer")
    answer = officer.post("/weather/import", {"file": file(data)})
    assert answer.status_code == 302 and answer.url == "/weather?said=weather.taken"
    assert officer.post("/weather/import", {"file": file(data)}).status_code == 302  # a second press changes nothing
    listed = text_of(officer.get("/weather"))
    sites = [s.place_id for s in Station.objects.filter(round=testing.round)]
    assert "8 posts have not answered a weather warning" in listed and "left out: 火星" in listed
    assert "Rainstorm, yellow" in listed and "Gale, blue" in listed
    flagged = set(Item.objects.filter(kind=CHECK).values_list("unit_id", flat=True))
    assert flagged == {*sites, calls[0].id, calls[1].id} and indoors.id not in flagged
    leads = set(Item.objects.filter(kind=CHECK).values_list("owner_id", flat=True))
    assert set(Message.objects.filter(template="weather-warning").values_list("recipient_id", flat=True)) == leads

    # Each lead answers on a phone, one tap a post: all four choices are made.
    rain = Item.objects.filter(kind=CHECK).order_by("unit_kind", "unit_id", "root_id")
    owners = {a.id: name for name, a in place.accounts.items()}
    chosen: dict[str, str] = {}
    for n, item in enumerate(rain):
        lead = client_of(place, owners[item.owner_id])
        phone = text_of(lead.get("/weather/checks"))
        title = item.title_en or item.title
        assert title in phone and all(words in phone for words in CHOICES.values())
        choice = [*CHOICES][n % 4]
        done = lead.post(f"/weather/checks/{item.id}/answer", {"id": str(uuid4()), "choice": choice})
        assert done.status_code == 302 and done.url == "/weather/checks?said=weather.answered"
        chosen[f"{title}: {CHOICES[choice]}"] = choice
    assert set(chosen.values()) == set(CHOICES) and "No weather warning" not in text_of(officer.get("/weather"))
    assert "2 weather warnings" in text_of(officer.get("/weather"))

    # All of it on the timeline of the incident, and on the pages of those it concerns.
    timeline = text_of(client_of(place, "command").get(f"/incidents/{testing.incident.id}"))
    assert "entered a weather warning: Rainstorm, yellow" in timeline and "flagged posts outdoors: 2" in timeline
    assert all(f"weather, {told}" in timeline for told in chosen)
    mine, found = (text_of(browser_of(helper).get(url)) for url in ("/calls/mine", "/calls?tab=all"))
    assert "Rainstorm, yellow · until" in mine and "Gale, blue · until" in found
    paused = Item.objects.get(kind=CHECK, unit_kind="call", values__choice="pause")
    for url in (f"/calls/{paused.unit_id}", "/calls?tab=all"):
        who = officer if paused.unit_id and url.endswith(str(paused.unit_id)) else browser_of(helper)
        assert f"Paused by {place.accounts[owners[paused.owner_id]].label}" in text_of(who.get(url))
    stations = text_of(officer.get(f"/rounds/{testing.round.id}/stations"))
    assert stations.count("Rainstorm, yellow") == len(sites)
    assert "Rainstorm, yellow" in text_of(client_of(place, "command").get("/wall"))
    assert "No post of yours" in text_of(client_of(place, "neighbour_grid").get("/weather/checks"))

    # The gale ends by itself, the rain by the weather service's word.
    travel(monkeypatch, now + 3 * HOUR)
    run_due(channels={}, by=place.system, at=clock.now())
    over = alert(now + 3 * HOUR, identifier="A2", kind="Cancel", references=["A1"])
    officer = client_of(place, "officer")
    assert officer.post("/weather/import", {"file": file(over)}).url == "/weather?said=weather.cancelled"
    assert not Item.objects.filter(kind=CHECK, is_closed=False).exists()
    assert "No weather warning" in text_of(officer.get("/weather"))
    timeline = text_of(client_of(place, "command").get(f"/incidents/{testing.incident.id}"))
    assert "Weather warning over: Gale, blue" in timeline and "its time ran out" in timeline
    assert "Weather warning over: Rainstorm, yellow" in timeline and "the weather service cancelled it" in timeline
    refusal(officer.post("/weather/import", {"file": file(over)}), 404, "incidents.warning_missing")


def test_a_warning_typed_in_with_two_taps_widens_by_an_update_and_asks_late_leads_louder(
    testing: Testing, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, now = testing.place, clock.now()
    place.at = now
    called(place, 3, where="committee")
    street = client_of(place, "street")
    form = text_of(street.get("/weather/new"))
    assert 'value="rainstorm yellow"' in form and 'value="heat red"' in form
    until = (now + 5 * HOUR).astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")
    sent = {"id": uuid4(), "warning": "rainstorm orange", "area": place.area["street"], "until_at": until,
            "from_at": now.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")}  # fmt: skip
    for _ in range(2):
        made = street.post("/weather/new", sent)
        assert made.status_code == 302 and made.url == f"/weather/{sent['id']}?said=weather.raised"
    shown = text_of(street.get(made.url))
    assert "2 of 2 posts have not answered" in shown and "Take posts outdoors inside" in shown
    travel(monkeypatch, now + timedelta(minutes=21))
    run_due(channels={}, by=place.system, at=clock.now())
    assert "2 late" in text_of(client_of(place, "street").get(made.url))
    assert "2 posts wait for your answer" in text_of(client_of(place, "street").get("/weather/checks"))
    refusal(client_of(place, "street2").post(f"/weather/{sent['id']}/cancel", {"why": "x"}), 404,
            "incidents.warning_missing")  # fmt: skip
    ended = client_of(place, "street").post(f"/weather/{sent['id']}/cancel", {"why": "雨停了"})
    assert ended.status_code == 302 and "雨停了" in text_of(client_of(place, "street").get(f"/weather/{sent['id']}"))
