"""Rows of people who serve, shown through pages: registered, able, in teams, led, relieved, sent to help, thanked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import may
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.models import Call, CallOut, Claim, DutyNote, Shift
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.models import Member, Mission, Offer, Responder, Skill, Team
from lianfang.domains.work.models import Item
from lianfang.flows.run_due import run_due
from lianfang.web.words import LOCAL
from tests.factories.call import HOUR, acting, unit, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, posted, press, travel
from tests.web.pages import client_of, form_of, refusal, text_of


def send(browser: Client, address: str, **more: object) -> HttpResponse:
    """Send a form with a fresh id; what was refused is said."""
    answer = browser.post(address, {"id": str(uuid4()), **more})
    assert answer.status_code == 302, (
        address,
        re.findall(r'title="([a-z_.]+)"', text_of(answer)),
        text_of(answer)[:99],
    )
    return answer


def tick(lead: Client, claim_id: object, *, deploy: str = "", **ticks: str) -> HttpResponse:
    """What the assembly table keeps of one person; with deploy he is on post."""
    shift_id = Claim.objects.values_list("shift_id", flat=True).get(id=claim_id)
    given = {f"{name}-{claim_id}": value for name, value in ticks.items()}
    return send(lead, f"/calls/shifts/{shift_id}/assembly", go="post" if deploy else "keep", **given)


def enrol(who: Account, place: Place, kind: str = "volunteer", where: str = "committee", **more: object) -> None:
    """Register oneself on My card."""
    given = {"kind": kind, "name": "林小满", "home": str(place.area[where]), "near": "", **more}
    send(browser_of(who), "/people/keep", **given)


def moment(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")


def team_of(place: Place, name: str, post: str = "lead", **more: object) -> Team:
    """Form a team by its page."""
    send(client_of(place, post), "/teams/form", area=str(place.area["committee"]), names=name,
         kind=more.pop("kind", "pioneer"), basis=more.pop("basis", "area"), **more)  # fmt: skip
    return Team.objects.get(name=name)


def put_in(place: Place, team: Team, *people: Account, role: str = "member", post: str = "lead") -> None:
    send(client_of(place, post), f"/teams/{team.id}/put", people=[str(p.id) for p in people], role=role)


@pytest.mark.row("S0-02", "S0-09")
def test_people_of_every_trade_are_counted_and_a_skilled_post_takes_the_verified_alone(
    place: Place, now: datetime
) -> None:
    college = unit(place, "卫生学校", "school")
    nurse, pupil, officer = *volunteers(place, 2, unit=college), *volunteers(place, 1)
    for who, kind in ((nurse, "student"), (pupil, "student"), (officer, "traffic-police")):
        enrol(who, place, kind)
    county = client_of(place, "county")
    page = text_of(county.get(f"/people?area={place.area['district']}"))
    assert "3 people serve" in page and re.search(r"Student</dt><dd>2", page) and "卫生学校" in page
    before = text_of(county.get(f"/people?area={place.area['district']}&from=2020-01-01&until=2020-02-01"))
    assert "0 people serve" in before
    call = posted(place, "lead", 2, day=now, hours=("20:00", "22:00"), needs="nursing-student")
    [shift] = call.shifts.all()
    assert "Nursing student" in refusal(press(nurse, shift), 409, "calls.not_trained")
    send(browser_of(nurse), f"/people/{nurse.id}/skill", skill="nursing-student", evidence="学籍 2021-114")
    refusal(press(nurse, shift), 409, "calls.not_trained")  # stated is not verified
    listed = text_of(client_of(place, "lead").get(f"/people?area={place.area['committee']}"))
    assert "学籍 2021-114" in listed and "学籍" not in text_of(client_of(place, "neighbour").get("/people"))
    send(client_of(place, "lead"), f"/people/skills/{Skill.objects.get().id}/judge", says="yes")
    assert press(nurse, shift).status_code == 302
    refusal(press(pupil, shift), 409, "calls.not_trained")


@pytest.mark.row("S0-04")
def test_a_full_group_keeps_a_waitlist_and_the_next_group_takes_it_in_one_step(place: Place, now: datetime) -> None:
    people = volunteers(place, 6)
    call = posted(place, "lead", 3, day=now, hours=("20:00", "22:00"))
    [shift] = call.shifts.all()
    for who in people:
        assert press(who, shift, waits="1").status_code == 302
    assert "waiting, number 3" in text_of(browser_of(people[5]).get("/calls/mine"))
    board = client_of(place, "lead")
    assert Call.objects.get(id=call.id).state == "full"
    send(board, f"/calls/shifts/{shift.id}/group", places="2", title="第二组")
    page = text_of(board.get(f"/calls/{call.id}"))
    assert "第二组" in page and "2</b> of 2 claimed" in page and "1 waiting" in page
    assert "waiting, number 1" in text_of(browser_of(people[5]).get("/calls/mine"))


@pytest.mark.row("S0-16")
def test_who_is_late_is_flagged_with_a_standby_and_attendance_is_by_post_and_kind(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, spare = volunteers(place, 3)
    enrol(a, place, "traffic-police")
    enrol(b, place, "urban-management", name="王来迟")
    call = posted(place, "lead", 2, day=now, hours=("10:00", "14:00"))
    [shift] = call.shifts.all()
    mine = uuid4()
    press(a, shift, mine)
    press(b, shift)
    press(spare, shift, waits="1")
    travel(monkeypatch, shift.starts_at + timedelta(minutes=5))
    lead = client_of(place, "lead")
    found = re.search(r"Check-in code</span><br><b>(\d{6})</b>", text_of(lead.get(f"/calls/{call.id}")))
    assert found and browser_of(a).post(f"/calls/claims/{mine}/come", {"code": found.group(1)}).status_code == 302
    page = text_of(lead.get("/calls/duty"))
    assert re.search(rf"王来迟</a>.*?next in line: {spare.label}", page, re.S)
    assert re.search(r"Traffic police</span><span class=\"n\">1 / 1", page)
    assert re.search(r"Urban management</span><span class=\"n\">0 / 1", page)
    travel(monkeypatch, shift.starts_at + timedelta(minutes=40))
    late = Claim.objects.get(account_id=b.id)
    assert lead.post(f"/calls/claims/{late.id}/absent").status_code == 302
    assert Claim.objects.get(account_id=spare.id).state == "claimed"
    assert "1 did not come" in text_of(lead.get("/calls/duty"))


@pytest.mark.row("S0-20")
def test_a_shift_without_a_break_raises_a_flag_and_meals_are_counted_by_post(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, other = volunteers(place, 2)
    call = posted(place, "lead", 2, day=now, hours=("10:00", "18:00"))
    [shift] = call.shifts.all()
    mine = uuid4()
    press(who, shift, mine)
    press(other, shift)
    lead = client_of(place, "lead")
    travel(monkeypatch, shift.starts_at)
    assert lead.post(f"/calls/claims/{mine}/present").status_code == 302
    travel(monkeypatch, shift.starts_at + timedelta(hours=4, minutes=5))
    page = text_of(lead.get("/calls/duty"))
    assert "break due" in page and re.search(r'<span class="n">2<small> · 0 have eaten', page)
    own = browser_of(who)
    assert "I have eaten" in text_of(own.get("/calls/mine"))
    send(own, f"/calls/claims/{mine}/note", kind="meal")
    page = text_of(lead.get("/calls/duty"))
    assert "break due" not in page and re.search(r'<span class="n">2<small> · 1 have eaten', page)


@pytest.mark.row("S0-39")
def test_who_was_too_late_offers_to_come_elsewhere_and_is_placed_where_most_are_missing(
    place: Place, now: datetime
) -> None:
    early, late = volunteers(place, 2)
    for who in (early, late):
        enrol(who, place, "member")
    full = posted(place, "lead", 1, day=now, hours=("20:00", "22:00")).shifts.get()
    press(early, full)
    refusal(press(late, full), 409, "calls.full")
    own = browser_of(late)
    send(own, "/offers/new", area=str(place.area["committee2"]), words="去附近社区也行",
         **{"from": moment(now + 10 * HOUR), "until": moment(now + 15 * HOUR)})  # fmt: skip
    small = posted(place, "street", 1, where="committee2", day=now, hours=("19:30", "21:30")).shifts.get()
    large = posted(place, "street", 4, where="committee2", day=now, hours=("20:00", "22:00")).shifts.get()
    street, offer = client_of(place, "street"), Offer.objects.get()
    page = text_of(street.get("/missions"))
    assert "去附近社区也行" in page and page.index(str(large.id)) < page.index(str(small.id))  # the largest need first
    assert "去附近社区也行" not in text_of(client_of(place, "neighbour").get("/missions"))
    send(street, f"/offers/{offer.id}/answer", says="reserve", why="先候补")
    assert "in reserve" in text_of(own.get("/people/card")) and "先候补" in text_of(own.get("/people/card"))
    send(street, f"/offers/{offer.id}/answer", says="accepted", shift=str(large.id), why="")
    assert Claim.objects.get(account_id=late.id).shift_id == large.id
    assert Message.objects.filter(template="offer-answered", recipient_id=late.id).count() == 2
    third = volunteers(place, 1)[0]
    any_place = browser_of(third).post("/calls/any", {"id": str(uuid4())})
    assert any_place.status_code == 302 and Claim.objects.get(account_id=third.id).shift_id == large.id


@pytest.mark.row("S0-40")
def test_a_retired_member_of_79_serves_without_an_employer_and_says_how_fit_he_is(place: Place, now: datetime) -> None:
    (old,) = volunteers(place, 1)
    enrol(old, place, "member", born=str(now.year - 79), retired="1")
    send(browser_of(old), f"/people/{old.id}/fitness", state="light", limits=["no-lifting"], why="腰不好",
         until=(now + timedelta(days=20)).date().isoformat())  # fmt: skip
    heavy = posted(place, "lead", 2, day=now, hours=("19:00", "20:00"), task="supply-carrying")
    light = posted(place, "lead", 2, day=now, hours=("20:30", "21:30"), task="registration")
    own = browser_of(old)
    fit = text_of(own.get("/calls"))  # what I can take: suitable tasks alone
    assert str(light.shifts.get().id) in fit and str(heavy.shifts.get().id) not in fit
    every = text_of(own.get("/calls?tab=all"))
    assert str(heavy.shifts.get().id) in every and "No lifting" in every
    page = text_of(client_of(place, "lead").get(f"/people/{old.id}"))
    assert "light duty" in page and "腰不好" not in page and Responder.objects.get(id=old.id).is_retired
    assert press(old, light.shifts.get()).status_code == 302


@pytest.mark.row("S0-42")
def test_a_bureau_calls_its_own_people_at_night_and_is_filled_in_minutes(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = unit(place, "市林业局", where="committee")
    own, strangers = volunteers(place, 44, unit=bureau), volunteers(place, 1)
    call = posted(place, "lead", 44, day=now, hours=("22:00", "23:30"), bodies=str(bureau))
    [shift] = call.shifts.all()
    refusal(press(strangers[0], shift), 403, "calls.not_asked")
    travel(monkeypatch, now + timedelta(minutes=17))
    for who in own:
        assert press(who, shift).status_code == 302
    assert Call.objects.get(id=call.id).state == "full"
    assert "filled in 17 minutes" in text_of(client_of(place, "lead").get(f"/calls/{call.id}"))


@pytest.mark.row("S0-43", "S0-08", "S1-17")
def test_turn_upon_turn_only_on_own_request_with_a_name_and_hours_show_amber_and_red(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (who,) = volunteers(place, 1)
    first = posted(place, "lead", 2, day=now, hours=("18:00", "02:30")).shifts.get()
    second = posted(place, "lead", 2, day=now + timedelta(days=1), hours=("06:00", "12:00")).shifts.get()
    same = posted(place, "lead", 2, day=now, hours=("20:00", "21:00")).shifts.get()
    assert press(who, first).status_code == 302
    refusal(press(who, same), 409, "calls.collides")
    sheet = refusal(press(who, second), 409, "calls.too_many_hours")
    assert "14.5" in sheet
    assert press(who, second, why="今晚缺人，我扛得住").status_code == 302
    lead = client_of(place, "lead")
    asked = Claim.objects.get(shift=second)
    assert asked.state == "asking" and "今晚缺人，我扛得住" in text_of(lead.get(f"/calls/{second.call_id}"))
    assert lead.post(f"/calls/claims/{asked.id}/allow", {"says": "yes", "why": "早班缩短两小时"}).status_code == 302
    held = Claim.objects.get(id=asked.id)
    assert held.state == "claimed" and held.allowed_by == place.accounts["lead"].id and held.allowed_why
    mine = Claim.objects.get(shift=first)
    travel(monkeypatch, first.starts_at)
    lead.post(f"/calls/claims/{mine.id}/present")
    assert first.starts_at.astimezone(LOCAL).date() < first.ends_at.astimezone(LOCAL).date()
    travel(monkeypatch, first.starts_at + timedelta(hours=8, minutes=10))
    assert re.search(r'chip todo">8\.2 h today', text_of(lead.get("/calls/duty")))
    travel(monkeypatch, first.ends_at)
    browser_of(who).post(f"/calls/claims/{mine.id}/leave")
    travel(monkeypatch, second.starts_at)
    lead.post(f"/calls/claims/{held.id}/present")
    travel(monkeypatch, second.starts_at + timedelta(hours=4))
    assert re.search(r'chip bad">12\.5 h today', text_of(lead.get("/calls/duty")))


@pytest.mark.row("S1-01", "S1-19", "S1-23")
def test_a_team_splits_into_groups_is_tasked_by_the_community_and_reports_by_role(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = volunteers(place, 5)
    for who in people:
        enrol(who, place, "member")
    branch = team_of(place, "临时党支部", kind="branch")
    lead = client_of(place, "lead")
    put_in(place, branch, *people[:3], role="gatekeeper")
    put_in(place, branch, *people[3:], role="publicist")
    secretary = people[4]
    send(lead, f"/teams/{branch.id}/lead", account=str(secretary.id), role="lead")
    for name in ("驻点值守组", "物资配送组", "机动服务组"):
        send(browser_of(secretary), "/teams/form", area=str(branch.area_id), parent=str(branch.id), names=name,
             kind="mobile")  # fmt: skip
    mobile = Team.objects.get(name="机动服务组")
    send(
        browser_of(secretary), f"/teams/{branch.id}/move", group=str(mobile.id), people=[str(p.id) for p in people[1:4]]
    )
    assert Member.objects.filter(team=mobile, state="in").count() == 3
    assert Message.objects.filter(template="team-moved").count() == 3
    assert "机动服务组" in text_of(browser_of(people[1]).get("/people/card"))
    call = posted(place, "lead", 3, day=now, hours=("10:00", "12:00"))  # an unplanned job for the mobile group
    [shift] = call.shifts.all()
    send(lead, f"/calls/shifts/{shift.id}/team", team=str(mobile.id))
    travel(monkeypatch, shift.starts_at)
    for c in Claim.objects.filter(shift=shift):
        lead.post(f"/calls/claims/{c.id}/present")
    travel(monkeypatch, shift.ends_at)
    lead.post(f"/calls/shifts/{shift.id}/settle")
    page = text_of(browser_of(secretary).get(f"/teams/{branch.id}"))
    assert re.search(r"Person-times</dt><dd>3.*?Hours</dt><dd>6", page, re.S)
    by_role = text_of(lead.get(f"/calls/hours?by=role&from={now.date()}&until={now.date() + timedelta(days=1)}"))
    assert re.search(r"Gatekeeper</th><td class=\"num\">2", by_role)
    assert re.search(r"Publicist</th><td class=\"num\">1", by_role)


@pytest.mark.row("S1-06")
def test_staff_of_city_bodies_serve_where_they_live_and_their_unit_still_sees_them(place: Place, now: datetime) -> None:
    tax = unit(place, "市税务局")
    here, there = volunteers(place, 2, where="district", unit=tax)
    enrol(here, place, "official", "committee")
    enrol(there, place, "official", "committee3")
    call = posted(place, "lead", 3, day=now, hours=("20:00", "22:00"), homes=str(place.area["committee"]))
    [shift] = call.shifts.all()
    assert press(here, shift).status_code == 302
    refusal(press(there, shift), 403, "calls.not_asked")
    seen = text_of(client_of(place, "county").get(f"/calls/turnout?until={(now + timedelta(days=1)).date()}"))
    assert "市税务局" in seen


@pytest.mark.row("S1-08", "S4-25")
def test_a_secretary_is_appointed_has_the_board_and_hands_over_with_the_history_kept(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, member = volunteers(place, 3)
    for who in (first, second, member):
        enrol(who, place, "official")
    t, lead = team_of(place, "驻大西门社区临时党支部", kind="branch"), client_of(place, "lead")
    put_in(place, t, first, second, member)
    send(lead, f"/teams/{t.id}/lead", account=str(first.id), role="lead")
    captain = browser_of(first)
    send(captain, f"/teams/{t.id}/note", kind="log", words="一人中暑已休息")
    send(captain, f"/teams/{t.id}/note", kind="contact", words="江海区指挥部", phone="0750-1234567")
    send(captain, f"/teams/{t.id}/lead", account=str(second.id), role="deputy")
    board = text_of(captain.get(f"/teams/{t.id}"))
    assert "一人中暑已休息" in board and "tel:0750-1234567" in board and member.label in board
    assert "一人中暑已休息" in text_of(browser_of(second).get(f"/teams/{t.id}"))  # the deputy has it too
    assert client_of(place, "neighbour").get(f"/teams/{t.id}").status_code == 404
    call = posted(place, "lead", 5, day=now, hours=("10:00", "12:00"))
    [shift] = call.shifts.all()
    send(lead, f"/calls/shifts/{shift.id}/team", team=str(t.id))
    travel(monkeypatch, shift.starts_at)
    claim = Claim.objects.get(shift=shift, account_id=member.id)
    lead.post(f"/calls/claims/{claim.id}/present")
    travel(monkeypatch, shift.ends_at)
    browser_of(member).post(f"/calls/claims/{claim.id}/leave")
    send(captain, f"/calls/{call.id}/hours", claims=str(claim.id))
    assert Claim.objects.get(id=claim.id).hours_by == first.id
    send(lead, f"/teams/{t.id}/lead", account=str(second.id), role="lead", words="交接：钥匙、名册、对讲机")
    page = text_of(lead.get(f"/teams/{t.id}"))
    assert page.count("· lead</span>") == 1 and f'{second.label} · lead</span><span class="n">' in page  # now
    ended = re.escape(f'{first.label} · lead<br><span class="soft">交接：钥匙、名册、对讲机</span></span>')
    assert re.search(ended + r'<span class="n">[^<]+ – [^<]+</span>', page)  # and who led before, from when to when
    answer = captain.post(f"/teams/{t.id}/note", {"kind": "log", "words": "x"})
    refusal(answer, 404, "responders.team_missing")


@pytest.mark.row("S1-09")
def test_a_squad_is_offered_whole_accepted_and_gets_a_rota_round_the_clock(place: Place, now: datetime) -> None:
    squad = volunteers(place, 12, where="district")
    for n, who in enumerate(squad):
        enrol(who, place, "official", "district", born=str(now.year - (35 if n < 5 else 45)))
    county = client_of(place, "county")
    send(county, "/teams/form", area=str(place.area["district"]), names="零陵大队", kind="squad", basis="unit")
    t = Team.objects.get(name="零陵大队")
    put_in(place, t, *squad, post="county")
    send(browser_of(squad[0]), f"/people/{squad[0].id}/skill", skill="veteran", evidence="退役证")
    send(county, f"/people/skills/{Skill.objects.get().id}/judge", says="yes")
    send(county, "/offers/new", team=str(t.id), area=str(place.area["committee"]),
         **{"from": moment(now + HOUR), "until": moment(now + HOUR + timedelta(days=2))})  # fmt: skip
    host, offer = client_of(place, "lead"), Offer.objects.get()
    send(host, f"/offers/{offer.id}/answer", says="accepted", task="gate-check", hours="8", why="")
    shifts = list(Shift.objects.filter(call__audience__teams=[str(t.id)]).order_by("starts_at"))
    assert len(shifts) == 6 and all(s.taken == s.places == 4 for s in shifts)
    assert all(a.ends_at == b.starts_at for a, b in pairwise(shifts))
    page = text_of(host.get(f"/teams/{t.id}"))
    assert "12 people" in page and re.search(r"30 to 39</dt><dd>5.*?40 to 49</dt><dd>7", page, re.S)
    assert re.search(r"Veteran</dt><dd>1", page)


@pytest.mark.row("S1-10")
def test_staff_posted_down_are_counted_by_unit_host_and_day(place: Place, now: datetime) -> None:
    tax, court = unit(place, "市税务局"), unit(place, "市法院")
    people = [*volunteers(place, 3, unit=tax, where="district"), *volunteers(place, 2, unit=court, where="district")]
    for who in people:
        enrol(who, place, "official", "district")
    county = client_of(place, "county")
    listed = county.get(f"/people?area={place.area['district']}")
    form = form_of(listed, "/people/post")
    assert "zone" not in form and all(f'value="{p.id}" form="sending"' in text_of(listed) for p in people)
    for area, some in (
        ("沙洲社区居委会", people[:4]),
        ("金洲社区居委会", people[4:]),
    ):  # sent down, into no closed zone
        send(county, "/people/post", **(form | {"area_named": area, "people": [str(p.id) for p in some],
             "from": moment(now), "until": moment(now + timedelta(days=9))}))  # fmt: skip
    page = text_of(client_of(place, "county").get("/missions"))
    assert "5 people posted" in page
    rows = re.findall(r'<th scope="row">(市..?局?院?)</th><td>(.+?)</td><td class="num">(\d+)', page)
    assert sorted(rows) == [("市法院", "沙洲社区居委会", "1"), ("市法院", "金洲社区居委会", "1"),
                            ("市税务局", "沙洲社区居委会", "3")]  # fmt: skip
    later = text_of(client_of(place, "county").get(f"/missions?day={(now + timedelta(days=20)).date()}"))
    assert "0 people posted" in later
    answer = client_of(place, "neighbour").post("/people/post", {
        "people": str(people[0].id), "area": str(place.area["committee"]), "from": moment(now)})  # fmt: skip
    refusal(answer, 403, "accounts.right_missing")


@pytest.mark.row("S1-11", "S2-07")
def test_branches_are_formed_in_a_minute_people_join_and_are_counted_once(place: Place, now: datetime) -> None:
    people = volunteers(place, 4)
    for who in people:
        enrol(who, place, "member")
    lead = client_of(place, "lead")
    names = "\n".join(f"第{n}小区临时党支部" for n in range(1, 17))
    send(lead, "/teams/form", area=str(place.area["committee"]), names=names, kind="branch", basis="estate")
    send(lead, "/teams/form", area=str(place.area["committee"]), names="社区临时党支部", kind="branch", basis="area")
    first, second = Team.objects.get(name="第1小区临时党支部"), Team.objects.get(name="社区临时党支部")
    card = text_of(browser_of(people[0]).get("/people/card"))
    assert "第1小区临时党支部" in card  # whoever lives here may ask to join
    send(browser_of(people[0]), f"/teams/{first.id}/join")
    send(lead, f"/teams/members/{Member.objects.get().id}/decide", says="in")
    put_in(place, first, *people[1:3])
    put_in(place, second, *people[2:])
    page = text_of(client_of(place, "county").get(f"/teams?area={place.area['district']}"))
    assert "17 teams · 4 people" in page and re.search(r"Temporary party branch</dt><dd>17<small>4 people", page)


@pytest.mark.row("S1-22", "S3-21")
def test_gear_is_checked_by_a_second_person_the_suit_is_timed_and_relief_is_one_tap(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, buddy = volunteers(place, 2)
    call = posted(place, "lead", 2, day=now, hours=("10:00", "20:30"), task="disinfection", cover="太平洋 2026-1")
    [shift] = call.shifts.all()
    mine, theirs = uuid4(), uuid4()
    press(who, shift, mine)
    press(buddy, shift, theirs)
    lead = client_of(place, "lead")
    travel(monkeypatch, shift.starts_at)
    for c in (mine, theirs):
        tick(lead, c, celsius="36.4", kit="1", training="1")
        tick(lead, c, deploy="1")
    own, other = browser_of(who), browser_of(buddy)
    refusal(own.post(f"/calls/claims/{mine}/note", {"kind": "gear"}), 403, "calls.second_person")
    refusal(other.post(f"/calls/claims/{mine}/note", {"kind": "entered"}), 409, "calls.gear_unchecked")
    send(other, f"/calls/claims/{mine}/note", kind="gear")
    send(other, f"/calls/claims/{mine}/note", kind="entered")
    travel(monkeypatch, shift.starts_at + timedelta(hours=4, minutes=10))
    page = text_of(lead.get("/calls/duty"))
    assert re.search(r'chip bad">250 min in the suit', page) and "needs you now" in page  # overdue inside alarms
    assert "come out now" in text_of(own.get("/calls/mine"))
    send(own, f"/calls/claims/{mine}/note", kind="relief")
    page = text_of(lead.get("/calls/duty"))
    assert "needs relief since" in page and re.search(r"near misses\)</dt><dd>1", page)
    assert Message.objects.filter(template="relief-asked", recipient_id=place.accounts["lead"].id).count() == 1
    send(lead, f"/calls/claims/{mine}/note", kind="relieved", on_board=str(place.area["committee"]))
    refusal(other.post(f"/calls/claims/{mine}/note", {"kind": "left"}), 422, "calls.unfit")  # not decontaminated
    send(other, f"/calls/claims/{mine}/note", kind="left", clean="1")
    page = text_of(lead.get("/calls/duty"))
    assert "in the suit" not in page and "needs relief since" not in page
    assert DutyNote.objects.filter(claim_id=mine, kind="relief").count() == 1


@pytest.mark.row("S1-38")
def test_dependants_are_a_private_note_and_the_unit_hears_that_support_is_needed(place: Place, now: datetime) -> None:
    court = unit(place, "市法院")
    (who,), (head,) = volunteers(place, 1, unit=court), volunteers(place, 1, unit=court, role="resident")
    grant_role(grant_id=uuid4(), account_id=head.id, role="administrator", area_id=place.area["city"], until_at=None,
               body_id=court, delegates=["volunteer"], by=place.system, at=now)  # fmt: skip
    enrol(who, place, "official")
    send(browser_of(who), "/people/dependants", dependants="两个孩子送到姐姐家", needs="1")
    assert "两个孩子送到姐姐家" in text_of(browser_of(who).get("/people/card"))
    for post in ("lead", "county"):
        seen = text_of(client_of(place, post).get(f"/people/{who.id}"))
        assert "needs care support" in seen and "孩子" not in seen
    told = Message.objects.get(template="care-asked")
    assert told.recipient_id == head.id and "孩子" not in text_of(browser_of(head).get("/"))


@pytest.mark.row("S2-05", "S3-20", "S4-26")
def test_a_squads_profile_tells_size_mean_age_and_standing_and_standing_has_a_history(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    years = (62, 55, 53, 50, 48, 46, 43)
    people = volunteers(place, 7)
    for who, age in zip(people, years, strict=True):
        enrol(who, place, "member", born=str(now.year - age))
    t, lead = team_of(place, "党员突击队", kind="squad"), client_of(place, "lead")
    put_in(place, t, *people)
    applicant = people[6]
    send(browser_of(applicant), f"/people/{applicant.id}/standing", standing="applied", where="出发现场")
    refusal(browser_of(applicant).post(f"/people/{applicant.id}/standing", {"standing": "activist"}), 403,
            "responders.judged_by_oneself")  # fmt: skip
    travel(monkeypatch, now + timedelta(minutes=1))
    send(lead, f"/people/{applicant.id}/standing", standing="activist", where="")
    refusal(lead.post(f"/people/{applicant.id}/standing", {"standing": "member"}), 409, "responders.step_unfit")
    page = text_of(lead.get(f"/teams/{t.id}"))
    assert "7 people" in page and re.search(r"Mean age</dt><dd>51\.0", page)
    assert re.search(r"Under review</dt><dd>1", page) and re.search(r"not stated</dt><dd>6", page)
    history = text_of(lead.get(f"/people/{applicant.id}"))
    assert "Has applied · 出发现场" in history and history.index("Under review") < history.index("Has applied")
    assert acting(applicant, now).grants and not may(acting(applicant, now), "calls.lead")
    send(browser_of(people[0]), f"/people/{people[0].id}/fitness", state="light", limits=["no-standing"], why="膝盖")
    shift = posted(place, "lead", 7, day=now, hours=("20:00", "21:00"), task="gate-check").shifts.get()
    refusal(press(people[0], shift), 409, "calls.limited")  # duties are limited by fitness
    assert press(people[1], shift).status_code == 302


@pytest.mark.row("S2-43", "S3-19")
def test_a_squad_of_the_pool_is_commissioned_stands_by_and_the_call_reaches_it_first(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, unfit, others = volunteers(place, 2), volunteers(place, 1), volunteers(place, 2)
    for who in (*fit, *unfit, *others):
        enrol(who, place, "student" if who not in unfit else "driver")
    lead = client_of(place, "lead")
    t = team_of(place, "急难险重突击队", basis="pool", only_kinds="student")
    refusal(browser_of(unfit[0]).post(f"/teams/{t.id}/join"), 409, "responders.not_taken")
    put_in(place, t, *fit)
    refusal(lead.post(f"/teams/{t.id}/step", {"state": "commissioned"}), 422, "responders.unfit")
    send(lead, f"/teams/{t.id}/step", state="commissioned", mission="进驻封控区", words="授旗")
    travel(monkeypatch, now + timedelta(seconds=10))
    send(lead, f"/teams/{t.id}/step", state="standby")
    assert "on standby" in text_of(lead.get("/teams"))
    travel(monkeypatch, now + timedelta(seconds=20))
    send(lead, f"/teams/{t.id}/step", state="called")
    call = posted(place, "lead", 4, day=now, hours=("20:00", "22:00"), teams=str(t.id), percent="50", later="30")
    [shift] = call.shifts.all()
    refusal(press(others[0], shift), 409, "calls.not_yet_open")
    assert [press(who, shift).status_code for who in fit] == [302, 302]
    travel(monkeypatch, now + timedelta(minutes=31))
    assert press(others[0], shift).status_code == 302
    for minute, state in enumerate(("deployed", "resting", "deployed"), start=32):
        travel(monkeypatch, now + timedelta(minutes=minute))
        send(lead, f"/teams/{t.id}/step", state=state)
    travel(monkeypatch, now + timedelta(minutes=40))
    send(lead, f"/teams/{t.id}/step", state="stood_down", words="服务 12 天，移交社区")
    page = text_of(lead.get(f"/teams/{t.id}"))
    order = [page.index(w) for w in ("服务 12 天", "resting", "on standby", "授旗")]
    assert order == sorted(order)
    refusal(lead.post(f"/teams/{t.id}/step", {"state": "deployed"}), 409, "responders.step_unfit")


@pytest.mark.row("S2-46")
def test_forty_apply_are_screened_with_reasons_and_reserves_are_listed(place: Place, now: datetime) -> None:
    people = volunteers(place, 8)
    t, lead = team_of(place, "志愿服务队", kind="volunteers"), client_of(place, "lead")
    for who in people:
        enrol(who, place)
        send(browser_of(who), f"/teams/{t.id}/join")
    assert "8 ask to join" in text_of(lead.get("/teams"))
    rows = list(Member.objects.filter(team=t).order_by("asked_at", "id"))
    refusal(lead.post(f"/teams/members/{rows[5].id}/decide", {"says": "out"}), 422, "responders.unfit")
    for n, m in enumerate(rows):
        says, why = ("in", "") if n < 5 else ("out", "近期发热") if n == 5 else ("reserve", "名额已满")
        send(lead, f"/teams/members/{m.id}/decide", says=says, why=why)
    page = text_of(lead.get(f"/teams/{t.id}"))
    assert "5 people" in page and page.count("名额已满") == 2 and page.count("近期发热") == 1
    out = Account.objects.get(id=rows[5].responder_id)
    assert "近期发热" in text_of(browser_of(out).get("/people/card"))


@pytest.mark.row("S3-11")
def test_staff_unwell_are_seen_as_limits_and_serve_only_with_the_leads_consent(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (who,) = volunteers(place, 1)
    enrol(who, place, "cadre")
    send(browser_of(who), f"/people/{who.id}/fitness", state="light", limits=["no-standing"], why="刚做完手术")
    shift = posted(place, "lead", 2, day=now, hours=("20:00", "22:00"), task="gate-check").shifts.get()
    lead = client_of(place, "lead")
    assert "刚做完手术" not in text_of(lead.get(f"/people/{who.id}")) + text_of(lead.get("/people"))
    refusal(press(who, shift), 409, "calls.limited")
    assert press(who, shift, why="只坐着登记").status_code == 302
    claim = Claim.objects.get()
    assert claim.state == "asking"
    lead.post(f"/calls/claims/{claim.id}/allow", {"says": "yes", "why": "安排坐岗"})
    claim.refresh_from_db()
    assert (claim.state, claim.allowed_why, claim.allowed_by) == ("claimed", "安排坐岗", place.accounts["lead"].id)
    travel(monkeypatch, now + timedelta(minutes=1))
    send(browser_of(who), f"/people/{who.id}/fitness", state="off")
    other = posted(place, "lead", 2, day=now + timedelta(days=2), hours=("20:00", "22:00")).shifts.get()
    refusal(press(who, other, why="我要去"), 409, "calls.off_duty")  # off is off


@pytest.mark.row("S3-18")
def test_harm_stops_the_work_calls_a_medic_and_command_sees_counts_without_names(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (who,) = volunteers(place, 1)
    shift = posted(place, "lead", 1, day=now, hours=("10:00", "14:00")).shifts.get()
    mine = uuid4()
    press(who, shift, mine)
    lead = client_of(place, "lead")
    travel(monkeypatch, shift.starts_at)
    lead.post(f"/calls/claims/{mine}/present")
    send(browser_of(who), f"/calls/claims/{mine}/stop", signs="乏力、呕吐、脱水")
    assert Claim.objects.get(id=mine).state == "done"
    later = posted(place, "lead", 1, day=now, hours=("20:00", "22:00")).shifts.get()
    refusal(press(who, later), 409, "calls.off_duty")
    item = Item.objects.get(kind="responder-harm")
    medic = client_of(place, "medic")
    assert "乏力、呕吐、脱水" in text_of(medic.get(f"/work/{item.id}"))
    command = client_of(place, "command")
    board = text_of(command.get("/work?kind=responder-harm")) + text_of(command.get(f"/work/{item.id}"))
    assert "Harm to somebody on duty" in board and "呕吐" not in board and who.label not in board
    send(medic, f"/work/{item.id}/move", move="close", **{"f-outcome": "treated"})
    assert Item.objects.get(id=item.id).state == "closed"
    travel(monkeypatch, shift.starts_at + timedelta(minutes=1))
    send(lead, f"/people/{who.id}/fitness", state="fit")
    assert press(who, later).status_code == 302


@pytest.mark.row("S4-01", "S4-02")
def test_two_hundred_and_fifty_in_one_night_in_small(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [unit(place, f"医院{n}", "hospital", "district") for n in range(3)]
    people = [a for b in bodies for a in volunteers(place, 4, unit=b, where="district")]
    (officer,) = volunteers(place, 1, where="neighbour", role="county-officer")
    sender, host = client_of(place, "county"), browser_of(officer)
    mission_id = uuid4()
    host.post("/missions/ask", {"id": str(mission_id), "own": str(place.area["neighbour"]), "task": "sampling",
                                "other": "甲区", "way": "they-send", "title": "支援蓬江区采样", "people": "9",
                                "from": moment(now), "until": moment(now + timedelta(days=3)),
                                "kit": "防护服 3 套\n充电宝"})  # fmt: skip
    page = text_of(sender.get(f"/missions/{mission_id}"))
    assert "支援蓬江区采样" in page and "防护服 3 套" in page
    send(sender, f"/missions/{mission_id}/quotas", **{f"staff.{b}": "4" for b in bodies})
    page = text_of(sender.get(f"/missions/{mission_id}"))
    assert page.count("3 / 4") == 3 and page.count("1 · 25 %") == 3  # what each keeps
    shares = form_of(sender.get(f"/missions/{mission_id}"), f"/missions/{mission_id}/quotas")
    assert [shares[f"staff.{b}"] for b in bodies] == [["4"]] * 3
    send(sender, f"/missions/{mission_id}/quotas", **(shares | {f"people.{bodies[0]}": "1"}))  # it has a ward to keep
    page = text_of(sender.get(f"/missions/{mission_id}"))
    assert page.count("1 / 4") == 1 and page.count("4 / 4") == 2  # the others share what is left
    send(sender, f"/missions/{mission_id}/quotas", **shares)
    send(sender, f"/missions/{mission_id}/step", state="offered")
    answer = send(sender, f"/missions/{mission_id}/call", where="卫健局", meet=moment(now + 2 * HOUR), minutes="10",
                  repeats="3")  # fmt: skip
    out = CallOut.objects.get(mission_id=mission_id)
    assert str(out.id) in answer["Location"]
    for who in people[:8]:
        assert "answer now" in text_of(browser_of(who).get("/calls/mine"))
        send(browser_of(who), f"/called/{out.id}/answer", says="coming")
    send(browser_of(people[8]), f"/called/{out.id}/answer", says="cannot")
    travel(monkeypatch, now + timedelta(minutes=10))
    run_due(channels={}, by=place.system, at=now + timedelta(minutes=10))
    asked = Message.objects.filter(template="call-out").values_list("recipient_id", flat=True)
    assert sorted(asked) == sorted([*(p.id for p in people), *(p.id for p in people[9:])])  # the silent again
    send(sender, f"/call-outs/{out.id}/note", people=str(people[9].id), says="coming")  # by telephone
    page = text_of(sender.get(f"/call-outs/{out.id}"))
    assert "enough are coming" in page
    travel(monkeypatch, now + HOUR)
    send(sender, f"/call-outs/{out.id}/note", people=[str(p.id) for p in (*people[:8], people[9])], says="come")
    send(sender, f"/missions/{mission_id}/step", state="assembled", name="恩平医疗队")
    travel(monkeypatch, now + 2 * HOUR)
    send(host, f"/missions/{mission_id}/step", state="hosted")
    both = [text_of(b.get(f"/missions/{mission_id}")) for b in (sender, host)]
    assert all("under the host's command</span>" in p and "Have come</dt><dd>9</dd>" in p for p in both)
    assert all(re.search(r'href="/teams/[0-9a-f-]{36}">恩平医疗队</a>', p) for p in both)
    found = Mission.objects.get(id=mission_id)
    assert found.departed_at == now + HOUR and found.team is not None and found.team.area_id == place.area["neighbour"]
    assert may(acting(people[0], clock.now()), "sampling.scan", area_id=place.area["neighbour"])
    assert "9 people" in text_of(sender.get(f"/teams/{found.team_id}"))
    send(host, f"/missions/{mission_id}/step", state="released", words="采样 22 万人次，平安返回")
    assert not may(acting(people[0], clock.now()), "sampling.scan", area_id=place.area["neighbour"])
    refusal(client_of(place, "volunteer").get(f"/missions/{mission_id}"), 404, "responders.mission_missing")


@pytest.mark.row("S4-03")
def test_a_retired_clinician_on_the_reserve_list_is_called_and_placed_under_a_hospital(
    place: Place, now: datetime
) -> None:
    hospital = unit(place, "人民医院", "hospital", "district")
    (retired,) = volunteers(place, 1, where="district", unit=hospital)
    (working,) = volunteers(place, 1, where="district", unit=hospital)
    enrol(retired, place, "medic", "district", retired="1", retired_on="2025-10-01", reserve="1")
    enrol(working, place, "medic", "district")
    send(browser_of(retired), f"/people/{retired.id}/skill", skill="clinician", evidence="执业证 1104407")
    send(client_of(place, "county"), f"/people/skills/{Skill.objects.get().id}/judge", says="yes")
    page = text_of(client_of(place, "county").get("/people?reserve=1&skill=clinician"))
    listed = page.split("<tbody>")[1].split("</tbody>")[0]
    assert retired.label in listed and working.label not in listed and "人民医院" in listed
    send(client_of(place, "county"), "/call-outs/new", area=str(place.area["district"]), words="紧急支援", needed="1",
         meet=moment(now + HOUR), minutes="5", repeats="2", reserve="1", skills="clinician")  # fmt: skip
    assert list(Message.objects.filter(template="call-out").values_list("recipient_id", flat=True)) == [retired.id]
    send(browser_of(retired), f"/called/{CallOut.objects.get().id}/answer", says="coming")
    page = text_of(client_of(place, "county").get(f"/call-outs/{CallOut.objects.get().id}"))
    assert "人民医院" in page and "1 asked: 1 coming" in page


def warned(place: Place, warning: str) -> None:
    """A warning typed in by the duty officer, over the district."""
    answer = client_of(place, "officer").post("/weather/new", {
        "id": str(uuid4()), "warning": warning, "area": str(place.area["district"])})  # fmt: skip
    assert answer.status_code == 302, text_of(answer)


@pytest.mark.row("S4-10")
def test_in_the_heat_turns_are_shorter_and_water_comes_by_the_roster(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, other = volunteers(place, 2)
    call = posted(
        place, "lead", 2, day=now, hours=("10:00", "16:00"), task="sampling-help", cover="平安 1", role1="none"
    )  # both are helpers here: nobody takes samples

    [shift] = call.shifts.all()
    claims = [uuid4(), uuid4()]
    for v, c in zip((who, other), claims, strict=True):
        assert press(v, shift, c).status_code == 302
    lead = client_of(place, "lead")
    travel(monkeypatch, shift.starts_at)
    for c in claims:
        tick(lead, c, celsius="36.4", kit="1", training="1")
        tick(lead, c, deploy="1")
    send(browser_of(who), f"/calls/claims/{claims[0]}/note", kind="suit-on")
    travel(monkeypatch, shift.starts_at + timedelta(minutes=50))
    calm = text_of(lead.get("/calls/duty"))
    assert "turn over" not in calm and "needs you now" not in calm
    warned(place, "heat orange")
    page = text_of(lead.get("/calls/duty"))
    assert "Heat, orange" in page and re.search(r'chip bad">50 min in the suit', page)  # 45 in this heat, not 240
    board = text_of(lead.get(f"/calls/{call.id}"))
    assert "drinking water (litres)" in board and "cooling vests 2" in board  # for two by the roster
    travel(monkeypatch, shift.starts_at + timedelta(minutes=125))
    assert text_of(lead.get("/calls/duty")).count("turn over in this weather") == 2
    send(browser_of(who), f"/calls/claims/{claims[0]}/note", kind="suit-off")
    send(browser_of(who), f"/calls/claims/{claims[0]}/note", kind="break")
    assert text_of(lead.get("/calls/duty")).count("turn over in this weather") == 1


@pytest.mark.row("S3-17")
def test_over_the_limit_a_relief_plan_is_asked_with_a_name_and_the_storm_stands_beside_it(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (who,) = volunteers(place, 1)
    call = posted(place, "lead", 1, day=now, hours=("10:00", "04:00"), task="disinfection", cover="平安 1")
    [shift] = call.shifts.all()
    mine = uuid4()
    refusal(press(who, shift), 409, "calls.too_many_hours")  # longer than its risk lets one serve
    assert press(who, shift, mine, why="没有别人会消杀").status_code == 302
    lead = client_of(place, "lead")
    lead.post(f"/calls/claims/{mine}/allow", {"says": "yes", "why": "中途安排替换"})
    travel(monkeypatch, shift.starts_at)
    tick(lead, mine, celsius="36.4", kit="1", training="1")
    tick(lead, mine, deploy="1")
    travel(monkeypatch, shift.starts_at + timedelta(hours=12, minutes=5))
    warned(place, "rainstorm yellow")
    page = text_of(lead.get("/calls/duty"))
    assert "over the limit: relief plan" in page and "needs you now" in page and "Rainstorm, yellow" in page
    answer = lead.post(f"/calls/claims/{mine}/note", {"kind": "overrun", "hours": "4", "why": " "})
    refusal(answer, 422, "calls.unfit")
    refusal(browser_of(who).post(f"/calls/claims/{mine}/note", {"kind": "overrun", "hours": "4", "why": "没人"}), 403,
            "accounts.right_missing")  # fmt: skip
    send(lead, f"/calls/claims/{mine}/note", kind="overrun", hours="4", why="接替 02:00 到，雨停后走", on_board="1")
    page = text_of(lead.get("/calls/duty"))
    assert "allowed until" in page and "over the limit" not in page
    kept = DutyNote.objects.get(kind="overrun")
    assert kept.by == place.accounts["lead"].id and kept.values["why"] == "接替 02:00 到，雨停后走"
    travel(monkeypatch, shift.starts_at + timedelta(hours=16, minutes=10))
    assert "over the limit: relief plan" in text_of(lead.get("/calls/duty"))
