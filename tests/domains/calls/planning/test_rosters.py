"""Rosters from rows: cover, rest, fair shares, skills, days off; what is held stays; gaps are named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count, pairwise
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.models import Claim, Shift
from lianfang.domains.calls.planning import Wanted, propose_roster
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.calls.rules import Turn, around_the_clock
from lianfang.domains.calls.services import (
    NewPost,
    claim_shift,
    open_posts,
    release_claims,
)
from lianfang.domains.incidents.services import WarningText
from lianfang.domains.responders.services import put_in_team, state_wishes
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import note_check
from lianfang.flows.weather import warn
from tests.factories.call import HOUR, acting, called, shift_of, volunteers
from tests.factories.people import serving, skilled, team
from tests.factories.place import Place


def squad(place: Place, n: int, *skills: str) -> tuple:
    """A team of so many, the first of whom have the skills."""
    people = volunteers(place, n)
    serving(place, *people)
    for who, skill in zip(people, skills, strict=False):
        skilled(place, who, skill)
    made = team(place)
    put_in_team(team_id=made.id, responder_ids=[p.id for p in people], role="", by=place.system, at=place.at)
    return made, people


def posted(place: Place, *turns: Turn, days: int = 7, **more: object) -> tuple[object, date]:
    """A post from tomorrow on for so many days."""
    first = place.at.astimezone(LOCAL).date() + timedelta(days=1)
    post = NewPost(uuid4(), "东门卡口")
    open_posts(posts=[post], area_id=place.area["committee"], task="registration", turns=turns, from_on=first,
               until_on=first + timedelta(days=days - 1), by=place.system, at=place.at,
               **more)  # type: ignore[arg-type]  # a test's own mixture  # fmt: skip
    return post.id, first


def proposed(place: Place, call: object, first: date, days: int = 7, **more: object) -> object:
    ticks = count()
    wanted = Wanted(first, first + timedelta(days=days - 1), **more)  # type: ignore[arg-type]
    return propose_roster(call, wanted, by=place.system, at=place.at, seconds=4000.0,  # type: ignore[arg-type]
                          clock=lambda: float(next(ticks)))  # fmt: skip


def test_a_squad_holds_a_post_at_all_hours_with_rest_and_fair_shares(place: Place) -> None:
    made, people = squad(place, 10)
    call, first = posted(place, *around_the_clock(8, 1))
    found = proposed(place, call, first, team_id=made.id)
    assert not found.gaps and not found.faults
    hours = [line.hours for line in found.lines]
    assert sum(hours) == 7 * 24 and max(hours) - min(hours) <= 8 and len(hours) == len(people)
    for line in found.lines:
        spans = [(s.starts_at, s.ends_at) for s in line.cells if s]
        assert all(b[0] - a[1] >= 8 * HOUR for a, b in pairwise(spans))


def test_a_roster_keeps_days_off_hours_that_are_free_and_what_is_held(place: Place) -> None:
    made, people = squad(place, 4)
    serving(place, people[0], free_times=[{"days": [0, 1, 2, 3, 4, 5, 6], "from": "07:00", "until": "13:00"}])
    call, first = posted(place, Turn(time(8), 240, 1), Turn(time(14), 240, 1))
    held = Shift.objects.filter(call_id=call).order_by("starts_at")[3]
    claim_shift(
        claim_id=uuid4(), shift_id=held.id, account_id=people[1].id, by=acting(people[1], place.at), at=place.at
    )
    off = frozenset({(people[2].id, first), (people[2].id, first + timedelta(days=2))})
    found = proposed(place, call, first, team_id=made.id, days_off=off)
    lines = {line.account_id: line for line in found.lines}
    assert all(s.starts_at.astimezone(LOCAL).hour == 8 for s in lines[people[0].id].cells if s)
    assert lines[people[1].id].cells[1].id == held.id and lines[people[1].id].kept[1]
    assert lines[people[2].id].cells[0] is None and lines[people[2].id].cells[2] is None
    assert not found.gaps


def test_each_shift_has_one_of_a_skill(place: Place) -> None:
    made, people = squad(place, 5, "clinician", "clinician")
    call, first = posted(place, Turn(time(8), 240, 2), roles=[{"skill": "clinician", "heads": 1}])
    found = proposed(place, call, first, days=4, team_id=made.id)
    medics = {people[0].id, people[1].id}
    for day in range(4):
        on = {line.account_id for line in found.lines if line.cells[day]}
        assert len(on) == 2 and on & medics


def test_too_few_people_leave_gaps_that_are_named(place: Place) -> None:
    made, _ = squad(place, 1)
    call, first = posted(place, *around_the_clock(8, 1), days=2)
    found = proposed(place, call, first, days=2, team_id=made.id)
    assert sum(g.missing for g in found.gaps) >= 4 and not found.faults


def test_a_closed_ward_is_served_in_a_row_and_then_rested_from(place: Place) -> None:
    made, _ = squad(place, 4)
    call, first = posted(place, Turn(time(8), 480, 1), days=14)
    found = proposed(place, call, first, days=14, team_id=made.id, is_closed=True)
    for line in found.lines:
        runs = "".join("x" if c else "." for c in line.cells)
        for gap in runs.strip(".").replace("x", " ").split():
            assert len(gap) >= 7
    assert any(line.rotates_on and line.rests_until == line.rotates_on + timedelta(days=7) for line in found.lines)


def test_a_roster_is_proposed_by_who_leads_the_call_alone(place: Place) -> None:
    call, first = posted(place, Turn(time(8), 240, 1))
    with pytest.raises(RightMissing):
        propose_roster(call, Wanted(first, first), by=place.actor("neighbour"), at=place.at)  # type: ignore[arg-type]


def test_a_day_is_local(place: Place) -> None:
    made, _ = squad(place, 2)
    call, first = posted(place, Turn(time(0, 30), 120, 1), days=1)
    found = proposed(place, call, first, days=1, team_id=made.id)
    [shift] = [s for line in found.lines for s in line.cells if s]
    assert shift.starts_at == datetime.combine(first, time(0, 30), LOCAL)


def test_three_roles_are_kept_and_the_one_that_nobody_fills_is_a_gap_of_its_own(place: Place) -> None:
    made, people = squad(place, 5, "clinician", "driving")
    roles = [{"skill": s, "heads": 1} for s in ("clinician", "driving", "swab")]
    call, first = posted(place, Turn(time(8), 240, 4), days=1, roles=roles)
    found = proposed(place, call, first, days=1, team_id=made.id)
    assert [(g.role, g.missing) for g in found.gaps] == [("swab", 1)]
    on = {line.account_id for line in found.lines if line.cells[0]}
    assert len(on) == 3 and {people[0].id, people[1].id} < on  # the fourth place is the sampler's


def test_a_role_that_somebody_of_another_squad_fills_is_not_asked_for_again(place: Place) -> None:
    made, _ = squad(place, 3)
    [nurse] = volunteers(place, 1)
    serving(place, nurse)
    skilled(place, nurse, "clinician")
    call, first = posted(place, Turn(time(8), 240, 2), days=1, roles=[{"skill": "clinician", "heads": 1}])
    shift = Shift.objects.get(call_id=call)
    claim_shift(claim_id=uuid4(), shift_id=shift.id, account_id=nurse.id, by=acting(nurse, place.at), at=place.at)
    found = proposed(place, call, first, days=1, team_id=made.id)
    assert not found.gaps and sum(1 for line in found.lines if line.cells[0]) == 1


def wishing(place: Place, who: object, **said: object) -> None:
    given = {"days_off": (), "no_nights": False, "hours": (), **said}
    state_wishes(by=acting(who, place.at), at=place.at, **given)  # type: ignore[arg-type]


def test_wishes_are_kept_where_somebody_else_can_and_told_where_nobody_can(place: Place) -> None:
    made, people = squad(place, 3)
    call, first = posted(place, Turn(time(22), 360, 1), Turn(time(9), 240, 1), days=3)
    wishing(place, people[0], no_nights=True)
    wishing(place, people[1], days_off=[first + timedelta(days=1)])
    found = proposed(place, call, first, days=3, team_id=made.id)
    lines = {line.account_id: line for line in found.lines}
    assert not found.gaps
    assert all(s.starts_at.astimezone(LOCAL).hour == 9 for s in lines[people[0].id].cells if s)
    assert lines[people[1].id].cells[1] is None
    assert all(not line.unmet for line in found.lines)


@pytest.mark.parametrize("wisher", [0, 1])
@pytest.mark.parametrize("said", ["day_off", "night", "hours"])
def test_whoever_wishes_it_the_other_serves(place: Place, wisher: int, said: str) -> None:
    made, people = squad(place, 2)
    call, first = posted(place, Turn(time(22), 360, 1), days=1)
    wish = {"day_off": {"days_off": [first]}, "night": {"no_nights": True}, "hours": {"hours": ["08:00", "12:00"]}}
    wishing(place, people[wisher], **wish[said])
    found = proposed(place, call, first, days=1, team_id=made.id)
    assert [x.account_id for x in found.lines if x.cells[0]] == [people[1 - wisher].id]


def test_no_wish_leaves_a_gap_and_what_is_not_kept_is_told_with_its_line(place: Place) -> None:
    made, people = squad(place, 1)
    call, first = posted(place, Turn(time(22), 360, 1), days=1)
    wishing(place, people[0], no_nights=True, days_off=[first], hours=["08:00", "12:00"])
    [line] = proposed(place, call, first, days=1, team_id=made.id).lines
    assert line.cells[0] and set(line.unmet) == {("day_off", first), ("night", first), ("hours", first)}


def test_a_shift_in_a_suit_counts_what_is_served_in_one_on_the_same_day(place: Place) -> None:
    [who] = volunteers(place, 1)
    serving(place, who, insured_until=date(2099, 1, 1))
    made = team(place)
    put_in_team(team_id=made.id, responder_ids=[who.id], role="", by=place.system, at=place.at)
    first = place.at.astimezone(LOCAL).date() + timedelta(days=1)
    morning = datetime.combine(first, time(0, 30), LOCAL)
    for task, is_free in (("sampling", False), ("registration", True)):
        other = called(place, 1, at=place.at, begins=morning - place.at, lasts=5 * HOUR, task=task, assembles=False)
        claim_shift(claim_id=uuid4(), shift_id=shift_of(other).id, account_id=who.id, by=acting(who, place.at),
                    at=place.at)  # fmt: skip
        post = called(place, 1, begins=morning + 14 * HOUR - place.at, lasts=8 * HOUR, task="sampling", at=place.at)
        found = proposed(place, post.id, first, days=1, team_id=made.id)
        assert bool(found.lines[0].cells[0]) is is_free
        release_claims(claim_ids=list(Claim.objects.values_list("id", flat=True)), by=place.system, at=place.at)


def stormy(place: Place, kind: str, first: date, colour: str = "yellow") -> object:
    begins = datetime.combine(first, time(0), LOCAL)
    says = WarningText(kind, colour, begins, begins + timedelta(days=1), (place.area["district"],))
    return warn(warning_id=uuid4(), says=says, by=place.system, at=place.at)


def test_a_storm_bars_a_shift_until_its_lead_says_what_is_done(place: Place) -> None:
    made, _ = squad(place, 2)
    call, first = posted(place, Turn(time(8), 240, 1), days=2)
    stormy(place, "thunderstorm", first)
    found = proposed(place, call, first, days=2, team_id=made.id)
    [(shift, barred)] = found.barred
    assert shift.starts_at.astimezone(LOCAL).date() == first and barred.why == "unanswered"
    assert [sum(1 for line in found.lines if line.cells[d]) for d in (0, 1)] == [0, 1]
    [item] = Item.objects.filter(kind="weather-check", unit_id=call)
    for choice, why in (("kit", []), ("pause", ["off"])):
        note_check(note_id=uuid4(), item_id=item.id, warning_id=item.root_id, incident_id=None, area_id=item.area_id,
                   move="answer", choice=choice, by=place.system, at=place.at)  # fmt: skip
        found = proposed(place, call, first, days=2, team_id=made.id)
        assert [b.why for _, b in found.barred] == why
        assert sum(1 for line in found.lines if line.cells[0]) == (choice == "kit")


def test_heat_bars_turns_that_are_too_long_and_the_hottest_hours(place: Place) -> None:
    made, _ = squad(place, 3)
    call, first = posted(place, Turn(time(8), 240, 1), Turn(time(9), 120, 1), Turn(time(13), 60, 1), days=1)
    stormy(place, "heat", first, "orange")
    found = proposed(place, call, first, days=1, team_id=made.id)
    assert [(s.starts_at.astimezone(LOCAL).hour, b.why, b.minutes) for s, b in found.barred] == [
        (8, "turn", 120), (13, "hours", 0)]  # fmt: skip
    assert [s.starts_at.astimezone(LOCAL).hour for line in found.lines for s in line.cells if s] == [9]
