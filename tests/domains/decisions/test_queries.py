"""Which steps lie before an official: the open ones only, as the rule of ladders says on plain values."""

from __future__ import annotations

from itertools import product
from uuid import uuid4

import pytest

from lianfang.domains.decisions.models import Decision, Step
from lianfang.domains.decisions.queries import waiting_for
from lianfang.domains.decisions.rules import open_steps
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_of_every_ladder_of_four_steps_the_open_ones_lie_before_who_may_decide(place: Place) -> None:
    """Each of four steps granted or waiting, after or beside the one before it: 256 ladders."""
    expected = set()
    for shape in product((True, False), repeat=8):
        asked = Decision.objects.create(
            id=uuid4(), kind="permit", subject_kind="permit", subject_id=uuid4(), area_id=place.area["committee"],
            asked_by=uuid4(), asked_at=place.at)  # fmt: skip
        steps = [Step(id=uuid4(), decision=asked, position=n, right="decisions.decide", area_id=place.area["committee"],
                      state="waiting" if shape[n] else "granted", is_beside=shape[4 + n] and n > 0)
                 for n in range(4)]  # fmt: skip
        Step.objects.bulk_create(steps)
        expected |= {s.id for s in open_steps([s for s in steps if s.state == "waiting"])}
    assert {s.id for s in waiting_for(place.actor("lead"))} == expected
    assert not waiting_for(place.actor("neighbour")).exists()
