"""Rows of calls and producers shown through pages: a call to all, a whistle, the last place, a day's output."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.messages.models import Message
from tests.factories.call import unit, volunteers
from tests.factories.place import Place
from tests.web.pages import BACKEND, client_of, refusal, text_of


def browser_of(who: Account) -> Client:
    client = Client()
    client.force_login(who, BACKEND)
    client.cookies["django_language"] = "en"
    return client


def travel(monkeypatch: pytest.MonkeyPatch, to: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: to)


def posted(place: Place, post: str, places: int, *, where: str = "committee", day: datetime, hours: tuple[str, str],
           **more: object) -> Call:  # fmt: skip
    """Post a call by its page."""
    call_id = uuid4()
    sent = {"id": call_id, "task": "registration", "on": day.astimezone(LOCAL).date().isoformat(), "days": "1",
            "from": hours[0], "until": hours[1], "places": str(places), **more}  # fmt: skip
    answer = client_of(place, post).post(f"/calls/new?area={place.area[where]}", sent)
    assert answer.status_code == 302, text_of(answer)
    return Call.objects.get(id=call_id)


def press(who: Account, shift: Shift, claim_id: UUID | None = None, **more: object) -> HttpResponse:
    return browser_of(who).post(f"/calls/shifts/{shift.id}/claim", {"id": claim_id or uuid4(), **more})


def at_nine(days: int = 1) -> datetime:
    """Nine in the morning, some days from now."""
    day = clock.now().astimezone(LOCAL) + timedelta(days=days)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


@pytest.mark.row("S0-03")
def test_a_call_goes_to_the_whole_register_and_a_burst_of_sign_ups_loses_and_doubles_none(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at_nine()
    travel(monkeypatch, now)
    place.at = now
    league = unit(place, "共青团委", "league")
    people = [*volunteers(place, 14), *volunteers(place, 10, where="committee3"),
              *volunteers(place, 8, where="neighbour_committee")]  # fmt: skip
    opens = now + timedelta(hours=1)
    call = posted(place, "above", 24, where="city", day=now, hours=("20:00", "23:00"), issuer=league, tells="1",
                  asked=place.area["city"], opens=opens.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M"))  # fmt: skip
    [shift] = call.shifts.all()
    board = client_of(place, "above")
    assert call.state == "draft" and "opens" in text_of(board.get(f"/calls/{call.id}"))
    told = Message.objects.filter(template="call-posted").values_list("recipient_id", flat=True)
    assert {p.id for p in people} <= set(told) and len(told) == len(set(told))  # everybody once, of both districts
    refusal(press(people[0], shift), 409, "calls.not_yet_open")
    travel(monkeypatch, opens)
    assert "24 people still needed" in text_of(board.get(f"/calls/{call.id}"))

    # One step from the message to the place; each press is sent twice, as a bad line does.
    ids = [uuid4() for _ in people]
    for _ in range(2):
        for who, claim_id in zip(people, ids, strict=True):
            assert press(who, shift, claim_id, waits="1").status_code == 302
    assert Claim.objects.count() == 32 and Claim.objects.filter(state="claimed").count() == 24
    assert set(Claim.objects.values_list("id", flat=True)) == set(ids)
    page = text_of(board.get("/calls/led"))
    assert re.search(r"试验市 · Registration</span> <span class=\"n\">24 / 24 <small>· 8 waiting", page)
    assert Call.objects.get(id=call.id).state == "full" and "nobody is missing" in text_of(
        board.get(f"/calls/{call.id}")
    )
    assert browser_of(people[0]).post(f"/calls/claims/{ids[0]}/release").status_code == 302
    assert Claim.objects.filter(state="claimed").count() == 24 and Claim.objects.get(id=ids[24]).state == "claimed"
    assert board.post(f"/calls/{call.id}/close", {"why": "报名结束"}).status_code == 302
    refusal(press(people[0], shift), 409, "calls.closed")
    assert Call.objects.get(id=call.id).state == "closed"


@pytest.mark.row("S0-37")
def test_a_community_whistles_members_of_units_come_and_each_unit_sees_its_own_turnout(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at_nine()
    travel(monkeypatch, now)
    place.at = now
    finance, water = unit(place), unit(place, "市水务局")
    members = [*volunteers(place, 3, unit=finance), *volunteers(place, 2, unit=water, where="committee2")]
    [head] = volunteers(place, 1, unit=finance, role="resident")
    grant_role(grant_id=uuid4(), account_id=head.id, role="administrator", area_id=place.area["city"], until_at=None,
               body_id=finance, delegates=["volunteer"], by=place.system, at=now)  # fmt: skip
    call = posted(place, "lead", 5, day=now, hours=("18:00", "21:00"), where="committee")
    [shift] = call.shifts.all()
    claims = []
    for who in members:
        assert "沙洲社区居委会 · Registration" in text_of(browser_of(who).get("/calls"))
        claims.append(uuid4())
        assert press(who, shift, claims[-1]).status_code == 302

    # They come: two by the code at the post, two are ticked by the lead, one stays away.
    travel(monkeypatch, shift.starts_at - timedelta(minutes=10))
    lead = client_of(place, "lead")
    found = re.search(r"Check-in code</span><br><b>(\d{6})</b>", text_of(lead.get(f"/calls/{call.id}")))
    assert found is not None
    for who, claim_id in zip(members[:2], claims[:2], strict=True):
        assert browser_of(who).post(f"/calls/claims/{claim_id}/come", {"code": found.group(1)}).status_code == 302
    for claim_id in claims[2:4]:
        assert lead.post(f"/calls/claims/{claim_id}/present").status_code == 302
    travel(monkeypatch, shift.starts_at + timedelta(hours=2))
    assert browser_of(members[0]).post(f"/calls/claims/{claims[0]}/leave").status_code == 302
    refusal(lead.post(f"/calls/shifts/{shift.id}/settle"), 409, "calls.too_early")
    travel(monkeypatch, shift.ends_at + timedelta(minutes=5))
    assert "Confirm the turnout: 4 came" in text_of(lead.get(f"/calls/{call.id}"))
    assert lead.post(f"/calls/shifts/{shift.id}/settle").status_code == 302
    page = text_of(lead.get(f"/calls/{call.id}"))
    assert "turnout confirmed" in page and page.count("did not come") == 1

    # Person-times in all, people apart; the head of a unit sees its own people and nobody else's.
    whole = text_of(client_of(place, "command").get("/calls/turnout"))
    assert "4 person-times" in whole and "市财政局" in whole and "市水务局" in whole
    own = text_of(browser_of(head).get("/calls/turnout"))
    assert "3 person-times" in own and "市水务局" not in own
    assert all(m.label in own for m in members[:3]) and not any(m.label in own for m in members[3:])
    stranger = text_of(client_of(place, "neighbour").get("/calls/turnout"))
    assert "0 person-times" in stranger and "市财政局" not in stranger


@pytest.mark.row("S0-38")
def test_places_go_by_the_time_of_asking_and_the_loser_is_told_at_once_and_offered_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at_nine()
    travel(monkeypatch, now)
    place.at = now
    people = volunteers(place, 5)
    wanted = posted(place, "lead", 3, day=now, hours=("21:00", "01:00")).shifts.get()
    near = posted(place, "street", 2, where="committee2", day=now, hours=("21:00", "00:00"), task="guide").shifts.get()
    posted(place, "street2", 9, where="committee3", day=now, hours=("20:50", "23:30"))
    for n, who in enumerate(people[:3]):
        travel(monkeypatch, now + timedelta(seconds=n))
        assert press(who, wanted).status_code == 302
    travel(monkeypatch, now + timedelta(seconds=4))
    page = refusal(press(people[3], wanted), 409, "calls.full")
    assert "All 3 places are taken." in page and "The last one went at 09:00:02, 2 seconds ago." in page
    assert "you would be number 1" in page
    sheet = page[page.index("bottom-sheet") :]
    offered = re.findall(r"/calls/shifts/([0-9a-f-]{36})/claim", sheet)
    assert (
        offered[0] == str(wanted.id) and offered[1] == str(near.id) and len(offered) == 3
    )  # waitlist, then two others
    assert press(people[3], wanted, waits="1").status_code == 302
    assert press(people[4], wanted, waits="1").status_code == 302
    assert "waiting, number 2" in text_of(browser_of(people[4]).get("/calls/mine"))
    assert press(people[4], near).status_code == 302  # an open need nearby, in one tap, the waitlist kept
    order = Claim.objects.filter(shift=wanted).order_by("order").values_list("account_id", "state")
    assert list(order) == [(p.id, "claimed") for p in people[:3]] + [(p.id, "waiting") for p in people[3:]]
    assert Shift.objects.get(id=wanted.id).taken == 3


@pytest.mark.row("S0-29")
def test_a_key_producer_reports_its_day_and_the_city_sees_share_promises_and_cover(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    travel(monkeypatch, at_nine())
    firm, other = unit(place, "洗涤用品公司", "company", "district"), unit(place, "日化厂", "company", "district")
    supply, made = client_of(place, "supply"), {}
    for body, capacity, more in ((firm, "800", {"to": ["国家调拨", "省调拨", "香港"], "per_day": ["100", "60", "40"],
                                                "designation": "定点保供企业"}), (other, "200", {})):  # fmt: skip
        made[body] = uuid4()
        sent = {
            "id": made[body],
            "body": body,
            "product": "消毒液",
            "unit": "吨",
            "capacity": capacity,
            "hours": "24",
            **more,
        }
        assert supply.post("/supplies/producers/new", sent).status_code == 302
    page = text_of(supply.get("/supplies/producers"))
    assert "2 producers have not reported today" in page and "定点保供企业" in page and "24 h" in page
    assert "80.0 %" in page and "<b>1,000</b>" in page and ">600<" in page and ">800<" in page
    report = {"id": uuid4(), "output": "790", "stock": "300", "hours": "23.5", "blockers": "缺喷头"}
    for _ in range(2):
        assert supply.post(f"/supplies/producers/{made[firm]}/day", report).status_code == 302
    page = text_of(supply.get("/supplies/producers"))
    assert "1 producer has not reported today" in page and "output 790, stock 300" in page and "缺喷头" in page
    assert page.index("日化厂") < page.index("洗涤用品公司")
    lasts = text_of(supply.get("/supplies/producers", {"product": "消毒液|吨", "use": "950"}))
    assert "use 950 吨 a day, supply after promises 800, stock 300." in lasts and "Stock lasts 2.0 days." in lasts
    assert "The supply meets the use." in text_of(supply.get("/supplies/producers?product=消毒液|吨&use=800"))
    refusal(supply.get("/supplies/producers?product=消毒液|吨&use=much"), 422, "base.invalid")
    refusal(supply.get("/supplies/producers?product=消毒液|吨&use=-1"), 422, "supplies.unfit")
    assert "洗涤用品公司" not in text_of(client_of(place, "neighbour").get("/supplies/producers"))
