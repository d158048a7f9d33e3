"""The drill's laws can fail: a round left open, rows the list does not know, a message that should have left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from lianfang.domains.messages.models import Message
from lianfang.domains.rounds.models import Round, Tally, Unit
from lianfang.domains.sampling.models import Tube
from lianfang.domains.sampling.services import Closing, Scan, close_tubes, take_scans
from lianfang.drill.compare import INVARIANTS, World
from lianfang.drill.week.compare import INVARIANTS as WEEK
from tests.factories.place import Place
from tests.factories.rounds import Testing, round_in

pytestmark = pytest.mark.django_db
ENDED_ONCE, LOGGED = WEEK["one-ending-a-unit-of-a-round"], WEEK["the-log-counts-what-lists-took"]


@pytest.fixture
def over(place: Place, t0: datetime) -> Testing:
    """A round with all its people sampled or away, sampling closed: rows and counts as the services leave them."""
    made = round_in(place, at=t0)
    Unit.objects.filter(round=made.round).update(ending="away", ended_at=t0)
    Tally.objects.filter(round=made.round).update(ending="away")
    Round.objects.filter(id=made.round.id).update(state="sampling-closed")
    return made


def test_a_round_that_is_over_with_every_unit_ended_holds_and_one_left_open_does_not(over: Testing) -> None:
    assert ENDED_ONCE(over.incident.id)
    Round.objects.filter(id=over.round.id).update(state="open")
    assert not ENDED_ONCE(over.incident.id)
    # A re-test of some of its people may still be under way.
    other = Round.objects.create(id=uuid4(), incident_id=over.incident.id, kind=over.round.kind,
                                 edition=over.round.edition, number=2, area=over.round.area, state="open",
                                 starts_at=over.round.starts_at, ends_at=over.round.ends_at, follows=over.round,
                                 by=over.round.by, at=over.round.at)  # fmt: skip
    Round.objects.filter(id=over.round.id).update(state="closed")
    assert other.follows_id == over.round.id and ENDED_ONCE(over.incident.id)


def test_units_that_the_list_did_not_hold_when_it_opened_are_seen(over: Testing) -> None:
    Round.objects.filter(id=over.round.id).update(expected=over.round.expected - 1)
    assert not ENDED_ONCE(over.incident.id)
    Round.objects.filter(id=over.round.id).update(expected=over.round.expected)
    # A row is gone, and its count with it: only the number that the list held when it opened still knows of it.
    unit = Unit.objects.filter(round=over.round)[0]
    tally = Tally.objects.get(round=over.round, area_id=unit.area_id)
    tally.n -= 1
    tally.save(update_fields=["n"])
    unit.delete()
    assert not ENDED_ONCE(over.incident.id)


def test_a_message_that_is_due_and_still_waits_has_no_fate(over: Testing, t0: datetime) -> None:
    w = cast("World", cast("Any", type("W", (), {"at": t0 + timedelta(hours=5)})))
    fated = INVARIANTS["every-message-has-a-fate"]
    Message.objects.all().delete()
    told = Message.objects.create(id=uuid4(), recipient_kind="account", recipient_id=uuid4(), channel="page",
                                  purpose="tell", template="x", edition="e", due_at=w.at + timedelta(hours=9),
                                  made_at=t0)  # fmt: skip
    assert fated(w)  # quiet hours: its hour is ahead
    Message.objects.filter(id=told.id).update(due_at=t0)
    assert not fated(w)
    Message.objects.filter(id=told.id).update(fate="failed")
    assert fated(w)


def test_a_tube_or_an_ending_that_no_entry_tells_of_is_seen(place: Place, t0: datetime) -> None:
    made = round_in(place, at=t0)
    by, desk = place.actor("sampler"), made.desks[0]
    take_scans(scans=[Scan(uuid4(), desk.id, "SG-0001", by, t0, 1, person_id=place.people[0])], by=by, at=t0)
    close_tubes(closings=[Closing(uuid4(), "SG-0001", 1, by, t0)], by=by, at=t0)
    assert LOGGED(made.incident.id)
    Tube.objects.update(closed_at=None)
    assert not LOGGED(made.incident.id)
    Tube.objects.update(closed_at=t0)
    Unit.objects.filter(round=made.round, unit_id=place.people[5]).update(ending="away", ended_at=t0)
    assert not LOGGED(made.incident.id)
