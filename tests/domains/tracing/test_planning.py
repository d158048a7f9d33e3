"""Contacts from the register and visits: computed by DuckDB, told in ids, as the edition says."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from lianfang.domains.editions.services import override_value
from lianfang.domains.tracing.models import Trace
from lianfang.domains.tracing.planning import propose_contacts
from tests.factories.tracing import LIFT, STALL, TEA, Outbreak, tea_house

pytestmark = pytest.mark.database


def numbers(o: Outbreak, trace: Trace, degree: int) -> set[int]:
    """Which people of the place are proposed in a degree."""
    return {o.place.people.index(p.person_id) for p in propose_contacts(trace, at=o.at).contacts if p.degree == degree}


def test_door_and_quarter_of_an_hour_make_close_contacts_and_their_contacts_follow(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    assert numbers(o, trace, 1) == {1, 2, 3, 6}
    # 4 5 and 7 8 live with close contacts, 9 met one at the stall, 15 in the tea house; 12 met nobody
    assert numbers(o, trace, 2) == {4, 5, 7, 8, 9, 15}


def test_the_evidence_says_how_long_where_and_through_whom(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    found = {p.person_id: p for p in propose_contacts(trace, at=o.at).contacts}
    six, nine, home = (found[o.place.people[n]] for n in (6, 9, 1))
    assert (six.evidence["minutes"], six.evidence["n_venues"], six.evidence["household"]) == (15, 1, False)
    assert [v["id"] for v in six.evidence["venues"]] == [str(TEA)]
    first, last = (datetime.fromisoformat(six.evidence[k]) for k in ("first", "last"))
    assert (o.at - first, o.at - last) == (timedelta(hours=28.25), timedelta(hours=28))
    assert nine.via_id == o.place.people[6] and nine.evidence["venues"][0]["id"] == str(STALL)
    assert home.evidence["household"] and home.evidence["minutes"] == 0
    assert datetime.fromisoformat(home.evidence["first"]) == trace.window_from_at


def test_what_lies_before_the_window_is_no_contact(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring([o.was(0, TEA, 80, 72), o.was(3, TEA, 80, 72), o.was(0, STALL, 74, 71.9), o.was(6, STALL, 74, 71.9)])
    assert numbers(o, o.trace(), 1) == {1, 2}  # onset a day ago, two days back: 72 hours, and 6 minutes are too few


def replaced(o: Outbreak, name: str, new: int) -> None:
    override_value(override_id=uuid4(), code="cn-covid-8", name=name, area_id=o.place.area["district"], new_value=new,
                   reason="r", approved_by=o.place.accounts["command"].id, to_at=None, by=o.place.system,
                   at=o.at - timedelta(days=9))  # fmt: skip


def test_minutes_degrees_and_the_crowd_cap_are_the_editions_and_a_local_value_speaks(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    replaced(o, "close_contact_minutes", 16)
    assert numbers(o, trace, 1) == {1, 2, 3}
    replaced(o, "contact_degrees", 1)
    assert numbers(o, trace, 2) == set()
    replaced(o, "crowd_cap", 4)
    found = propose_contacts(trace, at=o.at)  # five were in the tea house that day
    assert {o.place.people.index(p.person_id) for p in found.contacts} == {1, 2}
    (crowd,) = found.crowds
    assert (crowd.venue_id, crowd.degree, crowd.present) == (TEA, 1, 5)
    assert (o.at - crowd.from_at, o.at - crowd.to_at) == (timedelta(hours=30), timedelta(hours=28))


def test_a_close_contact_who_is_isolated_exposes_nobody_after_that(outbreak: Outbreak) -> None:
    o = outbreak
    o.bring(tea_house(o))
    trace = o.trace()
    contact = o.contact(trace, 6)
    contact.state, contact.isolated_at = "isolated", o.at - timedelta(hours=12)
    contact.save()
    assert numbers(o, trace, 2) == {4, 5, 7, 8, 15}


def test_it_is_the_same_however_often_it_is_computed_and_in_whatever_order_visits_came(outbreak: Outbreak) -> None:
    o = outbreak
    visits = [*tea_house(o), o.was(3, LIFT, 20, 19), o.was(6, LIFT, 20, 19), o.was(18, LIFT, 20, 19)]
    for v in reversed(visits):
        o.bring([v])
    trace = o.trace()

    runs = [
        sorted((p.person_id, p.via_id, p.degree, str(p.evidence)) for p in propose_contacts(trace, at=o.at).contacts)
        for _ in range(3)
    ]
    assert runs[0] == runs[1] == runs[2]
    (met,) = [p for p in propose_contacts(trace, at=o.at).contacts if p.person_id == o.place.people[18]]
    assert met.via_id in (o.place.people[3], o.place.people[6]) and met.evidence["chains"] == 2
