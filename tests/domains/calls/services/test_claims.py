"""Any place will do, a whole squad at once, hours confirmed by who leads the team, leases that end."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.calls.errors import ShiftFull
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.services import (
    Presence,
    check_in,
    check_out,
    claim_first,
    claim_shift,
    confirm_claims,
    confirm_hours,
    end_leases,
    place_team,
    release_claims,
)
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.services import appoint, put_in_team
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import ids, serving, team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_any_place_will_do_takes_the_first_that_can_be_had(place: Place) -> None:
    a, b, c = volunteers(place, 3)
    full, free = shift_of(called(place, 1)), shift_of(called(place, 1))
    claim_shift(claim_id=uuid4(), shift_id=full.id, account_id=a.id, by=acting(a, place.at), at=place.at)
    ask = partial(claim_first, claim_id=uuid4(), account_id=b.id, by=acting(b, place.at), at=place.at)
    assert ask(shift_ids=[full.id, free.id]).shift_id == free.id
    assert ask(shift_ids=[full.id, free.id]).shift_id == free.id
    assert Claim.objects.filter(account_id=b.id).count() == 1
    with pytest.raises(ShiftFull):
        claim_first(claim_id=uuid4(), shift_ids=[full.id], account_id=c.id, by=acting(c, place.at), at=place.at)


def test_a_squad_takes_its_places_in_one_go_and_its_lead_confirms_the_hours(place: Place) -> None:
    squad, (lead_of_team, stranger) = volunteers(place, 3), volunteers(place, 2)
    serving(place, *squad)
    t = team(place)
    put_in_team(team_id=t.id, responder_ids=ids(*squad), role="", by=place.system, at=place.at)
    appoint(appointment_id=uuid4(), team_id=t.id, account_id=lead_of_team.id, role="lead", words="", by=place.system,
            at=place.at)  # fmt: skip
    shift = shift_of(called(place, 2))
    lead = place.actor("lead")
    done = place_team(shift_id=shift.id, team_id=t.id, by=lead, at=place.at)
    assert sorted(o.code for o in done) == ["", "", "calls.full"]
    assert {o.code for o in place_team(shift_id=shift.id, team_id=t.id, by=lead, at=place.at)} == {
        "repeated", "calls.full"}  # fmt: skip
    refused = place_team(shift_id=shift.id, team_id=t.id, by=place.actor("neighbour"), at=place.at)
    assert {o.code for o in refused} <= {"accounts.right_missing", "repeated"}
    claims = list(Claim.objects.filter(shift=shift, team_id=t.id).values_list("id", flat=True))
    at = shift.starts_at
    check_in(presences=[Presence(c, at, lead) for c in claims], by=lead, at=at)
    hours = partial(confirm_hours, claim_ids=claims)
    assert {o.code for o in hours(by=acting(lead_of_team, at), at=at)} == {"calls.not_in"}
    check_out(presences=[Presence(c, at + HOUR, lead) for c in claims], by=lead, at=at + HOUR)
    assert {o.code for o in hours(by=acting(stranger, at), at=at + HOUR)} == {"calls.claim_missing"}
    assert {o.code for o in hours(by=acting(lead_of_team, at), at=at + HOUR)} == {""}
    assert {o.code for o in hours(by=lead, at=at + HOUR)} == {"repeated"}
    assert set(Claim.objects.filter(id__in=claims).values_list("hours_by", flat=True)) == {lead_of_team.id}


def test_a_place_that_came_free_is_kept_for_an_answer_and_then_goes_on(place: Place) -> None:
    a, b, c = volunteers(place, 3)
    shift = shift_of(called(place, 1, begins=4 * HOUR))
    mine = [claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, place.at), at=place.at,
                        waits=True) for v in (a, b, c)]  # fmt: skip
    release_claims(claim_ids=[mine[0].id], by=acting(a, place.at), at=place.at)
    offered = Claim.objects.get(id=mine[1].id)
    assert offered.state == "claimed" and offered.answer_by == place.at + HOUR
    assert Message.objects.filter(template="call-offered", recipient_id=b.id).count() == 1
    assert end_leases(by=place.system, at=place.at + timedelta(minutes=59)) == 0
    assert end_leases(by=place.system, at=place.at + HOUR) == 1
    assert end_leases(by=place.system, at=place.at + HOUR) == 0
    assert [Claim.objects.get(id=m.id).state for m in mine] == ["released", "released", "claimed"]
    last = Claim.objects.get(id=mine[2].id)
    assert last.answer_by == place.at + HOUR + timedelta(minutes=45)
    at = place.at + timedelta(minutes=90)
    confirm_claims(presences=[Presence(last.id, at, acting(c, at))], by=acting(c, at), at=at)
    assert end_leases(by=place.system, at=place.at + 3 * HOUR) == 0
    assert Shift.objects.get(id=shift.id).taken == 1
