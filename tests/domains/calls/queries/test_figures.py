"""What calls add up to: counted by hand beside the queries."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.models import Account
from lianfang.domains.accounts.queries import actor_for
from lianfang.domains.accounts.services import grant_role
from lianfang.domains.calls.models import Shift
from lianfang.domains.calls.queries import (
    enrolments,
    gaps,
    live_counter,
    people_of_unit,
    person_times,
    turnout_by_unit,
)
from lianfang.domains.calls.services import Presence, check_in, check_out, claim_shift, confirm_turnout, release_claims
from tests.factories.call import HOUR, acting, called, shift_of, unit, volunteers
from tests.factories.place import Place

pytestmark = pytest.mark.database


def came(place: Place, shift: Shift, who: Account, hours: float = 0) -> UUID:
    """Claims, comes at the start and, with hours, leaves."""
    claim = claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=who.id, by=acting(who, place.at), at=place.at)
    here = Presence(claim.id, shift.starts_at, place.system)
    check_in(presences=[here], by=place.system, at=shift.starts_at)
    if hours:
        gone = Presence(claim.id, shift.starts_at + timedelta(hours=hours), place.system)
        check_out(presences=[gone], by=place.system, at=gone.at)
    return claim.id


def test_person_times_count_each_check_in_and_people_count_once(place: Place) -> None:
    bureau, firm = unit(place), unit(place, "某公司", "company")
    [a, b], [c] = volunteers(place, 2, unit=bureau), volunteers(place, 1, unit=firm)
    issuer = unit(place, "团委", "league")
    one, two = (shift_of(called(place, 3, begins=h * HOUR, issuer_id=issuer)) for h in (1, 6))
    other = shift_of(called(place, 3, where="committee3", begins=12 * HOUR))
    came(place, one, a, 3)
    came(place, two, a, 1.5)
    came(place, two, b)
    came(place, two, c, 2)
    came(place, other, b, 4)
    claim_shift(claim_id=uuid4(), shift_id=one.id, account_id=b.id, by=acting(b, place.at), at=place.at)  # never came
    confirm_turnout(shift_id=one.id, by=place.system, at=one.ends_at)
    command, late = place.actor("command"), place.at + timedelta(days=2)
    assert person_times(by=command, until_at=late) == 5
    assert person_times(by=command, until_at=late, unit_kinds=["city-unit"]) == 4
    assert person_times(by=command, until_at=late, issuer_id=issuer) == 4
    assert person_times(by=command, until_at=late, area_id=place.area["street"]) == 4
    assert person_times(by=command, until_at=two.starts_at) == 1
    assert person_times(by=command, from_at=two.starts_at, until_at=other.starts_at) == 3
    assert person_times(by=place.actor("neighbour"), until_at=late) == 0
    rows = {t.unit_id: t for t in turnout_by_unit(by=command, until_at=late)}
    mine = rows[bureau]
    assert (mine.claimed, mine.person_times, mine.people, mine.no_shows, mine.hours) == (5, 4, 2, 1, 8.5)
    assert (rows[firm].person_times, rows[firm].hours) == (1, 2.0)
    assert turnout_by_unit(by=place.actor("neighbour"), until_at=late) == []


def test_the_head_of_a_body_sees_its_own_people_alone_wherever_they_served(place: Place) -> None:
    mine, theirs = unit(place), unit(place, "某公司", "company")
    [a], [b] = volunteers(place, 1, unit=mine), volunteers(place, 1, unit=theirs)
    [head] = volunteers(place, 1, unit=mine, role="resident")
    grant_role(grant_id=uuid4(), account_id=head.id, role="administrator", area_id=place.area["city"], until_at=None,
               body_id=mine, delegates=["volunteer"], by=place.system, at=place.at)  # fmt: skip
    shift = shift_of(called(place, 3))
    came(place, shift, a)
    came(place, shift, b)
    by, late = actor_for(head, at=place.at), place.at + timedelta(days=1)
    assert [t.unit_id for t in turnout_by_unit(by=by, until_at=late)] == [mine]
    assert [c.account_id for c in people_of_unit(mine, by=by, until_at=late)] == [a.id]
    assert people_of_unit(theirs, by=by, until_at=late) == []
    assert people_of_unit(mine, by=place.actor("command"), until_at=late) == []


def test_enrolments_count_each_person_once_and_not_who_took_it_back(place: Place) -> None:
    issuer = unit(place, "团委", "league")
    [a, b, c] = volunteers(place, 3)
    one, two = (shift_of(called(place, 1, begins=h * HOUR, issuer_id=issuer)) for h in (1, 6))
    claims = [claim_shift(claim_id=uuid4(), shift_id=s.id, account_id=p.id, by=acting(p, place.at), at=place.at,
                          waits=True) for s, p in ((one, a), (two, a), (one, b), (two, c))]  # fmt: skip
    at, command = place.at + HOUR / 2, place.actor("command")
    release_claims(claim_ids=[claims[2].id], by=acting(b, place.at), at=at)
    asked = {"by": command, "issuer_id": issuer}
    assert enrolments(**asked, until_at=place.at) == 0
    assert enrolments(**asked, until_at=at) == 3 and enrolments(**asked, until_at=at + HOUR) == 2
    assert enrolments(issuer, by=place.actor("neighbour"), until_at=at) == 0
    counted = {(r.name, r.task): (r.places, r.taken, r.waiting) for r in live_counter(by=command, at=at)}
    assert counted == {("沙洲社区居委会", "registration"): (2, 2, 1)}
    assert live_counter(by=place.actor("neighbour"), at=at) == []


def test_gaps_by_hour_are_required_against_claimed_and_present(place: Place) -> None:
    [a, b] = volunteers(place, 2)
    shift = shift_of(called(place, 3, begins=HOUR, lasts=2 * HOUR))
    shift_of(called(place, 2, begins=2 * HOUR, lasts=2 * HOUR))
    came(place, shift, a, 0.5)
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=b.id, by=acting(b, place.at), at=place.at)
    hours = gaps(place.area["district"], by=place.actor("command"), at=place.at, hours=5)
    assert [(h.required, h.claimed, h.present, h.short) for h in hours] == [
        (0, 0, 0, 0), (3, 2, 0, 1), (5, 2, 0, 3), (2, 0, 0, 2), (0, 0, 0, 0)]  # fmt: skip
    later = gaps(place.area["district"], by=place.actor("command"), at=shift.starts_at, hours=2)
    assert [h.present for h in later] == [1, 0]
    assert sum(h.required for h in gaps(place.area["district"], by=place.actor("neighbour"), at=place.at)) == 0
