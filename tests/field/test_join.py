"""A phone at assembly through the real doors: asked, vouched for, in by its key, and out at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.calls.services import claim_shift, release_claims
from lianfang.domains.devices.models import Device, Vouching
from lianfang.domains.devices.queries import codes_shown
from lianfang.domains.devices.rules import check_of
from lianfang.domains.devices.services import begin_vouching, phones
from lianfang.domains.work.services import NewItem, open_items
from tests.factories.call import acting, called, shift_of, volunteers
from tests.factories.phones import Phone
from tests.factories.place import Place
from tests.web.pages import client_of, inline_in, refusal, text_of


@pytest.fixture
def gathering(place: Place) -> Vouching:
    """The committee's lead gathers people for four hours."""
    return gathered(place)


def gathered(place: Place, role: str = "volunteer", scope: UUID | None = None) -> Vouching:
    """People are gathered in a role."""
    now = clock.now()
    return begin_vouching(vouching_id=uuid4(), area_id=place.area["committee"], role=role,
                          scope_kind="shift" if scope else "mission", scope_id=scope, title="沙洲敲门队",
                          until_at=now + timedelta(hours=4), grace_minutes=120, by=place.actor("lead", now),
                          at=now)  # fmt: skip


def code_of(v: Vouching) -> str:
    """The number on the lead's screen."""
    return codes_shown(v, at=clock.now())[1]


def confirmed(place: Place, v: Vouching, phone: Phone, **more: str) -> Any:
    """The lead taps."""
    return client_of(place, "lead").post(f"/vouch/{v.id}/confirm", {"device": str(phone.id), **more})


