"""Rounds through their services: plans, lists, endings, lists of pairs; and who may not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.base.errors import Refused
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.grid.services import set_flag
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.rounds.errors import DeskMissing, RoundNotReady, RoundUnfit, UnitsOpen
from lianfang.domains.rounds.models import Round, Share, Step, Unit
from lianfang.domains.rounds.queries import coverage_of, left_by_building, next_doors, round_seen, tally_problems
from lianfang.domains.rounds.services import (
    NewStation,
    UnitNote,
    add_stations,
    adopt_plan,
    ask_home,
    close_sampling,
    move_stations,
    note_units,
    open_round,
    plan_round,
    seat,
    split_list,
    staff_round,
)
from tests.factories.place import Place
from tests.factories.rounds import Testing, outbreak_in, planned, round_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_one(place: Place, t0: datetime) -> Testing:
    """A round with its desks open."""
    return round_in(place, at=t0)


def note(t: Testing, person: UUID, says: str, reason: str = "", *, post: str = "grid", minutes: int = 0) -> str:
    """The outcome of one note."""
    at = t.place.at + timedelta(minutes=minutes)
    mine = UnitNote(uuid4(), t.round.id, person, says, reason, t.place.actor(post), at)
    return note_units(notes=[mine], by=t.place.actor(post), at=at)[0].code


def test_a_plan_proposes_by_the_guide_and_keeps_the_officers_numbers_beside_it(place: Place, t0: datetime) -> None:
    found = planned(place, outbreak_in(place, at=t0), at=t0)
    street = str(place.area["street"])
    # 2 committees x 2 buildings x 4 doors x 3 people
    assert found.plan["proposed"][street]["people"] == 48 and found.edition == "cn-testing-2"
    own = {place.area["street"]: {"stations": 3, "desks": 5, "staff": 9}}
    adopted = adopt_plan(round_id=found.id, adopted=own, reason="steep lanes", by=place.actor("command"), at=t0)
    assert adopted.plan["adopted"][street]["stations"] == 3 and adopted.plan["proposed"][street]["stations"] == 1
    assert adopted.plan["adopted"][street]["tubes"] == adopted.plan["proposed"][street]["tubes"]


@pytest.mark.parametrize(
    ("own", "field"),
    [
        ({"stations": 4, "desks": 3}, "desks"),
        ({"desks": 9, "staff": 8}, "staff"),
        ({"stations": -1}, "stations"),
        ({"tents": 3}, "tents"),
    ],
)
def test_a_plan_that_cannot_work_names_the_number(place: Place, t0: datetime, own: dict[str, int], field: str) -> None:
    found = planned(place, outbreak_in(place, at=t0), at=t0)
    with pytest.raises(RoundUnfit) as refused:
        adopt_plan(round_id=found.id, adopted={place.area["street"]: own}, reason="", by=place.actor("command"), at=t0)
    assert refused.value.values["field"] == field


def test_a_round_over_an_area_inside_another_or_of_the_neighbour_is_refused(place: Place, t0: datetime) -> None:
    incident = outbreak_in(place, at=t0)
    ask = dict(incident_id=incident.id, kind="mass-test", starts_at=t0, ends_at=t0 + timedelta(days=1), at=t0)
    for areas in (["street", "committee"], [], ["street", "street"]):
        with pytest.raises(RoundUnfit):
            plan_round(round_id=uuid4(), area_ids=[place.area[a] for a in areas], by=place.actor("command"), **ask)
    with pytest.raises(RightMissing):
        plan_round(round_id=uuid4(), area_ids=[place.area["neighbour"]], by=place.actor("command"), **ask)
    with pytest.raises(RightMissing):
        plan_round(round_id=uuid4(), area_ids=[place.area["street"]], by=place.actor("neighbour"), **ask)
    with pytest.raises(RoundUnfit):
        plan_round(
            round_id=uuid4(), area_ids=[place.area["street"]], by=place.actor("command"), **ask | {"ends_at": t0}
        )
    assert not Round.objects.exists()


def test_steps_are_taken_in_order_each_with_what_it_needs(place: Place, t0: datetime) -> None:
    found = planned(place, outbreak_in(place, at=t0), at=t0)
    command = place.actor("command")
    for step in (open_round, staff_round):
        with pytest.raises(RoundNotReady):
            step(round_id=found.id, by=command, at=t0)
    assert list(Step.objects.filter(round=found).values_list("state", flat=True)) == ["planned"]


def test_the_list_is_laid_once_from_who_lives_there_and_the_plan_is_frozen(open_one: Testing, t0: datetime) -> None:
    command = open_one.place.actor("command")
    assert open_one.round.expected == 72 == Unit.objects.filter(round=open_one.round).count()
    again = open_round(round_id=open_one.round.id, by=command, at=t0 + timedelta(hours=1))
    assert again.expected == 72 and again.opened_at == t0
    with pytest.raises(RoundNotReady):
        adopt_plan(round_id=open_one.round.id, adopted={}, reason="", by=command, at=t0)
    assert tally_problems(open_one.round) == 0


def test_who_carries_a_mark_of_the_guide_is_met_at_home_in_this_round_and_the_next(place: Place, t0: datetime) -> None:
    set_flag(person_id=place.people[0], flag="bedridden", source="door", by=place.actor("grid"), at=t0)
    first = round_in(place, at=t0)
    assert list(Unit.objects.filter(is_home=True).values_list("unit_id", flat=True)) == [place.people[0]]
    again = planned(place, first.incident, at=t0)
    command = place.actor("command")
    adopt_plan(round_id=again.id, adopted={}, reason="", by=command, at=t0)
    place_id = first.desks[0].station.place_id  # type: ignore[union-attr]  # a desk at a site
    add_stations(round_id=again.id, stations=[NewStation(uuid4(), place_id, (1,))], by=command, at=t0)
    staff_round(round_id=again.id, by=command, at=t0)
    open_round(round_id=again.id, by=command, at=t0)
    assert Unit.objects.get(round=again, is_home=True).unit_id == place.people[0]


def test_each_ending_needs_its_own_reason_and_a_sample_is_never_noted_by_hand(open_one: Testing) -> None:
    one = open_one.place.people[0]
    assert note(open_one, one, "away") == "rounds.reason_missing"
    assert note(open_one, one, "away", "no-wish") == "rounds.reason_missing"
    assert note(open_one, one, "sampled") == "rounds.not_by_hand"
    assert note(open_one, one, "vanished") == "rounds.ending_unknown"
    assert note(open_one, one, "away", "left-city") == ""
    assert note(open_one, one, "away", "left-city", minutes=9) == "repeated"
    assert note(open_one, one, "refused", "no-wish", minutes=10) == ""  # a correction: it was known otherwise before
    assert coverage_of(open_one.round).endings == {"": 71, "refused": 1}
    assert tally_problems(open_one.round) == 0


def test_a_try_leaves_the_person_on_the_list(open_one: Testing) -> None:
    one = open_one.place.people[0]
    assert note(open_one, one, "no-answer") == "" and note(open_one, one, "postponed", minutes=5) == ""
    unit = Unit.objects.get(unit_id=one)
    assert (unit.ending, unit.tries, unit.tried) == ("", 2, "postponed")
    assert coverage_of(open_one.round).left == 72


def test_an_older_note_that_comes_late_replaces_nothing_and_is_told_what_stands(open_one: Testing) -> None:
    one = open_one.place.people[0]
    assert note(open_one, one, "away", "left-city", minutes=60) == ""
    by, at = open_one.place.actor("lead"), open_one.place.at
    late = UnitNote(uuid4(), open_one.round.id, one, "not-found", "three-visits", by, at)
    (told,) = note_units(notes=[late], by=by, at=at + timedelta(hours=2))
    assert told.code == "repeated" and told.values["ending"]["en"] == "away"
    assert told.values["time"] == (at + timedelta(minutes=60)).isoformat()
    assert Unit.objects.get(unit_id=one).ending == "away"
    assert note(open_one, one, "refused", "no-wish", minutes=61) == "" and tally_problems(open_one.round) == 0


def test_a_try_sent_again_counts_once_whatever_came_between(open_one: Testing) -> None:
    one = open_one.place.people[0]
    for minutes, says, code in (
        (0, "no-answer", ""),
        (5, "postponed", ""),
        (0, "no-answer", "repeated"),
        (5, "postponed", "repeated"),
        (6, "no-answer", ""),
    ):
        assert note(open_one, one, says, minutes=minutes) == code
    unit = Unit.objects.get(unit_id=one)
    assert (unit.tries, unit.tried) == (3, "no-answer")


def test_a_form_pressed_twice_is_one_try_and_the_next_form_another(open_one: Testing) -> None:
    one, by, at = open_one.place.people[0], open_one.place.actor("grid"), open_one.place.at

    def press(shown: int, minutes: int) -> str:
        when = at + timedelta(minutes=minutes)
        mine = UnitNote(uuid4(), open_one.round.id, one, "no-answer", "", by, when, at + timedelta(minutes=shown))
        return note_units(notes=[mine], by=by, at=when)[0].code

    assert [press(0, 1), press(0, 2), press(3, 4)] == ["", "repeated", ""]
    assert Unit.objects.get(unit_id=one).tries == 2


def test_who_will_come_after_all_is_on_the_list_again_unless_sampled_or_noted_later(open_one: Testing) -> None:
    one = open_one.place.people[0]
    assert note(open_one, one, "refused", "no-wish", minutes=10) == ""
    assert note(open_one, one, "no-answer", minutes=11) == ""  # says nothing about what was noted
    assert Unit.objects.get(unit_id=one).ending == "refused"
    assert note(open_one, one, "postponed", minutes=20) == ""
    unit = Unit.objects.get(unit_id=one)
    assert (unit.ending, unit.reason, unit.ended_at, unit.ended_by) == ("", "", None, None)
    assert note(open_one, one, "refused", "no-wish", minutes=10) == "repeated"  # the first phone sends again
    assert coverage_of(open_one.round).left == 72 and tally_problems(open_one.round) == 0
    assert note(open_one, one, "away", "left-city", minutes=40) == ""
    assert note(open_one, one, "postponed", minutes=30) == ""  # older than what stands: a try, no more
    sampled = open_one.place.people[1]
    Unit.objects.filter(unit_id=sampled).update(ending="sampled", ended_at=open_one.place.at)
    assert note(open_one, sampled, "postponed", minutes=30) == ""
    assert set(Unit.objects.filter(tried="postponed").values_list("ending", flat=True)) == {"away", "sampled"}


def test_the_neighbour_and_another_committee_note_nothing_here(open_one: Testing) -> None:
    one = open_one.place.people[0]
    for post in ("neighbour_grid", "grid2", "volunteer", "neighbour"):
        assert note(open_one, one, "away", "left-city", post=post) == "rounds.unit_missing"
    assert coverage_of(open_one.round).left == 72
    with pytest.raises(Refused):
        round_seen(open_one.round.id, by=open_one.place.actor("neighbour"))


def test_sampling_closes_only_when_nobody_is_left_without_a_named_state(open_one: Testing, t0: datetime) -> None:
    command = open_one.place.actor("command")
    notes = [
        UnitNote(uuid4(), open_one.round.id, p, "away", "left-city", open_one.place.actor("street"), t0)
        for p in Unit.objects.filter(
            area__in=[open_one.place.area[a] for a in ("committee", "committee2")]
        ).values_list("unit_id", flat=True)
    ]
    assert {o.code for o in note_units(notes=notes, by=command, at=t0)} == {""}
    with pytest.raises(UnitsOpen) as refused:
        close_sampling(round_id=open_one.round.id, by=command, at=t0)
    assert refused.value.values["left"] == 24
    rest = [
        UnitNote(uuid4(), open_one.round.id, p, "not-found", "three-visits", open_one.place.actor("street2"), t0)
        for p in Unit.objects.filter(ending="").values_list("unit_id", flat=True)
    ]
    note_units(notes=rest, by=command, at=t0)
    assert close_sampling(round_id=open_one.round.id, by=command, at=t0).state == "sampling-closed"
    assert note(open_one, open_one.place.people[0], "refused", "no-wish") == "rounds.closed"


def test_stations_go_through_their_states_with_time_and_hand(open_one: Testing, t0: datetime) -> None:
    lead, station = open_one.place.actor("lead"), open_one.stations[0]
    outcomes = move_stations(station_ids=[*open_one.stations, uuid4()], state="closed", by=lead, at=t0)
    # The lead's own committee; the other street's station and one that is none are not there for it.
    assert [o.code for o in outcomes] == ["", "rounds.station_missing", "rounds.station_missing"]
    assert [o.code for o in move_stations(station_ids=[station], state="closed", by=lead, at=t0)] == ["repeated"]
    assert [o.code for o in move_stations(station_ids=[station], state="notified", by=lead, at=t0)] == [
        "rounds.not_ready"
    ]
    steps = Step.objects.filter(station_id=station).order_by("at", "id")
    assert {s.state for s in steps} == {"planned", "open", "closed"}
    assert {s.by for s in steps} == {open_one.place.accounts[a].id for a in ("command", "lead")}


def test_a_place_of_another_kind_or_in_the_round_already_is_no_station(open_one: Testing, t0: datetime) -> None:
    place_id = open_one.desks[0].station.place_id  # type: ignore[union-attr]  # a desk at a site
    new = [NewStation(uuid4(), place_id, (1,)), NewStation(uuid4(), uuid4(), (1,)), NewStation(uuid4(), place_id, ())]
    done = add_stations(round_id=open_one.round.id, stations=new, by=open_one.place.actor("command"), at=t0)
    assert [o.code for o in done] == ["rounds.unfit"] * 3


def test_somebody_sits_at_one_desk_and_nobody_from_elsewhere(open_one: Testing, t0: datetime) -> None:
    p, first, second = open_one.place, open_one.desks[0], open_one.desks[1]
    seat(desk_id=second.id, account_id=p.accounts["sampler"].id, by=p.actor("sampler"), at=t0)
    first.refresh_from_db()
    assert first.account_id is None
    with pytest.raises(DeskMissing):
        seat(desk_id=first.id, account_id=p.accounts["neighbour_sampler"].id, by=p.actor("neighbour_sampler"), at=t0)
    with pytest.raises(RoundUnfit):
        seat(desk_id=first.id, account_id=p.accounts["neighbour_sampler"].id, by=p.actor("command"), at=t0)


def test_a_list_is_dealt_between_pairs_and_no_building_is_on_two(open_one: Testing, t0: datetime) -> None:
    p = open_one.place
    ids = [p.accounts["grid"].id, p.accounts["volunteer"].id]
    split = dict(round_id=open_one.round.id, area_id=p.area["committee"], at=t0)
    assert split_list(account_ids=ids, by=p.actor("lead"), **split) == 2
    shares = dict(Share.objects.values_list("building_id", "account_id"))
    assert set(shares) == set(p.buildings["committee"]) and set(shares.values()) == set(ids)
    mine = next_doors(open_one.round, by=p.actor("volunteer"), limit=50)
    assert {d.household.building_id for d in mine} == {b for b, a in shares.items() if a == ids[1]}
    # From the top down, so that no stair is climbed twice.
    assert [d.household.floor for d in mine] == sorted((d.household.floor or 0 for d in mine), reverse=True)
    one = Unit.objects.filter(building=mine[0].household.building).values_list("unit_id", flat=True)[0]
    assert note(open_one, one, "away", "left-city", post="volunteer") == ""
    # Dealt anew to one: the other has it no more, nor a reason to read it.
    assert split_list(account_ids=ids[:1], by=p.actor("lead"), **split) == 2
    assert not next_doors(open_one.round, by=p.actor("volunteer"), limit=50)
    assert not Purpose.objects.filter(actor_id=ids[1], to_at__gt=t0).exists()
    with pytest.raises(RoundUnfit):
        split_list(account_ids=[p.accounts["neighbour_grid"].id], by=p.actor("lead"), **split)
    with pytest.raises(RightMissing):
        split_list(account_ids=ids, by=p.actor("grid2"), **split)


def test_asking_to_be_met_at_home_is_for_those_who_serve_there(open_one: Testing, t0: datetime) -> None:
    p = open_one.place
    ask = dict(round_id=open_one.round.id, unit_ids=p.people[:2], is_home=True, at=t0)
    assert [o.code for o in ask_home(by=p.actor("grid2"), **ask)] == ["rounds.unit_missing"] * 2
    assert [o.code for o in ask_home(by=p.actor("grid"), **ask)] == ["", ""]
    assert [o.code for o in ask_home(by=p.actor("grid"), **ask)] == ["repeated"] * 2


def test_what_is_left_by_building_is_the_fullest_first(open_one: Testing) -> None:
    p = open_one.place
    note(open_one, p.people[0], "away", "left-city")
    left = left_by_building(open_one.round.id, p.area["committee"])
    assert [n for _, n in left] == [12, 11] and left[1][0] == p.buildings["committee"][0]
