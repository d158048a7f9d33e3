"""Rosters from rows: cover, rest, fair shares, skills, days off; what is held stays; gaps are named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count, pairwise
from uuid import uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.calls.models import Shift
from lianfang.domains.calls.planning import Wanted, propose_roster
from lianfang.domains.calls.queries import LOCAL
from lianfang.domains.calls.rules import Turn, around_the_clock
from lianfang.domains.calls.services import (
    NewPost,
    claim_shift,
    open_posts,
)
from lianfang.domains.responders.services import put_in_team
from tests.factories.call import HOUR, acting, volunteers
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


def posted(place: Place, *turns: Turn, days: int = 7) -> tuple[object, date]:
    """A post from tomorrow on for so many days."""
    first = place.at.astimezone(LOCAL).date() + timedelta(days=1)
    post = NewPost(uuid4(), "东门卡口")
    open_posts(posts=[post], area_id=place.area["committee"], task="registration", turns=turns, from_on=first,
               until_on=first + timedelta(days=days - 1), by=place.system, at=place.at)  # fmt: skip
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
    call, first = posted(place, Turn(time(8), 240, 2))
    found = proposed(place, call, first, days=4, team_id=made.id, skill="clinician")
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
