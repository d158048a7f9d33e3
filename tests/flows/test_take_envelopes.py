"""What phones send: twice, out of order, half, from a clock wrong by a day, by somebody else. Nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from lianfang.base.actor import Actor
from lianfang.base.envelopes import BatchUnreadable, read_batch, to_settle
from lianfang.base.models import Envelope
from lianfang.domains.privacy.queries import opened
from lianfang.domains.work.models import Item, Move
from lianfang.domains.work.services import NewItem, open_items
from lianfang.field.kinds import run_envelopes
from lianfang.flows.take_envelopes import take_envelopes
from tests.factories.place import Place

pytestmark = pytest.mark.database

DEVICE = UUID(int=99)


@pytest.fixture
def doors(place: Place) -> list[UUID]:
    """Four doors to survey, owned by the grid worker."""
    new = [
        NewItem(uuid4(), place.area["committee"], "household", h, owner_id=place.accounts["grid"].id)
        for h in place.households[:4]
    ]
    open_items(
        kind_name="door-survey",
        items=new,
        area_id=place.area["committee"],
        incident_id=None,
        by=place.actor("lead"),
        at=place.at,
    )
    return [n.id for n in new]


def note(item: UUID, seq: int, made_at: datetime, actor: Actor, move: str = "finish", **more: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "kind": "work.note",
        "made_at": made_at,
        "seq": seq,
        "actor": actor.id,
        "body": {
            "item": item,
            "move": move,
            "values": {"persons_home": 3, "residence": "own"} if move == "finish" else {},
        },
        **more,
    }


def send(notes: list[dict[str, Any]], actor: Actor, at: datetime, *, sent_at: datetime | None = None) -> dict[str, str]:
    reading = read_batch(msgspec.json.encode({"device": DEVICE, "sent_at": sent_at or at, "envelopes": notes}), at=at)
    answers = take_envelopes(
        reading=reading,
        by=actor,
        at=at,
        handle=lambda name, sent: run_envelopes(name, sent, clock_off=reading.clock_off, by=actor, at=at),
    )
    return {a["id"]: a["code"] for a in answers}


def test_an_envelope_sent_twice_counts_once_in_one_upload_and_in_two(place: Place, doors: list[UUID]) -> None:
    grid, at = place.actor("grid"), place.at + timedelta(hours=1)
    one = note(doors[0], 1, place.at, grid)
    assert send([one, one], grid, at) == {str(one["id"]): ""}
    assert send([one], grid, at) == {str(one["id"]): "repeated"}
    assert Move.objects.filter(item_id=doors[0], move="finish").count() == 1


def test_notes_out_of_order_are_made_in_the_order_in_which_they_were_noted(place: Place, doors: list[UUID]) -> None:
    grid, at = place.actor("grid"), place.at + timedelta(hours=1)
    first = note(doors[0], 1, place.at, grid, "no-answer")
    second = note(doors[0], 2, place.at + timedelta(minutes=5), grid)
    assert set(send([second, first], grid, at).values()) == {""}
    item = Item.objects.get(id=doors[0])
    assert (item.state, item.attempts, item.is_closed) == ("done", 1, True)


def test_a_torn_envelope_does_not_spoil_the_others_and_a_torn_upload_takes_nothing(
    place: Place, doors: list[UUID]
) -> None:
    grid, at = place.actor("grid"), place.at + timedelta(hours=1)
    whole, torn = note(doors[0], 1, place.at, grid), {"id": str(uuid4()), "kind": "work.note"}
    assert send([whole, torn], grid, at) == {str(whole["id"]): "", torn["id"]: "field.envelope_torn"}
    with pytest.raises(BatchUnreadable):
        read_batch(msgspec.json.encode({"device": DEVICE, "sent_at": at, "envelopes": [whole]})[:-20], at=at)
    assert Envelope.objects.count() == 1


def test_a_clock_wrong_by_a_day_is_corrected_by_the_server_and_the_difference_kept(
    place: Place, doors: list[UUID]
) -> None:
    grid, at, day = place.actor("grid"), place.at + timedelta(hours=1), timedelta(days=1)
    early = note(doors[0], 1, place.at - day, grid)
    send([early], grid, at, sent_at=at - day)
    assert Move.objects.get(id=early["id"]).at == place.at
    assert Envelope.objects.get(id=early["id"]).clock_off_seconds == 86400


def test_a_refused_note_keeps_its_content_sealed_until_it_is_settled(place: Place, doors: list[UUID]) -> None:
    grid, at = place.actor("grid"), place.at + timedelta(hours=1)
    send([note(doors[0], 1, place.at, grid)], grid, at)
    late = note(doors[0], 2, place.at + timedelta(minutes=9), grid)
    assert send([late], grid, at) == {str(late["id"]): "work.move_unfit"}
    (waiting,) = to_settle(grid.id)
    assert b"persons_home" not in bytes(waiting.body)
    assert (
        opened([waiting], by=grid, fields=("body",), whole=True, subject="actor_id")[waiting.id]["body"]["move"]
        == "finish"
    )


def test_a_note_of_another_actor_is_kept_and_not_run(place: Place, doors: list[UUID]) -> None:
    grid, other, at = place.actor("grid"), place.actor("grid2"), place.at + timedelta(hours=1)
    forged = note(doors[0], 1, place.at, other)
    assert send([forged], grid, at) == {str(forged["id"]): "field.other_actor"}
    assert not Item.objects.get(id=doors[0]).is_closed


def test_the_neighbours_worker_closes_no_door_here(place: Place, doors: list[UUID]) -> None:
    stranger, at = place.actor("neighbour_grid"), place.at + timedelta(hours=1)
    tried = note(doors[0], 1, place.at, stranger)
    assert send([tried], stranger, at) == {str(tried["id"]): "work.move_not_yours"}


def test_one_number_names_one_note_and_a_changed_note_is_told(place: Place, doors: list[UUID]) -> None:
    grid, at = place.actor("grid"), place.at + timedelta(hours=1)
    one = note(doors[0], 1, place.at, grid)
    send([one], grid, at)
    changed = {**one, "body": {**one["body"], "move": "no-answer"}}
    assert send([changed], grid, at) == {str(one["id"]): "field.envelope_differs"}
    twin = note(doors[1], 1, place.at, grid)
    assert send([twin], grid, at) == {str(twin["id"]): "field.seq_taken"}


def test_a_kind_this_version_does_not_know_is_kept(place: Place, doors: list[UUID]) -> None:
    grid, at = place.actor("grid"), place.at + timedelta(hours=1)
    strange = note(doors[0], 1, place.at, grid, kind="tube.scan")
    assert send([strange], grid, at) == {str(strange["id"]): "field.kind_unknown"}
    assert Envelope.objects.get(id=strange["id"]).fate == "refused"
