"""Insurance counts once another has seen the policy, for the day it names, until somebody says another day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.responders.errors import JudgedByOneself, ResponderUnfit
from lianfang.domains.responders.queries import abilities_of, insurances_to_confirm
from lianfang.domains.responders.services import NewResponder, confirm_insurance, register_responders
from tests.factories.call import acting, volunteers
from tests.factories.people import serving
from tests.factories.place import Place

pytestmark = pytest.mark.database


def _says(place: Place, who: Account, day: date | None) -> None:
    entry = NewResponder(who.id, "volunteer", insured_until=day, said=("insured_until",))
    assert register_responders(entries=[entry], by=acting(who, place.at), at=place.at)[0].code in ("", "repeated")


def _counts(place: Place, who: Account) -> date | None:
    return abilities_of([who.id], at=place.at)[who.id].insured_until


def test_ones_own_word_waits_for_who_keeps_the_register_and_another_day_waits_again(place: Place) -> None:
    [who] = volunteers(place, 1)
    serving(place, who)
    day = place.at.date() + timedelta(days=30)
    lead = place.actor("street")

    def waiting() -> list[object]:
        return [r.id for r in insurances_to_confirm(place.area["committee"], by=lead, day=place.at.date())]

    _says(place, who, day)
    assert _counts(place, who) is None and waiting() == [who.id]
    with pytest.raises(JudgedByOneself):
        confirm_insurance(responder_id=who.id, until=day, by=acting(who, place.at), at=place.at)
    with pytest.raises(RightMissing):
        confirm_insurance(responder_id=who.id, until=day, by=place.actor("neighbour"), at=place.at)
    with pytest.raises(ResponderUnfit):
        confirm_insurance(responder_id=who.id, until=place.at.date() - timedelta(days=1), by=lead, at=place.at)
    confirm_insurance(responder_id=who.id, until=day, by=lead, at=place.at)
    assert _counts(place, who) == day and waiting() == []
    _says(place, who, day)  # the same again takes nothing away
    assert _counts(place, who) == day
    _says(place, who, day + timedelta(days=365))
    assert _counts(place, who) is None and waiting() == [who.id]
    confirm_insurance(responder_id=who.id, until=None, by=lead, at=place.at)
    assert _counts(place, who) is None and waiting() == []
