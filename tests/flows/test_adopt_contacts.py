"""Contacts adopted and freed: held, watched, told; nobody moved before the question; all clear once and for all."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.base.models import LogEntry
from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.editions.services import override_value
from lianfang.domains.grid.queries import person_seen
from lianfang.domains.holds.errors import HoldWithoutPaper
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.queries import holds_of
from lianfang.domains.incidents.services import draft_zone
from lianfang.domains.messages.models import Message
from lianfang.domains.messages.queries import in_words
from lianfang.domains.places.models import Stay
from lianfang.domains.places.services import begin_stay, register_place, set_state
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.tracing.errors import TraceMissing
from lianfang.domains.tracing.models import Trace
from lianfang.domains.tracing.queries import contacts_of
from lianfang.domains.tracing.services import Decision
from lianfang.domains.watch.models import WatchCase
from lianfang.domains.watch.rules import LOCAL, until_of
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_item
from lianfang.flows.adopt_contacts import adopt_contacts
from lianfang.flows.all_clear import give_all_clear
from lianfang.flows.trace_case import propose_again
from lianfang.flows.zones import ask_for_zone, decide_zone
from tests.factories.place import Place
from tests.factories.tracing import TEA, Outbreak, outbreak_in, tea_house

pytestmark = pytest.mark.database
H = timedelta(hours=1)
PAPER = "疫防〔2022〕3 号"


@pytest.fixture
def outbreak(place: Place) -> Outbreak:
    o = outbreak_in(place)
    o.bring(tea_house(o))
    return o


def adopted(
    o: Outbreak,
    trace: Trace,
    *people: int,
    post: str = "tracer",
    paper: str = "疫防〔2022〕3 号",
    answer: str = "not-alone",
) -> list[str]:
    """Confirm the n-th persons; gives the outcomes."""
    decisions = [Decision(uuid5(trace.id, f"contact {o.place.people[n]}"), "confirm", answer=answer) for n in people]
    found = adopt_contacts(trace_id=trace.id, decisions=decisions, paper_number=paper, by=o.place.actor(post, o.at),
                           at=o.at + H)  # fmt: skip
    return [x.code for x in found]


def cleared(o: Outbreak, post: str = "tracer", hours: int = 10, **whom: list[UUID]) -> list[str]:
    found = give_all_clear(incident_id=o.incident.id, why="两次阴性", paper_number="解 1 号",
                           by=o.place.actor(post, o.at), at=o.at + hours * H, **whom)  # fmt: skip
    return [x.code for x in found]


def words_to(o: Outbreak, person: int) -> list[str]:
    rows = list(Message.objects.filter(recipient_id=o.place.people[person]).order_by("made_at"))
    return [m["zh"] for m in in_words(rows, by=o.place.actor("tracer"))]


def test_a_contact_is_listed_held_watched_and_told_by_the_editions_own_days(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    assert adopted(o, trace, 6) == [""]
    contact, person = o.contact(trace, 6), o.place.people[6]
    day0 = (o.at - 28 * H).astimezone(LOCAL).date()
    case, (hold,) = WatchCase.objects.get(), holds_of(person, at=o.at + 2 * H)
    assert (contact.state, case.source_id, case.person_id, case.kind) == ("listed", contact.id, person, "contact-close")
    assert (case.day0, case.days, case.checks_a_day, case.until_at) == (day0, 14 + 7, 2, until_of(day0, 21))
    assert (hold.kind, hold.rule, hold.until_at) == ("contact-close", "cn-covid-8 P3", until_of(day0, 14))
    assert (hold.paper_number, hold.source_id) == ("疫防〔2022〕3 号", case.id) and hold.appeal["zh"]
    (told,) = words_to(o, 6)
    assert "密接" in told and "0751-0000000" in told and "{" not in told and "急病、临产先打 120" in told
    by = o.place.actor("tracer")
    assert Purpose.objects.filter(actor_id=by.id, subject_id=person, source_id=case.id, to_at=case.until_at).exists()


def test_nobody_who_is_not_confirmed_is_held_or_told(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    rejected = Decision(o.contact(trace, 3).id, "reject", "隔着玻璃")
    found = adopt_contacts(
        trace_id=trace.id, decisions=[rejected], paper_number="", by=o.place.actor("tracer"), at=o.at
    )
    assert [x.code for x in found] == [""]
    assert not Hold.objects.filter(person__isnull=False).exists() and not WatchCase.objects.exists()
    assert not Message.objects.filter(template="contact-held").exists()


def test_without_paper_or_right_nothing_happens(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    with pytest.raises(HoldWithoutPaper):
        adopted(o, trace, 6, paper=" ")
    with pytest.raises(TraceMissing):
        adopted(o, trace, 6, post="neighbour")
    with pytest.raises(RightMissing):
        adopted(o, trace, 6, post="officer")  # reads traces, adopts none
    assert o.contact(trace, 6).state == "proposed" and not WatchCase.objects.exists()


def test_nobody_is_moved_before_the_question_and_the_others_of_the_list_are(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring([o.was(0, TEA, 30, 28), o.was(4, TEA, 30, 28)])
    trace = o.trace()
    assert adopted(o, trace, 3, 4, 6, answer="") == ["tracing.dependants_unasked", "tracing.dependants_unasked", ""]
    assert set(WatchCase.objects.values_list("person_id", flat=True)) == {o.place.people[6]}
    assert adopted(o, trace, 3, 4, answer="goes-along") == ["", ""]


def test_word_about_a_child_goes_to_the_grown_people_behind_its_door(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring([o.was(0, TEA, 30, 28), o.was(11, TEA, 30, 28)])
    trace = o.trace()
    assert adopted(o, trace, 11) == [""]
    assert words_to(o, 11) == [] and len(words_to(o, 9)) == len(words_to(o, 10)) == 1


def test_adopting_twice_holds_and_tells_nobody_twice(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    adopted(o, trace, 6)
    entries = LogEntry.objects.count()
    assert adopted(o, trace, 6) == ["repeated"]
    assert LogEntry.objects.count() == entries
    assert WatchCase.objects.count() == Message.objects.filter(template="contact-held").count() == 1


def test_days_that_are_over_are_served_by_nobody_and_late_discovery_serves_the_rest(place: Place) -> None:
    o = outbreak_in(place)
    o.bring([o.was(0, TEA, 24 * 12, 24 * 12 - 2), o.was(6, TEA, 24 * 12, 24 * 12 - 2)])
    trace = o.trace(onset_hours=24 * 11)
    for name, days in (("close_contact_central_days", 5), ("close_contact_home_days", 2)):
        override_value(override_id=uuid4(), code="cn-covid-8", name=name, area_id=place.area["district"], to_at=None,
                       new_value=days, reason="r", approved_by=place.accounts["command"].id, by=place.system,
                       at=o.at)  # fmt: skip
    assert adopted(o, trace, 6) == ["tracing.days_over"]
    override_value(override_id=uuid4(), code="cn-covid-8", name="close_contact_home_days", to_at=None, new_value=20,
                   area_id=place.area["committee"], reason="r", approved_by=place.accounts["command"].id,
                   by=place.system, at=o.at)  # fmt: skip
    assert adopted(o, trace, 6) == [""]
    assert WatchCase.objects.count() == 1 and not Hold.objects.filter(person__isnull=False).exists()  # only watched


def test_further_visits_bring_further_candidates_and_leave_decisions(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    adopted(o, trace, 6)
    o.bring([o.was(18, TEA, 30, 28)])
    propose_again(trace_id=trace.id, by=o.place.actor("tracer"), at=o.at + 2 * H)
    assert o.contact(trace, 18).degree == 1 and o.contact(trace, 6).state == "listed"
    with pytest.raises(RightMissing):
        propose_again(trace_id=trace.id, by=o.place.actor("officer"), at=o.at + 2 * H)


def isolated_in(o: Outbreak, person: int, kind: str, size: str) -> UUID:
    by = o.place.system
    site = register_place(place_id=uuid4(), kind=kind, name=kind, name_en="", area_id=o.place.area["committee"],
                          capacity={size: 9}, lon=None, lat=None, incident_id=None, by=by, at=o.at)  # fmt: skip
    set_state(place_id=site.id, state="open", by=by, at=o.at)
    return begin_stay(stay_id=uuid4(), place_id=site.id, capacity_class=size, person_id=o.place.people[person],
                      until_at=None, by=by, at=o.at).id  # fmt: skip


def test_an_all_clear_frees_voids_releases_and_tells_and_is_harmless_twice(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    adopted(o, trace, 3, 6)
    room, ward = isolated_in(o, 6, "isolation-site", "room"), isolated_in(o, 3, "hospital-ward", "bed")
    delivery = open_item(kind_name="standing-delivery", item=NewItem(uuid4(), o.place.area["committee"], "household",
                       o.place.households[2], values={"what": "菜", "every_days": 2}),
                       incident_id=o.incident.id, by=o.place.actor("lead"), at=o.at)  # fmt: skip
    cases = [c.id for c in WatchCase.objects.order_by("person_id")]
    assert cleared(o, case_ids=cases) == ["", ""]
    for n in (3, 6):
        assert holds_of(o.place.people[n], at=o.at + 11 * H) == []
        assert o.contact(trace, n).state == "released" and o.contact(trace, n).released_at == o.at + 10 * H
        assert len(words_to(o, n)) == 2 and "解 1 号" in words_to(o, n)[1]
    assert Stay.objects.get(id=room).ended_at and Stay.objects.get(id=ward).ended_at is None  # the ill stay in hospital
    assert Item.objects.get(id=delivery).is_closed
    assert set(WatchCase.objects.values_list("state", flat=True)) == {"released"}
    assert not Purpose.objects.filter(source_id__in=cases, to_at__gt=o.at + 10 * H).exists()
    entries = LogEntry.objects.count()
    assert cleared(o, case_ids=cases) == ["repeated", "repeated"] and LogEntry.objects.count() == entries
    assert cleared(o, person_ids=[o.place.people[6]]) == ["repeated"]
    assert Message.objects.filter(template="contact-freed").count() == 2


def test_a_person_is_freed_from_every_case_and_a_case_frees_from_its_own_hold_only(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring([o.was(48, TEA, 30, 28)])
    first, second = o.trace(), o.trace(48)
    adopted(o, first, 6)
    adopted(o, second, 6)
    person = o.place.people[6]
    one = WatchCase.objects.get(source_id=o.contact(first, 6).id)
    assert cleared(o, case_ids=[one.id]) == [""]
    assert len(holds_of(person, at=o.at + 11 * H)) == 1
    assert not Message.objects.filter(template="contact-freed").exists()  # still held: nothing to tell
    assert cleared(o, hours=12, person_ids=[person]) == [""]
    assert holds_of(person, at=o.at + 13 * H) == [] and Message.objects.filter(template="contact-freed").count() == 1


def test_inside_a_zone_the_persons_hold_ends_and_the_zone_and_its_work_stay(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    adopted(o, trace, 6)
    zone = draft_zone(version_id=uuid4(), zone_id=uuid4(), incident_id=o.incident.id, name="z", kind="sealed",
                      area_id=o.place.area["committee"], building_ids=[o.place.buildings["committee"][0]], why="w",
                      is_proposed=False, by=o.place.actor("county"), at=o.at)  # fmt: skip
    asked = ask_for_zone(decision_id=uuid4(), version_id=zone.id, reason="r", by=o.place.actor("county"), at=o.at)
    decide_zone(decision_id=asked.id, says="grant", reason="", paper_number="1", by=o.place.actor("command"), at=o.at)
    delivery = open_item(kind_name="standing-delivery", item=NewItem(uuid4(), o.place.area["committee"], "household",
                       o.place.households[2], values={"what": "菜", "every_days": 2}),
                       incident_id=o.incident.id, by=o.place.actor("lead"), at=o.at)  # fmt: skip
    assert cleared(o, case_ids=[WatchCase.objects.get().id]) == [""]
    assert [h.kind for h in holds_of(o.place.people[6], at=o.at + 11 * H)] == ["sealed"]
    assert not Item.objects.get(id=delivery).is_closed


def test_the_neighbour_frees_nobody(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    adopted(o, trace, 6)
    person = o.place.people[6]
    for post in ("neighbour", "grid", "volunteer"):
        assert cleared(o, post, case_ids=[WatchCase.objects.get().id]) == ["accounts.right_missing"]
        assert cleared(o, post, person_ids=[person]) == ["accounts.right_missing"]
    assert holds_of(person, at=o.at + 11 * H) and not Message.objects.filter(template="contact-freed").exists()


def test_twenty_are_adopted_and_freed_in_as_many_statements_as_two(outbreak: Outbreak) -> None:
    o, counts = outbreak, []
    o.bring([o.was(n, TEA, 30, 28) for n in range(24, 72)])
    trace = o.trace()
    people = [c.person_id for c in contacts_of(trace) if c.degree == 1]
    numbers = [o.place.people.index(p) for p in people]
    for mine in (numbers[:2], numbers[2:22]):
        with CaptureQueriesContext(connection) as seen:
            assert set(adopted(o, trace, *mine)) == {""}
            assert set(cleared(o, person_ids=[o.place.people[n] for n in mine])) == {""}
        counts.append(len(seen))
    assert counts[1] == counts[0]


def test_the_tracer_still_reaches_a_contact_by_purpose(outbreak: Outbreak) -> None:
    o, trace = outbreak, outbreak.trace()
    adopted(o, trace, 6)
    person_seen(o.place.people[6], by=o.place.actor("tracer"), at=o.at + 2 * H)


def test_who_lives_in_the_neighbours_district_is_proposed_and_held_by_its_own_tracers_only(outbreak: Outbreak) -> None:
    o, theirs = outbreak, 72  # the first person of the neighbouring district
    o.bring([o.was(theirs, TEA, 30, 28)])
    trace = o.trace()
    assert o.contact(trace, theirs).area_id == o.place.area["neighbour_committee"]
    assert adopted(o, trace, theirs, 6) == ["tracing.contact_elsewhere", ""]
    assert o.contact(trace, theirs).state == "proposed"
    assert not holds_of(o.place.people[theirs], at=o.at + 2 * H)
    assert adopted(o, trace, theirs, post="above") == [""]  # the city's command reaches both
