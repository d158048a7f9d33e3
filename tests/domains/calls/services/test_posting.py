"""Waves, groups that fill, calls of two levels, skills and insurance demanded."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import CallUnfit, HeldBack, NotAsked, NotInsured, NotTrained, NotYetOpen
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.queries import accounts_reached, call_seen
from lianfang.domains.calls.services import NewWave, add_places, claim_shift, claim_shifts, open_group
from lianfang.domains.calls.services.claims import Ask
from lianfang.domains.responders.services import NewResponder, confirm_insurance, put_in_team, register_responders
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import ids, serving, skilled, team
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_a_squad_on_standby_is_asked_first_then_everybody_and_places_are_let_go_in_turn(place: Place) -> None:
    squad, others = volunteers(place, 2), volunteers(place, 3)
    serving(place, *squad, *others)
    t = team(place, "突击队")
    put_in_team(team_id=t.id, responder_ids=ids(*squad), role="", by=place.system, at=place.at)
    waves = [NewWave(place.at, {"teams": [str(t.id)]}, 40), NewWave(place.at + HOUR, {}, 100)]
    shift = shift_of(called(place, 5, begins=5 * HOUR, waves=waves))

    def claim(v: object, at: object) -> Claim:
        return claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, at), at=at)  # type: ignore[attr-defined, arg-type]  # a test's own

    with pytest.raises(NotYetOpen) as refused:
        claim(others[0], place.at)
    assert refused.value.values["from"] == (place.at + HOUR).isoformat()
    assert [claim(v, place.at).state for v in squad] == ["claimed", "claimed"]
    assert claim(others[0], place.at + HOUR).state == "claimed"


def test_places_are_held_back_for_those_who_come_later(place: Place) -> None:
    people = volunteers(place, 3)
    waves = [NewWave(place.at, {}, 50), NewWave(place.at + HOUR, {}, 100)]
    shift = shift_of(called(place, 4, begins=5 * HOUR, waves=waves))
    done = claim_shifts(asks=[Ask(uuid4(), shift.id, p.id, place.at, acting(p, place.at)) for p in people],
                        by=place.system, at=place.at)  # fmt: skip
    assert [o.code for o in done] == ["", "", "calls.held_back"]
    with pytest.raises(HeldBack):
        claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=people[2].id, by=place.system, at=place.at)


def test_waves_that_cannot_be_are_named(place: Place) -> None:
    late = place.at + HOUR
    for waves in ([NewWave(late)], [NewWave(place.at), NewWave(place.at)],
                  [NewWave(place.at, {}, 60), NewWave(late, {}, 50)], [NewWave(place.at, {}, 60)],
                  [NewWave(place.at, {}, 0), NewWave(late)]):  # fmt: skip
        with pytest.raises(CallUnfit):
            called(place, 1, waves=waves)
    with pytest.raises(CallUnfit):
        called(place, 1, skills=["magic"])


def test_people_of_any_unit_are_asked_by_where_they_live(place: Place) -> None:
    here, there = volunteers(place, 2, where="district")
    serving(place, here, where="committee")
    serving(place, there, where="committee2")
    audience = {"homes": [str(place.area["committee"])]}
    shift = shift_of(called(place, 2, audience=audience))
    assert accounts_reached(place.area["district"], audience, at=place.at) == [here.id]
    ask = partial(claim_shift, shift_id=shift.id, at=place.at)
    assert ask(claim_id=uuid4(), account_id=here.id, by=acting(here, place.at)).state == "claimed"
    with pytest.raises(NotAsked):
        ask(claim_id=uuid4(), account_id=there.id, by=acting(there, place.at))


def test_a_full_group_opens_the_next_and_who_waits_moves_in_one_step(place: Place) -> None:
    people = volunteers(place, 7)
    shift = shift_of(called(place, 3))
    claim_shifts(asks=[Ask(uuid4(), shift.id, p.id, place.at, acting(p, place.at)) for p in people], by=place.system,
                 at=place.at)  # fmt: skip
    opened = partial(open_group, shift_id=shift.id, group_id=uuid4(), places=3, title="二群", at=place.at)
    with pytest.raises(RightMissing):
        opened(by=place.actor("neighbour"))
    group = opened(by=place.actor("lead"))
    assert opened(by=place.actor("lead")) == group
    first, second = Shift.objects.get(id=shift.id), Shift.objects.get(id=group.id)
    assert (first.taken, first.waiting, second.taken, second.waiting) == (3, 0, 3, 1)
    order = Claim.objects.filter(shift=second).order_by("order").values_list("account_id", flat=True)
    assert list(order) == [p.id for p in people[3:]]
    with pytest.raises(CallUnfit):
        opened(group_id=uuid4(), places=0, by=place.actor("lead"))


def test_a_call_of_two_levels_is_led_by_both_with_one_list(place: Place) -> None:
    # the prefecture's call, which the district keeps with it
    call = called(place, 2, where="city", joint_area_id=place.area["district"])
    (v,) = volunteers(place, 1)
    shift = shift_of(call)
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=v.id, by=acting(v, place.at), at=place.at)
    both = [call_seen(call.id, by=place.actor(p)).id for p in ("above", "command")]
    assert both == [call.id, call.id]
    assert add_places(shift_id=shift.id, places=3, by=place.actor("command"), at=place.at).places == 3
    assert add_places(shift_id=shift.id, places=4, by=place.actor("above"), at=place.at).places == 4
    with pytest.raises(RightMissing):
        add_places(shift_id=shift.id, places=9, by=place.actor("street"), at=place.at)


def test_a_skilled_post_takes_the_verified_alone_and_a_risky_one_the_insured(place: Place) -> None:
    nurse, plain = volunteers(place, 2)
    serving(place, nurse, plain, kind="student")
    skilled(place, nurse, "nursing-student")
    shift = shift_of(called(place, 2, skills=["nursing-student"]))
    ask = partial(claim_shift, at=place.at, by=place.system)
    assert ask(claim_id=uuid4(), shift_id=shift.id, account_id=nurse.id).state == "claimed"
    with pytest.raises(NotTrained) as refused:
        ask(claim_id=uuid4(), shift_id=shift.id, account_id=plain.id)
    assert refused.value.values == {"skills": ["nursing-student"]}
    risky = shift_of(called(place, 2, task="sampling", begins=20 * HOUR))
    with pytest.raises(NotInsured):
        ask(claim_id=uuid4(), shift_id=risky.id, account_id=plain.id)
    day = date(2026, 7, 22)
    own = [NewResponder(plain.id, "student", insured_until=day, said=("insured_until",))]
    assert not register_responders(entries=own, by=acting(plain, place.at), at=place.at)[0].code
    with pytest.raises(NotInsured):  # his own word, of a policy that nobody has seen
        ask(claim_id=uuid4(), shift_id=risky.id, account_id=plain.id)
    confirm_insurance(responder_id=plain.id, until=day, by=place.system, at=place.at)
    assert ask(claim_id=uuid4(), shift_id=risky.id, account_id=plain.id).state == "claimed"
    later = shift_of(called(place, 2, task="sampling", begins=20 * HOUR + timedelta(days=3)))
    with pytest.raises(NotInsured):
        ask(claim_id=uuid4(), shift_id=later.id, account_id=plain.id)
