"""Somebody on no list is entered where the door is one's own, and nowhere else."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from lianfang.domains.grid.models import Person
from lianfang.flows.found_people import Found, found_people
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def t(place: Place, t0: datetime) -> Testing:
    """A round that is open."""
    return round_in(place, at=t0)


def met(t: Testing, post: str, *, round_id: UUID | None = None, door: int = 0) -> str:
    """The code of meeting somebody at a door."""
    by = t.place.actor(post)
    found = Found(uuid4(), round_id or t.round.id, uuid4(), t.place.households[door], "某某", by, t.place.at)
    return found_people(found=[found], by=by, at=t.place.at)[0].code


def test_who_serves_there_enters_and_the_neighbour_does_not(t: Testing) -> None:
    before = Person.objects.count()
    assert met(t, "neighbour_grid") == "accounts.right_missing"
    assert met(t, "grid", round_id=uuid4()) == "rounds.missing"
    assert Person.objects.count() == before
    assert met(t, "grid") == ""
    assert Person.objects.count() == before + 1
