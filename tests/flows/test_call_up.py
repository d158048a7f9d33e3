"""Samplers called up by institution: only its people may come, a repeat asks nobody twice, the sums are claims."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.cli.up import system_actor
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import CallUnfit, NotAsked, ShiftFull
from lianfang.domains.calls.models import Call, Shift
from lianfang.domains.calls.queries import CalledUp, called_up
from lianfang.domains.calls.services import claim_shift
from lianfang.domains.messages.models import Message
from lianfang.domains.rounds.models import Round
from lianfang.flows.call_up import call_up
from tests.factories.call import unit, volunteers
from tests.factories.place import Place
from tests.factories.rounds import outbreak_in, planned

pytestmark = pytest.mark.database


@pytest.fixture
def coming(place: Place) -> Round:
    return planned(place, outbreak_in(place, at=place.at), at=place.at + timedelta(hours=12))


def test_an_institution_is_asked_and_only_its_people_take_the_places(place: Place, coming: Round) -> None:
    hospital, other = unit(place, "县医院", "hospital", "district"), unit(place, "卫生院", "hospital", "city")
    own, third = volunteers(place, 2, unit=hospital, role="sampler"), volunteers(place, 1, unit=other, role="sampler")
    command, told = place.actor("command"), Message.objects.count()
    call_up(round_id=coming.id, asked={hospital: 1}, by=command, at=place.at)
    call_up(round_id=coming.id, asked={hospital: 1}, by=command, at=place.at)
    assert Call.objects.count() == 1 and Message.objects.count() - told == 2  # each of its people, once
    shift = Shift.objects.get()
    assert (shift.starts_at, shift.ends_at) == (coming.starts_at, coming.ends_at)

    system = system_actor()

    def take(account_id: UUID) -> None:
        claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=account_id, by=system, at=place.at)

    with pytest.raises(NotAsked):
        take(third[0].id)
    take(own[0].id)
    with pytest.raises(ShiftFull):
        take(own[1].id)
    call_up(round_id=coming.id, asked={hospital: 2, other: 5}, by=command, at=place.at)
    take(own[1].id)
    assert called_up(coming.id) == {hospital: CalledUp(2, 2, 0, 0), other: CalledUp(5, 0, 0, 0)}


def test_fewer_than_were_asked_and_a_body_from_elsewhere_are_refused_whole(place: Place, coming: Round) -> None:
    hospital, far = unit(place, "县医院", "hospital", "district"), unit(place, "乙区医院", "hospital", "neighbour")
    command = place.actor("command")
    call_up(round_id=coming.id, asked={hospital: 3}, by=command, at=place.at)
    with pytest.raises(CallUnfit):
        call_up(round_id=coming.id, asked={hospital: 2}, by=command, at=place.at)
    with pytest.raises(CallUnfit):
        call_up(round_id=coming.id, asked={far: 2, hospital: 9}, by=command, at=place.at)
    assert called_up(coming.id) == {hospital: CalledUp(3, 0, 0, 0)}


@pytest.mark.parametrize("post", ["neighbour", "sampler", "auditor"])
def test_who_may_not_plan_the_round_calls_nobody_up(place: Place, coming: Round, post: str) -> None:
    hospital = unit(place, "县医院", "hospital", "district")
    with pytest.raises(RightMissing):
        call_up(round_id=coming.id, asked={hospital: 3}, by=place.actor(post), at=place.at)
    assert not Call.objects.exists()
