"""Errands for several: nobody's card is on two, nobody from elsewhere goes, and what was not made is back once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lianfang.domains.accounts.errors import RightMissing
from lianfang.domains.privacy.models import Purpose
from lianfang.domains.work.errors import ItemMissing, MoveNotYours, RunUnfit
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.services import (
    NewItem,
    Note,
    assign_items,
    end_run,
    end_runs,
    make_move,
    open_items,
    start_run,
)
from tests.conftest import T0
from tests.factories.place import Place

pytestmark = pytest.mark.database
NOON = T0 + timedelta(hours=3)


def cards(place: Place, n: int = 3, kind: str = "gas-card-topup") -> list[UUID]:
    values = {"amount": 200, "phone": "13912340000"}
    items = [NewItem(uuid4(), place.area["committee"], "household", h, values=values) for h in place.households[:n]]
    done = open_items(kind_name=kind, items=items, area_id=place.area["committee"], incident_id=None,
                      by=place.actor("lead"), at=T0)  # fmt: skip
    assert not any(o.code for o in done), done
    return [i.id for i in items]


def gone(place: Place, ids: list[UUID], post: str = "grid", **given: Any) -> Item:
    asked = {"run_id": uuid4(), "item_ids": ids, "area_id": place.area["committee"], "where": "营业厅",
             "closes_at": NOON, "by": place.actor(post), "at": T0, **given}  # fmt: skip
    return start_run(**asked)


def test_a_card_is_on_one_errand_and_only_what_nobody_began_goes_along(place: Place) -> None:
    first, second, third = cards(place)
    run = gone(place, [first])
    assert Item.objects.get(id=first).owner_id == run.owner_id == place.accounts["grid"].id
    assert Purpose.objects.filter(actor_id=run.owner_id, source_id=first, to_at=None).exists()  # he may read the door
    assert gone(place, [first], run_id=run.id).id == run.id and Item.objects.filter(kind="errand-run").count() == 1
    for wrong in ([first], [], [second, first]):
        with pytest.raises(RunUnfit):
            gone(place, wrong)
    with pytest.raises(RunUnfit):
        gone(place, [second], closes_at=T0)
    make_move(note=Note(uuid4(), third, "collect", place.actor("grid"), T0, values={"card": "K"}),
              by=place.actor("grid"), at=T0)  # fmt: skip
    with pytest.raises(RunUnfit):
        gone(place, [second, third])


def test_nobody_from_elsewhere_goes_and_what_somebody_has_only_a_lead_takes(place: Place) -> None:
    first, second, _ = cards(place)
    with pytest.raises(RightMissing):
        gone(place, [first], "neighbour_grid")
    with pytest.raises(ItemMissing):
        gone(place, [first], "neighbour_grid", area_id=place.area["neighbour_committee"])
    assign_items(item_ids=[first], owner_id=place.accounts["grid"].id, by=place.actor("lead"), at=T0)
    run = gone(place, [first, second], "street")
    assert run.owner_id == place.accounts["street"].id
    third = cards(place, 1)[0]
    assign_items(item_ids=[third], owner_id=place.accounts["lead"].id, by=place.actor("lead"), at=T0)
    with pytest.raises(MoveNotYours):
        gone(place, [third], "grid")
    with pytest.raises(MoveNotYours):
        end_run(run_id=run.id, by=place.actor("grid"), at=T0)
    for post in ("neighbour_grid", "neighbour"):
        with pytest.raises(ItemMissing):
            end_run(run_id=run.id, by=place.actor(post), at=T0)
    with pytest.raises(ItemMissing):
        end_run(run_id=third, by=place.actor("lead"), at=T0)  # no errand


def test_who_comes_back_early_gives_back_what_was_not_made_and_the_job_finds_nothing_more(place: Place) -> None:
    ids = cards(place)
    run = gone(place, ids)
    grid = place.actor("grid")
    for move, values in (("collect", {"card": "K"}), ("top-up", {"receipt": "R"})):
        make_move(note=Note(uuid4(), ids[0], move, grid, T0, values=values), by=grid, at=T0)
    make_move(note=Note(uuid4(), ids[1], "collect", grid, T0, values={"card": "K2"}), by=grid, at=T0)
    for _ in range(2):
        ended = end_run(run_id=run.id, by=grid, at=T0 + timedelta(hours=1))
    assert ended.is_closed and ended.values["back"] == 2
    states = {i.id: (i.state, i.parent_id, i.owner_id) for i in Item.objects.filter(id__in=ids)}
    assert states[ids[0]] == ("topped-up", run.id, grid.id)  # made: he still brings it home
    assert states[ids[1]] == states[ids[2]] == ("asked", None, None)
    assert not Purpose.objects.filter(source_id=ids[1], to_at=None).exists()
    assert end_runs(limit=50, by=place.system, at=NOON + timedelta(hours=1)) == 0
    assert Move.objects.filter(item_id=ids[1], move="requeue").count() == 1
    assert gone(place, ids[1:], "lead", at=T0 + timedelta(hours=1)).owner_id == place.accounts["lead"].id
