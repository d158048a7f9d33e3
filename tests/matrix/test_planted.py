"""The matrix is tested: leaks of each sort are planted, and each must be found by attempts that else find nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from lianfang.base.actor import Actor
from lianfang.base.roles import JOB_ROLE
from lianfang.domains.accounts.queries.rights import Reach
from lianfang.domains.areas.models import DIVISION, AreaClosure
from lianfang.domains.work.models import Item
from tests.matrix.attempts import Attacker
from tests.matrix.test_envelopes import noted
from tests.matrix.test_routes import opened, sent

Patch = pytest.MonkeyPatch


@pytest.fixture
def plant(attacker: Attacker, monkeypatch: Patch) -> Iterator[Patch]:
    """What is planted is pulled out again, and the attempts made under it are not counted."""
    made = dict(attacker.made)
    with transaction.atomic():
        yield monkeypatch
        transaction.set_rollback(True)
    attacker.made = made


def _everywhere(by: Any, right: str) -> Any:
    return AreaClosure.objects.filter(depth=0, hierarchy=DIVISION).values_list("descendant_id", flat=True)


def _forgotten(module: str) -> Callable[[Patch], None]:
    """The queries of a module forget the area filter."""
    return lambda plant: plant.setattr(f"{module}.visible_areas", _everywhere)


def _unasked(module: str, how: str = "require") -> Callable[[Patch], None]:
    """The services of a module forget to ask for the right."""
    return lambda plant: plant.setattr(f"{module}.{how}", lambda *a, **k: None)


def _unreached(module: str) -> Callable[[Patch], None]:
    """A list service takes every area as within reach."""

    def everybody(actors: Iterable[Actor], right: str, *, areas: set[UUID]) -> dict[UUID, Reach]:
        return {a.id: Reach(frozenset(areas), {}) for a in actors}

    return lambda plant: plant.setattr(f"{module}.reach_by_actor", everybody)


def _all_items(plant: Patch) -> None:
    """`items_seen` gives all."""
    plant.setattr("lianfang.domains.work.queries.items_seen", lambda by: Item.objects.all())


def _unmasked(plant: Patch) -> None:
    """Masking is off."""
    plant.setattr("lianfang.domains.privacy.queries.masked", lambda field, value: value)


def _wall_down(plant: Patch) -> None:
    """No second wall, and a search that forgets its area."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE")
        cursor.execute("ALTER TABLE grid_person DISABLE ROW LEVEL SECURITY")
        cursor.execute(f"SET LOCAL ROLE {JOB_ROLE}")
    _forgotten("lianfang.domains.grid.queries.search")(plant)


def _open_view(plant: Patch) -> None:
    """A page that asks nobody who he is."""
    plant.setattr("lianfang.web.door.is_strong_enough", lambda request, by: True)
    plant.setattr("lianfang.domains.devices.queries.visible_areas", _everywhere)


LEAKS: dict[str, tuple[Callable[[Patch], None], Callable[[Attacker], list[str]], str]] = {
    "items_seen gives all": (_all_items, lambda a: opened(a, "work-item work"), "A1 title"),
    "phones without an area": (_open_view, lambda a: opened(a, "field-quarantine vouching"), "A1 envelope"),
    "masking off": (_unmasked, lambda a: opened(a, "household marked register"), "A1 whole"),
    "wall down, filter forgotten": (_wall_down, lambda a: opened(a, "register"), "A1 masked"),
    "a write asks for no right": (_unasked("lianfang.domains.supplies.services"),
                                  lambda a: sent(a, "producer-day producer-change"), "supplies_producer"),
    "calls ask for no right": (_unasked("lianfang.domains.calls.services.posting", "require_call"),
                               lambda a: sent(a, "call-close"), "calls_call"),
    "watch notes from anybody": (_unreached("lianfang.domains.watch.services"),
                                 lambda a: noted(a, "watch.check"), "watch.check"),
    "moves from anybody": (_unreached("lianfang.domains.work.services.moves"),
                           lambda a: noted(a, "work.note"), "work.note"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found(attacker: Attacker, plant: Patch, name: str) -> None:
    how, search, sign = LEAKS[name]
    how(plant)
    found = [x for x in search(attacker) if "neighbour" in x or "inside" in x]
    assert any(sign in x for x in found), found[:5]


def test_behind_the_wall_a_forgotten_filter_shows_no_name(attacker: Attacker, plant: Patch) -> None:
    _forgotten("lianfang.domains.grid.queries.search")(plant)
    assert [x for x in opened(attacker, "register household") if "masked" in x or "whole" in x] == []
