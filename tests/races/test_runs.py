"""Two errands at once for the same cards: each card goes on one."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import QuerySet

from lianfang.domains.work.models import Item
from lianfang.domains.work.services import runs
from tests.conftest import T0
from tests.domains.work.services.test_runs import cards, gone
from tests.factories.place import Place, small_place
from tests.races.test_needs import each, looks_together

pytestmark = [pytest.mark.race, pytest.mark.database]


@pytest.fixture
def place(own_database: None) -> Place:
    """A small place, kept for good."""
    with transaction.atomic():
        return small_place(at=T0)


def two_go(place: Place, ids: list[UUID]) -> list[str]:
    """The worker and the lead go for the same cards."""
    return each(lambda: gone(place, ids), lambda: gone(place, ids, "lead"))


def test_a_card_goes_on_one_of_two_errands(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = cards(place)
    looks_together(monkeypatch, runs, "_fit")
    done = two_go(
        place, ids
    )  # the worker is told that somebody has them; the lead might have taken them over, but late
    assert done.count("ok") == 1 and set(done) <= {"ok", "work.run_unfit", "work.move_not_yours"}
    assert Item.objects.filter(kind="errand-run").count() == 1


def test_without_the_lock_both_take_it_along(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = cards(place)
    looks_together(monkeypatch, runs, "_fit")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **more: rows)
    assert two_go(place, ids) == ["ok", "ok"]
