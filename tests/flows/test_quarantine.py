"""Signed envelopes through the real door: taken, or quarantined and settled by a lead; nothing lost, nothing run."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from lianfang.base import clock
from lianfang.base.models import Envelope
from lianfang.domains.devices.models import Device, Vouching
from lianfang.domains.work.models import Item
from tests.factories.phones import Phone
from tests.factories.place import Place
from tests.field.test_join import gathered, given_a_door, later, taken_in
from tests.web.pages import client_of, text_of

OTHER = "00000000-0000-4000-8000-0000000000ff"


@pytest.fixture
def gathering(place: Place) -> Vouching:
    """People are gathered for four hours."""
    return gathered(place)


@pytest.fixture
def phone(place: Place, gathering: Vouching) -> Phone:
    """A phone that is in."""
    return taken_in(place, gathering)


@pytest.fixture
def holder(phone: Phone) -> UUID:
    """The account at the phone."""
    found = Device.objects.get(id=phone.id).account_id
    assert found is not None
    return found


@pytest.fixture
def door(place: Place, holder: UUID) -> str:
    """A door of his."""
    return given_a_door(place, holder)


def codes(answer) -> list[str]:
    """The codes of an upload's answers."""
    return [a["code"] for a in answer.json()["answers"]]


def attempts(item: str) -> int:
    """How often a door was tried, as far as anybody knows."""
    return Item.objects.get(id=item).attempts


def test_a_signed_note_is_run_and_the_row_says_that_it_is_signed(phone: Phone, holder: UUID, door: str) -> None:
    now = clock.now()
    one, two = phone.note(holder, door, at=now), phone.note(holder, door, at=now)
    assert codes(phone.send(two, at=now)) == [""]  # order-free
    assert codes(phone.send(one, two, at=now)) == ["repeated", ""] or attempts(door) == 2
    assert codes(phone.send(one, at=now)) == ["repeated"]  # replay-proof
    assert attempts(door) == 2
    assert set(Envelope.objects.values_list("is_signed", "fate")) == {(True, "accepted")}


@pytest.mark.parametrize(
    ("change", "code"),
    [({"signature": "A" * 86}, "devices.signature_wrong"), ({"seq": 77}, "devices.signature_wrong"),
     ({"body": {"move": "finish"}}, "devices.signature_wrong"), ({"signature": ""}, "devices.signature_missing"),
     ({"key_id": OTHER}, "devices.key_unknown"), ({"key_id": "x"}, "devices.key_unknown")],
)  # fmt: skip
def test_a_changed_unsigned_or_foreign_note_is_quarantined_and_not_run(
    phone: Phone, holder: UUID, door: str, change: dict, code: str
) -> None:
    now = clock.now()
    note = phone.note(holder, door, at=now)
    sent = {**note, **change, "body": {**note["body"], **change.get("body", {})}}
    assert codes(phone.send(sent, at=now)) == [code]
    assert codes(phone.send(sent, at=now)) == [code]
    row = Envelope.objects.get()
    assert (row.fate, row.code) == ("quarantined", code) and bytes(row.body) and attempts(door) == 0


def test_another_phones_signature_is_none_of_this_ones(place: Place, phone: Phone, holder: UUID, door: str) -> None:
    thief, now = taken_in(place, gathered(place)), clock.now()
    thief.id = phone.id
    note = thief.note(holder, door, at=now)
    assert codes(phone.send(note, at=now)) == ["devices.signature_wrong"]


def test_what_a_lost_phone_still_sends_is_kept_for_the_lead_who_takes_or_leaves_it(
    place: Place, gathering: Vouching, phone: Phone, holder: UUID, door: str
) -> None:
    now, lead = clock.now(), client_of(place, "lead")
    first, second = phone.note(holder, door, at=now), phone.note(holder, door, at=now, move="finish")
    lead.post(f"/vouch/{gathering.id}/end-phone", {"device": str(phone.id)})
    assert phone.client.get("/field/bundle.json").status_code == 401
    assert codes(phone.send(first, second, at=now)) == ["devices.revoked", "devices.revoked"]
    assert codes(phone.send(first, second, at=now)) == ["devices.revoked", "devices.revoked"]
    assert set(Envelope.objects.values_list("fate", flat=True)) == {"quarantined"} and attempts(door) == 0

    page = text_of(lead.get("/field/quarantine"))
    assert "2 notes wait for a lead" in page and "花园 1 栋" in page and "access had ended" in page
    assert "No note waits" in text_of(client_of(place, "neighbour").get("/field/quarantine"))
    address = f"/field/quarantine/{first['id']}"
    assert "refused=field.envelope_missing" in client_of(place, "neighbour").post(address).headers["Location"]
    assert lead.post(address, {"how": "take"}).headers["Location"] == "/field/quarantine"
    assert attempts(door) == 1 and Envelope.objects.get(id=first["id"]).fate == "settled"
    # What its service refuses waits on, and can still be left.
    address = f"/field/quarantine/{second['id']}"
    assert "refused=work." in lead.post(address, {"how": "take"}).headers["Location"]
    assert Envelope.objects.get(id=second["id"]).fate == "quarantined"
    lead.post(address, {"how": "leave"})
    row = Envelope.objects.get(id=second["id"])
    assert (row.fate, row.values["settled"], row.settled_by) == ("settled", "left", place.accounts["lead"].id)


def test_nobody_else_leaves_anything_at_the_door_without_signing_in(
    place: Place, phone: Phone, holder: UUID, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, stranger = clock.now(), Phone()
    assert stranger.send(stranger.note(holder, door, at=now), at=now).status_code == 401
    phone.client.logout()
    mine = phone.note(holder, door, at=now)
    assert phone.send(mine, at=now).status_code == 401  # its access stands: it signs in first
    later(monkeypatch, timedelta(hours=7))
    assert phone.send({**mine, "signature": ""}, at=clock.now()).status_code == 401
    assert phone.send({**mine, "seq": 9}, at=clock.now()).status_code == 401
    assert not Envelope.objects.exists()
    assert codes(phone.send(mine, at=clock.now())) == ["devices.revoked"]


def test_an_ended_phone_hides_behind_no_other_session(
    place: Place, gathering: Vouching, phone: Phone, holder: UUID, door: str
) -> None:
    """The finder of a lost phone signs in by another name on it: what the phone's id sends waits all the same."""
    now = clock.now()
    client_of(place, "lead").post(f"/vouch/{gathering.id}/end-phone", {"device": str(phone.id)})
    phone.client = client_of(place, "grid")
    own = {**phone.note(place.accounts["grid"].id, door, at=now), "signature": "", "key_id": ""}
    assert codes(phone.send(own, at=now)) == ["devices.revoked"]
