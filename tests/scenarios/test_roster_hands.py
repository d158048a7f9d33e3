"""Rosters kept by hand and by role, through pages: a missing nurse, a place given by name, freed; wishes, weather."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Call, Claim, Shift
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.calls.services import claim_shift
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.services import state_fitness
from lianfang.domains.work.models import Item
from tests.factories.call import acting, volunteers
from tests.factories.people import serving, skilled
from tests.factories.place import Place
from tests.scenarios.test_call_rows import browser_of, press
from tests.scenarios.test_roster_rows import opened, picks, squad
from tests.web.pages import client_of, refusal, text_of

DAY = timedelta(days=1)
NURSE = {"role1": "clinician", "heads1": "1"}


def ward(place: Place, now: datetime, places: int = 2, days: int = 1, **more: str) -> tuple[Call, list[Shift], date]:
    """A post once a day from tomorrow on, from eight to noon, opened by its page."""
    first = now.astimezone(LOCAL).date() + DAY
    last = first + (days - 1) * DAY
    given = {"shape": "once", "until": "12:00", "places": str(places), **more}
    [call] = opened(place, "接种点", first_day=first.isoformat(), last_day=last.isoformat(), **given)
    return call, list(call.shifts.order_by("starts_at")), first


def nurse_and(place: Place, n: int) -> tuple[Account, list[Account]]:
    """A nurse and so many helpers."""
    nurse, *others = volunteers(place, n + 1)
    serving(place, nurse, *others)
    skilled(place, nurse, "clinician")
    return nurse, others


def given(place: Place, call: Call, shift: Shift, who: Account, post: str = "lead", **more: str) -> object:
    """Put somebody on a shift by the form of the roster."""
    sent = {"id": uuid4(), "shift": shift.id, "person": who.id, "why": "", **more}
    return client_of(place, post).post(f"/rosters/{call.id}/put", sent)


def test_a_shift_without_its_nurse_is_a_gap_and_the_last_place_is_hers(place: Place, now: datetime) -> None:
    nurse, (one, two) = nurse_and(place, 2)
    call, [shift], first = ward(place, now, **NURSE)
    assert call.roles == [{"skill": "clinician", "heads": 1}]
    assert press(one, shift).status_code == 302

    # The second helper meets the last place kept: by the form and on the list of shifts.
    phone = browser_of(two)
    page = text_of(phone.get("/calls?tab=all"))
    assert "are kept for people with a verified skill: Doctor or nurse" in page and ">Waitlist<" in page
    refused = text_of(press(two, shift))
    assert 'title="calls.kept_for_role"' in refused and "you would be number 1" in refused
    assert press(two, shift, waits="1").status_code == 302
    assert Claim.objects.get(account_id=two.id).state == "waiting" and Shift.objects.get(id=shift.id).taken == 1

    # The board, the roster and the call say who is missing, and the call for her is filled in.
    head = client_of(place, "lead")
    for address in (f"/rosters?area={place.area['committee']}&from={first}", f"/rosters/{call.id}?from={first}&days=1",
                    f"/calls/{call.id}"):  # fmt: skip
        page = text_of(head.get(address))
        assert "missing on this shift: Doctor or nurse" in page and "held at all hours" not in page
    page = text_of(head.get(f"/rosters/{call.id}?from={first}&days=1"))
    [fill] = re.findall(r'href="(/calls/new\?[^"]+)">Call 1: Doctor or nurse', page)
    form = text_of(head.get(fill.replace("&amp;", "&")))
    assert re.search(r'name="needs" value="clinician" checked', form) and 'name="fills"' in form

    # She takes it: the gap is gone, and each sees with whom he serves.
    assert press(nurse, shift).status_code == 302
    hers = browser_of(nurse)
    page = text_of(head.get(f"/rosters/{call.id}?from={first}&days=1"))
    assert "missing on this shift" not in page and "held at all hours" in page
    assert re.search(rf"{nurse.label} <small>Doctor or nurse", page)
    assert f"with Doctor or nurse {nurse.label}" in text_of(browser_of(one).get("/calls/mine"))
    assert "with Doctor" not in text_of(hers.get("/calls/mine")) + text_of(phone.get("/calls/mine"))
    assert re.search(rf"{nurse.label} · <b>Doctor or nurse</b>", text_of(head.get(f"/calls/{call.id}")))


def test_the_call_for_a_nurse_takes_the_gap_over_and_the_roles_are_changed_on_the_roster(
    place: Place, now: datetime
) -> None:
    _, (one, two) = nurse_and(place, 2)
    call, [shift], first = ward(place, now)
    head = client_of(place, "lead")
    press(one, shift)
    assert head.post(f"/rosters/{call.id}/roles", NURSE).status_code == 302
    refusal(head.post(f"/rosters/{call.id}/roles", {"role1": "clinician", "heads1": "3"}), 422, "calls.unfit")
    refusal(client_of(place, "neighbour").post(f"/rosters/{call.id}/roles", {}), 403, "accounts.right_missing")
    page = text_of(head.get(f"/rosters/{call.id}?from={first}&days=1"))
    assert re.search(r'<option value="clinician" selected>', page)
    [fill] = re.findall(r'href="(/calls/new\?[^"]+)">Call 1: Doctor or nurse', page)
    asked = dict(x.split("=") for x in fill.split("?")[1].replace("&amp;", "&").split("&"))
    made = head.post(f"/calls/new?area={place.area['committee']}", {
        "id": uuid4(), "task": "registration", "on": asked["on"], "days": "1", "from": "08:00", "until": "12:00",
        "places": asked["places"], "needs": asked["needs"], "fills": asked["fills"]})  # fmt: skip
    assert made.status_code == 302, text_of(made)
    page = text_of(head.get(f"/rosters/{call.id}?from={first}&days=1"))
    assert "missing on this shift" not in page and "held at all hours" in page
    assert Call.objects.exclude(id=call.id).get().skills == ["clinician"]
    refusal(press(two, Shift.objects.get(call__skills=["clinician"])), 409, "calls.not_trained")


def test_a_lead_puts_somebody_on_a_place_by_name_and_frees_it_with_a_reason(place: Place, now: datetime) -> None:
    nurse, (one, two) = nurse_and(place, 2)
    call, [shift], first = ward(place, now, **NURSE)
    head = client_of(place, "lead")
    people = f"/rosters/{call.id}/people"

    def found(named: str) -> str:
        return text_of(head.post("/search", {"to": people, "from": first, "named": named}, follow=True))

    page = found(one.label[-4:])
    assert re.findall(r'name="person" value="([^"]+)"', page) == [str(one.id)]
    assert "Nobody of that name" in found("没有的人")
    assert given(place, call, shift, one).status_code == 302  # type: ignore[attr-defined]
    claim = Claim.objects.get(account_id=one.id)
    assert (claim.state, claim.claimed_by) == ("claimed", place.accounts["lead"].id)
    assert Message.objects.filter(template="roster-adopted", recipient_id=one.id).count() == 1

    # Gates hold for whom a lead puts there; what is said of health says nothing of it.
    answer = given(place, call, shift, two)
    assert answer.status_code == 409 and "kept for a role that is missing" in text_of(answer)  # type: ignore
    state_fitness(fitness_id=uuid4(), responder_id=nurse.id, state="off", limits=[], why="发烧", until_at=None,
                  by=acting(nurse, now), at=now)  # fmt: skip
    answer = given(place, call, shift, nurse, why="没有别人")
    page = text_of(answer)  # type: ignore[arg-type]
    assert answer.status_code == 409 and "cannot serve on it now" in page  # type: ignore[attr-defined]
    assert "off duty" not in page and "发烧" not in page
    assert Claim.objects.count() == 1

    # Neighbours neither find, put nor free; a reason is asked for, and told.
    for post in ("neighbour", "neighbour_grid"):
        refusal(given(place, call, shift, two, post), 404, "calls.missing")  # type: ignore[arg-type]
        refusal(client_of(place, post).get(people), 404, "calls.missing")
        refusal(client_of(place, post).post(f"/rosters/claims/{claim.id}/free", {"why": "x"}), 404,
                "calls.claim_missing")  # fmt: skip
    refusal(head.post(f"/rosters/claims/{claim.id}/free", {"why": " "}), 422, "calls.reason_missing")
    assert head.post(f"/rosters/claims/{claim.id}/free", {"why": "另有任务"}).status_code == 302
    assert Claim.objects.get(id=claim.id).state == "released" and Shift.objects.get(id=shift.id).taken == 0
    [told] = Message.objects.filter(template="roster-freed")
    assert told.recipient_id == one.id
    assert head.post(f"/rosters/claims/{claim.id}/free", {"why": "另有任务"}).status_code == 302
    assert Message.objects.filter(template="roster-freed").count() == 1
    # He himself cannot be freed by his own hand through the lead's door.
    refusal(browser_of(one).post(f"/rosters/claims/{claim.id}/free", {"why": "x"}), 404, "calls.claim_missing")


def test_too_little_rest_is_answered_for_by_name_and_light_duty_is_not(place: Place, now: datetime) -> None:
    _, (one, two) = nurse_and(place, 2)
    call, [shift], first = ward(place, now, places=3)
    _, [night], _ = ward_at(place, first, "18:00", "01:00")
    other = Shift.objects.get(id=night.id)
    claim_shift(claim_id=uuid4(), shift_id=other.id, account_id=one.id, by=acting(one, now), at=now)
    answer = given(place, call, shift, one)
    assert answer.status_code == 409 and "would have too little rest" in text_of(answer)  # type: ignore
    assert given(place, call, shift, one, why="只此一人会操作").status_code == 302  # type: ignore[attr-defined]
    claim = Claim.objects.get(account_id=one.id, shift=shift)
    assert (claim.state, claim.allowed_by, claim.allowed_why) == (
        "claimed", place.accounts["lead"].id, "只此一人会操作")  # fmt: skip
    page = text_of(client_of(place, "lead").get(f"/calls/{call.id}"))
    assert "只此一人会操作" in page and place.accounts["lead"].label in page

    state_fitness(fitness_id=uuid4(), responder_id=two.id, state="light", limits=["no-standing"], why="",
                  until_at=None, by=acting(two, now), at=now)  # fmt: skip
    answer = given(place, call, shift, two, why="没有别人")
    assert answer.status_code == 409 and "cannot serve on it now" in text_of(answer)  # type: ignore
    assert not Claim.objects.filter(account_id=two.id).exists()
    # Full is full, whoever answers for it.
    for who in volunteers(place, 2):
        serving(place, who)
        given(place, call, shift, who)
    claim_shift(claim_id=uuid4(), shift_id=other.id, account_id=volunteers(place, 1)[0].id, by=place.system, at=now)
    tired = Account.objects.get(id=Claim.objects.filter(shift=other).exclude(account_id=one.id).get().account_id)
    answer = given(place, call, shift, tired, why="没有别人")
    assert answer.status_code == 409 and not Claim.objects.filter(account_id=tired.id, shift=shift).exists()  # type: ignore


def ward_at(place: Place, first: date, begins: str, ends: str) -> tuple[Call, list[Shift], date]:
    """Another post of that day."""
    more = {"shape": "once", "from": begins, "until": ends, "places": "2"}
    [call] = opened(place, "夜间岗", first_day=first.isoformat(), last_day=first.isoformat(), **more)
    return call, list(call.shifts.all()), first


def test_wishes_are_stated_on_my_card_kept_where_they_can_be_and_told_where_not(place: Place, now: datetime) -> None:
    made, people = squad(place, 2)
    call, shifts, first = ward(place, now, places=1, days=2)
    phone, head = browser_of(people[0]), client_of(place, "lead")
    sent = {"days_off": f"{first}", "no_nights": "1", "wish_from": "", "wish_until": ""}
    assert phone.post("/people/wishes", sent).status_code == 302
    assert Responder.objects.get(id=people[0].id).wishes == {"days_off": [first.isoformat()], "no_nights": True}
    card = text_of(phone.get("/people/card"))
    assert f'value="{first}"' in card and re.search(r'name="no_nights" value="1" checked', card)
    refusal(phone.post("/people/wishes", sent | {"days_off": "明天"}), 422, "base.invalid")
    refusal(phone.post("/people/wishes", sent | {"wish_from": "12:00", "wish_until": "08:00"}), 422,
            "responders.unfit")  # fmt: skip

    page = text_of(head.get(f"/rosters/{call.id}?propose=1&team={made.id}&from={first}&days=2"))
    assert f"{shifts[0].id} {people[1].id}" in picks(page) and "wished for" not in page
    for who in people:
        browser_of(who).post("/people/wishes", {"days_off": f"{first} {first + DAY}"})
    page = text_of(head.get(f"/rosters/{call.id}?propose=1&team={made.id}&from={first}&days=2"))
    assert len(picks(page)) == 2 and "every shift is covered" in page
    assert page.count("wished for the day off") == 2
    assert "wished for" not in text_of(head.get(f"/rosters/{call.id}?from={first}&days=2"))


def test_in_a_storm_a_post_is_proposed_to_nobody_until_its_lead_has_said_what_is_done(
    place: Place, now: datetime
) -> None:
    made, _ = squad(place, 2)
    call, shifts, first = ward(place, now, places=1, days=2)
    begins = datetime.combine(first, time(0), LOCAL)
    times = {"from_at": f"{begins:%Y-%m-%dT%H:%M}", "until_at": f"{begins + DAY:%Y-%m-%dT%H:%M}"}
    sent = {"id": uuid4(), "warning": "thunderstorm yellow", "area": place.area["district"], **times}
    answer = client_of(place, "officer").post("/weather/new", sent)
    assert answer.status_code == 302, text_of(answer)
    head = client_of(place, "lead")
    address = f"/rosters/{call.id}?propose=1&team={made.id}&from={first}&days=2"
    page = text_of(head.get(address))
    assert "Thunderstorm, yellow" in page and "has not said what is done" in page
    assert [p.split()[0] for p in picks(page)] == [str(shifts[1].id)]
    [item] = Item.objects.filter(kind="weather-check", unit_id=call.id)
    act = f"/weather/checks/{item.id}/answer"
    assert head.post(act, {"id": uuid4(), "choice": "shelter"}).status_code == 302
    page = text_of(head.get(address))
    assert {p.split()[0] for p in picks(page)} == {str(s.id) for s in shifts} and "for the weather" not in page
