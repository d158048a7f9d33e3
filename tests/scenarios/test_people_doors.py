"""What the pages of those who serve let in, keep, ask and end: by the forms as the pages give them."""

from __future__ import annotations

import re
from datetime import date, datetime
from uuid import uuid4

import pytest

from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.models import Call, CallOut, Claim
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.models import Appointment, Duty, Member, Mission, Offer, Responder, Team
from lianfang.domains.responders.queries import duty_list
from tests.factories.call import HOUR, unit, volunteers
from tests.factories.place import Place
from tests.factories.rounds import outbreak_in
from tests.scenarios.test_call_rows import browser_of, travel
from tests.scenarios.test_people_rows import enrol, moment, put_in, send, team_of
from tests.web.pages import client_of, form_of, refusal, text_of


@pytest.mark.row("S1-08")
def test_nobody_leads_a_team_who_is_neither_in_it_nor_serves_where_it_does(place: Place, now: datetime) -> None:
    captain, member = volunteers(place, 2)
    body = unit(place, "邻区医院", "hospital", "neighbour")
    guest, sent = volunteers(place, 2, unit=body, where="neighbour")
    (keeper,) = volunteers(place, 1, unit=body, where="neighbour")
    grant_role(grant_id=uuid4(), account_id=keeper.id, role="administrator", area_id=place.area["neighbour"],
               until_at=None, body_id=body, delegates=["volunteer"], by=place.system, at=now)  # fmt: skip
    head = browser_of(keeper)
    for who in (captain, member):
        enrol(who, place, phone="13912345678")
    enrol(guest, place, where="neighbour")
    t, lead = team_of(place, "突击队", kind="squad"), client_of(place, "lead")
    put_in(place, t, captain, member)
    send(lead, f"/teams/{t.id}/lead", account=str(captain.id), role="lead")
    stranger, address = place.accounts["neighbour"], f"/teams/{t.id}/lead"
    for browser in (browser_of(captain), lead):
        answer = browser.post(address, {"id": str(uuid4()), "account": str(stranger.id), "role": "deputy"})
        refusal(answer, 422, "responders.unfit")
    assert client_of(place, "neighbour").get(f"/teams/{t.id}").status_code == 404
    assert not Appointment.objects.filter(account_id=stranger.id).exists()
    drawn = lead.post(f"/teams/{t.id}/put", {"id": str(uuid4()), "people": str(guest.id)})
    refusal(drawn, 422, "responders.unfit")  # nobody reads a stranger's phone by putting him in his team
    send(head, "/people/post", area=str(place.area["committee"]), people=str(guest.id), **{"from": moment(now)})
    put_in(place, t, guest)  # whoever is in the team may stand in, wherever he comes from
    for deputy in (guest, place.accounts["grid"]):
        send(browser_of(captain), address, account=str(deputy.id), role="deputy")
    assert "13912345678" in text_of(browser_of(guest).get(f"/teams/{t.id}"))
    enrol(sent, place, where="neighbour")  # and whoever was sent to serve there
    refusal(lead.post("/people/post", {"id": str(uuid4()), "area": str(place.area["committee"]), "people": str(sent.id),
                                       "from": moment(now)}), 404, "responders.missing")  # fmt: skip
    send(head, "/people/post", area=str(place.area["committee"]), people=str(sent.id), **{"from": moment(now)})
    send(browser_of(captain), address, account=str(sent.id), role="deputy")


