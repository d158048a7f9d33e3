"""Adopting a roster: each is told once, refusals are listed, the neighbour adopts nothing."""

from __future__ import annotations

from uuid import uuid4

from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.services import Ask, adopt_matches, adopt_roster, claim_shift
from lianfang.domains.messages.models import Message
from tests.factories.call import acting, called, shift_of, volunteers
from tests.factories.place import Place


def test_a_roster_adopted_tells_each_once_and_lists_what_was_refused(place: Place) -> None:
    a, b = volunteers(place, 2)
    call = called(place, 1, 1, 1)
    claim_shift(claim_id=uuid4(), shift_id=shift_of(call, 1).id, account_id=b.id, by=acting(b, place.at), at=place.at)
    asks = [Ask(uuid4(), shift_of(call, n).id, a.id, place.at, place.system, waits=False) for n in (0, 1, 2)]
    done = adopt_roster(asks=asks, by=place.system, at=place.at)
    assert [o.code for o in done] == ["", "calls.full", ""]
    [told] = Message.objects.filter(template="roster-adopted")
    assert told.recipient_id == a.id
    assert not Claim.objects.filter(account_id=a.id).exclude(answer_by=None).exists()


def test_the_neighbour_adopts_nothing_here(place: Place) -> None:
    [a] = volunteers(place, 1)
    by = place.actor("neighbour")
    ask = Ask(uuid4(), shift_of(called(place, 1)).id, a.id, place.at, by, waits=False)
    for service in (adopt_roster, adopt_matches):
        assert [o.code for o in service(asks=[ask], by=by, at=place.at)] == ["accounts.right_missing"]
    assert not Claim.objects.exists() and not Message.objects.exists()
