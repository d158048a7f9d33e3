"""Wishes of rosters: one's own alone, of days to come, said again the same changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lianfang.base.models import LogEntry
from lianfang.domains.responders.errors import ResponderMissing, ResponderUnfit
from lianfang.domains.responders.models import Responder
from lianfang.domains.responders.queries.abilities import LOCAL
from lianfang.domains.responders.services import state_wishes
from tests.factories.call import acting, volunteers
from tests.factories.people import serving
from tests.factories.place import Place


def test_wishes_take_the_place_of_those_before_and_days_gone_by_are_not_kept(place: Place) -> None:
    who, other = volunteers(place, 2)
    serving(place, who)
    today = place.at.astimezone(LOCAL).date()
    by = {"by": acting(who, place.at), "at": place.at}
    state_wishes(days_off=[today - timedelta(days=1), today], no_nights=True, hours=["08:00", "12:00"], **by)
    kept = {"days_off": [today.isoformat()], "no_nights": True, "hours": ["08:00", "12:00"]}
    assert Responder.objects.get(id=who.id).wishes == kept
    n = LogEntry.objects.count()
    state_wishes(days_off=[today], no_nights=True, hours=["08:00", "12:00"], **by)
    assert LogEntry.objects.count() == n
    state_wishes(days_off=[], no_nights=False, hours=[], **by)
    assert Responder.objects.get(id=who.id).wishes == {}
    with pytest.raises(ResponderMissing):
        state_wishes(days_off=[], no_nights=True, hours=[], by=acting(other, place.at), at=place.at)


@pytest.mark.parametrize("hours", [["12:00", "08:00"], ["08:00"], ["8", "x"], ["08:00", "08:00"]])
def test_hours_that_cannot_be_are_refused(place: Place, hours: list[str]) -> None:
    [who] = volunteers(place, 1)
    serving(place, who)
    with pytest.raises(ResponderUnfit):
        state_wishes(days_off=[], no_nights=False, hours=hours, by=acting(who, place.at), at=place.at)
