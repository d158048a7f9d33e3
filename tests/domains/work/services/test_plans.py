"""Plans: a rhythm opens the next item ahead of its day, once; what cannot be opened says so; it ends with its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.timezone import localtime

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.editions.models import Edition
from lianfang.domains.grid.services import set_flag
from lianfang.domains.work.errors import OwnerUnskilled, PlanEnded, PlanMissing, PlanUnfit
from lianfang.domains.work.models import Item, Plan
from lianfang.domains.work.queries.plans import plan_values, plans_listed, without_plan
from lianfang.domains.work.services import (
    NewItem,
    Rhythm,
    assign_items,
    assign_planned,
    change_plan,
    end_plan,
    make_plan,
    open_items,
    open_planned,
)
from tests.conftest import T0
from tests.factories.people import serving, skilled
from tests.factories.place import Place, small_place

pytestmark = pytest.mark.database
MONDAY = datetime(2026, 7, 20, 9, 0, tzinfo=localtime(T0).tzinfo)
DIALYSIS = Rhythm(weekdays=(1, 3, 5), at_time=time(7, 30))


@pytest.fixture
def place(db: None) -> Place:
    """A district whose posts serve before that Monday."""
    return small_place(at=MONDAY - timedelta(days=1))


def kept(place: Place, rhythm: Rhythm = DIALYSIS, **given: Any) -> Plan:
    asked: dict[str, Any] = {
        "plan_id": uuid4(), "kind_name": "medical-trip", "area_id": place.area["committee"], "unit_kind": "person",
        "unit_id": place.people[0], "values": {"what": "透析", "where": "市医院"}, "rhythm": rhythm, "owner_id": None,
        "incident_id": None, "parent_id": None, "by": place.actor("lead"), "at": MONDAY, **given,
    }  # fmt: skip
    return make_plan(**asked)


def opened(place: Place, at: datetime) -> int:
    assert place.system is not None
    return open_planned(limit=100, by=place.system, at=at)


def days_of(plan: Plan) -> list[date]:
    rows = Item.objects.filter(routine=f"plan {plan.id}").order_by("due_at")
    return [localtime(i.due_at).date() for i in rows]


def test_dialysis_three_days_a_week_opens_each_trip_two_days_ahead_once_and_hidden_words_go_along(place: Place) -> None:
    plan = kept(place, replace(DIALYSIS, next_on=date(2026, 7, 22)))
    assert (plan.next_on, plan.opens_on) == (date(2026, 7, 22), date(2026, 7, 20))  # Wednesday, from Monday on
    assert opened(place, MONDAY.replace(hour=7)) == 0  # nobody is told before eight
    assert [opened(place, MONDAY) for _ in range(2)] == [1, 0]
    trip = Item.objects.get(kind="medical-trip")
    assert localtime(trip.due_at) == datetime(2026, 7, 22, 7, 30, tzinfo=MONDAY.tzinfo)
    assert (trip.unit_id, trip.area_id, trip.state) == (place.people[0], place.area["committee"], "asked")
    assert trip.values == {"where": "市医院"} and "透析".encode() not in bytes(trip.sealed)
    for n in range(1, 8):
        opened(place, MONDAY + timedelta(days=n))
    assert days_of(plan) == [date(2026, 7, d) for d in (22, 24, 27, 29)]


def test_the_first_day_is_today_only_while_its_hour_has_not_gone_by(place: Place) -> None:
    assert kept(place).next_on == date(2026, 7, 22)  # Monday, and half past seven is over
    assert kept(place, replace(DIALYSIS, at_time=time(13))).next_on == date(2026, 7, 20)


def test_days_that_went_by_while_the_job_stood_still_are_not_made_up_for_but_a_day_said_once_is_only_late(
    place: Place,
) -> None:
    rhythm, once = kept(place), kept(place, Rhythm(next_on=date(2026, 7, 21)))
    assert opened(place, MONDAY + timedelta(days=16)) == 2
    assert days_of(rhythm) == [date(2026, 8, 5)] and days_of(once) == [date(2026, 7, 21)]
    once.refresh_from_db()
    assert once.next_on is None and once.opens_on is None  # until somebody says the next


def test_its_own_lead_time_speaks_before_the_editions_and_the_editions_is_read_when_the_day_is_set(
    place: Place,
) -> None:
    common = Edition.objects.get(hazard="common")
    common.body["values"]["plan_lead_days"]["value"] = 5
    common.digest = "0" * len(common.digest)
    common.save(update_fields=["body", "digest"])
    day = date(2026, 8, 10)
    assert kept(place, Rhythm(next_on=day)).opens_on == date(2026, 8, 5)
    assert kept(place, Rhythm(next_on=day, lead_days=0)).opens_on == day


def test_a_plan_ends_with_its_last_day_and_one_that_was_ended_opens_nothing(place: Place) -> None:
    short = kept(place, Rhythm(every_days=2, next_on=date(2026, 7, 21), until_on=date(2026, 7, 22)))
    gone = kept(place)
    lead = place.actor("lead")
    for _ in range(2):
        end_plan(plan_id=gone.id, why="转院", by=lead, at=MONDAY)
    assert opened(place, MONDAY + timedelta(days=1)) == 1
    short.refresh_from_db()
    assert (short.why, days_of(short), days_of(gone)) == ("until", [date(2026, 7, 21)], [])
    with pytest.raises(PlanEnded):
        change_plan(plan_id=gone.id, rhythm=DIALYSIS, owner_id=None, by=lead, at=MONDAY)
    assert plans_listed(place.area["committee"], by=lead) == []


def test_what_cannot_be_opened_keeps_its_reason_and_holds_up_no_other(place: Place) -> None:
    bad, good = kept(place), kept(place)
    Plan.objects.filter(id=bad.id).update(sealed=b"")  # its words are gone: the kind asks for them
    assert opened(place, MONDAY) == 1
    bad.refresh_from_db()
    assert (bad.fault, bad.opens_on, bad.ended_at) == ("work.field_missing", None, None)
    assert len(days_of(good)) == 1 and opened(place, MONDAY) == 0
    change_plan(plan_id=bad.id, rhythm=DIALYSIS, owner_id=place.accounts["grid"].id, by=place.actor("lead"), at=MONDAY)
    bad.refresh_from_db()
    assert bad.fault == "" and bad.opens_on is not None


@pytest.mark.parametrize(
    ("rhythm", "field"),
    [
        (Rhythm(), "next_on"),
        (Rhythm(next_on=date(2026, 7, 19)), "next_on"),
        (Rhythm(weekdays=(0,)), "weekdays"),
        (Rhythm(weekdays=(1,), every_days=2), "weekdays"),
        (Rhythm(every_days=0, next_on=date(2026, 7, 21)), "every_days"),
        (Rhythm(every_days=3), "next_on"),
        (Rhythm(next_on=date(2026, 7, 21), lead_days=61), "lead_days"),
        (Rhythm(next_on=date(2026, 7, 21), until_on=date(2026, 7, 20)), "until_on"),
    ],
)
def test_a_rhythm_that_cannot_be_kept_says_which_value(place: Place, rhythm: Rhythm, field: str) -> None:
    with pytest.raises(PlanUnfit) as refused:
        kept(place, rhythm)
    assert refused.value.values["field"] == field and not Plan.objects.exists()


def test_nobody_plans_for_people_of_another_area_or_without_what_the_kind_asks(place: Place) -> None:
    lead = place.actor("lead")
    with pytest.raises(RightMissing):
        kept(place, by=place.actor("neighbour_grid"))
    for wrong in ({"unit_id": place.people[-1]}, {"unit_kind": "household", "unit_id": place.households[0]},
                  {"unit_kind": "none"}, {"values": {}}, {"values": {"what": "x", "nonsense": 1}}):  # fmt: skip
        with pytest.raises(PlanUnfit):
            kept(place, **wrong)
    plan = kept(place)
    away: UUID = place.accounts["grid"].id
    for ask in (partial(end_plan, why="x"), partial(change_plan, rhythm=DIALYSIS, owner_id=away)):
        with pytest.raises(PlanMissing):
            ask(plan_id=plan.id, by=place.actor("neighbour"), at=MONDAY)
    assert plans_listed(place.area["neighbour"], by=place.actor("neighbour")) == []
    assert plan_values(plan, by=lead)["what"] == "透析" != plan_values(plan, by=place.actor("grid"))["what"]


def test_a_kind_that_asks_for_a_skill_goes_to_nobody_without_it_and_to_nobody_once_it_is_no_longer_valid(
    place: Place,
) -> None:
    nurse, grid, lead = place.accounts["medic"], place.accounts["grid"], place.actor("lead")
    serving(place, nurse, where="district")
    skilled(place, nurse, "clinician", valid_until=date(2026, 8, 1))
    check = partial(kept, place, kind_name="prenatal-visit", values={})
    with pytest.raises(OwnerUnskilled):
        check(Rhythm(next_on=date(2026, 7, 24)), owner_id=grid.id)
    with pytest.raises(PlanUnfit) as stranger:  # named by his id: he would be shown the door
        check(Rhythm(next_on=date(2026, 7, 24)), owner_id=place.accounts["neighbour_grid"].id)
    assert stranger.value.values["field"] == "owner"
    plan = check(Rhythm(every_days=14, next_on=date(2026, 7, 24)), owner_id=nurse.id)
    done = assign_planned(plan_id=plan.id, owner_id=nurse.id, by=lead, at=MONDAY)
    visit = Item.objects.get(kind="prenatal-visit")
    assert (visit.owner_id, visit.values["check_on"], done.next_on) == (nurse.id, "2026-07-24", date(2026, 8, 7))
    given = assign_items(item_ids=[visit.id], owner_id=grid.id, by=lead, at=MONDAY)
    assert given[0].code == "work.owner_unskilled" and given[0].values == {"skills": ["clinician"]}
    direct = NewItem(uuid4(), place.area["committee"], "person", place.people[0], owner_id=grid.id)
    laid = open_items(kind_name="prenatal-visit", items=[direct], area_id=direct.area_id, incident_id=None, by=lead,
                      at=MONDAY)  # fmt: skip
    assert laid[0].code == "work.owner_unskilled"
    opened(place, MONDAY + timedelta(days=17))  # the sixth of August: her licence is no longer valid
    assert Item.objects.get(kind="prenatal-visit", due_at__gt=visit.due_at).owner_id is None
    with pytest.raises(RightMissing):
        assign_planned(plan_id=plan.id, owner_id=nurse.id, by=place.actor("grid"), at=MONDAY)


def test_only_people_of_the_actors_areas_are_shown_as_without_a_plan(place: Place) -> None:
    for person in (place.people[1], place.people[-2]):
        set_flag(person_id=person, flag="pregnant", source="door", by=place.system, at=MONDAY)
    ask = partial(without_plan, "prenatal-visit", on=MONDAY.date(), at=MONDAY)
    mine = ask(place.area["city"], by=place.actor("lead"))
    assert [s.person_id for s, _ in mine] == [place.people[1]]
    theirs = ask(place.area["city"], by=place.actor("neighbour_grid"))
    assert [s.person_id for s, _ in theirs] == [place.people[-2]]
    assert ask(place.area["committee"], by=place.actor("lead"), in_zones=True) == []  # no zone is in force
