"""The person on the phone and the worker at the door appeal at once: one question is asked; without the lock two."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from lianfang.domains.decisions.models import Decision
from lianfang.domains.holds.models import Hold
from lianfang.domains.holds.services import Terms, place_hold
from lianfang.flows import appeals
from tests.conftest import T0
from tests.factories.place import Place, small_place
from tests.races.test_places import at_once

pytestmark = [pytest.mark.race, pytest.mark.database]


@pytest.fixture
def held(own_database: None) -> tuple[Place, Hold]:
    """A small place in which the first person is held."""
    with transaction.atomic():
        place = small_place(at=T0)
        terms = Terms(kind="contact", rank=5, edition="cn-covid-8", rule="P3", authority="x", paper_number="7",
                      words={"zh": "密接", "en": "Contact"}, until_at=T0.replace(year=2027))  # fmt: skip
        hold = place_hold(hold_id=uuid4(), terms=terms, area_id=place.area["committee"], person_id=place.people[0],
                          building_ids=[], incident_id=None, source_id=None, decision_id=None,
                          by=place.actor("command"), at=T0)  # fmt: skip
    return place, hold


def both(held: tuple[Place, Hold]) -> list[str]:
    """Two appeals that begin together; what came of each."""
    place, hold = held
    by = place.actor("grid")
    return at_once(lambda: appeals.appeal(decision_id=uuid4(), hold_id=hold.id, person_id=place.people[0], says="不对",
                                          by=by, at=T0))  # fmt: skip


def test_of_two_appeals_at_once_one_is_asked(held: tuple[Place, Hold]) -> None:
    assert both(held) == ["decisions.appeal_waits", "ok"]
    assert Decision.objects.filter(kind="appeal").count() == 1


def test_without_the_lock_two_are_asked(held: tuple[Place, Hold], monkeypatch: pytest.MonkeyPatch) -> None:
    looked, find = threading.Barrier(2), appeals.newest_about

    def look_together(subject: UUID) -> Decision | None:
        found = find(subject)
        looked.wait(10)
        return found

    monkeypatch.setattr(appeals, "lock_hold", lambda hold_id: None)
    monkeypatch.setattr(appeals, "newest_about", look_together)
    assert both(held) == ["ok", "ok"]
    assert Decision.objects.filter(kind="appeal").count() == 2
