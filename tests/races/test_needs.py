"""Two at once over one plea: who accepts it, who joins it to whose; and the same press sent twice at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test import Client

from lianfang.base import clock
from lianfang.domains.gates.models import Passage, Permit
from lianfang.domains.gates.services import pass_gate, passages, permits
from lianfang.domains.needs.models import Plea
from lianfang.domains.needs.services import NewPlea, accept_plea, join_plea, routing, take_in, taking
from lianfang.web import door
from lianfang.web.words import LOCAL
from tests.conftest import T0
from tests.factories.permit import issued_pass
from tests.factories.place import Place, small_place
from tests.races.test_places import at_once
from tests.web.pages import client_of

pytestmark = [pytest.mark.race, pytest.mark.database]


@pytest.fixture
def place(own_database: None) -> Place:
    """A small place, kept for good."""
    with transaction.atomic():
        return small_place(at=T0)


def taken(place: Place) -> UUID:
    """A plea of the first committee."""
    plea = NewPlea(uuid4(), "phone", "家里没菜了", place.actor("lead"), T0, area_id=place.area["committee"])
    assert take_in(pleas=[plea], by=place.actor("lead"), at=T0)[0].code == ""
    return plea.id


def each(*works: Callable[[], object]) -> list[str]:
    """Run different works that start together; what came of each, the database's own refusals too."""
    left = list(works)

    def one() -> None:
        try:
            left.pop()()
        except OperationalError as error:
            outcomes.append(type(error.__cause__).__name__)

    outcomes: list[str] = []
    return at_once(one, len(works)) + outcomes


def looks_together(monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> None:
    """Whoever calls a function goes on only when another has come as far, or nobody else comes."""
    both, find = threading.Barrier(2), getattr(of, name)

    def together(*args: Any, **more: Any) -> Any:
        found = find(*args, **more)
        with suppress(threading.BrokenBarrierError):  # the other waits for a lock: what the test is about
            both.wait(2)
        return found

    monkeypatch.setattr(of, name, together)


def accepted_by_both(place: Place) -> list[str]:
    """The worker and the lead accept one plea at once."""
    plea = taken(place)
    return each(*[lambda who=who: accept_plea(plea_id=plea, by=place.actor(who), at=T0) for who in ("grid", "lead")])


def test_of_two_who_accept_a_plea_at_once_one_has_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, routing, "locked_plea")
    assert accepted_by_both(place) == ["needs.taken", "ok"]


def test_without_the_lock_both_believe_they_have_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "locked_plea",
                        lambda i, by: Plea.objects.select_related("area", "item").get(id=i))  # fmt: skip
    looks_together(monkeypatch, routing, "locked_plea")
    assert accepted_by_both(place) == ["ok", "ok"]


def joined_crosswise(place: Place) -> list[str]:
    """One joins the first plea to the second while another joins the second to the first."""
    a, b, by = taken(place), taken(place), place.actor("lead")
    return each(*[lambda x=x, y=y: join_plea(plea_id=x, same_as_id=y, by=by, at=T0) for x, y in ((a, b), (b, a))])


def test_of_two_pleas_joined_crosswise_at_once_one_goes_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, routing, "locked_plea")
    assert joined_crosswise(place) == ["needs.unfit", "ok"]
    assert Plea.objects.filter(state="ended").count() == 1


def test_locked_in_the_order_of_the_asking_they_would_block_each_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_together(monkeypatch, routing, "locked_plea")
    monkeypatch.setattr(routing, "sorted", tuple, raising=False)
    assert "DeadlockDetected" in joined_crosswise(place)


