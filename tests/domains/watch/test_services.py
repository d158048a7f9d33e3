"""Opening watch cases, noting checks in sets, what is missing, and ending: with the neighbour's attempts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base.actor import Actor
from lianfang.base.models import LogEntry
from lianfang.domains.watch.errors import CaseMissing
from lianfang.domains.watch.models import Check, WatchCase
from lianfang.domains.watch.queries import case_seen, cases_seen, checks_of, watch_counts, watch_list
from lianfang.domains.watch.rules import LOCAL, until_of
from lianfang.domains.watch.services import CheckNote, NewCase, end_cases, note_checks, open_watch_cases
from tests.factories.tracing import Outbreak

pytestmark = pytest.mark.database
H = timedelta(hours=1)


def new_case(o: Outbreak, person: int, *, where: str = "committee", source: UUID | None = None) -> NewCase:
    day0 = o.at.astimezone(LOCAL).date()
    return NewCase(uuid4(), o.place.people[person], o.place.area[where], "contact-close", day0, 14, 2,
                   until_of(day0, 14), source)  # fmt: skip


def watched(o: Outbreak, *people: int) -> list[WatchCase]:
    """Cases of the n-th persons, opened at 09:00."""
    cases = [new_case(o, n) for n in people]
    done = open_watch_cases(incident_id=o.incident.id, edition="cn-covid-8", cases=cases, by=o.place.actor("tracer"),
                            at=o.at)  # fmt: skip
    assert {x.code for x in done} == {""}
    return [WatchCase.objects.get(id=c.id) for c in cases]


def noted(
    o: Outbreak, case: WatchCase, hours: float, celsius: float | None = 36.6, *, by: Actor | None = None,
    sent_hours: float | None = None, note_id: UUID | None = None,
) -> str:  # fmt: skip
    """One check so many hours after opening, sent then or later; gives its outcome."""
    by = by or o.place.actor("grid")
    note = CheckNote(note_id or uuid4(), case.id, by, o.at + hours * H, celsius)
    sent = o.at + (hours if sent_hours is None else sent_hours) * H
    return note_checks(notes=[note], by=by, at=sent)[0].code


def test_cases_open_where_the_actor_leads_and_nowhere_else(outbreak: Outbreak) -> None:
    o = outbreak
    mine, theirs = new_case(o, 3), new_case(o, 5, where="neighbour_committee")
    given = {"incident_id": o.incident.id, "edition": "cn-covid-8", "cases": [mine, theirs, mine], "at": o.at}
    codes = [x.code for x in open_watch_cases(**given, by=o.place.actor("tracer"))]
    assert codes == ["", "accounts.right_missing", "repeated"]
    for post in ("grid", "neighbour", "volunteer"):
        more = open_watch_cases(**{**given, "cases": [new_case(o, 4)]}, by=o.place.actor(post))
        assert [x.code for x in more] == ["accounts.right_missing"]
    assert WatchCase.objects.count() == 1


def test_a_missing_check_is_counted_by_slot_and_is_never_a_zero(outbreak: Outbreak) -> None:
    o = outbreak  # 09:00; the first whole slot begins at noon
    (case,) = watched(o, 3)

    def stands(hours: float) -> tuple[int, int, int, bool]:
        c = case_seen(case.id, by=o.place.actor("grid"), at=o.at + hours * H)
        return int(c.n_due), int(c.n_done), int(c.missing), c.is_done_now  # type: ignore[attr-defined]  # annotated

    assert stands(0) == (0, 0, 0, False)
    assert stands(14.99) == (0, 0, 0, False)  # 23:59: the afternoon is not over
    assert stands(15) == (1, 0, 1, False)
    assert noted(o, case, 16) == "" and stands(16) == (1, 0, 1, True)  # this morning's makes up for no yesterday
    assert noted(o, case, 5, sent_hours=17) == "" and stands(17) == (1, 1, 0, True)  # sent late, made in time
    assert noted(o, case, 5.5) == "" and stands(17) == (1, 1, 0, True)  # two in a slot count once
    assert stands(24 * 40)[0] == 29  # after the end no more slots fall due: 14 days and the first afternoon


def test_who_misses_checks_comes_first_and_counts_say_how_many(outbreak: Outbreak) -> None:
    o = outbreak
    a, b, c = watched(o, 3, 6, 9)
    noted(o, a, 4)
    noted(o, b, 4)
    noted(o, b, 16)
    noted(o, c, 4, 38.2)
    at, by = o.at + 20 * H, o.place.actor("grid")
    district = o.place.area["district"]
    assert [x.id for x in watch_list(district, by=by, at=at)] == [c.id, a.id, b.id]
    at = o.at + 30 * H  # the next afternoon
    assert [x.id for x in watch_list(district, by=by, at=at)] == [c.id, a.id, b.id]
    assert {x.id for x in watch_list(district, by=by, at=at, missing_only=True)} == {c.id, a.id}
    assert watch_counts(district, by=by, at=at) == {"watched": 3, "missing": 2, "due_now": 3, "fever": 1, "over": 0}
    assert watch_counts(district, by=o.place.actor("neighbour"), at=at)["watched"] == 0


def test_a_check_of_one_case_counts_for_the_other_of_the_same_person(outbreak: Outbreak) -> None:
    o = outbreak
    first, second = watched(o, 3, 3)
    noted(o, first, 4)
    for case in (first, second):
        assert int(case_seen(case.id, by=o.place.actor("grid"), at=o.at + 16 * H).missing) == 0  # type: ignore[attr-defined]  # annotated


def test_a_fever_at_the_editions_value_is_flagged(outbreak: Outbreak) -> None:
    o = outbreak
    (case,) = watched(o, 3)
    for hours, celsius in ((4, 37.2), (16, 37.3), (28, None)):
        assert noted(o, case, hours, celsius) == ""
    assert list(Check.objects.order_by("at").values_list("is_fever", flat=True)) == [False, True, False]


def test_notes_are_refused_one_by_one_and_the_rest_is_kept(outbreak: Outbreak) -> None:
    o = outbreak
    (case,) = watched(o, 3)
    same = uuid4()
    assert noted(o, case, 4, note_id=same) == "" and noted(o, case, 4, note_id=same) == "repeated"
    (other,) = watched(o, 6)
    assert noted(o, other, 4, note_id=same) == "watch.check_differs"
    assert noted(o, case, 4, 367) == "watch.check_unfit"
    assert noted(o, case, 9, sent_hours=8) == "watch.check_unfit"  # made in the future
    assert noted(o, case, -1) == "watch.check_unfit"
    for post in ("neighbour_grid", "grid2", "volunteer", "command"):
        assert noted(o, case, 4, by=o.place.actor(post)) == "accounts.right_missing", post
    own = Actor(uuid4(), person_id=case.person_id)
    assert noted(o, case, 5, by=own) == "" and noted(o, other, 5, by=own) == "accounts.right_missing"
    gone = CheckNote(uuid4(), uuid4(), own, o.at + H)
    assert note_checks(notes=[gone], by=own, at=o.at + H)[0].code == "watch.case_missing"
    assert Check.objects.count() == 2


def test_what_was_measured_is_sealed_and_opens_for_who_checks_there(outbreak: Outbreak) -> None:
    o = outbreak
    (case,) = watched(o, 3)
    noted(o, case, 4, 36.4)
    row = Check.objects.get()
    assert row.sealed and b"36.4" not in bytes(row.sealed)
    found = case_seen(case.id, by=o.place.actor("grid"), at=o.at + 5 * H)
    assert checks_of(found, by=o.place.actor("grid"))[0]["celsius"] == 36.4
    assert "celsius" not in checks_of(found, by=o.place.actor("command"))[0]


def test_a_case_is_seen_in_its_area_by_its_person_and_by_nobody_else(outbreak: Outbreak) -> None:
    o = outbreak
    (case,) = watched(o, 3)
    assert case_seen(case.id, by=Actor(uuid4(), person_id=case.person_id), at=o.at).id == case.id
    for post in ("neighbour", "grid2", "volunteer"):
        assert not cases_seen(o.place.actor(post)).exists()
        with pytest.raises(CaseMissing):
            case_seen(case.id, by=o.place.actor(post), at=o.at)


def test_a_case_ends_once_and_a_check_made_before_is_still_kept(outbreak: Outbreak) -> None:
    o = outbreak
    (case,) = watched(o, 3)
    ends = {"state": "released", "why": "r", "at": o.at + 20 * H}
    assert [x.code for x in end_cases(case_ids=[case.id], by=o.place.actor("neighbour"), **ends)] == [
        "accounts.right_missing"
    ]
    done = end_cases(case_ids=[case.id, uuid4()], by=o.place.actor("tracer"), **ends)
    assert [x.code for x in done] == ["", "watch.case_missing"]
    entries = LogEntry.objects.count()
    assert end_cases(case_ids=[case.id], by=o.place.actor("tracer"), **ends)[0].code == "repeated"
    assert LogEntry.objects.count() == entries
    assert noted(o, case, 21) == "watch.case_ended" and noted(o, case, 19, sent_hours=30) == ""


def test_a_thousand_cases_and_checks_take_as_many_statements_as_two(outbreak: Outbreak) -> None:
    o, counts = outbreak, []
    for n in (2, 1000):
        cases = [new_case(o, k % 24) for k in range(n)]
        notes = [CheckNote(uuid4(), c.id, o.place.actor("grid"), o.at + H, 36.5) for c in cases]
        with CaptureQueriesContext(connection) as seen:
            open_watch_cases(incident_id=o.incident.id, edition="cn-covid-8", cases=cases,
                             by=o.place.actor("tracer"), at=o.at)  # fmt: skip
            note_checks(notes=notes, by=o.place.actor("grid"), at=o.at + H)
            watch_counts(o.place.area["district"], by=o.place.actor("grid"), at=o.at + H)
        counts.append(len(seen))
    assert counts[0] == counts[1]
