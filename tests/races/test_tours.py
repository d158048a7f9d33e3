"""Two desks over tours: one carrier gets one tour of the same hours, one portion goes with one carrier."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from lianfang.domains.accounts.models import Account
from lianfang.domains.dispatch.services import adopt_tour, tours
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items
from tests.conftest import T0
from tests.factories.place import Place, small_place
from tests.races.test_needs import each, looks_together

pytestmark = [pytest.mark.race, pytest.mark.database]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def place(own_database: None) -> Place:
    """A small place, kept for good."""
    with transaction.atomic():
        return small_place(at=T0)


def portions(place: Place) -> list[UUID]:
    """Four portions of the first committee that wait."""
    new = [NewItem(uuid4(), place.area["committee"], "household", d) for d in place.households[:4]]
    by = place.actor("street")
    done = open_items(kind_name="delivery", items=new, area_id=place.area["street"], incident_id=None, by=by, at=T0)
    assert [o.code for o in done] == [""] * 4
    return [n.id for n in new]


def given(place: Place, who: str, items: list[UUID]) -> None:
    """A desk gives a tour: a door every ten minutes."""
    stops = [(i, T0 + 10 * n * MINUTE) for n, i in enumerate(items, 1)]
    adopt_tour(tour_id=uuid4(), carrier_id=place.accounts[who].id, stops=stops, by=place.actor("street"), at=T0)


def two_tours(place: Place) -> list[str]:
    """Two desks give one carrier two tours of the same hours."""
    a, b, c, d = portions(place)
    return each(lambda: given(place, "volunteer", [a, b]), lambda: given(place, "volunteer", [c, d]))


def test_of_two_tours_for_one_carrier_at_once_he_has_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, tours, "locked_driver")
    assert two_tours(place) == ["dispatch.tour_unfit", "ok"]
    assert Item.objects.filter(owner_id=place.accounts["volunteer"].id).count() == 2


def test_without_the_lock_he_would_be_at_two_doors_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tours, "locked_driver", lambda who: Account.objects.filter(id=who).first())
    looks_together(monkeypatch, tours, "locked_driver")
    assert two_tours(place) == ["ok", "ok"]


def test_a_portion_given_to_two_carriers_at_once_goes_with_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    items = portions(place)
    looks_together(monkeypatch, tours, "locked_driver")  # two carriers: nobody waits here, the items are the bar
    done = each(lambda: given(place, "volunteer", items), lambda: given(place, "grid", items))
    assert done == ["dispatch.tour_unfit", "ok"]
    assert Item.objects.filter(id__in=items).values("owner_id").distinct().count() == 1
