"""Results: a round with all of them has its own; a positive pool recalls its people, and only a single result marks."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import live_holds
from lianfang.domains.incidents.models import Signal
from lianfang.domains.messages.models import Message
from lianfang.domains.rounds.models import Desk, Round, Unit
from lianfang.domains.rounds.queries import coverage_of, tally_problems
from lianfang.domains.rounds.services import UnitNote, add_home_desk, note_units
from lianfang.domains.sampling.models import LabFile, Tube
from lianfang.domains.sampling.rules import ResultRow
from lianfang.domains.sampling.services import Closing, Scan, close_tubes, take_scans
from lianfang.domains.tracing.models import Trace
from lianfang.flows.all_clear import free_due
from lianfang.flows.close_sampling import close_sampling
from lianfang.flows.lab_results import take_lab_file
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def t(place: Place, t0: datetime) -> Testing:
    """A round with its desks open."""
    return round_in(place, at=t0)


def tube(t: Testing, code: str, people: list[UUID], desk: Desk, *, post: str, hours: float = 1) -> None:
    """People in a tube, closed."""
    by, at = t.place.actor(post), t.place.at + timedelta(hours=hours)
    scans = [Scan(uuid4(), desk.id, code, by, at, n, person_id=p) for n, p in enumerate(people)]
    assert {o.code for o in take_scans(scans=scans, by=by, at=at)} == {""}
    assert [o.code for o in close_tubes(closings=[Closing(uuid4(), code, len(people), by, at)], by=by, at=at)] == [""]


def told(t: Testing, hours: float = 5, **results: str) -> LabFile:
    """A laboratory's file with the result of each tube."""
    rows = [ResultRow(n, code.replace("_", "-"), r) for n, (code, r) in enumerate(results.items(), 2)]
    return take_lab_file(file_id=uuid4(), file_name="r.csv", digest="d", rows=rows, by=t.place.actor("laboratory"),
                         at=t.place.at + timedelta(hours=hours))  # fmt: skip


def the_rest(t: Testing) -> None:
    """Everybody else is away, and sampling closes."""
    at = t.place.at + timedelta(hours=2)
    for post in ("street", "street2"):
        by = t.place.actor(post)
        left = Unit.objects.filter(round=t.round, ending="").values_list("unit_id", flat=True)
        note_units(notes=[UnitNote(uuid4(), t.round.id, p, "away", "left-city", by, at) for p in left], by=by, at=at)
    close_sampling(round_id=t.round.id, by=t.place.actor("command"), at=at)


def again_of(t: Testing) -> Round:
    """The round in which people of positive tubes are met again."""
    return Round.objects.get(follows=t.round, state="open")


def state(t: Testing) -> str:
    """Where the round stands."""
    return Round.objects.values_list("state", flat=True).get(id=t.round.id)


def test_the_round_comes_to_its_results_with_the_last_tube(t: Testing) -> None:
    tube(t, "SG-0001", t.place.people[:3], t.desks[0], post="sampler")
    tube(t, "SG-0002", t.place.people[3:6], t.desks[0], post="sampler")
    the_rest(t)
    told(t, SG_0001="negative")
    assert state(t) == "sampling-closed"
    told(t, SG_0002="negative")
    assert state(t) == "results-in"
    assert not Hold.objects.exists() and not Trace.objects.exists()


def test_a_round_whose_results_all_came_before_it_closed_has_them_with_its_closing(t: Testing) -> None:
    tube(t, "SG-0001", t.place.people[:3], t.desks[0], post="sampler")
    told(t, SG_0001="negative")
    assert state(t) == "open"
    the_rest(t)
    assert state(t) == "results-in"


@pytest.fixture
def positive(t: Testing) -> list[UUID]:
    """The people of a tube that came back positive."""
    members = t.place.people[:4]
    tube(t, "SG-0001", members, t.desks[0], post="sampler")
    tube(t, "SG-0002", t.place.people[6:8], t.desks[0], post="sampler")
    told(t, SG_0001="positive", SG_0002="negative")
    return members


def test_a_positive_pool_recalls_its_people_holds_them_a_day_and_opens_their_traces(
    t: Testing, positive: list[UUID]
) -> None:
    again = again_of(t)
    assert (again.kind, again.state, again.expected, again.follows_id) == ("recall", "open", 4, t.round.id)
    units = Unit.objects.filter(round=again)
    assert set(units.values_list("unit_id", flat=True)) == set(positive) and all(u.is_home for u in units)
    at = t.place.at + timedelta(hours=5)
    holds = list(live_holds(at))
    assert {h.person_id for h in holds} == set(positive)
    assert all(h.until_at == at + timedelta(hours=24) and h.paper_number == "SG-0001" and h.appeal for h in holds)
    assert set(Trace.objects.values_list("person_id", flat=True)) == set(positive)
    # A pool names nobody: the duty officer hears of one tube, not of a case.
    assert Signal.objects.exclude(case_class="confirmed").get().case_class == "single-tube"
    # A child's word goes to the grown people behind its door; nobody else hears of it.
    heard = set(Message.objects.filter(template="tube-recall").values_list("recipient_id", flat=True))
    assert heard and heard <= set(t.place.people[:6])


def test_the_same_file_again_recalls_nobody_twice(t: Testing, positive: list[UUID]) -> None:
    before = (Hold.objects.count(), Trace.objects.count(), Message.objects.count())
    told(t, SG_0001="positive")
    assert (Hold.objects.count(), Trace.objects.count(), Message.objects.count()) == before
    assert coverage_of(again_of(t)).all == 4


