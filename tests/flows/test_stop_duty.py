"""Harm, fever and exposure: off duty, replaced, told; the signs for the medic alone."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.errors import Exposed, OffDuty
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.services import NewNote, Presence, check_in, claim_shift
from lianfang.domains.grid.models import Person
from lianfang.domains.messages.models import Message
from lianfang.domains.privacy.queries import opened
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.queries import abilities_of
from lianfang.domains.responders.services import NewResponder, register_responders
from lianfang.domains.work.models import Item
from lianfang.flows.stop_duty import assemble, expose_helpers, stop_duty
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database


def _claimed(place: Place, who: Account, begins: timedelta = HOUR, waits: bool = False, shift: object = None) -> Claim:
    on = shift or shift_of(called(place, 1, begins=begins))
    return claim_shift(claim_id=uuid4(), shift_id=on.id, account_id=who.id, by=acting(who, place.at), at=place.at,  # type: ignore[attr-defined]  # a shift
                       waits=waits)  # fmt: skip


def test_somebody_who_collapses_stops_a_medic_is_called_and_the_next_is_replaced(place: Place) -> None:
    hurt, other = volunteers(place, 2)
    now = _claimed(place, hurt)
    tomorrow = shift_of(called(place, 1, begins=20 * HOUR))
    later, waiting = _claimed(place, hurt, shift=tomorrow), _claimed(place, other, shift=tomorrow, waits=True)
    lead, at = place.actor("lead"), place.at + HOUR
    check_in(presences=[Presence(now.id, at, lead)], by=lead, at=at)
    with pytest.raises(RightMissing):
        stop_duty(item_id=uuid4(), claim_id=now.id, signs="乏力", action="", until_at=None, by=acting(other, at), at=at)
    stopped = at + timedelta(minutes=90)
    item_id = uuid4()
    for _ in range(2):
        stop_duty(item_id=item_id, claim_id=now.id, signs="乏力、呕吐、脱水", action="抬到阴凉处",
                  until_at=stopped + timedelta(days=2), by=acting(hurt, stopped), at=stopped)  # fmt: skip
    assert Claim.objects.get(id=now.id).checked_out_at == stopped
    assert [Claim.objects.get(id=c.id).state for c in (later, waiting)] == ["released", "claimed"]
    item = Item.objects.get(kind="responder-harm")
    assert (item.id, item.state) == (item_id, "open") and "呕吐".encode() not in bytes(item.sealed)
    assert Message.objects.filter(template="duty-stopped").exists()
    assert Message.objects.filter(template="duty-off", recipient_id=hurt.id).count() == 1
    fresh = shift_of(called(place, 1, begins=30 * HOUR))
    with pytest.raises(OffDuty):
        claim_shift(claim_id=uuid4(), shift_id=fresh.id, account_id=hurt.id, by=acting(hurt, stopped), at=stopped)


def test_a_fever_at_assembly_sends_home_and_gives_the_place_to_the_next(place: Place) -> None:
    hot, cool, next_one = volunteers(place, 3)
    shift = shift_of(called(place, 2))
    mine, fine = _claimed(place, hot, shift=shift), _claimed(place, cool, shift=shift)
    waiting = _claimed(place, next_one, shift=shift, waits=True)
    lead = place.actor("lead")
    notes = [NewNote(uuid4(), mine.id, "temperature", place.at, lead, celsius=38.1),
             NewNote(uuid4(), fine.id, "temperature", place.at, lead, celsius=36.4)]  # fmt: skip
    done = assemble(notes=notes, by=lead, at=place.at)
    assert [o.values.get("fever") for o in done] == [True, False]
    assert [Claim.objects.get(id=c.id).state for c in (mine, fine, waiting)] == ["released", "claimed", "claimed"]
    assert abilities_of([hot.id], at=place.at)[hot.id].fitness == "off"
    assert abilities_of([hot.id], at=place.at + timedelta(days=1))[hot.id].fitness == "fit"
    assert [o.code for o in assemble(notes=notes[1:], by=lead, at=place.at)] == ["repeated"]


def test_a_helper_who_met_a_case_is_off_until_the_watch_ends_and_residents_are_not_made_helpers(place: Place) -> None:
    helper, resident = volunteers(place, 2)
    Account.objects.filter(id=helper.id).update(person_id=place.people[0])
    Account.objects.filter(id=resident.id).update(person_id=place.people[1])
    held = _claimed(place, helper, begins=5 * HOUR)
    until, case = place.at + timedelta(days=5), uuid4()
    met = {place.people[0]: (case, until), place.people[1]: (uuid4(), until)}
    for _ in range(2):
        assert expose_helpers(until_by_person=met, area_id=place.area["committee"], by=place.system, at=place.at) == 1
    assert Claim.objects.get(id=held.id).state == "released"
    assert not hasattr(Account.objects.get(id=resident.id), "responder")
    soon, late = (shift_of(called(place, 1, begins=b)) for b in (8 * HOUR, timedelta(days=6)))
    with pytest.raises(Exposed) as refused:
        claim_shift(claim_id=uuid4(), shift_id=soon.id, account_id=helper.id, by=acting(helper, place.at), at=place.at)
    assert refused.value.values["until"] == until.isoformat()
    again = claim_shift(claim_id=uuid4(), shift_id=late.id, account_id=helper.id, by=acting(helper, until), at=until)
    assert again.state == "claimed"


def test_a_helper_is_found_among_those_who_met_a_case_by_his_name_and_phone_though_nobody_tied_his_sign_in(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    same, namesake, other = volunteers(place, 3)
    person = Person.objects.get(id=place.people[2])
    told = opened([person], by=place.system, fields=("name", "phone"), whole=True)[person.id]
    assert told["name"] and told["phone"]
    spaced = f" {told['name'][0]} {told['name'][1:]} "
    entries = [NewResponder(same.id, "volunteer", name=spaced, phone=f"+86 {told['phone']}"),
               NewResponder(namesake.id, "volunteer", name=told["name"], phone="13700000000"),
               NewResponder(other.id, "volunteer", name="王无关", phone=told["phone"])]  # fmt: skip
    done = register_responders(entries=entries, by=place.system, at=place.at)
    assert [o.code for o in done] == [""] * 3
    claims = {v.id: _claimed(place, v, begins=5 * HOUR) for v in (same, namesake, other)}
    until = place.at + timedelta(days=5)
    met = {person.id: (uuid4(), until), place.people[3]: (uuid4(), until)}
    assert expose_helpers(until_by_person=met, area_id=place.area["committee"], by=place.system, at=place.at) == 1
    states = {i: Claim.objects.get(id=c.id).state for i, c in claims.items()}
    assert states == {same.id: "released", namesake.id: "claimed", other.id: "claimed"}
    # His number changes: the old one finds him no more.
    register_responders(entries=[NewResponder(same.id, "volunteer", phone="13800000009")], by=place.system, at=place.at)
    assert Responder.objects.get(id=same.id).same is not None
    later = {person.id: (uuid4(), until)}
    assert expose_helpers(until_by_person=later, area_id=place.area["committee"], by=place.system, at=place.at) == 0