@pytest.mark.row("S0-02")
def test_what_a_form_does_not_say_of_somebody_stays_and_what_it_says_empty_is_emptied(
    place: Place, now: datetime
) -> None:
    (who,) = volunteers(place, 1)
    enrol(who, place, "medic", "committee2", retired="1", retired_on="2025-10-01", reserve="1", insured="2027-01-01",
          near="0", days=["5"], free_from="08:00", free_until="12:00", phone="13912345678")  # fmt: skip
    fields = ("kind", "home_area_id", "is_retired", "retired_on", "consented_at", "insured_until", "near_steps")
    before = Responder.objects.values(*fields, "free_times").get(id=who.id)
    assert None not in before.values() and before["retired_on"] == date(2025, 10, 1)
    lead = client_of(place, "lead")
    put_down = form_of(lead.get(f"/people?area={place.area['committee']}"), "/people/keep")
    send(lead, "/people/keep", **(put_down | {"account": str(who.id), "kind": "medic", "name": "林医生"}))
    assert Responder.objects.values(*fields, "free_times").get(id=who.id) == before
    own = browser_of(who)
    card = form_of(own.get("/people/card"), "/people/keep")
    assert card["phone"] == ["13912345678"] and card["name"] == ["林医生"]
    send(own, "/people/keep", **card)  # kept as it stands
    assert Responder.objects.values(*fields, "free_times").get(id=who.id) == before
    emptied = {k: v for k, v in card.items() if k not in ("retired", "reserve", "days")}
    send(own, "/people/keep", **(emptied | {"retired_on": "", "insured": "", "near": ""}))
    after = Responder.objects.get(id=who.id)
    assert not after.is_retired and after.free_times == []
    assert (after.retired_on, after.consented_at, after.insured_until, after.near_steps) == (None, None, None, None)


def test_nobody_reads_a_strangers_phone_by_putting_him_down_at_home(place: Place, now: datetime) -> None:
    known, new = volunteers(place, 2)
    enrol(known, place, phone="13912345678")
    (officer,) = volunteers(place, 1, where="neighbour", role="county-officer")  # keeps the register there
    neighbour, form = browser_of(officer), {"kind": "volunteer", "home": str(place.area["neighbour"])}
    for who in (known, new):
        answer = neighbour.post("/people/keep", form | {"account": str(who.id)})
        refusal(answer, 403, "accounts.right_missing")
        refusal(neighbour.get(f"/people/{who.id}"), 404, "responders.missing")


@pytest.mark.row("S1-06")
def test_one_says_on_his_card_where_he_lives_apart_from_where_he_is_employed(place: Place, now: datetime) -> None:
    (who,) = volunteers(place, 1, unit=unit(place))
    own, home = browser_of(who), place.area
    card = form_of(own.get("/people/card"), "/people/keep")
    assert card["home"] == [str(home["committee"])]  # where his sign-in is kept, until he says otherwise
    page = text_of(own.get("/people/card"))
    assert f'<option value="{home["committee2"]}">' in page and str(home["neighbour"]) not in page
    send(own, "/people/keep", **(card | {"name": "林小满", "home": str(home["committee2"])}))
    assert Responder.objects.get(id=who.id).home_area_id == home["committee2"]
    listed = text_of(client_of(place, "street").get(f"/people?area={home['committee2']}"))
    assert "林小满" in listed and "市财政局" in listed
    card = form_of(own.get("/people/card"), "/people/keep")
    assert card["home"] == [str(home["committee2"])]
    send(own, "/people/keep", **(card | {"home_named": "绍玛路社区居委会"}))  # in another county
    assert Responder.objects.get(id=who.id).home_area_id == home["neighbour_committee"]
    refusal(own.post("/people/keep", card | {"home_named": "无此社区"}), 422, "base.invalid")
    refusal(own.post("/people/keep", card | {"home": str(uuid4())}), 422, "responders.unfit")