def singly(t: Testing, person: UUID, code: str) -> None:
    """Sampled alone at the door."""
    again, p = again_of(t), t.place
    desk = Desk.objects.filter(round=again).first() or add_home_desk(
        desk_id=uuid4(), round_id=again.id, area_id=p.area["committee"], account_id=p.accounts["grid"].id, people=2,
        by=p.actor("lead"), at=p.at + timedelta(hours=6))  # fmt: skip
    tube(t, code, [person], desk, post="grid", hours=7)


def test_a_single_negative_frees_at_once_and_a_single_positive_is_a_case(t: Testing, positive: list[UUID]) -> None:
    singly(t, positive[0], "R-0001")
    singly(t, positive[1], "R-0002")
    told(t, 12, R_0001="negative", R_0002="positive")
    held = {h.person_id for h in live_holds(t.place.at + timedelta(hours=12))}
    assert held == set(positive[1:])
    assert Hold.objects.get(person_id=positive[0]).ended_why == "sampling.single_negative"
    assert Message.objects.filter(template="tube-freed", recipient_id=positive[0]).count() == 1
    assert not Message.objects.filter(template="tube-freed").exclude(recipient_id=positive[0]).exists()
    assert Signal.objects.filter(kind="case", case_class="asymptomatic").count() == 1
    # A day later the two who were not met again are free and are told so; the positive one waits for a decision.
    over = t.place.at + timedelta(hours=30)
    free_due(by=t.place.system, at=over)
    free_due(by=t.place.system, at=over)
    assert [h.person_id for h in live_holds(over)] == [positive[1]]
    assert Hold.objects.get(person_id=positive[1]).review_at == t.place.at + timedelta(hours=29)
    told_of = set(Message.objects.filter(template="contact-freed").values_list("about_id", flat=True))
    assert told_of == set(Hold.objects.filter(person_id__in=positive[2:]).values_list("id", flat=True))
    again = again_of(t)
    assert coverage_of(again).left == 2 and tally_problems(again) == 0


def test_a_second_person_in_a_single_tube_is_refused(t: Testing, positive: list[UUID]) -> None:
    singly(t, positive[0], "R-0001")
    desk = Desk.objects.get(round=again_of(t))
    by, at = t.place.actor("grid"), t.place.at + timedelta(hours=7, seconds=-1)
    scan = Scan(uuid4(), desk.id, "R-0001", by, at, 9, person_id=positive[1])
    assert [o.code for o in take_scans(scans=[scan], by=by, at=at)] == ["sampling.tube_full"]
    assert Tube.objects.get(code="R-0001").n == 1


def test_a_tube_without_anybody_recalls_nobody(t: Testing) -> None:
    told(t, SG_0404="positive")
    assert LabFile.objects.get().counts["refused"] == 1 and not Hold.objects.exists()


def test_people_of_a_later_positive_tube_are_met_in_a_recall_that_is_open(t: Testing, positive: list[UUID]) -> None:
    first, later = again_of(t), t.place.people[12:14]
    Round.objects.filter(id=first.id).update(state="closed")
    tube(t, "SG-0003", later, t.desks[0], post="sampler", hours=8)
    told(t, 12, SG_0003="positive")
    again = again_of(t)
    assert again.id != first.id and again.number == first.number + 1
    assert set(Unit.objects.filter(round=again).values_list("unit_id", flat=True)) == set(later)
    tube(t, "SG-0004", t.place.people[15:16], t.desks[0], post="sampler", hours=13)
    told(t, 20, SG_0004="positive")
    again.refresh_from_db()
    assert (again.expected, again.ends_at) == (3, t.place.at + timedelta(hours=44)) and tally_problems(again) == 0


def test_a_tube_without_a_result_puts_its_people_back_on_the_list_and_holds_nobody(t: Testing) -> None:
    members = t.place.people[:3]
    tube(t, "SG-0001", members, t.desks[0], post="sampler")
    told(t, SG_0001="invalid")
    assert set(
        Unit.objects.filter(round=t.round, ending="", unit_id__in=members).values_list("unit_id", flat=True)
    ) == set(members)
    assert tally_problems(t.round) == 0 and not Hold.objects.exists()
    assert Message.objects.filter(template="tube-again").exists()
    tube(t, "SG-0002", members, t.desks[0], post="sampler", hours=6)
    the_rest(t)
    assert state(t) == "sampling-closed"
    told(t, 8, SG_0002="invalid")
    assert set(Unit.objects.filter(round=again_of(t)).values_list("unit_id", flat=True)) == set(members)
    assert state(t) == "results-in" and not Hold.objects.exists()


def test_rows_that_contradict_each_other_are_both_refused(t: Testing) -> None:
    tube(t, "SG-0001", t.place.people[:3], t.desks[0], post="sampler")
    rows = [ResultRow(2, "SG-0001", "negative"), ResultRow(3, "SG-0001", "positive")]
    file = take_lab_file(file_id=uuid4(), file_name="r.csv", digest="d", rows=rows, by=t.place.actor("laboratory"),
                         at=t.place.at + timedelta(hours=5))  # fmt: skip
    assert file.counts["refused"] == 2 and {r["code"] for r in file.refused} == {"sampling.result_differs"}
    assert Tube.objects.get().result == ""


def test_closing_twice_is_harmless_where_the_results_were_in(t: Testing) -> None:
    tube(t, "SG-0001", t.place.people[:3], t.desks[0], post="sampler")
    told(t, SG_0001="negative")
    the_rest(t)
    again = close_sampling(round_id=t.round.id, by=t.place.actor("command"), at=t.place.at + timedelta(hours=6))
    assert again.state == "results-in"
