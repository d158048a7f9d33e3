"""Heads by role through services: the last places are kept, who waits, who moves up, what another call takes over."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.errors import CallMissing, CallUnfit, KeptForRole
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.queries.roles import heads_by_role
from lianfang.domains.calls.services import Ask, add_places, claim_shift, claim_shifts, release_claims, set_roles
from tests.factories.call import acting, called, shift_of, volunteers
from tests.factories.people import serving, skilled
from tests.factories.place import Place

NURSE = [{"skill": "clinician", "heads": 1}]


def people(place: Place, n: int, *skills: str) -> list:
    """So many who serve, the first of whom have the skills."""
    made = volunteers(place, n)
    serving(place, *made)
    for who, skill in zip(made, skills, strict=False):
        skilled(place, who, skill)
    return made


def take(place: Place, shift: object, who: object, **more: object) -> Claim:
    return claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, place.at), at=place.at,
                       **more)  # type: ignore[attr-defined, arg-type]  # fmt: skip


def test_the_last_place_is_kept_for_the_nurse_and_who_waits_moves_up_when_there_is_room(place: Place) -> None:
    nurse, one, two, three = people(place, 4, "clinician")
    call = called(place, 3, roles=NURSE)
    shift = shift_of(call)
    take(place, shift, one)
    take(place, shift, two)
    with pytest.raises(KeptForRole) as kept:
        take(place, shift, three)
    assert kept.value.values == {"skills": ["clinician"], "place": 1, "places": 1}
    assert take(place, shift, three, waits=True).state == "waiting"
    assert heads_by_role([shift_of(call)], at=place.at)[shift.id].lacking() == {"clinician": 1}
    mine = take(place, shift, nurse)
    assert mine.state == "claimed" and shift_of(call).taken == 3
    assert heads_by_role([shift_of(call)], at=place.at)[shift.id].lacking() == {}

    # The nurse gives her place back: it stays hers, and he waits on. With one place more he moves up.
    release_claims(claim_ids=[mine.id], by=acting(nurse, place.at), at=place.at)
    assert shift_of(call).taken == 2 and Claim.objects.get(account_id=three.id).state == "waiting"
    add_places(shift_id=shift.id, places=4, by=place.system, at=place.at)
    assert Claim.objects.get(account_id=three.id).state == "claimed" and shift_of(call).taken == 3


def test_many_at_once_take_no_more_than_what_is_not_kept(place: Place) -> None:
    nurse, *others = people(place, 6, "clinician")
    shift = shift_of(called(place, 3, roles=NURSE))
    asks = [Ask(uuid4(), shift.id, p.id, place.at, acting(p, place.at), waits=False) for p in (*others, nurse)]
    done = claim_shifts(asks=asks, by=place.system, at=place.at)
    assert [o.code for o in done] == ["", "", *["calls.kept_for_role"] * 3, ""]


def test_the_roles_of_a_call_are_changed_by_who_posts_it_and_who_waited_moves_up(place: Place) -> None:
    [one] = people(place, 1)
    call = called(place, 1, roles=NURSE)
    assert take(place, shift_of(call), one, waits=True).state == "waiting"
    with pytest.raises(RightMissing):
        set_roles(call_id=call.id, roles=[], by=acting(one, place.at), at=place.at)
    with pytest.raises(CallUnfit) as wrong:
        set_roles(call_id=call.id, roles=[{"skill": "clinician", "heads": 2}], by=place.system, at=place.at)
    assert wrong.value.values == {"field": "roles", "fix": "≤ 1"}
    with pytest.raises(CallMissing):
        set_roles(call_id=uuid4(), roles=[], by=place.system, at=place.at)
    set_roles(call_id=call.id, roles=[], by=place.system, at=place.at)
    assert Claim.objects.get(account_id=one.id).state == "claimed"


def test_a_call_that_fills_the_gap_of_a_role_takes_its_head_over(place: Place) -> None:
    one, two = people(place, 2)
    call = called(place, 2, roles=NURSE)
    shift = shift_of(call)
    take(place, shift, one)
    other = called(place, 1, skills=["clinician"], fills_id=shift.id)
    after = shift_of(call)
    assert (after.places, after.handed) == (1, {"clinician": 1})
    assert heads_by_role([after], at=place.at) == {} and shift_of(other).places == 1
    add_places(shift_id=shift.id, places=2, by=place.system, at=place.at)
    assert take(place, shift, two).state == "claimed"


def test_the_edition_says_whom_a_task_needs_unless_the_form_does(place: Place) -> None:
    given = {"task": "sampling-help"}
    assert called(place, 2, **given).roles == [{"skill": "swab", "heads": 1}]
    assert called(place, 2, **given, roles=[]).roles == []
    with pytest.raises(CallUnfit):
        called(place, 2, roles=[{"skill": "none-such", "heads": 1}])