@pytest.mark.row("S0-39", "S1-09")
def test_a_squad_is_offered_next_door_on_its_own_page_and_serves_insured_for_the_response(
    place: Place, now: datetime
) -> None:
    squad = volunteers(place, 3)
    for who in squad:
        enrol(who, place)
    lead, host, home = client_of(place, "lead"), client_of(place, "street"), place.area
    incident = outbreak_in(place, at=now).id
    t = team_of(place, "消杀队", kind="squad")
    put_in(place, t, *squad)
    page = lead.get(f"/teams/{t.id}")
    form = form_of(page, "/offers/new") | {"from": moment(now + HOUR), "until": moment(now + 25 * HOUR)}
    assert form["team"] == [str(t.id)] and f'<option value="{home["committee2"]}">' in text_of(page)
    assert "/offers/new" not in text_of(browser_of(squad[0]).get(f"/teams/{t.id}"))  # who keeps it offers it
    send(lead, "/offers/new", **(form | {"area": str(home["committee2"])}))
    offer, answer = Offer.objects.get(), {"says": "accepted", "task": "disinfection", "hours": "8", "why": ""}
    assert offer.area_id == home["committee2"] and "offered" in text_of(lead.get(f"/teams/{t.id}"))
    assert 'name="cover"' in text_of(host.get("/missions"))
    refusal(host.post(f"/offers/{offer.id}/answer", answer), 409, "calls.not_insured")  # nobody named an insurance
    assert Offer.objects.get().state == "offered" and not Call.objects.exists()
    send(host, f"/offers/{offer.id}/answer", **(answer | {"cover": "人保 2026-77"}))
    call = Call.objects.get()
    assert (call.cover, call.incident_id) == ("人保 2026-77", incident) and Claim.objects.count() == 3


def test_the_insurance_named_with_an_offer_holds_and_an_offer_is_taken_back_on_the_card(
    place: Place, now: datetime
) -> None:
    (who,) = volunteers(place, 1)
    enrol(who, place)
    own, home, lead = browser_of(who), place.area, client_of(place, "lead")
    form = form_of(own.get("/people/card"), "/offers/new")
    assert form["area"] == [str(home["committee"])]
    send(own, "/offers/new", **(form | {"area_named": "柳林村委会", "from": moment(now + HOUR),
                                        "until": moment(now + 9 * HOUR)}))  # fmt: skip
    offer = Offer.objects.get()
    assert offer.area_id == home["committee3"]
    assert f'action="/offers/{offer.id}/answer"' in text_of(own.get("/people/card"))
    send(own, f"/offers/{offer.id}/answer", says="withdrawn")
    assert "withdrawn" in text_of(own.get("/people/card"))
    t = team_of(place, "消杀队", kind="squad")
    put_in(place, t, who)
    given = {"cover": "人寿 88", "from": moment(now + HOUR), "until": moment(now + 9 * HOUR)}
    send(lead, "/offers/new", **(form_of(lead.get(f"/teams/{t.id}"), "/offers/new") | given))
    offer = Offer.objects.get(team=t)
    send(lead, f"/offers/{offer.id}/answer", says="accepted", task="disinfection", hours="8", why="")
    assert Call.objects.get().cover == "人寿 88" and Call.objects.get().incident_id is None


