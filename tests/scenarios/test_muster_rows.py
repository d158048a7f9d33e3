"""Rows of mustering and of one call by two levels, shown through pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import CallOut
from lianfang.domains.places.models import Place as Site
from lianfang.domains.places.models import ReadyItem
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR, unit, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, travel
from tests.scenarios.test_people_rows import enrol, moment, now, send
from tests.web.pages import client_of, refusal, text_of

__all__ = ["now"]
MINUTE = timedelta(minutes=1)


def site_in(place: Place, name: str, kind: str = "service-post") -> UUID:
    """Enter a site by its page."""
    site_id = uuid4()
    sent = {"id": site_id, "kind": kind, "name": name, "n-post": "4", "lon": "113.6", "lat": "24.8"}
    answer = client_of(place, "supply").post(f"/places/new?area={place.area['committee']}", sent)
    assert answer.status_code == 302, text_of(answer)
    return site_id


def at_clock(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%H:%M")


@pytest.mark.row("S0-05")
def test_people_are_mustered_in_an_afternoon_and_a_site_opens_when_it_is_ready_or_in_spite_of_it(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital, bureau = unit(place, "区医院", "hospital"), unit(place, "公安分局")
    medics, police = volunteers(place, 3, unit=hospital), volunteers(place, 2, unit=bureau)
    for who in (*medics, *police):
        enrol(who, place)
    site = site_in(place, "东广场采样点")
    keeper, lead = client_of(place, "supply"), client_of(place, "lead")

    # A list by stream of work at the site; only who keeps places lays and ticks it.
    refusal(keeper.post(f"/places/{site}/readiness", {"stream": "cooking"}), 422, "places.unfit")
    refusal(client_of(place, "neighbour").post(f"/places/{site}/readiness", {"stream": "testing"}), 403,
            "accounts.right_missing")  # fmt: skip
    for stream in ("testing", "supply"):
        send(keeper, f"/places/{site}/readiness", stream=stream)
    assert ReadyItem.objects.count() == 7
    send(keeper, f"/places/{site}/readiness", stream="testing")
    assert ReadyItem.objects.count() == 7  # laid once
    page = text_of(keeper.get(f"/places/{site}"))
    assert "Not ready: 5 things are missing" in page and "Testing · 0 of 4 ready" in page and "Control" in page

    # Called at one, in two units; the silent and the missing are known by name all the time.
    one = now + 4 * HOUR
    travel(monkeypatch, one)
    send(lead, "/call-outs/new", area=str(place.area["committee"]), words="下午集结", where="体育馆", site=str(site),
         meet=moment(one + 2 * HOUR), needed="5", bodies=[str(hospital), str(bureau)])  # fmt: skip
    out = CallOut.objects.get()
    address = f"/call-outs/{out.id}"
    page = text_of(lead.get(address))
    assert "东广场采样点" in page and "5 things missing" in page and page.count("called 13:00") == 2
    assert all(w.label in page[page.index("By unit") :] for w in (*medics, *police))

    def tick(at: datetime, says: str, *people: Account) -> None:
        travel(monkeypatch, at)
        assert lead.post(f"{address}/note", {"says": says, "people": [str(p.id) for p in people]}).status_code == 302

    browser_of(medics[0]).post(f"/called/{out.id}/answer", {"says": "coming"})
    tick(one + 20 * MINUTE, "cannot", police[1])
    tick(one + 60 * MINUTE, "come", *medics[:2])
    tick(one + 70 * MINUTE, "come", police[0])
    refusal(lead.post(f"{address}/note", {"says": "on-post", "people": [str(police[0].id)]}), 422, "calls.unfit")
    assert lead.post(f"{address}/close").status_code == 302  # enough were asked; those on the way are ticked on
    tick(one + 90 * MINUTE, "departed", *medics[:2])
    tick(one + 100 * MINUTE, "departed", police[0])
    tick(one + 120 * MINUTE, "on-post", *medics[:2])
    page = text_of(lead.get(address))
    by_unit = page[page.index("By unit") :]
    first, second = by_unit[by_unit.index("区医院") :], by_unit[by_unit.index("公安分局") :]
    first = first[: first.index("公安分局")]
    steps = re.compile(r"<li>(assembled|departed|on post) (\d\d:\d\d|–) <span class=\"soft\">(\d) of (\d)")
    assert steps.findall(first) == [("assembled", "14:00", "2", "3"), ("departed", "14:30", "2", "3"),
                                    ("on post", "15:00", "2", "3")]  # fmt: skip
    assert steps.findall(second) == [("assembled", "14:10", "1", "2"), ("departed", "14:40", "1", "2"),
                                     ("on post", "–", "0", "2")]  # fmt: skip
    assert medics[2].label in first and medics[0].label not in first and "missing:" not in second  # one said no
    refusal(client_of(place, "neighbour").get(address), 404, "calls.call_out_missing")

    # The site: one mandatory thing is open, so it opens with a reason alone; the reason stands with who and when.
    items = {r.name: r for r in ReadyItem.objects.all()}
    ready = [str(r.id) for r in items.values() if r.is_mandatory and r.name != "testing-scanners"]
    refusal(keeper.post(f"/places/{site}/ready", {"items": [str(uuid4())]}), 404, "places.ready_missing")
    send(keeper, f"/places/{site}/ready", items=ready)
    assert "Not ready: 1 thing is missing" in text_of(keeper.get(f"/places/{site}"))
    today = one.astimezone(LOCAL).date().isoformat()
    sent = {"opens_on": today, "percent": "100", "reason": "全员核酸"}
    page = refusal(keeper.post(f"/places/{site}/open", {"id": uuid4(), **sent}), 409, "places.not_ready")
    assert "Devices for registering are connected" in page and "Tubes and swabs" not in page
    assert Site.objects.get(id=site).state == "planned"
    refusal(keeper.post("/places/open?area=" + str(place.area["committee"]),
                        {"id": uuid4(), "kind": "service-post", **sent}), 409, "places.nothing_to_open")  # fmt: skip
    send(keeper, f"/places/{site}/open", **sent, in_spite="先用纸质登记")
    page = text_of(keeper.get(f"/places/{site}"))
    assert Site.objects.get(id=site).state == "open" and "opened without it" in page and "先用纸质登记" in page
    waived = ReadyItem.objects.get(name="testing-scanners")
    assert waived.waived_by == place.accounts["supply"].id and waived.done_at is None
    entry = LogEntry.objects.filter(service="places.open_place").latest("at")
    assert entry.told["in_spite"] == "先用纸质登记" and entry.actor_id == place.accounts["supply"].id

    # Another site with everything ticked opens without a word.
    other = site_in(place, "西广场值守点")
    send(keeper, f"/places/{other}/readiness", stream="control")
    send(keeper, f"/places/{other}/ready",
         items=[str(r.id) for r in ReadyItem.objects.filter(place_id=other, is_mandatory=True)])  # fmt: skip
    send(keeper, f"/places/{other}/open", **sent)
    assert Site.objects.get(id=other).state == "open"
