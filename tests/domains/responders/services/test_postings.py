"""Postings with both lines, one at a time; going into a zone to live and work there, and coming out."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.domains.responders.models import Posting
from lianfang.domains.responders.queries import closed_postings, inside_by_hour, people_posted, posted_on
from lianfang.domains.responders.services import end_postings, enter_closed, post_people
from lianfang.domains.responders.services.postings import NewPosting
from tests.factories.call import acting, unit, volunteers
from tests.factories.people import serving
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_headcount_by_unit_host_and_day_counts_a_person_once(place: Place) -> None:
    tax, court = unit(place, "市税务局"), unit(place, "市法院")
    people = [*volunteers(place, 3, unit=tax), *volunteers(place, 2, unit=court)]
    serving(place, *people)
    lead = place.actor("street")
    new = [NewPosting(uuid4(), p.id, place.area["committee"], place.at) for p in people]
    assert [o.code for o in post_people(postings=new, by=lead, at=place.at)] == [""] * 5
    assert [o.code for o in post_people(postings=new, by=lead, at=place.at)] == ["repeated"] * 5
    refused = post_people(postings=[NewPosting(uuid4(), people[0].id, place.area["committee"], place.at)],
                          by=place.actor("neighbour"), at=place.at)  # fmt: skip
    assert refused[0].code == "accounts.right_missing"
    drawn = NewPosting(uuid4(), people[0].id, place.area["neighbour_committee"], place.at)  # to his own area, by id
    (officer,) = volunteers(place, 1, where="neighbour", role="county-officer")
    assert post_people(postings=[drawn], by=acting(officer, place.at), at=place.at)[0].code == "responders.missing"
    away = NewPosting(uuid4(), people[0].id, place.area["neighbour_committee"], place.at)
    assert post_people(postings=[away], by=lead, at=place.at)[0].code == "accounts.right_missing"
    moved = NewPosting(uuid4(), people[0].id, place.area["committee2"], place.at + timedelta(days=1))
    post_people(postings=[moved], by=lead, at=place.at)
    day = place.at.date()
    rows = posted_on(day, by=place.actor("county"))
    assert {(s.unit, s.people) for s in rows} == {("市税务局", 3), ("市法院", 2)}
    assert people_posted(day, by=place.actor("county")) == 5
    tomorrow = posted_on(day + timedelta(days=1), by=place.actor("county"))
    assert sum(s.people for s in tomorrow) == 6  # on the day of a move, at both hosts
    assert people_posted(day + timedelta(days=1), by=place.actor("county")) == 5
    assert people_posted(day, by=place.actor("neighbour")) == 0


def test_strength_inside_a_zone_by_hour_follows_who_went_in_and_came_out(place: Place) -> None:
    people = volunteers(place, 3)
    serving(place, *people)
    lead, zone = place.actor("lead"), uuid4()
    new = [NewPosting(uuid4(), p.id, place.area["committee"], place.at, place.at + timedelta(days=14), zone_id=zone,
                      lodging_id=uuid4()) for p in people]  # fmt: skip
    post_people(postings=new, by=lead, at=place.at)
    ids = [n.id for n in new]
    assert enter_closed(posting_ids=ids[:1], step="out", by=lead, at=place.at)[0].code == "responders.step_unfit"
    done = enter_closed(posting_ids=ids, step="in", by=lead, at=place.at)
    again = enter_closed(posting_ids=ids, step="in", by=lead, at=place.at)
    assert [o.code for o in done] == [""] * 3 and [o.code for o in again] == ["repeated"] * 3
    enter_closed(posting_ids=ids[:1], step="out", by=lead, at=place.at + timedelta(hours=2))
    hours = inside_by_hour(zone, by=lead, from_at=place.at - timedelta(hours=1), hours=5)
    assert [n for _, n in hours] == [0, 3, 3, 2, 2]
    later = place.at + timedelta(days=3)
    rows = closed_postings(lead, area_id=place.area["committee"], at=later)
    assert [p.days_inside for p in rows] == [4, 4]
    assert [o.code for o in end_postings(posting_ids=[*ids, uuid4()], by=lead, at=later)] == [
        "repeated", "", "", "responders.missing"]  # fmt: skip
    assert Posting.objects.filter(until_at=later, left_at=later).count() == 2
