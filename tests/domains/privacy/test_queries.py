"""Sealed values: bound to their row, masked, dead with their key; people found by tokens only."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lianfang.domains.accounts.queries import visible_areas
from lianfang.domains.grid.models import Person
from lianfang.domains.privacy.errors import SearchTooShort
from lianfang.domains.privacy.models import PersonIndex
from lianfang.domains.privacy.queries import ReadList, opened, people_matching, reads, subjects_assigned
from lianfang.domains.privacy.services import assign_purposes, end_purposes
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_names_stand_nowhere_in_the_rows_and_open_masked_or_whole(place: Place) -> None:
    person = Person.objects.get(id=place.people[0])
    assert place.names[0].encode() not in bytes(person.sealed)
    by = place.actor("grid")
    assert opened([person], by=by)[person.id]["name"] == place.names[0][0] + "*" + place.names[0][-1]
    whole = opened([person], by=by, fields=("name", "phone", "id_number"), whole=True)[person.id]
    assert whole["name"] == place.names[0] and whole["phone"].startswith("1380000")


def test_what_is_opened_whole_is_noted_once_for_the_request(place: Place) -> None:
    noted = ReadList()
    mark = reads.set(noted)
    rows = list(Person.objects.filter(id__in=place.people[:3]))
    opened(rows, by=place.actor("grid"), fields=("name", "phone"), whole=True)
    opened(rows, by=place.actor("grid"), fields=("name",))
    reads.reset(mark)
    assert noted.subjects == set(place.people[:3]) and noted.fields == {"name", "phone"}


def test_a_record_moved_to_another_row_does_not_open(place: Place) -> None:
    one, two = Person.objects.filter(id__in=place.people[:2])
    one.sealed = two.sealed
    with pytest.raises(RuntimeError, match="changed or moved"):
        opened([one], by=place.actor("grid"))


@pytest.mark.parametrize("ask", ["whole", "pair", "pinyin", "tail", "phone"])
def test_a_person_is_found_by_each_token_and_by_nobody_outside_the_area(place: Place, ask: str) -> None:
    text = {
        "whole": place.names[0],
        "pair": place.names[0][:2],
        "pinyin": "zhao",
        "tail": "0000",
        "phone": "13800000000",
    }[ask]
    inside = people_matching(text, areas=visible_areas(place.actor("grid"), "grid.read"))
    assert place.people[0] in set(inside.values_list("person_id", flat=True))
    outside = people_matching(text, areas=visible_areas(place.actor("neighbour"), "grid.read"))
    assert place.people[0] not in set(outside.values_list("person_id", flat=True))


def test_a_search_too_short_is_refused_rather_than_answered_with_a_city(place: Place) -> None:
    for text in ("赵", "12", "  "):
        with pytest.raises(SearchTooShort):
            people_matching(text, areas=visible_areas(place.actor("grid"), "grid.read"))


def test_the_index_holds_numbers_only(place: Place) -> None:
    entry = PersonIndex.objects.get(person_id=place.people[0])
    assert all(isinstance(t, int) for t in entry.tokens) and len(entry.tokens) >= 5


def test_a_purpose_lasts_as_long_as_its_source(place: Place) -> None:
    by, source, subject = place.actor("volunteer"), uuid4(), uuid4()
    assign_purposes(
        purposes=[(by.id, "person", subject, source)],
        why="work.assigned",
        until_at=None,
        by=place.actor("lead"),
        at=place.at,
    )
    assert list(subjects_assigned(by, at=place.at)) == [subject]
    assert list(subjects_assigned(place.actor("grid"), at=place.at)) == []
    end_purposes(source_ids=[source], by=place.actor("lead"), at=place.at + timedelta(hours=1))
    assert list(subjects_assigned(by, at=place.at + timedelta(hours=1))) == []
