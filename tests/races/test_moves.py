"""Two phones close the last two doors of a campaign at once: its head is done; without the lock it never is."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import QuerySet

from lianfang.domains.work.models import Item
from lianfang.domains.work.services import Note, make_move, make_moves, moves
from lianfang.flows.fan_out import fan_out
from tests.conftest import T0
from tests.factories.place import Place, small_place
from tests.races.test_places import at_once

pytestmark = [pytest.mark.race, pytest.mark.database]
SURVEYED = {"persons_home": 2, "residence": "own"}


@pytest.fixture
def head(own_database: None) -> tuple[Place, UUID, list[UUID]]:
    """A campaign of which two doors are left: the place, its head, the two."""
    with transaction.atomic():
        place, head = small_place(at=T0), uuid4()
        fan_out(parent_id=head, kind_name="door-survey", area_id=place.area["committee"], values={}, title="",
                due_at=None, incident_id=None, by=place.actor("lead"), at=T0)  # fmt: skip
        doors = list(Item.objects.filter(parent_id=head).order_by("id").values_list("id", flat=True))
        grid = place.actor("grid")
        done = [Note(uuid4(), d, "finish", grid, T0, n, SURVEYED) for n, d in enumerate(doors[2:])]
        make_moves(notes=done, by=grid, at=T0)
    return place, head, doors[:2]


def close_both(place: Place, doors: list[UUID], monkeypatch: pytest.MonkeyPatch, *, meet_after: bool) -> None:
    """Each phone has written its door before either looks at the head; `meet_after`: and neither commits before the
    other has looked."""
    look, before, after = moves._close_parents, threading.Barrier(2), threading.Barrier(2)
    left = list(doors)

    def meet(*args: object) -> None:
        before.wait(10)
        look(*args)  # type: ignore[arg-type]  # handed through as it came
        if meet_after:
            after.wait(10)

    monkeypatch.setattr(moves, "_close_parents", meet)
    grid = place.actor("grid")
    done = at_once(lambda: make_move(note=Note(uuid4(), left.pop(), "finish", grid, T0, 1, SURVEYED), by=grid, at=T0))
    assert done == ["ok", "ok"]


def test_the_last_two_doors_at_once_end_the_campaign(
    head: tuple[Place, UUID, list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, above, doors = head
    close_both(place, doors, monkeypatch, meet_after=False)
    assert not Item.objects.filter(parent_id=above, is_closed=False).exists()
    assert Item.objects.get(id=above).is_closed


def test_without_the_lock_the_head_stays_open(
    head: tuple[Place, UUID, list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(parents: set[UUID]) -> QuerySet[Item]:
        return Item.objects.filter(id__in=parents, is_closed=False)

    monkeypatch.setattr(moves, "locked_parents", unlocked)
    place, above, doors = head
    close_both(place, doors, monkeypatch, meet_after=True)
    assert not Item.objects.get(id=above).is_closed
