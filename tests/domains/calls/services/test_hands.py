"""A roster changed by hand: put on a place, an exception answered for, never light duty; freed with a reason, once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lianfang.base.actor import Actor
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import (
    AlreadyIn,
    ClaimMissing,
    Collides,
    Limited,
    ReasonMissing,
    ShiftFull,
    TooLittleRest,
)
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries import check_in_code, people_to_put
from lianfang.domains.calls.services import Presence, check_in, claim_shift, free_place, put_on_shift
from lianfang.domains.messages.models import Message
from lianfang.domains.responders.services import put_in_team, state_fitness
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving, team
from tests.factories.place import Place


def put(place: Place, shift: Shift, who: object, *, why: str = "", by: Actor | None = None, **more: object) -> Claim:
    given = {"claim_id": uuid4(), "account_id": who.id, **more}  # type: ignore[attr-defined]
    return put_on_shift(shift_id=shift.id, why=why, by=by or place.actor("lead"), at=place.at, **given)  # type: ignore[arg-type]


def test_who_is_put_there_is_told_once_and_a_second_press_is_the_first(place: Place) -> None:
    [who] = volunteers(place, 1)
    shift, claim_id = shift_of(called(place, 2)), uuid4()
    made = put(place, shift, who, claim_id=claim_id)
    assert put(place, shift, who, claim_id=claim_id).id == put(place, shift, who).id == made.id
    assert Message.objects.filter(template="roster-adopted").count() == 1
    assert (made.state, made.allowed_by) == ("claimed", None)


def test_only_who_leads_puts_and_frees(place: Place) -> None:
    [who] = volunteers(place, 1)
    shift = shift_of(called(place, 2))
    for post in ("neighbour", "volunteer", "grid2"):
        with pytest.raises(RightMissing):
            put(place, shift, who, by=place.actor(post))
    made = put(place, shift, who)
    for by in (place.actor("neighbour"), acting(who, place.at)):
        with pytest.raises(ClaimMissing):
            free_place(claim_id=made.id, why="x", by=by, at=place.at)


def test_too_little_rest_needs_a_reason_and_light_duty_takes_none(place: Place) -> None:
    one, two = volunteers(place, 2)
    serving(place, one, two)
    early, late = (shift_of(called(place, 2, begins=b, lasts=4 * HOUR)) for b in (HOUR, 15 * HOUR))
    between = shift_of(called(place, 2, begins=8 * HOUR, lasts=3 * HOUR))
    for s in (early, between):
        claim_shift(claim_id=uuid4(), shift_id=s.id, account_id=one.id, by=acting(one, place.at), at=place.at)
    with pytest.raises(TooLittleRest):
        put(place, late, one)
    made = put(place, late, one, why="无人可替")
    assert (made.state, made.allowed_by, made.allowed_why) == ("claimed", place.accounts["lead"].id, "无人可替")
    state_fitness(fitness_id=uuid4(), responder_id=two.id, state="light", limits=["no-standing"], why="", until_at=None,
                  by=acting(two, place.at), at=place.at)  # fmt: skip
    with pytest.raises(Limited):
        put(place, late, two, why="无人可替")
    assert not Claim.objects.filter(account_id=two.id).exists()


def test_full_is_full_for_who_answers_too_and_who_waits_is_not_put(place: Place) -> None:
    one, two, three = volunteers(place, 3)
    early, late = (shift_of(called(place, 1, begins=b, lasts=8 * HOUR)) for b in (HOUR, 10 * HOUR))
    claim_shift(claim_id=uuid4(), shift_id=early.id, account_id=one.id, by=acting(one, place.at), at=place.at)
    put(place, late, two)
    for who, why in ((one, "无人可替"), (three, "")):
        with pytest.raises(ShiftFull):
            put(place, late, who, why=why)
    assert Shift.objects.get(id=late.id).taken == 1 and not Claim.objects.filter(account_id=three.id).exists()
    assert not Claim.objects.filter(account_id=one.id, shift=late).exists()
    claim_shift(claim_id=uuid4(), shift_id=late.id, account_id=three.id, by=acting(three, place.at), at=place.at,
                waits=True)  # fmt: skip
    with pytest.raises(Collides):
        put(place, late, three)


def test_a_place_is_freed_with_a_reason_told_once_and_the_next_moves_up(place: Place) -> None:
    one, two = volunteers(place, 2)
    shift = shift_of(called(place, 1))
    made = put(place, shift, one)
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=two.id, by=acting(two, place.at), at=place.at,
                waits=True)  # fmt: skip
    free = {"claim_id": made.id, "by": place.actor("lead"), "at": place.at}
    with pytest.raises(ReasonMissing):
        free_place(why=" ", **free)
    for _ in range(2):
        assert free_place(why="另有任务", **free).state == "released"
    [told] = Message.objects.filter(template="roster-freed")
    assert told.recipient_id == one.id
    assert Claim.objects.get(account_id=two.id).state == "claimed"
    with pytest.raises(ClaimMissing):
        free_place(claim_id=uuid4(), why="x", by=place.actor("lead"), at=place.at)


def test_who_has_come_is_not_freed(place: Place) -> None:
    [who] = volunteers(place, 1)
    shift = shift_of(called(place, 1))
    made, at = put(place, shift, who), shift.starts_at
    digits = check_in_code(shift, by=place.actor("lead", at))
    by = acting(who, at)
    assert check_in(presences=[Presence(made.id, at, by, digits)], by=by, at=at)[0].code == ""
    with pytest.raises(AlreadyIn):
        free_place(claim_id=made.id, why="x", by=place.actor("lead", at), at=at)


def test_people_are_found_by_name_or_squad_where_the_call_asks_by_its_lead_alone(place: Place) -> None:
    one, two = volunteers(place, 2)
    [far] = volunteers(place, 1, where="neighbour_committee")
    serving(place, one, two)
    made = team(place)
    put_in_team(team_id=made.id, responder_ids=[two.id], role="", by=place.system, at=place.at)
    call = called(place, 1)

    def found(named: str = "", team_id: object = None, post: str = "lead") -> set:
        rows = people_to_put(call.id, named=named, team_id=team_id, by=place.actor(post), at=place.at)  # type: ignore
        return {i for i, _ in rows}

    assert found() == set() and found(one.label) == {one.id} and found(team_id=made.id) == {two.id}
    assert {one.id, two.id} <= found("志愿者") and far.id not in found("志愿者")
    with pytest.raises(RightMissing):
        found("志愿者", post="neighbour")
