"""Access ends with the work: a second after the end a phone opens nothing, and what it still sends waits for a lead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.base import clock
from lianfang.base.models import Envelope
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.services import Presence, check_in, claim_shift
from lianfang.domains.devices.models import Badge, Device, Vouching
from lianfang.domains.devices.services import issue_badge
from lianfang.domains.editions.queries import edition
from lianfang.domains.incidents.services import grant_for_incident
from lianfang.domains.work.models import Item
from lianfang.flows.enter_phase import enter_phase
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.phones import Phone
from tests.factories.place import Place
from tests.field.test_join import code_of, confirmed, gathered, given_a_door, later, taken_in
from tests.web.conftest import Town, town
from tests.web.pages import client_of, refusal

__all__ = ["town"]
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.database


def running(place: Place, *places: int, **more: Any) -> Call:
    """A call of the committee whose first shift runs."""
    return called(place, *(places or (3,)), at=clock.now(), begins=-HOUR, **more)


def holder_of(phone: Phone) -> UUID:
    found = Device.objects.get(id=phone.id).account_id
    assert found
    return found


def is_out(phone: Phone, holder: UUID, door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second later: no page, no bundle, no new sign-in, and an upload is kept for a lead and not run."""
    noted_at, before = clock.now(), Item.objects.get(id=door).attempts
    note = phone.note(holder, door, at=noted_at)
    later(monkeypatch, SECOND)
    assert phone.client.get("/calls").headers["Location"].startswith("/sign-in")
    answer = phone.client.get("/field/bundle.json")
    assert (answer.status_code, answer.json()) == (401, {"code": "field.signed_out"})
    answer = phone.enter()
    assert (answer.status_code, answer.json()) == (403, {"code": "devices.not_signed_in"})
    sent = phone.send(note, at=clock.now()).json()["answers"]
    assert [a["code"] for a in sent] == ["devices.revoked"]
    row = Envelope.objects.get(id=note["id"])
    assert (row.fate, row.is_signed) == ("quarantined", True)
    assert Item.objects.get(id=door).attempts == before


def still_in(phone: Phone) -> bool:
    return phone.client.get("/calls").status_code == 200


def at_shift(place: Place, shift: Shift, account: Account | None = None) -> Phone:
    """A phone taken in for a shift, by the roster or for somebody not on it."""
    v = Vouching.objects.filter(scope_id=shift.id, ended_at=None).first() or gathered(place, scope=shift.id)
    if account is None:
        return taken_in(place, v)
    phone = Phone()
    phone.ask(code_of(v))
    assert confirmed(place, v, phone, account=str(account.id)).status_code == 302
    assert phone.enter().status_code == 200
    return phone


