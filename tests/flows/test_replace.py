"""Places that came free: who could take them is proposed to who leads, once a call; nobody is given a place by it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.services import claim_shift, close_call
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import in_words
from lianfang.flows.stop_duty import expose_helpers
from tests.factories.call import HOUR, acting, called, volunteers
from tests.factories.people import serving
from tests.factories.place import Place

pytestmark = pytest.mark.database
VOLUNTEERS = {"audience": {"people": ["volunteer"]}}


def _claimed(place: Place, who: Account, shift: Shift) -> Claim:
    return claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, place.at), at=place.at,
                       waits=True)  # fmt: skip


def _expose(place: Place, helper: Account, days: int = 5) -> None:
    Account.objects.filter(id=helper.id).update(person_id=place.people[0])
    met = {place.people[0]: (uuid4(), place.at + timedelta(days=days))}
    expose_helpers(until_by_person=met, area_id=place.area["committee"], by=place.system, at=place.at)


def _told(place: Place, template: str) -> dict[object, str]:
    """By call what its poster was told."""
    rows = Message.objects.filter(template=template)
    assert rows.values("about_id", "recipient_id").distinct().count() == rows.count()  # each once a call
    return {w["message"].about_id: w["zh"] for w in in_words(list(rows), by=place.system)}


def test_the_nearest_who_may_are_proposed_once_a_call_however_far_ahead_its_shifts_are(place: Place) -> None:
    helper, free, busy = volunteers(place, 3)
    serving(place, helper, free, busy)
    post = called(place, 1, 1, begins=80 * HOUR, **VOLUNTEERS)  # further ahead than gaps are looked at
    for s in post.shifts.all():
        _claimed(place, helper, s)
    beside = called(place, 1, begins=80 * HOUR, lasts=8 * HOUR, **VOLUNTEERS)
    _claimed(place, busy, beside.shifts.get())
    _expose(place, helper)
    told = _told(place, "replacement-found")
    assert list(told) == [post.id] and "空出 2 个名额" in told[post.id]
    assert free.label in told[post.id] and helper.label not in told[post.id] and busy.label not in told[post.id]
    assert not Claim.objects.filter(shift__call=post, account_id=free.id).exists()  # the lead adopts, not the program
    _expose(place, helper)  # the same contact once more: nothing came free by it
    assert len(Message.objects.filter(template="replacement-found")) == len(
        Message.objects.filter(template="replacement-found").values("recipient_id").distinct())  # fmt: skip


def test_who_waits_moves_up_silently_a_closed_call_asks_nobody_and_nobody_found_is_told_too(place: Place) -> None:
    helper, waits = volunteers(place, 2)
    serving(place, helper, waits)
    full, closed, rare = (called(place, 1, begins=n * 5 * HOUR, **VOLUNTEERS) for n in (1, 2, 3))
    for call in (full, closed, rare):
        _claimed(place, helper, call.shifts.get())
    moved = _claimed(place, waits, full.shifts.get())
    close_call(call_id=closed.id, why="够了", by=place.system, at=place.at)
    serving(place, waits, kind="student")  # of another kind by now: a place he waits for is still his
    _expose(place, helper)
    assert Claim.objects.get(id=moved.id).state == "claimed"
    assert not Message.objects.filter(template="replacement-found").exists()
    assert list(_told(place, "replacement-none")) == [rare.id]
