"""A yes makes work: a place for a person, a round-the-clock rota for a squad."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.calls.errors import ShiftFull
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.errors import ResponderUnfit
from lianfang.domains.responders.models import Offer
from lianfang.domains.responders.services import offer_help, put_in_team
from lianfang.flows.settle_offer import settle_offer
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import ids, serving, team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_one_who_was_too_late_elsewhere_gets_a_place_next_door(place: Place) -> None:
    v, other = volunteers(place, 2)
    serving(place, v, is_retired=True)
    made = offer_help(offer_id=uuid4(), area_id=place.area["committee2"], from_at=place.at, words="退休党员",
                      until_at=place.at + 6 * HOUR, responder_id=v.id, by=acting(v, place.at), at=place.at)  # fmt: skip
    full, free = (shift_of(called(place, 1, where="committee2")) for _ in range(2))
    claim_by = partial(settle_offer, offer_id=made.id, state="accepted", why="", by=place.actor("street"), at=place.at)
    Shift.objects.filter(id=full.id).update(taken=1)
    with pytest.raises(ResponderUnfit):
        claim_by()
    with pytest.raises(ShiftFull):
        claim_by(shift_id=full.id)
    assert Offer.objects.get(id=made.id).state == "offered"  # all of it or nothing
    claim_by(shift_id=free.id)
    claim_by(shift_id=free.id)
    assert Claim.objects.get(account_id=v.id).shift_id == free.id
    assert Message.objects.filter(template="offer-answered", recipient_id=v.id).count() == 1
    assert not Claim.objects.filter(account_id=other.id).exists()


def test_a_squad_of_twelve_round_the_clock_for_a_week(place: Place) -> None:
    squad = volunteers(place, 12)
    serving(place, *squad)
    t = team(place, "零陵大队", where="district")
    put_in_team(team_id=t.id, responder_ids=ids(*squad), role="", by=place.system, at=place.at)
    made = offer_help(offer_id=uuid4(), area_id=place.area["committee"], from_at=place.at + HOUR, words="",
                      until_at=place.at + HOUR + timedelta(days=7), team_id=t.id, by=place.actor("county"),
                      at=place.at)  # fmt: skip
    with pytest.raises(ResponderUnfit):
        settle_offer(offer_id=made.id, state="accepted", why="", by=place.actor("lead"), at=place.at, task="magic")
    settle_offer(offer_id=made.id, state="accepted", why="", by=place.actor("lead"), at=place.at, task="gate-check")
    shifts = Shift.objects.filter(call__audience__teams=[str(t.id)]).order_by("starts_at")
    assert shifts.count() == 21 and {s.places for s in shifts} == {4} == {s.taken for s in shifts}
    for a, b in zip(shifts, list(shifts)[1:], strict=False):
        assert a.ends_at == b.starts_at
    each = Counter(Claim.objects.filter(team_id=t.id).values_list("account_id", flat=True))
    assert set(each.values()) == {7} and len(each) == 12  # eight hours a day each, in turn
