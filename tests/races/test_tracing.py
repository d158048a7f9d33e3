"""One candidate is decided once, one case is traced once; without the lock both tracers believe it was theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from lianfang.base.errors import Refused
from lianfang.base.service import Outcome
from lianfang.domains.holds.models import Hold
from lianfang.domains.messages.models import Message
from lianfang.domains.tracing.models import Contact, Trace, Visit
from lianfang.domains.tracing.services import Decision, contacts
from lianfang.domains.watch.models import WatchCase
from lianfang.flows.adopt_contacts import adopt_contacts
from tests.factories.place import small_place
from tests.factories.tracing import Outbreak, outbreak_in, tea_house

T0 = datetime(2026, 7, 21, 1, 0, tzinfo=UTC)


def at_once(*works: Callable[[], object]) -> list[str]:
    """Run works in threads that start together; gives "ok", or the code of the refusal or outcome, of each."""
    gate, out = threading.Barrier(len(works)), []

    def one(work: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            done = work()
            first = done[0] if isinstance(done, list) and done else None
            out.append((first.code if isinstance(first, Outcome) else "") or "ok")
        except Refused as refused:
            out.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(w,)) for w in works]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    return sorted(out)


def set_up() -> tuple[Outbreak, Trace, UUID]:
    """A trace with a candidate on whom two are about to decide."""
    with transaction.atomic():
        o = outbreak_in(small_place(at=T0))
        o.bring(tea_house(o))
        trace = o.trace()
    return o, trace, o.contact(trace, 6).id


def decide(o: Outbreak, trace: Trace, contact_id: UUID, says: str) -> Callable[[], object]:
    by = o.place.actor("tracer", o.at)
    return lambda: adopt_contacts(trace_id=trace.id, decisions=[Decision(contact_id, says, "r")], paper_number="1",
                                  by=by, at=o.at + timedelta(hours=1))  # fmt: skip


@pytest.mark.race
@pytest.mark.database
def test_of_two_who_decide_at_once_one_confirms_and_the_other_is_told(own_database: None) -> None:
    o, trace, contact_id = set_up()
    got = at_once(decide(o, trace, contact_id, "confirm"), decide(o, trace, contact_id, "confirm"))
    assert got == ["ok", "repeated"]
    assert WatchCase.objects.count() == 1 and Message.objects.filter(template="contact-held").count() == 1
    assert Hold.objects.filter(person__isnull=False).count() == 1


@pytest.mark.race
@pytest.mark.database
def test_without_the_lock_both_believe_it_was_theirs(own_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    o, trace, contact_id = set_up()
    both = threading.Barrier(2)

    def unlocked(trace_id: UUID, contact_ids: Any) -> tuple[Trace, dict[UUID, Contact]]:
        found = {c.id: c for c in Contact.objects.filter(trace_id=trace_id, id__in=contact_ids)}
        both.wait(10)  # both have looked before either has decided
        return Trace.objects.get(id=trace_id), found

    monkeypatch.setattr(contacts, "_locked", unlocked)
    got = at_once(decide(o, trace, contact_id, "reject"), decide(o, trace, contact_id, "reject"))
    assert got == ["ok", "ok"]


@pytest.mark.race
@pytest.mark.database
def test_a_case_opened_twice_at_once_is_traced_once(own_database: None) -> None:
    with transaction.atomic():
        o = outbreak_in(small_place(at=T0))
    assert at_once(o.trace, o.trace) == ["ok", "tracing.open_already"]
    assert Trace.objects.count() == 1


@pytest.mark.race
@pytest.mark.database
def test_the_same_visits_brought_twice_at_once_are_kept_once(own_database: None) -> None:
    with transaction.atomic():
        o = outbreak_in(small_place(at=T0))
    visits, again = tea_house(o), tea_house(o)
    assert at_once(lambda: o.bring(visits, batch=uuid4()), lambda: o.bring(again, batch=uuid4())) == ["ok", "repeated"]
    assert Visit.objects.count() == len(visits)
