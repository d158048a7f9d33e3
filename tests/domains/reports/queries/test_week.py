"""Figures of testing on a sheet: they sum, open to as many rows, and an earlier hour says what stood then."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.domains.reports.queries import Scope, lines_of, rows_of
from lianfang.domains.reports.rules import Line
from lianfang.domains.rounds.models import Round, Tally
from lianfang.domains.rounds.services import UnitNote, note_units
from lianfang.domains.sampling.rules import ResultRow
from lianfang.domains.sampling.services import Closing, Scan, close_tubes, take_scans
from lianfang.domains.tracing.models import Contact
from lianfang.flows.lab_results import take_lab_file
from tests.factories.place import Place
from tests.factories.rounds import Testing, planned, round_in
from tests.factories.tracing import outbreak_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def t(place: Place, t0: datetime) -> Testing:
    """After an hour three are sampled, after two one is away, after five the tube is negative."""
    made = round_in(place, at=t0)
    sampler, grid, desk = place.actor("sampler"), place.actor("grid"), made.desks[0]
    scans = [Scan(uuid4(), desk.id, "SG-0001", sampler, t0 + HOUR, n, person_id=place.people[n]) for n in range(3)]
    take_scans(scans=scans, by=sampler, at=t0 + HOUR)
    close_tubes(closings=[Closing(uuid4(), "SG-0001", 3, sampler, t0 + HOUR)], by=sampler, at=t0 + HOUR)
    note = UnitNote(uuid4(), made.round.id, place.people[5], "away", "left-city", grid, t0 + 2 * HOUR)
    note_units(notes=[note], by=grid, at=t0 + 2 * HOUR)
    take_lab_file(file_id=uuid4(), file_name="r", digest="d", rows=[ResultRow(2, "SG-0001", "negative")],
                  by=place.actor("laboratory"), at=t0 + 5 * HOUR)  # fmt: skip
    return made


def lines(t: Testing, hours: float, area: str = "district") -> dict[str, Line]:
    """The sheet's lines of testing at an hour."""
    scope = Scope(t.place.area[area], t.place.at + hours * HOUR, t.incident)
    found = lines_of(scope, by=t.place.actor("command"))
    return {x.name: x for x in found if x.group == "testing"}


def test_each_hour_says_what_stood_then(t: Testing) -> None:
    seen = [(h, {n: x.value for n, x in lines(t, h).items()}) for h in (0.5, 1.5, 3, 6)]
    assert [v["testing.left"] for _, v in seen] == [72, 69, 68, 68]
    assert [v["testing.sampled"] for _, v in seen] == [0, 3, 3, 3]
    assert [v.get("testing.tubes.negative") for _, v in seen] == [None, 0, 0, 1]
    assert all(v["testing.expected"] == v["testing.ended"] + v["testing.left"] == 72 for _, v in seen)


def test_parts_sum_to_the_whole_and_the_proposal_stands_beside_what_was_adopted(t: Testing) -> None:
    found = lines(t, 6)
    for name in ("expected", "ended", "sampled", "left", "stations", "desks", "staff"):
        line = found[f"testing.{name}"]
        assert sum(line.parts.values()) == line.value, name
    assert found["testing.expected"].check == "ok"
    assert (found["testing.desks"].value, found["testing.desks.proposed"].value) == (3, 2)
    assert "testing.desks.proposed" not in lines(t, 6, "street")  # a part of the round has no plan of its own


def test_each_figure_opens_to_as_many_rows_as_it_says(t: Testing) -> None:
    for hours in (0.5, 3, 6):
        scope = Scope(t.place.area["district"], t.place.at + hours * HOUR, t.incident)
        for name, line in lines(t, hours).items():
            if line.source == "rounds" and name != "testing.staff":
                assert rows_of(line, scope, by=t.place.actor("command")).count() == line.value, (hours, name)
        staff = lines(t, hours)["testing.staff"]
        assert sum(d.people for d in rows_of(staff, scope, by=t.place.actor("command"))) == staff.value == 6


def test_all_lines_of_the_week_are_one_statement(t: Testing) -> None:
    from lianfang.domains.reports.queries.week import week_lines

    with CaptureQueriesContext(connection) as met:
        assert week_lines(t.place.area["district"], t.incident, t.place.at + HOUR, {})
    assert len([q for q in met if "rounds_tally" in q["sql"]]) == 1 and len(met) <= 2


def test_a_sheet_shows_the_newest_round_that_meets_its_area(t: Testing) -> None:
    """A younger round in another street takes nothing from this one's sheet; the district's shows the younger."""
    place, at = t.place, t.place.at + 3 * HOUR
    other = planned(place, t.incident, at=at, areas=("street2",))
    Round.objects.filter(id=other.id).update(state="open", opened_at=at, expected=20)
    Tally.objects.create(round=other, area_id=place.area["committee3"], ending="", n=20)
    expected = {a: lines(t, 4, a)["testing.expected"].value for a in ("street", "street2", "district", "committee")}
    assert expected == {"street": 48, "street2": 20, "district": 20, "committee": 24}
    assert lines(t, 4, "street")["testing.sampled"].value == 3
    scope = Scope(place.area["street"], place.at + 4 * HOUR, t.incident)
    assert rows_of(lines(t, 4, "street")["testing.sampled"], scope, by=place.actor("command")).count() == 3


def test_a_contact_of_two_cases_is_one_person_on_the_sheet(place: Place, t0: datetime) -> None:
    o = outbreak_in(place)
    for case in (0, 1):
        trace = o.trace(person=case)
        Contact.objects.create(id=uuid4(), trace=trace, person_id=place.people[4], area_id=place.area["committee"],
                               degree=1, state="confirmed", proposed_at=t0, listed_at=t0 - HOUR / 2)  # fmt: skip
    scope = Scope(place.area["district"], o.at + HOUR, o.incident)
    line = next(x for x in lines_of(scope, by=place.actor("command")) if x.name == "tracing.1")
    assert line.value == rows_of(line, scope, by=place.actor("command")).count()
    people = Contact.objects.filter(degree=1).exclude(listed_at=None).values("person_id").distinct().count()
    assert line.value == people < Contact.objects.filter(degree=1).exclude(listed_at=None).count()


def test_the_list_as_it_was_laid_is_checked_against_the_counts_kept_since(t: Testing) -> None:
    assert lines(t, 6)["testing.expected"].check == "ok"
    Round.objects.filter(id=t.round.id).update(expected=t.round.expected + 1)
    assert lines(t, 6)["testing.expected"].check == "differs"
    assert lines(t, 6, "street")["testing.expected"].check == ""  # of a part nothing was told when the list was laid
