"""What goes otherwise than planned: served longer, called off, moved too late, one of a squad unfit, a gap filled."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.editions.services import override_value
from lianfang.domains.messages.models import Message
from lianfang.domains.places.services import register_place
from lianfang.flows.stop_duty import expose_helpers
from tests.factories.call import HOUR, volunteers
from tests.factories.place import Place
from tests.scenarios.test_call_rows import at_nine, browser_of, posted, press, travel
from tests.scenarios.test_people_rows import enrol, put_in, send, team_of, tick
from tests.web.pages import client_of, form_of, refusal, text_of

DAY = timedelta(days=1)
Patch = pytest.MonkeyPatch


def seen_by_lead(place: Place, who: Account) -> None:
    """The community's lead has seen the policy of which somebody has told."""
    lead, address = client_of(place, "lead"), f"/people/{who.id}/insured"
    page = lead.get(f"/people?area={place.area['committee']}")
    send(lead, address, **form_of(page, address), says="yes")


def on_duty(place: Place, who: object, shift: Shift, monkeypatch: Patch) -> object:
    """Somebody has claimed and come; gives his claim's id."""
    claim = uuid4()
    assert press(who, shift, claim).status_code == 302
    travel(monkeypatch, shift.starts_at)
    assert client_of(place, "lead").post(f"/calls/claims/{claim}/present").status_code == 302
    return claim


