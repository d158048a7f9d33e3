"""A plea that nobody accepts goes on and upward; a broken promise is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lianfang.domains.messages.models import Message
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.services import accept_plea, forget_pleas, hand_on, tell_late
from tests.domains.needs.services.test_routing import taken
from tests.factories.place import Place

pytestmark = pytest.mark.database


def test_it_goes_from_one_to_the_next_until_somebody_accepts(place: Place) -> None:
    plea, holders, at = taken(place, "喘不上气"), list[str](), place.at
    names = {a.id: n for n, a in place.accounts.items()}
    for _ in range(8):
        row = Plea.objects.get(id=plea.id)
        holders.append(names[row.holder_id])
        assert row.accept_by is not None
        assert hand_on(limit=9, by=place.system, at=row.accept_by - timedelta(seconds=1)) == 0
        at = row.accept_by
        hand_on(limit=9, by=place.system, at=at)
    assert holders[0] == "grid" and "lead" in holders and "street" in holders
    assert holders.index("lead") < holders.index("street") < len(holders) - 1
    assert holders[-1] == holders[-2]  # the end of the list keeps it
    accept_plea(plea_id=plea.id, by=place.actor("street"), at=at)
    assert hand_on(limit=9, by=place.system, at=at + timedelta(days=1)) == 0


def test_a_promise_that_is_broken_is_told_once_and_one_that_was_kept_never(place: Place) -> None:
    late, kept = taken(place), taken(place)
    accept_plea(plea_id=kept.id, by=place.actor("grid"), at=place.at)
    assert tell_late(limit=9, by=place.system, at=late.reply_by - timedelta(seconds=1)) == 0
    assert [tell_late(limit=9, by=place.system, at=late.reply_by) for _ in range(2)] == [1, 0]
    assert {m.about_id for m in Message.objects.filter(template="plea-late")} <= {late.id}


def test_words_without_an_incident_are_forgotten_and_the_plea_stays(place: Place) -> None:
    plea = taken(place)
    Plea.objects.filter(id=plea.id).update(state="ended", end="withdrawn", ended_at=place.at)
    assert forget_pleas(ended_before=place.at, limit=9, by=place.system, at=place.at) == 0
    assert forget_pleas(ended_before=place.at + timedelta(seconds=1), limit=9, by=place.system, at=place.at) == 1
    row = Plea.objects.get(id=plea.id)
    assert (bytes(row.sealed), row.caller, row.number) == (b"", None, plea.number)