def taken_in(place: Place, v: Vouching) -> Phone:
    """A phone that is in and signed in."""
    phone = Phone()
    assert phone.ask(code_of(v)).json() == {"state": "asking"}
    assert confirmed(place, v, phone).status_code == 302
    assert phone.enter().status_code == 200
    return phone


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """So much later."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + by)


def test_a_phone_is_in_when_its_lead_has_seen_the_same_digits(place: Place, gathering: Vouching) -> None:
    phone, lead = Phone(), client_of(place, "lead")
    assert phone.ask(codes_shown(gathering, at=clock.now())[0], "李四").json() == {"state": "asking"}  # by the square
    assert phone.ask(code_of(gathering), "李四").json() == {"state": "asking"}  # a retry
    assert phone.enter().json() == {"code": "devices.not_signed_in"}
    shown = text_of(lead.get(f"/vouch/{gathering.id}"))
    assert "李四" in shown and check_of(phone.public) in shown and code_of(gathering)[:3] in shown
    assert inline_in(lead.get(f"/vouch/{gathering.id}")) == []
    confirmed(place, gathering, phone)
    assert phone.post("join/state", {"device": str(phone.id)}).json()["state"] == "enrolled"
    answer = phone.enter()
    account = Account.objects.get(id=answer.json()["actor"])
    assert "李四" not in account.label and account.password == "!"
    grant = RoleGrant.objects.get(account=account)
    assert (grant.role, grant.area_id, grant.to_at) == ("volunteer", gathering.area_id, gathering.access_until_at)
    assert phone.client.get("/calls").status_code == 200
    assert phone.client.get("/register").status_code == 403


def test_wrong_old_and_ended_codes_read_the_same_and_guessing_ends(
    place: Place, gathering: Vouching, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, ended = code_of(gathering), gathered(place)
    client_of(place, "lead").post(f"/vouch/{ended.id}/end")
    said = {(a.status_code, a.content) for a in (Phone().ask("000000"), Phone().ask(code_of(ended)), Phone().ask("x"))}
    later(monkeypatch, timedelta(minutes=3))
    stale = Phone().ask(good)
    assert said == {(stale.status_code, stale.content)} and stale.json() == {"code": "devices.code_unknown"}
    for _ in range(200):
        phone = Phone()
        answer = phone.ask("000000")
        if answer.status_code == 429:
            break
    assert Phone().ask(code_of(gathering)).json() == {"code": "field.too_many_tries"}
    # Nobody guesses a square: who stands before the lead is not kept out by a guesser of the same address.
    assert Phone().ask(codes_shown(gathering, at=clock.now())[0]).json() == {"state": "asking"}


def test_no_more_ask_at_once_than_a_lead_can_look_at(
    place: Place, gathering: Vouching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "MOST_ASKING", 2)
    answers = [Phone().ask(code_of(gathering)) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 503] and answers[2].json() == {"code": "base.busy"}


def test_a_challenge_serves_once_and_for_the_phone_it_was_given_to(place: Place, gathering: Vouching) -> None:
    phone, other = taken_in(place, gathering), taken_in(place, gathering)
    challenge = phone.post("challenge", {"device": str(phone.id)}).json()["challenge"]
    sent = {"device": str(phone.id), "challenge": challenge, "signature": phone.sign(challenge.encode())}
    assert phone.post("enter", sent).status_code == 200
    for wrong in (sent, {**sent, "device": str(other.id)}, {**sent, "signature": other.sign(challenge.encode())},
                  {**sent, "device": str(uuid4())}, {}, {"device": 3, "challenge": [], "signature": None}):  # fmt: skip
        answer = Phone().post("enter", wrong)
        assert (answer.status_code, answer.json()) == (403, {"code": "devices.not_signed_in"})
    unknown = Phone().post("challenge", {"device": str(uuid4())}).json()["challenge"]
    assert len(unknown) == len(challenge)


def test_a_phone_is_out_at_once_when_the_lead_ends_it_or_the_mission_in_an_open_page(
    place: Place, gathering: Vouching
) -> None:
    one, two, lead = taken_in(place, gathering), taken_in(place, gathering), client_of(place, "lead")
    assert one.client.get("/calls").status_code == two.client.get("/calls").status_code == 200
    lead.post(f"/vouch/{gathering.id}/end-phone", {"device": str(one.id)})
    assert one.client.get("/calls").status_code == 302 and two.client.get("/calls").status_code == 200
    lead.post(f"/vouch/{gathering.id}/end")
    assert two.client.get("/calls").status_code == 302
    for phone in (one, two):
        assert phone.enter().json() == {"code": "devices.not_signed_in"}
        assert phone.post("join/state", {"device": str(phone.id)}).json()["state"] == "revoked"
    assert not Account.objects.filter(username__startswith="v-", is_active=True).exists()
    late = Phone()
    assert late.ask(code_of(gathering)).json() == {"code": "devices.code_unknown"}


def test_access_ends_by_itself_two_hours_after_the_mission(
    place: Place, gathering: Vouching, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = taken_in(place, gathering)
    later(monkeypatch, timedelta(hours=5))
    assert phone.enter().status_code == 200 and phone.client.get("/calls").status_code == 200
    later(monkeypatch, timedelta(hours=1, minutes=1))
    assert phone.client.get("/calls").status_code == 302 and phone.enter().status_code == 403


def test_the_neighbour_sees_confirms_and_ends_nothing(place: Place, gathering: Vouching) -> None:
    phone, neighbour = Phone(), client_of(place, "neighbour")
    phone.ask(code_of(gathering))
    for answer in (neighbour.get(f"/vouch/{gathering.id}"), neighbour.get(f"/vouch/{gathering.id}/now")):
        refusal(answer, 404, "devices.vouching_missing")
    refusal(neighbour.post(f"/vouch/{gathering.id}/confirm", {"device": str(phone.id)}), 404, "devices.missing")
    refusal(neighbour.post(f"/vouch/{gathering.id}/end-phone", {"device": str(phone.id)}), 404, "devices.missing")
    refusal(neighbour.post(f"/vouch/{gathering.id}/code", {"device": str(phone.id)}), 404, "devices.missing")
    refusal(neighbour.post(f"/vouch/{gathering.id}/end"), 403, "accounts.right_missing")
    assert client_of(place, "volunteer").get("/vouch").status_code == 403
    assert Device.objects.get().state == "asking"


def test_a_claim_of_the_shift_is_taken_and_an_account_that_reads_registers_is_not(place: Place) -> None:
    (claimer,) = volunteers(place, 1)
    shift = shift_of(called(place, 3, at=clock.now()))
    v, phone, strong = gathered(place, scope=shift.id), Phone(), Phone()
    phone.ask(code_of(v))
    strong.ask(code_of(v))
    refusal(confirmed(place, v, strong, account=str(place.accounts["grid"].id)), 409, "devices.account_too_strong")
    assert confirmed(place, v, phone, account=str(claimer.id)).status_code == 302
    assert phone.enter().json()["actor"] == str(claimer.id)
    client_of(place, "lead").post(f"/vouch/{v.id}/end-phone", {"device": str(phone.id)})
    claimer.refresh_from_db()
    assert claimer.is_active and phone.client.get("/calls").status_code == 302


def test_who_leaves_the_shift_is_out_in_an_open_page(place: Place) -> None:
    (claimer,) = volunteers(place, 1)
    now = clock.now()
    shift = shift_of(called(place, 3, at=now))
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=claimer.id, by=acting(claimer, now), at=now)
    v, phone = gathered(place, scope=shift.id), Phone()
    phone.ask(code_of(v))
    confirmed(place, v, phone, account=str(claimer.id))
    phone.enter()
    assert phone.client.get("/calls").status_code == 200
    release_claims(claim_ids=[claim.id], by=place.actor("lead", now), at=clock.now())
    assert phone.client.get("/calls").status_code == 302 and phone.enter().status_code == 403


def test_no_role_with_a_second_factor_is_vouched_for(place: Place) -> None:
    lead, sent = client_of(place, "lead"), {"title": "x", "until": "23:59"}
    for role in ("grid-worker", "administrator", "nobody"):
        refusal(lead.post("/vouch/begin", {**sent, "role": role}), 422, "devices.vouching_unfit")
    assert lead.post("/vouch/begin", {**sent, "role": "volunteer"}).status_code == 302
    shift = shift_of(called(place, 3, at=clock.now()))
    assert lead.post("/vouch/begin", {"shift": str(shift.id), "role": "sampler"}).status_code == 302
    assert Vouching.objects.get(scope_id=shift.id).until_at == shift.ends_at


def given_a_door(place: Place, account_id: UUID) -> str:
    """A door to survey, the account's."""
    new = NewItem(uuid4(), place.area["committee"], "household", place.households[0], owner_id=account_id)
    open_items(kind_name="door-survey", items=[new], area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=clock.now())  # fmt: skip
    return str(new.id)