def test_who_served_longer_than_planned_rests_from_when_he_left(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    (who,) = volunteers(place, 1)
    first = posted(place, "lead", 1, day=now, hours=("10:00", "14:00")).shifts.get()
    later = posted(place, "lead", 1, day=now + DAY, hours=("02:00", "04:00")).shifts.get()
    even_later = posted(place, "lead", 2, day=now + DAY, hours=("16:00", "18:00")).shifts.get()
    claim = on_duty(place, who, first, monkeypatch)
    travel(monkeypatch, first.ends_at + 10 * HOUR)  # midnight, fourteen hours
    page = text_of(client_of(place, "lead").get("/calls/duty"))
    assert "Leaves now" in page
    answer = client_of(place, "lead").post(f"/calls/claims/{claim}/leave", {"on_board": "1"})
    assert answer.url.startswith("/calls/duty") and Claim.objects.get(id=claim).hours_served == 14.0
    refusal(press(who, later), 409, "calls.too_many_hours")  # by the plan he would have rested for twelve hours
    assert press(who, even_later).status_code == 302


def test_the_turnout_does_not_cut_the_hours_of_who_serves_on(place: Place, now: datetime, monkeypatch: Patch) -> None:
    who, gone = volunteers(place, 2)
    shift = posted(place, "lead", 2, day=now, hours=("10:00", "14:00")).shifts.get()
    claim, other = uuid4(), uuid4()
    for v, c in ((who, claim), (gone, other)):
        assert press(v, shift, c).status_code == 302
    travel(monkeypatch, shift.starts_at)
    lead = client_of(place, "lead")
    for c in (claim, other):
        lead.post(f"/calls/claims/{c}/present")
    travel(monkeypatch, shift.ends_at)
    assert lead.post(f"/calls/shifts/{shift.id}/settle").status_code == 302
    travel(monkeypatch, shift.ends_at + 2 * HOUR)
    mine = browser_of(who)
    assert "I served on until now" in text_of(mine.get("/calls/mine"))
    assert mine.post(f"/calls/claims/{claim}/leave").status_code == 302
    served = Claim.objects.get(id=claim)
    assert served.hours_served == 6.0 and served.hours_at is None  # more than was confirmed: to be confirmed anew
    assert Claim.objects.get(id=other).hours_served == 4.0
    assert "I served on until now" not in text_of(mine.get("/calls/mine"))
    page = text_of(lead.get(f"/calls/{shift.call_id}"))
    assert "Confirm the hours of 1 person" in page
    lead.post(f"/calls/{shift.call_id}/hours", {"claims": [str(claim)]})
    assert mine.post(f"/calls/claims/{claim}/leave").status_code == 302  # a repeat, nothing more
    assert Claim.objects.get(id=claim).hours_served == 6.0
    early = (shift.ends_at - HOUR).isoformat()  # noted on his phone, which had no signal until now
    assert browser_of(gone).post(f"/calls/claims/{other}/leave", {"noted_at": early}).status_code == 302
    assert Claim.objects.get(id=other).hours_served == 3.0
    for wrong in ("gestern", "2020-01-01T08:00:00+08:00", "2022-03-18T08:00:00"):
        refusal(browser_of(gone).post(f"/calls/claims/{other}/leave", {"noted_at": wrong}), 422, "base.invalid")
    travel(monkeypatch, shift.ends_at + 20 * HOUR)
    assert "I served on until now" not in text_of(browser_of(gone).get("/calls/mine"))


def test_a_shift_on_which_somebody_stands_is_not_moved_and_a_move_leaves_nobody_without_rest(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    who, rested = volunteers(place, 2)
    lead = client_of(place, "lead")
    night = posted(place, "lead", 1, day=now, hours=("15:00", "23:00")).shifts.get()
    shift = posted(place, "lead", 2, day=now + DAY, hours=("14:00", "22:00")).shifts.get()
    assert press(who, night).status_code == 302
    for v in (who, rested):
        assert press(v, shift).status_code == 302

    def move(begins: datetime) -> object:
        hours = {k: t.strftime("%Y-%m-%dT%H:%M") for k, t in (("from", begins), ("until", begins + 8 * HOUR))}
        return lead.post(f"/calls/shifts/{shift.id}/move", hours)

    early = datetime.combine((now + DAY).astimezone(LOCAL).date(), time(3), LOCAL)
    assert move(early).status_code == 302  # four hours after the evening
    states = dict(Claim.objects.filter(shift=shift).values_list("account_id", "state"))
    assert states == {who.id: "released", rested.id: "claimed"}
    travel(monkeypatch, early - HOUR / 2)
    claim = Claim.objects.get(shift=shift, state="claimed")
    assert client_of(place, "lead").post(f"/calls/claims/{claim.id}/present").status_code == 302
    lead = client_of(place, "lead")
    refusal(move(early + 5 * HOUR), 409, "calls.too_late")
    claim.refresh_from_db()
    assert claim.state == "checked_in"


def test_a_shift_is_called_off_and_everybody_on_it_is_told_why(place: Place, now: datetime, monkeypatch: Patch) -> None:
    who, waits = volunteers(place, 2)
    call = posted(place, "lead", 1, day=now, hours=("10:00", "14:00"))
    shift, lead = call.shifts.get(), client_of(place, "lead")
    assert press(who, shift).status_code == 302 and press(waits, shift, waits="1").status_code == 302
    assert "Call off" in text_of(lead.get(f"/calls/{call.id}"))
    address = f"/calls/shifts/{shift.id}/call-off"
    refusal(client_of(place, "neighbour").post(address, {"why": "x"}), 403, "accounts.right_missing")
    refusal(browser_of(who).post(address, {"why": "x"}), 403, "accounts.right_missing")
    refusal(lead.post(address, {"why": " "}), 422, "calls.unfit")
    for _ in range(2):
        assert lead.post(address, {"why": "暴雨停检"}).status_code == 302
    told = Message.objects.filter(template="shift-called-off").values_list("recipient_id", flat=True)
    assert sorted(told) == sorted([who.id, waits.id])
    assert set(Claim.objects.filter(shift=shift).values_list("state", flat=True)) == {"released"}
    assert "10:00" not in text_of(browser_of(who).get("/calls/mine"))
    travel(monkeypatch, shift.starts_at + 2 * HOUR)
    assert "Nobody on post" not in text_of(client_of(place, "lead").get("/calls/duty"))
    other = posted(place, "lead", 1, day=now, hours=("13:00", "16:00")).shifts.get()
    on_duty(place, who, other, monkeypatch)
    refusal(client_of(place, "lead").post(f"/calls/shifts/{other.id}/call-off", {"why": "x"}), 409, "calls.too_late")


def test_one_unfit_member_does_not_keep_a_squad_from_its_places_and_is_named(place: Place, now: datetime) -> None:
    squad = volunteers(place, 3)
    for v in squad:
        enrol(v, place)
    team = team_of(place, "突击队", kind="squad")
    put_in(place, team, *squad)
    send(browser_of(squad[0]), f"/people/{squad[0].id}/fitness", state="off")
    call = posted(place, "lead", 3, day=now, hours=("20:00", "22:00"))
    page = text_of(client_of(place, "lead").post(f"/calls/shifts/{call.shifts.get().id}/team", {"team": str(team.id)}))
    holders = set(Claim.objects.filter(shift__call=call, state="claimed").values_list("account_id", flat=True))
    assert holders == {v.id for v in squad[1:]}
    assert "1 was not:" in page and squad[0].label in re.search(r'role="alert">.*?</div>', page, re.S).group()


def test_who_is_asked_elsewhere_fills_the_gap_and_the_alarm_is_still(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    (who,) = volunteers(place, 1)
    lead = client_of(place, "lead")
    short = posted(place, "lead", 2, day=now, hours=("10:00", "14:00")).shifts.get()
    page = lead.get(f"/rosters?area={place.area['committee']}&from={now.astimezone(LOCAL).date()}").content.decode()
    [address] = re.findall(rf'href="(/calls/new\?[^"]*fills={short.id}[^"]*)"', page)[:1]
    form = lead.get(address.replace("&amp;", "&")).content.decode()
    assert (
        f'name="fills" value="{short.id}"' in form and 'name="places" type="number" min="1" required value="2"' in form
    )
    again = posted(place, "lead", 2, day=now, hours=("10:00", "14:00"), fills=str(short.id))
    short.refresh_from_db()
    assert short.places == 0 and again.shifts.get().places == 2
    on_duty(place, who, again.shifts.get(), monkeypatch)
    travel(monkeypatch, short.starts_at + HOUR)
    assert "Nobody on post" not in text_of(client_of(place, "lead").get("/calls/duty"))
    far = posted(place, "neighbour", 1, where="neighbour_committee", day=now, hours=("20:00", "21:00")).shifts.get()
    sent = {"id": uuid4(), "task": "registration", "on": now.astimezone(LOCAL).date().isoformat(), "days": "1",
            "from": "20:00", "until": "21:00", "places": "1", "fills": str(far.id)}  # fmt: skip
    refusal(client_of(place, "lead").post(f"/calls/new?area={place.area['committee']}", sent), 403,
            "accounts.right_missing")  # fmt: skip
    assert not Call.objects.filter(id=sent["id"]).exists()


def test_a_roster_proposes_no_turn_longer_than_its_risk_lets_anybody_serve(place: Place, now: datetime) -> None:
    override_value(override_id=uuid4(), code="common-1", name="high_risk_hours", area_id=place.area["district"],
                   to_at=None, new_value=6, reason="本区规定", approved_by=place.accounts["command"].id,
                   by=place.actor("county", now), at=now - HOUR)  # fmt: skip
    squad = volunteers(place, 6)
    for v in squad:
        enrol(v, place, insured="2099-01-01")
        seen_by_lead(place, v)
    team = team_of(place, "消杀队", kind="squad")
    put_in(place, team, *squad)
    lead, first = client_of(place, "lead"), (now.astimezone(LOCAL).date() + DAY).isoformat()
    for name, hours, proposed in (("消杀岗", "8", 0), ("短班岗", "6", 4)):
        lead.post("/rosters/posts", {"id": uuid4(), "area": place.area["committee"], "names": name, "places": "1",
                                     "task": "disinfection", "shape": "clock", "hours": hours, "from": "08:00",
                                     "first_day": first, "last_day": first})  # fmt: skip
        call = Call.objects.get(where=name)
        page = text_of(lead.get(f"/rosters/{call.id}?propose=1&team={team.id}&from={first}&days=1"))
        assert len(re.findall(r'name="pick" value="[^"]+" checked', page)) == proposed


def test_late_in_the_evening_the_form_begins_tomorrow_and_what_was_typed_stands_when_it_is_refused(
    place: Place, monkeypatch: Patch
) -> None:
    at = datetime.combine(at_nine().astimezone(LOCAL).date(), time(23, 30), LOCAL)
    travel(monkeypatch, at)
    place.at = at
    lead, address = client_of(place, "lead"), f"/calls/new?area={place.area['committee']}"
    page = text_of(lead.get(address))
    day = re.search(r'name="on" type="date" required value="([^"]+)"', page).group(1)
    hour = re.search(r'name="from" type="time" required value="([^"]+)"', page).group(1)
    assert (day, hour) == ((at + DAY).date().isoformat(), "00:00")
    sent = {"id": uuid4(), "task": "patrol", "on": day, "days": "2", "from": hour, "until": "04:00", "places": "4"}
    wrong = lead.post(address, {**sent, "on": at.date().isoformat(), "where": "东门", "people": "party",
                                "title": "夜巡", "asked": str(place.area["street"])})  # fmt: skip
    page = refusal(wrong, 422, "calls.unfit")
    for typed in ('value="04:00"', 'value="4"', 'value="东门"', 'value="夜巡"', 'value="patrol" required checked',
                  f'name="asked" value="{place.area["street"]}" checked'):  # fmt: skip
        assert typed in page, typed
    assert not Call.objects.exists()
    gate = register_place(place_id=uuid4(), kind="service-post", name="村口卡点", name_en="", capacity={"post": 4},
                          area_id=place.area["committee"], lon=113.6, lat=24.8, incident_id=None,
                          by=place.system, at=at)  # fmt: skip
    assert f'<option value="{gate.id}">村口卡点' in text_of(lead.get(address))
    assert lead.post(address, {**sent, "site": str(gate.id)}).status_code == 302
    assert Call.objects.get().place_id == gate.id
    beside, there = client_of(place, "neighbour"), f"/calls/new?area={place.area['neighbour_committee']}"
    refusal(beside.post(there, {**sent, "id": uuid4(), "site": str(gate.id)}), 404, "places.missing")


def test_nobody_binds_or_asks_another_place_without_its_word(place: Place, now: datetime) -> None:
    sent = {"task": "registration", "on": now.astimezone(LOCAL).date().isoformat(), "days": "1", "from": "20:00",
            "until": "22:00", "places": "4"}  # fmt: skip
    lead, address = client_of(place, "lead"), f"/calls/new?area={place.area['committee']}"
    for field in ("joint", "asked"):
        for area in ("neighbour", "neighbour_committee", "committee3"):
            wrong = lead.post(address, {"id": uuid4(), **sent, field: str(place.area[area])})
            refusal(wrong, 422, "calls.unfit")
    assert lead.post(address, {"id": uuid4(), **sent, "joint": str(place.area["street"])}).status_code == 302


def test_a_colleague_checks_the_gear_from_his_own_phone_and_says_that_somebody_is_unwell(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    who, buddy, elsewhere = volunteers(place, 3)
    for v in (who, buddy, elsewhere):
        enrol(v, place, insured="2099-01-01")
        seen_by_lead(place, v)
    lead = client_of(place, "lead")
    shift = posted(place, "lead", 2, day=now, hours=("10:00", "13:00"), task="hand-out", inside="sealed-zone",
                   cover="平安 1").shifts.get()  # fmt: skip
    claims = {v: uuid4() for v in (who, buddy)}
    for v, c in claims.items():
        assert press(v, shift, c).status_code == 302
    travel(monkeypatch, shift.starts_at)
    lead = client_of(place, "lead")
    for c in claims.values():
        tick(lead, c, celsius="36.4", kit="1", training="1")
        tick(lead, c, deploy="1")
    assert Claim.objects.filter(state="checked_in").count() == 2
    mine = browser_of(buddy)
    page = mine.get("/calls/mine").content.decode()
    assert f'action="/calls/claims/{claims[who]}/note"' in page and who.label in page
    assert f"/calls/claims/{claims[who]}/note" not in browser_of(elsewhere).get("/calls/mine").content.decode()
    for kind in ("gear", "entered"):
        send(mine, f"/calls/claims/{claims[who]}/note", kind=kind)
    assert "min in the suit" in text_of(browser_of(who).get("/calls/mine"))
    send(mine, f"/calls/claims/{claims[who]}/stop", signs="头晕")
    assert Claim.objects.get(id=claims[who]).state == "done"


def test_any_place_is_never_beyond_the_times_and_the_distance_somebody_stated(place: Place, now: datetime) -> None:
    (who,) = volunteers(place, 1)
    enrol(who, place, near="0", days=["0", "1", "2", "3", "4", "5", "6"], free_from="18:00", free_until="23:00")
    mine = browser_of(who)
    posted(place, "lead", 9, day=now, hours=("10:00", "12:00"))  # many are missing, but in his working hours
    posted(place, "street", 9, where="committee2", day=now, hours=("20:00", "21:00"))  # and many next door
    near = posted(place, "lead", 1, day=now, hours=("19:00", "21:00")).shifts.get()
    assert mine.post("/calls/any", {"id": uuid4()}).status_code == 302
    assert Claim.objects.get(account_id=who.id).shift_id == near.id


def test_the_rest_of_a_turn_somebody_had_to_stop_is_offered_from_the_leads_own_day(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    who, other = volunteers(place, 2)
    for v in (who, other):
        enrol(v, place)
    shift = posted(place, "lead", 1, day=now, hours=("10:00", "16:00")).shifts.get()
    later = posted(place, "lead", 1, day=now + DAY, hours=("18:00", "20:00")).shifts.get()
    claim = on_duty(place, who, shift, monkeypatch)
    assert press(who, later).status_code == 302
    travel(monkeypatch, shift.starts_at + 2 * HOUR)
    send(browser_of(who), f"/calls/claims/{claim}/stop", signs="头晕")
    assert Claim.objects.get(id=claim).hours_served == 2.0
    lead = client_of(place, "lead")
    day = text_of(lead.get("/"))
    address = re.search(r'href="(/matches[^"]*)">Who could replace', day)
    assert address is not None, day
    page = text_of(lead.get(address.group(1)))
    offered = re.findall(r'name="pick" value="([^" ]+) ([^"]+)" checked', page)
    assert {s for s, _ in offered} == {str(shift.id), str(later.id)}
    assert str(who.id) not in page  # he is off duty
    picks = [f"{s} {a}" for s, a in offered if s == str(shift.id)]
    assert lead.post("/matches/adopt" + address.group(1)[8:], {"id": uuid4(), "pick": picks}).status_code == 302
    shift.refresh_from_db()
    taken = Claim.objects.get(shift=shift, state="claimed")
    assert shift.taken == shift.places == 1 and taken.account_id != who.id
    travel(monkeypatch, shift.ends_at - HOUR / 2)  # half an hour is not worth somebody's way
    Claim.objects.filter(id=taken.id).update(state="released")
    Shift.objects.filter(id=shift.id).update(taken=0)
    assert f'value="{shift.id} ' not in text_of(lead.get(address.group(1)))


def test_one_call_has_several_turns_a_day_lets_its_places_go_in_waves_and_takes_nobody_after_its_deadline(
    place: Place, now: datetime, monkeypatch: Patch
) -> None:
    people, lead = volunteers(place, 4), client_of(place, "lead")
    address, day = f"/calls/new?area={place.area['committee']}", (now + DAY).date()
    shown = lead.get(address)
    empty = {k: v[-1] for k, v in form_of(shown, "").items()}
    sent = {**empty, "task": "patrol", "on": day.isoformat(), "days": "2", "from": "08:00", "until": "12:00",
            "places": "4", "from_2": "22:00", "until_2": "02:00", "places_2": "1", "closes": f"{day}T07:00",
            "percent": "25", "later": "30", "percent_2": "50", "later_2": "30",
            "asked": str(place.area["committee"])}  # fmt: skip
    counted = lead.post(address, {**sent, "count": "1"})
    assert counted.status_code == 200 and not Call.objects.exists()
    assert 'name="from_2" type="time" value="22:00"' in text_of(counted)
    half = lead.post(address, {**sent, "until_2": ""})
    refusal(half, 422, "base.invalid")
    assert not Call.objects.exists()
    answer = lead.post(address, sent)
    assert answer.status_code == 302, text_of(answer)
    call = Call.objects.get()
    assert [(s.starts_at.astimezone(LOCAL).hour, s.places) for s in call.shifts.order_by("starts_at")] == [
        (8, 4), (22, 1), (8, 4), (22, 1)]  # fmt: skip
    first = call.shifts.order_by("starts_at").first()
    assert press(people[0], first).status_code == 302
    refusal(press(people[1], first), 409, "calls.held_back")  # a quarter of four
    travel(monkeypatch, now + HOUR / 2)
    assert press(people[1], first).status_code == 302
    refusal(press(people[2], first), 409, "calls.held_back")
    travel(monkeypatch, now + HOUR)
    assert press(people[2], first).status_code == 302
    travel(monkeypatch, call.closes_at)
    refusal(press(people[3], first), 409, "calls.closed")


def test_of_a_helper_who_met_a_case_the_lead_is_proposed_a_replacement_days_ahead_and_adopts_it(
    place: Place, now: datetime
) -> None:
    helper, other = volunteers(place, 2)
    for v in (helper, other):
        enrol(v, place)
    shift = posted(place, "lead", 1, day=now + 4 * DAY, hours=("18:00", "20:00")).shifts.get()
    beside = posted(place, "lead", 1, day=now + DAY, hours=("18:00", "20:00")).shifts.get()
    assert press(helper, shift).status_code == 302
    Account.objects.filter(id=helper.id).update(person_id=place.people[0])
    expose_helpers(until_by_person={place.people[0]: (uuid4(), now + 7 * DAY)}, area_id=place.area["committee"],
                   by=place.system, at=now)  # fmt: skip
    lead = client_of(place, "lead")
    told = re.search(r"came free.*?Proposed: (.*?)\. Open it.*?href=\"(/matches[^\"]*call=[^\"]*)\"",
                     text_of(lead.get("/")), re.S)  # fmt: skip
    assert told is not None and helper.label not in told.group(1)
    answer = lead.get(told.group(2))
    page = text_of(answer)
    assert f'value="{shift.id} ' in page and str(beside.id) not in page and "Only " in page
    form = re.search(r'action="(/matches/adopt[^"]*)"', page)
    assert form is not None
    picks = re.findall(r'name="pick" value="([^"]+)" checked', page)
    adopted = lead.post(form.group(1), form_of(answer, form.group(1)) | {"pick": picks})
    assert adopted.status_code == 302 and "call=" in adopted.url
    assert Claim.objects.get(shift=shift, state="claimed").account_id != helper.id
