"""One phone uploads the same notes twice at once: each is stored once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from django.db import transaction

from lianfang.base.envelopes import read_batch
from lianfang.base.models import Envelope
from lianfang.domains.work.models import Move
from lianfang.domains.work.services import NewItem, open_items
from lianfang.field.kinds import run_envelopes
from lianfang.flows.take_envelopes import take_envelopes
from tests.conftest import T0
from tests.factories.place import small_place
from tests.races.test_places import at_once


@pytest.mark.race
@pytest.mark.database
def test_the_same_upload_twice_at_once_counts_once(own_database: None) -> None:
    with transaction.atomic():
        place = small_place(at=T0)
        doors = [
            NewItem(uuid4(), place.area["committee"], "household", h, owner_id=place.accounts["grid"].id)
            for h in place.households[:6]
        ]
        open_items(
            kind_name="door-survey",
            items=doors,
            area_id=place.area["committee"],
            incident_id=None,
            by=place.actor("lead"),
            at=T0,
        )
    grid, now = place.actor("grid"), T0 + timedelta(hours=1)
    notes = [
        {
            "id": uuid4(),
            "kind": "work.note",
            "made_at": T0,
            "seq": n,
            "actor": grid.id,
            "body": {"item": d.id, "move": "finish", "values": {"persons_home": 2, "residence": "own"}},
        }
        for n, d in enumerate(doors)
    ]
    raw = msgspec.json.encode({"device": UUID(int=3), "sent_at": now, "envelopes": notes})
    reading = read_batch(raw, at=now)
    done = at_once(
        lambda: take_envelopes(
            reading=reading,
            by=grid,
            at=now,
            handle=lambda name, sent: run_envelopes(name, sent, clock_off=reading.clock_off, by=grid, at=now),
        )
    )
    assert done == ["ok", "ok"]
    assert Move.objects.filter(move="finish").count() == 6 and Envelope.objects.count() == 6