def pressed_twice(browsers: list[Client], address: str, sent: dict[str, str]) -> list[tuple[int, str]]:
    """The same form sent twice at the same time; status and where to, of each."""
    gate, out = threading.Barrier(2), list[tuple[int, str]]()

    def one(browser: Client) -> None:
        try:
            gate.wait(10)
            answer = browser.post(address, sent)
            out.append((answer.status_code, answer.headers.get("Location", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(b,)) for b in browsers]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    return sorted(out)


def taken_by_both(place: Place) -> list[str]:
    """One plea sent twice at once: what each was told."""
    plea = NewPlea(uuid4(), "phone", "家里没菜了", place.actor("lead"), T0, area_id=place.area["committee"])
    told = list[tuple[str, int]]()

    def one() -> None:
        outcome = take_in(pleas=[plea], by=plea.by, at=T0)[0]
        told.append((outcome.code, outcome.values["number"]))

    assert at_once(one) == ["ok", "ok"]
    assert {n for _, n in told} == set(Plea.objects.filter(id=plea.id).values_list("number", flat=True))
    return sorted(code for code, _ in told)


def test_a_plea_sent_twice_at_once_is_told_its_kept_number_both_times_and_to_its_owner_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_together(monkeypatch, taking, "_own_doors")  # both have looked whether it is known
    asked = list[int]()
    tell = taking.tell_holders
    monkeypatch.setattr(taking, "tell_holders", lambda rows, by, at: (asked.append(len(rows)), tell(rows, by, at)))
    assert taken_by_both(place) == ["", "repeated"]
    assert sorted(asked) == [0, 1]


def test_one_who_did_not_ask_what_was_kept_would_tell_a_number_of_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_together(monkeypatch, taking, "_own_doors")
    insert = taking.insert_rows
    monkeypatch.setattr(taking, "insert_rows", lambda model, rows: insert(model, rows) | {r.id for r in rows})
    with pytest.raises(AssertionError):
        taken_by_both(place)


def at_the_desk(place: Place) -> tuple[list[Client], dict[str, str]]:
    """Two windows of one worker, and one form that both send: a pass for his car."""
    leaves, back = ((clock.now() + timedelta(hours=h)).astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M") for h in (1, 4))
    sent = {"id": str(uuid4()), "kind": "vehicle", "purpose": "送药", "where": "市一医院", "plate": "粤F12345",
            "mode": "car", "from": leaves, "until": back}  # fmt: skip
    browsers = [client_of(place, "grid") for _ in range(2)]
    for b in browsers:
        assert b.get("/permits/new").status_code == 200  # the first request of all loads the pages' code
        b.raise_request_exception = False
    return browsers, sent


def test_a_form_sent_twice_at_the_same_time_is_kept_once_and_both_presses_lead_to_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_together(monkeypatch, permits, "_place")  # both have looked whether it is known
    browsers, sent = at_the_desk(place)
    assert pressed_twice(browsers, "/permits/new", sent) == [(302, f"/permits/{sent['id']}?said=gates.applied")] * 2
    assert Permit.objects.filter(id=sent["id"]).count() == 1


def test_without_the_doors_second_look_the_later_press_fails(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, permits, "_place")
    monkeypatch.setattr(door, "_is_same_id", lambda error: False)
    browsers, sent = at_the_desk(place)
    assert [status for status, _ in pressed_twice(browsers, "/permits/new", sent)] == [302, 500]


def out_at_two_gates(place: Place) -> list[str]:
    """One pass shown at two gates at once; what each said."""
    permit, said = issued_pass(place, clock.now()), list[str]()

    def one() -> None:
        done = pass_gate(passage_id=uuid4(), permit_id=permit.id, way="out", place_id=None, by=place.actor("volunteer"),
                         area_id=place.area["committee"], at=clock.now())  # fmt: skip
        said.append(done.verdict)

    assert at_once(one) == ["ok", "ok"]
    return sorted(said)


def test_a_pass_lets_out_at_one_of_two_gates(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, passages, "verdicts_of")
    assert out_at_two_gates(place) == ["pass", "refuse"]


def test_a_press_at_the_gate_sent_twice_at_once_lets_out_once(place: Place) -> None:
    permit = issued_pass(place, clock.now())
    sent = {"id": str(uuid4()), "permit": str(permit.id), "way": "out"}
    browsers = [client_of(place, "volunteer") for _ in range(2)]
    assert pressed_twice(browsers, "/gate/pass", sent) == [(302, "/gate?said=gates.out")] * 2
    assert Passage.objects.filter(permit=permit).count() == 1


def test_without_the_lock_both_gates_let_out(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_together(monkeypatch, passages, "verdicts_of")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **more: rows)
    assert out_at_two_gates(place) == ["pass", "pass"]
