"""Rows of mustering, groups at shops, and one call by two levels, shown through pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.models import Call, CallOut, Claim, Shift
from lianfang.domains.messages.models import Message
from lianfang.domains.places.models import Place as Site
from lianfang.domains.places.models import ReadyItem
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR, unit, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, posted, press, travel
from tests.scenarios.test_people_rows import enrol, moment, send
from tests.web.pages import client_of, refusal, text_of

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


@pytest.mark.row("S2-48")
def test_groups_go_to_shops_people_to_jobs_and_the_shop_confirms_the_hours(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = [unit(place, name, "company", "committee") for name in ("惠民超市", "邻里便利店")]
    far = unit(place, "乙区百货", "company", "neighbour")
    [head, other] = [volunteers(place, 1, unit=s, role="resident")[0] for s in shops]
    for who, shop in ((head, shops[0]), (other, shops[1])):
        grant_role(grant_id=uuid4(), account_id=who.id, role="administrator", area_id=place.area["committee"],
                   until_at=None, body_id=shop, by=place.system, at=now)  # fmt: skip
    people = volunteers(place, 5)
    for who in people:
        enrol(who, place)
    send(browser_of(people[4]), f"/people/{people[4].id}/fitness", state="light", limits=["no-lifting"], why="腰",
         until=(now + timedelta(days=20)).date().isoformat())  # fmt: skip
    lead = client_of(place, "lead")
    call = posted(place, "lead", 3, day=now, hours=("10:00", "14:00"), task="shop-guide")
    [first] = call.shifts.all()
    send(lead, f"/calls/shifts/{first.id}/group", places="2", title="第二组")
    second = Shift.objects.exclude(id=first.id).get()
    claims = {who: uuid4() for who in people}
    for n, who in enumerate(people):
        assert press(who, first if n < 3 else second, claims[who]).status_code == 302

    assert "?shops=1" in text_of(lead.get(f"/calls/{call.id}"))
    assert "惠民超市" in text_of(lead.get(f"/calls/{call.id}?shops=1"))

    # Each group to its shop, by who leads the call; a shop of another district is none.
    for shift, shop in ((first, shops[0]), (second, shops[1])):
        refusal(client_of(place, "neighbour").post(f"/calls/shifts/{shift.id}/shop", {"shop": str(shop)}), 403,
                "accounts.right_missing")  # fmt: skip
        send(lead, f"/calls/shifts/{shift.id}/shop", shop=str(shop))
    refusal(lead.post(f"/calls/shifts/{first.id}/shop", {"shop": str(far)}), 422, "calls.unfit")
    page = text_of(lead.get(f"/calls/{call.id}"))
    assert "At 惠民超市" in page and "At 邻里便利店" in page
    assert all(job in page for job in ("Cashier", "Shelf stocker", "Shop porter", "Shop guide"))

    # The four jobs to people; what somebody may not do is no job for him.
    given = dict(zip(people, ("cashier", "shelf-stocking", "shop-porter", "shop-guide", "cashier"), strict=True))
    refusal(lead.post(f"/calls/shifts/{second.id}/jobs", {"job": "shop-porter", "claims": [str(claims[people[4]])]}),
            409, "calls.limited")  # fmt: skip
    refusal(lead.post(f"/calls/shifts/{second.id}/jobs", {"job": "pilot", "claims": [str(claims[people[4]])]}), 422,
            "calls.unfit")  # fmt: skip
    for who, job in given.items():
        group = first if who in people[:3] else second
        send(lead, f"/calls/shifts/{group.id}/jobs", job=job, claims=[str(claims[who])])
    mine = text_of(browser_of(people[2]).get("/calls/mine"))
    assert re.search(r"<b>惠民超市</b> · Shop porter", mine) and "邻里便利店" not in mine
    assert list(Claim.objects.order_by("shift__title", "order").values_list("job", flat=True)) == list(given.values())

    # They serve; the lead confirms who came, and the hours wait for the shop.
    travel(monkeypatch, first.starts_at)
    for who in people[:4]:
        assert lead.post(f"/calls/claims/{claims[who]}/present").status_code == 302
    travel(monkeypatch, first.ends_at + timedelta(minutes=5))
    for shift in (first, second):
        assert lead.post(f"/calls/shifts/{shift.id}/settle").status_code == 302
    assert not Claim.objects.exclude(hours_at=None).exists()
    page = text_of(lead.get(f"/calls/{call.id}"))
    assert "惠民超市 confirms the hours of 3 people." in page and "Confirm the hours of" not in page
    ids = [str(claims[w]) for w in people[:3]]
    refusal(lead.post(f"/calls/{call.id}/hours", {"claims": ids}), 403, "calls.host_confirms")
    refusal(browser_of(other).post("/calls/shops/confirm", {"claims": ids}), 404, "calls.claim_missing")
    refusal(browser_of(people[0]).post("/calls/shops/confirm", {"claims": ids[1:2]}), 404, "calls.claim_missing")
    refusal(browser_of(people[0]).get("/calls/shops"), 403, "accounts.right_missing")
    own = browser_of(head)
    assert "Who serves at my shop" in text_of(own.get("/calls/turnout"))
    page = text_of(own.get("/calls/shops"))
    assert "The hours of 3 people are to be confirmed" in page and page.count("10:00–14:00 · 4.0 h") == 3
    assert all(w.label in page for w in people[:3]) and people[3].label not in page  # the other shop's
    send(own, "/calls/shops/confirm", claims=ids)
    assert text_of(own.get("/calls/shops")).count("hours confirmed") >= 3
    assert set(Claim.objects.filter(hours_by=head.id).values_list("id", flat=True)) == {claims[w] for w in people[:3]}

    # Hours by shop and by job.
    hours = f"/calls/hours?area={place.area['committee']}&from={now.date()}&until={(now + timedelta(days=1)).date()}"
    page = text_of(lead.get(f"{hours}&by=shop"))
    assert re.search(r'惠民超市</th>(<td class="num">3</td>){2}<td class="num">12', page)
    assert re.search(r'邻里便利店</th>(<td class="num">1</td>){2}<td class="num">4', page)
    page = text_of(lead.get(f"{hours}&by=job"))
    assert re.search(r'Shop porter</th>(<td class="num">1</td>){2}<td class="num">4', page)


@pytest.mark.row("S2-45")
def test_a_report_to_the_leader_starts_a_response_and_one_call_is_kept_by_two_levels(
    place: Place, now: datetime
) -> None:
    district, city = place.area["district"], place.area["city"]
    league, leader = client_of(place, "county"), client_of(place, "above")
    own, others = volunteers(place, 2), volunteers(place, 1, where="neighbour_committee")

    # Reported up: to a level above alone; its leader is told, decides with a reason, and both are recorded.
    first, second = uuid4(), uuid4()
    report = {"area": str(district), "to": str(city), "words": "商超缺人，建议州市联合招募", "people": "30"}
    for wrong in ({"people": "0"}, {"words": " "}, {"to": str(place.area["neighbour"])}, {"to": str(district)}):
        refusal(league.post("/calls/responses/ask", {"id": uuid4(), **report, **wrong}), 422, "decisions.report_unfit")
    refusal(client_of(place, "grid").post("/calls/responses/ask", {"id": uuid4(), **report}), 403,
            "accounts.right_missing")  # fmt: skip
    for _ in range(2):
        assert league.post("/calls/responses/ask", {"id": first, **report}).status_code == 302
    told = Message.objects.filter(template="response-asked")
    assert [m.recipient_id for m in told] == [place.accounts["above"].id]
    assert "商超缺人" in text_of(leader.get("/decisions")) and "30 people needed" in text_of(leader.get("/decisions"))
    grant = {"says": "grant", "reason": "同意，立即连线"}
    refusal(client_of(place, "command").post(f"/decisions/{first}/say", grant), 403, "decisions.no_authority")
    send(leader, f"/decisions/{first}/say", says="return", reason="写明时段")
    league.post("/calls/responses/ask", {"id": second, **report, "words": "商超缺人，每天八点到六点"})
    send(leader, f"/decisions/{second}/say", **grant)
    answers = Message.objects.filter(template="response-decided", recipient_id=place.accounts["county"].id)
    assert answers.count() == 2
    for board in (league, leader):
        page = text_of(board.get("/calls/responses"))
        assert "同意，立即连线" in page and "写明时段" in page and page.count("Post the joint call") == 1
        assert f"joint={city}" in page and f"decision={second}" in page
    assert "商超缺人" not in text_of(client_of(place, "neighbour").get("/calls/responses"))

    # One call of both levels, of the granted report alone; its list of sign-ups is one, seen by both.
    form = text_of(league.get(f"/calls/new?area={district}&joint={city}&decision={second}&places=3"))
    assert f'value="{city}" selected' in form and f'name="decision" value="{second}"' in form
    sent = {"task": "cashier", "on": now.date().isoformat(), "days": "1", "from": "13:00", "until": "18:00",
            "places": "3", "joint": str(city), "asked": str(city)}  # fmt: skip
    post = f"/calls/new?area={district}"
    refusal(league.post(post, {"id": uuid4(), **sent, "decision": str(first)}), 422, "calls.unfit")
    call_id = uuid4()
    assert league.post(post, {"id": call_id, **sent, "decision": str(second)}).status_code == 302
    shift = Call.objects.get(id=call_id).shifts.get()
    for who in (*own, *others):
        assert press(who, shift).status_code == 302
    for board in (league, leader):
        page = text_of(board.get(f"/calls/{call_id}"))
        assert all(w.label in page for w in (*own, *others)) and "每天八点到六点" in page
        assert "District A + 试验市" in page

    # One plan: each level adds and ticks, and sees what the other did; nobody else does.
    plan = f"/calls/{call_id}/plan"
    send(league, plan, on=(now + timedelta(days=1)).date().isoformat(), words="培训与演练")
    send(leader, plan, on=now.date().isoformat(), words="两级连线动员")
    refusal(client_of(place, "neighbour").post(plan, {"id": uuid4(), "words": "x"}), 403, "accounts.right_missing")
    refusal(leader.post(plan, {"line": str(uuid4())}), 422, "calls.unfit")
    lines = Call.objects.get(id=call_id).plan
    assert [x["words"] for x in lines] == ["两级连线动员", "培训与演练"]
    send(leader, plan, line=lines[1]["id"])
    page = text_of(league.get(f"/calls/{call_id}"))
    assert re.search(r"培训与演练</span><span class=\"chip done\">done", page) and page.count(">Done</button>") == 1

    # Posted from above with the lower level: who holds rights below alone leads it just as well.
    other = uuid4()
    asked = {**sent, "joint": str(district), "from": "19:00", "until": "21:00"}
    assert f'value="{district}"' in text_of(leader.get(f"/calls/new?area={city}&levels=below"))
    assert leader.post(f"/calls/new?area={city}", {"id": other, **asked}).status_code == 302
    [late] = Call.objects.get(id=other).shifts.all()
    assert press(others[0], late).status_code == 302
    assert others[0].label in text_of(league.get(f"/calls/{other}"))
    send(league, f"/calls/{other}/plan", on=now.date().isoformat(), words="夜班补货")
    assert "夜班补货" in text_of(leader.get(f"/calls/{other}"))
    refusal(league.post(f"/calls/claims/{Claim.objects.get(shift=late).id}/present"), 409, "calls.too_early")
    assert others[0].label not in text_of(client_of(place, "street").get(f"/calls/{other}"))