def test_the_phone_book_is_kept_on_its_page_and_whoever_stands_in_gives_the_line_back(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, deputy, area = place.accounts["grid"], place.accounts["volunteer"], place.area["committee"]
    lead, address = client_of(place, "lead"), f"/phone-book?area={area}"
    form = form_of(lead.get(address), "/phone-book/put") | {"role": "grid-worker"}
    assert form["area"] == [str(area)] and form["position"] == ["0"]
    for who, more in ((first, {}), (deputy, {"from": moment(now + 10 * HOUR), "until": moment(now + 20 * HOUR)})):
        send(lead, "/phone-book/put", **(form | {"id": str(uuid4()), "account": str(who.id), **more}))
    answers = [duty_list("grid-worker", area, at=now + h * HOUR)[0] for h in (0, 9, 10, 19, 20, 40)]
    assert answers == [first.id, first.id, deputy.id, deputy.id, first.id, first.id]
    page = text_of(lead.get(address))
    assert page.count("to come") == 2 and page.count("Strike") == 2 and "End now" in page
    lines = list(Duty.objects.filter(area_id=area).order_by("from_at").values_list("id", flat=True))
    send(lead, f"/phone-book/{lines[1]}/end", area=str(area))  # the stand-in does not come: struck
    travel(monkeypatch, now + HOUR)
    send(lead, f"/phone-book/{lines[0]}/end", area=str(area))
    kept = {d.id: d.to_at for d in Duty.objects.filter(area_id=area)}
    assert kept == {lines[0]: now + HOUR, lines[2]: None}  # what was stays, with its end
    stranger = {"id": str(uuid4()), "account": str(place.accounts["neighbour"].id)}
    refusal(lead.post("/phone-book/put", form | stranger), 422, "responders.unfit")
    refusal(lead.post(f"/phone-book/{uuid4()}/end"), 404, "responders.duty_missing")
    reader = client_of(place, "neighbour_grid")
    refusal(reader.post(f"/phone-book/{lines[2]}/end"), 403, "accounts.right_missing")
    refusal(reader.post("/phone-book/put", form | {"account": str(first.id)}), 403, "accounts.right_missing")
    assert "/phone-book/put" not in text_of(client_of(place, "volunteer").get(address))


@pytest.mark.row("S1-09")
def test_a_units_team_is_of_its_body_and_stays_on_the_list_of_its_office(place: Place, now: datetime) -> None:
    tax = unit(place, "市税务局")
    lead, address = client_of(place, "lead"), f"/teams?area={place.area['committee']}"
    page, form = text_of(lead.get(address)), form_of(lead.get(address), "/teams/form")
    assert form["body"] == [""] and f'<option value="{tax}">市税务局' in page
    send(lead, "/teams/form", **(form | {"names": "税务突击队", "basis": "unit", "body": str(tax)}))
    t = Team.objects.get(name="税务突击队")
    assert t.organisation_id == tax and "市税务局" in text_of(lead.get(f"/teams/{t.id}"))
    answer = lead.post("/teams/form", form | {"id": str(uuid4()), "names": "x", "body": str(uuid4())})
    refusal(answer, 422, "responders.unfit")


@pytest.mark.row("S1-01")
def test_one_leaves_a_team_or_is_taken_out_with_a_reason_and_the_history_stays(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    captain, weary, lost = volunteers(place, 3)
    for who, name in ((captain, "陈队长"), (weary, "林小满"), (lost, "王来迟")):
        enrol(who, place, name=name)
    t, lead = team_of(place, "突击队", kind="squad"), client_of(place, "lead")
    put_in(place, t, captain, weary, lost)
    send(lead, f"/teams/{t.id}/lead", account=str(captain.id), role="lead")
    part = form_of(lead.get(f"/teams/{t.id}"), "/teams/form") | {"names": "一组"}
    send(browser_of(captain), "/teams/form", **part)
    send(lead, f"/teams/{t.id}/move", people=str(weary.id), group=str(Team.objects.get(name="一组").id))
    ids = dict(Member.objects.filter(team=t).values_list("responder_id", "id"))
    travel(monkeypatch, now + HOUR)
    refusal(browser_of(lost).post(f"/teams/members/{ids[weary.id]}/leave"), 404, "responders.team_missing")
    refusal(browser_of(captain).post(f"/teams/members/{ids[lost.id]}/leave"), 422, "responders.unfit")
    own = browser_of(weary)
    address = f"/teams/members/{ids[weary.id]}/leave"
    send(own, address, **form_of(own.get("/people/card"), address))
    assert Member.objects.filter(responder_id=weary.id).values_list("state", flat=True).distinct().get() == "left"
    address = f"/teams/members/{ids[lost.id]}/leave"
    assert address in text_of(browser_of(captain).get(f"/teams/{t.id}"))
    send(browser_of(captain), address, why="三次未到")
    page = text_of(lead.get(f"/teams/{t.id}"))
    assert "1 person" in page and re.search(r"Have left</h2>.*王来迟 <span class=\"soft\">三次未到", page, re.S)
    assert "三次未到" in text_of(browser_of(lost).get("/people/card"))
    assert Member.objects.get(id=ids[lost.id]).until_at == now + HOUR
    send(browser_of(captain), f"/teams/members/{ids[captain.id]}/leave")
    assert "nobody leads" in text_of(lead.get(f"/teams/{t.id}"))
    refusal(
        browser_of(captain).post(f"/teams/{t.id}/note", {"kind": "log", "words": "x"}), 404, "responders.team_missing"
    )
    put_in(place, t, weary)  # and may come again
    assert Member.objects.filter(team=t, responder_id=weary.id).count() == 2


@pytest.mark.row("S4-01")
def test_a_mission_belongs_to_the_response_and_is_declined_or_taken_back_with_a_reason(
    place: Place, now: datetime
) -> None:
    incident = outbreak_in(place, at=now).id
    (officer,) = volunteers(place, 1, where="neighbour", role="county-officer")
    sender, host = browser_of(officer), client_of(place, "county")
    body = unit(place, "人民医院", "hospital", "neighbour")
    medics = volunteers(place, 2, unit=body, where="neighbour")
    form = form_of(host.get("/missions"), "/missions/ask") | {
        "other": "乙区", "way": "they-send", "title": "支援采样", "task": "sampling", "people": "2",
        "from": moment(now), "until": moment(now + 9 * HOUR)}  # fmt: skip
    made = [uuid4() for _ in range(3)]
    for one in made:
        send(host, "/missions/ask", **(form | {"id": str(one)}))
    assert set(Mission.objects.values_list("incident_id", flat=True)) == {incident}
    first, second, third = (f"/missions/{m}" for m in made)
    assert "We cannot send them" in text_of(sender.get(first)) and "Take it back" not in text_of(sender.get(first))
    assert "Take it back" in text_of(host.get(first)) and "We cannot send them" not in text_of(host.get(first))
    refusal(sender.post(f"{first}/step", {"state": "declined", "why": " "}), 422, "responders.unfit")
    refusal(sender.post(f"{first}/step", {"state": "withdrawn", "why": "x"}), 403, "accounts.right_missing")
    refusal(host.post(f"{first}/step", {"state": "declined", "why": "x"}), 403, "accounts.right_missing")
    for address in (first, second):
        send(sender, f"{address}/quotas", **{f"staff.{body}": "4"})
        send(sender, f"{address}/step", state="offered")
        send(sender, f"{address}/call", where="卫健局", meet=moment(now + 2 * HOUR), minutes="10", repeats="3")
    send(sender, f"{first}/step", state="declined", why="本区也有疫情")
    send(host, f"{second}/step", state="withdrawn", why="本地人手已够")
    both = text_of(sender.get(first)), text_of(host.get(first))
    assert all("declined" in p and "本区也有疫情" in p and "We cannot send them" not in p for p in both)
    assert "本地人手已够" in text_of(sender.get(second)) and "taken back" in text_of(host.get("/missions"))
    assert CallOut.objects.get(mission_id=made[0]).closed_at == now  # the silent are asked no more
    assert CallOut.objects.get(mission_id=made[1]).closed_at == now  # by whom it was taken back, though it is not his
    assert Message.objects.filter(template="call-out-off").values("about_id").distinct().count() == 2
    assert "Do not come" in text_of(browser_of(medics[0]).get("/"))
    assert "cannot send people" in text_of(host.get("/")) and "taken its request back" in text_of(sender.get("/"))
    refusal(sender.post(f"{second}/step", {"state": "assembled"}), 422, "responders.unfit")
    refusal(host.post(f"{first}/step", {"state": "withdrawn", "why": "x"}), 409, "responders.step_unfit")
    assert Mission.objects.get(id=made[2]).state == "asked" and third in text_of(host.get("/missions"))


def test_help_for_another_area_belongs_to_the_response_chosen_where_it_is_over_that_area_too(
    place: Place, now: datetime
) -> None:
    first, second = (outbreak_in(place, at=now - n * HOUR).id for n in (0, 1))  # the newest is the first offered
    sender = client_of(place, "county")
    form = form_of(sender.get("/missions"), "/missions/ask") | {
        "way": "we-send", "title": "支援采样", "task": "sampling", "people": "2", "from": moment(now),
        "until": moment(now + 9 * HOUR)}  # fmt: skip
    told = []
    for other, chosen in (("西街道", second), ("西街道", "none"), ("西街道", first), ("乙区", second)):
        one = str(uuid4())
        send(sender, "/missions/ask", **(form | {"id": one, "other": other, "incident": str(chosen)}))
        told.append(Mission.objects.get(id=one).incident_id)
    assert told == [second, None, first, None]  # in the neighbour's district nothing goes on
