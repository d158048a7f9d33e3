"""A task goes from hand to hand once: two ask for it at once, or its holder speaks while the clock grants it."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from lianfang.domains.messages.models import Message
from lianfang.domains.work.models import Item, Transfer
from lianfang.domains.work.services import NewItem, answer_transfer, ask_transfer, grant_transfers, handing, open_items
from tests.conftest import T0
from tests.factories.place import Place, small_place
from tests.races.test_needs import each

pytestmark = [pytest.mark.race, pytest.mark.database]
LATER = T0 + timedelta(days=1)  # its holder has been silent for long enough


@pytest.fixture
def place(own_database: None) -> Place:
    """A small place, kept for good."""
    with transaction.atomic():
        return small_place(at=T0)


def together(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whoever is about to write waits until another is as far, or nobody comes."""
    both, write = threading.Barrier(2), getattr(handing, name)

    def first_look(*args: Any, **more: Any) -> Any:
        with suppress(threading.BrokenBarrierError):  # the other waits for a lock: what the test is about
            both.wait(2)
        return write(*args, **more)

    monkeypatch.setattr(handing, name, first_look)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: nobody waits for anybody's row."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **how: rows.all())


def held(place: Place) -> UUID:
    """A survey of a door that the grid worker has."""
    new = NewItem(uuid4(), place.area["committee"], "household", place.households[0],
                  owner_id=place.accounts["grid"].id)  # fmt: skip
    by = place.actor("lead")
    [done] = open_items(kind_name="door-survey", items=[new], area_id=new.area_id, incident_id=None, by=by, at=T0)
    assert done.code == ""
    return new.id


def asked_by_two(place: Place) -> list[str]:
    """A volunteer and the committee's lead ask for it at once."""
    item, torn = held(place), list[str]()

    def ask(who: str) -> None:
        try:
            ask_transfer(transfer_id=uuid4(), item_id=item, by=place.actor(who), at=T0)
        except IntegrityError as error:
            torn.append(type(error).__name__)

    return each(lambda: ask("volunteer"), lambda: ask("lead")) + torn


def test_of_two_who_ask_for_a_task_at_once_one_has_asked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    together(monkeypatch, "_until")
    assert asked_by_two(place) == ["ok", "work.transfer_unfit"]
    assert Transfer.objects.filter(state="asked").count() == 1


def test_without_the_lock_the_second_meets_the_databases_own_bar_and_no_sentence(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(monkeypatch)
    together(monkeypatch, "_until")
    assert asked_by_two(place) == ["ok", "ok", "IntegrityError"]  # the page of the second would have been a failure


def kept_while_granted(place: Place) -> tuple[list[str], Transfer, Item]:
    """Its holder says that he keeps it, at the moment in which his silence would give it away."""
    item = held(place)
    t = ask_transfer(transfer_id=uuid4(), item_id=item, by=place.actor("volunteer"), at=T0)
    done = each(lambda: answer_transfer(transfer_id=t.id, gives=False, by=place.actor("grid"), at=LATER),
                lambda: grant_transfers(limit=9, by=place.system, at=LATER))  # fmt: skip
    return done, Transfer.objects.get(id=t.id), Item.objects.get(id=item)


def told() -> set[str]:
    return {*Message.objects.values_list("template", flat=True)} & {"task-kept", "task-given", "task-granted"}


def test_a_task_is_kept_by_hand_or_granted_by_the_clock_and_all_are_told_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    together(monkeypatch, "_end")
    done, t, item = kept_while_granted(place)
    if t.state == "kept":
        assert (done, item.owner_id, told()) == (["ok", "ok"], place.accounts["grid"].id, {"task-kept"})
    else:
        assert done == ["ok", "work.transfer_unfit"] and t.state == "granted"
        assert (item.owner_id, told()) == (place.accounts["volunteer"].id, {"task-given", "task-granted"})


def test_without_the_lock_it_would_be_kept_and_granted(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked(monkeypatch)
    together(monkeypatch, "_end")
    done, _, item = kept_while_granted(place)
    assert done == ["ok", "ok"] and told() == {"task-kept", "task-given", "task-granted"}
    assert item.owner_id == place.accounts["volunteer"].id  # whom it was refused, and who was told both
