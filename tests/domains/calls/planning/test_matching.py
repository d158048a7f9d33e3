"""Proposals from rows: everybody who may and nobody else, the largest need first, each with its reasons."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.models import Claim
from lianfang.domains.calls.planning import propose_matches
from lianfang.domains.calls.planning.pool import pool_of
from lianfang.domains.calls.services import (
    Ask,
    adopt_matches,
    claim_shift,
    claim_shifts,
    release_claims,
)
from lianfang.domains.responders.services import state_fitness
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving, skilled
from tests.factories.place import Place

VOLUNTEERS = {"audience": {"people": ["volunteer"]}}


def pairs(place: Place, **more: object) -> set[tuple[object, object]]:
    """Who is proposed for which shift, of the committee."""
    found = propose_matches(place.area["committee"], by=place.system, at=place.at, **more)  # type: ignore[arg-type]
    return {(m.account_id, m.shift.id) for m in found.matches}


def test_the_pool_is_what_claiming_would_take(place: Place) -> None:
    """Every pair of people unlike each other beside shifts unlike each other: the arrays say what the gate says."""
    people = volunteers(place, 12)
    serving(place, *people[:4])
    serving(place, people[4], free_times=[{"days": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "until": "00:01"}])
    serving(place, people[5], near_steps=0, where="committee")
    serving(place, people[6], kind="student")
    skilled(place, people[0], "clinician")
    far = volunteers(place, 2, where="committee3")
    state_fitness(fitness_id=uuid4(), responder_id=people[1].id, state="off", limits=[], why="x", until_at=None,
                  by=acting(people[1], place.at), at=place.at)  # fmt: skip
    calls = [called(place, 1, 2, asked_area_id=place.area["committee"]), called(place, 2, skills=["clinician"]),
             called(place, 1, audience={"people": ["student"]}), called(place, 3, begins=6 * HOUR)]  # fmt: skip
    taken = claim_shift(claim_id=uuid4(), shift_id=shift_of(calls[0], 1).id, account_id=people[2].id,
                        by=acting(people[2], place.at), at=place.at)  # fmt: skip
    pool = pool_of(place.area["committee"], by=place.system, at=place.at, until_at=place.at + 48 * HOUR)
    assert {p.id for p in (*people, *far)} <= set(pool.people) and len(pool.shifts) == 5
    by_cards = {people[4].id}  # what the person says of himself is no gate of claiming
    n = 0
    for who in (*people, *far):
        for s in pool.shifts:
            may = bool(pool.may[pool.people.index(who.id), pool.shifts.index(s)])
            own = Claim.objects.filter(shift=s, account_id=who.id).exists()
            ask = Ask(uuid4(), s.id, who.id, place.at, place.system, waits=False)
            [said] = _tried(ask, place)
            if who.id not in by_cards:
                assert may == (said.code == "" and not own), (who.label, s.call.title, said)
            n += may
    assert n > 20 and taken.state == "claimed"
    assert not pool.may[pool.people.index(people[4].id)].any()


def _tried(ask: Ask, place: Place) -> list:
    with transaction.atomic():
        out = claim_shifts(asks=[ask], by=place.system, at=place.at)
        transaction.set_rollback(True)
    return out


def test_people_go_to_the_largest_need_and_nobody_twice(place: Place) -> None:
    volunteers(place, 3)
    small, large, held = called(place, 4), called(place, 4), volunteers(place, 3)
    claim_shifts(asks=[Ask(uuid4(), shift_of(small).id, v.id, place.at, place.system) for v in held],
                 by=place.system, at=place.at)  # fmt: skip
    found = propose_matches(place.area["committee"], by=place.system, at=place.at)
    assert [m.shift.call_id for m in found.matches][:3] == [large.id] * 3
    assert len({m.account_id for m in found.matches}) == len(found.matches)
    assert len(found.matches) == 5 and not {v.id for v in held} & {m.account_id for m in found.matches}


def test_who_waits_for_a_full_shift_is_sent_to_an_open_one(place: Place) -> None:
    first, waits, other = volunteers(place, 3)
    serving(place, first, waits, other)
    full, needy = (called(place, 1, **VOLUNTEERS) for _ in range(2))
    for v in (first, waits):
        claim_shift(claim_id=uuid4(), shift_id=shift_of(full).id, account_id=v.id, by=acting(v, place.at),
                    at=place.at, waits=True)  # fmt: skip
    [match] = propose_matches(place.area["committee"], by=place.system, at=place.at).matches
    assert (match.account_id, match.shift.call_id, match.waits_for) == (waits.id, needy.id, shift_of(full).id)
    assert match.next_post == other.label


def test_who_served_least_is_proposed_and_who_lives_near(place: Place) -> None:
    near, far = volunteers(place, 1) + volunteers(place, 1, where="committee3")
    serving(place, near, where="committee")
    serving(place, far, where="committee3")
    call = called(place, 1, **VOLUNTEERS)
    [match] = propose_matches(place.area["committee"], by=place.system, at=place.at).matches
    assert (match.account_id, match.steps, match.shift.call_id) == (near.id, 0, call.id)


def test_places_that_stay_open_say_why(place: Place) -> None:
    called(place, 2, skills=["clinician"])
    found = propose_matches(place.area["committee"], by=place.system, at=place.at)
    assert [(u.places, u.why) for u in found.unmet] == [(2, "nobody")] and not found.matches


def test_who_gave_a_place_back_is_not_proposed_again(place: Place) -> None:
    [who] = volunteers(place, 1)
    serving(place, who)
    call = called(place, 1, **VOLUNTEERS)
    claim = claim_shift(claim_id=uuid4(), shift_id=shift_of(call).id, account_id=who.id, by=acting(who, place.at),
                        at=place.at)  # fmt: skip
    release_claims(claim_ids=[claim.id], by=acting(who, place.at), at=place.at)
    assert pairs(place) == set()


def test_the_questions_do_not_grow_with_people_or_shifts(place: Place) -> None:
    def asked(people: int, shifts: int) -> int:
        serving(place, *volunteers(place, people))
        for _ in range(shifts):
            called(place, 1, audience={"people": ["volunteer"]})
        with CaptureQueriesContext(
            connection,
        ) as log:
            propose_matches(place.area["committee"], by=place.system, at=place.at)
        return len(log)

    asked(1, 1)  # what is kept in memory from then on
    assert asked(2, 1) == asked(12, 6)


def test_another_area_is_told_nothing(place: Place) -> None:
    called(place, 1)
    volunteers(place, 1)
    with pytest.raises(RightMissing):
        propose_matches(place.area["committee"], by=place.actor("neighbour"), at=place.at)


def test_adopted_matches_hold_and_wait_for_an_answer(place: Place) -> None:
    [who] = volunteers(place, 1)
    serving(place, who)
    call = called(place, 1, **VOLUNTEERS, begins=24 * HOUR)
    [(account, shift)] = pairs(place)
    [done] = adopt_matches(asks=[Ask(uuid4(), shift, account, place.at, place.system)], by=place.system, at=place.at)
    claim = Claim.objects.get(id=done.id)
    assert (claim.account_id, claim.state, shift_of(call).taken) == (who.id, "claimed", 1)
    assert claim.answer_by is not None and claim.answer_by > place.at
    assert pairs(place) == set()
