"""Two desks over tours: one carrier gets one tour of the same hours, one portion goes with one carrier."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import QuerySet

from lianfang.domains.accounts.models import Account
from lianfang.domains.dispatch.services import adopt_tour, end_tour, tours
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, Note, make_move, open_items
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


def brought_while_taken_off(place: Place) -> tuple[list[str], list[UUID]]:
    """A carrier notes a door as brought at the moment in which his tour is taken off him."""
    items = portions(place)
    given(place, "volunteer", items)
    note = Note(uuid4(), items[0], "deliver", place.actor("volunteer"), T0, values={"parcels": 1, "left_at": "hand"})

    def end() -> None:
        end_tour(carrier_id=place.accounts["volunteer"].id, area_id=place.area["street"], by=place.actor("street"),
                 at=T0)  # fmt: skip

    return each(lambda: make_move(note=note, by=place.actor("volunteer"), at=T0), end), items


def test_what_is_brought_while_the_tour_is_taken_off_counts_and_neither_press_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_together(monkeypatch, tours, "_locked_items")
    done, items = brought_while_taken_off(place)
    assert done == ["ok", "ok"]
    assert Item.objects.get(id=items[0]).state == "delivered"
    assert Item.objects.filter(id__in=items[1:], owner_id=None).count() == 3


def test_without_the_lock_the_desk_would_be_refused_for_a_door_brought_meanwhile(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(rows: QuerySet[Item]) -> list[Item]:
        found = list(rows.order_by("id"))
        for _ in range(100):
            if Item.objects.filter(id=found[0].id, is_closed=True).exists():
                break
            time.sleep(0.05)
        return found

    monkeypatch.setattr(tours, "_locked_items", slow)
    assert brought_while_taken_off(place)[0] == ["ok", "work.item_missing"]
