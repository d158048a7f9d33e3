"""A drill's phones: taken by servers beside each other, each phone's notes in order, nothing sent is lost."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from lianfang.base.models import Envelope
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.services import NewItem, open_items
from lianfang.drill.phone import Noted, Phones, phones_up
from tests.conftest import T0
from tests.factories.place import Place, small_place

SURVEYED = {"persons_home": 2, "residence": "own"}


def doors_of(place: Place) -> list[NewItem]:
    """Six doors for the grid worker."""
    doors = [
        NewItem(uuid4(), place.area["committee"], "household", h, owner_id=place.accounts["grid"].id)
        for h in place.households[:6]
    ]
    open_items(kind_name="door-survey", items=doors, area_id=place.area["committee"], incident_id=None,
               by=place.actor("lead"), at=T0)  # fmt: skip
    return doors


def play(phones: Phones, place: Place, doors: list[NewItem]) -> None:
    """Each door is tried, then found at home, each note an upload of its own."""
    now = T0 + timedelta(hours=1)
    for move, values in (("no-answer", {}), ("finish", SURVEYED)):
        for d in doors:
            body = {"item": str(d.id), "move": move, "values": values}
            phones.send(place.actor("grid"), [Noted(uuid4(), "work.note", T0, body)], at=now)
    phones.arrived()


@pytest.mark.race
@pytest.mark.database
def test_uploads_are_taken_by_servers_of_their_own_in_each_phones_order(own_database: None) -> None:
    with transaction.atomic():
        place = small_place(at=T0)
        doors = doors_of(place)
    with phones_up() as phones:
        assert len(phones.servers) == 2
        play(phones, place, doors)
    assert Item.objects.filter(id__in=[d.id for d in doors], state="done", attempts=1).count() == 6
    assert sorted(Envelope.objects.values_list("seq", flat=True)) == list(range(1, 13))


def test_inside_a_transaction_the_drill_takes_them_itself(db: None) -> None:
    place = small_place(at=T0)
    with phones_up() as phones:
        assert not phones.servers
        play(phones, place, doors_of(place))
    assert Move.objects.filter(move="finish").count() == 6


def test_a_refused_note_ends_the_drill(db: None) -> None:
    place = small_place(at=T0)
    body = {"item": str(uuid4()), "move": "finish", "values": SURVEYED}
    with pytest.raises(RuntimeError, match=r"refused a simulated person: .*work.item_missing"):
        Phones().send(place.actor("grid"), [Noted(uuid4(), "work.note", T0, body)], at=T0)
