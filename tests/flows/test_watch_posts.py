"""An empty post is told to who leads it, once an hour; relief asked for is told at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.domains.calls.services import NewNote, Presence, check_in, claim_shift
from lianfang.domains.messages.models import Message
from lianfang.flows.watch_posts import alarm_empty_posts, ask_for_relief
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_an_hour_with_nobody_on_post_is_an_alarm(place: Place) -> None:
    (v,) = volunteers(place, 1)
    shift = shift_of(called(place, 1, post="lead"))
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, place.at), at=place.at)
    begun = shift.starts_at
    late = begun + timedelta(minutes=45)
    told = Message.objects.filter(template="post-empty")
    assert alarm_empty_posts(by=place.system, at=begun + timedelta(minutes=1)) == 0
    assert alarm_empty_posts(by=place.system, at=late) == 1
    n = told.count()
    assert alarm_empty_posts(by=place.system, at=late + timedelta(minutes=5)) == 1
    assert told.count() == n > 0 and told.filter(recipient_id=place.accounts["lead"].id).count() == 1
    lead = place.actor("lead")
    check_in(presences=[Presence(claim.id, late, lead)], by=lead, at=late)
    assert alarm_empty_posts(by=place.system, at=late + HOUR) == 0


def test_relief_is_asked_with_one_tap_and_told_at_any_hour(place: Place) -> None:
    (v,) = volunteers(place, 1)
    shift = shift_of(called(place, 1, post="lead"))
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, place.at), at=place.at)
    at, lead = shift.starts_at, place.actor("lead")
    note = NewNote(uuid4(), claim.id, "relief", at, acting(v, at))
    assert ask_for_relief(note=note, by=acting(v, at), at=at).code == "calls.not_in"
    assert not Message.objects.filter(template="relief-asked").exists()
    check_in(presences=[Presence(claim.id, at, lead)], by=lead, at=at)
    assert [ask_for_relief(note=note, by=acting(v, at), at=at).code for _ in range(2)] == ["", "repeated"]
    assert Message.objects.filter(template="relief-asked", recipient_id=place.accounts["lead"].id).count() == 1
