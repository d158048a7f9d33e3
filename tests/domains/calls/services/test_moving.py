"""A shift is moved: who is on it is told and keeps his place, nobody is then in two places, strangers move nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.accounts.models import Account
from lianfang.domains.calls.errors import CallUnfit, TooLate
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.services import Ask, claim_shifts, move_shift
from lianfang.domains.messages.models import Message
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.django_db


def take(place: Place, shift: Shift, who: Account) -> str:
    ask = Ask(uuid4(), shift.id, who.id, place.at, acting(who, place.at))
    done = claim_shifts(asks=[ask], by=acting(who, place.at), at=place.at)[0]
    assert done.code == "", done
    return str(done.values["state"])


def move(place: Place, shift: Shift, by: timedelta, post: str = "lead") -> Shift:
    return move_shift(shift_id=shift.id, starts_at=shift.starts_at + by, ends_at=shift.ends_at + by,
                      by=place.actor(post), at=place.at)  # fmt: skip


def told(who: Account) -> int:
    return Message.objects.filter(recipient_id=who.id, template="call-shift-moved").count()


def test_who_is_on_it_keeps_his_place_and_is_told_once(place: Place) -> None:
    [who, waits] = volunteers(place, 2)
    shift = shift_of(called(place, 1, begins=5 * HOUR))
    assert [take(place, shift, who), take(place, shift, waits)] == ["claimed", "waiting"]
    for _ in range(2):  # sent twice: the second changes nothing
        moved = move_shift(shift_id=shift.id, starts_at=shift.starts_at + HOUR, ends_at=shift.ends_at + 2 * HOUR,
                           by=place.actor("lead"), at=place.at)  # fmt: skip
    assert (moved.starts_at, moved.ends_at) == (shift.starts_at + HOUR, shift.ends_at + 2 * HOUR)
    assert moved.moved_at == place.at and [told(who), told(waits)] == [1, 1]
    assert [Claim.objects.get(account_id=p.id).state for p in (who, waits)] == ["claimed", "waiting"]


def test_who_serves_elsewhere_then_gives_it_back_and_the_next_in_line_moves_up(place: Place) -> None:
    [busy, waits] = volunteers(place, 2)
    first = shift_of(called(place, 1, begins=HOUR, lasts=2 * HOUR))
    second = shift_of(called(place, 1, begins=4 * HOUR, lasts=2 * HOUR))
    take(place, first, busy)
    take(place, second, busy)
    take(place, second, waits)
    move(place, second, timedelta(hours=-2))  # into the hours of the first
    states = {c.account_id: c.state for c in Claim.objects.filter(shift=second)}
    assert states == {busy.id: "released", waits.id: "claimed"} and told(busy) == 1
    second.refresh_from_db()
    assert (second.taken, second.waiting) == (1, 0)
    assert Claim.objects.get(shift=first).state == "claimed"


def test_it_is_not_moved_once_begun_nor_into_the_past_nor_by_a_stranger(place: Place) -> None:
    shift = shift_of(called(place, 1, begins=5 * HOUR))
    for post in ("neighbour", "volunteer", "grid2"):
        with pytest.raises(RightMissing):
            move(place, shift, HOUR, post)
    with pytest.raises(CallUnfit):
        move(place, shift, -6 * HOUR)
    with pytest.raises(CallUnfit):
        move_shift(shift_id=shift.id, starts_at=shift.ends_at, ends_at=shift.starts_at, by=place.actor("lead"),
                   at=place.at)  # fmt: skip
    with pytest.raises(TooLate):
        move_shift(shift_id=shift.id, starts_at=shift.ends_at, ends_at=shift.ends_at + HOUR,
                   by=place.actor("lead", shift.starts_at), at=shift.starts_at)  # fmt: skip
    assert Shift.objects.get(id=shift.id).moved_at is None
    assert move(place, shift, HOUR).moved_at == place.at
