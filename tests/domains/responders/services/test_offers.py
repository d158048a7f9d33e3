"""Offers to an area: one's own, a unit's squad; accepted, kept, declined, withdrawn."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.responders.errors import OfferMissing, ResponderMissing, ResponderUnfit, StepUnfit, TeamMissing
from lianfang.domains.responders.models import Team
from lianfang.domains.responders.queries import my_offers, offers_to
from lianfang.domains.responders.services import answer_offer, offer_help
from tests.factories.call import acting, volunteers
from tests.factories.people import serving, team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_a_retired_member_asks_to_come_to_the_next_community(place: Place) -> None:
    v, other = volunteers(place, 2)
    serving(place, v, other, is_retired=True)
    span = {"from_at": place.at, "until_at": place.at + timedelta(hours=4)}
    ask = partial(offer_help, area_id=place.area["committee2"], words="晚上也行", at=place.at, **span)
    made = ask(offer_id=uuid4(), responder_id=v.id, by=acting(v, place.at))
    assert ask(offer_id=made.id, responder_id=v.id, by=acting(v, place.at)) == made
    with pytest.raises(ResponderMissing):
        ask(offer_id=uuid4(), responder_id=other.id, by=acting(v, place.at))
    with pytest.raises(ResponderUnfit):
        ask(offer_id=uuid4(), by=acting(v, place.at))
    answer = partial(answer_offer, offer_id=made.id, by=place.actor("street"), at=place.at)
    with pytest.raises(OfferMissing):
        answer(state="accepted", why="", by=place.actor("neighbour"))
    with pytest.raises(ResponderUnfit):
        answer(state="reserve", why="")
    answer(state="reserve", why="今晚人够，明早再说")
    assert [o.state for o in offers_to(place.actor("street"))] == ["reserve"]
    answer(state="accepted", why="")
    assert my_offers(acting(v, place.at))[0].state == "accepted"
    with pytest.raises(StepUnfit):
        answer(state="declined", why="晚了")


def test_an_offer_is_withdrawn_by_who_made_it_until_it_is_accepted(place: Place) -> None:
    (v,) = volunteers(place, 1)
    serving(place, v)
    me = acting(v, place.at)
    made = offer_help(offer_id=uuid4(), area_id=place.area["committee"], from_at=place.at, words="",
                      until_at=place.at + timedelta(hours=1), responder_id=v.id, by=me, at=place.at)  # fmt: skip
    over = partial(answer_offer, offer_id=made.id, why="", at=place.at + timedelta(hours=1))
    with pytest.raises(StepUnfit):
        over(state="accepted", by=place.actor("lead"))
    assert over(state="withdrawn", by=me).state == "withdrawn"


def test_a_squad_is_offered_by_who_keeps_it_and_then_tasked_by_its_host(place: Place) -> None:
    t = team(place, "零陵大队", where="district", people=12)
    ask = partial(offer_help, area_id=place.area["committee"], words="24 小时", from_at=place.at, team_id=t.id,
                  until_at=place.at + timedelta(days=7), at=place.at)  # fmt: skip
    with pytest.raises(TeamMissing):
        ask(offer_id=uuid4(), by=place.actor("neighbour"))
    made = ask(offer_id=uuid4(), by=place.actor("county"))
    answer_offer(offer_id=made.id, state="accepted", why="", by=place.actor("lead"), at=place.at)
    now = Team.objects.get(id=t.id)
    assert (now.area_id, now.sender_area_id) == (place.area["committee"], place.area["district"])