def test_closing_a_call_ends_its_phones_their_accounts_and_their_grants(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = running(place)
    (claimer,) = volunteers(place, 1)
    stranger, known = at_shift(place, shift_of(call)), at_shift(place, shift_of(call), claimer)
    elsewhere = taken_in(place, gathered(place))
    holder, door, other = holder_of(stranger), given_a_door(place, holder_of(stranger)), holder_of(known)
    answer = client_of(place, "lead").post(f"/calls/{call.id}/close", {"why": "人够了"})
    assert answer.status_code == 302
    is_out(stranger, holder, door, monkeypatch)
    is_out(known, other, door, monkeypatch)
    account = Account.objects.get(id=holder)
    assert not account.is_active and not RoleGrant.objects.filter(account=account, to_at__gt=clock.now()).exists()
    assert Account.objects.get(id=other).is_active  # an account of its own keeps its post; only the phone is out
    assert still_in(elsewhere)  # another mission goes on
    refusal_of_code = Phone().ask(code_of(Vouching.objects.get(scope_id=shift_of(call).id)))
    assert refusal_of_code.json() == {"code": "devices.code_unknown"}  # and it takes nobody in any more


def test_a_gathering_that_nobody_joined_ends_with_its_call_too(place: Place) -> None:
    call = running(place)
    v = gathered(place, scope=shift_of(call).id)
    client_of(place, "lead").post(f"/calls/{call.id}/close", {"why": "人够了"})
    v.refresh_from_db()
    assert v.ended_at is not None and Phone().ask(code_of(v)).json() == {"code": "devices.code_unknown"}


def test_a_settled_turnout_ends_the_phones_of_its_shift_but_of_those_who_serve_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = running(place, 3, 3)
    first, second = shift_of(call, 0), shift_of(call, 1)
    people = volunteers(place, 2)
    now = clock.now()
    for n, shift in ((0, first), (1, first), (0, second)):
        made = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=people[n].id, at=now,
                           by=acting(people[n], now))  # fmt: skip
        if shift == first:
            check_in(presences=[Presence(made.id, now, place.actor("lead"))], by=place.actor("lead"), at=now)
    serves_on, done = (at_shift(place, first, p) for p in people)
    unknown, lead = at_shift(place, first), client_of(place, "lead")
    holder, door = holder_of(unknown), given_a_door(place, holder_of(unknown))
    later(monkeypatch, first.ends_at - now + SECOND)
    assert {p.enter().status_code for p in (serves_on, done, unknown)} == {200}  # the way home: idle, and in again
    assert lead.post(f"/calls/shifts/{first.id}/settle").status_code == 302
    assert still_in(serves_on)
    is_out(unknown, holder, door, monkeypatch)
    is_out(done, people[1].id, door, monkeypatch)
    assert still_in(serves_on)


def test_a_post_that_ends_takes_its_phone_and_badge_with_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    call, now = running(place), clock.now()
    stays, goes = volunteers(place, 2)
    ending, staying = at_shift(place, shift_of(call), goes), at_shift(place, shift_of(call), stays)
    issue_badge(badge_id=uuid4(), account_id=goes.id, area_id=place.area["committee"], pin="1", by=place.actor("lead"),
                until_at=now + HOUR, at=now)  # fmt: skip
    door, grant = given_a_door(place, goes.id), RoleGrant.objects.get(account=goes)
    answer = client_of(place, "admin").post(f"/accounts/{goes.id}/end", {"grant": str(grant.id)})
    assert answer.status_code == 302
    is_out(ending, goes.id, door, monkeypatch)
    assert Badge.objects.get().ended_at is not None and still_in(staying)


def test_a_closed_account_takes_its_phone_with_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (goes,) = volunteers(place, 1)
    phone = at_shift(place, shift_of(running(place)), goes)
    door = given_a_door(place, goes.id)
    assert client_of(place, "admin").post(f"/accounts/{goes.id}/close").status_code == 302
    is_out(phone, goes.id, door, monkeypatch)


def test_an_incident_that_ends_takes_phones_of_its_shifts_and_of_its_posts_and_no_others(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, now = town.place, clock.now()
    (limited,) = volunteers(place, 1)
    RoleGrant.objects.filter(account=limited).update(to_at=now)
    grant_for_incident(grant_id=uuid4(), account_id=limited.id, role="volunteer", area_id=place.area["committee"],
                       incident_id=town.incident.id, until_at=None, by=place.actor("admin"), at=now)  # fmt: skip
    own = at_shift(place, shift_of(running(place, incident_id=town.incident.id)))
    of_post, standing = at_shift(place, shift_of(running(place)), limited), taken_in(place, gathered(place))
    holder, door = holder_of(own), given_a_door(place, holder_of(own))
    last = edition(town.incident.edition)["phases"][-1]["name"]
    enter_phase(incident_id=town.incident.id, phase=last, reason="r", by=place.actor("command"), at=clock.now())
    is_out(own, holder, door, monkeypatch)
    is_out(of_post, limited.id, door, monkeypatch)
    assert still_in(standing)


def test_the_neighbours_lead_ends_nothing(place: Place) -> None:
    call = running(place)
    phone = at_shift(place, shift_of(call))
    for address in (f"/calls/{call.id}/close", f"/calls/shifts/{shift_of(call).id}/settle"):
        refusal(client_of(place, "neighbour").post(address, {"why": "x"}), 403, "accounts.right_missing")
    assert still_in(phone)
