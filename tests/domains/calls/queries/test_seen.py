"""Who sees which shifts, in which order; whose claims; who may read a roster."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import CallMissing, ClaimMissing, ShiftMissing
from lianfang.domains.calls.queries import (
    accounts_reached,
    call_seen,
    calls_led,
    claim_seen,
    last_place_at,
    my_claims,
    needs_near,
    open_shifts,
    past_claims,
    roster_of,
    shift_seen,
    similar_calls,
)
from lianfang.domains.calls.services import claim_shift, close_call
from tests.factories.call import HOUR, acting, called, shift_of, unit, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_shifts_come_with_what_i_may_take_first_and_the_nearest_before_the_sooner(place: Place) -> None:
    [me, other] = volunteers(place, 2)
    by, here = acting(me, place.at), place.area["committee"]
    far = shift_of(called(place, 1, where="committee3"))
    near = shift_of(called(place, 2, begins=9 * HOUR))
    door = shift_of(called(place, 1, where="committee2", begins=14 * HOUR))
    full = shift_of(called(place, 1, begins=20 * HOUR))
    hidden = shift_of(called(place, 1, where="neighbour_committee"))
    called(place, 1, opens_at=place.at + HOUR)
    close_call(call_id=called(place, 1).id, why="r", by=place.system, at=place.at)
    claim_shift(claim_id=uuid4(), shift_id=full.id, account_id=other.id, by=acting(other, place.at), at=place.at)
    offers = open_shifts(by=by, at=place.at, area_id=here)
    assert [o.shift.id for o in offers] == [near.id, door.id, far.id, full.id]
    assert [o.steps for o in offers] == [0, 1, 2, 0] and [o.left for o in offers] == [2, 1, 1, 0]
    assert [s.id for s in needs_near(here, by=by, at=place.at)] == [near.id, door.id, far.id]
    claim_shift(claim_id=uuid4(), shift_id=near.id, account_id=me.id, by=by, at=place.at)
    clash = shift_of(called(place, 3, begins=10 * HOUR))
    after = {o.shift.id: o for o in open_shifts(by=by, at=place.at, area_id=here)}
    assert after[clash.id].collides is not None and not after[clash.id].may_take and after[near.id].mine is not None
    assert hidden.id not in after
    with pytest.raises(ShiftMissing):
        shift_seen(hidden.id, by=by)
    with pytest.raises(CallMissing):
        call_seen(hidden.call_id, by=by)
    assert shift_seen(hidden.id, by=place.actor("neighbour")).id == hidden.id


def test_a_call_for_some_units_is_marked_as_not_asking_the_others(place: Place) -> None:
    body = unit(place)
    [inside] = volunteers(place, 1, unit=body)
    called(place, 1, audience={"bodies": [str(body)]})
    by, here = acting(inside, place.at), place.area["committee"]
    assert [o.against for o in open_shifts(by=by, at=place.at, area_id=here, body_id=body)] == [()]
    assert [o.against for o in open_shifts(by=by, at=place.at, area_id=here)] == [(("calls.not_asked", {}),)]
    assert accounts_reached(place.area["district"], {"bodies": [str(body)]}, at=place.at) == [inside.id]
    assert accounts_reached(place.area["district"], {"kinds": ["nothing"]}, at=place.at) == []


def test_my_claims_are_mine_alone_and_the_roster_is_the_leads(place: Place) -> None:
    first, second = volunteers(place, 2, unit=unit(place))
    shift = shift_of(called(place, 1))
    ids = [uuid4(), uuid4()]
    for claim_id, who in zip(ids, (first, second), strict=True):
        claim_shift(claim_id=claim_id, shift_id=shift.id, account_id=who.id, by=acting(who, place.at), at=place.at,
                    waits=True)  # fmt: skip
    me = acting(second, place.at)
    assert [(c.id, c.queue) for c in my_claims(me, at=place.at)] == [(ids[1], 1)]
    assert my_claims(me, at=shift.ends_at) == [] == past_claims(me, at=shift.ends_at)
    assert [c.id for c in past_claims(acting(first, place.at), at=shift.ends_at)] == [ids[0]]
    with pytest.raises(ClaimMissing):
        claim_seen(ids[0], by=me)
    assert claim_seen(ids[0], by=place.actor("lead")).id == ids[0]
    assert [(c.post, c.unit) for c in roster_of([shift.id], by=place.actor("lead"))[shift.id]] == [
        (a.label, "市财政局") for a in (first, second)
    ]
    for post in ("volunteer", "grid", "neighbour", "neighbour_grid"):
        with pytest.raises(RightMissing):
            roster_of([shift.id], by=place.actor(post))
    assert last_place_at(shift.id) == place.at


def test_similar_calls_and_those_one_leads_are_of_the_own_areas(place: Place) -> None:
    here, street = called(place, 1), called(place, 1, where="street")
    aside, gone = called(place, 1, where="committee3"), called(place, 1)
    close_call(call_id=gone.id, why="r", by=place.system, at=place.at)
    found = similar_calls(place.area["committee"], by=place.actor("lead"), at=place.at)
    assert {c.id for c in found} == {here.id, street.id}
    assert {c.id for c in calls_led(place.actor("street"), at=place.at)} == {here.id, street.id, gone.id}
    assert calls_led(place.actor("neighbour"), at=place.at) == [] == calls_led(place.actor("grid"), at=place.at)
    assert aside.id in {c.id for c in calls_led(place.actor("command"), at=place.at + timedelta(days=3))}


def _statements(place: Place) -> int:
    with CaptureQueriesContext(connection) as seen:
        open_shifts(by=place.actor("volunteer"), at=place.at, area_id=place.area["committee"])
    return len(seen)


def test_a_long_list_of_shifts_asks_no_more_than_a_short_one(place: Place) -> None:
    called(place, 1)
    few = _statements(place)
    for _ in range(12):
        called(place, 3, 4, 5)
    assert _statements(place) == few <= 13