def code_for(place: Place, v: Vouching, phone: Phone) -> str:
    """The lead's code for doors, as the answer shows it."""
    page = text_of(client_of(place, "lead").post(f"/vouch/{v.id}/code", {"device": str(phone.id)}))
    return page.split('class="number">')[1][:7]


def test_doors_are_given_after_the_leads_code_which_serves_once(place: Place, gathering: Vouching) -> None:
    phone = taken_in(place, gathering)
    assert phone.client.get("/field/bundle.json").json()["items"] == []
    given_a_door(place, Device.objects.get(id=phone.id).account_id)
    answer = phone.client.get("/field/bundle.json")
    assert (answer.status_code, answer.json()) == (403, {"code": "field.needs_code"})
    assert phone.client.get("/").headers["Location"] == "/field/code?next=%2F"
    assert inline_in(phone.client.get("/field/code")) == []
    code = code_for(place, gathering, phone)
    wrong = "000 000" if code != "000 000" else "111 111"
    assert phone.client.post("/field/code", {"code": wrong}).status_code == 422
    assert (
        phone.client.post("/field/code", {"code": code, "next": "https://elsewhere.example"}).headers["Location"]
        == "/field/"
    )
    assert len(phone.client.get("/field/bundle.json").json()["items"]) == 1
    phone.enter()  # a new session asks anew, and the code has served
    assert phone.client.post("/field/code", {"code": code}).status_code == 422


def test_the_leads_code_holds_five_minutes_and_five_tries(
    place: Place, gathering: Vouching, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = taken_in(place, gathering)
    code = code_for(place, gathering, phone)
    for _ in range(5):
        assert phone.client.post("/field/code", {"code": "12"}).status_code == 422
    assert phone.client.post("/field/code", {"code": code}).status_code == 422
    code = code_for(place, gathering, phone)
    later(monkeypatch, timedelta(minutes=5))
    assert phone.client.post("/field/code", {"code": code}).status_code == 422
    assert phone.client.post("/field/code", {"code": code_for(place, gathering, phone)}).status_code == 302


def test_who_samples_needs_the_code_before_any_page(place: Place) -> None:
    v = gathered(place, role="sampler")
    phone = taken_in(place, v)
    assert phone.client.get("/rounds").headers["Location"].startswith("/field/code")
    assert phone.client.get("/field/sampler.json").json() == {"code": "field.needs_code"}
    phone.client.post("/field/code", {"code": code_for(place, v, phone)})
    assert phone.client.get("/rounds").status_code == phone.client.get("/field/sampler.json").status_code == 200


def test_without_the_forms_token_no_phone_asks_or_enters(place: Place, gathering: Vouching) -> None:
    phone = Phone(client=Client(enforce_csrf_checks=True))
    assert phone.ask(code_of(gathering)).status_code == 403
    assert phone.post("enter", {}).status_code == 403
    assert inline_in(phone.client.get("/field/join")) == []


def test_a_post_that_ends_closes_an_open_page(place: Place) -> None:
    """Grants are asked each request: what a role opened it opens no more, in the same session."""
    client = client_of(place, "volunteer")
    assert client.get("/places").status_code == 200
    RoleGrant.objects.filter(account=place.accounts["volunteer"]).update(to_at=clock.now())
    assert client.get("/places").status_code == 403
