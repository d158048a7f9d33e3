"""Opening traces, bringing visits in, keeping proposals: each with its refusals on one set-up."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.grid.errors import PersonMissing
from lianfang.domains.tracing.errors import TraceMissing, TraceOpen, WindowMissing
from lianfang.domains.tracing.models import Contact, Trace, Visit, VisitBatch
from lianfang.domains.tracing.queries import contacts_of, list_minutes, trace_seen, traces_seen
from lianfang.domains.tracing.services import (
    Decision,
    NewVisit,
    Proposal,
    Step,
    advance_contacts,
    close_trace,
    decide_contacts,
    import_visits,
    open_trace,
    record_proposal,
)
from tests.factories.tracing import STALL, TEA, Outbreak, tea_house

pytestmark = pytest.mark.database
H = timedelta(hours=1)


def opened(o: Outbreak, **more: object) -> Trace:
    given = {"trace_id": uuid4(), "incident_id": o.incident.id, "person_id": o.place.people[0],
             "area_id": o.place.area["district"], "onset_at": o.at - 24 * H, "sampled_at": None,
             "by": o.place.actor("tracer"), "at": o.at}  # fmt: skip
    return open_trace(**{**given, **more})  # type: ignore[arg-type]  # a test's own mixture


def test_a_trace_looks_back_from_onset_or_from_the_sample(outbreak: Outbreak) -> None:
    o = outbreak
    onset = opened(o)
    assert onset.window_from_at == o.at - 72 * H and onset.window_to_at == o.at
    sampled = opened(o, person_id=o.place.people[1], onset_at=None, sampled_at=o.at - 2 * H)
    assert sampled.window_from_at == o.at - 50 * H


def test_a_trace_is_opened_once_and_refused_without_onset_person_or_right(outbreak: Outbreak) -> None:
    o, trace_id = outbreak, uuid4()
    with pytest.raises(WindowMissing):
        opened(o, onset_at=None)
    with pytest.raises(PersonMissing):
        opened(o, person_id=uuid4())
    for post in ("neighbour", "lead", "volunteer"):
        with pytest.raises(RightMissing):
            opened(o, by=o.place.actor(post))
    first, entries = opened(o, trace_id=trace_id), LogEntry.objects.count()
    assert opened(o, trace_id=trace_id) == first and LogEntry.objects.count() == entries
    with pytest.raises(TraceOpen):
        opened(o)
    assert Trace.objects.count() == 1


def test_bad_visits_are_refused_each_by_its_own_code_and_the_good_ones_kept(outbreak: Outbreak) -> None:
    o = outbreak
    good = o.was(0, TEA, 3, 2)
    visits = [
        good,
        o.was(0, TEA, 2, 3),
        o.was(1, TEA, 1, -1),
        NewVisit(uuid4(), uuid4(), TEA, o.at - 2 * H, o.at - H),
        NewVisit(uuid4(), o.place.people[1], uuid4(), o.at - 2 * H, o.at - H),
        NewVisit(uuid4(), good.person_id, good.venue_id, good.from_at, good.to_at),
        o.was(1, TEA, 2, 0),
    ]
    codes = [x.code for x in o.bring(visits)]
    assert codes == ["", "tracing.visit_backwards", "tracing.visit_to_come", "tracing.visitor_unknown",
                     "tracing.venue_unknown", "repeated", ""]  # fmt: skip
    assert Visit.objects.count() == 2
    assert VisitBatch.objects.get().counts["kept"] == 2
    assert sum(VisitBatch.objects.get().counts.values()) == len(visits)


def test_a_delivery_sent_again_changes_nothing(outbreak: Outbreak) -> None:
    o, batch = outbreak, uuid4()
    visits = tea_house(o)
    o.bring(visits, batch=batch)
    entries = LogEntry.objects.count()
    assert {x.code for x in o.bring(visits, batch=batch)} == {"repeated"}
    assert LogEntry.objects.count() == entries and Visit.objects.count() == len(visits)
    assert {x.code for x in o.bring(visits)} == {"repeated"}  # by another way
    assert Visit.objects.count() == len(visits)


def test_the_neighbour_brings_no_visits_here(outbreak: Outbreak) -> None:
    o = outbreak
    for post in ("neighbour", "command", "grid"):
        with pytest.raises(RightMissing):
            o.bring([o.was(0, TEA, 2, 1)], post=post)
    assert not Visit.objects.exists()


def test_two_thousand_visits_take_as_many_statements_as_two(outbreak: Outbreak) -> None:
    o = outbreak
    counts = []
    for n in (2, 2000):
        visits = [o.was(k % 40, (TEA, STALL)[k % 2], 60 - k / 100, 59.99 - k / 100) for k in range(n)]
        with CaptureQueriesContext(connection) as seen:
            o.bring(visits)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_proposal_is_kept_and_computed_again_leaves_what_a_person_decided(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    three, six = (o.contact(trace, n) for n in (3, 6))
    assert {c.state for c in contacts_of(trace)} == {"proposed"} and trace.first_listed_at == o.at
    decide_contacts(trace_id=trace.id, decisions=[Decision(three.id, "reject", "只在门口取餐")],
                    by=o.place.actor("tracer"), at=o.at)  # fmt: skip
    changed = [Proposal(o.place.people[n], 1, None, {"minutes": 99}) for n in (0, 3, 6)]
    record_proposal(trace_id=trace.id, proposals=changed, crowds=[], by=o.place.actor("tracer"), at=o.at + H)
    three.refresh_from_db()
    six.refresh_from_db()
    assert (three.state, three.evidence["minutes"]) == ("rejected", 60)
    assert (six.state, six.evidence["minutes"]) == ("proposed", 99)
    people = set(trace.contacts.values_list("person_id", flat=True))
    assert people == {o.place.people[3], o.place.people[6]}  # undecided ones that no longer hold are gone, the case too


def decided(o: Outbreak, trace: Trace, *decisions: Decision, post: str = "tracer") -> list[str]:
    found = decide_contacts(trace_id=trace.id, decisions=decisions, by=o.place.actor(post, o.at), at=o.at + H)
    return [x.code for x in found]


def test_nobody_is_confirmed_before_it_is_said_who_looks_after_those_who_stay(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring([o.was(0, TEA, 30, 28), o.was(4, TEA, 30, 28), o.was(3, TEA, 30, 28), o.was(5, TEA, 30, 28)])
    trace = o.trace()
    three, four, five = (o.contact(trace, n) for n in (3, 4, 5))  # an elder, an adult and a child behind one door
    assert decided(o, trace, Decision(four.id, "confirm")) == [""]  # the elder stays with the child
    assert decided(o, trace, Decision(three.id, "confirm")) == ["tracing.dependants_unasked"]
    three.refresh_from_db()
    assert three.state == "proposed"
    assert decided(o, trace, Decision(three.id, "confirm", answer="nonsense")) == ["tracing.dependants_unasked"]
    both = [Decision(three.id, "confirm", answer="goes-along"), Decision(five.id, "confirm")]
    assert decided(o, trace, *both) == ["", ""]
    three.refresh_from_db()
    assert three.state == "listed" and three.listed_at == o.at + H


def test_the_answer_is_kept_with_the_evidence(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring([o.was(0, TEA, 30, 28), o.was(3, TEA, 30, 28), o.was(4, TEA, 30, 28)])
    trace = o.trace()
    pair = [Decision(o.contact(trace, n).id, "confirm", answer="somebody-comes") for n in (3, 4)]
    assert decided(o, trace, *pair) == ["", ""]
    assert o.contact(trace, 4).evidence["dependants"] == {"answer": "somebody-comes", "count": 1}
    assert o.contact(trace, 4).evidence["minutes"] == 120


def test_decisions_are_refused_one_by_one_and_a_repeat_is_none(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    three, six = (o.contact(trace, n) for n in (3, 6))
    codes = decided(o, trace, Decision(uuid4(), "confirm"), Decision(three.id, "reject"), Decision(six.id, "confirm"),
                    Decision(three.id, "maybe"))  # fmt: skip
    assert codes == ["tracing.contact_missing", "tracing.reason_missing", "", "tracing.decided_otherwise"]
    assert decided(o, trace, Decision(six.id, "confirm")) == ["repeated"]
    assert decided(o, trace, Decision(six.id, "reject", "r")) == ["tracing.decided_otherwise"]
    assert decided(o, trace, Decision(three.id, "reject", "r"), Decision(three.id, "reject", "r")) == ["", "repeated"]
    assert decided(o, trace, Decision(three.id, "confirm", degree=2)) == [""]
    assert o.contact(trace, 3).degree == 2
    for post in ("neighbour", "grid", "officer"):
        assert decided(o, trace, Decision(o.contact(trace, 9).id, "confirm"), post=post) == [
            "tracing.contact_elsewhere"
        ]
    with pytest.raises(TraceMissing):
        decide_contacts(trace_id=uuid4(), decisions=[], by=o.place.actor("tracer"), at=o.at)


def test_a_list_is_complete_when_nobody_on_it_is_undecided_and_its_minutes_count_from_the_report(
    outbreak: Outbreak,
) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    assert list_minutes(trace) == {1: None, 2: None}
    close = [Decision(c.id, "confirm", answer="not-alone") for c in contacts_of(trace) if c.degree == 1]
    assert set(decided(o, trace, *close)) == {""}
    assert list_minutes(trace) == {1: 60, 2: None}
    trace.refresh_from_db()
    assert trace.completed_at is None
    rest = [Decision(c.id, "reject", "r") for c in contacts_of(trace, states=["proposed"])]
    decided(o, trace, *rest)
    trace.refresh_from_db()
    assert list_minutes(trace) == {1: 60, 2: 60} and trace.completed_at == o.at + H


def test_a_confirmed_contact_goes_forward_step_by_step(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    six, nine = o.contact(trace, 6), o.contact(trace, 9)

    def go(to: str, contact: Contact = six, hours: int = 2, post: str = "tracer") -> str:
        steps = [Step(contact.id, to, o.at + hours * H)]
        return advance_contacts(trace_id=trace.id, steps=steps, by=o.place.actor(post), at=o.at + hours * H)[0].code

    assert go("located") == "tracing.decided_otherwise"  # nobody has confirmed it
    decided(o, trace, Decision(six.id, "confirm"))
    assert go("located") == "" and go("located") == "repeated"
    assert go("isolated", hours=4) == "" and go("notified") == "tracing.decided_otherwise"
    assert go("released") == "tracing.decided_otherwise" and go("located", nine) == "tracing.decided_otherwise"
    with pytest.raises(RightMissing):
        go("isolated", post="neighbour")
    six = o.contact(trace, 6)
    assert (six.located_at, six.notified_at, six.isolated_at) == (o.at + 2 * H, None, o.at + 4 * H)


def test_traces_are_seen_in_the_area_and_nowhere_else(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    for post, seen in (("tracer", 1), ("command", 1), ("neighbour", 0), ("grid", 0)):
        assert traces_seen(o.place.actor(post)).count() == seen, post
    (shown,) = traces_seen(o.place.actor("tracer"))
    assert (shown.n_proposed, shown.n_close, shown.n_second) == (10, 0, 0)
    with pytest.raises(TraceMissing):
        trace_seen(trace.id, by=o.place.actor("neighbour"))
    close_trace(trace_id=trace.id, by=o.place.actor("tracer"), at=o.at)
    assert trace_seen(trace.id, by=o.place.actor("tracer")).state == "closed"
    assert opened(o).id != trace.id  # found ill again: a trace of its own


def test_visits_need_an_incident_and_area_of_the_actor(outbreak: Outbreak) -> None:
    o = outbreak
    with pytest.raises(RightMissing):
        import_visits(batch_id=uuid4(), incident_id=o.incident.id, area_id=o.place.area["neighbour"], source="scan",
                      digest="", visits=[], by=o.place.actor("tracer"), at=o.at)  # fmt: skip
