"""Two uploads that wait for each other in a ring: both are kept; without the second try one of them is lost."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction

from lianfang.base.envelopes import EnvelopeIn, Reading
from lianfang.base.models import Envelope
from lianfang.base.service import Outcome
from lianfang.domains.rounds.models import Tally
from lianfang.flows import take_envelopes as flow
from tests.factories.place import Place, small_place
from tests.factories.rounds import round_in

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)
pytestmark = [pytest.mark.race, pytest.mark.database]


def ring(place: Place) -> list[str]:
    """Two devices, each holding one counter when it asks for the other's; what came of each."""
    first, second = list(Tally.objects.order_by("area_id").values_list("id", flat=True))[:2]
    both, out = threading.Barrier(2), ["not run", "not run"]

    def send(n: int, order: Sequence[int]) -> None:
        by, tried = place.actor("grid"), []

        def handle(kind: str, sent: Sequence[EnvelopeIn]) -> list[Outcome]:
            tried.append(kind)
            for step, i in enumerate(order):
                list(Tally.objects.select_for_update().filter(id=i).values_list("id"))
                if step == 0 and len(tried) == 1:
                    both.wait(10)
            return [Outcome(e.id) for e in sent]

        note = EnvelopeIn(uuid4(), "rounds.note", T0, 1, by.id, {})
        reading = Reading(UUID(int=n), [note], [], timedelta())
        try:
            flow.take_envelopes(reading=reading, handle=handle, by=by, at=T0)
            out[n] = "kept"
        except OperationalError:
            out[n] = "lost"
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(n, o)) for n, o in enumerate(((first, second), (second, first)))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    return sorted(out)


@pytest.fixture
def place(own_database: None) -> Place:
    """The small district with a round open in two communities."""
    with transaction.atomic():
        return round_in(small_place(at=T0), at=T0).place


def test_two_uploads_in_a_ring_are_both_kept(place: Place) -> None:
    assert ring(place) == ["kept", "kept"]
    assert Envelope.objects.count() == 2


def test_without_a_second_try_one_of_them_is_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "TRIES", 1)
    assert ring(place) == ["kept", "lost"]
    assert Envelope.objects.count() == 1
