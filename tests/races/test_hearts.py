"""Two who pair one class at once: it gets one helper; without the lock it gets two."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import QuerySet

from lianfang.base.service import Outcome
from lianfang.domains.accounts.models import Account
from lianfang.domains.needs.services import Pair, adopt_pairing, pairing
from lianfang.domains.work.models import Item
from tests.conftest import T0
from tests.domains.needs.services.test_pairing import class_of
from tests.factories.call import volunteers
from tests.factories.place import Place, small_place
from tests.races.test_places import at_once

pytestmark = [pytest.mark.race, pytest.mark.database]
Town = tuple[Place, list[Account], UUID]


@pytest.fixture
def town(own_database: None) -> Town:
    with transaction.atomic():
        place = small_place(at=T0)
        return place, volunteers(place, 2), class_of(place, "一班", 40)


def both(town: Town) -> list[str]:
    place, people, room = town
    by, codes, left = place.actor("lead"), list[Outcome](), list(people)

    def adopt() -> None:
        codes.extend(adopt_pairing(pairs=[Pair(uuid4(), room, left.pop().id)], by=by, at=T0))

    assert at_once(adopt) == ["ok", "ok"]
    return sorted(o.code for o in codes)


def test_of_two_who_pair_a_class_at_once_the_second_is_told_that_it_has_a_helper(town: Town) -> None:
    assert both(town) == ["", "needs.class_taken"]
    assert Item.objects.filter(kind="class-link").count() == 1


def test_without_the_lock_it_has_two(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, near = threading.Barrier(2), pairing.serving

    def look_together(pairs: Collection[tuple[UUID, UUID]], **more: Any) -> set[tuple[UUID, UUID]]:
        looked.wait(10)
        return near(pairs, **more)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(pairing, "serving", look_together)
    assert both(town) == ["", ""]
    assert Item.objects.filter(kind="class-link").count() == 2
