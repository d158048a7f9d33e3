"""A desk's phone handed on by badge; scopes that end; what a repeated tap leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from lianfang.base import clock
from lianfang.base.models import Envelope, LogEntry
from lianfang.domains.devices.models import Badge, Device, Vouching
from lianfang.domains.devices.queries import badge_square, codes_shown
from lianfang.domains.devices.services import Confirming, begin_vouching, confirm_devices, end_scopes
from tests.factories.call import volunteers
from tests.factories.phones import Phone
from tests.factories.place import Place
from tests.field.test_join import given_a_door
from tests.web.pages import client_of, refusal, text_of


@pytest.fixture
def desks(place: Place) -> Vouching:
    """The lead takes in phones of desks."""
    now = clock.now()
    return begin_vouching(vouching_id=uuid4(), area_id=place.area["committee"], role="volunteer", scope_kind="desk",
                          scope_id=uuid4(), title="采样台", until_at=now + timedelta(hours=8), grace_minutes=120,
                          by=place.actor("lead", now), at=now)  # fmt: skip


@pytest.fixture
def desk(place: Place, desks: Vouching) -> Phone:
    """A desk's phone that is in; nobody is at it."""
    phone = Phone()
    phone.ask(codes_shown(desks, at=clock.now())[1], "1 号台")
    client_of(place, "lead").post(f"/vouch/{desks.id}/confirm", {"device": str(phone.id)})
    return phone


def badge_of(place: Place, desks: Vouching, account: Any) -> tuple[str, str]:
    """A badge as the lead's page gives it: what the square holds, and the PIN."""
    badge_id = uuid4()
    page = text_of(client_of(place, "lead").post(f"/vouch/{desks.id}/badges/new",
                                                 {"id": str(badge_id), "account": str(account.id)}))  # fmt: skip
    return badge_square(badge_id), page.split('class="number">')[1][:6]


def take(phone: Phone, badge: str, pin: str) -> Any:
    """Badge and PIN at the phone."""
    challenge = phone.post("challenge", {"device": str(phone.id)}).json()["challenge"]
    return phone.post("badge/take", {"device": str(phone.id), "challenge": challenge, "badge": badge, "pin": pin,
                                     "signature": phone.sign(challenge.encode())})  # fmt: skip


def test_the_phone_stays_and_people_change_and_each_notes_under_his_own_name(
    place: Place, desks: Vouching, desk: Phone
) -> None:
    assert desk.post("join/state", {"device": str(desk.id)}).json() == {"state": "enrolled", "desk": True}
    assert desk.enter().json() == {"code": "devices.not_signed_in"}  # the phone alone is nobody
    early, late = volunteers(place, 2)
    first, second = badge_of(place, desks, early), badge_of(place, desks, late)
    assert take(desk, *first).json()["actor"] == str(early.id)
    door = given_a_door(place, early.id)
    assert len(desk.client.get("/field/bundle.json").json()["items"]) == 1  # a PIN is as good as the lead's code
    now = clock.now()
    noted, kept = desk.note(early.id, door, at=now), desk.note(early.id, door, at=now)
    assert desk.send(noted, at=now).json()["answers"][0]["code"] == ""
    assert take(desk, *second).json()["actor"] == str(late.id)
    assert desk.client.get("/field/bundle.json").json()["items"] == []
    row = Envelope.objects.get()
    assert (row.actor_id, row.device, row.is_signed) == (early.id, desk.id, True)
    assert LogEntry.objects.filter(service="work.make_moves", actor_id=early.id, device=desk.id).exists()
    # The former holder's last note is his: it is run when he is at the phone again.
    take(desk, *first)
    assert desk.send(kept, at=now).json()["answers"][0]["code"] == ""


def test_a_wrong_pin_five_times_kills_the_badge_and_all_refusals_read_the_same(
    place: Place, desks: Vouching, desk: Phone
) -> None:
    (one, other) = volunteers(place, 2)
    badge, pin = badge_of(place, desks, one)
    foreign, _ = badge_of(place, desks, other)
    wrong = "000000" if pin != "000000" else "111111"
    answers = [take(desk, b, p) for b, p in (("", pin), ("LFBxx", pin), (foreign, wrong), (badge[:-1], pin))]
    answers += [take(desk, badge, wrong) for _ in range(5)] + [take(desk, badge, pin)]
    assert {(a.status_code, a.content) for a in answers} == {(403, b'{"code": "devices.badge_unfit"}')}
    assert Badge.objects.get(account=one).tries == 5


def test_a_badge_opens_no_other_phone_and_ends_at_once(place: Place, desks: Vouching, desk: Phone) -> None:
    (one,) = volunteers(place, 1)
    badge, pin = badge_of(place, desks, one)
    assert take(Phone(), badge, pin).json() == {"code": "devices.not_signed_in"}
    lead, badge_id = client_of(place, "lead"), Badge.objects.get().id
    refusal(client_of(place, "neighbour").post(f"/vouch/{desks.id}/badges/end", {"badge": str(badge_id)}), 403,
            "accounts.right_missing")  # fmt: skip
    assert lead.post(f"/vouch/{desks.id}/badges/end", {"badge": str(badge_id)}).status_code == 302
    assert take(desk, badge, pin).json() == {"code": "devices.badge_unfit"}


def test_who_reads_registers_or_serves_elsewhere_gets_no_badge(place: Place, desks: Vouching) -> None:
    lead, (stranger,) = client_of(place, "lead"), volunteers(place, 1, where="neighbour_committee")
    for account in (place.accounts["grid"], stranger):
        answer = lead.post(f"/vouch/{desks.id}/badges/new", {"account": str(account.id)})
        refusal(answer, 409, "devices.account_too_strong")
    assert not Badge.objects.exists()
    assert "grid-worker" not in text_of(lead.get(f"/vouch/{desks.id}/badges"))


def test_when_a_scope_ends_its_phones_are_out_and_a_repeated_tap_changes_nothing(
    place: Place, desks: Vouching, desk: Phone
) -> None:
    now, lead = clock.now(), place.actor("lead", clock.now())
    assert [o.code for o in confirm_devices(items=[Confirming(desk.id)], by=lead, at=now)] == ["repeated"]
    assert end_scopes(scope_ids=[uuid4()], by=lead, at=now) == 0
    assert desks.scope_id is not None
    assert end_scopes(scope_ids=[desks.scope_id], by=lead, at=now) == 1
    assert Device.objects.get().state == "revoked" and Vouching.objects.get().ended_at == now
