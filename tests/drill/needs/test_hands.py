"""Simulated people's next steps: in the order of time, notes with their own time, what needs an upload after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from lianfang.base.actor import Actor
from lianfang.drill.needs.hands import MINUTE, Hands
from lianfang.drill.phone import Noted
from lianfang.drill.stage import Stage
from tests.conftest import T0


class Phones:
    """What was sent, in order."""

    def __init__(self) -> None:
        self.sent: list[tuple[UUID, list[Noted]]] = []

    def send(self, by: Actor, notes: list[Noted], *, at: Any) -> None:
        self.sent.append((by.id, notes))

    def arrived(self) -> None:
        pass


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    stage = Stage.__new__(Stage)
    stage.phones = Phones()  # type: ignore[assignment]  # stands for the phones
    made = Hands(stage, np.random.default_rng(1))
    monkeypatch.setattr(made, "actor", lambda who, at: Actor(who))
    return made


def test_steps_run_at_their_own_time_and_what_they_plan_comes_in_its_turn(hands: Hands) -> None:
    ran: list[tuple[str, float]] = []

    def step(name: str) -> Any:
        return lambda at: ran.append((name, (at - T0) / MINUTE))

    def first(at: Any) -> None:
        step("first")(at)
        hands.then(at + 2 * MINUTE, step("planned"))

    hands.then(T0 + 9 * MINUTE, step("late"))
    hands.then(T0 + 5 * MINUTE, step("last"))
    hands.then(T0 + MINUTE, first)
    assert hands.work(T0 + 6 * MINUTE) == 3
    assert ran == [("first", 1), ("planned", 3), ("last", 5)]
    hands.work(T0 + 30 * MINUTE)
    assert ran[-1] == ("late", 9)


def test_notes_go_up_in_the_order_of_their_times_none_before_its_own_and_what_needs_them_comes_after(
    hands: Hands,
) -> None:
    who, item, seen = uuid4(), uuid4(), []
    phones: Any = hands.stage.phones

    def begin(at: Any) -> None:
        hands.note(who, item, "deliver", {}, at + 45 * MINUTE)  # in the next half hour
        hands.note(who, item, "collect", {}, at + 10 * MINUTE)
        hands.after_upload(at + 12 * MINUTE, lambda now: seen.append((now, len(phones.sent))))

    hands.then(T0, begin)
    hands.work(T0 + 30 * MINUTE)
    assert [[n.body["move"] for n in notes] for _, notes in phones.sent] == [["collect"]] and seen == []
    hands.work(T0 + 60 * MINUTE)
    assert [n.at for _, notes in phones.sent for n in notes] == [T0 + 10 * MINUTE, T0 + 45 * MINUTE]
    [(at, uploads)] = seen
    assert uploads == 1 and T0 + 30 * MINUTE < at < T0 + 31 * MINUTE


def test_how_long_somebody_takes_lies_within_its_bounds(hands: Hands) -> None:
    times = [hands.soon(30, least=1, most=100) for _ in range(400)]
    assert min(times) >= timedelta(minutes=1) and max(times) <= timedelta(minutes=100)
    assert 15 < float(np.median([t / MINUTE for t in times])) < 30
